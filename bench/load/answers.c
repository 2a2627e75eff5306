/* answers.c — the kinds of requests: an echo on a kept connection, an echo on
 * a new one, HTTP on either. One thread. The pieces of a request are the same
 * whenever asked for until the answer is complete, so a partial send can be
 * resumed by counting alone.                                                 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "load/asks.h"

static void
greet_with(struct asker *a, uint8_t op, uint64_t count)
{
	struct request rq = { .op = op, .stream = a->stream, .count = count };

	request_write(&rq, a->head);
	a->at = request_start(a->stream);
}

static void
echo_begin(struct asker *a)
{
	greet_with(a, REQUEST_ECHO, 0);
}

static void
once_begin(struct asker *a)
{
	greet_with(a, REQUEST_ONCE, a->all->run->args.size);
}

/* A sendmsg takes const bytes through a pointer that is not const. */
static struct iovec
piece_of(const void *p, size_t n)
{
	return (struct iovec){ .iov_base = (void *)(uintptr_t)p, .iov_len = n };
}

static void
echo_request(struct asker *a, struct iovec out[2])
{
	const struct run *run = a->all->run;

	out[0] = piece_of(a->head, a->greeted ? 0 : REQUEST_LEN);
	out[1] = piece_of(pattern_at(&run->pattern, a->at),
	    (size_t)run->args.size);
}

static enum answer
echo_take(struct asker *a, const uint8_t *p, size_t n)
{
	const struct run *run = a->all->run;

	if (n > run->args.size - a->got)
		return ANSWER_WRONG;
	if (run->args.verify &&
	    !pattern_matches(&run->pattern, a->at + a->got, p, n))
		return ANSWER_WRONG;
	a->got += n;
	if (a->got < run->args.size)
		return ANSWER_MORE;
	a->at += a->got;
	return ANSWER_DONE;
}

static void
http_begin(struct asker *a AX_UNUSED)
{
}

/* The text is made anew each time, in the buffer of the answer's head, which is
 * not in use before the request is sent.                                     */
static void
http_pieces(struct asker *a, const char *path, struct iovec out[2])
{
	int n = snprintf(a->http, sizeof(a->http),
	    "GET %s HTTP/1.1\r\nHost: %.200s\r\nAccept: */*\r\n\r\n", path,
	    a->all->run->args.host);

	out[0] = piece_of(a->http, (size_t)n);
	out[1] = piece_of("", 0);
}

static void
http_request(struct asker *a, struct iovec out[2])
{
	http_pieces(a, "/keep", out);
}

static void
http_close_request(struct asker *a, struct iovec out[2])
{
	http_pieces(a, "/close", out);
}

/* The value of Content-Length in a head that ends with a zero byte. */
static bool
content_length(const char *head, size_t *out)
{
	const char *p = strcasestr(head, "\r\nContent-Length:");
	char *end;

	if (p == NULL || strncmp(head, "HTTP/1.1 200 ", 13) != 0)
		return false;
	p += strlen("\r\nContent-Length:");
	*out = (size_t)strtoul(p, &end, 10);
	return end != p && *out > 0 && *out < (1u << 20);
}

static enum answer
http_body(struct asker *a, const uint8_t *p, size_t n)
{
	const struct run *run = a->all->run;

	if (n > a->body - a->got)
		return ANSWER_WRONG;
	if (run->args.verify && !pattern_matches(&run->pattern, a->got, p, n))
		return ANSWER_WRONG;
	a->got += n;
	return a->got == a->body ? ANSWER_DONE : ANSWER_MORE;
}

static enum answer
http_take(struct asker *a, const uint8_t *p, size_t n)
{
	size_t had = a->http_n, fit, head_len;
	const char *end;

	if (a->have_body)
		return http_body(a, p, n);
	fit = MIN(n, sizeof(a->http) - 1 - had);
	memcpy(a->http + had, p, fit);
	a->http_n += fit;
	a->http[a->http_n] = '\0';
	end = strstr(a->http, "\r\n\r\n");
	if (end == NULL)
		return fit < n ? ANSWER_WRONG : ANSWER_MORE;
	head_len = (size_t)(end - a->http) + 4;
	if (!content_length(a->http, &a->body))
		return ANSWER_WRONG;
	a->have_body = true;
	/* What came before this piece was head, or the end would be known. */
	return http_body(a, p + (head_len - had), n - (head_len - had));
}

const struct ask_kind ask_echo = { true, echo_begin, echo_request, echo_take };
const struct ask_kind ask_once = { false, once_begin, echo_request, echo_take };
const struct ask_kind ask_http = { true, http_begin, http_request, http_take };
const struct ask_kind ask_http_close = { false, http_begin, http_close_request,
	http_take };

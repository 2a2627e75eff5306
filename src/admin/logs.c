/* logs.c — the kept lines of the log, one reader each at his own place.
 *
 * Thread: control. Followers are looked after four times a second: the logger is not
 * asked to wake anybody, and does nothing for them. Invariant: a reader's connection
 * is suspended exactly while it has sent all that there is (is_waiting).     */
#include "admin/logs.h"

#include <inttypes.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/request.h"
#include "admin/visits.h"
#include "base/clock.h"

#define PERIOD_MS 250u
#define BEAT_MS 10000u /* an empty line: is anybody there? */
#define SLOW_SECONDS 60u
#define LINES_DEFAULT 100u
#define LINES_MAX 100000ul
#define TOLD_MAX 64u /* bytes of the sentence about lost lines */

struct reader {
	struct list link; /* logs.readers */
	struct logs *logs;
	struct MHD_Connection *conn;
	struct log_place place;
	uint64_t sent_ms; /* the last something */
	bool follows, is_waiting, over;
	size_t at, n; /* of text */
	char text[TOLD_MAX + 4 * LOG_READ_MIN];
};

/* What is there now, into text; before it, how much is missing. */
static void
fill(struct reader *r)
{
	const struct log *log = r->logs->log;
	uint64_t lost;
	size_t n = log_read(
	    log, &r->place, r->text + TOLD_MAX, sizeof(r->text) - TOLD_MAX, &lost);
	int told = lost == 0 ? 0 : snprintf(r->text, TOLD_MAX,
	    log_format_of(log) == LOG_JSON ? "{\"lost\":%" PRIu64 "}\n" :
	    "-- %" PRIu64 " lines are missing: read too slowly\n", lost);

	memmove(r->text + told, r->text + TOLD_MAX, n);
	r->at = 0;
	r->n = n + (size_t)told;
	if (r->n == 0 && r->follows && clock_mono_ms() >= r->sent_ms + BEAT_MS)
		r->text[r->n++] = '\n';
}

/* libmicrohttpd wants more for one of them. */
static ssize_t
on_read(void *arg, uint64_t pos AX_UNUSED, char *out, size_t max)
{
	struct reader *r = arg;
	size_t n;

	if (r->at == r->n)
		fill(r);
	if (r->over || (r->n == 0 && !r->follows))
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (r->n == 0) {
		r->is_waiting = true;
		MHD_suspend_connection(r->conn);
		return 0;
	}
	n = MIN(max, r->n - r->at);
	memcpy(out, r->text + r->at, n);
	r->at += n;
	r->sent_ms = clock_mono_ms();
	return (ssize_t)n;
}

static void
on_gone(void *arg)
{
	struct reader *r = arg;

	list_del(&r->link);
	r->logs->n--;
	free(r);
}

/* How many lines; 0: not a number. */
static size_t
wanted(const char *text)
{
	unsigned long n;
	char *end;

	if (text == NULL)
		return LINES_DEFAULT;
	n = strtoul(text, &end, 10);
	return text[0] < '0' || text[0] > '9' || *end != '\0' ? 0 : MIN(n, LINES_MAX);
}

static struct MHD_Response *
begin(struct logs *l, struct admin_request *req, const struct log_place *from)
{
	const char *follow = request_argument(req, "follow");
	struct reader *r = calloc(1, sizeof(*r));
	struct MHD_Response *answer;

	if (r == NULL)
		return NULL;
	r->logs = l;
	r->conn = request_connection(req);
	r->place = *from;
	r->sent_ms = clock_mono_ms();
	r->follows = follow != NULL && strcmp(follow, "1") == 0;
	list_init(&r->link);
	answer = MHD_create_response_from_callback(
	    MHD_SIZE_UNKNOWN, 4096, on_read, r, on_gone);
	if (answer == NULL) {
		free(r);
		return NULL;
	}
	(void)MHD_set_connection_option(
	    r->conn, MHD_CONNECTION_OPTION_TIMEOUT, SLOW_SECONDS);
	visit_gets(r->conn, UINT64_MAX);
	list_add(&l->readers, &r->link);
	l->n++;
	return answer;
}

void
logs_ask(struct admin *a, struct admin_request *req)
{
	struct logs *l = request_logs(a);
	size_t lines = wanted(request_argument(req, "lines"));
	struct log_place from;

	if (lines == 0)
		admin_refuse(req, "lines is a number, from 1 on");
	else if (!log_last(l->log, lines, &from))
		admin_refuse(req, "nothing of the log is kept");
	else if (l->n >= LOGS_READERS_MAX)
		admin_fail(req, "as many read the log already as may");
	else
		request_stream(req, begin(l, req, &from));
}

static void
wake(struct reader *r)
{
	if (!r->is_waiting)
		return;
	r->is_waiting = false;
	MHD_resume_connection(r->conn);
	admin_wake(r->logs->admin);
}

void
logs_run(struct logs *l)
{
	struct list *e, *tmp;

	list_foreach_safe(e, tmp, &l->readers) {
		struct reader *r = container_of(e, struct reader, link);

		if (!r->is_waiting)
			continue;
		fill(r);
		if (r->n > 0)
			wake(r);
	}
}

uint64_t
logs_wait_ms(const struct logs *l)
{
	return l->n == 0 ? UINT64_MAX : PERIOD_MS;
}

void
logs_stop(struct logs *l)
{
	struct list *e, *tmp;

	list_foreach_safe(e, tmp, &l->readers) {
		struct reader *r = container_of(e, struct reader, link);

		r->over = true;
		wake(r);
	}
}

void
logs_init(struct logs *l, struct admin *a, struct log *log)
{
	*l = (struct logs){ .admin = a, .log = log };
	list_init(&l->readers);
}

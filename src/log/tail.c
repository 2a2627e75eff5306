/* tail.c — the last lines of a log.
 *
 * Thread: the logger and readers, under a lock that each holds for one copy. No thread
 * that carries bytes comes here: they leave their lines in rings (ring.h).
 * Invariant: [first, end) are whole lines, at most LOG_TAIL_CAP bytes; a place counts
 * bytes and lines from the beginning of the log.                             */
#include "log/tail.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "log/sink.h"

struct log_tail {
	pthread_mutex_t lock;
	struct log_place first, end;
	char mem[LOG_TAIL_CAP];
};

/* --- what log.h says -------------------------------------------------------------- */

int
log_sink_keep(struct log_sink *s, struct err *e)
{
	ax_assert(s->join == NULL && s->tail == NULL);
	s->tail = tail_new();
	return s->tail != NULL ? 0 : err_set(e, AX_E_NOMEM, "no memory for the log");
}

bool
log_last(const struct log *l, size_t lines, struct log_place *out)
{
	if (l == NULL || l->sink->tail == NULL)
		return false;
	tail_last(l->sink->tail, lines, out);
	return true;
}

size_t
log_read(const struct log *l, struct log_place *at, char *out, size_t cap, uint64_t *lost)
{
	return tail_read(l->sink->tail, at, out, cap, lost);
}

enum log_format
log_format_of(const struct log *l)
{
	return l->sink->format;
}

/* --- the lines ---------------------------------------------------------------------- */

struct log_tail *
tail_new(void)
{
	struct log_tail *t = calloc(1, sizeof(*t));

	if (t != NULL)
		ax_assert(pthread_mutex_init(&t->lock, NULL) == 0);
	return t;
}

void
tail_free(struct log_tail **t)
{
	if (*t != NULL)
		(void)pthread_mutex_destroy(&(*t)->lock);
	free(*t);
	*t = NULL;
}

/* Past the line that begins there. */
static void
skip_line(const struct log_tail *t, struct log_place *at)
{
	do
		at->byte++;
	while (t->mem[(at->byte - 1) % LOG_TAIL_CAP] != '\n');
	at->line++;
}

static void
put(struct log_tail *t, const char *p, size_t n)
{
	size_t at = t->end.byte % LOG_TAIL_CAP, part = MIN(n, LOG_TAIL_CAP - at);

	memcpy(t->mem + at, p, part);
	memcpy(t->mem, p + part, n - part);
	t->end.byte += n;
	while (n-- > 0)
		t->end.line += *p++ == '\n';
}

void
tail_add(struct log_tail *t, const struct iovec v[2])
{
	size_t n = v[0].iov_len + v[1].iov_len;

	ax_assert(n <= LOG_TAIL_CAP && pthread_mutex_lock(&t->lock) == 0);
	while (t->end.byte + n - t->first.byte > LOG_TAIL_CAP)
		skip_line(t, &t->first);
	put(t, v[0].iov_base, v[0].iov_len);
	put(t, v[1].iov_base, v[1].iov_len);
	ax_assert(pthread_mutex_unlock(&t->lock) == 0);
}

size_t
tail_read(struct log_tail *t, struct log_place *at, char *out, size_t cap,
    uint64_t *lost)
{
	size_t n = 0;

	ax_assert(pthread_mutex_lock(&t->lock) == 0);
	*lost = 0;
	if (at->line < t->first.line) {
		*lost = t->first.line - at->line;
		*at = t->first;
	}
	while (at->byte < t->end.byte) {
		struct log_place next = *at;
		size_t len;

		skip_line(t, &next);
		len = (size_t)(next.byte - at->byte);
		if (n + len > cap)
			break;
		for (size_t i = 0; i < len; i++)
			out[n++] = t->mem[(at->byte + i) % LOG_TAIL_CAP];
		*at = next;
	}
	ax_assert(pthread_mutex_unlock(&t->lock) == 0);
	return n;
}

void
tail_last(struct log_tail *t, size_t lines, struct log_place *out)
{
	ax_assert(pthread_mutex_lock(&t->lock) == 0);
	*out = t->first;
	while (out->line + lines < t->end.line)
		skip_line(t, out);
	ax_assert(pthread_mutex_unlock(&t->lock) == 0);
}

/* log.c — what log.h promises: sinks, the ends of threads, writing a record.
 *
 * Thread: see log.h. A record is formatted by the thread that has it, because
 * its fields point into memory that may be gone when the logger comes.       */
#include "log/log.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/assert.h"
#include "base/clock.h"
#include "log/sink.h"

int
log_sink_new(int fd, enum log_level level, enum log_format format,
    struct log_sink **out, struct err *e)
{
	struct log_sink *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return err_set(e, AX_E_NOMEM, "no memory for the log");
	s->fd = fd;
	s->format = format;
	atomic_init(&s->level, (int)level);
	/* A reader of our lines that goes away must not take us along. */
	(void)signal(SIGPIPE, SIG_IGN);
	*out = s;
	return 0;
}

void
log_sink_free(struct log_sink **s)
{
	struct log_sink *sink = *s;

	*s = NULL;
	if (sink == NULL)
		return;
	/* The thread would touch what we free; the process ends soon. */
	if (sink->join != NULL && !sink->join(sink))
		return;
	ax_assert(sink->logs == NULL); /* every log_free came first */
	free(sink);
}

static void
push(struct log_sink *s, struct log *l)
{
	struct log *head = atomic_load(&s->incoming);

	do
		l->next = head;
	while (!atomic_compare_exchange_weak(&s->incoming, &head, l));
}

int
log_new(struct log_sink *s, const char *name, struct log **out)
{
	struct log *l = aligned_alloc(alignof(struct log), sizeof(*l));

	if (l == NULL)
		return AX_E_NOMEM;
	*l = (struct log){ .sink = s };
	(void)str_copy(l->name, sizeof(l->name), name);
	atomic_init(&l->lost, 0);
	atomic_init(&l->closed, false);
	if (s->join != NULL) {
		if (log_ring_init(&l->ring, LOG_RING_CAP) < 0) {
			free(l);
			return AX_E_NOMEM;
		}
		push(s, l);
	}
	*out = l;
	return 0;
}

void
log_free(struct log **l)
{
	struct log *log = *l;
	struct log_sink *s;

	*l = NULL;
	if (log == NULL)
		return;
	s = log->sink;
	if (s->join == NULL) {
		log_tell_lost(log);
		log_delete(log);
		return;
	}
	atomic_store(&log->closed, true); /* the logger frees it */
	log_wake(s);
}

void
log_set_level(struct log_sink *s, enum log_level level)
{
	atomic_store_explicit(&s->level, (int)level, memory_order_relaxed);
}

bool
log_wants(const struct log *l, enum log_level level)
{
	return l != NULL && (int)level <=
	    atomic_load_explicit(&l->sink->level, memory_order_relaxed);
}

static void
hand_over(struct log *l, const char *line, size_t n)
{
	struct log_sink *s = l->sink;
	bool ok;

	if (s->join == NULL)
		log_tell_lost(l);
	ok = s->join != NULL ? log_ring_put(&l->ring, line, n) :
	    log_put(s, line, n, false);
	if (!ok)
		atomic_fetch_add_explicit(&l->lost, 1, memory_order_relaxed);
	if (s->join != NULL)
		log_wake(s);
}

void
log_write(struct log *l, enum log_level level, const char *msg,
    const struct log_field *fields, size_t n)
{
	char line[LOG_LINE_MAX];
	struct log_record r;

	if (l == NULL)
		return;
	r = (struct log_record){ .wall_ms = clock_wall_ms(), .level = level,
		.thread = l->name, .msg = msg, .fields = fields, .n = n };
	hand_over(l, line, log_line(&r, l->sink->format, line));
}

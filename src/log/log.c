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

/* Signals belong to the control thread's loop, so the logger takes none. */
static int
start(struct log_sink *s)
{
	sigset_t all, before;
	int r;

	sigfillset(&all);
	ax_assert(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
	r = pthread_create(&s->thread, NULL, log_thread, s);
	ax_assert(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
	return r;
}

int
log_sink_new(int fd, enum log_level level, enum log_format format,
    bool threaded, struct log_sink **out, struct err *e)
{
	struct log_sink *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return err_set(e, AX_E_NOMEM, "no memory for the log");
	s->fd = fd;
	s->format = format;
	s->threaded = threaded;
	atomic_init(&s->level, (int)level);
	/* A reader of our lines that goes away must not take us along. */
	(void)signal(SIGPIPE, SIG_IGN);
	if (threaded) {
		ax_assert(sem_init(&s->wake, 0, 0) == 0);
		errno = start(s);
		if (errno != 0) {
			(void)sem_destroy(&s->wake);
			free(s);
			return err_sys(e, "cannot start the logger");
		}
	}
	*out = s;
	return 0;
}

/* Ends the logger. False if it still hangs on a reader that does not read. */
static bool
join(struct log_sink *s)
{
	struct timespec until;

	atomic_store(&s->stop, true);
	log_wake(s);
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec++;
	return pthread_timedjoin_np(s->thread, NULL, &until) == 0;
}

void
log_sink_free(struct log_sink **s)
{
	struct log_sink *sink = *s;

	*s = NULL;
	if (sink == NULL)
		return;
	if (sink->threaded) {
		/* The thread would touch what we free; the process ends soon. */
		if (!join(sink))
			return;
		(void)sem_destroy(&sink->wake);
	}
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
	if (s->threaded) {
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
	if (!s->threaded) {
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

	if (!s->threaded)
		log_tell_lost(l);
	ok = s->threaded ? log_ring_put(&l->ring, line, n) :
	    log_put(s, line, n, false);
	if (!ok)
		atomic_fetch_add_explicit(&l->lost, 1, memory_order_relaxed);
	if (s->threaded)
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

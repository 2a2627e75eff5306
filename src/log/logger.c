/* logger.c — the thread that takes lines from rings to the file.
 *
 * Thread: the logger, but for log_sink_thread. It alone may block on a slow
 * reader, and it holds no lock that another thread wants.
 * Invariant: what it writes are whole lines, those of one thread in order.   */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "base/assert.h"
#include "log/sink.h"
#include "log/tail.h"

static uint64_t
count_lines(const struct iovec *v)
{
	const char *p = v->iov_base, *end = p + v->iov_len;
	uint64_t n = 0;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL)
		n++, p++;
	return n;
}

/* Takes what l has now to the file. Returns whether there was anything. */
static bool
drain(struct log *l)
{
	struct iovec v[2];
	size_t n = log_ring_peek(&l->ring, v);

	if (n > 0 && l->sink->tail != NULL)
		tail_add(l->sink->tail, v); /* first: a terminal may stand still */
	for (int i = 0; i < 2; i++)
		if (!log_put(l->sink, v[i].iov_base, v[i].iov_len, true))
			atomic_fetch_add_explicit(
			    &l->lost, count_lines(&v[i]), memory_order_relaxed);
	log_ring_drop(&l->ring, n);
	log_tell_lost(l); /* what found no room came after all this */
	return n > 0;
}

static void
adopt(struct log_sink *s)
{
	struct log *l = atomic_exchange(&s->incoming, NULL), *next;

	for (; l != NULL; l = next) {
		next = l->next;
		l->next = s->logs;
		s->logs = l;
	}
}

/* One round over all logs. Returns whether anything was written. */
static bool
work(struct log_sink *s)
{
	bool any = false;

	adopt(s);
	for (struct log **at = &s->logs, *l; (l = *at) != NULL;) {
		/* First closed, then the ring: nothing comes after closed. */
		bool closed = atomic_load(&l->closed);

		any |= drain(l);
		if (closed) {
			*at = l->next;
			log_delete(l);
		} else {
			at = &l->next;
		}
	}
	return any;
}

static bool
is_idle(const struct log_sink *s)
{
	if (atomic_load(&s->incoming) != NULL || atomic_load(&s->stop))
		return false;
	for (const struct log *l = s->logs; l != NULL; l = l->next)
		if (!log_ring_is_empty(&l->ring) || atomic_load(&l->closed))
			return false;
	return true;
}

static void *
log_thread(void *arg)
{
	struct log_sink *s = arg;
	bool stop;

	do {
		stop = atomic_load(&s->stop);
		if (work(s) || stop)
			continue;
		atomic_store(&s->asleep, true);
		while (is_idle(s) && sem_wait(&s->wake) < 0 && errno == EINTR)
			continue;
		atomic_store(&s->asleep, false);
	} while (!stop);
	return NULL;
}

/* Signals belong to the control thread's loop, so the logger takes none. */
static int
start(struct log_sink *s)
{
	sigset_t all, before;
	int r;

	sigfillset(&all);
	sigdelset(&all, SIGSYS); /* blocked, it would end the process (sandbox.h) */
	ax_assert(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
	r = pthread_create(&s->thread, NULL, log_thread, s);
	ax_assert(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
	return r;
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
	if (pthread_timedjoin_np(s->thread, NULL, &until) != 0)
		return false;
	(void)sem_destroy(&s->wake);
	tail_free(&s->tail);
	return true;
}

int
log_sink_thread(struct log_sink *s, struct err *e)
{
	ax_assert(s->join == NULL && sem_init(&s->wake, 0, 0) == 0);
	errno = start(s);
	if (errno != 0) {
		(void)sem_destroy(&s->wake);
		return err_sys(e, "cannot start the logger");
	}
	s->join = join;
	return 0;
}

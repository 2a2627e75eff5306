/* sinks.c — where lines go, and the thread that takes them there.
 *
 * Thread: the logger; without threads, the only one. It alone may block on a
 * slow reader, and it holds no lock that another thread wants.
 * Invariant: what it writes are whole lines, those of one thread in order.   */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/clock.h"
#include "log/sink.h"

static bool
is_ready(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, timeout_ms) > 0 && (p.revents & POLLOUT) != 0;
}

/* Returns how much of p was written: all of it, unless the reader is gone, or
 * not ready and we are not patient. */
static size_t
put_some(const struct log_sink *s, const char *p, size_t n, bool patient)
{
	size_t done = 0;

	while (done < n) {
		ssize_t r;

		/* O_NONBLOCK is no way: it would change the terminal of
		 * whoever started us. */
		if (!patient && !is_ready(s->fd, 0))
			break;
		r = write(s->fd, p + done, n - done);
		if (r >= 0)
			done += (size_t)r;
		else if (errno == EAGAIN && patient)
			(void)is_ready(s->fd, 1000);
		else if (errno != EINTR)
			break; /* closed, or the disk is full */
	}
	return done;
}

bool
log_put(struct log_sink *s, const char *p, size_t n, bool patient)
{
	size_t done;

	/* A new line must not begin at the end of half an old one. */
	if (s->torn && put_some(s, "\n", 1, patient) == 0)
		return false;
	done = put_some(s, p, n, patient);
	s->torn = done > 0 && done < n;
	return done == n;
}

void
log_tell_lost(struct log *l)
{
	uint64_t lost = atomic_load_explicit(&l->lost, memory_order_relaxed);
	const struct log_field f = LOG_U64("count", lost - l->reported);
	const struct log_record r = { .wall_ms = clock_wall_ms(), .level = LOG_WARN,
		.thread = l->name, .msg = "log lines lost", .fields = &f, .n = 1 };
	char line[LOG_LINE_MAX];
	size_t n;

	if (lost == l->reported)
		return;
	n = log_line(&r, l->sink->format, line);
	if (log_put(l->sink, line, n, l->sink->threaded))
		l->reported = lost;
}

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

	for (int i = 0; i < 2; i++)
		if (!log_put(l->sink, v[i].iov_base, v[i].iov_len, true))
			atomic_fetch_add_explicit(
			    &l->lost, count_lines(&v[i]), memory_order_relaxed);
	log_ring_drop(&l->ring, n);
	log_tell_lost(l); /* what found no room came after all this */
	return n > 0;
}

void
log_delete(struct log *l)
{
	log_ring_fini(&l->ring);
	free(l);
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

void
log_wake(struct log_sink *s)
{
	/* The load first: usually the logger is awake and costs nothing. */
	if (atomic_load(&s->asleep) && atomic_exchange(&s->asleep, false))
		ax_assert(sem_post(&s->wake) == 0);
}

void *
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

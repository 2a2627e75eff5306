/* sinks.c — where lines go.
 *
 * Thread: the logger; without it, the only one.
 * Invariant: after half a line comes a line break before anything else.      */
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
	if (log_put(l->sink, line, n, l->sink->join != NULL))
		l->reported = lost;
}

void
log_delete(struct log *l)
{
	log_ring_fini(&l->ring);
	free(l);
}

void
log_wake(struct log_sink *s)
{
	/* The load first: usually the logger is awake and costs nothing. */
	if (atomic_load(&s->asleep) && atomic_exchange(&s->asleep, false))
		ax_assert(sem_post(&s->wake) == 0);
}

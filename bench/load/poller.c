/* poller.c — the event loop of the load program. One thread. Invariant: a
 * handler's events are what the kernel was last told, so asking for the same
 * again costs nothing.                                                       */
#include "load/poller.h"

#include <unistd.h>

#include "base/assert.h"
#include "base/clock.h"

#define BATCH 256

int
poller_open(struct poller *p, struct err *e)
{
	p->fd = epoll_create1(EPOLL_CLOEXEC);
	return p->fd < 0 ? err_sys(e, "epoll_create1") : 0;
}

void
poller_close(struct poller *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

int
poller_add(struct poller *p, struct handler *h, uint32_t events, struct err *e)
{
	struct epoll_event ev = { .events = events, .data.ptr = h };

	if (epoll_ctl(p->fd, EPOLL_CTL_ADD, h->fd, &ev) < 0)
		return err_sys(e, "epoll_ctl");
	h->events = events;
	return 0;
}

void
poller_want(struct poller *p, struct handler *h, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = h };

	if (h->events == events)
		return;
	/* Changing what is registered needs no memory, so it cannot fail. */
	ax_assert(epoll_ctl(p->fd, EPOLL_CTL_MOD, h->fd, &ev) == 0);
	h->events = events;
}

void
poller_drop(struct handler *h)
{
	if (h->fd >= 0)
		close(h->fd);
	h->fd = -1;
}

/* Rounded up: waking a moment early would make the caller spin. */
static int
wait_ms(uint64_t until_ns)
{
	uint64_t now, ms;

	if (until_ns == AX_NEVER)
		return -1;
	now = clock_mono_ns();
	if (until_ns <= now)
		return 0;
	ms = (until_ns - now + AX_NS_PER_MS - 1) / AX_NS_PER_MS;
	return (int)MIN(ms, UINT64_C(1000000));
}

void
poller_turn(struct poller *p, uint64_t until_ns)
{
	struct epoll_event ev[BATCH];
	int i, n;

	n = epoll_wait(p->fd, ev, BATCH, wait_ms(until_ns));
	for (i = 0; i < n; i++) {
		struct handler *h = ev[i].data.ptr;

		h->ready(h, ev[i].events);
	}
}

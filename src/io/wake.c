/* wake.c — waking another thread's loop through an eventfd.
 *
 * Thread: the loop's, except wake_up, which is for any.
 * Invariant: the descriptor does not change between wake_init and wake_fini;
 * whoever calls wake_up must know that he is between the two.                */
#include "io/wake.h"

#include <sys/eventfd.h>

#include "io/sock.h"

static void
on_readable(struct watch *watch, uint32_t events AX_UNUSED)
{
	struct wake *w = container_of(watch, struct wake, watch);
	eventfd_t n;

	/* Before fn: who wakes us while fn runs is then heard in the next turn. */
	(void)eventfd_read(watch->fd, &n);
	w->fn(w);
}

int
wake_init(struct wake *w, struct loop *l, void (*fn)(struct wake *))
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), r;

	watch_init(&w->watch, on_readable);
	w->fn = fn;
	if (fd < 0)
		return AX_E_SYS;
	r = loop_watch(l, &w->watch, fd, LOOP_LEVEL_IN);
	if (r < 0)
		sock_close(&fd);
	return r;
}

void
wake_fini(struct wake *w, struct loop *l)
{
	int fd = w->watch.fd;

	loop_unwatch(l, &w->watch);
	sock_close(&fd);
}

void
wake_up(struct wake *w)
{
	/* It can fail only when the counter is full: then it is awake. */
	(void)eventfd_write(w->watch.fd, 1);
}

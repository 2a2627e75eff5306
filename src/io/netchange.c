/* netchange.c — the kernel's notices about addresses and routes, and about jumps of
 * the clock of the wall, which that makes when the machine has slept.
 *
 * Thread: the loop's.
 * Invariant: which one it was is not looked at: a route that matters cannot be
 * told from one that does not, and what is done about it is cheap. A router with
 * a busy table still hears of it once in GAP_MS only.                        */
#include "io/netchange.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "io/sock.h"

#define MOMENT_MS 50 /* an address comes with its routes */
#define GAP_MS 250

static void
on_timer(struct wheel_timer *t)
{
	struct netchange *n = container_of(t, struct netchange, timer);

	n->told_ns = loop_now(n->loop);
	n->fn(n);
}

/* ENOBUFS, for more than it could keep, is an answer as well; so is ECANCELED, of the
 * clock.                                                                     */
static void
notice(struct netchange *n, int fd)
{
	uint64_t now = loop_now(n->loop), what;

	(void)!read(fd, &what, sizeof(what));
	if (!wheel_is_set(&n->timer))
		loop_timer(n->loop, &n->timer,
		    MAX(now + MOMENT_MS * AX_NS_PER_MS,
			n->told_ns + GAP_MS * AX_NS_PER_MS));
}

static void
on_network(struct watch *w, uint32_t events AX_UNUSED)
{
	notice(container_of(w, struct netchange, network), w->fd);
}

static void
on_clock(struct watch *w, uint32_t events AX_UNUSED)
{
	notice(container_of(w, struct netchange, clock), w->fd);
}

int
netchange_init(
    struct netchange *n, struct loop *l, void (*fn)(struct netchange *))
{
	struct sockaddr_nl at = { .nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
		    RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE };
	/* Nobody waits for it: it is cancelled when its clock jumps. */
	struct itimerspec never = { .it_value.tv_sec = INT32_MAX };
	int fd;

	*n = (struct netchange){ .loop = l, .fn = fn };
	watch_init(&n->network, on_network);
	watch_init(&n->clock, on_clock);
	wheel_timer_init(&n->timer, on_timer);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    NETLINK_ROUTE);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    loop_watch(l, &n->network, fd, LOOP_LEVEL_IN) < 0)
		goto fail;
	fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (fd < 0 || timerfd_settime(fd, TFD_TIMER_ABSTIME |
	    TFD_TIMER_CANCEL_ON_SET, &never, NULL) < 0 ||
	    loop_watch(l, &n->clock, fd, LOOP_LEVEL_IN) < 0)
		goto fail;
	return 0;
fail:
	sock_close(&fd);
	return AX_E_SYS;
}

void
netchange_fini(struct netchange *n)
{
	int network = n->network.fd, clock = n->clock.fd;

	if (n->loop == NULL)
		return;
	loop_unwatch(n->loop, &n->network);
	loop_unwatch(n->loop, &n->clock);
	loop_untimer(n->loop, &n->timer);
	sock_close(&network);
	sock_close(&clock);
}

/* netchange.c — the kernel's notices about addresses and routes.
 *
 * Thread: the loop's.
 * Invariant: which one it was is not looked at: a route that matters cannot be
 * told from one that does not, and what is done about it is cheap. A router with
 * a busy table still hears of it once in GAP_MS only.                        */
#include "io/netchange.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

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

static void
on_notice(struct watch *w, uint32_t events AX_UNUSED)
{
	struct netchange *n = container_of(w, struct netchange, watch);
	uint64_t now = loop_now(n->loop);
	char notice[4096];

	/* ENOBUFS, for more than it could keep, is an answer as well. */
	while (recv(w->fd, notice, sizeof(notice), 0) >= 0)
		continue;
	if (!wheel_is_set(&n->timer))
		loop_timer(n->loop, &n->timer,
		    MAX(now + MOMENT_MS * AX_NS_PER_MS,
			n->told_ns + GAP_MS * AX_NS_PER_MS));
}

int
netchange_init(
    struct netchange *n, struct loop *l, void (*fn)(struct netchange *))
{
	struct sockaddr_nl at = { .nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
		    RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE };
	int fd;

	*n = (struct netchange){ .loop = l, .fn = fn };
	watch_init(&n->watch, on_notice);
	wheel_timer_init(&n->timer, on_timer);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    NETLINK_ROUTE);
	if (fd < 0)
		return AX_E_SYS;
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
	    loop_watch(l, &n->watch, fd, LOOP_LEVEL_IN) == 0)
		return 0;
	sock_close(&fd);
	return AX_E_SYS;
}

void
netchange_fini(struct netchange *n)
{
	int fd = n->watch.fd;

	if (n->loop == NULL)
		return;
	loop_unwatch(n->loop, &n->watch);
	loop_untimer(n->loop, &n->timer);
	sock_close(&fd);
}

/* Tests of io/netchange.c, in a network of our own. */
#include "io/netchange.h"

#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"

#include "../check_main.h"

static int told;

static void
on_change(struct netchange *n)
{
	(void)n;
	told++;
}

/* Its address, and the routes to it, come and go. */
static void
loopback_up(bool up)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq r = { .ifr_flags = 0 };

	str_copy(r.ifr_name, sizeof(r.ifr_name), "lo");
	ck_assert_int_eq(ioctl(fd, SIOCGIFFLAGS, &r), 0);
	if (up)
		r.ifr_flags |= IFF_UP;
	else
		r.ifr_flags = (short)(r.ifr_flags & ~IFF_UP);
	ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &r), 0);
	close(fd);
}

static void
turns(struct loop *l, uint64_t ms)
{
	uint64_t end = clock_mono_ns() + ms * AX_NS_PER_MS;

	while (clock_mono_ns() < end)
		loop_turn(l, 10 * AX_NS_PER_MS);
}

START_TEST(netchange_tells_of_changes_but_not_of_each)
{
	struct netchange n;
	struct loop *l;
	struct err e;
	uint64_t from;

	if (unshare(CLONE_NEWNET) < 0) {
		printf("not allowed to have a network of our own: not tested\n");
		return;
	}
	ck_assert_int_eq(loop_new(&l, &e), 0);
	ck_assert_int_eq(netchange_init(&n, l, on_change), 0);
	turns(l, 200);
	ck_assert_int_eq(told, 0);
	loopback_up(true);
	while (told == 0)
		loop_turn(l, 10 * AX_NS_PER_MS);
	from = loop_now(l);
	for (int i = 0; i < 10; i++)
		loopback_up(i % 2 != 0);
	while (told == 1)
		loop_turn(l, 10 * AX_NS_PER_MS);
	ck_assert_uint_ge(loop_now(l) - from, 250 * AX_NS_PER_MS);
	turns(l, 600);
	ck_assert_int_eq(told, 2);
	netchange_fini(&n);
	loop_free(&l);
}
END_TEST

CHECK_MAIN("netchange", netchange_tells_of_changes_but_not_of_each)

/* Tests of io/netchange.c, in a network of our own. */
#include "io/netchange.h"

#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timex.h>
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

/* By a nanosecond, there and back. */
static bool
step_clock(int ns)
{
	struct timex t = { .modes = ADJ_SETOFFSET | ADJ_NANO };

	t.time.tv_sec = ns < 0 ? -1 : 0;
	t.time.tv_usec = ns < 0 ? 1000000000 + ns : ns;
	return adjtimex(&t) >= 0;
}

/* A machine that has slept is one whose clock of the wall has jumped. */
START_TEST(netchange_tells_that_the_machine_has_slept)
{
	struct netchange n;
	struct loop *l;
	struct err e;

	told = 0;
	if (unshare(CLONE_NEWNET) < 0 || !step_clock(1)) {
		printf("not allowed to set the clock: not tested\n");
		return;
	}
	ck_assert_int_eq(loop_new(&l, &e), 0);
	ck_assert_int_eq(netchange_init(&n, l, on_change), 0);
	turns(l, 200);
	ck_assert_int_eq(told, 0);
	for (int i = 1; i <= 3; i++) {
		ck_assert(step_clock(i % 2 == 0 ? 1 : -1));
		while (told < i)
			loop_turn(l, 10 * AX_NS_PER_MS);
	}
	turns(l, 600);
	ck_assert_int_eq(told, 3);
	netchange_fini(&n);
	loop_free(&l);
}
END_TEST

CHECK_MAIN("netchange", netchange_tells_of_changes_but_not_of_each,
    netchange_tells_that_the_machine_has_slept)

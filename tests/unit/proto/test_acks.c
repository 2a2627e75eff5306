/* Tests of proto/acks.c. */
#include "proto/acks.h"

#include "../check_main.h"

static struct acks a;

START_TEST(acks_come_after_a_quarter_of_the_ring)
{
	acks_init(&a, 512 << 10);
	acks_received(&a, (128 << 10) - 1, 5);
	ck_assert(!a.due);
	acks_received(&a, 1, 6);
	ck_assert(a.due);
	ck_assert_uint_eq(acks_tell(&a), 128 << 10);
	ck_assert(!a.due);
}
END_TEST

START_TEST(acks_threshold_has_bounds)
{
	acks_init(&a, 64 << 20);
	ck_assert_uint_eq(a.every, ACKS_EVERY_MAX);
	acks_init(&a, 1);
	ck_assert_uint_eq(a.every, ACKS_EVERY_MIN);
}
END_TEST

START_TEST(acks_come_after_a_tenth_of_a_second)
{
	acks_init(&a, 4 << 20);
	ck_assert_uint_eq(acks_deadline(&a), AX_NEVER);
	acks_received(&a, 10, 1000);
	acks_received(&a, 10, 2000);
	ck_assert_uint_eq(acks_deadline(&a), 1000 + ACKS_AGE_NS);
	acks_tick(&a, 999 + ACKS_AGE_NS);
	ck_assert(!a.due);
	acks_tick(&a, 1000 + ACKS_AGE_NS);
	ck_assert(a.due);
	ck_assert_uint_eq(acks_deadline(&a), AX_NEVER);
}
END_TEST

START_TEST(acks_ride_along_when_they_are_half_due)
{
	acks_init(&a, 4 << 20);
	ck_assert(!acks_may_ride(&a, AX_NS_PER_S));
	acks_received(&a, 10, 0);
	ck_assert(!acks_may_ride(&a, ACKS_AGE_NS / 2 - 1));
	ck_assert(acks_may_ride(&a, ACKS_AGE_NS / 2));
	acks_received(&a, ACKS_EVERY_MAX / 2, 0);
	ck_assert(acks_may_ride(&a, 1));
}
END_TEST

CHECK_MAIN("acks", acks_come_after_a_quarter_of_the_ring,
    acks_threshold_has_bounds, acks_come_after_a_tenth_of_a_second,
    acks_ride_along_when_they_are_half_due)

/* Tests of proto/glitch.c. */
#include "proto/glitch.h"

#include "../check_main.h"

START_TEST(glitch_warns_before_it_overflows)
{
	struct glitch g = { 0 };

	for (int i = 0; i < 74; i++)
		ck_assert_int_eq(glitch_add(&g, 10, 1), GLITCH_FINE);
	for (int i = 74; i < 99; i++)
		ck_assert_int_eq(glitch_add(&g, 10, 1), GLITCH_NOISY);
	ck_assert_int_eq(glitch_add(&g, 10, 1), GLITCH_OVERFLOW);
}
END_TEST

START_TEST(glitch_forgives_twenty_points_a_second)
{
	struct glitch g = { 0 };

	for (int i = 0; i < 100000; i++)
		ck_assert_int_eq(glitch_add(&g, 10,
		    (uint64_t)i * 500 * AX_NS_PER_MS), GLITCH_FINE);
	ck_assert_uint_le(g.mpoints, 10000);
}
END_TEST

START_TEST(glitch_does_not_forget_parts_of_a_millisecond)
{
	struct glitch g = { 0 };

	/* 30 points a second, asked every tenth of a millisecond. */
	for (uint64_t i = 0; i < 600000; i++)
		(void)glitch_add(&g, i % 333 == 0, i * AX_NS_PER_MS / 10);
	ck_assert_uint_ge(g.mpoints, 550 * 1000);
	ck_assert_uint_le(g.mpoints, 650 * 1000);
}
END_TEST

CHECK_MAIN("glitch", glitch_warns_before_it_overflows,
    glitch_forgives_twenty_points_a_second,
    glitch_does_not_forget_parts_of_a_millisecond)

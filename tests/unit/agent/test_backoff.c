/* test_backoff.c — waits between tries. */
#include "agent/backoff.h"
#include "../check_main.h"

START_TEST(backoff_stays_within_its_bounds)
{
	struct backoff b;

	backoff_init(&b, test_seed(), 250, 30000);
	ck_assert_uint_le(backoff_next(&b), 250);
	for (int i = 0; i < 10000; i++) {
		uint64_t ms = backoff_next(&b);

		ck_assert_uint_ge(ms, 250);
		ck_assert_uint_le(ms, 30000);
	}
}
END_TEST

START_TEST(backoff_grows_and_begins_again_after_a_success)
{
	uint64_t sum = 0;
	struct backoff b;

	backoff_init(&b, 1, 250, 30000);
	for (int i = 0; i < 50; i++)
		backoff_next(&b);
	for (int i = 0; i < 50; i++)
		sum += backoff_next(&b);
	ck_assert_uint_gt(sum / 50, 5000);
	backoff_success(&b);
	ck_assert_uint_le(backoff_next(&b), 250);
}
END_TEST

START_TEST(backoff_of_two_agents_differs)
{
	struct backoff a, b;
	int same = 0;

	backoff_init(&a, 1, 250, 30000);
	backoff_init(&b, 2, 250, 30000);
	for (int i = 0; i < 100; i++)
		same += backoff_next(&a) == backoff_next(&b);
	ck_assert_int_lt(same, 50);
}
END_TEST

START_TEST(backoff_after_spreads_what_was_asked_for)
{
	uint64_t most = 0;
	struct backoff b;

	backoff_init(&b, test_seed(), 250, 30000);
	for (int i = 0; i < 1000; i++) {
		uint64_t ms = backoff_after(&b, 500);

		ck_assert_uint_ge(ms, 500);
		ck_assert_uint_le(ms, 1000);
		most = MAX(most, ms);
	}
	ck_assert_uint_gt(most, 900);
	ck_assert_uint_eq(backoff_after(&b, 0), 0);
}
END_TEST

CHECK_MAIN("backoff", backoff_stays_within_its_bounds,
    backoff_grows_and_begins_again_after_a_success,
    backoff_of_two_agents_differs,
    backoff_after_spreads_what_was_asked_for)

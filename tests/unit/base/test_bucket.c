/* test_bucket.c — a shared rate; time is an argument. */
#include "base/bucket.h"

#include "../check_main.h"

#define SECOND AX_NS_PER_S

START_TEST(without_a_rate_nobody_waits)
{
	struct bucket b = { 0 };

	for (int i = 0; i < 100; i++)
		ck_assert_uint_le(bucket_use(&b, UINT64_C(1) << 32, SECOND), SECOND);
}
END_TEST

/* As a stream does it: uses, rests until it may. */
START_TEST(who_rests_as_he_is_told_keeps_to_the_rate)
{
	struct bucket b = { 0 };
	uint64_t now = 100 * SECOND, used = 0;

	bucket_set(&b, 1000000);
	while (now < 110 * SECOND) {
		uint64_t until = bucket_use(&b, 12345, now);

		now = MAX(now, until);
		used += 12345;
	}
	/* Ten seconds' worth, the burst and the last piece. */
	ck_assert_uint_ge(used, 10000000);
	ck_assert_uint_le(used, 10250000 + 2 * 12345);
}
END_TEST

START_TEST(many_share_one_rate_in_turn)
{
	enum { MANY = 50 };
	struct bucket b = { 0 };
	uint64_t until[MANY] = { 0 }, used[MANY] = { 0 }, all = 0;

	bucket_set(&b, 100000);
	for (uint64_t now = 10 * SECOND; now < 110 * SECOND; now += 1000000) {
		for (int i = 0; i < MANY; i++) {
			if (until[i] > now)
				continue;
			until[i] = bucket_use(&b, 1024, now);
			used[i] += 1024;
			all += 1024;
		}
	}
	/* Each begins with a piece that he rests for afterwards. */
	ck_assert_uint_le(all, 100 * 100000 + 25000 + MANY * 1024);
	ck_assert_uint_ge(all, 99 * 100000);
	for (int i = 0; i < MANY; i++) {
		ck_assert_uint_ge(used[i], all / MANY - 2 * 1024);
		ck_assert_uint_le(used[i], all / MANY + 2 * 1024);
	}
}
END_TEST

START_TEST(a_pause_is_not_saved_up)
{
	struct bucket b = { 0 };
	uint64_t n = 0;

	bucket_set(&b, 1000);
	(void)bucket_use(&b, 1000, SECOND);
	while (bucket_use(&b, 10, 3600 * SECOND) <= 3600 * SECOND)
		n += 10;
	ck_assert_uint_le(n, 250);
	ck_assert_uint_ge(n, 240);
}
END_TEST

START_TEST(another_rate_holds_at_once)
{
	struct bucket b = { 0 };
	uint64_t now = 10 * SECOND;

	bucket_set(&b, 1000);
	ck_assert_uint_gt(bucket_use(&b, 1000, now), now);
	bucket_set(&b, 0);
	ck_assert_uint_le(bucket_use(&b, 1000, now), now);
}
END_TEST

CHECK_MAIN("base/bucket", without_a_rate_nobody_waits,
    who_rests_as_he_is_told_keeps_to_the_rate, many_share_one_rate_in_turn,
    a_pause_is_not_saved_up, another_rate_holds_at_once)

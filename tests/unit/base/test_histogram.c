/* Tests of base/histogram.h. */
#include "base/histogram.h"

#include "../check_main.h"

START_TEST(histogram_ends_belong_to_their_bucket)
{
	for (unsigned i = 0; i + 1 < HISTOGRAM_BUCKETS; i++) {
		struct histogram h = { { 0 }, 0 };

		histogram_add(&h, histogram_end_us(i));
		ck_assert_uint_eq(h.n[i], 1);
		histogram_add(&h, histogram_end_us(i) + 1);
		ck_assert_uint_eq(h.n[i + 1], 1);
		ck_assert_uint_eq(h.sum_us, 2 * histogram_end_us(i) + 1);
	}
}
END_TEST

START_TEST(histogram_takes_the_smallest_and_the_largest)
{
	struct histogram h = { { 0 }, 0 };

	histogram_add(&h, 0);
	histogram_add(&h, 1);
	histogram_add(&h, 2);
	ck_assert_uint_eq(h.n[0], 3);
	histogram_add(&h, UINT64_MAX);
	ck_assert_uint_eq(h.n[HISTOGRAM_BUCKETS - 1], 1);
}
END_TEST

START_TEST(histogram_merges_every_bucket)
{
	struct histogram a = { { 0 }, 1 }, b = { { 0 }, 2 };

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		b.n[i] = i;
	a.n[3] = 10;
	histogram_merge(&a, &b);
	ck_assert_uint_eq(a.n[3], 13);
	ck_assert_uint_eq(a.n[HISTOGRAM_BUCKETS - 1], HISTOGRAM_BUCKETS - 1);
	ck_assert_uint_eq(a.sum_us, 3);
}
END_TEST

CHECK_MAIN("histogram", histogram_ends_belong_to_their_bucket,
    histogram_takes_the_smallest_and_the_largest, histogram_merges_every_bucket)

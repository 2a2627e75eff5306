/* Tests of bench/load/hist.c. */
#include "load/hist.h"

#include "base/defs.h"

#include "../check_main.h"

START_TEST(hist_of_nothing_has_no_percentile)
{
	static struct hist h;

	hist_init(&h);
	ck_assert_uint_eq(hist_percentile(&h, 0), 0);
	ck_assert_uint_eq(hist_percentile(&h, 1000), 0);
}
END_TEST

START_TEST(hist_is_exact_for_small_values)
{
	static struct hist h;
	uint64_t v;

	hist_init(&h);
	for (v = 1; v <= 100; v++)
		hist_add(&h, v);
	ck_assert_uint_eq(hist_percentile(&h, 0), 1);
	ck_assert_uint_eq(hist_percentile(&h, 10), 1);
	ck_assert_uint_eq(hist_percentile(&h, 500), 50);
	ck_assert_uint_eq(hist_percentile(&h, 501), 51);
	ck_assert_uint_eq(hist_percentile(&h, 990), 99);
	ck_assert_uint_eq(hist_percentile(&h, 999), 100);
	ck_assert_uint_eq(hist_percentile(&h, 1000), 100);
}
END_TEST

START_TEST(hist_counts_every_value_of_an_uneven_lot)
{
	static struct hist h;
	unsigned i;

	hist_init(&h);
	for (i = 0; i < 999; i++)
		hist_add(&h, 7);
	hist_add(&h, 1000000);
	ck_assert_uint_eq(h.total, 1000);
	ck_assert_uint_eq(hist_percentile(&h, 999), 7);
	ck_assert_uint_eq(hist_percentile(&h, 1000), 1000000);
}
END_TEST

/* A second, larger value keeps the maximum from hiding the bucket's bound. */
static void
check_error_of(uint64_t v)
{
	static struct hist h;
	uint64_t got;

	hist_init(&h);
	hist_add(&h, v);
	hist_add(&h, UINT64_MAX);
	got = hist_percentile(&h, 500);
	ck_assert_uint_ge(got, v);
	ck_assert_uint_le(got - v, v / HIST_STEPS);
}

START_TEST(hist_is_never_below_and_at_most_one_step_above)
{
	struct rng rng;
	unsigned bit, i;

	for (bit = 0; bit < 63; bit++) {
		check_error_of(UINT64_C(1) << bit);
		check_error_of((UINT64_C(1) << bit) - 1);
		check_error_of((UINT64_C(1) << bit) + 1);
	}
	rng_seed(&rng, test_seed());
	for (i = 0; i < 2000; i++)
		check_error_of(rng_u64(&rng) >> rng_below(&rng, 63));
}
END_TEST

START_TEST(hist_takes_the_largest_value_there_is)
{
	static struct hist h;

	hist_init(&h);
	hist_add(&h, UINT64_MAX);
	hist_add(&h, 0);
	ck_assert_uint_eq(hist_percentile(&h, 500), 0);
	ck_assert_uint_eq(hist_percentile(&h, 1000), UINT64_MAX);
}
END_TEST

CHECK_MAIN("hist", hist_of_nothing_has_no_percentile,
    hist_is_exact_for_small_values, hist_counts_every_value_of_an_uneven_lot,
    hist_is_never_below_and_at_most_one_step_above,
    hist_takes_the_largest_value_there_is)

/* Tests of proto/rate.c. */
#include "proto/rate.h"

#include "../check_main.h"

#define MS AX_NS_PER_MS

static struct rate r;
static uint64_t now;

/* ms milliseconds at bytes_per_ms, an ACK each millisecond. */
static void
flow(uint64_t ms, uint64_t bytes_per_ms, uint64_t rtt_ns)
{
	for (uint64_t i = 0; i < ms; i++) {
		now += MS;
		rate_acked(&r, bytes_per_ms, now, rtt_ns);
	}
}

START_TEST(rate_starts_small)
{
	rate_init(&r);
	ck_assert_uint_eq(rate_burst(&r), RATE_BURST_FIRST);
}
END_TEST

START_TEST(rate_reaches_the_largest_burst_in_milliseconds)
{
	rate_init(&r);
	flow(7, 1 << 20, 50000);
	ck_assert_uint_eq(rate_burst(&r), RATE_BURST_MAX);
}
END_TEST

START_TEST(rate_allows_five_milliseconds)
{
	rate_init(&r);
	flow(100, 12500, 20 * MS);
	ck_assert_uint_ge(rate_burst(&r), 62000);
	ck_assert_uint_le(rate_burst(&r), 62500);
	rate_init(&r);
	flow(300, 125, 20 * MS);
	ck_assert_uint_eq(rate_burst(&r), RATE_BURST_MIN);
}
END_TEST

START_TEST(rate_does_not_blame_the_path_for_our_silence)
{
	rate_init(&r);
	for (int i = 0; i < 10000; i++) {
		rate_idle(&r);
		flow(1, 10, MS);
	}
	ck_assert_uint_eq(rate_burst(&r), RATE_BURST_FIRST);
	for (int i = 0; i < 100; i++) {
		rate_idle(&r);
		flow(1, 1 << 20, MS);
	}
	ck_assert_uint_eq(rate_burst(&r), RATE_BURST_MAX);
}
END_TEST

START_TEST(rate_tells_what_fits_into_a_round_trip)
{
	rate_init(&r);
	ck_assert_uint_eq(rate_times(&r, MS), 0);
	flow(100, 12500, 20 * MS);
	ck_assert_uint_ge(rate_times(&r, 20 * MS), 248000);
	ck_assert_uint_le(rate_times(&r, 20 * MS), 250000);
	rate_acked(&r, UINT64_C(1) << 43, 3600 * AX_NS_PER_S, 1);
	ck_assert_uint_gt(rate_times(&r, AX_NEVER), 1 << 20);
}
END_TEST

START_TEST(rate_survives_a_pause_and_forgets_after_seconds)
{
	rate_init(&r);
	flow(100, 1 << 20, MS);
	flow(1000, 1, MS);
	ck_assert_uint_eq(rate_burst(&r), RATE_BURST_MAX);
	flow(6000, 1, MS);
	ck_assert_uint_eq(rate_burst(&r), RATE_BURST_MIN);
}
END_TEST

START_TEST(rate_does_not_overflow)
{
	rate_init(&r);
	rate_acked(&r, 1, 0, 1);
	rate_acked(&r, UINT64_C(1) << 43, 3600 * AX_NS_PER_S, 1);
	ck_assert_uint_eq(rate_burst(&r), RATE_BURST_MAX);
	ck_assert_uint_lt(r.now.best, UINT64_C(1) << 32);
}
END_TEST

CHECK_MAIN("rate", rate_starts_small,
    rate_reaches_the_largest_burst_in_milliseconds,
    rate_allows_five_milliseconds, rate_tells_what_fits_into_a_round_trip,
    rate_does_not_blame_the_path_for_our_silence,
    rate_survives_a_pause_and_forgets_after_seconds, rate_does_not_overflow)

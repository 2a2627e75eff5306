/* Tests of proto/keepalive.c. */
#include "proto/keepalive.h"

#include "../check_main.h"

#define S AX_NS_PER_S
#define MS AX_NS_PER_MS

static struct keepalive k;

static void
set_up(void)
{
	keepalive_init(&k, 15000, 10000);
	keepalive_start(&k, 100 * S);
}

START_TEST(keepalive_rests_until_started)
{
	keepalive_init(&k, 15000, 10000);
	ck_assert_uint_eq(keepalive_deadline(&k), AX_NEVER);
	keepalive_probe(&k, 5 * S);
	ck_assert(!k.want_ping);
	ck_assert(keepalive_tick(&k, 1000 * S));
}
END_TEST

START_TEST(keepalive_measures_the_round_trip)
{
	uint64_t opaque;

	set_up();
	ck_assert(k.want_ping);
	opaque = keepalive_ping(&k, 100 * S);
	ck_assert(keepalive_ponged(&k, opaque, 2000, 100 * S + 42 * MS));
	ck_assert_uint_eq(k.rtt_ns, 40 * MS);
	ck_assert_uint_eq(k.rtt_min_ns, 40 * MS);
	ck_assert(!keepalive_ponged(&k, opaque, 0, 100 * S + 43 * MS));
	ck_assert_uint_eq(keepalive_deadline(&k), 115 * S);
}
END_TEST

START_TEST(keepalive_smooths_and_remembers_the_least)
{
	set_up();
	keepalive_ponged(&k, keepalive_ping(&k, 100 * S), 0, 100 * S + 40 * MS);
	ck_assert(keepalive_tick(&k, 115 * S));
	keepalive_ponged(&k, keepalive_ping(&k, 115 * S), 0, 115 * S + 80 * MS);
	ck_assert_uint_eq(k.rtt_ns, 50 * MS);
	ck_assert_uint_eq(k.rtt_min_ns, 40 * MS);
}
END_TEST

START_TEST(keepalive_does_not_believe_an_impossible_hold)
{
	set_up();
	ck_assert(keepalive_ponged(
	    &k, keepalive_ping(&k, 100 * S), UINT32_MAX, 100 * S + MS));
	ck_assert_uint_eq(k.rtt_ns, 1);
}
END_TEST

START_TEST(keepalive_gives_up_after_silence)
{
	set_up();
	keepalive_ping(&k, 100 * S);
	ck_assert_uint_eq(keepalive_deadline(&k), 110 * S);
	ck_assert(keepalive_tick(&k, 110 * S - 1));
	ck_assert(!keepalive_tick(&k, 110 * S));
}
END_TEST

START_TEST(keepalive_gives_up_even_if_the_ping_never_left)
{
	set_up();
	ck_assert(!keepalive_tick(&k, 110 * S));
}
END_TEST

START_TEST(keepalive_takes_any_byte_for_life)
{
	set_up();
	keepalive_ping(&k, 100 * S);
	keepalive_heard(&k, 109 * S);
	ck_assert(keepalive_tick(&k, 110 * S));
	ck_assert(!keepalive_tick(&k, 119 * S));
}
END_TEST

START_TEST(keepalive_probes_no_more_than_once_a_second)
{
	set_up();
	keepalive_ponged(&k, keepalive_ping(&k, 100 * S), 0, 100 * S + MS);
	keepalive_probe(&k, 101 * S - 1);
	ck_assert(!k.want_ping);
	ck_assert_uint_eq(keepalive_deadline(&k), 101 * S);
	keepalive_probe(&k, 101 * S);
	ck_assert(k.want_ping);
	ck_assert_uint_eq(keepalive_deadline(&k), 111 * S);
}
END_TEST

START_TEST(keepalive_answers_the_latest_ping)
{
	set_up();
	ck_assert(keepalive_asked(&k, 1, 100 * S));
	ck_assert(!keepalive_asked(&k, 2, 100 * S + 500 * MS));
	ck_assert_uint_eq(k.pong_opaque, 2);
	ck_assert(k.want_pong);
	ck_assert_uint_eq(keepalive_pong(&k, 100 * S + 507 * MS), 7000);
	ck_assert(!k.want_pong);
	ck_assert(keepalive_asked(&k, 3, 102 * S));
}
END_TEST

START_TEST(keepalive_owes_nothing_over_a_lost_connection)
{
	set_up();
	(void)keepalive_ping(&k, 100 * S);
	ck_assert(keepalive_asked(&k, 1, 100 * S));
	keepalive_stop(&k);
	ck_assert(!k.want_ping && !k.want_pong);
	ck_assert_uint_eq(keepalive_deadline(&k), AX_NEVER);
	ck_assert(keepalive_tick(&k, 1000 * S));
	keepalive_probe(&k, 1000 * S);
	ck_assert(!k.want_ping);
	keepalive_start(&k, 1000 * S);
	ck_assert(k.want_ping);
	ck_assert(keepalive_asked(&k, 2, 1000 * S));
	ck_assert(keepalive_tick(&k, 1010 * S - 1));
	ck_assert(!keepalive_tick(&k, 1010 * S));
}
END_TEST

CHECK_MAIN("keepalive", keepalive_rests_until_started,
    keepalive_measures_the_round_trip,
    keepalive_smooths_and_remembers_the_least,
    keepalive_does_not_believe_an_impossible_hold,
    keepalive_gives_up_after_silence,
    keepalive_gives_up_even_if_the_ping_never_left,
    keepalive_takes_any_byte_for_life,
    keepalive_probes_no_more_than_once_a_second,
    keepalive_answers_the_latest_ping,
    keepalive_owes_nothing_over_a_lost_connection)

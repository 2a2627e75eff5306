/* Tests of proto/credit.c. */
#include "proto/credit.h"

#include "atlax/wire.h"

#include "../check_main.h"

#define KIB 1024u
#define MIB (1024u * KIB)
#define INIT (64 * KIB)

static struct credit_pool pool;
static struct credit_rx rx;

static void
set_up(uint64_t budget)
{
	credit_pool_init(&pool, budget, INIT, 8 * MIB);
	credit_rx_start(&rx, &pool, 0);
}

/* The peer sends n bytes, and they are consumed at once. */
static bool
pass(struct credit_rx *c, size_t n, uint64_t now_ns, uint64_t rtt_ns)
{
	ck_assert(credit_rx_receive(c, n));
	credit_rx_check(c, &pool);
	return credit_rx_consume(c, &pool, n, now_ns, rtt_ns);
}

START_TEST(credit_refuses_data_beyond_the_window)
{
	set_up(4 * MIB);
	ck_assert(credit_rx_receive(&rx, INIT));
	ck_assert(!credit_rx_receive(&rx, 1));
	ck_assert_uint_eq(rx.received, INIT);
}
END_TEST

START_TEST(credit_waits_for_a_quarter_of_the_window)
{
	set_up(4 * MIB);
	ck_assert(!pass(&rx, INIT / 4 - 1, 1, AX_NS_PER_MS));
	ck_assert(pass(&rx, 1, 1, AX_NS_PER_MS));
	ck_assert(credit_rx_grant(&rx, &pool));
	ck_assert_uint_eq(rx.limit, INIT + INIT / 4);
	ck_assert(!credit_rx_grant(&rx, &pool));
}
END_TEST

START_TEST(credit_grants_nothing_for_what_only_arrived)
{
	set_up(4 * MIB);
	ck_assert(credit_rx_receive(&rx, INIT));
	ck_assert(!credit_rx_grant(&rx, &pool));
	ck_assert_uint_eq(rx.limit, INIT);
}
END_TEST

START_TEST(credit_doubles_the_window_of_a_fast_reader)
{
	uint64_t now = 0;

	set_up(64 * MIB);
	for (int i = 0; i < 200 && rx.window < 8 * MIB; i++) {
		now += 50 * AX_NS_PER_MS;
		pass(&rx, (size_t)(rx.limit - rx.received), now,
		    100 * AX_NS_PER_MS);
		credit_rx_grant(&rx, &pool);
		credit_rx_check(&rx, &pool);
	}
	ck_assert_uint_eq(rx.window, 8 * MIB); /* the cap */
}
END_TEST

START_TEST(credit_leaves_the_window_of_a_steady_reader)
{
	uint64_t now = 0;

	/* Half a window in four round trips: no reason for either. */
	set_up(64 * MIB);
	for (int i = 0; i < 50; i++) {
		now += 400 * AX_NS_PER_MS;
		pass(&rx, INIT / 2, now, 100 * AX_NS_PER_MS);
		credit_rx_grant(&rx, &pool);
	}
	ck_assert_uint_eq(rx.window, INIT);
}
END_TEST

START_TEST(credit_shrinks_the_window_of_a_slow_reader)
{
	uint64_t limit, now = 0;

	set_up(64 * MIB);
	rx.window = 8 * MIB;
	pass(&rx, 1, now, AX_NS_PER_MS);
	credit_rx_grant(&rx, &pool);
	limit = rx.limit;
	for (int i = 0; i < 10; i++) {
		now += AX_NS_PER_S;
		pass(&rx, 1000, now, AX_NS_PER_MS);
	}
	ck_assert_uint_eq(rx.window, INIT);
	ck_assert_uint_eq(rx.limit, limit); /* what is granted stays granted */
}
END_TEST

START_TEST(credit_of_all_streams_stays_within_the_budget)
{
	struct credit_rx c[40];
	uint64_t now = 0;
	struct rng r;

	rng_seed(&r, test_seed());
	credit_pool_init(&pool, 4 * MIB, INIT, 8 * MIB);
	for (int i = 0; i < 40; i++)
		credit_rx_start(&c[i], &pool, 0);
	for (int k = 0; k < 20000; k++) {
		struct credit_rx *x = &c[rng_below(&r, 40)];
		uint64_t out = 0;
		size_t n = rng_below(&r, x->limit - x->received + 1);

		now += rng_below(&r, 4 * AX_NS_PER_MS);
		ck_assert(credit_rx_receive(x, n));
		if (x->received > x->consumed && rng_below(&r, 4) > 0)
			credit_rx_consume(x, &pool,
			    rng_below(&r, x->received - x->consumed) + 1, now,
			    20 * AX_NS_PER_MS);
		credit_rx_grant(x, &pool);
		for (int i = 0; i < 40; i++) {
			credit_rx_check(&c[i], &pool);
			out += credit_rx_out(&c[i]);
		}
		ck_assert_uint_eq(out, pool.out);
		ck_assert_uint_le(out, 4 * MIB + 40 * INIT);
	}
	for (int i = 0; i < 40; i++)
		credit_rx_close(&c[i], &pool);
	ck_assert_uint_eq(pool.out, 0);
	ck_assert_uint_eq(pool.used, 0);
}
END_TEST

/* Streams that never read must leave enough for one that does. */
START_TEST(credit_of_hogs_leaves_a_share_to_others)
{
	struct credit_rx hog[8];
	uint64_t now = 0;

	credit_pool_init(&pool, 16 * MIB, INIT, 16 * MIB);
	credit_rx_start(&rx, &pool, 0);
	for (int i = 0; i < 8; i++) {
		credit_rx_start(&hog[i], &pool, 0);
		hog[i].window = 16 * MIB;
		pass(&hog[i], 1, 1, AX_NS_PER_MS);
		credit_rx_grant(&hog[i], &pool);
		ck_assert(credit_rx_receive(
		    &hog[i], (size_t)(hog[i].limit - hog[i].received)));
	}
	for (int i = 0; i < 100; i++) {
		now += 10 * AX_NS_PER_MS;
		pass(&rx, (size_t)(rx.limit - rx.received), now,
		    100 * AX_NS_PER_MS);
		ck_assert(credit_rx_grant(&rx, &pool));
	}
	ck_assert_uint_ge(rx.limit - rx.consumed, 2 * INIT);
}
END_TEST

START_TEST(credit_never_refuses_a_first_window)
{
	struct credit_rx hog, late;

	credit_pool_init(&pool, MIB, INIT, 16 * MIB);
	credit_rx_start(&hog, &pool, 0);
	hog.window = 16 * MIB;
	for (int i = 0; i < 100; i++) {
		pass(&hog, 1, 1, AX_NS_PER_MS);
		credit_rx_grant(&hog, &pool);
	}
	credit_rx_start(&late, &pool, 0);
	ck_assert_uint_eq(late.limit, INIT);
	ck_assert_uint_le(pool.used, pool.shared);
}
END_TEST

START_TEST(credit_unused_comes_back_at_the_end)
{
	set_up(4 * MIB);
	ck_assert(credit_rx_receive(&rx, 1000));
	credit_rx_finish(&rx, &pool);
	ck_assert_uint_eq(pool.out, 1000);
	ck_assert_uint_eq(rx.limit, INIT); /* what was granted was granted */
	ck_assert(!credit_rx_consume(&rx, &pool, 1000, 1, 1));
	ck_assert_uint_eq(pool.out, 0);
	ck_assert(!credit_rx_grant(&rx, &pool));
}
END_TEST

START_TEST(credit_still_counts_what_is_thrown_away)
{
	set_up(4 * MIB);
	credit_rx_close(&rx, &pool);
	credit_rx_close(&rx, &pool);
	ck_assert_uint_eq(pool.out, 0);
	ck_assert(credit_rx_receive(&rx, INIT));
	ck_assert(!credit_rx_receive(&rx, 1));
	ck_assert(!credit_rx_consume(&rx, &pool, 5, 1, 1));
}
END_TEST

START_TEST(credit_from_the_peer_only_rises)
{
	struct credit_tx tx = { .limit = 100 };

	credit_tx_use(&tx, 60);
	ck_assert_uint_eq(credit_tx_room(&tx), 40);
	ck_assert(!credit_tx_grant(&tx, 99, true));
	ck_assert(!credit_tx_grant(&tx, 100, false));
	ck_assert(credit_tx_grant(&tx, 100, true));
	ck_assert(credit_tx_grant(&tx, 101, false));
	ck_assert_uint_eq(credit_tx_room(&tx), 41);
}
END_TEST

START_TEST(credit_from_the_peer_is_no_more_than_16_mib_ahead)
{
	struct credit_tx tx = { .limit = 100, .sent = 60 };

	ck_assert(!credit_tx_grant(&tx, 61 + AX_CREDIT_AHEAD_MAX, false));
	ck_assert(!credit_tx_grant(&tx, UINT64_MAX, false));
	ck_assert_uint_eq(tx.limit, 100);
	ck_assert(credit_tx_grant(&tx, 60 + AX_CREDIT_AHEAD_MAX, false));
}
END_TEST

CHECK_MAIN("credit", credit_refuses_data_beyond_the_window,
    credit_waits_for_a_quarter_of_the_window,
    credit_grants_nothing_for_what_only_arrived,
    credit_doubles_the_window_of_a_fast_reader,
    credit_leaves_the_window_of_a_steady_reader,
    credit_shrinks_the_window_of_a_slow_reader,
    credit_of_all_streams_stays_within_the_budget,
    credit_of_hogs_leaves_a_share_to_others,
    credit_never_refuses_a_first_window,
    credit_unused_comes_back_at_the_end,
    credit_still_counts_what_is_thrown_away, credit_from_the_peer_only_rises,
    credit_from_the_peer_is_no_more_than_16_mib_ahead)

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
	credit_pool_init(&pool, alloc_libc(), budget, INIT, 8 * MIB);
	ck_assert(credit_rx_start(&rx, &pool, 0));
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
	credit_pool_init(&pool, alloc_libc(), 4 * MIB, INIT, 8 * MIB);
	for (int i = 0; i < 40; i++)
		ck_assert(credit_rx_start(&c[i], &pool, 0));
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

	credit_pool_init(&pool, alloc_libc(), 16 * MIB, INIT, 16 * MIB);
	ck_assert(credit_rx_start(&rx, &pool, 0));
	for (int i = 0; i < 8; i++) {
		ck_assert(credit_rx_start(&hog[i], &pool, 0));
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

	credit_pool_init(&pool, alloc_libc(), MIB, INIT, 16 * MIB);
	ck_assert(credit_rx_start(&hog, &pool, 0));
	hog.window = 16 * MIB;
	for (int i = 0; i < 100; i++) {
		pass(&hog, 1, 1, AX_NS_PER_MS);
		credit_rx_grant(&hog, &pool);
	}
	ck_assert(credit_rx_start(&late, &pool, 0));
	ck_assert_uint_eq(late.limit, INIT);
	ck_assert_uint_le(pool.used, pool.shared);
}
END_TEST

/* --- sessions that share memory -------------------------------------------- */

static struct shared {
	struct alloc base;
	size_t total, used;
	unsigned calls;
} shared;

static bool
shared_reserve(struct alloc *a AX_UNUSED, size_t n)
{
	shared.calls++;
	if (n > shared.total - shared.used)
		return false;
	shared.used += n;
	return true;
}

static void
shared_unreserve(struct alloc *a AX_UNUSED, size_t n)
{
	shared.calls++;
	ck_assert_uint_le(n, shared.used);
	shared.used -= n;
}

static size_t
shared_left(struct alloc *a AX_UNUSED)
{
	return shared.total - shared.used;
}

static void
shared_init(size_t total)
{
	shared = (struct shared){ .base = { .reserve = shared_reserve,
		.unreserve = shared_unreserve, .left = shared_left },
		.total = total };
}

START_TEST(credit_of_many_sessions_stays_within_what_they_share)
{
	enum { SESSIONS = 20, STREAMS = 5 };
	static struct credit_pool p[SESSIONS];
	static struct credit_rx c[SESSIONS][STREAMS];
	uint64_t now = 0;
	struct rng r;

	rng_seed(&r, test_seed());
	shared_init(16 * MIB);
	for (int i = 0; i < SESSIONS; i++) {
		credit_pool_init(&p[i], &shared.base, 8 * MIB, INIT, 8 * MIB);
		for (int k = 0; k < STREAMS; k++)
			ck_assert(credit_rx_start(&c[i][k], &p[i], 0));
	}
	for (int n = 0; n < 40000; n++) {
		int i = (int)rng_below(&r, SESSIONS);
		struct credit_rx *x = &c[i][rng_below(&r, STREAMS)];
		uint64_t out = 0;

		now += rng_below(&r, AX_NS_PER_MS);
		ck_assert(credit_rx_receive(x, (size_t)(x->limit - x->received)));
		/* Hogs consume a little, then stall. */
		if (x->received > x->consumed)
			credit_rx_consume(x, &p[i],
			    rng_below(&r, x->received - x->consumed) + 1, now,
			    20 * AX_NS_PER_MS);
		credit_rx_grant(x, &p[i]);
		/* What came of its window is granted again, whoever has the rest. */
		ck_assert_uint_ge(x->limit - x->consumed, INIT);
		for (int k = 0; k < SESSIONS; k++)
			out += p[k].out;
		ck_assert_uint_le(out, shared.used);
		ck_assert_uint_le(shared.used, shared.total);
	}
	for (int i = 0; i < SESSIONS; i++) {
		for (int k = 0; k < STREAMS; k++)
			credit_rx_close(&c[i][k], &p[i]);
		ck_assert_uint_eq(p[i].held, 0);
	}
	ck_assert_uint_eq(shared.used, 0);
}
END_TEST

START_TEST(credit_of_hogs_in_other_sessions_leaves_a_share)
{
	static struct credit_pool p[9];
	static struct credit_rx c[9];
	uint64_t now = 0;

	shared_init(16 * MIB);
	for (int i = 0; i < 9; i++) {
		credit_pool_init(&p[i], &shared.base, 16 * MIB, INIT, 16 * MIB);
		ck_assert(credit_rx_start(&c[i], &p[i], 0));
		if (i == 8)
			break;
		c[i].window = 16 * MIB;
		ck_assert(credit_rx_receive(&c[i], 1));
		credit_rx_consume(&c[i], &p[i], 1, 1, AX_NS_PER_MS);
		credit_rx_grant(&c[i], &p[i]);
	}
	for (int i = 0; i < 100; i++) {
		size_t n = (size_t)(c[8].limit - c[8].received);

		now += 10 * AX_NS_PER_MS;
		ck_assert(credit_rx_receive(&c[8], n));
		credit_rx_consume(&c[8], &p[8], n, now, 100 * AX_NS_PER_MS);
		ck_assert(credit_rx_grant(&c[8], &p[8]));
	}
	ck_assert_uint_ge(c[8].limit - c[8].consumed, 2 * INIT);
	for (int i = 0; i < 9; i++)
		credit_pool_fini(&p[i]);
	ck_assert_uint_eq(shared.used, 0);
}
END_TEST

START_TEST(credit_without_memory_for_a_window_opens_nothing)
{
	struct credit_rx c[3];

	shared_init(2 * INIT);
	credit_pool_init(&pool, &shared.base, 4 * MIB, INIT, 8 * MIB);
	ck_assert(credit_rx_start(&c[0], &pool, 0));
	ck_assert(credit_rx_start(&c[1], &pool, 0));
	ck_assert(!credit_rx_start(&c[2], &pool, 0));
	ck_assert(c[2].closed);
	credit_rx_close(&c[2], &pool);
	ck_assert_uint_eq(pool.out, 2 * INIT);
	/* Those that are open go on as before. */
	for (int i = 0; i < 10; i++) {
		pass(&c[0], INIT, 1, AX_NS_PER_MS);
		ck_assert(credit_rx_grant(&c[0], &pool));
	}
	credit_rx_close(&c[1], &pool);
	ck_assert(credit_rx_start(&c[2], &pool, 0));
	credit_pool_fini(&pool);
}
END_TEST

START_TEST(credit_moves_the_shared_counters_rarely)
{
	uint64_t now = 0;

	shared_init(64 * MIB);
	credit_pool_init(&pool, &shared.base, 32 * MIB, INIT, 4 * MIB);
	ck_assert(credit_rx_start(&rx, &pool, 0));
	for (int i = 0; i < 10000; i++) {
		now += AX_NS_PER_MS;
		pass(&rx, MIN(16 * KIB, (size_t)(rx.limit - rx.received)), now,
		    20 * AX_NS_PER_MS);
		credit_rx_grant(&rx, &pool);
	}
	ck_assert_uint_gt(rx.window, INIT);
	ck_assert_uint_le(shared.calls, 100);
	credit_pool_fini(&pool);
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
    credit_of_many_sessions_stays_within_what_they_share,
    credit_of_hogs_in_other_sessions_leaves_a_share,
    credit_without_memory_for_a_window_opens_nothing,
    credit_moves_the_shared_counters_rarely,
    credit_unused_comes_back_at_the_end,
    credit_still_counts_what_is_thrown_away, credit_from_the_peer_only_rises,
    credit_from_the_peer_is_no_more_than_16_mib_ahead)

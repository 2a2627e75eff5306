/* Tests of proto/streams.c. */
#include "proto/streams.h"

#include "base/err.h"

#include "../check_main.h"

static struct alloc_counting mem;
static struct credit_pool pool;
static struct streams m;

static void
set_up(unsigned parity)
{
	alloc_counting_init(&mem, alloc_libc(), SIZE_MAX);
	credit_pool_init(&pool, alloc_libc(), 64 << 20, 65536, 1 << 20);
	streams_init(&m, &mem.base, 42, parity, 2);
	m.own_max = 2;
}

static void
tear_down(void)
{
	streams_fini(&m);
	ck_assert_uint_eq(mem.bytes, 0);
}

static struct stream *
open_own(void)
{
	struct stream *st;

	ck_assert_int_eq(streams_open(&m, 0, &st), 0);
	ck_assert(credit_rx_start(&st->rx, &pool, 0));
	return st;
}

static struct stream *
accept_peer(uint32_t id)
{
	struct stream *st;

	ck_assert_uint_eq(streams_judge(&m, id), 0);
	ck_assert_int_eq(streams_accept(&m, id, 0, &st), 0);
	ck_assert(credit_rx_start(&st->rx, &pool, 0));
	streams_check(&m, &pool);
	return st;
}

/* Our FIN is written. */
static void
finish(struct stream *st)
{
	struct control c;

	stream_tx_fin(st);
	while (stream_take_control(st, &pool, &c))
		;
}

static void
peer_finishes(struct stream *st)
{
	bool matches;

	ck_assert_uint_eq(stream_rx_fin(st, &pool, 0, &matches), 0);
}

START_TEST(streams_number_their_own)
{
	struct stream *a, *b, *c;

	set_up(1);
	a = open_own();
	b = open_own();
	ck_assert_uint_eq(a->id, 1);
	ck_assert_uint_eq(b->id, 3);
	ck_assert_ptr_eq(streams_find(&m, 3), b);
	ck_assert_ptr_null(streams_find(&m, 2));
	ck_assert_int_eq(streams_open(&m, 0, &c), AX_E_LIMIT);
	tear_down();
	set_up(0);
	ck_assert_uint_eq(open_own()->id, 2);
	tear_down();
}
END_TEST

START_TEST(streams_undone_leave_no_hole)
{
	struct stream *st;

	set_up(0);
	st = open_own();
	credit_rx_close(&st->rx, &pool);
	streams_undo(&m, st);
	ck_assert_uint_eq(m.own, 0);
	ck_assert_uint_eq(open_own()->id, 2);
	tear_down();
}
END_TEST

START_TEST(streams_run_out_of_ids)
{
	struct stream *st;

	set_up(1);
	m.next_id = 0x7fffffff;
	ck_assert_uint_eq(open_own()->id, 0x7fffffff);
	ck_assert_int_eq(streams_open(&m, 0, &st), AX_E_CLOSED);
	tear_down();
}
END_TEST

START_TEST(streams_judge_the_peers_ids)
{
	set_up(1);
	ck_assert_uint_eq(streams_judge(&m, 0), AX_WIRE_STREAM_ID);
	ck_assert_uint_eq(streams_judge(&m, 1), AX_WIRE_STREAM_ID);
	ck_assert_uint_eq(streams_judge(&m, 0x80000002), AX_WIRE_STREAM_ID);
	accept_peer(8);
	ck_assert_uint_eq(streams_judge(&m, 8), AX_WIRE_STREAM_ID);
	ck_assert_uint_eq(streams_judge(&m, 6), AX_WIRE_STREAM_ID);
	accept_peer(0x7ffffffe);
	tear_down();
}
END_TEST

START_TEST(streams_limit_the_peer)
{
	struct stream *st;

	set_up(1);
	st = accept_peer(2);
	accept_peer(4);
	ck_assert_uint_eq(streams_judge(&m, 6), AX_WIRE_STREAM_LIMIT);
	finish(st);
	peer_finishes(st);
	streams_settle(&m, st, 100, 0);
	/* Ended: the peer may open another, though we still hold the handle. */
	ck_assert_uint_eq(streams_judge(&m, 6), 0);
	ck_assert_uint_eq(m.held, 2);
	streams_release(&m, st, &pool);
	ck_assert_uint_eq(m.held, 1);
	tear_down();
}
END_TEST

START_TEST(streams_of_our_own_hold_their_slot_until_released)
{
	struct stream *st;

	set_up(1);
	st = open_own();
	finish(st);
	peer_finishes(st);
	streams_settle(&m, st, 100, 100);
	ck_assert_uint_eq(m.own, 1);
	streams_release(&m, st, &pool);
	streams_settle(&m, st, 100, 100);
	ck_assert_uint_eq(m.own, 0);
	ck_assert_ptr_null(streams_find(&m, 1));
	tear_down();
}
END_TEST

START_TEST(streams_linger_until_the_last_word_is_acknowledged)
{
	struct stream *st;

	set_up(1);
	st = open_own();
	finish(st);
	peer_finishes(st);
	streams_release(&m, st, &pool);
	streams_settle(&m, st, 100, 99);
	ck_assert_uint_eq(m.own, 0);
	ck_assert_ptr_eq(streams_find(&m, 1), st);
	streams_acked(&m, 99);
	ck_assert_ptr_eq(streams_find(&m, 1), st);
	streams_acked(&m, 100);
	ck_assert_ptr_null(streams_find(&m, 1));
	tear_down();
}
END_TEST

START_TEST(streams_that_are_never_acknowledged_are_bounded)
{
	const uint32_t most = 2 + 2 + STREAMS_LINGER;
	struct stream *st;

	set_up(1);
	for (uint32_t i = 0; i < most; i++) {
		st = i % 2 == 0 ? open_own() : accept_peer(2 * i + 2);
		finish(st);
		peer_finishes(st);
		streams_release(&m, st, &pool);
		streams_settle(&m, st, 100 + i, 0);
	}
	ck_assert_uint_eq(m.lingering, most);
	ck_assert_int_eq(streams_open(&m, 0, &st), AX_E_LIMIT);
	ck_assert_uint_eq(streams_judge(&m, 2 * most + 2), AX_WIRE_RESOURCE);
	ck_assert_uint_le(mem.bytes, 4 << 20);
	streams_acked(&m, 100);
	ck_assert_uint_eq(streams_judge(&m, 2 * most + 2), 0);
	(void)open_own();
	/* The peer's RESET takes one off the list too. */
	st = streams_find(&m, 4);
	ck_assert_uint_eq(stream_rx_reset(st, &pool), 0);
	streams_settle(&m, st, 20000, 100);
	ck_assert_uint_eq(m.lingering, most - 2);
	streams_check(&m, &pool);
	tear_down();
}
END_TEST

START_TEST(streams_forget_at_once_behind_the_peers_reset)
{
	struct stream *st;

	set_up(1);
	st = open_own();
	finish(st);
	peer_finishes(st);
	streams_release(&m, st, &pool);
	streams_settle(&m, st, 100, 0);
	ck_assert_uint_eq(stream_rx_reset(st, &pool), 0);
	streams_settle(&m, st, 100, 0);
	ck_assert_ptr_null(streams_find(&m, 1));
	streams_acked(&m, 100);
	tear_down();
}
END_TEST

START_TEST(streams_survive_failing_memory)
{
	struct stream *st;

	set_up(1);
	mem.fail_at = 1;
	ck_assert_int_eq(streams_open(&m, 0, &st), AX_E_NOMEM);
	mem.calls = 0;
	mem.fail_at = 2; /* the table */
	ck_assert_int_eq(streams_accept(&m, 2, 0, &st), AX_E_NOMEM);
	ck_assert_uint_eq(m.peers + m.own + m.held, 0);
	ck_assert_uint_eq(mem.bytes, 0);
	tear_down();
}
END_TEST

CHECK_MAIN("streams", streams_number_their_own, streams_undone_leave_no_hole,
    streams_run_out_of_ids, streams_judge_the_peers_ids,
    streams_limit_the_peer, streams_of_our_own_hold_their_slot_until_released,
    streams_linger_until_the_last_word_is_acknowledged,
    streams_that_are_never_acknowledged_are_bounded,
    streams_forget_at_once_behind_the_peers_reset,
    streams_survive_failing_memory)

/* Tests of proto/stream.c. */
#include "proto/stream.h"

#include "../check_main.h"

static struct credit_pool pool;
static struct stream st;

static void
set_up(unsigned bits)
{
	credit_pool_init(&pool, alloc_libc(), 64 << 20, 65536, 1 << 20);
	st = (struct stream){ .id = 1, .tx = { .limit = 65536 } };
	st.bits = (uint16_t)bits;
	ck_assert(credit_rx_start(&st.rx, &pool, 0));
}

/* The next message that st wants to be written; 0: none. */
static uint8_t
take(struct control *c)
{
	bool any = stream_take_control(&st, &pool, c);

	stream_check(&st, &pool);
	return any ? c->type : 0;
}

static uint16_t
fin(uint64_t offset)
{
	bool matches;
	uint16_t code = stream_rx_fin(&st, &pool, offset, &matches);

	ck_assert(code != 0 || matches);
	return code;
}

START_TEST(stream_writes_its_control_in_order)
{
	struct control c;

	set_up(0);
	ck_assert_uint_eq(stream_rx_data(&st, 40000), 0);
	stream_tx_opened(&st);
	ck_assert(credit_rx_consume(&st.rx, &pool, 40000, 1, 1));
	st.bits |= STREAM_WANT_CREDIT;
	credit_tx_use(&st.tx, 77);
	stream_tx_fin(&st);
	ck_assert_uint_eq(take(&c), AX_CTL_OPENED);
	ck_assert_uint_eq(c.credit.offset, 65536);
	ck_assert_uint_eq(take(&c), AX_CTL_CREDIT);
	ck_assert_uint_gt(c.credit.offset, 65536);
	ck_assert_uint_eq(take(&c), AX_CTL_FIN);
	ck_assert_uint_eq(c.fin.offset, 77);
	ck_assert_uint_eq(take(&c), 0);
}
END_TEST

START_TEST(stream_reset_drops_what_else_waits)
{
	struct control c;

	set_up(0);
	stream_tx_opened(&st);
	stream_tx_fin(&st);
	stream_tx_reset(&st, &pool, 0x105);
	stream_tx_reset(&st, &pool, 0x106); /* the first wins */
	ck_assert_uint_eq(take(&c), AX_CTL_RESET);
	ck_assert_uint_eq(c.reset.code, 0x105);
	ck_assert_uint_eq(take(&c), 0);
	ck_assert_uint_eq(pool.out, 0);
}
END_TEST

START_TEST(stream_may_reset_behind_its_fin)
{
	struct control c;

	set_up(0);
	stream_tx_fin(&st);
	ck_assert_uint_eq(take(&c), AX_CTL_FIN);
	stream_tx_reset(&st, &pool, 0x105);
	ck_assert_uint_eq(take(&c), AX_CTL_RESET);
}
END_TEST

START_TEST(stream_does_not_reset_once_both_have_finished)
{
	struct control c;

	set_up(0);
	stream_tx_fin(&st);
	ck_assert_uint_eq(take(&c), AX_CTL_FIN);
	stream_tx_reset(&st, &pool, 0x105);
	ck_assert_uint_eq(fin(0), 0);
	ck_assert_uint_eq(take(&c), 0);
	ck_assert(stream_has_ended(&st));
}
END_TEST

START_TEST(stream_refuses_everything_behind_the_peers_reset)
{
	set_up(STREAM_OWN);
	ck_assert_uint_eq(stream_rx_reset(&st, &pool), 0);
	ck_assert_uint_eq(stream_rx_data(&st, 1), AX_WIRE_STREAM_ID);
	ck_assert_uint_eq(fin(0), AX_WIRE_STREAM_ID);
	ck_assert_uint_eq(stream_rx_credit(&st, 70000), AX_WIRE_STREAM_ID);
	ck_assert_uint_eq(stream_rx_opened(&st, 70000), AX_WIRE_STREAM_ID);
	ck_assert_uint_eq(stream_rx_reset(&st, &pool), AX_WIRE_STREAM_ID);
}
END_TEST

START_TEST(stream_takes_credit_and_reset_behind_the_peers_fin)
{
	set_up(STREAM_OWN);
	ck_assert_uint_eq(fin(0), 0);
	ck_assert_uint_eq(stream_rx_data(&st, 1), AX_WIRE_STREAM_ID);
	ck_assert_uint_eq(fin(0), AX_WIRE_STREAM_ID);
	ck_assert_uint_eq(stream_rx_opened(&st, 70000), AX_WIRE_STREAM_ID);
	ck_assert_uint_eq(stream_rx_credit(&st, 70000), 0);
	ck_assert_uint_eq(stream_rx_reset(&st, &pool), 0);
}
END_TEST

START_TEST(stream_is_opened_once_and_by_the_other_side)
{
	set_up(0);
	ck_assert_uint_eq(stream_rx_opened(&st, 65536), AX_WIRE_PROTOCOL);
	set_up(STREAM_OWN);
	ck_assert_uint_eq(stream_rx_opened(&st, 65535), AX_WIRE_FLOW_CONTROL);
	ck_assert_uint_eq(stream_rx_opened(&st, 65536), 0);
	ck_assert_uint_eq(stream_rx_opened(&st, 65537), AX_WIRE_PROTOCOL);
}
END_TEST

START_TEST(stream_resets_itself_when_bytes_are_missing)
{
	struct control c;
	bool matches;

	set_up(0);
	ck_assert_uint_eq(stream_rx_data(&st, 10), 0);
	ck_assert_uint_eq(stream_rx_fin(&st, &pool, 11, &matches), 0);
	ck_assert(!matches);
	ck_assert_uint_eq(take(&c), AX_CTL_RESET);
	ck_assert_uint_eq(c.reset.code, AX_WIRE_FINAL_OFFSET);
	ck_assert(stream_has_ended(&st));
}
END_TEST

START_TEST(stream_answers_a_reset_at_release)
{
	struct control c;

	set_up(0);
	stream_tx_opened(&st);
	stream_tx_fin(&st);
	ck_assert_uint_eq(stream_rx_reset(&st, &pool), 0);
	ck_assert_uint_eq(take(&c), 0);
	stream_tx_reset(&st, &pool, 0x105); /* too late, and harmless */
	ck_assert_uint_eq(take(&c), 0);
	stream_release(&st, &pool);
	ck_assert_uint_eq(take(&c), AX_CTL_RESET);
	ck_assert_uint_eq(c.reset.code, AX_WIRE_RESET_ACK);
	ck_assert(stream_has_ended(&st));
}
END_TEST

START_TEST(stream_does_not_answer_twice)
{
	struct control c;

	set_up(0);
	stream_tx_fin(&st);
	ck_assert_uint_eq(take(&c), AX_CTL_FIN);
	ck_assert_uint_eq(stream_rx_reset(&st, &pool), 0);
	ck_assert(stream_has_ended(&st));
	stream_release(&st, &pool);
	ck_assert_uint_eq(take(&c), 0);
	set_up(0);
	stream_tx_reset(&st, &pool, 0x105);
	ck_assert_uint_eq(stream_rx_reset(&st, &pool), 0);
	stream_release(&st, &pool);
	ck_assert_uint_eq(take(&c), AX_CTL_RESET);
	ck_assert_uint_eq(c.reset.code, 0x105);
	ck_assert_uint_eq(take(&c), 0);
}
END_TEST

START_TEST(stream_answers_a_reset_that_finds_its_handle_gone)
{
	struct control c;

	set_up(0);
	ck_assert_uint_eq(fin(0), 0);
	stream_tx_fin(&st);
	stream_release(&st, &pool);
	ck_assert_uint_eq(stream_rx_reset(&st, &pool), 0);
	ck_assert_uint_eq(take(&c), AX_CTL_FIN);
	ck_assert(stream_has_ended(&st));
}
END_TEST

START_TEST(stream_released_early_is_cancelled)
{
	struct control c;

	set_up(0);
	stream_release(&st, &pool);
	ck_assert_uint_eq(take(&c), AX_CTL_RESET);
	ck_assert_uint_eq(c.reset.code, AX_WIRE_CANCEL);
	set_up(0);
	stream_tx_fin(&st);
	ck_assert_uint_eq(take(&c), AX_CTL_FIN);
	stream_release(&st, &pool); /* the peer has not finished */
	ck_assert_uint_eq(take(&c), AX_CTL_RESET);
}
END_TEST

START_TEST(stream_that_reset_still_counts_credit)
{
	set_up(0);
	stream_tx_reset(&st, &pool, 0x100);
	ck_assert_uint_eq(stream_rx_data(&st, 65536), 0);
	ck_assert_uint_eq(stream_rx_data(&st, 1), AX_WIRE_FLOW_CONTROL);
	ck_assert_uint_eq(fin(65536), 0);
}
END_TEST

START_TEST(stream_is_small)
{
	ck_assert_uint_le(sizeof(struct stream), 200);
}
END_TEST

CHECK_MAIN("stream", stream_writes_its_control_in_order,
    stream_reset_drops_what_else_waits, stream_may_reset_behind_its_fin,
    stream_does_not_reset_once_both_have_finished,
    stream_refuses_everything_behind_the_peers_reset,
    stream_takes_credit_and_reset_behind_the_peers_fin,
    stream_is_opened_once_and_by_the_other_side,
    stream_resets_itself_when_bytes_are_missing,
    stream_answers_a_reset_at_release, stream_does_not_answer_twice,
    stream_answers_a_reset_that_finds_its_handle_gone,
    stream_released_early_is_cancelled,
    stream_that_reset_still_counts_credit, stream_is_small)

/* Tests of proto/session_rx.c: every violation, and what is none. */
#include "pair.h"

static struct pair pair;
static struct pair *const p = &pair;
static struct stream *st, *peer; /* the relay's stream 1, and its other end */

static void
set_up(void)
{
	pair_init(p);
	pair_up(p);
	pair_open(p, &p->relay, &st, &peer);
}

/* The agent has ended with code, and says so to the relay. */
static void
agent_closes(uint16_t code)
{
	const struct seen *e;

	side_is_over(&p->agent, code);
	pair_pump(p);
	e = side_saw(&p->relay, SESSION_EV_CLOSE);
	ck_assert_ptr_nonnull(e);
	ck_assert_uint_eq(e->code, code);
	ck_assert_uint_gt(e->len, 0);
	pair_fini(p);
}

static void
all_is_well(void)
{
	ck_assert(!session_is_closing(p->agent.s));
	ck_assert(!session_is_closing(p->relay.s));
	pair_fini(p);
}

START_TEST(rx_refuses_frames_of_illegal_size)
{
	uint8_t head[8];

	set_up();
	wire_head_put(head, 1, 0);
	side_feed(&p->agent, head, 8, p->now_ns);
	agent_closes(AX_WIRE_FRAME_SIZE);
	set_up();
	wire_head_put(head, 1, AX_FRAME_MAX + 1);
	side_feed(&p->agent, head, 8, p->now_ns);
	agent_closes(AX_WIRE_FRAME_SIZE);
}
END_TEST

START_TEST(rx_ignores_everything_behind_a_violation)
{
	uint8_t bytes[64];

	set_up();
	wire_head_put(bytes, 1, 0);
	wire_head_put(bytes + 8, 1, 5);
	side_feed(&p->agent, bytes, 21, p->now_ns);
	side_feed_data(&p->agent, 1, 10, p->now_ns);
	ck_assert_uint_eq(p->agent.data_bytes, 0);
	agent_closes(AX_WIRE_FRAME_SIZE);
}
END_TEST

START_TEST(rx_refuses_an_open_with_a_wrong_id)
{
	static const uint32_t wrong[] = { 0, 1, 2, 0x80000003 };

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		set_up();
		side_feed_open(&p->agent, wrong[i], p->now_ns);
		agent_closes(AX_WIRE_STREAM_ID);
	}
	set_up();
	side_feed_open(&p->agent, 9, p->now_ns);
	side_feed_open(&p->agent, 7, p->now_ns);
	agent_closes(AX_WIRE_STREAM_ID);
}
END_TEST

START_TEST(rx_refuses_an_open_beyond_the_limit)
{
	set_up();
	for (uint32_t id = 3; id < 33; id += 2)
		side_feed_open(&p->agent, id, p->now_ns);
	ck_assert(!session_is_closing(p->agent.s));
	side_feed_open(&p->agent, 33, p->now_ns);
	agent_closes(AX_WIRE_STREAM_LIMIT);
}
END_TEST

/* Opened and reset at once, again and again: each holds its slot until the
 * agent's own work for it is done.                                           */
START_TEST(rx_is_not_reset_rapidly)
{
	set_up();
	for (uint32_t id = 3; id < 33; id += 2) {
		side_feed_open(&p->agent, id, p->now_ns);
		side_feed_reset(&p->agent, id, p->now_ns);
	}
	ck_assert(!session_is_closing(p->agent.s));
	side_feed_open(&p->agent, 33, p->now_ns);
	agent_closes(AX_WIRE_STREAM_LIMIT);
}
END_TEST

START_TEST(rx_refuses_data_beyond_credit)
{
	set_up();
	p->agent.keep = true;
	for (int i = 0; i < 4; i++)
		side_feed_data(&p->agent, 1, 16376, p->now_ns);
	side_feed_data(&p->agent, 1, 32, p->now_ns);
	ck_assert(!session_is_closing(p->agent.s));
	side_feed_data(&p->agent, 1, 1, p->now_ns);
	agent_closes(AX_WIRE_FLOW_CONTROL);
}
END_TEST

START_TEST(rx_refuses_data_beyond_credit_after_its_own_reset)
{
	set_up();
	session_reset(p->agent.s, peer, AX_WIRE_CANCEL);
	for (int i = 0; i < 4; i++)
		side_feed_data(&p->agent, 1, 16376, p->now_ns);
	side_feed_data(&p->agent, 1, 32, p->now_ns);
	ck_assert(!session_is_closing(p->agent.s));
	side_feed_data(&p->agent, 1, 1, p->now_ns);
	agent_closes(AX_WIRE_FLOW_CONTROL);
}
END_TEST

START_TEST(rx_refuses_credit_out_of_range)
{
	set_up();
	side_feed_credit(&p->agent, 1, 64 << 10, p->now_ns);
	agent_closes(AX_WIRE_FLOW_CONTROL);
	set_up();
	side_feed_credit(&p->agent, 1, (16 << 20) + 1, p->now_ns);
	agent_closes(AX_WIRE_FLOW_CONTROL);
	set_up();
	side_feed_credit(&p->agent, 1, 16 << 20, p->now_ns);
	all_is_well();
}
END_TEST

START_TEST(rx_refuses_frames_of_streams_that_never_were)
{
	set_up();
	side_feed_data(&p->agent, 3, 1, p->now_ns);
	agent_closes(AX_WIRE_STREAM_ID);
	set_up();
	side_feed_credit(&p->agent, 2, 1 << 20, p->now_ns);
	agent_closes(AX_WIRE_STREAM_ID);
	set_up();
	side_feed_fin(&p->agent, 5, 0, p->now_ns);
	agent_closes(AX_WIRE_STREAM_ID);
	set_up();
	side_feed_reset(&p->agent, 0, p->now_ns);
	agent_closes(AX_WIRE_STREAM_ID);
}
END_TEST

START_TEST(rx_refuses_frames_of_streams_that_are_over)
{
	for (int kind = 0; kind < 4; kind++) {
		set_up();
		pair_end(p, st, peer);
		switch (kind) {
		case 0:
			side_feed_data(&p->agent, 1, 1, p->now_ns);
			break;
		case 1:
			side_feed_credit(&p->agent, 1, 1 << 20, p->now_ns);
			break;
		case 2:
			side_feed_fin(&p->agent, 1, 0, p->now_ns);
			break;
		default:
			side_feed_reset(&p->agent, 1, p->now_ns);
		}
		agent_closes(AX_WIRE_STREAM_ID);
	}
}
END_TEST

START_TEST(rx_refuses_data_behind_a_fin)
{
	set_up();
	side_feed_fin(&p->agent, 1, 0, p->now_ns);
	side_feed_data(&p->agent, 1, 1, p->now_ns);
	agent_closes(AX_WIRE_STREAM_ID);
	set_up();
	side_feed_reset(&p->agent, 1, p->now_ns);
	side_feed_data(&p->agent, 1, 1, p->now_ns);
	agent_closes(AX_WIRE_STREAM_ID);
}
END_TEST

START_TEST(rx_refuses_a_second_last_word)
{
	set_up();
	side_feed_fin(&p->agent, 1, 0, p->now_ns);
	side_feed_fin(&p->agent, 1, 0, p->now_ns);
	agent_closes(AX_WIRE_STREAM_ID);
	set_up();
	side_feed_reset(&p->agent, 1, p->now_ns);
	side_feed_reset(&p->agent, 1, p->now_ns);
	agent_closes(AX_WIRE_STREAM_ID);
	set_up();
	side_feed_reset(&p->agent, 1, p->now_ns);
	side_feed_fin(&p->agent, 1, 0, p->now_ns);
	agent_closes(AX_WIRE_STREAM_ID);
	set_up();
	side_feed_fin(&p->agent, 1, 0, p->now_ns);
	side_feed_reset(&p->agent, 1, p->now_ns);
	all_is_well();
}
END_TEST

START_TEST(rx_refuses_malformed_messages)
{
	static const uint8_t frame[] = { 0, 0, 0, 0, 0, 0, 0, 12, AX_CTL_ACK, 0,
		0, 1, 0, 0, 0, 0, 0, 0, 0, 0 };

	set_up();
	side_feed(&p->agent, frame, sizeof(frame), p->now_ns);
	agent_closes(AX_WIRE_PROTOCOL);
}
END_TEST

START_TEST(rx_suffers_one_list_of_services_a_second)
{
	struct control c = { .type = AX_CTL_SERVICES };

	set_up();
	for (int i = 0; i < 60; i++)
		side_feed_control(&p->relay, &c, p->now_ns);
	ck_assert(session_is_closing(p->relay.s));
	side_is_over(&p->relay, AX_WIRE_ENHANCE_CALM);
	pair_fini(p);
}
END_TEST

START_TEST(rx_resets_a_stream_whose_bytes_do_not_add_up)
{
	set_up();
	side_feed_data(&p->agent, 1, 10, p->now_ns);
	side_feed_fin(&p->agent, 1, 11, p->now_ns);
	ck_assert_uint_eq(
	    side_must(&p->agent, SESSION_EV_RESET)->code, AX_WIRE_FINAL_OFFSET);
	ck_assert_ptr_null(side_saw(&p->agent, SESSION_EV_FIN));
	ck_assert_uint_eq(side_stats(&p->agent).integrity_errors, 1);
	pair_pump(p);
	ck_assert_uint_eq(
	    side_must(&p->relay, SESSION_EV_RESET)->code, AX_WIRE_FINAL_OFFSET);
	all_is_well();
}
END_TEST

START_TEST(rx_refuses_impossible_acks)
{
	uint64_t sent;

	set_up();
	side_send(p, &p->agent, peer, 100);
	pair_wait(p, 200);
	sent = side_stats(&p->agent).sent;
	ck_assert_uint_gt(sent, 100);
	side_feed_ack(&p->agent, sent, p->now_ns);
	ck_assert(!session_is_closing(p->agent.s));
	side_feed_ack(&p->agent, sent - 1, p->now_ns);
	agent_closes(AX_WIRE_PROTOCOL);
	set_up();
	side_feed_ack(
	    &p->agent, side_stats(&p->agent).sent + 1, p->now_ns);
	agent_closes(AX_WIRE_PROTOCOL);
}
END_TEST

START_TEST(rx_refuses_datagrams)
{
	set_up();
	side_feed_data(&p->agent, 1 | AX_STREAM_DGRAM, 5, p->now_ns);
	agent_closes(AX_WIRE_PROTOCOL);
}
END_TEST

START_TEST(rx_refuses_services_from_the_relay)
{
	struct control c = { .type = AX_CTL_SERVICES };

	set_up();
	side_feed_control(&p->agent, &c, p->now_ns);
	agent_closes(AX_WIRE_PROTOCOL);
}
END_TEST

START_TEST(rx_refuses_opened_twice)
{
	struct control c = { .type = AX_CTL_OPENED };
	struct stream *own, *other;

	set_up();
	pair_open(p, &p->agent, &own, &other);
	c.credit.id = stream_id(own);
	c.credit.offset = 64 << 10;
	side_feed_control(&p->agent, &c, p->now_ns);
	ck_assert_ptr_nonnull(side_saw(&p->agent, SESSION_EV_OPENED));
	side_feed_control(&p->agent, &c, p->now_ns);
	agent_closes(AX_WIRE_PROTOCOL);
}
END_TEST

START_TEST(rx_refuses_a_goaway_that_takes_one_back)
{
	struct control c = { .type = AX_CTL_GOAWAY };

	set_up();
	c.goaway.when.last_id = 8;
	side_feed_control(&p->agent, &c, p->now_ns);
	side_feed_control(&p->agent, &c, p->now_ns);
	ck_assert(!session_is_closing(p->agent.s));
	c.goaway.when.last_id = 10;
	side_feed_control(&p->agent, &c, p->now_ns);
	agent_closes(AX_WIRE_PROTOCOL);
}
END_TEST

/* An unknown message, well-formed and not critical. */
static void
feed_unknown(void)
{
	static const uint8_t frame[] = { 0, 0, 0, 0, 0, 0, 0, 4, 0x33, 0, 0, 0 };

	side_feed(&p->agent, frame, sizeof(frame), p->now_ns);
}

START_TEST(rx_skips_the_unknown_until_it_is_too_much)
{
	set_up();
	for (int i = 0; i < 74; i++)
		feed_unknown();
	ck_assert(!session_wants_send(p->agent.s));
	feed_unknown();
	pair_pump(p);
	ck_assert_uint_eq(
	    side_must(&p->relay, SESSION_EV_GOAWAY)->code, AX_WIRE_ENHANCE_CALM);
	for (int i = 75; i < 99; i++)
		feed_unknown();
	ck_assert(!session_is_closing(p->agent.s));
	feed_unknown();
	side_is_over(&p->agent, AX_WIRE_ENHANCE_CALM);
	pair_fini(p);
}
END_TEST

START_TEST(rx_suffers_one_ping_a_second)
{
	struct control c = { .type = AX_CTL_PING };

	set_up();
	for (int i = 0; i < 200; i++) {
		p->now_ns += AX_NS_PER_S;
		side_feed_control(&p->agent, &c, p->now_ns);
	}
	ck_assert(!session_is_closing(p->agent.s));
	for (int i = 0; i < 200; i++) {
		p->now_ns += AX_NS_PER_S / 4;
		side_feed_control(&p->agent, &c, p->now_ns);
	}
	side_is_over(&p->agent, AX_WIRE_ENHANCE_CALM);
	pair_fini(p);
}
END_TEST

START_TEST(rx_answers_only_the_latest_ping)
{
	struct control c = { .type = AX_CTL_PING };
	struct iovec iov[8];
	unsigned pongs = 0;
	size_t n;

	set_up();
	for (uint64_t i = 1; i <= 5; i++) {
		c.ping.opaque = i;
		side_feed_control(&p->agent, &c, p->now_ns);
	}
	n = session_pull(p->agent.s, iov, 8, p->now_ns);
	ck_assert_uint_eq(n, 1);
	for (size_t at = 0; at < iov[0].iov_len;) {
		uint8_t *f = (uint8_t *)iov[0].iov_base + at;
		size_t len = wire_head_get(f).len;

		ck_assert_uint_eq(
		    control_get(&c, slice_of(f + 8, len)), AX_WIRE_NO_ERROR);
		if (c.type == AX_CTL_PONG) {
			ck_assert_uint_eq(c.ping.opaque, 5);
			pongs++;
		}
		at += 8 + len;
	}
	ck_assert_uint_eq(pongs, 1);
	all_is_well();
}
END_TEST

START_TEST(rx_hands_over_the_services)
{
	struct session_service list[3] = { { .name = "web", .health = 1 },
		{ .name = "ssh", .health = 3 }, { .name = "x", .weight = 7 } };
	struct session_event ev;
	struct iovec iov[4];
	uint8_t bytes[256];
	size_t n;

	set_up();
	ck_assert_int_eq(session_services(p->agent.s, list, 3), 0);
	ck_assert(session_wants_send(p->agent.s));
	n = session_pull(p->agent.s, iov, 4, p->now_ns);
	ck_assert_uint_eq(n, 1);
	n = iov[0].iov_len;
	memcpy(bytes, iov[0].iov_base, n);
	session_sent(p->agent.s, n, p->now_ns);
	session_feed(p->relay.s, slice_of(bytes, n), p->now_ns);
	ck_assert(session_next(p->relay.s, &ev));
	ck_assert_uint_eq(ev.type, SESSION_EV_SERVICES);
	ck_assert_uint_eq(ev.n_services, 3);
	ck_assert_mem_eq(ev.services, list, sizeof(list));
	ck_assert(!session_next(p->relay.s, &ev));
	all_is_well();
}
END_TEST

START_TEST(rx_lends_the_bytes_that_were_fed)
{
	struct session_event ev;
	uint8_t frame[13];

	set_up();
	wire_head_put(frame, 1, 5);
	memcpy(frame + 8, "Hello", 5);
	session_feed(p->agent.s, slice_of(frame, 13), p->now_ns);
	ck_assert(session_next(p->agent.s, &ev));
	ck_assert_uint_eq(ev.type, SESSION_EV_DATA);
	ck_assert_ptr_eq(ev.data.p, frame + 8);
	ck_assert_ptr_eq(ev.stream, peer);
	ck_assert(!session_next(p->agent.s, &ev));
	all_is_well();
}
END_TEST

START_TEST(rx_counts_a_frame_when_it_is_whole)
{
	uint8_t frame[108];
	uint64_t before;

	set_up();
	before = side_stats(&p->agent).received;
	wire_head_put(frame, 1, 100);
	side_feed(&p->agent, frame, 107, p->now_ns);
	ck_assert_uint_eq(side_stats(&p->agent).received, before);
	side_feed(&p->agent, frame + 107, 1, p->now_ns);
	ck_assert_uint_eq(side_stats(&p->agent).received, before + 108);
	pair_fini(p);
}
END_TEST

CHECK_MAIN("session_rx", rx_refuses_frames_of_illegal_size,
    rx_ignores_everything_behind_a_violation,
    rx_refuses_an_open_with_a_wrong_id, rx_refuses_an_open_beyond_the_limit,
    rx_is_not_reset_rapidly, rx_refuses_data_beyond_credit,
    rx_refuses_data_beyond_credit_after_its_own_reset,
    rx_refuses_credit_out_of_range,
    rx_refuses_frames_of_streams_that_never_were,
    rx_refuses_frames_of_streams_that_are_over, rx_refuses_data_behind_a_fin,
    rx_refuses_a_second_last_word, rx_refuses_malformed_messages,
    rx_suffers_one_list_of_services_a_second,
    rx_resets_a_stream_whose_bytes_do_not_add_up, rx_refuses_impossible_acks,
    rx_refuses_datagrams, rx_refuses_services_from_the_relay,
    rx_refuses_opened_twice, rx_refuses_a_goaway_that_takes_one_back,
    rx_skips_the_unknown_until_it_is_too_much, rx_suffers_one_ping_a_second,
    rx_answers_only_the_latest_ping, rx_hands_over_the_services,
    rx_lends_the_bytes_that_were_fed, rx_counts_a_frame_when_it_is_whole)

/* Tests of proto/session.c: two sessions, wired by memory. */
#include "pair.h"

static struct pair pair;

START_TEST(session_shakes_hands)
{
	struct pair *p = &pair;

	pair_init(p);
	pair_pump(p);
	ck_assert(session_is_up(p->relay.s) && session_is_up(p->agent.s));
	ck_assert_uint_eq(p->relay.log[0].type, SESSION_EV_HELLO);
	ck_assert_uint_eq(p->agent.log[0].type, SESSION_EV_UP);
	ck_assert_uint_eq(side_stats(&p->relay).peer_max_streams, 16);
	pair_fini(p);
}
END_TEST

START_TEST(session_shakes_hands_byte_by_byte)
{
	struct pair *p = &pair;
	struct stream *st, *peer;

	pair_init(p);
	p->chunk = 1;
	pair_up(p);
	pair_open(p, &p->relay, &st, &peer);
	ck_assert_uint_eq(side_send(p, &p->relay, st, 3000), 3000);
	pair_pump(p);
	ck_assert_uint_eq(p->agent.data_bytes, 3000);
	pair_fini(p);
}
END_TEST

START_TEST(session_carries_data_with_the_open)
{
	struct pair *p = &pair;
	struct stream *st;

	pair_init(p);
	pair_up(p);
	st = side_open(&p->relay);
	ck_assert_uint_eq(side_send(p, &p->relay, st, 5), 5);
	pair_pump(p);
	ck_assert_uint_eq(p->agent.log[0].type, SESSION_EV_OPEN);
	ck_assert_str_eq(p->agent.log[0].text, "web");
	ck_assert_uint_eq(stream_id(p->agent.log[0].stream), 1);
	ck_assert_uint_eq(p->agent.data_bytes, 5);
	session_opened(p->agent.s, p->agent.log[0].stream);
	pair_pump(p);
	ck_assert_ptr_nonnull(side_saw(&p->relay, SESSION_EV_OPENED));
	pair_fini(p);
}
END_TEST

START_TEST(session_moves_megabytes_and_grants_credit)
{
	struct pair *p = &pair;
	struct stream *st, *peer;
	size_t done = 0;

	pair_init(p);
	pair_up(p);
	pair_open(p, &p->agent, &st, &peer);
	while (done < (8 << 20)) {
		done += side_send(p, &p->agent, st, (8 << 20) - done);
		pair_pump(p);
		p->now_ns += AX_NS_PER_MS;
	}
	ck_assert_uint_eq(p->relay.data_bytes, 8 << 20);
	pair_wait(p, 200);
	pair_end(p, peer, st);
	pair_wait(p, 2000);
	ck_assert_uint_eq(side_stats(&p->agent).ring_bytes, 0);
	ck_assert_uint_eq(side_stats(&p->agent).streams, 0);
	ck_assert_uint_eq(side_stats(&p->relay).streams, 0);
	ck_assert_uint_eq(side_stats(&p->relay).credit_out, 0);
	pair_fini(p);
}
END_TEST

CHECK_MAIN("session", session_shakes_hands, session_shakes_hands_byte_by_byte,
    session_carries_data_with_the_open,
    session_moves_megabytes_and_grants_credit)

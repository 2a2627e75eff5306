/* Tests of proto/session.c: two sessions, wired by memory. */
#include "pair.h"

static struct pair pair;
static struct pair *const p = &pair;

START_TEST(session_refuses_arguments_out_of_range)
{
	struct session_args a = pair_args(SESSION_RELAY), b = a;
	struct session *s = NULL;

	a.alloc = alloc_libc();
#define REFUSES(field, value) \
	b = a; \
	b.field = (value); \
	ck_assert_int_eq(session_new(&b, 0, &s), AX_E_RANGE)
	REFUSES(max_streams, 0);
	REFUSES(window_init, 16383);
	REFUSES(window_init, (1 << 20) + 1);
	REFUSES(window_max, (16 << 20) + 1);
	REFUSES(max_frame, 4095);
	REFUSES(max_frame, AX_FRAME_MAX + 1);
	REFUSES(ring_max, 65535);
	REFUSES(ring_max, (64 << 20) + 1);
	REFUSES(ping_ms, 4999);
	REFUSES(ping_ms, 300001);
	REFUSES(dead_ms, 0);
	REFUSES(self.os[0], '\n');
#undef REFUSES
	ck_assert_ptr_null(s);
}
END_TEST

START_TEST(session_works_with_the_least_of_everything)
{
	struct session_args r = pair_args(SESSION_RELAY);
	struct session_args a = pair_args(SESSION_AGENT);
	struct stream *st, *peer;
	size_t done = 0;

	a.ring_max = r.ring_max = 64 << 10;
	a.max_frame = r.max_frame = 4096;
	a.budget = r.budget = 64 << 10;
	a.max_streams = r.max_streams = 1;
	pair_init_with(p, &r, &a);
	pair_up(p);
	pair_open(p, &p->relay, &st, &peer);
	while (done < (1 << 20)) {
		done += side_send(p, &p->relay, st, (1 << 20) - done);
		pair_pump(p);
		p->now_ns += AX_NS_PER_MS;
	}
	ck_assert_uint_eq(p->agent.data_bytes, 1 << 20);
	pair_end(p, st, peer);
	pair_fini(p);
}
END_TEST

START_TEST(session_carries_data_byte_by_byte)
{
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
	ck_assert_ptr_eq(side_must(&p->relay, SESSION_EV_OPENED)->stream, st);
	ck_assert_ptr_eq(stream_user(st), &p->relay);
	pair_fini(p);
}
END_TEST

START_TEST(session_says_opened_behind_the_openers_fin)
{
	struct stream *st, *peer;

	pair_init(p);
	pair_up(p);
	pair_open(p, &p->relay, &st, &peer);
	side_send(p, &p->relay, st, 10);
	session_fin(p->relay.s, st);
	pair_pump(p);
	session_opened(p->agent.s, peer);
	pair_pump(p);
	ck_assert_ptr_nonnull(side_saw(&p->relay, SESSION_EV_OPENED));
	pair_fini(p);
}
END_TEST

static void
check_half_close(struct side *first, struct side *second)
{
	struct stream *a, *b;

	pair_init(p);
	pair_up(p);
	pair_open(p, first, &a, &b);
	side_send(p, first, a, 100);
	session_fin(first->s, a);
	pair_pump(p);
	ck_assert_ptr_eq(side_must(second, SESSION_EV_FIN)->stream, b);
	ck_assert_uint_eq(second->data_bytes, 100);
	/* The other half is still open, and credit still comes. */
	pair_send(p, second, b, 40 * 8192);
	ck_assert_uint_eq(first->data_bytes, 40 * 8192);
	session_fin(second->s, b);
	pair_pump(p);
	ck_assert_ptr_eq(side_must(first, SESSION_EV_FIN)->stream, a);
	session_release(first->s, a);
	session_release(second->s, b);
	pair_wait(p, 200);
	ck_assert_uint_eq(side_stats(&p->relay).streams, 0);
	ck_assert_uint_eq(side_stats(&p->agent).streams, 0);
	ck_assert_uint_eq(side_stats(first).credit_out, 0);
	ck_assert_uint_eq(side_stats(second).credit_out, 0);
	pair_fini(p);
}

START_TEST(session_half_closes_from_the_relay)
{
	check_half_close(&p->relay, &p->agent);
}
END_TEST

START_TEST(session_half_closes_from_the_agent)
{
	check_half_close(&p->agent, &p->relay);
}
END_TEST

START_TEST(session_moves_megabytes_and_then_holds_nothing)
{
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
	pair_end(p, peer, st);
	pair_wait(p, 2000);
	ck_assert_uint_eq(side_stats(&p->agent).ring_bytes, 0);
	ck_assert_uint_eq(side_stats(&p->relay).ring_bytes, 0);
	ck_assert_uint_eq(side_stats(&p->agent).streams, 0);
	ck_assert_uint_eq(side_stats(&p->relay).credit_out, 0);
	ck_assert_uint_le(p->relay.mem.bytes, 4096);
	ck_assert_uint_le(p->agent.mem.bytes, 4096);
	pair_fini(p);
}
END_TEST

/* --- reset, in every state ------------------------------------------------- */

enum { ST_NEW, ST_OPENED, ST_DATA, ST_FIN_OURS, ST_FIN_THEIRS, ST_BOTH, ST_N };

/* Brings a stream of the relay's into the state. */
static void
bring_to(int state, struct stream **st, struct stream **peer)
{
	pair_init(p);
	pair_up(p);
	pair_open(p, &p->relay, st, peer);
	if (state >= ST_OPENED)
		session_opened(p->agent.s, *peer);
	if (state >= ST_DATA) {
		side_send(p, &p->relay, *st, 1000);
		side_send(p, &p->agent, *peer, 1000);
	}
	if (state == ST_FIN_OURS || state == ST_BOTH)
		session_fin(p->relay.s, *st);
	if (state == ST_FIN_THEIRS || state == ST_BOTH)
		session_fin(p->agent.s, *peer);
	pair_pump(p);
	pair_forget(p);
}

static void
nothing_is_left(void)
{
	pair_wait(p, 200);
	ck_assert(!session_is_closing(p->relay.s));
	ck_assert(!session_is_closing(p->agent.s));
	ck_assert_uint_eq(side_stats(&p->relay).streams, 0);
	ck_assert_uint_eq(side_stats(&p->agent).streams, 0);
	ck_assert_uint_eq(side_stats(&p->relay).credit_out, 0);
	ck_assert_uint_eq(side_stats(&p->agent).credit_out, 0);
	pair_fini(p);
}

START_TEST(session_resets_in_every_state)
{
	for (int state = ST_NEW; state < ST_N; state++) {
		struct stream *st, *peer;
		const struct seen *e;

		bring_to(state, &st, &peer);
		session_reset(p->relay.s, st, AX_WIRE_LOCAL_IO);
		session_release(p->relay.s, st);
		pair_pump(p);
		e = side_saw(&p->agent, SESSION_EV_RESET);
		ck_assert((e != NULL) == (state != ST_BOTH));
		if (e != NULL)
			ck_assert_uint_eq(e->code, AX_WIRE_LOCAL_IO);
		/* The answer waits for the agent's handle. */
		if (state != ST_BOTH && state != ST_FIN_THEIRS)
			ck_assert_uint_eq(side_stats(&p->relay).streams, 1);
		session_reset(p->agent.s, peer, AX_WIRE_CANCEL);
		session_release(p->agent.s, peer);
		pair_pump(p);
		ck_assert_uint_eq(p->relay.n_log, 0);
		nothing_is_left();
	}
}
END_TEST

START_TEST(session_resets_of_both_sides_cross)
{
	for (int state = ST_NEW; state < ST_N; state++) {
		struct stream *st, *peer;

		bring_to(state, &st, &peer);
		session_reset(p->relay.s, st, AX_WIRE_LOCAL_IO);
		session_reset(p->agent.s, peer, AX_WIRE_IDLE);
		pair_pump(p);
		ck_assert_uint_eq(p->relay.n_log + p->agent.n_log, 0);
		session_release(p->relay.s, st);
		session_release(p->agent.s, peer);
		nothing_is_left();
	}
}
END_TEST

START_TEST(session_release_alone_is_enough)
{
	for (int state = ST_NEW; state < ST_N; state++) {
		struct stream *st, *peer;

		bring_to(state, &st, &peer);
		session_release(p->relay.s, st);
		pair_pump(p);
		session_release(p->agent.s, peer);
		nothing_is_left();
	}
}
END_TEST

START_TEST(session_fin_and_reset_cross)
{
	struct stream *st, *peer;

	bring_to(ST_DATA, &st, &peer);
	side_send(p, &p->agent, peer, 4000);
	session_fin(p->agent.s, peer);
	session_reset(p->relay.s, st, AX_WIRE_CANCEL);
	session_release(p->relay.s, st);
	pair_pump(p);
	ck_assert_ptr_nonnull(side_saw(&p->agent, SESSION_EV_RESET));
	session_release(p->agent.s, peer);
	nothing_is_left();
}
END_TEST

/* CREDIT for a half that the peer has just finished is no crime. */
START_TEST(session_credit_and_fin_cross)
{
	struct stream *st, *peer;

	bring_to(ST_OPENED, &st, &peer);
	p->relay.keep = true;
	pair_send(p, &p->agent, peer, 30000);
	session_fin(p->relay.s, st);
	pair_pump(p);
	session_consumed(p->relay.s, st, 30000, p->now_ns); /* CREDIT waits */
	session_fin(p->agent.s, peer);
	/* The agent hears of the credit after it has released everything. */
	while (pair_step(p, &p->agent, &p->relay, 0) > 0)
		;
	session_release(p->agent.s, peer);
	pair_pump(p);
	session_release(p->relay.s, st);
	nothing_is_left();
}
END_TEST

START_TEST(session_throws_away_what_comes_after_its_reset)
{
	struct stream *st, *peer;

	bring_to(ST_OPENED, &st, &peer);
	side_send(p, &p->agent, peer, 4096);
	session_reset(p->relay.s, st, AX_WIRE_CANCEL);
	pair_pump(p);
	ck_assert_uint_eq(p->relay.data_bytes, 0);
	ck_assert_uint_eq(p->relay.n_log, 0);
	session_release(p->relay.s, st);
	session_release(p->agent.s, peer);
	nothing_is_left();
}
END_TEST

/* --- limits ---------------------------------------------------------------- */

START_TEST(session_blocks_on_credit_and_goes_on)
{
	struct stream *st, *peer;
	size_t quantum;

	pair_init(p);
	pair_up(p);
	pair_open(p, &p->relay, &st, &peer);
	p->agent.keep = true;
	pair_send(p, &p->relay, st, 64 << 10);
	session_ready(p->relay.s, st, true);
	ck_assert_ptr_null(session_sender(p->relay.s, &quantum, p->now_ns));
	pair_wait(p, 10000);
	ck_assert_uint_eq(p->agent.data_bytes, 64 << 10);
	session_consumed(p->agent.s, peer, 64 << 10, p->now_ns);
	pair_pump(p);
	ck_assert_ptr_eq(session_sender(p->relay.s, &quantum, p->now_ns), st);
	pair_fini(p);
}
END_TEST

START_TEST(session_counts_streams_as_the_peer_does)
{
	struct stream *st[16], *peer[16], *extra;
	struct session_open o = { .service = slice_str("web") };

	pair_init(p);
	pair_up(p);
	for (int i = 0; i < 16; i++)
		pair_open(p, &p->relay, &st[i], &peer[i]);
	ck_assert_int_eq(
	    session_open(p->relay.s, &o, NULL, &extra), AX_E_LIMIT);
	session_fin(p->agent.s, peer[3]);
	pair_pump(p);
	session_fin(p->relay.s, st[3]);
	pair_pump(p);
	session_release(p->relay.s, st[3]);
	/* The agent has not released its end yet: its answer is OVERLOAD. */
	ck_assert_int_eq(session_open(p->relay.s, &o, NULL, &extra), 0);
	pair_pump(p);
	ck_assert_uint_eq(
	    side_must(&p->relay, SESSION_EV_RESET)->code, AX_WIRE_OVERLOAD);
	ck_assert_ptr_null(side_saw(&p->agent, SESSION_EV_OPEN));
	session_release(p->relay.s, extra);
	pair_pump(p);
	session_release(p->agent.s, peer[3]);
	pair_open(p, &p->relay, &st[3], &peer[3]);
	ck_assert(!session_is_closing(p->agent.s));
	pair_fini(p);
}
END_TEST

/* The budget is for what goes beyond the first windows: it keeps none out. */
START_TEST(session_opens_all_that_the_peer_takes_with_any_budget)
{
	struct session_args r = pair_args(SESSION_RELAY);
	struct session_args a = pair_args(SESSION_AGENT);
	struct session_open o = { .service = slice_str("web") };
	struct stream *st;
	int n = 0, r2;

	a.max_streams = 200;
	r.budget = 1;
	pair_init_with(p, &r, &a);
	pair_up(p);
	ck_assert_uint_eq(side_stats(&p->relay).peer_max_streams, 200);
	while ((r2 = session_open(p->relay.s, &o, NULL, &st)) == 0)
		n++;
	ck_assert_int_eq(r2, AX_E_LIMIT);
	ck_assert_int_eq(n, 200);
	pair_pump(p);
	ck_assert_uint_le(
	    side_stats(&p->relay).credit_out, 1 + 200 * r.window_init);
	pair_fini(p);
}
END_TEST

START_TEST(session_credit_stays_within_what_was_promised)
{
	struct session_args r = pair_args(SESSION_RELAY);
	struct session_args a = pair_args(SESSION_AGENT);
	struct stream *st[8], *peer[8];
	uint64_t most = (256 << 10) + 8 * (64 << 10);

	r.budget = 256 << 10;
	pair_init_with(p, &r, &a);
	pair_up(p);
	for (int i = 0; i < 8; i++)
		pair_open(p, &p->relay, &st[i], &peer[i]);
	ck_assert_uint_eq(side_stats(&p->relay).credit_out, 8 * (64 << 10));
	for (int i = 0; i < 400; i++) {
		ck_assert_uint_gt(
		    side_send(p, &p->agent, peer[i % 8], 1 << 20), 0);
		pair_pump(p);
		p->now_ns += AX_NS_PER_MS / 10;
		ck_assert_uint_le(side_stats(&p->relay).credit_out, most);
	}
	ck_assert_uint_gt(side_stats(&p->relay).credit_out, 9 * (64 << 10));
	pair_fini(p);
}
END_TEST

START_TEST(session_open_without_memory_changes_nothing)
{
	struct session_open o = { .service = slice_str("web") };
	struct stream *st;

	pair_init(p);
	pair_up(p);
	for (uint64_t nth = 1; nth <= 3; nth++) {
		p->relay.mem.fail_at = p->relay.mem.calls + nth;
		ck_assert_int_eq(
		    session_open(p->relay.s, &o, NULL, &st), AX_E_NOMEM);
		p->relay.mem.fail_at = 0;
		ck_assert_uint_eq(side_stats(&p->relay).streams, 0);
		ck_assert_uint_eq(side_stats(&p->relay).credit_out, 0);
		session_check(p->relay.s);
	}
	ck_assert_uint_eq(stream_id(side_open(&p->relay)), 1);
	pair_pump(p);
	ck_assert_ptr_nonnull(side_saw(&p->agent, SESSION_EV_OPEN));
	pair_fini(p);
}
END_TEST

START_TEST(session_opens_until_the_ring_is_full)
{
	struct session_args r = pair_args(SESSION_RELAY);
	struct session_args a = pair_args(SESSION_AGENT);
	struct session_open o = { .service = slice_str("web") };
	struct stream *st;
	int n = 0, code;

	r.ring_max = 64 << 10;
	a.max_streams = 4096;
	pair_init_with(p, &r, &a);
	pair_up(p);
	p->relay.deaf = true; /* no ACK */
	while ((code = session_open(p->relay.s, &o, NULL, &st)) == 0)
		n++;
	ck_assert_int_eq(code, AX_E_LIMIT);
	ck_assert_int_gt(n, 1000);
	ck_assert_int_lt(n, 4096);
	session_check(p->relay.s);
	pair_fini(p);
}
END_TEST

/* --- the end ---------------------------------------------------------------- */

START_TEST(session_goaway_stops_both_from_opening)
{
	struct session_goaway g = { .reconnect_in_ms = 1, .try_for_ms = 2,
		.deadline_ms = 3, .last_id = 77 };
	struct session_open o = { .service = slice_str("web") };
	struct stream *st, *late, *peer;

	pair_init(p);
	pair_up(p);
	pair_open(p, &p->agent, &st, &peer);
	session_goaway(p->relay.s, AX_WIRE_DRAINING, &g);
	/* Crosses the GOAWAY: answered, not punished, and nobody is told. */
	late = side_open(&p->agent);
	pair_pump(p);
	ck_assert_uint_eq(
	    side_must(&p->agent, SESSION_EV_GOAWAY)->code, AX_WIRE_DRAINING);
	ck_assert_ptr_eq(side_must(&p->agent, SESSION_EV_RESET)->stream, late);
	ck_assert_ptr_null(side_saw(&p->relay, SESSION_EV_OPEN));
	session_release(p->agent.s, late);
	ck_assert_int_eq(
	    session_open(p->agent.s, &o, NULL, &late), AX_E_CLOSED);
	ck_assert_int_eq(
	    session_open(p->relay.s, &o, NULL, &late), AX_E_CLOSED);
	/* The stream that was there goes on. */
	ck_assert_uint_eq(side_send(p, &p->agent, st, 500), 500);
	pair_pump(p);
	ck_assert_uint_eq(p->relay.data_bytes, 500);
	pair_fini(p);
}
END_TEST

START_TEST(session_close_comes_behind_what_was_committed)
{
	struct stream *st, *peer;
	const struct seen *e;

	pair_init(p);
	pair_up(p);
	pair_open(p, &p->relay, &st, &peer);
	side_send(p, &p->relay, st, 4000);
	session_fin(p->relay.s, st);
	session_close(p->relay.s, AX_WIRE_DRAINING, "so long");
	session_close(p->relay.s, AX_WIRE_INTERNAL, "again");
	side_is_over(&p->relay, AX_WIRE_DRAINING);
	pair_pump(p);
	ck_assert_uint_eq(p->agent.data_bytes, 4000);
	ck_assert_ptr_nonnull(side_saw(&p->agent, SESSION_EV_FIN));
	e = side_must(&p->agent, SESSION_EV_CLOSE);
	ck_assert_uint_eq(e->code, AX_WIRE_DRAINING);
	ck_assert_str_eq(e->text, "so long");
	side_is_over(&p->agent, AX_WIRE_DRAINING);
	ck_assert_uint_eq(session_deadline(p->relay.s), AX_NEVER);
	pair_fini(p);
}
END_TEST

START_TEST(session_close_cuts_a_long_reason)
{
	char reason[300];

	pair_init(p);
	pair_up(p);
	memset(reason, 'r', sizeof(reason) - 1);
	reason[sizeof(reason) - 1] = '\0';
	session_close(p->agent.s, AX_WIRE_NO_ERROR, reason);
	pair_pump(p);
	ck_assert_uint_eq(side_must(&p->relay, SESSION_EV_CLOSE)->len, 128);
	pair_fini(p);
}
END_TEST

START_TEST(session_is_harmless_when_it_is_over)
{
	struct session_goaway g = { 0 };
	struct stream *st, *peer;
	size_t quantum;

	pair_init(p);
	pair_up(p);
	pair_open(p, &p->relay, &st, &peer);
	session_close(p->agent.s, 0, NULL);
	pair_pump(p);
	ck_assert(session_is_closing(p->relay.s));
	session_ready(p->relay.s, st, true);
	ck_assert_ptr_null(session_sender(p->relay.s, &quantum, p->now_ns));
	session_goaway(p->relay.s, 1, &g);
	session_reject(p->relay.s, 1, "no", 0);
	ck_assert_int_eq(session_accept(p->relay.s, 0, 1, p->now_ns), 0);
	session_fin(p->relay.s, st);
	session_reset(p->relay.s, st, 0x100);
	session_release(p->relay.s, st);
	session_probe(p->relay.s, p->now_ns);
	session_tick(p->relay.s, p->now_ns + AX_NS_PER_S);
	side_feed_data(&p->relay, 99, 10, p->now_ns);
	ck_assert(!session_wants_send(p->relay.s));
	pair_fini(p);
}
END_TEST

/* --- time ------------------------------------------------------------------- */

START_TEST(session_measures_the_round_trip_at_once)
{
	pair_init(p);
	p->delay_ns = 15 * AX_NS_PER_MS;
	pair_up(p);
	ck_assert_uint_eq(side_stats(&p->agent).rtt_us, 30000);
	ck_assert_uint_eq(side_stats(&p->relay).rtt_us, 30000);
	ck_assert_uint_eq(side_stats(&p->relay).rtt_min_us, 30000);
	pair_fini(p);
}
END_TEST

START_TEST(session_stays_up_for_hours_by_pings)
{
	pair_init(p);
	pair_up(p);
	for (int i = 0; i < 1000; i++) {
		uint64_t at = MIN(session_deadline(p->relay.s),
		    session_deadline(p->agent.s));

		ck_assert_uint_ne(at, AX_NEVER);
		p->now_ns = MAX(p->now_ns, at);
		pair_wait(p, 0);
	}
	ck_assert(session_is_up(p->relay.s) && session_is_up(p->agent.s));
	ck_assert_uint_ge(p->now_ns, 2000 * AX_NS_PER_S);
	ck_assert_uint_lt(p->relay.wire_bytes, 200000);
	pair_fini(p);
}
END_TEST

START_TEST(session_notices_a_dead_peer)
{
	pair_init(p);
	pair_up(p);
	p->agent.deaf = true;
	pair_wait(p, 15000);
	ck_assert(!session_is_closing(p->relay.s));
	pair_wait(p, 9999);
	ck_assert(!session_is_closing(p->relay.s));
	pair_wait(p, 1);
	side_is_over(&p->relay, AX_WIRE_KEEPALIVE);
	pair_fini(p);
}
END_TEST

START_TEST(session_does_not_wait_for_hello_for_ever)
{
	pair_init(p);
	p->relay.deaf = p->agent.deaf = true;
	pair_wait(p, 4999);
	ck_assert(!session_is_closing(p->relay.s));
	pair_wait(p, 1);
	side_is_over(&p->relay, AX_WIRE_HELLO_TIMEOUT);
	pair_wait(p, 5000);
	side_is_over(&p->agent, AX_WIRE_HELLO_TIMEOUT);
	pair_fini(p);
}
END_TEST

/* --- memory ----------------------------------------------------------------- */

/* Fails every allocation in turn: the session may end, with RESOURCE, but the
 * invariants hold and nothing leaks.                                         */
static bool
survives_failure(uint64_t nth)
{
	struct session_args r = pair_args(SESSION_RELAY);
	struct session_args a = pair_args(SESSION_AGENT);
	struct session_service list[2] = { { .name = "a" }, { .name = "b" } };
	struct session_open o = { .service = slice_str("web") };
	struct stream *st;
	bool hit;

	pair_init_with(p, &r, &a);
	p->agent.mem.fail_at = p->agent.mem.calls + nth;
	p->chunk = 50;
	pair_pump(p);
	(void)!session_services(p->agent.s, list, 2);
	pair_pump(p);
	if (session_open(p->agent.s, &o, NULL, &st) == 0)
		pair_pump(p);
	if (session_is_up(p->relay.s)) {
		st = side_open(&p->relay);
		side_send(p, &p->relay, st, 30000);
		pair_pump(p);
	}
	hit = p->agent.mem.calls >= p->agent.mem.fail_at;
	if (session_is_closing(p->agent.s))
		side_is_over(&p->agent, AX_WIRE_RESOURCE);
	pair_fini(p);
	return hit;
}

START_TEST(session_survives_failing_memory)
{
	uint64_t nth = 1;

	while (survives_failure(nth))
		nth++;
	ck_assert_uint_gt(nth, 5);
}
END_TEST

CHECK_MAIN("session", session_refuses_arguments_out_of_range,
    session_works_with_the_least_of_everything,
    session_carries_data_byte_by_byte, session_carries_data_with_the_open,
    session_says_opened_behind_the_openers_fin,
    session_half_closes_from_the_relay, session_half_closes_from_the_agent,
    session_moves_megabytes_and_then_holds_nothing,
    session_resets_in_every_state, session_resets_of_both_sides_cross,
    session_release_alone_is_enough, session_fin_and_reset_cross,
    session_credit_and_fin_cross,
    session_throws_away_what_comes_after_its_reset,
    session_blocks_on_credit_and_goes_on,
    session_counts_streams_as_the_peer_does,
    session_opens_all_that_the_peer_takes_with_any_budget,
    session_credit_stays_within_what_was_promised,
    session_open_without_memory_changes_nothing,
    session_opens_until_the_ring_is_full,
    session_goaway_stops_both_from_opening,
    session_close_comes_behind_what_was_committed,
    session_close_cuts_a_long_reason, session_is_harmless_when_it_is_over,
    session_measures_the_round_trip_at_once,
    session_stays_up_for_hours_by_pings, session_notices_a_dead_peer,
    session_does_not_wait_for_hello_for_ever,
    session_survives_failing_memory)

/* Tests of proto/session_resume.c: what one connection left behind, the next one
 * carries on, at whatever byte it was cut.                                   */
#include "pair.h"

#define TTL_S 60

static struct pair pair;
static struct pair *const p = &pair;
static struct stream *st, *peer; /* the relay's stream and the agent's end */

static void
set_up(void)
{
	struct session_args r = pair_args_resume(SESSION_RELAY, TTL_S);
	struct session_args a = pair_args_resume(SESSION_AGENT, 120);

	pair_init_with(p, &r, &a);
	pair_up(p);
	pair_open(p, &p->relay, &st, &peer);
}

/* Both know that the connection is gone. */
static void
cut(void)
{
	session_suspend(p->relay.s, p->now_ns);
	session_suspend(p->agent.s, p->now_ns);
	session_check(p->relay.s);
	session_check(p->agent.s);
}

/* The agent's HELLO, as the relay hears it on a new connection. */
static struct session_claim
knock(void)
{
	struct session_args a = pair_args_resume(SESSION_RELAY, TTL_S);
	struct session_claim own, heard;
	struct session_event ev;
	struct session *door;
	struct iovec iov[4];
	uint8_t bytes[512];

	session_claim(p->agent.s, NULL, &own);
	memset(own.mac, 0x77, sizeof(own.mac));
	session_reconnect(p->agent.s, &own, true, p->now_ns);
	ck_assert_uint_eq(session_pull(p->agent.s, iov, 4, p->now_ns), 1);
	memcpy(bytes, iov[0].iov_base, iov[0].iov_len);
	session_sent(p->agent.s, iov[0].iov_len, p->now_ns);
	ck_assert(!session_wants_send(p->agent.s));
	a.alloc = alloc_libc();
	ck_assert_int_eq(session_new(&a, p->now_ns, &door), 0);
	session_feed(door, slice_of(bytes, iov[0].iov_len), p->now_ns);
	ck_assert(session_next(door, &ev));
	ck_assert_uint_eq(ev.type, SESSION_EV_HELLO);
	ck_assert(ev.hello->resumes && ev.hello->mbb);
	ck_assert(!session_is_resumable(door));
	heard = ev.hello->claim;
	ck_assert_mem_eq(&heard, &own, sizeof(own));
	session_free(&door);
	return heard;
}

/* The relay believes it; its HELLO_OK waits to be pulled. */
static void
accept_claim(const struct session_claim *claim)
{
	struct session_claim own;

	session_suspend(p->relay.s, p->now_ns);
	session_claim(p->relay.s, claim, &own);
	ck_assert_uint_eq(
	    session_resume(p->relay.s, claim, &own, p->now_ns), 0);
	session_check(p->relay.s);
}

static void
resume(void)
{
	struct session_claim claim = knock();

	accept_claim(&claim);
	pair_pump(p);
	ck_assert(session_is_up(p->relay.s) && session_is_up(p->agent.s));
}

START_TEST(resume_needs_both_sides)
{
	for (int i = 0; i < 3; i++) {
		struct session_args r =
		    pair_args_resume(SESSION_RELAY, i & 1 ? TTL_S : 0);
		struct session_args a =
		    pair_args_resume(SESSION_AGENT, i & 2 ? TTL_S : 0);

		pair_init_with(p, &r, &a);
		ck_assert(!session_is_resumable(p->relay.s));
		pair_up(p);
		ck_assert(!session_is_resumable(p->relay.s));
		ck_assert(!session_is_resumable(p->agent.s));
		pair_fini(p);
	}
	set_up();
	ck_assert(session_is_resumable(p->relay.s));
	ck_assert(session_is_resumable(p->agent.s));
	pair_fini(p);
}
END_TEST

/* One conversation, cut after n bytes that one side sent and m that the other
 * did; everything arrives once.                                              */
static bool
cut_after(size_t n, size_t m)
{
	size_t got[2];

	set_up();
	ck_assert_uint_eq(side_send(p, &p->relay, st, 100), 100);
	session_opened(p->agent.s, peer);
	ck_assert_uint_eq(side_send(p, &p->agent, peer, 50), 50);
	session_fin(p->agent.s, peer);
	got[0] = pair_step(p, &p->relay, &p->agent, n == 0 ? 1 : n);
	got[1] = pair_step(p, &p->agent, &p->relay, m == 0 ? 1 : m);
	cut();
	ck_assert_uint_eq(side_send(p, &p->relay, st, 10), 0);
	ck_assert(!session_wants_send(p->relay.s));
	session_fin(p->relay.s, st);
	resume();
	ck_assert_uint_eq(p->agent.data_bytes, 100);
	ck_assert_uint_eq(p->relay.data_bytes, 50);
	side_must(&p->agent, SESSION_EV_FIN);
	side_must(&p->relay, SESSION_EV_FIN);
	side_must(&p->relay, SESSION_EV_OPENED);
	session_release(p->relay.s, st);
	session_release(p->agent.s, peer);
	pair_wait(p, 200);
	ck_assert_uint_eq(side_stats(&p->relay).streams, 0);
	ck_assert_uint_eq(side_stats(&p->agent).streams, 0);
	ck_assert_uint_eq(
	    side_stats(&p->relay).sent, side_stats(&p->agent).received);
	ck_assert_uint_eq(
	    side_stats(&p->agent).sent, side_stats(&p->relay).received);
	pair_fini(p);
	return got[0] < n && got[1] < m;
}

START_TEST(resume_goes_on_after_a_cut_at_any_byte)
{
	size_t n = 1;

	while (!cut_after(n, n))
		n++;
	ck_assert_uint_gt(n, 100);
	for (size_t m = 1; m < n; m += 7) {
		(void)cut_after(n, m);
		(void)cut_after(m, n);
	}
}
END_TEST

START_TEST(resume_says_hello_ok_before_everything)
{
	struct session_claim claim;
	struct iovec iov[16];
	struct stream *other;

	set_up();
	other = side_open(&p->relay); /* unsent */
	ck_assert_uint_eq(side_send(p, &p->relay, st, 3000), 3000);
	cut();
	claim = knock();
	accept_claim(&claim);
	ck_assert_uint_gt(session_pull(p->relay.s, iov, 16, p->now_ns), 1);
	ck_assert_uint_eq(wire_head_get(iov[0].iov_base).id, 0);
	ck_assert_uint_eq(((uint8_t *)iov[0].iov_base)[8], AX_CTL_HELLO_OK);
	pair_pump(p);
	ck_assert_uint_eq(p->agent.data_bytes, 3000);
	session_release(p->relay.s, other);
	pair_fini(p);
}
END_TEST

START_TEST(resume_forgets_what_was_unsequenced)
{
	set_up();
	p->now_ns += 2 * AX_NS_PER_S;
	session_probe(p->agent.s, p->now_ns);
	session_probe(p->relay.s, p->now_ns);
	ck_assert_uint_eq(pair_step(p, &p->agent, &p->relay, 5), 5); /* of PING */
	ck_assert_uint_eq(pair_step(p, &p->relay, &p->agent, 0), 20);
	cut(); /* and nobody answers the relay's */
	p->now_ns += 2 * AX_NS_PER_S;
	resume();
	ck_assert_uint_eq(side_stats(&p->agent).sent, side_stats(&p->relay).received);
	pair_fini(p);
}
END_TEST

START_TEST(resume_survives_a_lost_hello_ok)
{
	struct session_claim first, again;

	set_up();
	ck_assert_uint_eq(side_send(p, &p->relay, st, 100), 100);
	cut();
	first = knock();
	ck_assert(!session_is_unconfirmed(p->relay.s));
	ck_assert(session_claim_is_new(p->relay.s, &first));
	accept_claim(&first);
	ck_assert(session_is_unconfirmed(p->relay.s));
	p->agent.deaf = true;
	while (pair_step(p, &p->relay, &p->agent, 0) > 0)
		;
	p->agent.deaf = false;
	cut();
	again = knock();
	ck_assert(session_is_unconfirmed(p->relay.s));
	ck_assert(session_claim_is_new(p->relay.s, &again));
	accept_claim(&again);
	pair_pump(p);
	ck_assert_uint_eq(p->agent.data_bytes, 100);
	ck_assert(!session_is_unconfirmed(p->relay.s)); /* by PONG */
	pair_fini(p);
}
END_TEST

START_TEST(resume_survives_an_unconfirmed_hello_ok)
{
	struct session_claim claim;

	set_up();
	cut();
	claim = knock();
	accept_claim(&claim);
	ck_assert_uint_gt(pair_step(p, &p->relay, &p->agent, 0), 0);
	ck_assert(session_is_up(p->agent.s));
	cut(); /* what the agent said is lost */
	claim = knock();
	ck_assert(session_is_unconfirmed(p->relay.s));
	accept_claim(&claim);
	pair_pump(p);
	ck_assert_uint_eq(side_stats(&p->agent).resumed, 2);
	ck_assert_uint_eq(side_stats(&p->relay).resumed, 2);
	pair_fini(p);
}
END_TEST

/* The agent gave one attempt up and made another, which arrives first. */
START_TEST(resume_takes_no_attempt_twice_and_none_that_is_older)
{
	struct session_claim older, younger;

	set_up();
	cut();
	older = knock();
	session_suspend(p->agent.s, p->now_ns);
	younger = knock();
	ck_assert_uint_gt(younger.epoch, older.epoch);
	ck_assert(session_is_claimed(p->relay.s, &older));
	ck_assert(session_claim_is_new(p->relay.s, &older));
	ck_assert(session_claim_is_new(p->relay.s, &younger));
	accept_claim(&younger);
	ck_assert(!session_claim_is_new(p->relay.s, &older));
	ck_assert(!session_claim_is_new(p->relay.s, &younger));
	pair_pump(p);
	younger.id[3] ^= 1;
	ck_assert(!session_is_claimed(p->relay.s, &younger));
	pair_fini(p);
}
END_TEST

START_TEST(resume_is_confirmed_by_a_sequenced_frame)
{
	struct session_claim claim;

	set_up();
	cut();
	claim = knock();
	accept_claim(&claim);
	side_feed_credit(&p->relay, stream_id(st), 1 << 20, p->now_ns);
	ck_assert(!session_is_unconfirmed(p->relay.s));
	pair_fini(p);
}
END_TEST

START_TEST(resume_refuses_positions_that_cannot_be)
{
	struct session_claim claim;
	uint64_t end;

	set_up();
	pair_send(p, &p->relay, st, 100);
	pair_wait(p, 200); /* acknowledged */
	ck_assert_uint_eq(side_send(p, &p->relay, st, 100), 100);
	while (pair_step(p, &p->relay, &p->agent, 0) > 0)
		;
	cut();
	claim = knock();
	end = claim.received;
	for (claim.received = 0; claim.received <= end + 300; claim.received++)
		if (claim.received != end && claim.received != end - 108)
			ck_assert_uint_eq(session_resume(p->relay.s, &claim,
			    NULL, p->now_ns), AX_WIRE_RESUME_GAP);
	claim.received = end;
	accept_claim(&claim);
	pair_pump(p);
	ck_assert_uint_eq(p->agent.data_bytes, 200);
	pair_fini(p);
}
END_TEST

START_TEST(resume_ends_when_nobody_comes_back)
{
	set_up();
	cut();
	ck_assert_uint_eq(session_deadline(p->relay.s),
	    p->now_ns + TTL_S * AX_NS_PER_S);
	p->now_ns += (TTL_S - 1) * AX_NS_PER_S;
	session_tick(p->relay.s, p->now_ns);
	session_tick(p->agent.s, p->now_ns);
	ck_assert(session_is_suspended(p->relay.s));
	knock(); /* nobody answers: that gains no time */
	p->now_ns += AX_NS_PER_S;
	session_tick(p->relay.s, p->now_ns);
	session_tick(p->agent.s, p->now_ns);
	side_is_over(&p->relay, AX_WIRE_KEEPALIVE);
	side_is_over(&p->agent, AX_WIRE_KEEPALIVE);
	ck_assert(!session_wants_send(p->relay.s));
	ck_assert(!session_is_resumable(p->relay.s));
	pair_fini(p);
}
END_TEST

START_TEST(resume_waits_ten_seconds_for_an_answer)
{
	set_up();
	cut();
	knock();
	p->now_ns = session_deadline(p->agent.s);
	session_tick(p->agent.s, p->now_ns);
	ck_assert(session_is_suspended(p->agent.s));
	ck_assert_uint_eq(p->now_ns, AX_NS_PER_S + 10 * AX_NS_PER_S);
	resume();
	pair_fini(p);
}
END_TEST

START_TEST(resume_is_better_than_death)
{
	set_up();
	p->now_ns += 15 * AX_NS_PER_S;
	session_tick(p->relay.s, p->now_ns); /* asks; nobody answers */
	p->now_ns += 10 * AX_NS_PER_S;
	session_tick(p->relay.s, p->now_ns);
	ck_assert(session_is_suspended(p->relay.s));
	session_suspend(p->agent.s, p->now_ns);
	resume();
	pair_send(p, &p->relay, st, 10);
	ck_assert_uint_eq(p->agent.data_bytes, 10);
	pair_fini(p);
}
END_TEST

START_TEST(resume_is_not_for_those_who_leave)
{
	set_up();
	session_goaway(p->relay.s, AX_WIRE_DRAINING,
	    &(struct session_goaway){ 0 });
	ck_assert(!session_is_resumable(p->relay.s));
	ck_assert(session_is_resumable(p->agent.s));
	pair_pump(p);
	ck_assert(!session_is_resumable(p->agent.s));
	pair_fini(p);
	set_up();
	session_close(p->agent.s, AX_WIRE_NO_ERROR, "bye");
	ck_assert(!session_is_resumable(p->agent.s));
	pair_pump(p);
	ck_assert(!session_is_resumable(p->relay.s));
	pair_fini(p);
}
END_TEST

/* The agent's FIN arrived, and its position in HELLO says that ours did; but the
 * CREDIT that it had sent before was lost, and comes again.                  */
START_TEST(resume_forgets_no_id_because_of_a_position)
{
	set_up();
	p->agent.keep = true;
	pair_send(p, &p->relay, st, 60000);
	session_fin(p->agent.s, peer);
	pair_pump(p);
	session_fin(p->relay.s, st);
	session_consumed(p->agent.s, peer, 60000, p->now_ns);
	p->relay.deaf = true; /* CREDIT */
	ck_assert_uint_gt(pair_step(p, &p->agent, &p->relay, 0), 0);
	p->relay.deaf = false;
	while (pair_step(p, &p->relay, &p->agent, 0) > 0)
		;
	session_release(p->relay.s, st);
	cut();
	resume();
	ck_assert(session_is_up(p->relay.s));
	ck_assert_uint_eq(side_stats(&p->relay).streams, 0);
	session_release(p->agent.s, peer);
	pair_wait(p, 200);
	pair_fini(p);
}
END_TEST

START_TEST(resume_keeps_the_verbs_of_streams_working)
{
	struct session_open o = { .service = slice_str("web") };
	struct stream *more, *other, *other_peer;

	set_up();
	pair_open(p, &p->relay, &other, &other_peer);
	p->agent.keep = true;
	pair_send(p, &p->relay, st, 60000);
	cut();
	ck_assert_int_eq(
	    session_open(p->relay.s, &o, NULL, &more), AX_E_CLOSED);
	session_consumed(p->agent.s, peer, 60000, p->now_ns);
	session_reset(p->relay.s, other, AX_WIRE_LOCAL_RESET);
	session_release(p->relay.s, other);
	session_fin(p->agent.s, peer);
	ck_assert(!session_wants_send(p->relay.s));
	ck_assert(!session_wants_send(p->agent.s));
	pair_forget(p);
	resume();
	ck_assert_uint_eq(side_must(&p->agent, SESSION_EV_RESET)->code,
	    AX_WIRE_LOCAL_RESET);
	side_must(&p->relay, SESSION_EV_FIN);
	session_release(p->agent.s, other_peer);
	pair_end(p, st, peer);
	ck_assert_uint_eq(side_stats(&p->relay).streams, 0);
	ck_assert_uint_eq(side_stats(&p->agent).streams, 0);
	pair_fini(p);
}
END_TEST

START_TEST(resume_holds_only_what_is_not_acknowledged)
{
	size_t before;

	set_up();
	before = p->relay.mem.bytes;
	pair_send(p, &p->relay, st, 4 << 20);
	pair_wait(p, 200);
	ck_assert_uint_eq(side_send(p, &p->relay, st, 100), 100);
	ck_assert_uint_gt(p->relay.mem.bytes, before + (66u << 10));
	/* And half a frame has come. */
	ck_assert_uint_eq(side_send(p, &p->agent, peer, 4000), 4000);
	ck_assert_uint_eq(pair_step(p, &p->agent, &p->relay, 2000), 2000);
	cut();
	ck_assert_uint_le(p->relay.mem.bytes, before + (66u << 10));
	resume();
	ck_assert_uint_eq(p->relay.data_bytes, 4000);
	pair_fini(p);
}
END_TEST

/* All of it is under way, and nothing of it acknowledged. */
START_TEST(resume_switched_off_keeps_nothing_that_was_sent)
{
	struct session_args r = pair_args_resume(SESSION_RELAY, 0);
	struct session_args a = pair_args_resume(SESSION_AGENT, TTL_S);
	size_t before, n, sent = 0;

	pair_init_with(p, &r, &a);
	pair_up(p);
	pair_open(p, &p->relay, &st, &peer);
	pair_send(p, &p->relay, st, 4 << 20);
	pair_wait(p, 2000);
	before = p->relay.mem.bytes;
	while ((n = side_send(p, &p->relay, st, AX_FRAME_MAX)) > 0) {
		sent += n;
		pair_step(p, &p->relay, &p->agent, 0);
		ck_assert_uint_le(p->relay.mem.bytes, before + (66u << 10));
	}
	ck_assert_uint_ge(sent, 192u << 10);
	pair_pump(p);
	pair_send(p, &p->relay, st, 4 << 20);
	ck_assert_uint_eq(p->agent.data_bytes, sent + (8 << 20));
	pair_fini(p);
}
END_TEST

static void
answer_with(struct control *c, uint16_t code)
{
	set_up();
	cut();
	c->hello.claim = knock();
	side_feed_control(&p->agent, c, p->now_ns);
	side_is_over(&p->agent, code);
	pair_fini(p);
}

static struct control
hello_ok(void)
{
	struct control c = { .type = AX_CTL_HELLO_OK,
		.flags = CONTROL_HELLO_RESUME };

	c.hello = (struct control_hello){ .ver_min = 1,
		.ver_max = 1,
		.max_streams = 9,
		.lanes = 1,
		.init_window = 65536,
		.max_frame = AX_FRAME_MAX,
		.features = AX_FEATURE_RESUME,
		.resume_ttl_s = 60,
		.ring = 4 << 20,
		.ping_ms = 15000 };
	return c;
}

START_TEST(resume_takes_no_other_session)
{
	struct control c = hello_ok();

	c.flags = 0;
	answer_with(&c, AX_WIRE_PROTOCOL);
	c = hello_ok();
	c.hello.features = 0;
	answer_with(&c, AX_WIRE_PROTOCOL);
	for (int i = 0; i < 2; i++) {
		c = hello_ok();
		set_up();
		cut();
		c.hello.claim = knock();
		if (i == 0)
			c.hello.claim.id[7] ^= 1;
		else
			c.hello.claim.epoch++;
		side_feed_control(&p->agent, &c, p->now_ns);
		side_is_over(&p->agent, AX_WIRE_PROTOCOL);
		pair_fini(p);
	}
}
END_TEST

START_TEST(resume_that_is_refused_ends_the_session)
{
	struct control c = { .type = AX_CTL_HELLO_ERR };

	set_up();
	cut();
	knock();
	c.hello_err.code = AX_WIRE_UNKNOWN_SESSION;
	c.hello_err.ver_min = c.hello_err.ver_max = 1;
	side_feed_control(&p->agent, &c, p->now_ns);
	ck_assert_uint_eq(side_must(&p->agent, SESSION_EV_REFUSED)->code,
	    AX_WIRE_UNKNOWN_SESSION);
	side_is_over(&p->agent, AX_WIRE_UNKNOWN_SESSION);
	pair_fini(p);
}
END_TEST

/* Its HELLO was lost on the way: the relay cannot have meant this session. */
START_TEST(resume_outlives_a_relay_that_heard_no_hello)
{
	struct control c = { .type = AX_CTL_CLOSE };

	set_up();
	cut();
	knock();
	c.close.code = AX_WIRE_HELLO_TIMEOUT;
	side_feed_control(&p->agent, &c, p->now_ns);
	ck_assert(session_is_suspended(p->agent.s));
	session_check(p->agent.s);
	resume();
	pair_send(p, &p->relay, st, 10);
	ck_assert_uint_eq(p->agent.data_bytes, 10);
	/* On one that is up it is the end as ever. */
	side_feed_control(&p->agent, &c, p->now_ns);
	side_is_over(&p->agent, AX_WIRE_HELLO_TIMEOUT);
	pair_fini(p);
}
END_TEST

START_TEST(resume_given_up_says_nothing_but_close)
{
	struct iovec iov[8];
	struct control c;

	set_up();
	ck_assert_uint_eq(side_send(p, &p->agent, peer, 1000), 1000);
	cut();
	session_close(p->relay.s, AX_WIRE_AUTH_REVOKED, NULL);
	ck_assert(!session_wants_send(p->relay.s));
	ck_assert_uint_eq(session_pull(p->relay.s, iov, 8, p->now_ns), 0);
	knock();
	session_close(p->agent.s, AX_WIRE_NO_ERROR, "bye");
	ck_assert_uint_eq(session_pull(p->agent.s, iov, 8, p->now_ns), 1);
	ck_assert_uint_eq(control_get(&c, slice_of((uint8_t *)iov[0].iov_base + 8,
	    iov[0].iov_len - 8)), 0);
	ck_assert_uint_eq(c.type, AX_CTL_CLOSE);
	pair_fini(p);
}
END_TEST

/* Cut again and again while megabytes move both ways. */
START_TEST(resume_works_a_thousand_times)
{
	const size_t total = 2 << 20;
	size_t sent[2] = { 0, 0 };
	struct rng rng;

	rng_seed(&rng, test_seed());
	set_up();
	session_opened(p->agent.s, peer);
	for (int i = 0; i < 1000; i++) {
		size_t n = rng_below(&rng, 20000), m = rng_below(&rng, 20000);

		sent[0] += side_send(p, &p->relay, st, MIN(n, total - sent[0]));
		sent[1] += side_send(p, &p->agent, peer, MIN(m, total - sent[1]));
		for (uint64_t k = rng_below(&rng, 4); k > 0; k--) {
			pair_step(p, &p->relay, &p->agent,
			    1 + rng_below(&rng, 30000));
			pair_step(p, &p->agent, &p->relay,
			    1 + rng_below(&rng, 30000));
		}
		cut();
		p->now_ns += rng_below(&rng, AX_NS_PER_S);
		resume();
		pair_forget(p);
	}
	ck_assert_uint_eq(p->agent.data_bytes, sent[0]);
	ck_assert_uint_eq(p->relay.data_bytes, sent[1]);
	ck_assert_uint_eq(sent[0], total);
	pair_fini(p);
}
END_TEST

CHECK_MAIN("session_resume", resume_needs_both_sides,
    resume_goes_on_after_a_cut_at_any_byte,
    resume_says_hello_ok_before_everything,
    resume_forgets_what_was_unsequenced, resume_survives_a_lost_hello_ok,
    resume_survives_an_unconfirmed_hello_ok,
    resume_takes_no_attempt_twice_and_none_that_is_older,
    resume_is_confirmed_by_a_sequenced_frame,
    resume_refuses_positions_that_cannot_be, resume_ends_when_nobody_comes_back,
    resume_waits_ten_seconds_for_an_answer, resume_is_better_than_death,
    resume_is_not_for_those_who_leave,
    resume_forgets_no_id_because_of_a_position,
    resume_keeps_the_verbs_of_streams_working,
    resume_holds_only_what_is_not_acknowledged,
    resume_switched_off_keeps_nothing_that_was_sent, resume_takes_no_other_session,
    resume_that_is_refused_ends_the_session,
    resume_outlives_a_relay_that_heard_no_hello,
    resume_given_up_says_nothing_but_close, resume_works_a_thousand_times)

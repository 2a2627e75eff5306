/* Tests of proto/session_trust.c and proto/parcel.c. */
#include "proto/session_trust.h"

#include "pair.h"

static struct pair p;

static void
begin(bool relay, bool agent)
{
	struct session_args r = pair_args_resume(SESSION_RELAY, 60);
	struct session_args a = pair_args_resume(SESSION_AGENT, 60);

	r.trusts = relay;
	a.trusts = agent;
	pair_init_with(&p, &r, &a);
	pair_up(&p);
}

static void
feed(struct side *d, uint8_t type)
{
	struct control c = { .type = type };

	if (type == AX_CTL_TRUST)
		c.trust.bundle = slice_str("bundle");
	side_feed_control(d, &c, p.now_ns);
}

START_TEST(trust_goes_to_the_agent_and_its_number_back)
{
	begin(true, true);
	ck_assert_int_eq(session_trusts(p.agent.s, 3), 0);
	pair_pump(&p);
	(void)side_must(&p.relay, SESSION_EV_TRUST);
	ck_assert_uint_eq(session_trusted(p.relay.s), 3);
	ck_assert_int_eq(session_trust(p.relay.s, slice_str("four")), 0);
	pair_pump(&p);
	ck_assert_str_eq(side_must(&p.agent, SESSION_EV_TRUST)->text, "four");
	ck_assert_int_eq(session_trusts(p.agent.s, 4), 0);
	pair_pump(&p);
	ck_assert_uint_eq(session_trusted(p.relay.s), 4);
	pair_fini(&p);
}
END_TEST

START_TEST(trust_that_waits_makes_place_for_the_next)
{
	begin(true, true);
	ck_assert_int_eq(session_trust(p.relay.s, slice_str("one")), 0);
	ck_assert_int_eq(session_trust(p.relay.s, slice_str("two")), 0);
	pair_pump(&p);
	ck_assert_str_eq(side_must(&p.agent, SESSION_EV_TRUST)->text, "two");
	pair_fini(&p);
}
END_TEST

START_TEST(trust_needs_both)
{
	for (int i = 0; i < 3; i++) {
		begin(i & 1, i & 2);
		ck_assert(!session_may_trust(p.agent.s));
		ck_assert_int_eq(
		    session_trust(p.relay.s, slice_str("bundle")), AX_E_CLOSED);
		ck_assert_int_eq(session_trusts(p.agent.s, 1), AX_E_CLOSED);
		feed(&p.relay, AX_CTL_TRUSTED);
		side_is_over(&p.relay, AX_WIRE_PROTOCOL);
		feed(&p.agent, AX_CTL_TRUST);
		side_is_over(&p.agent, AX_WIRE_PROTOCOL);
		pair_fini(&p);
	}
}
END_TEST

START_TEST(trust_goes_one_way)
{
	begin(true, true);
	feed(&p.relay, AX_CTL_TRUST);
	side_is_over(&p.relay, AX_WIRE_PROTOCOL);
	feed(&p.agent, AX_CTL_TRUSTED);
	side_is_over(&p.agent, AX_WIRE_PROTOCOL);
	pair_fini(&p);
}
END_TEST

START_TEST(trust_in_haste_ends_the_session)
{
	begin(true, true);
	for (int i = 0; i < 60 && !session_is_closing(p.agent.s); i++) {
		if (session_trust(p.relay.s, slice_str("bundle")) < 0)
			break;
		pair_pump(&p);
	}
	side_is_over(&p.agent, AX_WIRE_ENHANCE_CALM);
	pair_fini(&p);
}
END_TEST

START_TEST(trust_has_a_largest_message)
{
	static char most[SESSION_TRUST_MAX + 1];

	memset(most, 'm', sizeof(most));
	begin(true, true);
	ck_assert_int_eq(
	    session_trust(p.relay.s, slice_of(most, sizeof(most))), AX_E_LIMIT);
	ck_assert_int_eq(
	    session_trust(p.relay.s, slice_of(most, SESSION_TRUST_MAX)), 0);
	pair_pump(&p);
	ck_assert_uint_eq(
	    side_must(&p.agent, SESSION_EV_TRUST)->len, SESSION_TRUST_MAX);
	pair_fini(&p);
}
END_TEST

START_TEST(trust_survives_failing_memory)
{
	begin(true, true);
	ck_assert_int_eq(session_trust(p.relay.s, slice_str("one")), 0);
	p.relay.mem.fail_at = 1;
	ck_assert_int_eq(session_trust(p.relay.s, slice_str("two")), AX_E_NOMEM);
	p.relay.mem.fail_at = 0;
	pair_pump(&p);
	ck_assert_str_eq(side_must(&p.agent, SESSION_EV_TRUST)->text, "one");
	pair_fini(&p);
}
END_TEST

START_TEST(trust_waits_for_the_next_connection)
{
	struct session_claim own, peers;

	begin(true, true);
	session_suspend(p.relay.s, p.now_ns);
	session_suspend(p.agent.s, p.now_ns);
	ck_assert_int_eq(session_trust(p.relay.s, slice_str("late")), 0);
	pair_forget(&p);
	session_claim(p.agent.s, NULL, &own);
	session_reconnect(p.agent.s, &own, false, p.now_ns);
	session_claim(p.relay.s, &own, &peers);
	ck_assert_uint_eq(session_resume(p.relay.s, &own, &peers, p.now_ns), 0);
	p.relay.deaf = true;
	while (pair_step(&p, &p.agent, &p.relay, 0) > 0)
		;
	p.relay.deaf = false;
	pair_pump(&p);
	ck_assert_str_eq(side_must(&p.agent, SESSION_EV_TRUST)->text, "late");
	pair_fini(&p);
}
END_TEST

CHECK_MAIN("session_trust", trust_goes_to_the_agent_and_its_number_back,
    trust_that_waits_makes_place_for_the_next, trust_needs_both, trust_goes_one_way,
    trust_in_haste_ends_the_session, trust_has_a_largest_message,
    trust_survives_failing_memory, trust_waits_for_the_next_connection)

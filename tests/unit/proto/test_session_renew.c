/* Tests of proto/session_renew.c. */
#include "pair.h"

static struct pair p;

static void
begin(bool relay, bool agent)
{
	struct session_args r = pair_args_resume(SESSION_RELAY, 60);
	struct session_args a = pair_args_resume(SESSION_AGENT, 60);

	r.renews = relay;
	a.renews = agent;
	pair_init_with(&p, &r, &a);
	pair_up(&p);
}

static int
ask(const char *request)
{
	int r = session_renew(p.agent.s, slice_str(request));

	pair_pump(&p);
	return r;
}

static int
answer(struct session_certificate c)
{
	int r = session_certify(p.relay.s, &c);

	pair_pump(&p);
	return r;
}

static void
feed(struct side *d, uint8_t type)
{
	struct control c = { .type = type };

	if (type == AX_CTL_RENEW)
		c.renew.request = slice_str("request");
	else
		c.certificate.der = slice_str("certificate");
	side_feed_control(d, &c, p.now_ns);
}

START_TEST(renewal_asks_and_is_answered)
{
	const struct seen *e;

	begin(true, true);
	ck_assert(session_may_renew(p.agent.s));
	ck_assert_int_eq(ask("please"), 0);
	ck_assert_str_eq(side_must(&p.relay, SESSION_EV_RENEW)->text, "please");
	ck_assert(!session_may_renew(p.agent.s));
	ck_assert_int_eq(ask("please"), AX_E_CLOSED);
	ck_assert_int_eq(
	    answer((struct session_certificate){ .der = slice_str("here") }), 0);
	e = side_must(&p.agent, SESSION_EV_CERTIFICATE);
	ck_assert_uint_eq(e->code, 0);
	ck_assert_str_eq(e->text, "here");
	ck_assert(session_may_renew(p.agent.s));
	pair_fini(&p);
}
END_TEST

START_TEST(renewal_may_be_refused_and_tried_again)
{
	begin(true, true);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(ask("please"), 0);
		ck_assert_int_eq(answer((struct session_certificate){
		    .why = AX_RENEW_EARLY, .retry_s = 90 }), 0);
		ck_assert_uint_eq(
		    side_must(&p.agent, SESSION_EV_CERTIFICATE)->code, AX_RENEW_EARLY);
		pair_wait(&p, 2000);
	}
	/* Who is answered twice, or unasked, hears nothing. */
	pair_forget(&p);
	ck_assert_int_eq(answer((struct session_certificate){ .why = 1 }), 0);
	ck_assert_uint_eq(p.agent.n_log, 0);
	pair_fini(&p);
}
END_TEST

START_TEST(renewal_needs_both)
{
	for (int i = 0; i < 3; i++) {
		begin(i & 1, i & 2);
		ck_assert(!session_may_renew(p.agent.s));
		ck_assert_int_eq(ask("please"), AX_E_CLOSED);
		feed(&p.relay, AX_CTL_RENEW);
		side_is_over(&p.relay, AX_WIRE_PROTOCOL);
		pair_fini(&p);
	}
}
END_TEST

START_TEST(renewal_is_one_at_a_time)
{
	begin(true, true);
	ck_assert_int_eq(ask("please"), 0);
	feed(&p.relay, AX_CTL_RENEW);
	side_is_over(&p.relay, AX_WIRE_PROTOCOL);
	pair_fini(&p);
}
END_TEST

START_TEST(renewal_gives_nothing_unasked)
{
	begin(true, true);
	feed(&p.agent, AX_CTL_CERTIFICATE);
	side_is_over(&p.agent, AX_WIRE_PROTOCOL);
	pair_fini(&p);
}
END_TEST

START_TEST(renewal_is_asked_by_agents_only)
{
	begin(true, true);
	feed(&p.agent, AX_CTL_RENEW);
	side_is_over(&p.agent, AX_WIRE_PROTOCOL);
	pair_fini(&p);
	begin(true, true);
	feed(&p.relay, AX_CTL_CERTIFICATE);
	side_is_over(&p.relay, AX_WIRE_PROTOCOL);
	pair_fini(&p);
}
END_TEST

START_TEST(renewal_in_haste_ends_the_session)
{
	begin(true, true);
	for (int i = 0; i < 60 && !session_is_closing(p.relay.s); i++) {
		if (ask("please") < 0)
			break;
		ck_assert_int_eq(
		    answer((struct session_certificate){ .why = 5 }), 0);
	}
	side_is_over(&p.relay, AX_WIRE_ENHANCE_CALM);
	pair_fini(&p);
}
END_TEST

START_TEST(renewal_has_a_largest_message)
{
	static char most[SESSION_REQUEST_MAX + 1];

	memset(most, 'm', sizeof(most));
	begin(true, true);
	ck_assert_int_eq(
	    session_renew(p.agent.s, slice_of(most, sizeof(most))), AX_E_LIMIT);
	ck_assert_int_eq(
	    session_renew(p.agent.s, slice_of(most, SESSION_REQUEST_MAX)), 0);
	pair_pump(&p);
	ck_assert_uint_eq(
	    side_must(&p.relay, SESSION_EV_RENEW)->len, SESSION_REQUEST_MAX);
	ck_assert_int_eq(answer((struct session_certificate){
	    .der = slice_of(most, SESSION_CERTIFICATE_MAX + 1) }), AX_E_LIMIT);
	ck_assert_int_eq(answer((struct session_certificate){
	    .der = slice_of(most, SESSION_CERTIFICATE_MAX) }), 0);
	ck_assert_uint_eq(side_must(&p.agent, SESSION_EV_CERTIFICATE)->len,
	    SESSION_CERTIFICATE_MAX);
	pair_fini(&p);
}
END_TEST

START_TEST(renewal_outlives_the_connection)
{
	struct session_claim own, peers;

	begin(true, true);
	ck_assert_int_eq(ask("please"), 0);
	session_suspend(p.relay.s, p.now_ns);
	session_suspend(p.agent.s, p.now_ns);
	ck_assert(!session_may_renew(p.agent.s));
	ck_assert_int_eq(
	    answer((struct session_certificate){ .der = slice_str("late") }), 0);
	pair_forget(&p);
	session_claim(p.agent.s, NULL, &own);
	session_reconnect(p.agent.s, &own, false, p.now_ns);
	/* What the relay makes of the HELLO is link's and control's business. */
	session_claim(p.relay.s, &own, &peers);
	ck_assert_uint_eq(session_resume(p.relay.s, &own, &peers, p.now_ns), 0);
	p.relay.deaf = true;
	while (pair_step(&p, &p.agent, &p.relay, 0) > 0)
		;
	p.relay.deaf = false;
	pair_pump(&p);
	ck_assert_str_eq(side_must(&p.agent, SESSION_EV_CERTIFICATE)->text, "late");
	pair_fini(&p);
}
END_TEST

START_TEST(renewal_survives_failing_memory)
{
	begin(true, true);
	p.agent.mem.fail_at = 1;
	ck_assert_int_eq(ask("please"), AX_E_NOMEM);
	p.agent.mem.fail_at = 0;
	ck_assert(session_may_renew(p.agent.s));
	ck_assert_int_eq(ask("please"), 0);
	p.relay.mem.fail_at = 1;
	ck_assert_int_eq(answer((struct session_certificate){ .why = 6 }), AX_E_NOMEM);
	p.relay.mem.fail_at = 0;
	ck_assert_int_eq(answer((struct session_certificate){ .why = 6 }), 0);
	ck_assert_uint_eq(
	    side_must(&p.agent, SESSION_EV_CERTIFICATE)->code, AX_RENEW_AWAY);
	pair_fini(&p);
}
END_TEST

CHECK_MAIN("session_renew", renewal_asks_and_is_answered,
    renewal_may_be_refused_and_tried_again, renewal_needs_both,
    renewal_is_one_at_a_time, renewal_gives_nothing_unasked,
    renewal_is_asked_by_agents_only, renewal_in_haste_ends_the_session,
    renewal_has_a_largest_message, renewal_outlives_the_connection,
    renewal_survives_failing_memory)

/* Tests of proto/session_expose.c. */
#include "proto/session_expose.h"

#include "pair.h"

static struct pair p;

static void
begin(bool relay, bool agent)
{
	struct session_args r = pair_args_resume(SESSION_RELAY, 60);
	struct session_args a = pair_args_resume(SESSION_AGENT, 60);

	r.exposes = relay;
	a.exposes = agent;
	pair_init_with(&p, &r, &a);
	pair_up(&p);
}

static int
want(size_t n)
{
	struct session_expose list[AX_EXPOSES_MAX + 1];

	for (size_t i = 0; i < ARRAY_LEN(list); i++)
		list[i] = (struct session_expose){ .id = (uint16_t)(i + 1),
			.port = (uint16_t)(i == 0 ? 0 : 2000 + i) };
	return session_expose(p.agent.s, list, n);
}

/* Of n entries the first is exposed at text, the others are refused. */
static int
tell(size_t n, const char *text)
{
	struct session_exposed list[AX_EXPOSES_MAX];

	for (size_t i = 0; i < n; i++)
		list[i] = (struct session_exposed){ .id = (uint16_t)(i + 1),
			.port = i == 0 ? 40000 : 0,
			.why = i == 0 ? 0 : AX_EXPOSE_GRANT,
			.text = slice_str(text) };
	return session_exposed(p.relay.s, list, n);
}

START_TEST(expose_goes_there_and_back)
{
	struct session_expose x;
	struct session_exposed y;
	const struct seen *e;
	struct slice rest;

	begin(true, true);
	ck_assert(session_may_expose(p.agent.s));
	ck_assert_int_eq(want(2), 0);
	pair_pump(&p);
	e = side_must(&p.relay, SESSION_EV_EXPOSE);
	rest = slice_of(e->text, e->len);
	ck_assert(session_expose_next(&rest, &x));
	ck_assert_uint_eq(x.id, 1);
	ck_assert_uint_eq(x.port, 0);
	ck_assert(session_expose_next(&rest, &x));
	ck_assert_uint_eq(x.id, 2);
	ck_assert_uint_eq(x.port, 2001);
	ck_assert(!session_expose_next(&rest, &x));

	ck_assert_int_eq(tell(2, "192.0.2.1:40000"), 0);
	pair_pump(&p);
	e = side_must(&p.agent, SESSION_EV_EXPOSED);
	rest = slice_of(e->text, e->len);
	ck_assert(session_exposed_next(&rest, &y));
	ck_assert_uint_eq(y.port, 40000);
	ck_assert(slice_eq(y.text, slice_str("192.0.2.1:40000")));
	ck_assert(session_exposed_next(&rest, &y));
	ck_assert_uint_eq(y.why, AX_EXPOSE_GRANT);
	ck_assert(!session_exposed_next(&rest, &y));
	pair_fini(&p);
}
END_TEST

START_TEST(expose_needs_both)
{
	for (int i = 0; i < 3; i++) {
		struct control c = { .type = AX_CTL_EXPOSE };

		begin(i & 1, i & 2);
		ck_assert(!session_may_expose(p.agent.s));
		ck_assert_int_eq(want(1), AX_E_CLOSED);
		ck_assert_int_eq(tell(1, "nobody asked"), 0);
		pair_pump(&p);
		ck_assert_uint_eq(p.agent.n_log, 0);
		side_feed_control(&p.relay, &c, p.now_ns);
		side_is_over(&p.relay, AX_WIRE_PROTOCOL);
		pair_fini(&p);
	}
}
END_TEST

START_TEST(expose_has_its_roles)
{
	struct control expose = { .type = AX_CTL_EXPOSE };
	struct control exposed = { .type = AX_CTL_EXPOSED };

	begin(true, true);
	side_feed_control(&p.agent, &expose, p.now_ns);
	side_is_over(&p.agent, AX_WIRE_PROTOCOL);
	side_feed_control(&p.relay, &exposed, p.now_ns);
	side_is_over(&p.relay, AX_WIRE_PROTOCOL);
	pair_fini(&p);
}
END_TEST

START_TEST(expose_sends_the_last_list_only)
{
	begin(true, true);
	ck_assert_int_eq(want(3), 0);
	ck_assert_int_eq(want(0), 0);
	pair_pump(&p);
	ck_assert_uint_eq(p.relay.n_log, 1);
	ck_assert_uint_eq(side_must(&p.relay, SESSION_EV_EXPOSE)->len, 0);
	pair_fini(&p);
}
END_TEST

START_TEST(expose_has_a_longest_list)
{
	static char text[300];

	memset(text, 't', sizeof(text) - 1);
	begin(true, true);
	ck_assert_int_eq(want(AX_EXPOSES_MAX + 1), AX_E_LIMIT);
	ck_assert_int_eq(want(AX_EXPOSES_MAX), 0);
	ck_assert_int_eq(tell(AX_EXPOSES_MAX, text), 0);
	pair_pump(&p);
	ck_assert_uint_eq(
	    side_must(&p.relay, SESSION_EV_EXPOSE)->len, 5 * AX_EXPOSES_MAX);
	ck_assert_uint_eq(side_must(&p.agent, SESSION_EV_EXPOSED)->len,
	    (7 + AX_EXPOSED_TEXT_MAX) * AX_EXPOSES_MAX);
	pair_fini(&p);
}
END_TEST

START_TEST(expose_in_haste_ends_the_session)
{
	begin(true, true);
	for (int i = 0; i < 60 && !session_is_closing(p.relay.s); i++) {
		if (want(1) < 0)
			break;
		pair_pump(&p);
	}
	side_is_over(&p.relay, AX_WIRE_ENHANCE_CALM);
	pair_fini(&p);
}
END_TEST

START_TEST(expose_survives_failing_memory)
{
	begin(true, true);
	p.agent.mem.fail_at = 1;
	ck_assert_int_eq(want(1), AX_E_NOMEM);
	p.agent.mem.fail_at = 0;
	p.relay.mem.fail_at = 1;
	ck_assert_int_eq(tell(1, "x"), AX_E_NOMEM);
	p.relay.mem.fail_at = 0;
	ck_assert_int_eq(want(1), 0);
	pair_pump(&p);
	side_must(&p.relay, SESSION_EV_EXPOSE);
	pair_fini(&p);
}
END_TEST

CHECK_MAIN("session_expose", expose_goes_there_and_back, expose_needs_both,
    expose_has_its_roles, expose_sends_the_last_list_only, expose_has_a_longest_list,
    expose_in_haste_ends_the_session, expose_survives_failing_memory)

/* Tests of proto/session_hello.c. */
#include "pair.h"

static struct pair pair;
static struct pair *const p = &pair;

/* A HELLO or HELLO_OK that would be accepted. */
static struct control
greeting(uint8_t type)
{
	struct control c = { .type = type };

	c.hello = (struct control_hello){ .ver_min = 1,
		.ver_max = 1,
		.max_streams = 9,
		.lanes = 1,
		.init_window = 65536,
		.max_frame = AX_FRAME_MAX,
		.ring = 4 << 20,
		.ping_ms = 15000,
		.hostname = slice_str("stranger") };
	return c;
}

/* What the relay answers to c: the code of HELLO_ERR or CLOSE; 0: none. */
static uint16_t
answer_to(const struct control *c, uint8_t *type)
{
	struct iovec iov[8];
	struct control out;

	pair_init(p);
	side_feed_control(&p->relay, c, p->now_ns);
	*type = 0;
	if (session_pull(p->relay.s, iov, 8, p->now_ns) == 0)
		return 0;
	(void)control_get(&out, slice_of((uint8_t *)iov[0].iov_base + 8,
		wire_head_get(iov[0].iov_base).len));
	*type = out.type;
	return out.type == AX_CTL_HELLO_ERR ? out.hello_err.code :
	    out.type == AX_CTL_CLOSE	    ? out.close.code :
					      0;
}

START_TEST(hello_tells_each_side_about_the_other)
{
	const struct session_hello *h;
	struct session_event ev;
	uint8_t bytes[512];
	struct iovec iov[4];
	size_t n;

	pair_init(p);
	ck_assert_uint_eq(session_pull(p->agent.s, iov, 4, p->now_ns), 1);
	n = iov[0].iov_len;
	memcpy(bytes, iov[0].iov_base, n);
	session_sent(p->agent.s, n, p->now_ns);
	session_feed(p->relay.s, slice_of(bytes, n), p->now_ns);
	ck_assert(session_next(p->relay.s, &ev));
	ck_assert_uint_eq(ev.type, SESSION_EV_HELLO);
	h = ev.hello;
	ck_assert(slice_eq(h->software, slice_str("atlax 0")));
	ck_assert(slice_eq(h->hostname, slice_str("host")));
	ck_assert(slice_eq(h->os, slice_str("os")));
	ck_assert_uint_eq(h->lane, 0);
	ck_assert_uint_eq(h->features, 0);
	ck_assert(!session_is_up(p->relay.s));
	ck_assert(!session_next(p->relay.s, &ev));
	ck_assert_int_eq(session_accept(p->relay.s, 1, 1, p->now_ns), 0);
	pair_pump(p);
	ck_assert_uint_eq(p->agent.log[0].type, SESSION_EV_UP);
	ck_assert(session_is_up(p->agent.s) && session_is_up(p->relay.s));
	pair_fini(p);
}
END_TEST

START_TEST(hello_takes_the_relays_ping_interval)
{
	struct session_args r = pair_args(SESSION_RELAY);
	struct session_args a = pair_args(SESSION_AGENT);

	r.ping_ms = 60000;
	a.ping_ms = 5000;
	pair_init_with(p, &r, &a);
	pair_up(p);
	ck_assert_uint_eq(
	    session_deadline(p->agent.s), p->now_ns + 60 * AX_NS_PER_S);
	pair_fini(p);
}
END_TEST

START_TEST(hello_ok_comes_before_an_open_of_the_same_turn)
{
	struct session_event ev;
	uint8_t bytes[512];
	struct iovec iov[4];
	size_t n;

	pair_init(p);
	(void)session_pull(p->agent.s, iov, 4, p->now_ns);
	n = iov[0].iov_len;
	memcpy(bytes, iov[0].iov_base, n);
	session_sent(p->agent.s, n, p->now_ns);
	session_feed(p->relay.s, slice_of(bytes, n), p->now_ns);
	ck_assert(session_next(p->relay.s, &ev));
	ck_assert_int_eq(session_accept(p->relay.s, 1, 1, p->now_ns), 0);
	side_send(p, &p->relay, side_open(&p->relay), 100);
	pair_pump(p);
	ck_assert_uint_eq(p->agent.log[0].type, SESSION_EV_UP);
	ck_assert_uint_eq(p->agent.log[1].type, SESSION_EV_OPEN);
	ck_assert_uint_eq(p->agent.data_bytes, 100);
	pair_fini(p);
}
END_TEST

START_TEST(hello_rejected_reaches_the_agent)
{
	struct session_event ev;
	uint8_t bytes[512];
	struct iovec iov[4];
	size_t n;

	pair_init(p);
	(void)session_pull(p->agent.s, iov, 4, p->now_ns);
	n = iov[0].iov_len;
	memcpy(bytes, iov[0].iov_base, n);
	session_sent(p->agent.s, n, p->now_ns);
	session_feed(p->relay.s, slice_of(bytes, n), p->now_ns);
	ck_assert(session_next(p->relay.s, &ev));
	session_reject(p->relay.s, AX_WIRE_AUTH_IDENTITY, "who are you", 5000);
	side_is_over(&p->relay, AX_WIRE_AUTH_IDENTITY);
	pair_pump(p);
	ck_assert_uint_eq(p->agent.log[0].type, SESSION_EV_REFUSED);
	ck_assert_uint_eq(p->agent.log[0].code, AX_WIRE_AUTH_IDENTITY);
	ck_assert_str_eq(p->agent.log[0].text, "who are you");
	side_is_over(&p->agent, AX_WIRE_AUTH_IDENTITY);
	pair_fini(p);
}
END_TEST

START_TEST(hello_of_another_version_gets_our_range)
{
	struct control c = greeting(AX_CTL_HELLO);
	uint8_t type;

	c.hello.ver_min = c.hello.ver_max = 2;
	ck_assert_uint_eq(answer_to(&c, &type), AX_WIRE_VERSION);
	ck_assert_uint_eq(type, AX_CTL_HELLO_ERR);
	side_is_over(&p->relay, AX_WIRE_VERSION);
	pair_fini(p);
	c.hello.ver_min = 1;
	ck_assert_uint_eq(answer_to(&c, &type), 0);
	ck_assert_uint_eq(type, AX_CTL_HELLO_OK);
	pair_fini(p);
}
END_TEST

START_TEST(hello_that_resumes_finds_no_session)
{
	struct control c = greeting(AX_CTL_HELLO);
	uint8_t type;

	c.flags = CONTROL_HELLO_RESUME | CONTROL_HELLO_MBB;
	c.hello.claim.id[3] = 1;
	c.hello.claim.epoch = 1;
	ck_assert_uint_eq(answer_to(&c, &type), AX_WIRE_UNKNOWN_SESSION);
	ck_assert_uint_eq(type, AX_CTL_HELLO_ERR);
	ck_assert_uint_eq(p->relay.n_log, 0);
	pair_fini(p);
}
END_TEST

START_TEST(hello_that_resumes_in_secret_is_a_violation)
{
	struct control c = greeting(AX_CTL_HELLO);
	uint8_t type;

	c.hello.claim.received = 1;
	ck_assert_uint_eq(answer_to(&c, &type), AX_WIRE_PROTOCOL);
	ck_assert_uint_eq(type, AX_CTL_CLOSE);
	pair_fini(p);
	c = greeting(AX_CTL_HELLO);
	c.flags = CONTROL_HELLO_MBB;
	ck_assert_uint_eq(answer_to(&c, &type), AX_WIRE_PROTOCOL);
	pair_fini(p);
}
END_TEST

START_TEST(hello_offers_are_not_agreed_to)
{
	struct control c = greeting(AX_CTL_HELLO);
	uint8_t type;

	c.hello.features = UINT64_MAX;
	ck_assert_uint_eq(answer_to(&c, &type), 0);
	ck_assert_uint_eq(type, AX_CTL_HELLO_OK);
	pair_fini(p);
}
END_TEST

START_TEST(hello_ok_with_more_than_was_offered_is_a_violation)
{
	struct control c = greeting(AX_CTL_HELLO_OK);

	c.hello.features = AX_FEATURE_UDP;
	pair_init(p);
	side_feed_control(&p->agent, &c, p->now_ns);
	side_is_over(&p->agent, AX_WIRE_PROTOCOL);
	pair_fini(p);
	c = greeting(AX_CTL_HELLO_OK);
	c.flags = CONTROL_HELLO_RESUME;
	pair_init(p);
	side_feed_control(&p->agent, &c, p->now_ns);
	side_is_over(&p->agent, AX_WIRE_PROTOCOL);
	pair_fini(p);
	c = greeting(AX_CTL_HELLO_OK);
	c.hello.ver_min = c.hello.ver_max = 2;
	pair_init(p);
	side_feed_control(&p->agent, &c, p->now_ns);
	side_is_over(&p->agent, AX_WIRE_PROTOCOL);
	pair_fini(p);
}
END_TEST

START_TEST(hello_comes_first_and_once)
{
	struct control c = { .type = AX_CTL_PING };
	uint8_t type;

	ck_assert_uint_eq(answer_to(&c, &type), AX_WIRE_PROTOCOL);
	pair_fini(p);
	c = (struct control){ .type = AX_CTL_HELLO_OK };
	c = greeting(AX_CTL_HELLO_OK);
	ck_assert_uint_eq(answer_to(&c, &type), AX_WIRE_PROTOCOL);
	pair_fini(p);
	pair_init(p);
	pair_up(p);
	c = greeting(AX_CTL_HELLO);
	side_feed_control(&p->relay, &c, p->now_ns);
	side_is_over(&p->relay, AX_WIRE_PROTOCOL);
	c = greeting(AX_CTL_HELLO_OK);
	side_feed_control(&p->agent, &c, p->now_ns);
	side_is_over(&p->agent, AX_WIRE_PROTOCOL);
	pair_fini(p);
}
END_TEST

START_TEST(hello_may_be_a_close)
{
	struct control c = { .type = AX_CTL_CLOSE };
	uint8_t type;

	c.close.code = AX_WIRE_INTERNAL;
	ck_assert_uint_eq(answer_to(&c, &type), 0);
	ck_assert_uint_eq(type, 0);
	side_is_over(&p->relay, AX_WIRE_INTERNAL);
	pair_fini(p);
}
END_TEST

CHECK_MAIN("session_hello", hello_tells_each_side_about_the_other,
    hello_takes_the_relays_ping_interval,
    hello_ok_comes_before_an_open_of_the_same_turn,
    hello_rejected_reaches_the_agent, hello_of_another_version_gets_our_range,
    hello_that_resumes_finds_no_session,
    hello_that_resumes_in_secret_is_a_violation,
    hello_offers_are_not_agreed_to,
    hello_ok_with_more_than_was_offered_is_a_violation,
    hello_comes_first_and_once, hello_may_be_a_close)

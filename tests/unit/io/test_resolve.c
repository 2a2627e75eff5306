/* Tests of io/resolve.c: against a DNS server of our own on a loopback port. */
#include "io/resolve.h"

#include <unistd.h>

#include "base/cursor.h"
#include "io/sock.h"

#include "../check_main.h"

struct question {
	struct resolve_query query;
	struct resolve_query *cancel; /* from within done */
	int answers;
	size_t n;
	struct addr addrs[RESOLVE_ADDRS_MAX];
	struct err err;
};

struct world {
	struct loop *loop;
	struct resolver *resolver;
	struct watch watch; /* the DNS server */
	struct watch tcp_watch, conn_watch;
	int udp, tcp, conn;
	bool silent, truncate;
	size_t n_v4, n_v6;
	int asked;
};

static void
on_done(struct resolve_query *q, const struct addr *a, size_t n, const struct err *e)
{
	struct question *x = container_of(q, struct question, query);

	x->answers++;
	x->n = n;
	memcpy(x->addrs, a, n * sizeof(*a));
	if (n == 0)
		x->err = *e;
	if (x->cancel != NULL)
		resolve_cancel(x->cancel);
}

/* Answers the one question in msg: n_v4 A records 10.0.0.i, n_v6 AAAA records
 * fd00::i. Returns the length of the answer.                                 */
static size_t
dns_answer(const struct world *w, const uint8_t *msg, size_t len, uint8_t *out,
    bool truncate)
{
	struct writer r;
	uint16_t type;
	size_t end = 12, n;

	while (end < len && msg[end] != 0)
		end += 1u + msg[end];
	end++;
	ck_assert_uint_le(end + 4, len);
	type = (uint16_t)(msg[end] << 8 | msg[end + 1]);
	n = truncate ? 0 : type == 1 ? w->n_v4 : w->n_v6;
	writer_init(&r, out, 1024);
	writer_bytes(&r, msg, 2);
	writer_u16(&r, truncate ? 0x8380 : 0x8180);
	writer_u16(&r, 1);
	writer_u16(&r, (uint16_t)n);
	writer_u32(&r, 0);
	writer_bytes(&r, msg + 12, end + 4 - 12);
	for (size_t i = 0; i < n; i++) {
		writer_u16(&r, 0xc00c);
		writer_u16(&r, type);
		writer_u16(&r, 1);
		writer_u32(&r, 60);
		writer_u16(&r, type == 1 ? 4 : 16);
		writer_u8(&r, type == 1 ? 10 : 0xfd);
		writer_zero(&r, type == 1 ? 2 : 14);
		writer_u8(&r, (uint8_t)(i + 1));
	}
	ck_assert(!r.bad);
	return writer_len(&r);
}

static void
on_dns(struct watch *watch, uint32_t events AX_UNUSED)
{
	struct world *w = container_of(watch, struct world, watch);
	uint8_t msg[512], out[1024];
	struct addr from = { .len = sizeof(from.u) };
	ssize_t n;

	while ((n = recvfrom(w->udp, msg, sizeof(msg), 0, &from.u.sa,
		&from.len)) > 0) {
		size_t len = dns_answer(w, msg, (size_t)n, out, w->truncate);

		w->asked++;
		if (!w->silent)
			ck_assert_int_eq(sendto(w->udp, out, len, 0, &from.u.sa,
			    from.len), (ssize_t)len);
	}
}

/* DNS over TCP: a length of two bytes before each message; one write for the
 * answers of what came at once, so that the client sees a single edge. */
static void
on_dns_tcp(struct watch *watch, uint32_t events AX_UNUSED)
{
	struct world *w = container_of(watch, struct world, conn_watch);
	uint8_t msg[2048], out[4096];
	size_t at = 0, n_out = 0;
	ssize_t n = read(watch->fd, msg, sizeof(msg));

	while (n > 0 && at + 2 <= (size_t)n) {
		size_t len = (size_t)(msg[at] << 8 | msg[at + 1]), r;

		ck_assert_uint_le(at + 2 + len, (size_t)n);
		r = dns_answer(w, msg + at + 2, len, out + n_out + 2, false);
		out[n_out] = (uint8_t)(r >> 8);
		out[n_out + 1] = (uint8_t)r;
		n_out += 2 + r;
		at += 2 + len;
		w->asked++;
	}
	if (n > 0)
		ck_assert_int_eq(write(watch->fd, out, n_out), (ssize_t)n_out);
}

static void
on_dns_connect(struct watch *watch, uint32_t events AX_UNUSED)
{
	struct world *w = container_of(watch, struct world, tcp_watch);

	ck_assert_int_eq(w->conn, -1);
	w->conn = accept4(w->tcp, NULL, NULL, SOCK_NONBLOCK);
	ck_assert_int_eq(
	    loop_watch(w->loop, &w->conn_watch, w->conn, LOOP_EDGE), 0);
}

/* The same free port for both protocols; somebody else may be quicker. */
static void
bind_both(struct world *w, struct addr *at)
{
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(addr_parse_ip("127.0.0.1", 0, at), 0);
		ck_assert_int_eq(sock_listen(&(struct listen_args){ .addr = at,
		    .backlog = 4 }, &w->tcp, NULL), 0);
		ck_assert_int_eq(sock_local(w->tcp, at), 0);
		w->udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
		if (bind(w->udp, &at->u.sa, at->len) == 0)
			return;
		sock_close(&w->udp);
		sock_close(&w->tcp);
	}
	ck_abort_msg("no port is free for both UDP and TCP");
}

static void
world_init(struct world *w)
{
	struct addr at;

	*w = (struct world){ .conn = -1 };
	ck_assert_int_eq(loop_new(&w->loop, NULL), 0);
	ck_assert_int_eq(resolver_new(w->loop, &w->resolver, NULL), 0);
	bind_both(w, &at);
	resolver_ask(w->resolver, &at);
	watch_init(&w->watch, on_dns);
	watch_init(&w->tcp_watch, on_dns_connect);
	watch_init(&w->conn_watch, on_dns_tcp);
	ck_assert_int_eq(loop_watch(w->loop, &w->watch, w->udp, LOOP_LEVEL_IN), 0);
	ck_assert_int_eq(
	    loop_watch(w->loop, &w->tcp_watch, w->tcp, LOOP_LEVEL_IN), 0);
}

static void
world_fini(struct world *w)
{
	resolver_free(&w->resolver);
	loop_unwatch(w->loop, &w->watch);
	loop_unwatch(w->loop, &w->tcp_watch);
	loop_unwatch(w->loop, &w->conn_watch);
	sock_close(&w->udp);
	sock_close(&w->tcp);
	sock_close(&w->conn);
	loop_free(&w->loop); /* asserts that no DNS socket is watched any more */
}

static void
ask(struct world *w, struct question *x, const char *host, uint32_t timeout_ms)
{
	*x = (struct question){ .query.done = on_done };
	ck_assert_int_eq(resolve_start(w->resolver, &x->query, host, 443,
	    timeout_ms), 0);
	ck_assert_int_eq(x->answers, 0); /* never from within start */
}

static void
run_until_answered(struct world *w, const struct question *x)
{
	while (x->answers == 0)
		loop_turn(w->loop, AX_NS_PER_S);
}

static void
expect(const struct question *x, const char *const *want, size_t n)
{
	char text[ADDR_TEXT_MAX];

	ck_assert_int_eq(x->answers, 1);
	ck_assert_msg(x->n == n, "%zu addresses; %s", x->n, x->err.text);
	for (size_t i = 0; i < n; i++) {
		addr_format(&x->addrs[i], text);
		ck_assert_str_eq(text, want[i]);
	}
}

START_TEST(resolve_answers_a_literal_without_a_lookup)
{
	static const char *const want[] = { "[::1]:443" };
	struct world w;
	struct question x;

	world_init(&w);
	ask(&w, &x, "::1", 1000);
	run_until_answered(&w, &x);
	expect(&x, want, 1);
	ck_assert_int_eq(w.asked, 0);
	world_fini(&w);
}
END_TEST

START_TEST(resolve_finds_localhost_without_a_server)
{
	struct world w;
	struct question x;

	world_init(&w);
	ask(&w, &x, "localhost", 1000);
	run_until_answered(&w, &x);
	ck_assert_uint_ge(x.n, 1);
	ck_assert_uint_eq(addr_port(&x.addrs[0]), 443);
	ck_assert_int_eq(w.asked, 0);
	world_fini(&w);
}
END_TEST

START_TEST(resolve_lets_the_families_take_turns)
{
	struct world w;
	struct question x;
	int families[2];

	world_init(&w);
	w.n_v4 = 1;
	w.n_v6 = 4;
	ask(&w, &x, "relay.example.", 5000);
	run_until_answered(&w, &x);
	ck_assert_msg(x.n == 5, "%zu addresses; %s", x.n, x.err.text);
	families[0] = x.addrs[0].u.sa.sa_family;
	families[1] = x.addrs[1].u.sa.sa_family;
	ck_assert_int_ne(families[0], families[1]);
	for (size_t i = 2; i < 5; i++)
		ck_assert_int_eq(x.addrs[i].u.sa.sa_family, AF_INET6);
	world_fini(&w);
}
END_TEST

START_TEST(resolve_cuts_a_long_answer)
{
	struct world w;
	struct question x;

	world_init(&w);
	w.n_v4 = w.n_v6 = 12;
	ask(&w, &x, "many.example.", 5000);
	run_until_answered(&w, &x);
	ck_assert_uint_eq(x.n, RESOLVE_ADDRS_MAX);
	world_fini(&w);
}
END_TEST

START_TEST(resolve_goes_on_over_tcp_when_told)
{
	static const char *const want[] = { "10.0.0.1:443", "10.0.0.2:443" };
	struct world w;
	struct question x;

	world_init(&w);
	w.truncate = true;
	w.n_v4 = 2;
	ask(&w, &x, "big.example.", 10000);
	run_until_answered(&w, &x);
	expect(&x, want, 2);
	ck_assert_int_ge(w.asked, 4); /* each question twice */
	world_fini(&w);
}
END_TEST

START_TEST(resolve_says_when_a_name_has_no_address)
{
	struct world w;
	struct question x;

	world_init(&w);
	ask(&w, &x, "none.example.", 5000);
	run_until_answered(&w, &x);
	ck_assert_uint_eq(x.n, 0);
	ck_assert_int_eq(x.err.code, AX_E_NOTFOUND);
	world_fini(&w);
}
END_TEST

START_TEST(resolve_gives_up_on_a_silent_server)
{
	struct world w;
	struct question x;

	world_init(&w);
	w.silent = true;
	ask(&w, &x, "slow.example.", 40);
	run_until_answered(&w, &x);
	ck_assert_uint_eq(x.n, 0);
	/* c-ares may count its tries faster than our clock its deadline. */
	ck_assert_int_ge(w.asked, 1);
	for (int i = 0; i < 3; i++)
		loop_turn(w.loop, 20 * AX_NS_PER_MS);
	ck_assert_int_eq(x.answers, 1);
	world_fini(&w);
}
END_TEST

START_TEST(resolve_cancel_is_silent_and_leaves_others_alone)
{
	struct world w;
	struct question a, b;

	world_init(&w);
	w.n_v4 = 1;
	ask(&w, &a, "a.example.", 5000);
	ask(&w, &b, "b.example.", 5000);
	resolve_cancel(&a.query);
	resolve_cancel(&a.query); /* harmless */
	run_until_answered(&w, &b);
	ck_assert_int_eq(a.answers, 0);
	ck_assert_uint_eq(b.n, 1);
	resolve_cancel(&b.query); /* harmless when done */
	world_fini(&w);
}
END_TEST

START_TEST(resolve_done_may_cancel_another)
{
	struct world w;
	struct question a, b;

	world_init(&w);
	ask(&w, &a, "127.0.0.1", 5000);
	ask(&w, &b, "127.0.0.2", 5000); /* ready in the same turn */
	a.cancel = &b.query;
	run_until_answered(&w, &a);
	loop_turn(w.loop, 0);
	ck_assert_int_eq(b.answers, 0);
	world_fini(&w);
}
END_TEST

START_TEST(resolver_free_cancels_everything)
{
	struct world w;
	struct question a, b;

	world_init(&w);
	w.silent = true;
	ask(&w, &a, "a.example.", 5000);
	ask(&w, &b, "127.0.0.1", 5000);
	world_fini(&w);
	ck_assert_int_eq(a.answers + b.answers, 0);
}
END_TEST

CHECK_MAIN("resolve", resolve_answers_a_literal_without_a_lookup,
    resolve_finds_localhost_without_a_server,
    resolve_lets_the_families_take_turns, resolve_cuts_a_long_answer,
    resolve_goes_on_over_tcp_when_told, resolve_says_when_a_name_has_no_address,
    resolve_gives_up_on_a_silent_server,
    resolve_cancel_is_silent_and_leaves_others_alone,
    resolve_done_may_cancel_another, resolver_free_cancels_everything)

/* Tests of link/link.c: birth, deadlines, closing, who is told what. */
#include "link/pump.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "world.h"

#include "../check_main.h"

START_TEST(link_comes_up_and_knows_its_peer)
{
	static struct world w;

	world_up(&w);
	ck_assert_str_eq(link_peer(w.relay.link)->id.tenant, "acme");
	ck_assert_str_eq(link_peer(w.relay.link)->id.agent, "box");
	ck_assert_ptr_nonnull(link_cipher(w.relay.link));
	ck_assert_uint_gt(link_up_since_ns(w.relay.link), 0);
	ck_assert_uint_gt(link_up_since_ns(w.agent.link), 0);
	ck_assert_ptr_eq(link_owner(w.agent.link), &w.agent);
	ck_assert_ptr_eq(link_loop(w.agent.link), w.loop);
	world_fini(&w);
}
END_TEST

START_TEST(link_free_ends_the_streams_of_both_sides)
{
	static struct world w;

	world_up(&w);
	for (int i = 0; i < 5; i++)
		(void)world_flow(&w);
	link_free(&w.relay.link);
	ck_assert_int_eq(w.relay.downs, 0); /* no callback for who cuts */
	world_until(&w, &w.agent.downs, 1);
	ck_assert(w.agent.why.by_peer);
	ck_assert_uint_eq(w.agent.why.wire, 0);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(w.flows[i].relay.closed, 1);
		ck_assert_uint_eq(w.flows[i].relay.code, AX_WIRE_SESSION_LOST);
		ck_assert_int_eq(w.flows[i].agent.closed, 1);
		ck_assert_uint_eq(w.flows[i].agent.code, AX_WIRE_SESSION_LOST);
		ck_assert_int_eq(world_read_end(&w, w.flows[i].app), ECONNRESET);
	}
	world_fini(&w);
}
END_TEST

START_TEST(link_close_tells_the_peer_why)
{
	static struct world w;

	world_up(&w);
	(void)world_flow(&w);
	link_close(w.relay.link, AX_WIRE_DRAINING, "going\nhome");
	world_until(&w, &w.relay.downs, 1);
	world_until(&w, &w.agent.downs, 1);
	ck_assert_uint_eq(w.relay.why.wire, AX_WIRE_DRAINING);
	ck_assert(!w.relay.why.by_peer);
	ck_assert_uint_eq(w.agent.why.wire, AX_WIRE_DRAINING);
	ck_assert(w.agent.why.by_peer);
	ck_assert_ptr_nonnull(strstr(w.agent.why.err.text, "going"));
	ck_assert_ptr_null(strchr(w.agent.why.err.text, '\n'));
	ck_assert_int_eq(w.agent.last_event, SESSION_EV_CLOSE);
	world_fini(&w);
}
END_TEST

START_TEST(link_close_reaches_a_peer_that_is_sending)
{
	static struct world w;
	static uint8_t block[1 << 20];
	struct flow *f;

	/* Unread bytes at close would make the kernel send a reset, which could
	 * destroy the reason on its way. */
	world_up(&w);
	f = world_flow(&w);
	while (send(f->service, block, sizeof(block), MSG_NOSIGNAL) > 0)
		loop_turn(w.loop, 0);
	link_close(w.relay.link, AX_WIRE_AUTH_REVOKED, "revoked");
	world_until(&w, &w.agent.downs, 1);
	ck_assert_uint_eq(w.agent.why.wire, AX_WIRE_AUTH_REVOKED);
	world_until(&w, &w.relay.downs, 1);
	world_fini(&w);
}
END_TEST

START_TEST(link_close_in_the_handshake_just_ends)
{
	static struct world w;
	int fd[2];

	world_init(&w);
	tcp_pair(fd);
	world_connect_over(&w, fd[0], -1);
	link_close(w.relay.link, AX_WIRE_DRAINING, "going home");
	world_until(&w, &w.relay.downs, 1);
	ck_assert_uint_eq(w.relay.why.wire, AX_WIRE_DRAINING);
	ck_assert_int_eq(world_read_end(&w, fd[1]), 0);
	sock_close(&fd[1]);
	world_fini(&w);
}
END_TEST

START_TEST(link_refusal_by_the_owner_reaches_the_peer)
{
	static struct world w;

	world_init(&w);
	w.relay.refuse = AX_WIRE_AUTH_IDENTITY;
	world_connect(&w);
	world_until(&w, &w.relay.downs, 1);
	world_until(&w, &w.agent.downs, 1);
	ck_assert_uint_eq(w.relay.why.wire, AX_WIRE_AUTH_IDENTITY);
	ck_assert(!w.relay.why.by_peer);
	ck_assert_uint_eq(w.agent.why.wire, AX_WIRE_AUTH_IDENTITY);
	ck_assert(w.agent.why.by_peer);
	ck_assert_str_eq(w.agent.why.err.text, "not today");
	ck_assert_int_eq(w.agent.ups, 0);
	world_fini(&w);
}
END_TEST

START_TEST(link_rejected_hello_reaches_the_agent)
{
	static struct world w;

	world_init(&w);
	w.relay.reject = AX_WIRE_STREAM_LIMIT;
	world_connect(&w);
	world_until(&w, &w.relay.downs, 1);
	world_until(&w, &w.agent.downs, 1);
	ck_assert_uint_eq(w.agent.why.wire, AX_WIRE_STREAM_LIMIT);
	ck_assert_str_eq(w.agent.why.err.text, "not you");
	ck_assert_int_eq(w.agent.last_event, SESSION_EV_REFUSED);
	world_fini(&w);
}
END_TEST

START_TEST(link_waits_only_so_long_for_a_client_hello)
{
	static struct world w;
	int fd[2];

	world_init(&w);
	w.gate_ms = 20;
	tcp_pair(fd);
	ck_assert_int_eq(send(fd[1], "\x16\x03\x01", 3, 0), 3); /* and no more */
	world_connect_over(&w, fd[0], -1);
	world_until(&w, &w.relay.downs, 1);
	ck_assert_int_eq(w.relay.why.err.code, AX_E_TIMEOUT);
	ck_assert_ptr_nonnull(strstr(w.relay.why.err.text, "ClientHello"));
	sock_close(&fd[1]);
	world_fini(&w);
}
END_TEST

START_TEST(link_agent_waits_only_so_long_for_a_relay)
{
	static struct world w;
	int fd[2];

	world_init(&w);
	w.handshake_ms = 20;
	tcp_pair(fd);
	world_connect_over(&w, -1, fd[0]); /* nobody answers */
	world_until(&w, &w.agent.downs, 1);
	ck_assert_int_eq(w.agent.why.err.code, AX_E_TIMEOUT);
	sock_close(&fd[1]);
	world_fini(&w);
}
END_TEST

/* An agent that does TLS, but no protocol. */
static void
raw_handshake(struct world *w, struct tls_conn *c, int fd)
{
	static uint8_t in[65536];
	struct buf out;
	struct err e;
	ssize_t n = 0;

	buf_init(&out);
	for (;;) {
		tls_conn_feed(c, slice_of(in, (size_t)MAX(n, 0)));
		if (tls_conn_handshake(c, &out, 0, &e) == 0)
			break;
		world_write(w, fd, out.mem + out.head, buf_len(&out));
		buf_consume(&out, buf_len(&out));
		loop_turn(w->loop, AX_NS_PER_MS);
		n = recv(fd, in, sizeof(in), 0);
		ck_assert_msg(n != 0, "the relay hung up");
	}
	world_write(w, fd, out.mem + out.head, buf_len(&out));
	buf_fini(&out);
}

/* A relay and, at fd[1], an agent that has shaken hands and says nothing. */
static struct tls_conn *
world_with_raw_agent(struct world *w, int fd[2])
{
	struct tls_conn *c;

	world_init(w);
	tcp_pair(fd);
	world_connect_over(w, fd[0], -1);
	ck_assert_int_eq(tls_conn_new(w->agent_tls, "localhost", &c), 0);
	raw_handshake(w, c, fd[1]);
	world_spin(w, 5);
	return c;
}

/* What the clock would do later. */
static void
let_time_pass(struct end *e)
{
	e->link->deadline_ns = loop_now(e->world->loop);
	link_kick(e->link);
}

START_TEST(link_waits_only_so_long_for_hello)
{
	static struct world w;
	struct tls_conn *c;
	char last_words[256];
	int fd[2];

	c = world_with_raw_agent(&w, fd);
	let_time_pass(&w.relay);
	while (recv(fd[1], last_words, sizeof(last_words), 0) != 0)
		loop_turn(w.loop, AX_NS_PER_MS);
	sock_close(&fd[1]); /* or the relay would linger */
	world_until(&w, &w.relay.downs, 1);
	ck_assert_uint_eq(w.relay.why.wire, AX_WIRE_HELLO_TIMEOUT);
	ck_assert(!w.relay.why.by_peer);
	tls_conn_free(&c);
	world_fini(&w);
}
END_TEST

/* Its last words are this, and the peer does not hang up. */
static void
lingers_at_most(uint64_t ns, uint16_t wire)
{
	static struct world w;
	struct tls_conn *c;
	int fd[2];

	c = world_with_raw_agent(&w, fd);
	link_close(w.relay.link, wire, "bye");
	world_spin(&w, 5);
	ck_assert_int_eq(w.relay.downs, 0);
	ck_assert_int_eq(w.relay.link->state, LINK_LINGER);
	ck_assert_uint_le(w.relay.link->deadline_ns, loop_now(w.loop) + ns);
	let_time_pass(&w.relay);
	world_until(&w, &w.relay.downs, 1);
	tls_conn_free(&c);
	sock_close(&fd[1]);
	world_fini(&w);
}

START_TEST(link_does_not_linger_for_ever)
{
	lingers_at_most(AX_NS_PER_S, AX_WIRE_DRAINING);
}
END_TEST

START_TEST(link_lingers_less_for_who_is_revoked)
{
	lingers_at_most(AX_NS_PER_S / 4, AX_WIRE_AUTH_REVOKED);
}
END_TEST

/* A process that did not run for a while finds the answer that it has missed. */
START_TEST(link_reads_before_it_gives_up)
{
	static struct world w;
	struct pollfd answer = { .events = POLLIN };

	world_init(&w);
	w.relay.args.dead_ms = 500;
	world_connect(&w);
	world_until(&w, &w.relay.ups, 1);
	world_until(&w, &w.agent.ups, 1);
	world_spin(&w, 20);
	(void)poll(NULL, 0, 1100); /* pings are that far apart */
	world_spin(&w, 1);
	session_probe(w.relay.link->session, loop_now(w.loop));
	link_kick(w.relay.link);
	answer.fd = w.relay.link->watch.fd;
	while (poll(&answer, 1, 0) == 0)
		world_spin(&w, 1);
	(void)poll(NULL, 0, 600);
	world_spin(&w, 20);
	ck_assert_int_eq(w.relay.aways + w.relay.downs, 0);
	ck_assert_int_eq(w.agent.aways + w.agent.downs, 0);
	world_fini(&w);
}
END_TEST

START_TEST(link_refuses_what_is_not_tls)
{
	static struct world w;
	int fd[2];

	world_init(&w);
	tcp_pair(fd);
	ck_assert_int_eq(send(fd[1], "GET / HTTP/1.1\r\n\r\n", 18, 0), 18);
	world_connect_over(&w, fd[0], -1);
	world_until(&w, &w.relay.downs, 1);
	ck_assert_int_eq(w.relay.why.err.code, AX_E_PEER);
	ck_assert_int_eq(world_read_end(&w, fd[1]), 0);
	sock_close(&fd[1]);
	world_fini(&w);
}
END_TEST

START_TEST(link_notices_that_the_peer_hung_up)
{
	static struct world w;
	int fd[2];

	world_init(&w);
	tcp_pair(fd);
	world_connect_over(&w, fd[0], -1);
	sock_close(&fd[1]);
	world_until(&w, &w.relay.downs, 1);
	ck_assert(w.relay.why.by_peer);
	ck_assert_uint_eq(w.relay.why.wire, 0);
	world_fini(&w);
}
END_TEST

START_TEST(link_new_takes_the_socket_also_when_it_fails)
{
	static struct world w;
	struct link *l = NULL;
	int fd;

	world_init(&w);
	fd = dup(0);
	close(fd); /* cannot be watched */
	ck_assert_int_eq(link_new(&(struct link_args){ .loop = w.loop,
	    .scratch = w.scratch, .tls = w.relay_tls, .fd = fd }, &l), AX_E_SYS);
	ck_assert_ptr_null(l);
	world_fini(&w);
}
END_TEST

START_TEST(link_without_memory_for_a_session_ends_alone)
{
	static struct world w;

	world_init(&w);
	w.relay.alloc.budget = 0;
	world_connect(&w);
	world_until(&w, &w.relay.downs, 1);
	ck_assert_int_eq(w.relay.why.err.code, AX_E_NOMEM);
	world_until(&w, &w.agent.downs, 1);
	world_fini(&w);
}
END_TEST

CHECK_MAIN("link", link_comes_up_and_knows_its_peer,
    link_free_ends_the_streams_of_both_sides, link_close_tells_the_peer_why,
    link_close_reaches_a_peer_that_is_sending,
    link_close_in_the_handshake_just_ends,
    link_refusal_by_the_owner_reaches_the_peer,
    link_rejected_hello_reaches_the_agent,
    link_waits_only_so_long_for_a_client_hello,
    link_agent_waits_only_so_long_for_a_relay, link_waits_only_so_long_for_hello,
    link_does_not_linger_for_ever, link_lingers_less_for_who_is_revoked,
    link_reads_before_it_gives_up, link_refuses_what_is_not_tls,
    link_notices_that_the_peer_hung_up,
    link_new_takes_the_socket_also_when_it_fails,
    link_without_memory_for_a_session_ends_alone)

/* Tests of link/splice.c: what two applications see through a tunnel. */
#include "link/splice.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "world.h"

#include "../check_main.h"

#define MIB (1u << 20)

START_TEST(splice_echoes)
{
	static struct world w;
	struct flow *f;
	char got[5];

	world_up(&w);
	f = world_flow(&w);
	world_write(&w, f->app, "hello", 5);
	world_read(&w, f->service, got, 5);
	ck_assert_mem_eq(got, "hello", 5);
	world_write(&w, f->service, "world", 5);
	world_read(&w, f->app, got, 5);
	ck_assert_mem_eq(got, "world", 5);
	ck_assert_uint_eq(f->relay.splice.bytes_in, 5);
	ck_assert_uint_eq(f->relay.splice.bytes_out, 5);
	world_fini(&w);
	ck_assert_uint_eq(f->relay.code, AX_WIRE_SESSION_LOST);
}
END_TEST

START_TEST(splice_carries_64_mib_both_ways_at_once)
{
	static struct world w;
	struct transfer t[2];
	struct flow *f;

	world_up(&w);
	f = world_flow(&w);
	transfer_init(&t[0], &w, f, false, 64 * MIB);
	transfer_init(&t[1], &w, f, true, 64 * MIB);
	world_transfer(&w, t, 2);
	ck_assert_uint_eq(f->agent.splice.bytes_out, 64 * MIB);
	ck_assert_uint_eq(f->relay.splice.bytes_out, 64 * MIB);
	ck_assert_ptr_null(f->agent.splice.rx.mem); /* nothing idle owns a buffer */
	ck_assert_ptr_null(f->relay.splice.rx.mem);
	world_fini(&w);
}
END_TEST

START_TEST(splice_two_hundred_streams_at_once)
{
	static struct world w;
	static struct transfer t[400];

	world_up(&w);
	for (int i = 0; i < 200; i++)
		(void)world_open(&w);
	while (w.n_opened < 200)
		loop_turn(w.loop, AX_NS_PER_MS);
	for (int i = 0; i < 200; i++) {
		transfer_init(&t[2 * i], &w, &w.flows[i], false, 100000 + (size_t)i);
		transfer_init(&t[2 * i + 1], &w, &w.flows[i], true, 50000 + (size_t)i);
	}
	world_transfer(&w, t, 400);
	world_fini(&w);
}
END_TEST

/* --- endings -------------------------------------------------------------- */

static void
expect_ended(struct world *w, struct flow *f, uint16_t code)
{
	world_until(w, &f->relay.closed, 1);
	world_until(w, &f->agent.closed, 1);
	ck_assert_uint_eq(f->relay.code, code);
	ck_assert_uint_eq(f->agent.code, code);
}

START_TEST(splice_half_closed_by_the_visitor_still_carries_the_answer)
{
	static struct world w;
	struct transfer t;
	struct flow *f;
	char got[7];

	world_up(&w);
	f = world_flow(&w);
	world_write(&w, f->app, "request", 7);
	shutdown(f->app, SHUT_WR); /* nc -N */
	world_read(&w, f->service, got, 7);
	ck_assert_int_eq(world_read_end(&w, f->service), 0);
	transfer_init(&t, &w, f, true, 3 * MIB);
	world_transfer(&w, &t, 1);
	ck_assert_int_eq(f->relay.closed + f->agent.closed, 0);
	sock_close(&f->service);
	ck_assert_int_eq(world_read_end(&w, f->app), 0);
	expect_ended(&w, f, 0);
	world_fini(&w);
}
END_TEST

START_TEST(splice_half_closed_by_the_service_still_carries_the_request)
{
	static struct world w;
	struct transfer t;
	struct flow *f;

	world_up(&w);
	f = world_flow(&w);
	shutdown(f->service, SHUT_WR);
	ck_assert_int_eq(world_read_end(&w, f->app), 0);
	transfer_init(&t, &w, f, false, 3 * MIB);
	world_transfer(&w, &t, 1);
	shutdown(f->app, SHUT_WR);
	ck_assert_int_eq(world_read_end(&w, f->service), 0);
	expect_ended(&w, f, 0);
	world_fini(&w);
}
END_TEST

START_TEST(splice_delivers_all_before_the_end)
{
	static struct world w;
	static uint8_t sent[2 * MIB], got[2 * MIB];
	struct flow *f;

	/* The service sends and closes; the visitor reads late. */
	world_up(&w);
	f = world_flow(&w);
	memset(sent, 'x', sizeof(sent));
	world_write(&w, f->service, sent, sizeof(sent));
	sock_close(&f->service);
	world_spin(&w, 50);
	world_read(&w, f->app, got, sizeof(got));
	ck_assert_int_eq(memcmp(got, sent, sizeof(got)), 0);
	ck_assert_int_eq(world_read_end(&w, f->app), 0);
	sock_close(&f->app);
	expect_ended(&w, f, 0);
	world_fini(&w);
}
END_TEST

START_TEST(splice_passes_a_reset_of_the_visitor_on)
{
	static struct world w;
	struct flow *f;

	world_up(&w);
	f = world_flow(&w);
	sock_abort(&f->app);
	ck_assert_int_eq(world_read_end(&w, f->service), ECONNRESET);
	expect_ended(&w, f, AX_WIRE_LOCAL_RESET);
	ck_assert(!f->relay.by_peer);
	ck_assert(f->agent.by_peer);
	world_fini(&w);
}
END_TEST

START_TEST(splice_passes_a_reset_of_the_service_on)
{
	static struct world w;
	struct flow *f;

	world_up(&w);
	f = world_flow(&w);
	sock_abort(&f->service);
	ck_assert_int_eq(world_read_end(&w, f->app), ECONNRESET);
	expect_ended(&w, f, AX_WIRE_LOCAL_RESET);
	ck_assert(f->relay.by_peer);
	ck_assert(!f->agent.by_peer);
	world_fini(&w);
}
END_TEST

START_TEST(splice_passes_a_reset_on_after_a_half_close)
{
	static struct world w;
	struct flow *f;

	world_up(&w);
	f = world_flow(&w);
	shutdown(f->app, SHUT_WR);
	ck_assert_int_eq(world_read_end(&w, f->service), 0);
	sock_abort(&f->app);
	expect_ended(&w, f, AX_WIRE_LOCAL_RESET);
	ck_assert_int_eq(send(f->service, "x", 1, MSG_NOSIGNAL), -1);
	world_fini(&w);
}
END_TEST

START_TEST(splice_delivers_an_answer_sent_before_a_reset)
{
	static struct world w;
	static uint8_t body[256 << 10];
	struct flow *f;
	char got[3];

	/* A server that refuses an upload: it answers without reading all of it
	 * and closes, which makes its kernel send a reset. */
	world_up(&w);
	f = world_flow(&w);
	world_write(&w, f->app, body, 1000);
	world_read(&w, f->service, got, 1);
	world_spin(&w, 10);
	ck_assert_int_eq(send(f->service, "413", 3, 0), 3);
	sock_close(&f->service);
	(void)!send(f->app, body, sizeof(body), MSG_NOSIGNAL);
	world_read(&w, f->app, got, 3);
	ck_assert_mem_eq(got, "413", 3);
	(void)world_read_end(&w, f->app);
	expect_ended(&w, f, AX_WIRE_LOCAL_RESET);
	world_fini(&w);
}
END_TEST

START_TEST(splice_abort_resets_both_sockets)
{
	static struct world w;
	struct flow *f;

	world_up(&w);
	f = world_flow(&w);
	splice_abort(&f->agent.splice, AX_WIRE_IDLE);
	ck_assert_int_eq(f->agent.closed, 1); /* within the call */
	ck_assert_int_eq(world_read_end(&w, f->service), ECONNRESET);
	ck_assert_int_eq(world_read_end(&w, f->app), ECONNRESET);
	expect_ended(&w, f, AX_WIRE_IDLE);
	world_fini(&w);
}
END_TEST

/* --- before and while attaching ------------------------------------------- */

START_TEST(splice_keeps_what_comes_before_it_is_attached)
{
	static struct world w;
	struct flow *f;
	char got[5];

	world_up(&w);
	w.hold_next = true;
	f = world_flow(&w);
	world_write(&w, f->app, "early", 5);
	shutdown(f->app, SHUT_WR);
	world_spin(&w, 20);
	ck_assert_int_eq(f->relay.opened, 0);
	world_agent_attach(f);
	world_read(&w, f->service, got, 5);
	ck_assert_mem_eq(got, "early", 5);
	ck_assert_int_eq(world_read_end(&w, f->service), 0);
	world_until(&w, &f->relay.opened, 1);
	sock_close(&f->service);
	expect_ended(&w, f, 0);
	world_fini(&w);
}
END_TEST

START_TEST(splice_without_a_socket_holds_no_more_than_its_credit)
{
	static struct world w;
	static uint8_t block[MIB];
	struct flow *f;

	world_up(&w);
	w.hold_next = true;
	f = world_flow(&w);
	while (send(f->app, block, sizeof(block), MSG_NOSIGNAL) > 0)
		world_spin(&w, 20);
	ck_assert_uint_gt(buf_len(&f->agent.splice.rx), 0);
	ck_assert_uint_le(buf_len(&f->agent.splice.rx), w.agent.args.window_init);
	splice_abort(&f->agent.splice, AX_WIRE_CONN_REFUSED);
	expect_ended(&w, f, AX_WIRE_CONN_REFUSED);
	world_fini(&w);
}
END_TEST

START_TEST(splice_that_cannot_attach_ends_with_overload)
{
	static struct world w;
	struct flow *f;
	int pipe_end;

	world_up(&w);
	w.hold_next = true;
	f = world_flow(&w);
	sock_close(&f->held_fd);
	pipe_end = open("/dev/null", O_RDONLY); /* nothing that epoll takes */
	splice_attach(&f->agent.splice, pipe_end);
	ck_assert_int_eq(f->agent.closed, 0); /* not within the call */
	expect_ended(&w, f, AX_WIRE_OVERLOAD);
	ck_assert_int_eq(fcntl(pipe_end, F_GETFD), -1); /* taken all the same */
	world_fini(&w);
}
END_TEST

START_TEST(splice_of_an_idle_connection_is_small)
{
	ck_assert_uint_le(sizeof(struct splice), 128);
}
END_TEST

/* --- slow readers --------------------------------------------------------- */

START_TEST(splice_stalled_reader_does_not_stop_another)
{
	static struct world w;
	static uint8_t block[MIB];
	struct transfer t;
	struct flow *stalled, *other;

	world_up(&w);
	stalled = world_flow(&w);
	other = world_flow(&w);
	while (send(stalled->service, block, sizeof(block), MSG_NOSIGNAL) > 0)
		world_spin(&w, 20);
	transfer_init(&t, &w, other, true, 32 * MIB);
	world_transfer(&w, &t, 1);
	ck_assert_uint_le(buf_len(&stalled->relay.splice.rx), 4 * MIB);
	world_fini(&w);
}
END_TEST

START_TEST(splice_stalled_readers_stay_within_the_budget)
{
	static struct world w;
	static uint8_t block[MIB];
	size_t held = 0;

	world_init(&w);
	w.relay.args.budget = 4 * MIB;
	world_connect(&w);
	world_until(&w, &w.relay.ups, 1);
	for (int i = 0; i < 20; i++)
		(void)world_flow(&w);
	for (int round = 0; round < 10; round++)
		for (int i = 0; i < 20; i++) {
			(void)!send(w.flows[i].service, block, sizeof(block),
			    MSG_NOSIGNAL);
			world_spin(&w, 10);
		}
	for (int i = 0; i < 20; i++)
		held += buf_len(&w.flows[i].relay.splice.rx);
	ck_assert_uint_gt(held, 0);
	ck_assert_uint_le(held, 4 * MIB + 20 * w.relay.args.window_init);
	world_fini(&w);
}
END_TEST

START_TEST(splice_many_small_writes_arrive_in_order)
{
	static struct world w;
	static uint8_t sent[20000], got[20000];
	struct flow *f[3];

	/* More pieces in a turn than one sendmsg or the scratch takes. */
	world_up(&w);
	for (int k = 0; k < 3; k++)
		f[k] = world_flow(&w);
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (uint8_t)(i * 7 + i / 256);
	for (size_t i = 0; i < sizeof(sent); i++) {
		for (int k = 0; k < 3; k++)
			ck_assert_int_eq(send(f[k]->app, sent + i, 1, 0), 1);
		if (i % 2000 == 0) /* the tunnel wakes up rarely */
			world_spin(&w, 1);
	}
	for (int k = 0; k < 3; k++) {
		world_read(&w, f[k]->service, got, sizeof(got));
		ck_assert_int_eq(memcmp(got, sent, sizeof(got)), 0);
	}
	world_fini(&w);
}
END_TEST

CHECK_MAIN("splice", splice_echoes, splice_carries_64_mib_both_ways_at_once,
    splice_two_hundred_streams_at_once,
    splice_half_closed_by_the_visitor_still_carries_the_answer,
    splice_half_closed_by_the_service_still_carries_the_request,
    splice_delivers_all_before_the_end, splice_passes_a_reset_of_the_visitor_on,
    splice_passes_a_reset_of_the_service_on,
    splice_passes_a_reset_on_after_a_half_close,
    splice_delivers_an_answer_sent_before_a_reset,
    splice_abort_resets_both_sockets,
    splice_keeps_what_comes_before_it_is_attached,
    splice_without_a_socket_holds_no_more_than_its_credit,
    splice_that_cannot_attach_ends_with_overload,
    splice_of_an_idle_connection_is_small,
    splice_stalled_reader_does_not_stop_another,
    splice_stalled_readers_stay_within_the_budget,
    splice_many_small_writes_arrive_in_order)

/* test_session_freeze.c — a session goes to another process in the middle of what
 * it does, and what was written of it, cut or changed anywhere, comes to nothing
 * or to a session that holds together.                                       */
#include "proto/session_freeze.h"
#include "proto/session_impl.h"
#include "pair.h"

struct frozen {
	struct buf bytes, fds;
};

static void
freeze(struct frozen *z, struct session *s)
{
	struct frost f;

	buf_init(&z->bytes);
	buf_init(&z->fds);
	frost_write(&f, &z->bytes, &z->fds);
	ck_assert(session_is_freezable(s));
	session_freeze(s, &f);
	ck_assert(!f.bad);
}

static int
thaw(struct slice in, struct alloc *a, uint64_t now_ns, struct session **out)
{
	struct session_args args = pair_args_resume(SESSION_RELAY, 60);
	struct buf fds;
	struct frost f;
	int r;

	buf_init(&fds);
	args.alloc = a;
	frost_read(&f, in, &fds);
	r = session_thaw(&args, &f, now_ns, out);
	if (r == 0 && !frost_is_done(&f)) {
		session_free(out);
		r = AX_E_SYNTAX;
	}
	return r;
}

static void
send_some(struct pair *p, struct stream *st, size_t n)
{
	struct iovec iov[8];
	size_t quantum, k;

	session_ready(p->relay.s, st, true);
	ck_assert_ptr_eq(session_sender(p->relay.s, &quantum, p->now_ns), st);
	k = session_reserve(p->relay.s, st, n, iov, ARRAY_LEN(iov));
	ck_assert_uint_gt(k, 0);
	for (size_t i = 0; i < k; i++)
		memset(iov[i].iov_base, 'x', iov[i].iov_len);
	session_commit(p->relay.s, st, n);
	session_ready(p->relay.s, st, false);
}

/* A session with a stream in each state: data on the way both ways, one that ended
 * here, one that lingers; suspended on both sides.                           */
static void
busy_pair(struct pair *p, struct stream **open)
{
	struct session_args r = pair_args_resume(SESSION_RELAY, 60);
	struct session_args a = pair_args_resume(SESSION_AGENT, 60);
	struct stream *fin, *reset;

	pair_init_with(p, &r, &a);
	pair_up(p);
	*open = side_open(&p->relay);
	fin = side_open(&p->relay);
	reset = side_open(&p->relay);
	pair_pump(p);
	send_some(p, *open, 5000);
	pair_pump(p);
	session_fin(p->relay.s, fin);
	session_reset(p->relay.s, reset, AX_WIRE_CANCEL);
	session_release(p->relay.s, reset);
	send_some(p, *open, 3000);
	p->agent.deaf = true;
	pair_step(p, &p->relay, &p->agent, 0);
	p->agent.deaf = false;
	session_suspend(p->relay.s, p->now_ns);
	session_suspend(p->agent.s, p->now_ns);
}

/* Over another connection, as the owners of both would do it. */
static void
resume(struct pair *p)
{
	struct session_claim agent, relay;

	session_claim(p->agent.s, NULL, &agent);
	session_claim(p->relay.s, &agent, &relay);
	session_reconnect(p->agent.s, &agent, false, p->now_ns);
	{
		struct iovec iov[8];
		size_t n = 0, k = session_pull(p->agent.s, iov, 8, p->now_ns);

		for (size_t i = 0; i < k; i++)
			n += iov[i].iov_len; /* HELLO goes to another session */
		session_sent(p->agent.s, n, p->now_ns);
	}
	ck_assert_uint_eq(
	    session_resume(p->relay.s, &agent, &relay, p->now_ns), 0);
	pair_pump(p);
}

START_TEST(freeze_goes_on_in_another_session_with_the_same_byte)
{
	struct session_stats before, after;
	struct frozen z;
	struct pair p;
	struct stream *open;
	uint32_t id;

	busy_pair(&p, &open);
	id = stream_id(open);
	session_stats(p.relay.s, &before);
	freeze(&z, p.relay.s);
	session_free(&p.relay.s);
	ck_assert_int_eq(thaw(buf_slice(&z.bytes), &p.relay.mem.base, p.now_ns,
	    &p.relay.s), 0);
	session_check(p.relay.s);
	session_stats(p.relay.s, &after);
	ck_assert_uint_eq(before.sent, after.sent);
	ck_assert_uint_eq(before.received, after.received);
	ck_assert_uint_eq(before.streams, after.streams);
	ck_assert_uint_eq(before.credit_out, after.credit_out);
	ck_assert_uint_eq(session_handles(p.relay.s), 2);
	open = session_handle(p.relay.s, id);
	ck_assert_ptr_nonnull(open);
	stream_set_user(open, &p.relay);
	resume(&p);
	ck_assert_uint_eq(p.agent.data_bytes, 8000);
	ck_assert_ptr_nonnull(side_saw(&p.agent, SESSION_EV_FIN));
	ck_assert_ptr_nonnull(side_saw(&p.agent, SESSION_EV_RESET));
	send_some(&p, open, 1000);
	pair_pump(&p);
	ck_assert_uint_eq(p.agent.data_bytes, 9000);
	buf_fini(&z.bytes);
	pair_fini(&p);
}
END_TEST

START_TEST(freeze_leaves_the_session_as_it_was)
{
	struct frozen z;
	struct pair p;
	struct stream *open;

	busy_pair(&p, &open);
	freeze(&z, p.relay.s);
	session_check(p.relay.s);
	resume(&p);
	ck_assert_uint_eq(p.agent.data_bytes, 8000);
	buf_fini(&z.bytes);
	pair_fini(&p);
}
END_TEST

START_TEST(thaw_refuses_what_was_cut_at_any_byte)
{
	struct session *s;
	struct frozen z;
	struct pair p;
	struct stream *open;
	struct slice all;

	busy_pair(&p, &open);
	freeze(&z, p.relay.s);
	all = buf_slice(&z.bytes);
	for (size_t n = 0; n < all.n; n++)
		ck_assert_int_lt(thaw(slice_of(all.p, n), alloc_libc(), p.now_ns, &s), 0);
	buf_fini(&z.bytes);
	pair_fini(&p);
}
END_TEST

/* What is accepted must hold together, and go on. */
START_TEST(thaw_survives_every_wrong_bit)
{
	struct alloc_counting mem;
	struct session *s;
	struct frozen z;
	struct pair p;
	struct stream *open;
	size_t taken = 0;

	busy_pair(&p, &open);
	freeze(&z, p.relay.s);
	for (size_t bit = 0; bit < 8 * buf_len(&z.bytes); bit++) {
		uint8_t *at = z.bytes.mem + z.bytes.head + bit / 8;

		alloc_counting_init(&mem, alloc_libc(), SIZE_MAX);
		*at ^= (uint8_t)(1 << bit % 8);
		if (thaw(buf_slice(&z.bytes), &mem.base, p.now_ns, &s) == 0) {
			taken++;
			session_check(s);
			session_tick(s, p.now_ns + 1000 * AX_NS_PER_S);
			session_free(&s);
		}
		*at ^= (uint8_t)(1 << bit % 8);
		ck_assert_uint_eq(mem.bytes, 0);
	}
	ck_assert_uint_gt(taken, 0); /* bytes of data may be any */
	buf_fini(&z.bytes);
	pair_fini(&p);
}
END_TEST

START_TEST(thaw_survives_want_of_memory)
{
	struct alloc_counting mem;
	struct session *s;
	struct frozen z;
	struct pair p;
	struct stream *open;
	int r = AX_E_NOMEM;

	busy_pair(&p, &open);
	freeze(&z, p.relay.s);
	for (uint64_t n = 1; r < 0; n++) {
		alloc_counting_init(&mem, alloc_libc(), SIZE_MAX);
		mem.fail_at = n;
		r = thaw(buf_slice(&z.bytes), &mem.base, p.now_ns, &s);
		if (r == 0)
			session_free(&s);
		ck_assert_uint_eq(mem.bytes, 0);
	}
	buf_fini(&z.bytes);
	pair_fini(&p);
}
END_TEST

CHECK_MAIN("session_freeze",
    freeze_goes_on_in_another_session_with_the_same_byte,
    freeze_leaves_the_session_as_it_was,
    thaw_refuses_what_was_cut_at_any_byte, thaw_survives_every_wrong_bit,
    thaw_survives_want_of_memory)

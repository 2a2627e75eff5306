/* Tests of proto/session_tx.c: the order in which everything leaves. */
#include "pair.h"

static struct pair pair;
static struct pair *const p = &pair;

static void
set_up(void)
{
	pair_init(p);
	pair_up(p);
}

/* What a would send now, in one piece. */
static uint8_t wire[4 << 20];

static size_t
look(struct side *a)
{
	struct iovec iov[256];
	size_t k = session_pull(a->s, iov, 256, p->now_ns), n = 0;

	for (size_t i = 0; i < k; i++) {
		memcpy(wire + n, iov[i].iov_base, iov[i].iov_len);
		n += iov[i].iov_len;
	}
	return n;
}

/* Where in the n bytes of wire the first control message of a type begins;
 * -1: nowhere. The bytes must be whole frames.                               */
static long
find_control(size_t n, uint8_t type)
{
	size_t at = 0;

	while (at < n) {
		struct wire_head h = wire_head_get(wire + at);

		if (h.id == 0 && wire[at + 8] == type)
			return (long)at;
		at += 8 + h.len;
	}
	ck_assert_uint_eq(at, n);
	return -1;
}

static long
find_data(size_t n, uint32_t id)
{
	for (size_t at = 0; at < n; at += 8 + wire_head_get(wire + at).len)
		if (wire_head_get(wire + at).id == id)
			return (long)at;
	return -1;
}

START_TEST(tx_writes_fin_behind_the_data)
{
	struct stream *st, *peer;
	size_t n;

	set_up();
	pair_open(p, &p->relay, &st, &peer);
	ck_assert_uint_eq(side_send(p, &p->relay, st, 4000), 4000);
	session_fin(p->relay.s, st);
	n = look(&p->relay);
	ck_assert_int_ge(find_data(n, 1), 0);
	ck_assert_int_gt(find_control(n, AX_CTL_FIN), find_data(n, 1));
	pair_fini(p);
}
END_TEST

/* An ACK must not overtake CREDIT that was written before it. */
START_TEST(tx_keeps_an_ack_behind_earlier_control)
{
	struct stream *st, *peer;
	size_t n;

	set_up();
	pair_open(p, &p->relay, &st, &peer);
	p->agent.keep = true;
	pair_send(p, &p->relay, st, 40000);
	side_send(p, &p->agent, peer, 3000);
	session_consumed(p->agent.s, peer, 40000, p->now_ns);
	p->now_ns += 200 * AX_NS_PER_MS;
	session_tick(p->agent.s, p->now_ns);
	n = look(&p->agent);
	ck_assert_int_ge(find_control(n, AX_CTL_CREDIT), 0);
	ck_assert_int_gt(find_control(n, AX_CTL_ACK),
	    find_control(n, AX_CTL_CREDIT));
	pair_fini(p);
}
END_TEST

START_TEST(tx_lets_an_ack_overtake_data)
{
	struct stream *st, *peer;
	size_t n;

	set_up();
	pair_open(p, &p->relay, &st, &peer);
	p->agent.keep = true;
	pair_send(p, &p->relay, st, 1000);
	side_send(p, &p->agent, peer, 3000);
	p->now_ns += 200 * AX_NS_PER_MS;
	session_tick(p->agent.s, p->now_ns);
	n = look(&p->agent);
	ck_assert_int_eq(find_control(n, AX_CTL_ACK), 0);
	ck_assert_int_gt(find_data(n, 1), 0);
	pair_fini(p);
}
END_TEST

/* However the bytes are cut, frames stay whole. */
START_TEST(tx_keeps_frames_whole_in_any_pieces)
{
	struct stream *st, *peer;
	struct rng r;
	size_t sent = 0;

	rng_seed(&r, test_seed());
	set_up();
	pair_open(p, &p->relay, &st, &peer);
	while (sent < (2 << 20)) {
		sent += side_send(p, &p->relay, st, rng_below(&r, 20000) + 1);
		session_probe(p->relay.s, p->now_ns);
		p->now_ns += rng_below(&r, 60 * AX_NS_PER_MS);
		session_tick(p->relay.s, p->now_ns);
		session_tick(p->agent.s, p->now_ns);
		for (int i = 0; i < 3; i++)
			pair_step(p, &p->relay, &p->agent,
			    rng_below(&r, 9000) + 1);
		pair_step(p, &p->agent, &p->relay, rng_below(&r, 40) + 1);
	}
	pair_pump(p);
	ck_assert_uint_eq(p->agent.data_bytes, sent);
	pair_fini(p);
}
END_TEST

START_TEST(tx_sends_a_keystroke_before_more_bulk)
{
	struct stream *bulk, *key, *peer;
	size_t n, burst, total;

	set_up();
	pair_open(p, &p->relay, &bulk, &peer);
	pair_open(p, &p->relay, &key, &peer);
	session_ready(p->relay.s, bulk, true);
	/* Bulk fills the burst; then somebody types. */
	for (size_t q = 0; session_sender(p->relay.s, &q, p->now_ns) != NULL;) {
		struct iovec iov[16];

		ck_assert_uint_gt(
		    session_reserve(p->relay.s, bulk, q, iov, 16), 0);
		session_commit(p->relay.s, bulk, q);
	}
	burst = look(&p->relay);
	ck_assert_uint_le(burst, 9 << 10);
	session_sent(p->relay.s, burst / 2, p->now_ns);
	session_ready(p->relay.s, key, true);
	ck_assert_ptr_eq(session_sender(p->relay.s, &n, p->now_ns), key);
	ck_assert_uint_ge(n, 100);
	total = side_send(p, &p->relay, key, 100);
	ck_assert_uint_eq(total, 100);
	pair_fini(p);
}
END_TEST

START_TEST(tx_lends_no_more_than_a_burst)
{
	struct stream *st, *peer;

	set_up();
	pair_open(p, &p->relay, &st, &peer);
	ck_assert_uint_le(side_send(p, &p->relay, st, 1 << 20), 8 << 10);
	ck_assert_uint_eq(side_send(p, &p->relay, st, 1 << 20), 0);
	session_sent(p->relay.s, look(&p->relay) / 2, p->now_ns);
	ck_assert_uint_gt(side_send(p, &p->relay, st, 1 << 20), 0);
	pair_fini(p);
}
END_TEST

/* The relay hears no ACK: data stop at the ring's limit, control goes on. */
START_TEST(tx_control_flows_when_the_ring_is_full)
{
	struct session_args r = pair_args(SESSION_RELAY);
	struct session_args a = pair_args(SESSION_AGENT);
	struct stream *st, *peer, *other, *other_peer;
	size_t n, done = 0;

	r.ring_max = 64 << 10;
	a.window_init = 256 << 10;
	pair_init_with(p, &r, &a);
	pair_up(p);
	pair_open(p, &p->relay, &st, &peer);
	pair_open(p, &p->agent, &other, &other_peer);
	p->relay.deaf = true;
	do {
		n = side_send(p, &p->relay, st, 1 << 20);
		done += n;
		pair_pump(p);
	} while (n > 0);
	ck_assert_uint_le(done, 64 << 10);
	ck_assert_uint_ge(done, 32 << 10);
	session_opened(p->relay.s, other_peer);
	session_reset(p->relay.s, st, AX_WIRE_CANCEL);
	(void)side_open(&p->relay);
	pair_pump(p);
	ck_assert_ptr_nonnull(side_saw(&p->agent, SESSION_EV_OPENED));
	ck_assert_ptr_nonnull(side_saw(&p->agent, SESSION_EV_RESET));
	ck_assert_ptr_nonnull(side_saw(&p->agent, SESSION_EV_OPEN));
	pair_fini(p);
}
END_TEST

START_TEST(tx_goes_on_when_the_ring_is_acknowledged)
{
	struct session_args r = pair_args(SESSION_RELAY);
	struct session_args a = pair_args(SESSION_AGENT);
	struct stream *st, *peer;
	size_t done = 0;

	r.ring_max = a.ring_max = 64 << 10;
	pair_init_with(p, &r, &a);
	pair_up(p);
	pair_open(p, &p->relay, &st, &peer);
	/* No time passes: the ACKs must come by volume. */
	while (done < (4 << 20)) {
		size_t n = side_send(p, &p->relay, st, (4 << 20) - done);

		pair_pump(p);
		ck_assert_uint_gt(n, 0);
		done += n;
	}
	ck_assert_uint_eq(p->agent.data_bytes, 4 << 20);
	ck_assert_uint_le(side_stats(&p->relay).ring_bytes, 300 << 10);
	pair_fini(p);
}
END_TEST

START_TEST(tx_reports_memory_and_goes_on_later)
{
	struct stream *st, *peer;
	struct iovec iov[16];
	size_t quantum;

	set_up();
	pair_open(p, &p->relay, &st, &peer);
	pair_wait(p, 200);
	pair_wait(p, 1500); /* the ring owns nothing any more */
	session_ready(p->relay.s, st, true);
	ck_assert_ptr_eq(session_sender(p->relay.s, &quantum, p->now_ns), st);
	p->relay.mem.fail_at = p->relay.mem.calls + 1;
	ck_assert_uint_eq(
	    session_reserve(p->relay.s, st, quantum, iov, 16), 0);
	session_commit(p->relay.s, st, 0);
	p->relay.mem.fail_at = 0;
	ck_assert_uint_eq(side_send(p, &p->relay, st, 100), 100);
	pair_pump(p);
	ck_assert_uint_eq(p->agent.data_bytes, 100);
	pair_fini(p);
}
END_TEST

START_TEST(tx_spaces_services_by_a_second)
{
	struct session_service s = { .name = "web" };

	set_up();
	ck_assert_int_eq(session_services(p->agent.s, &s, 1), 0);
	pair_pump(p);
	ck_assert_uint_eq(p->relay.n_log, 1);
	ck_assert_int_eq(session_services(p->agent.s, &s, 1), 0);
	ck_assert(!session_wants_send(p->agent.s));
	ck_assert_int_eq(session_services(p->agent.s, &s, 1), 0);
	pair_pump(p);
	ck_assert_uint_eq(p->relay.n_log, 1);
	ck_assert_uint_le(
	    session_deadline(p->agent.s), p->now_ns + AX_NS_PER_S);
	pair_wait(p, 1000);
	ck_assert_uint_eq(p->relay.n_log, 2);
	pair_fini(p);
}
END_TEST

START_TEST(tx_shares_between_streams)
{
	struct stream *st[4], *peer;
	size_t sent[4] = { 0 }, quantum;

	set_up();
	for (int i = 0; i < 4; i++) {
		pair_open(p, &p->relay, &st[i], &peer);
		stream_set_user(st[i], &sent[i]);
		session_ready(p->relay.s, st[i], true);
	}
	for (int i = 0; i < 2000; i++) {
		struct stream *s;
		struct iovec iov[16];

		s = session_sender(p->relay.s, &quantum, p->now_ns);
		if (s != NULL) {
			ck_assert_uint_gt(session_reserve(
			    p->relay.s, s, quantum, iov, 16), 0);
			session_commit(p->relay.s, s, quantum);
			*(size_t *)stream_user(s) += quantum;
		}
		pair_pump(p);
		p->now_ns += AX_NS_PER_MS / 10;
	}
	for (int i = 1; i < 4; i++) {
		ck_assert_uint_ge(sent[i], sent[0] * 9 / 10);
		ck_assert_uint_le(sent[i], sent[0] * 11 / 10);
	}
	ck_assert_uint_ge(sent[0], 1 << 20);
	pair_fini(p);
}
END_TEST

/* Commits for whom the scheduler names, until it names nobody; key says only
 * 100 bytes of what it may. Returns how many bytes.                          */
static size_t
commit_all(const struct stream *key)
{
	size_t sum = 0, quantum;
	struct stream *s;

	while ((s = session_sender(p->relay.s, &quantum, p->now_ns)) != NULL) {
		struct iovec iov[16];
		size_t len = 0, n;

		n = session_reserve(p->relay.s, s, quantum, iov, 16);
		ck_assert_uint_gt(n, 0);
		for (size_t i = 0; i < n; i++)
			len += iov[i].iov_len;
		if (s == key)
			len = 100;
		session_commit(p->relay.s, s, len);
		if (s == key)
			session_ready(p->relay.s, s, false);
		sum += len;
	}
	return sum;
}

/* Bulk alone may have much unsent and unacknowledged; beside somebody who types
 * it may not, for a while.                                                   */
START_TEST(tx_holds_bulk_back_in_company)
{
	struct stream *bulk, *key, *peer;
	size_t alone = 0, beside;

	set_up();
	pair_open(p, &p->relay, &bulk, &peer);
	pair_open(p, &p->relay, &key, &peer);
	session_ready(p->relay.s, bulk, true);
	for (int i = 0; i < 2000; i++) { /* the path proves fast */
		alone = commit_all(NULL);
		pair_pump(p);
		p->now_ns += AX_NS_PER_MS / 10;
	}
	ck_assert_uint_ge(alone, 190 << 10);
	session_ready(p->relay.s, key, true);
	(void)commit_all(key);
	pair_pump(p);
	p->now_ns += AX_NS_PER_MS;
	ck_assert_uint_le(commit_all(key), 64 << 10);
	beside = look(&p->relay);
	for (int i = 0; i < 100; i++) { /* sent, but not acknowledged */
		session_sent(p->relay.s, look(&p->relay), p->now_ns);
		beside += commit_all(key);
	}
	ck_assert_uint_ge(beside, 190 << 10);
	ck_assert_uint_le(beside, 257 << 10);
	p->now_ns += 101 * AX_NS_PER_MS;
	ck_assert_uint_ge(commit_all(key), 190 << 10);
	pair_forget(p);
	pair_fini(p);
}
END_TEST

/* Each turn is a system call at both ends: a path that is known to be fast has few.
 * Beside somebody who types they are short.                                  */
START_TEST(tx_gives_long_turns_on_a_fast_path)
{
	struct stream *bulk[2], *key, *peer;
	size_t quantum = 0, most = 0;

	set_up();
	for (int i = 0; i < 2; i++)
		pair_open(p, &p->relay, &bulk[i], &peer);
	pair_open(p, &p->relay, &key, &peer);
	for (int i = 0; i < 2; i++)
		session_ready(p->relay.s, bulk[i], true);
	for (int i = 0; i < 2000; i++) {
		(void)commit_all(NULL);
		pair_pump(p);
		p->now_ns += AX_NS_PER_MS / 10;
	}
	for (int i = 0; i < 4; i++) {
		struct iovec iov[16];
		struct stream *s = session_sender(p->relay.s, &quantum, p->now_ns);

		ck_assert_uint_gt(session_reserve(p->relay.s, s, quantum, iov, 16), 0);
		session_commit(p->relay.s, s, quantum);
		pair_pump(p);
		most = MAX(most, quantum);
	}
	ck_assert_uint_ge(most, 250 << 10);
	for (int i = 0; i < 20; i++) { /* the turns at hand end */
		session_ready(p->relay.s, key, true);
		(void)commit_all(key);
		pair_pump(p);
	}
	ck_assert_ptr_nonnull(session_sender(p->relay.s, &quantum, p->now_ns));
	ck_assert_uint_le(quantum, AX_FRAME_MAX);
	pair_fini(p);
}
END_TEST

CHECK_MAIN("session_tx", tx_writes_fin_behind_the_data,
    tx_keeps_an_ack_behind_earlier_control, tx_lets_an_ack_overtake_data,
    tx_keeps_frames_whole_in_any_pieces, tx_sends_a_keystroke_before_more_bulk,
    tx_lends_no_more_than_a_burst, tx_control_flows_when_the_ring_is_full,
    tx_goes_on_when_the_ring_is_acknowledged,
    tx_reports_memory_and_goes_on_later, tx_spaces_services_by_a_second,
    tx_shares_between_streams, tx_holds_bulk_back_in_company,
    tx_gives_long_turns_on_a_fast_path)

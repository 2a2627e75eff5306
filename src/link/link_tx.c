/* link_tx.c — from the splices to the link's socket: sockets are read into the
 * ring when the scheduler says so, the ring is sealed, and the records of a
 * burst leave with one send.
 *
 * Thread: the loop's.
 * Invariant: nothing is read or sealed while the socket refuses bytes: what is
 * not sealed can still be overtaken by something more urgent.                */
#include <errno.h>
#include <sys/socket.h>

#include "io/sock.h"
#include "link/pump.h"

#define PULL_SLOTS 64
#define LOWAT_MIN (4u << 10)
#define WORK_MAX (2 * LINK_TURN) /* a byte is read and sent */
#define TUNE_NS (100 * AX_NS_PER_MS)

/* --- socket --------------------------------------------------------------- */

static void
send_failed(struct link *l)
{
	struct err e;

	(void)err_sys(&e, "connection lost");
	link_lose(l, e.sys == ECONNRESET || e.sys == EPIPE, &e);
}

/* What the kernel holds, nothing can overtake any more. So it holds what the
 * path carries in 10 ms: enough that the path never runs dry between two turns,
 * and a keystroke beside a bulk transfer waits no longer than that. At 10
 * Mbit/s with the constant 256 KiB it waited for 220 ms.                     */
static void
tune_socket(struct link *l)
{
	uint64_t now = loop_now(l->loop), bytes;
	uint32_t want;

	if (now - l->tuned_ns < TUNE_NS)
		return;
	l->tuned_ns = now;
	bytes = sock_rate(l->watch.fd) / 100;
	want = (uint32_t)MIN(MAX(bytes, LOWAT_MIN), LINK_LOWAT);
	if (bytes == 0 || (want >= l->lowat / 4 * 3 && want <= l->lowat / 4 * 5))
		return;
	sock_notsent_lowat(l->watch.fd, want);
	l->lowat = want;
}

/* Sends from the head of b; what is left stays there. */
static void
send_from(struct link *l, struct buf *b)
{
	struct slice s = buf_slice(b);
	int flags = MSG_NOSIGNAL;
	ssize_t n;

	if (s.n == 0 || l->blocked || l->state >= LINK_AWAY)
		return;
	/* On a slow path: without the mark the kernel goes on filling its last
	 * segment, up to 64 KiB, before it looks at the limit again. */
	if (l->lowat < LINK_LOWAT)
		flags |= MSG_EOR;
	/* The last words and our end in one segment. */
	if (l->state == LINK_CLOSING)
		flags |= MSG_MORE;
	do
		n = send(l->watch.fd, s.p, s.n, flags);
	while (n < 0 && errno == EINTR);
	link_called(l, n);
	if (n < 0 && errno != EAGAIN) {
		send_failed(l);
		return;
	}
	buf_consume(b, n > 0 ? (size_t)n : 0);
	l->blocked = buf_len(b) > 0;
	tune_socket(l);
}

/* Keeps what the socket refused: what was sealed cannot be sealed again. */
static int
keep(struct link *l, struct slice rest)
{
	size_t n = buf_len(&l->backlog) + rest.n;

	if (n > LINK_BACKLOG + l->reserved) {
		if (!alloc_reserve(l->alloc, n - LINK_BACKLOG - l->reserved))
			return AX_E_NOMEM;
		l->reserved = n - LINK_BACKLOG;
	}
	return buf_append(&l->backlog, rest.p, rest.n);
}

/* The most to seal at a time: all of it may have to be kept. */
static size_t
burst_max(const struct link *l)
{
	size_t left = alloc_left(l->alloc) / 8;

	return MIN(MAX(left, (size_t)LINK_BURST_MIN), (size_t)LINK_TURN);
}

/* Sends what the turn has sealed; the socket's refusal says how much to seal
 * the next time, so that little is copied to the backlog. */
static void
send_out(struct link *l)
{
	struct buf *out = &l->scratch->out;
	size_t before = buf_len(out);
	struct slice rest;
	struct err e;

	if (before == 0)
		return;
	send_from(l, &l->backlog);
	send_from(l, out);
	rest = buf_slice(out);
	if (rest.n == 0)
		l->burst = MIN(l->burst * 2, burst_max(l));
	else
		l->burst = MAX(before - rest.n, (size_t)LINK_BURST_MIN);
	if (rest.n > 0 && keep(l, rest) < 0) {
		(void)err_set(&e, AX_E_NOMEM, "no memory to send");
		link_lose(l, false, &e); /* there is a hole in the ciphertext */
	}
	buf_consume(out, rest.n);
}

/* --- sealing -------------------------------------------------------------- */

/* Takes the pieces of the next record off *iov: a large one as it is, small
 * ones together. */
static struct slice
next_record(struct link_scratch *x, struct iovec **iov, struct iovec *end)
{
	struct iovec *v = *iov;
	struct slice one = slice_of(v->iov_base, MIN(v->iov_len, TLS_RECORD_MAX));
	size_t n = 0;

	if (one.n == TLS_RECORD_MAX || v + 1 == end ||
	    v[1].iov_len >= TLS_RECORD_MAX) {
		v->iov_base = (uint8_t *)v->iov_base + one.n;
		v->iov_len -= one.n;
		*iov = v->iov_len == 0 ? v + 1 : v;
		return one;
	}
	for (; v < end && n + v->iov_len <= TLS_RECORD_MAX; v++) {
		memcpy(x->gather + n, v->iov_base, v->iov_len);
		n += v->iov_len;
	}
	*iov = v;
	return slice_of(x->gather, n);
}

static int
seal_pieces(struct link *l, struct iovec *iov, size_t n, size_t *sealed)
{
	struct iovec *end = iov + n;
	struct err e;
	int r;

	while (iov < end && *sealed < l->burst) {
		struct slice record = next_record(l->scratch, &iov, end);

		r = tls_conn_write(l->tls, record.p, record.n, &l->scratch->out, &e);
		if (r < 0) {
			link_lose(l, false, &e);
			return r;
		}
		*sealed += record.n;
	}
	return 0;
}

/* Seals up to a burst of what the session has to say. */
static size_t
seal(struct link *l)
{
	struct iovec iov[PULL_SLOTS];
	uint64_t now = loop_now(l->loop);
	size_t sealed = 0, before, n;

	while (sealed < l->burst) {
		n = session_pull(l->session, iov, PULL_SLOTS, now);
		before = sealed;
		if (n == 0 || seal_pieces(l, iov, n, &sealed) < 0)
			break;
		session_sent(l->session, sealed - before, now);
	}
	return sealed;
}

/* --- the turn ------------------------------------------------------------- */

static void
read_splices(struct link *l, uint64_t enough)
{
	uint64_t now = loop_now(l->loop);
	struct stream *st;
	size_t quantum, n = 0;

	while (n + AX_FRAME_MAX <= l->burst && l->work < enough &&
	    (st = session_sender(l->session, &quantum, now)) != NULL) {
		/* Without memory for the ring, what is in it goes out, and its
		 * ACK (or the next ping) brings us here again. */
		if (splice_read(stream_user(st), quantum, &n) < 0)
			break;
	}
}

static void
send_session(struct link *l)
{
	uint64_t enough = l->work + WORK_MAX;
	size_t n;

	l->more = false;
	while (!l->blocked && l->state < LINK_LINGER) {
		if (l->state <= LINK_UP)
			read_splices(l, enough);
		n = seal(l);
		send_out(l);
		l->more = l->work >= enough;
		if (n == 0 || l->more)
			return;
	}
}

/* The last words: what the session still has, close_notify, then our end of the
 * connection. The peer's end is awaited, because closing with unread bytes would
 * make the kernel send a reset that can overtake them. */
static void
say_goodbye(struct link *l)
{
	bool spoke;

	if (l->session != NULL && !l->more && !l->blocked)
		tls_conn_close(l->tls, &l->scratch->out);
	spoke = buf_len(&l->scratch->out) + buf_len(&l->backlog) > 0;
	send_out(l);
	if (l->blocked || l->more || l->state == LINK_DOWN)
		return;
	(void)shutdown(l->watch.fd, SHUT_WR);
	l->state = spoke && !l->why.by_peer ? LINK_LINGER : LINK_DOWN;
}

void
link_drop_backlog(struct link *l)
{
	buf_fini(&l->backlog);
	if (l->reserved > 0)
		alloc_unreserve(l->alloc, l->reserved);
	l->reserved = 0;
}

void
link_transmit(struct link *l)
{
	send_from(l, &l->backlog);
	if (l->session != NULL)
		send_session(l);
	send_out(l);
	if (l->state == LINK_CLOSING)
		say_goodbye(l);
	if (buf_len(&l->backlog) == 0)
		link_drop_backlog(l); /* idle links own no buffer */
}

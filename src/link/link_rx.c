/* link_rx.c — from the link's socket to the splices: one large read, records
 * opened in place of one plaintext area, events handed out.
 *
 * Thread: the loop's.
 * Invariant: when link_receive returns, TLS has taken all that was read and no
 * splice points into the plaintext area, so the next link may use both.      */
#include <errno.h>
#include <sys/socket.h>

#include "base/assert.h"
#include "base/rng.h"
#include "link/pump.h"

/* --- events --------------------------------------------------------------- */

static void
on_hello(struct link *l, const struct session_event *ev)
{
	l->ops->hello(l, ev->hello);
}

static void
on_open(struct link *l, const struct session_event *ev)
{
	l->ops->open(l, ev->stream, ev->open);
}

static void
on_other(struct link *l, const struct session_event *ev)
{
	if (l->ops->event != NULL)
		l->ops->event(l, ev);
}

/* The peer's last words: there is no answer to them. */
static void
on_last_words(struct link *l, const struct session_event *ev)
{
	struct err e = { .code = AX_E_CLOSED };
	struct str text;

	on_other(l, ev);
	str_init(&text, e.text, sizeof(e.text));
	str_untrusted(&text, ev->data, AX_REASON_MAX);
	link_fail(l, ev->code, true, &e);
}

static void
on_opened(struct link *l AX_UNUSED, const struct session_event *ev)
{
	splice_on_opened(stream_user(ev->stream));
}

static void
on_data(struct link *l AX_UNUSED, const struct session_event *ev)
{
	splice_on_data(stream_user(ev->stream), ev->data);
}

static void
on_fin(struct link *l AX_UNUSED, const struct session_event *ev)
{
	splice_on_fin(stream_user(ev->stream));
}

static void
on_reset(struct link *l AX_UNUSED, const struct session_event *ev)
{
	splice_on_reset(stream_user(ev->stream), ev->code);
}

static void
drain_events(struct link *l)
{
	static void (*const handlers[])(struct link *, const struct session_event *) = {
		[SESSION_EV_HELLO] = on_hello,
		[SESSION_EV_UP] = on_hello,
		[SESSION_EV_RESUMED] = link_on_resumed,
		[SESSION_EV_REFUSED] = on_last_words,
		[SESSION_EV_OPEN] = on_open,
		[SESSION_EV_OPENED] = on_opened,
		[SESSION_EV_DATA] = on_data,
		[SESSION_EV_FIN] = on_fin,
		[SESSION_EV_RESET] = on_reset,
		[SESSION_EV_SERVICES] = on_other,
		[SESSION_EV_RENEW] = on_other,
		[SESSION_EV_CERTIFICATE] = on_other,
		[SESSION_EV_TRUST] = on_other,
		[SESSION_EV_EXPOSE] = on_other,
		[SESSION_EV_EXPOSED] = on_other,
		[SESSION_EV_GOAWAY] = on_other,
		[SESSION_EV_CLOSE] = on_last_words,
	};
	uint64_t before = session_frames(l->session);
	struct session_event ev;

	while (l->state < LINK_CLOSING && session_next(l->session, &ev))
		handlers[ev.type](l, &ev);
	l->work += LINK_FRAME * (session_frames(l->session) - before);
}

/* --- handshake ------------------------------------------------------------ */

/* Nobody to talk to; but the reason travels in a frame, and only a session can
 * write one. It lives until the link is closed, and takes nothing in. */
static void
refuse(struct link *l, uint16_t code, const char *reason)
{
	struct session_args args = {
		.role = l->is_agent ? SESSION_AGENT : SESSION_RELAY,
		.alloc = alloc_libc(),
		.max_streams = 1,
		.window_init = 16 << 10,
		.window_max = 16 << 10,
		.budget = 64 << 10,
		.max_frame = AX_FRAME_MAX_FLOOR,
		.ring_max = 64 << 10,
		.ping_ms = 15000,
		.dead_ms = 10000,
	};
	struct err e;

	if (session_new(&args, loop_now(l->loop), &l->session) == 0) {
		if (l->is_agent)
			session_close(l->session, code, reason);
		else
			session_reject(l->session, code, reason, 0);
	}
	(void)err_set(&e, AX_E_IDENTITY, "%s", reason != NULL ? reason : "refused");
	link_fail(l, code, false, &e);
}

static void
authenticated(struct link *l)
{
	struct session_args args = { 0 };
	const char *reason = NULL;
	struct err e;
	uint16_t code;
	int r;

	l->proven = *tls_conn_peer(l->tls);
	l->cipher = tls_conn_cipher(l->tls);
	if (l->ops->heir != NULL && (l->heir = l->ops->heir(l)) != NULL)
		return;
	code = l->ops->authenticated(l, &l->proven, &args, &reason);
	if (code != AX_WIRE_NO_ERROR) {
		refuse(l, code, reason);
		return;
	}
	l->alloc = args.alloc;
	l->burst = LINK_BURST_MIN;
	r = session_new(&args, loop_now(l->loop), &l->session);
	if (r < 0) {
		(void)err_set(&e, r, "the session does not start");
		link_fail(l, 0, false, &e);
	}
}

static void
read_failed(struct link *l, int r, const struct err *e)
{
	struct err bye;

	if (r != AX_E_CLOSED) {
		link_fail(l, 0, false, e);
		return;
	}
	(void)err_set(&bye, AX_E_CLOSED, "the peer closed the connection");
	link_fail(l, 0, true, &bye);
}

/* The connection is about to be given away, and the peer may not have said
 * anything on it yet. */
static void
read_nothing(struct link *l)
{
	struct link_scratch *x = l->scratch;
	struct err e;
	size_t n;
	int r = tls_conn_read(l->tls, x->plain, sizeof(x->plain), &n, &x->out,
	    loop_now(l->loop), &e);

	if (r == 0)
		r = err_set(&e, AX_E_PEER, "the relay spoke before HELLO");
	if (r != AX_E_AGAIN)
		read_failed(l, r, &e);
}

/* Returns true once application data may be read. */
static bool
handshake(struct link *l)
{
	struct buf *out = &l->scratch->out;
	struct err e;
	int r;

	if (l->session != NULL)
		return true;
	r = tls_conn_handshake(l->tls, out, loop_now(l->loop), &e);
	if (buf_len(out) > 0)
		l->gate_ns = AX_NEVER; /* it found a ClientHello to answer */
	if (buf_len(out) > 0 || r != AX_E_AGAIN)
		l->work += LINK_STEP;
	if (r == AX_E_AGAIN)
		return false;
	if (r < 0)
		link_fail(l, 0, false, &e);
	else
		authenticated(l);
	if (l->heir != NULL)
		read_nothing(l);
	return l->state < LINK_CLOSING && l->heir == NULL;
}

/* --- bytes ---------------------------------------------------------------- */

static void
open_records(struct link *l)
{
	struct link_scratch *x = l->scratch;
	uint64_t now = loop_now(l->loop);
	struct err e;
	size_t at = 0, n;
	int r;

	while (l->state < LINK_CLOSING && !session_is_closing(l->session)) {
		if (sizeof(x->plain) - at < TLS_READ_MIN) {
			splice_flush_all(l);
			at = 0;
		}
		r = tls_conn_read(l->tls, x->plain + at, sizeof(x->plain) - at,
		    &n, &x->out, now, &e);
		if (r == AX_E_AGAIN)
			return;
		if (r < 0) {
			read_failed(l, r, &e);
			return;
		}
		session_feed(l->session, slice_of(x->plain + at, n), now);
		drain_events(l);
		at += n;
	}
}

static void
receive_failed(struct link *l, ssize_t n)
{
	struct err e;
	bool by_peer = n == 0 || errno == ECONNRESET;

	if (n < 0 && errno == EINTR)
		return;
	l->readable = false;
	if (n < 0 && errno == EAGAIN)
		return;
	if (n == 0)
		(void)err_set(&e, AX_E_CLOSED, "the peer hung up");
	else
		(void)err_sys(&e, "connection lost");
	link_lose(l, by_peer, &e);
}

/* How much to take the next time: of small frames for many sockets, a few bytes
 * are a turn's work.                                                         */
static void
tune_gulp(struct link *l, size_t n)
{
	if (l->work > 3 * LINK_TURN)
		l->gulp = MAX(n / 2, (size_t)LINK_GULP_MIN);
	else
		l->gulp = MIN(l->gulp * 2, sizeof(l->scratch->cipher));
}

void
link_receive(struct link *l)
{
	struct link_scratch *x = l->scratch;
	ssize_t n = 0;

	if (l->readable) {
		n = recv(l->watch.fd, x->cipher, l->gulp, 0);
		link_called(l, n);
		if (n <= 0)
			receive_failed(l, n);
		else if ((size_t)n < l->gulp && !l->until_end)
			l->readable = false;
	}
	/* While closing, reading only looks for the peer's end. */
	if (l->state < LINK_CLOSING && (n > 0 || l->session == NULL)) {
		tls_conn_feed(l->tls, slice_of(x->cipher, (size_t)MAX(n, 0)));
		if (handshake(l))
			open_records(l);
	}
	splice_flush_all(l);
	if (n > 0)
		tune_gulp(l, (size_t)n);
}

/* knock.c — handshake, one message, one answer.
 *
 * Thread: the agent's.
 * Invariant: while tls is set the watch and the timer are, and answered is still to
 * be called. Nothing is sent but a hello before the relay has proven who it is. */
#include "agent/knock.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/cursor.h"
#include "enrol/message.h"
#include "io/sock.h"

#define PATIENCE_MS 10000 /* as the relay's */

static void
hang_up(struct knock *k)
{
	loop_unwatch(k->loop, &k->watch);
	loop_untimer(k->loop, &k->timer);
	sock_close(&k->fd);
	tls_conn_free(&k->tls);
	buf_fini(&k->request);
}

static void
answer(struct knock *k, const struct knock_answer *a, const struct err *e)
{
	struct buf in = k->in; /* a points into it */

	buf_init(&k->in);
	hang_up(k);
	k->answered(k, a, e);
	buf_fini(&in);
}

/* Some hundred bytes, for which a new socket has room. */
static int
send_all(struct knock *k, struct slice s)
{
	return s.n == 0 || send(k->fd, s.p, s.n, MSG_NOSIGNAL | MSG_DONTWAIT) ==
	    (ssize_t)s.n ? 0 : AX_E_CLOSED;
}

/* Goes on with the handshake; after it, asks. */
static int
shake(struct knock *k, struct buf *out, struct err *e)
{
	struct slice s = buf_slice(&k->request);
	int r = tls_conn_handshake(k->tls, out, loop_now(k->loop), e);

	k->asked = r == 0;
	return r < 0 ? r : tls_conn_write(k->tls, s.p, s.n, out, e);
}

/* AX_E_AGAIN: there is more to come. */
static int
parse(struct slice in, struct knock_answer *a, struct err *e)
{
	struct reader r;
	uint8_t type;
	size_t n;

	reader_init(&r, in);
	type = reader_u8(&r);
	n = reader_u16(&r);
	if (r.bad || reader_left(&r) < n)
		return AX_E_AGAIN;
	*a = (struct knock_answer){ 0 };
	if (type == ENROL_CERTIFICATE) {
		(void)reader_u16(&r); /* a port, that we know */
		a->der = reader_bytes(&r, reader_left(&r));
	} else {
		a->why = reader_u8(&r);
		a->retry_s = reader_u16(&r);
	}
	return !r.bad && (type == ENROL_CERTIFICATE) == (a->why == 0) ? 0 :
	    err_set(e, AX_E_PEER, "the relay says something else");
}

static int
listen_for(struct knock *k, struct buf *out, struct knock_answer *a, struct err *e)
{
	uint8_t p[TLS_READ_MIN];
	size_t n;
	int r;

	while ((r = tls_conn_read(k->tls, p, sizeof(p), &n, out, loop_now(k->loop),
	    e)) == 0) {
		if (buf_append(&k->in, p, n) < 0)
			return err_set(e, AX_E_NOMEM, "out of memory");
		r = parse(buf_slice(&k->in), a, e);
		if (r != AX_E_AGAIN)
			return r;
	}
	return r;
}

/* What was lent to TLS. Returns 0: the answer is here; AX_E_AGAIN. */
static int
go_on(struct knock *k, struct knock_answer *a, struct err *e)
{
	struct buf out;
	int r, sent;

	buf_init(&out);
	(void)err_set(e, AX_E_CLOSED, "the connection was lost");
	r = k->asked ? 0 : shake(k, &out, e);
	sent = send_all(k, buf_slice(&out)); /* also what ends it */
	if (r == 0 || r == AX_E_AGAIN)
		r = sent < 0 ? sent : r;
	if (r == 0)
		r = listen_for(k, &out, a, e);
	buf_fini(&out);
	return r;
}

static void
on_ready(struct watch *w, uint32_t events AX_UNUSED)
{
	struct knock *k = container_of(w, struct knock, watch);
	struct knock_answer a;
	uint8_t p[ENROL_MESSAGE_MAX];
	ssize_t n = recv(k->fd, p, sizeof(p), MSG_DONTWAIT);
	struct err e;
	int r;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0)
		tls_conn_feed(k->tls, slice_of(p, (size_t)n));
	r = n > 0 ? go_on(k, &a, &e) :
		    err_set(&e, AX_E_CLOSED, "the relay hung up");
	if (r != AX_E_AGAIN)
		answer(k, r == 0 ? &a : NULL, &e);
}

static void
on_timer(struct wheel_timer *t)
{
	struct err e = { 0 };

	(void)err_set(&e, AX_E_TIMEOUT, "no answer in time");
	answer(container_of(t, struct knock, timer), NULL, &e);
}

void
knock_init(struct knock *k)
{
	k->fd = -1;
	k->tls = NULL;
	buf_init(&k->request);
	buf_init(&k->in);
	watch_init(&k->watch, on_ready);
	wheel_timer_init(&k->timer, on_timer);
}

void
knock_fini(struct knock *k)
{
	if (k->tls != NULL)
		hang_up(k);
	buf_fini(&k->in);
}

int
knock_begin(struct knock *k, struct tls_ctx *tls, int fd, const char *host,
    struct slice request, struct err *e)
{
	const uint8_t head[] = { ENROL_RENEW, (uint8_t)(request.n >> 8),
		(uint8_t)request.n };
	struct knock_answer a;
	int r;

	k->fd = fd;
	k->asked = false;
	r = buf_append(&k->request, head, sizeof(head));
	if (r == 0)
		r = buf_append(&k->request, request.p, request.n);
	if (r == 0)
		r = tls_conn_new(tls, host, &k->tls);
	if (r < 0)
		(void)err_set(e, r, "out of memory");
	if (r == 0 && (r = loop_watch(k->loop, &k->watch, fd, LOOP_LEVEL_IN)) < 0)
		(void)err_sys(e, "cannot watch a connection");
	loop_timer_in(k->loop, &k->timer, PATIENCE_MS);
	if (r == 0) {
		tls_conn_feed(k->tls, slice_of(NULL, 0));
		r = go_on(k, &a, e);
		if (r == AX_E_AGAIN)
			return 0;
	}
	hang_up(k);
	return r;
}

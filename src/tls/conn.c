/* conn.c — one TLS connection, memory to memory.
 *
 * The library reads through on_recv, which hands it the lent slice and lets
 * nothing pass that the gate and the record guard have not seen, and writes
 * through on_send, which appends to the caller's buffer and never says "later":
 * wolfSSL_write repeated with other bytes sends the old ones.
 *
 * Thread: owner of the context. Invariant: until established is set nothing
 * that a peer said has left this file but alerts and the library's own replies. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "parse/hello_gate.h"
#include "parse/host.h"
#include "parse/record_guard.h"
#include "tls/accel.h"
#include "tls/verdict.h"

struct tls_conn {
	struct tls_ctx *ctx; /* a reference */
	WOLFSSL *ssl;	     /* NULL until the gate has passed (relay) */
	char *host;
	struct hello_gate *gate; /* NULL once established */
	size_t gate_given;	 /* of its bytes, to the library */
	bool gate_passed;
	bool established;
	bool closing; /* close_notify has gone out */
	bool closed;  /* and this is the peer's */
	int failed;   /* AX_E_: for good; the sentence is in verdict.err */
	struct slice in;      /* lent */
	struct buf *out;      /* lent for the time of one call */
	unsigned may_start;   /* records that may begin in this call */
	unsigned whole;	      /* records handed over whole in this call */
	struct record_guard guard;
	struct accel_keys *keys;
	struct verdict verdict;
};

int
tls_conn_new(struct tls_ctx *ctx, const char *host, struct tls_conn **out)
{
	struct tls_conn *c;

	ax_assert((ctx->material->role == TLS_AGENT) == (host != NULL));
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return AX_E_NOMEM;
	c->ctx = ctx_ref(ctx);
	record_guard_init(&c->guard);
	c->gate = calloc(1, sizeof(*c->gate));
	if (c->gate == NULL || accel_keys_new(&c->keys) < 0)
		goto fail;
	if (host != NULL) {
		c->host = strdup(host);
		if (c->host == NULL)
			goto fail;
	}
	c->verdict.ctx = ctx;
	c->verdict.host = c->host;
	*out = c;
	return 0;
fail:
	tls_conn_free(&c);
	return AX_E_NOMEM;
}

void
tls_conn_free(struct tls_conn **p)
{
	struct tls_conn *c = *p;

	*p = NULL;
	if (c == NULL)
		return;
	wolfSSL_free(c->ssl);
	accel_keys_free(&c->keys);
	tls_ctx_free(&c->ctx);
	free(c->gate);
	free(c->host);
	free(c);
}

void
tls_conn_feed(struct tls_conn *c, struct slice in)
{
	ax_assert(c->in.n == 0);
	c->in = in;
}

/* --- what the library calls ---------------------------------------------- */

/* Ends the connection for good. Returns code. */
static int
give_up(struct tls_conn *c, int code, struct err *e)
{
	c->failed = code;
	c->in = slice_of(NULL, 0);
	if (e != NULL && e != &c->verdict.err)
		c->verdict.err = *e;
	return code;
}

static bool
at_boundary(const struct tls_conn *c)
{
	return c->guard.head_len == 0 && c->guard.body_left == 0;
}

/* Where the next bytes come from: the record that the gate holds, then what was
 * lent.                                                                      */
static struct slice
source(const struct tls_conn *c)
{
	if (!c->gate_passed)
		return slice_of(NULL, 0);
	if (c->gate != NULL && c->gate_given < c->gate->len)
		return slice_of(c->gate->bytes + c->gate_given,
		    c->gate->len - c->gate_given);
	return c->in;
}

static void
consume(struct tls_conn *c, size_t n)
{
	if (c->gate != NULL && c->gate_given < c->gate->len)
		c->gate_given += n;
	else
		c->in = slice_skip(c->in, n);
}

/* Never more than the rest of a head or of a body, so that we know at each call
 * where in a record we are.                                                  */
static size_t
clamp(const struct tls_conn *c, size_t want)
{
	size_t left = c->guard.body_left > 0 ? c->guard.body_left :
					       5u - c->guard.head_len;

	return MIN(want, left);
}

static int
on_recv(WOLFSSL *ssl, char *p, int size, void *arg)
{
	struct tls_conn *c = arg;
	struct slice s = source(c);
	bool starts = at_boundary(c);

	(void)ssl;
	s.n = MIN(s.n, clamp(c, (size_t)size));
	if (s.n == 0 || (starts && c->may_start == 0))
		return WOLFSSL_CBIO_ERR_WANT_READ;
	if (record_guard_feed(&c->guard, s, &c->verdict.err) < 0)
		return WOLFSSL_CBIO_ERR_GENERAL;
	c->may_start -= starts;
	c->whole += at_boundary(c);
	memcpy(p, s.p, s.n);
	consume(c, s.n);
	return (int)s.n;
}

static int
on_send(WOLFSSL *ssl, char *p, int size, void *arg)
{
	struct tls_conn *c = arg;

	(void)ssl;
	if (buf_append(c->out, p, (size_t)size) == 0)
		return size;
	(void)err_set(&c->verdict.err, AX_E_NOMEM, "no memory to send");
	return WOLFSSL_CBIO_ERR_GENERAL;
}

void
conn_set_io(WOLFSSL_CTX *ctx)
{
	wolfSSL_CTX_SetIORecv(ctx, on_recv);
	wolfSSL_CTX_SetIOSend(ctx, on_send);
}

/* Before every call into the library. */
static void
enter(struct tls_conn *c, unsigned may_start, struct buf *out)
{
	c->may_start = may_start;
	c->whole = 0;
	c->out = out;
	accel_enter(c->keys);
}

/* After it: AX_E_AGAIN, or the connection is over and e says why. */
static int
why_not(struct tls_conn *c, int ret, struct err *e)
{
	int code = wolfSSL_get_error(c->ssl, ret), r;

	if (code == WOLFSSL_ERROR_WANT_READ)
		return AX_E_AGAIN;
	r = verdict_explain(&c->verdict, c->ssl, code, &c->verdict.err);
	if (e != NULL)
		*e = c->verdict.err;
	return give_up(c, r, NULL);
}

/* --- handshake ----------------------------------------------------------- */

static int
no_state(struct tls_conn *c, struct err *e)
{
	(void)err_set(e, AX_E_NOMEM,
	    "no memory or no file descriptor (/dev/urandom) for a TLS "
	    "connection");
	return give_up(c, AX_E_NOMEM, e);
}

static bool
name_host(struct tls_conn *c)
{
	if (c->host == NULL)
		return true;
	if (wolfSSL_UseKeyShare(c->ssl, WOLFSSL_ECC_X25519) != WOLFSSL_SUCCESS)
		return false;
	return !host_is_dns(c->host) ||
	    wolfSSL_UseSNI(c->ssl, WOLFSSL_SNI_HOST_NAME, c->host,
		(unsigned short)strlen(c->host)) == WOLFSSL_SUCCESS;
}

static int
begin(struct tls_conn *c, struct err *e)
{
	c->ssl = wolfSSL_new(c->ctx->wolf);
	if (c->ssl == NULL || !name_host(c))
		return no_state(c, e);
	wolfSSL_SetIOReadCtx(c->ssl, c);
	wolfSSL_SetIOWriteCtx(c->ssl, c);
	wolfSSL_SetCertCbCtx(c->ssl, &c->verdict);
	return 0;
}

/* The library never saw the peer that the gate refuses, so the alert is ours;
 * what does not look like TLS gets no answer.                                */
static void
refuse_hello(struct tls_conn *c, struct buf *out)
{
	static const uint8_t handshake_failure[] = { 21, 3, 3, 0, 2, 2, 40 };

	if (c->gate->len > 0 && c->gate->bytes[0] == 22)
		(void)!buf_append(
		    out, handshake_failure, sizeof(handshake_failure));
}

static int
pass_gate(struct tls_conn *c, struct buf *out, struct err *e)
{
	size_t used;
	int r;

	if (c->gate_passed)
		return 0;
	r = c->host == NULL ? gate_client_hello(c->gate, c->in, &used, e) :
			      gate_server_hello(c->gate, c->in, &used, e);
	c->in = slice_skip(c->in, used);
	if (r == AX_E_AGAIN)
		return r;
	if (r < 0) {
		refuse_hello(c, out);
		return give_up(c, r, e);
	}
	c->gate_passed = true;
	return 0;
}

/* The library says the handshake is done; it is, if the verdict was reached. */
static int
finish(struct tls_conn *c, struct err *e)
{
	if (!c->verdict.passed || wolfSSL_version(c->ssl) != TLS1_3_VERSION) {
		(void)err_set(e, AX_E_IDENTITY, "the peer was not verified");
		return give_up(c, AX_E_IDENTITY, e);
	}
	record_guard_established(&c->guard);
	wolfSSL_FreeArrays(c->ssl);
	free(c->gate);
	c->gate = NULL;
	c->established = true;
	return 0;
}

static int
step(struct tls_conn *c, struct buf *out, struct err *e)
{
	int r;

	enter(c, UINT_MAX, out);
	r = c->host == NULL ? wolfSSL_accept(c->ssl) : wolfSSL_connect(c->ssl);
	return r == WOLFSSL_SUCCESS ? finish(c, e) : why_not(c, r, e);
}

/* The agent speaks first. */
static int
say_hello(struct tls_conn *c, struct buf *out, struct err *e)
{
	int r = begin(c, e);

	if (r == 0)
		r = step(c, out, e);
	return r == AX_E_AGAIN ? 0 : r;
}

static int
say_again(const struct tls_conn *c, struct err *e)
{
	if (e != NULL)
		*e = c->verdict.err;
	return c->failed;
}

int
tls_conn_handshake(
    struct tls_conn *c, struct buf *out, uint64_t now_ns, struct err *e)
{
	struct err own;
	int r = 0;

	(void)now_ns;
	ax_assert(!c->established);
	if (e == NULL)
		e = &own;
	if (c->failed < 0)
		return say_again(c, e);
	if (c->host != NULL && c->ssl == NULL)
		r = say_hello(c, out, e);
	if (r == 0)
		r = pass_gate(c, out, e);
	if (r == 0 && c->ssl == NULL)
		r = begin(c, e);
	return r < 0 ? r : step(c, out, e);
}

/* --- established --------------------------------------------------------- */

/* Would the plaintext of the record that comes next fit into room bytes? True
 * when its head is not there yet.                                            */
static bool
next_fits(const struct tls_conn *c, size_t room)
{
	size_t sealed;

	if (room == 0)
		return false;
	if (!at_boundary(c) || c->in.n < 5)
		return room >= TLS_RECORD_MAX;
	sealed = (size_t)c->in.p[3] << 8 | c->in.p[4];
	return sealed <= room + TLS_RECORD_OVERHEAD - 5;
}

/* Nothing came out of wolfSSL_read. */
static int
read_nothing(struct tls_conn *c, int ret, uint64_t now_ns, struct err *e)
{
	int r;

	if (wolfSSL_get_error(c->ssl, ret) == WOLFSSL_ERROR_ZERO_RETURN) {
		c->closed = true;
		return AX_E_CLOSED;
	}
	r = why_not(c, ret, e);
	if (r != AX_E_AGAIN)
		return r;
	r = record_guard_productive(&c->guard, c->whole, 0, now_ns, e);
	if (r < 0)
		return give_up(c, r, e);
	return c->in.n > 0 ? 0 : AX_E_AGAIN;
}

int
tls_conn_read(struct tls_conn *c, uint8_t *p, size_t cap, size_t *n,
    struct buf *out, uint64_t now_ns, struct err *e)
{
	struct err own;
	int r = 0, got;

	ax_assert(c->established && cap > 0);
	if (e == NULL)
		e = &own;
	*n = 0;
	while (r == 0 && (*n == 0 || next_fits(c, cap - *n))) {
		if (c->failed < 0)
			return say_again(c, e);
		if (c->closed)
			return AX_E_CLOSED;
		enter(c, 1, out); /* one record a call: see record_guard.h */
		got = wolfSSL_read(c->ssl, p + *n, (int)MIN(cap - *n, INT_MAX));
		if (got > 0)
			*n += (size_t)got;
		else
			r = read_nothing(c, got, now_ns, e);
	}
	/* What was opened is genuine, also when something bad came after it: the
	 * next call says what.                                               */
	return *n > 0 ? 0 : r;
}

int
tls_conn_write(struct tls_conn *c, const uint8_t *p, size_t n, struct buf *out,
    struct err *e)
{
	int r;

	ax_assert(c->established && n > 0 && n <= TLS_RECORD_MAX);
	if (c->failed < 0)
		return say_again(c, e);
	if (buf_reserve(out, n + TLS_RECORD_OVERHEAD) == NULL)
		return err_set(e, AX_E_NOMEM, "no memory to send");
	enter(c, 0, out);
	r = wolfSSL_write(c->ssl, p, (int)n);
	if (r == (int)n)
		return 0;
	r = why_not(c, r, e);
	/* The library waits for nothing when it writes; if it says so, it has
	 * kept a part, and nothing that follows could be trusted.            */
	return r != AX_E_AGAIN ? r : give_up(c, AX_E_TLS, e);
}

void
tls_conn_close(struct tls_conn *c, struct buf *out)
{
	if (!c->established || c->closing || c->failed < 0)
		return;
	c->closing = true;
	enter(c, 0, out);
	/* The first call sends, a second one would wait for the answer. */
	(void)wolfSSL_shutdown(c->ssl);
}

const struct tls_peer *
tls_conn_peer(const struct tls_conn *c)
{
	ax_assert(c->established);
	return &c->verdict.peer;
}

const char *
tls_conn_cipher(const struct tls_conn *c)
{
	ax_assert(c->established);
	return wolfSSL_get_cipher(c->ssl);
}

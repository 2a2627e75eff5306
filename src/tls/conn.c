/* conn.c — one TLS connection, memory to memory: its life and its handshake. What
 * comes after the handshake is in traffic.c.
 *
 * The library reads through on_recv, which hands it the lent slice and lets
 * nothing pass that the gate and the record guard have not seen, and writes
 * through on_send, which appends to the caller's buffer and never says "later".
 * When the handshake is done its keys are taken and the library's state, tens of
 * kilobytes, is freed.
 *
 * Thread: owner of the context. Invariant: until established is set nothing
 * that a peer said has left this file but alerts and the library's own replies. */
#include "tls/conn.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "parse/host.h"
#include "tls/file.h"

#define SUITE_AES128_GCM 0x1301 /* RFC 8446 appendix B.4 */
#define SUITE_CHACHA20_POLY1305 0x1303

int
tls_conn_new(struct tls_ctx *ctx, const char *host, struct tls_conn **out)
{
	struct tls_conn *c;

	ax_assert(role_is_agent(ctx->material->role) == (host != NULL));
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return AX_E_NOMEM;
	c->ctx = ctx_ref(ctx);
	record_guard_init(&c->guard);
	buf_init(&c->torn);
	c->gate = calloc(1, sizeof(*c->gate));
	if (c->gate == NULL)
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
	record_fini(&c->seal);
	record_fini(&c->open);
	explicit_bzero(c->origin, sizeof(c->origin));
	explicit_bzero(c->binder, sizeof(c->binder));
	buf_fini(&c->torn);
	blob_free(&c->verdict.ca);
	tls_ctx_free(&c->ctx);
	free(c->gate);
	free(c->host);
	free(c);
}

void
tls_conn_leave(struct tls_conn *c)
{
	ax_assert(c->established && c->in.n == 0);
	c->verdict.ctx = NULL;
	tls_ctx_free(&c->ctx);
}

void
tls_conn_enter(struct tls_conn *c, struct tls_ctx *ctx)
{
	ax_assert(c->ctx == NULL);
	c->ctx = ctx_ref(ctx);
	c->verdict.ctx = ctx;
	record_move(&c->seal, ctx->accel);
	record_move(&c->open, ctx->accel);
}

/* --- what the library calls ---------------------------------------------- */

int
conn_give_up(struct tls_conn *c, int code, struct err *e)
{
	c->failed = code;
	c->in = slice_of(NULL, 0);
	if (e != NULL && e != &c->verdict.err)
		c->verdict.err = *e;
	return code;
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

	(void)ssl;
	s.n = MIN(s.n, clamp(c, (size_t)size));
	if (s.n == 0)
		return WOLFSSL_CBIO_ERR_WANT_READ;
	if (record_guard_feed(&c->guard, s, &c->verdict.err) < 0)
		return WOLFSSL_CBIO_ERR_GENERAL;
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

/* After a call into the library: AX_E_AGAIN, or it is over and e says why. */
static int
why_not(struct tls_conn *c, int ret, struct err *e)
{
	int code = wolfSSL_get_error(c->ssl, ret), r;

	if (code == WOLFSSL_ERROR_WANT_READ)
		return AX_E_AGAIN;
	r = verdict_explain(&c->verdict, c->ssl, code, &c->verdict.err);
	if (e != NULL)
		*e = c->verdict.err;
	return conn_give_up(c, r, NULL);
}

/* --- handshake ----------------------------------------------------------- */

static int
no_state(struct tls_conn *c, struct err *e)
{
	(void)err_set(e, AX_E_NOMEM,
	    "no memory or no file descriptor (/dev/urandom) for a TLS "
	    "connection");
	return conn_give_up(c, AX_E_NOMEM, e);
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
	wolfSSL_KeepArrays(c->ssl); /* for the exporter */
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
	static const uint8_t failure[] = { 21, 3, 3, 0, 2, 2, 40 };

	if (c->gate->len > 0 && c->gate->bytes[0] == 22)
		(void)!buf_append(out, failure, sizeof(failure));
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
		return conn_give_up(c, r, e);
	}
	c->gate_passed = true;
	return 0;
}

/* The library must not have sent or opened an application's record itself: then
 * we would repeat a nonce.                                                   */
static bool
nothing_sealed_yet(struct tls_conn *c)
{
	word64 sent = 1, opened = 1;

	return wolfSSL_GetSequenceNumber(c->ssl, &sent) >= 0 &&
	    wolfSSL_GetPeerSequenceNumber(c->ssl, &opened) >= 0 && sent == 0 &&
	    opened == 0;
}

static int
use_keys(struct tls_conn *c, enum record_cipher cipher,
    const uint8_t secrets[2 * RECORD_SECRET_LEN])
{
	struct record_keys agents = { cipher, wolfSSL_GetClientWriteKey(c->ssl),
		wolfSSL_GetClientWriteIV(c->ssl), secrets };
	struct record_keys relays = { cipher, wolfSSL_GetServerWriteKey(c->ssl),
		wolfSSL_GetServerWriteIV(c->ssl), secrets + RECORD_SECRET_LEN };
	bool agent = c->host != NULL;
	int r = record_init(&c->seal, c->ctx->accel, agent ? &agents : &relays);

	if (r < 0)
		return r;
	return record_init(&c->open, c->ctx->accel, agent ? &relays : &agents);
}

/* RFC 8446 section 7.5, without a context: what would be one is not known as
 * long as the library can be asked.                                          */
static bool
export_secret(struct tls_conn *c, const char *label, uint8_t *out, size_t n)
{
	return wolfSSL_export_keying_material(c->ssl, out, n, label,
	    strlen(label), NULL, 0, 0) == WOLFSSL_SUCCESS;
}

/* A secret of one use has a label of its own. */
static const char *
binder_label(const struct tls_conn *c)
{
	switch (c->ctx->material->role) {
	case TLS_ENROL_RELAY:
	case TLS_ENROL_AGENT:
		return "EXPORTER-atlax-enrol-v1";
	case TLS_RELAY:
	case TLS_AGENT:
		break;
	}
	return "EXPORTER-atlax-bind-v1";
}

/* The keys of the application's records, in use from here on. */
static int
take_keys(struct tls_conn *c)
{
	uint8_t secrets[2 * RECORD_SECRET_LEN];
	int suite = wolfSSL_get_current_cipher_suite(c->ssl), r;

	if ((suite != SUITE_AES128_GCM && suite != SUITE_CHACHA20_POLY1305) ||
	    !nothing_sealed_yet(c) ||
	    !export_secret(c, "EXPORTER-atlax-resume-v1", c->origin,
		sizeof(c->origin)) ||
	    !export_secret(c, binder_label(c), c->binder, sizeof(c->binder)) ||
	    !export_secret(c, "EXPORTER-atlax-rekey-v1", secrets, sizeof(secrets)))
		return AX_E_TLS;
	r = use_keys(c, suite == SUITE_AES128_GCM ? RECORD_AES128_GCM :
						    RECORD_CHACHA20_POLY1305,
	    secrets);
	explicit_bzero(secrets, sizeof(secrets));
	return r;
}

/* The library says the handshake is done; it is, if the verdict was reached. Of
 * who asks for a certificate nothing is known yet.                           */
static int
finish(struct tls_conn *c, struct err *e)
{
	bool known = c->verdict.passed ||
	    c->ctx->material->role == TLS_ENROL_RELAY;
	int r;

	if (!known || wolfSSL_version(c->ssl) != TLS1_3_VERSION) {
		(void)err_set(e, AX_E_IDENTITY, "the peer was not verified");
		return conn_give_up(c, AX_E_IDENTITY, e);
	}
	r = take_keys(c);
	if (r < 0) {
		(void)err_set(e, r, "no keys for the records");
		return conn_give_up(c, r, e);
	}
	record_guard_established(&c->guard);
	/* By its IANA name: the library's depends on how it was built. */
	c->cipher = c->seal.cipher == RECORD_AES128_GCM ?
	    "TLS_AES_128_GCM_SHA256" :
	    "TLS_CHACHA20_POLY1305_SHA256";
	wolfSSL_free(c->ssl);
	c->ssl = NULL;
	free(c->gate);
	c->gate = NULL;
	c->established = true;
	return 0;
}

static int
step(struct tls_conn *c, struct buf *out, struct err *e)
{
	int r;

	c->out = out;
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

int
conn_say_again(const struct tls_conn *c, struct err *e)
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
		return conn_say_again(c, e);
	if (c->host != NULL && c->ssl == NULL)
		r = say_hello(c, out, e);
	if (r == 0)
		r = pass_gate(c, out, e);
	if (r == 0 && c->ssl == NULL)
		r = begin(c, e);
	return r < 0 ? r : step(c, out, e);
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
	return c->cipher;
}

struct slice
tls_conn_pinned_ca(const struct tls_conn *c)
{
	ax_assert(c->established);
	return blob_slice(&c->verdict.ca);
}

struct slice
tls_conn_binding(const struct tls_conn *c)
{
	ax_assert(c->established);
	return slice_of(c->binder, sizeof(c->binder));
}

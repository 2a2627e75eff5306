/* stranger.c — a peer without our rules.
 *
 * Thread: owner. Invariant: it talks to memory only.                         */
#include "tls/stranger.h"

#include <string.h>

#include "tls/ctx.h"
#include "tls/file.h"

#define ROUNDS 8 /* of messages; a handshake needs three */

static int
on_recv(WOLFSSL *ssl, char *p, int size, void *arg)
{
	struct buf *in = arg;
	size_t n = MIN((size_t)size, buf_len(in));

	(void)ssl;
	if (n == 0)
		return WOLFSSL_CBIO_ERR_WANT_READ;
	memcpy(p, buf_slice(in).p, n);
	buf_consume(in, n);
	return (int)n;
}

static int
on_send(WOLFSSL *ssl, char *p, int size, void *arg)
{
	(void)ssl;
	return buf_append(arg, p, (size_t)size) < 0 ? WOLFSSL_CBIO_ERR_GENERAL :
						      size;
}

void
stranger_fini(struct stranger *s)
{
	wolfSSL_free(s->ssl);
	wolfSSL_CTX_free(s->ctx);
	buf_fini(&s->in);
	buf_fini(&s->out);
}

static bool
show(WOLFSSL_CTX *ctx, const struct credentials *c)
{
	if (c->chain.n == 0)
		return true;
	return wolfSSL_CTX_use_certificate_chain_buffer(
		   ctx, c->chain.p, (long)c->chain.n) == WOLFSSL_SUCCESS &&
	    wolfSSL_CTX_use_PrivateKey_buffer(ctx, c->key.p, (long)c->key.n,
		WOLFSSL_FILETYPE_PEM) == WOLFSSL_SUCCESS;
}

static bool
set_limits(WOLFSSL_CTX *ctx)
{
	int groups[] = { WOLFSSL_ECC_X25519 };

	wolfSSL_CTX_set_verify(ctx, WOLFSSL_VERIFY_NONE, NULL);
	wolfSSL_CTX_SetIORecv(ctx, on_recv);
	wolfSSL_CTX_SetIOSend(ctx, on_send);
	return wolfSSL_CTX_set_groups(ctx, groups, 1) == WOLFSSL_SUCCESS &&
	    wolfSSL_CTX_set_cipher_list(ctx,
		"TLS13-CHACHA20-POLY1305-SHA256:TLS13-AES128-GCM-SHA256") ==
	    WOLFSSL_SUCCESS;
}

int
stranger_init(
    struct stranger *s, enum tls_role against, const struct credentials *shows)
{
	bool client = !role_is_agent(against);

	*s = (struct stranger){ .against = against };
	s->ctx = wolfSSL_CTX_new(client ? wolfTLSv1_3_client_method() :
					  wolfTLSv1_3_server_method());
	if (s->ctx == NULL)
		return AX_E_NOMEM;
	if (!set_limits(s->ctx) || !show(s->ctx, shows))
		return AX_E_TLS;
	s->ssl = wolfSSL_new(s->ctx);
	if (s->ssl == NULL)
		return AX_E_NOMEM;
	wolfSSL_SetIOReadCtx(s->ssl, &s->in);
	wolfSSL_SetIOWriteCtx(s->ssl, &s->out);
	if (client && wolfSSL_UseKeyShare(s->ssl, WOLFSSL_ECC_X25519) !=
		WOLFSSL_SUCCESS)
		return AX_E_TLS;
	return 0;
}

void
stranger_step(struct stranger *s)
{
	int r;

	if (s->done)
		return;
	r = role_is_agent(s->against) ? wolfSSL_accept(s->ssl) :
					wolfSSL_connect(s->ssl);
	s->done = r == WOLFSSL_SUCCESS;
}

static int
conn_step(struct tls_conn *c, struct stranger *s, struct err *e)
{
	struct buf lent = s->out;
	int r;

	buf_init(&s->out);
	tls_conn_feed(c, buf_slice(&lent));
	r = tls_conn_handshake(c, &s->in, 0, e);
	buf_fini(&lent);
	return r;
}

int
stranger_meet(struct stranger *s, struct tls_conn *c, struct err *e)
{
	int r = AX_E_AGAIN, round;

	for (round = 0; round < ROUNDS && r == AX_E_AGAIN; round++) {
		stranger_step(s);
		r = conn_step(c, s, e);
	}
	return r;
}

void
credentials_fini(struct credentials *c)
{
	blob_free(&c->chain);
	blob_free(&c->key);
}

/* ctx.c — the recipe: how a WOLFSSL_CTX must be set up, in one place.
 *
 * Thread: whoever builds it, then one owner; clones share only the material.
 * Invariant: a context is never changed after ctx_build. New certificates or a
 * new revocation list make a new context (wolfSSL's lists are not safe to reload
 * in place: an older CRL un-revokes, see doc/THREATS).                       */
#include "tls/ctx.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "parse/cert_walk.h"
#include "tls/accel.h"
#include "tls/verdict.h"

static int
no_memory(struct err *e)
{
	return err_set(e, AX_E_NOMEM, "no memory for a TLS context");
}

/* A library built with WOLFSSL_TRUST_PEER_CERT takes every CA for a trusted peer
 * too, found by name and signature bytes and never by key: anybody could clone a
 * public CA certificate with a key of his own (CVE-2026-93302).              */
void
ctx_forget_trusted_peers(WOLFSSL_CTX *ctx, WOLFSSL_CERT_MANAGER *cm)
{
#ifdef HAVE_UNLOAD_TRUST_PEERS
	if (ctx != NULL)
		(void)wolfSSL_CTX_Unload_trust_peers(ctx);
	if (cm != NULL)
		(void)wolfSSL_CertManagerUnload_trust_peers(cm);
#else
	(void)ctx;
	(void)cm;
#endif
}

static int
load_trust(struct tls_ctx *ctx, struct err *e)
{
	const struct material *m = ctx->material;
	size_t i;
	int r = WOLFSSL_SUCCESS;

	for (i = 0; i < m->ca_count && r == WOLFSSL_SUCCESS; i++) {
		r = wolfSSL_CTX_load_verify_buffer(ctx->wolf, m->ca[i].p,
		    (long)m->ca[i].n, WOLFSSL_FILETYPE_ASN1);
		if (r == WOLFSSL_SUCCESS)
			r = wolfSSL_CertManagerLoadCABuffer(ctx->pristine,
			    m->ca[i].p, (long)m->ca[i].n, WOLFSSL_FILETYPE_ASN1);
	}
	ctx_forget_trusted_peers(ctx->wolf, ctx->pristine);
	if (r != WOLFSSL_SUCCESS)
		return verdict_setup(e, r, "CA %s cannot be used", m->ca_path);
	return 0;
}

/* HTTP for revocation lists is switched off: the library would fetch, without a
 * time limit, from an address inside the peer's certificate.                 */
static int
load_crls(struct tls_ctx *ctx, struct err *e)
{
	const struct material *m = ctx->material;
	WOLFSSL_CERT_MANAGER *cm = wolfSSL_CTX_GetCertManager(ctx->wolf);
	size_t i;
	int r;

	if (m->crl_count == 0)
		return 0;
	r = wolfSSL_CTX_EnableCRL(ctx->wolf, WOLFSSL_CRL_CHECK);
#ifdef HAVE_CRL_IO
	if (r == WOLFSSL_SUCCESS)
		r = wolfSSL_CertManagerSetCRL_IOCb(cm, NULL);
#endif
	(void)cm;
	for (i = 0; i < m->crl_count && r == WOLFSSL_SUCCESS; i++)
		r = wolfSSL_CTX_LoadCRLBuffer(ctx->wolf, m->crl[i].p,
		    (long)m->crl[i].n, WOLFSSL_FILETYPE_ASN1);
	if (r != WOLFSSL_SUCCESS)
		return verdict_setup(e, r,
		    "revocation list %s cannot be used with CA %s", m->crl_path,
		    m->ca_path);
	return 0;
}

static int
vouches(const struct tls_ctx *ctx, struct slice cert)
{
	return wolfSSL_CertManagerVerifyBuffer(ctx->pristine, cert.p,
	    (long)cert.n, WOLFSSL_FILETYPE_ASN1);
}

static int
load_own(struct tls_ctx *ctx, struct err *e)
{
	const struct material *m = ctx->material;
	int r;

	if (m->role == TLS_ENROL_AGENT)
		return 0;
	if (m->role == TLS_ENROL_RELAY &&
	    vouches(ctx, blob_slice(&m->leaf)) != WOLFSSL_SUCCESS)
		return err_set(e, AX_E_CONFIG,
		    "our certificate was not issued by the CA in %s", m->ca_path);
	r = wolfSSL_CTX_use_certificate_chain_buffer(
	    ctx->wolf, m->chain.p, (long)m->chain.n);
	if (r != WOLFSSL_SUCCESS)
		return verdict_setup(e, r, "our certificate cannot be used");
	r = wolfSSL_CTX_use_PrivateKey_buffer(
	    ctx->wolf, m->key.p, (long)m->key.n, WOLFSSL_FILETYPE_PEM);
	if (r != WOLFSSL_SUCCESS)
		return verdict_setup(e, r,
		    "our key cannot be used: it must be an unencrypted PEM key "
		    "of Ed25519 or P-256");
	r = wolfSSL_CTX_check_private_key(ctx->wolf);
	if (r != WOLFSSL_SUCCESS)
		return err_set(e, AX_E_CONFIG,
		    "our key does not belong to our certificate");
	return 0;
}

#define AES_SUITE "TLS13-AES128-GCM-SHA256"
#define CHACHA_SUITE "TLS13-CHACHA20-POLY1305-SHA256"

/* What a connection may be, and nothing beside it. */
static int
set_limits(WOLFSSL_CTX *w, enum tls_role role)
{
	int groups[] = { WOLFSSL_ECC_X25519 };
	const char *suites = accel_prefers_aes() ?
	    AES_SUITE ":" CHACHA_SUITE :
	    CHACHA_SUITE ":" AES_SUITE;
	bool ok;

	/* Explicit, because Debian's default is to verify nobody. */
	if (role == TLS_ENROL_RELAY)
		wolfSSL_CTX_set_verify(w, WOLFSSL_VERIFY_NONE, NULL);
	else
		wolfSSL_CTX_set_verify(w,
		    WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT,
		    verdict_on_verify);
	ok = wolfSSL_CTX_set_cipher_list(w, suites) == WOLFSSL_SUCCESS &&
	    wolfSSL_CTX_set_groups(w, groups, 1) == WOLFSSL_SUCCESS;
#ifdef OPENSSL_EXTRA
	ok = ok &&
	    wolfSSL_CTX_set1_sigalgs_list(w, "ED25519:ECDSA+SHA256") ==
		WOLFSSL_SUCCESS;
	wolfSSL_CTX_set_verify_depth(w, 1);
#endif
	/* AES where both sides have it in hardware: in C it costs more than
	 * ChaCha20 and tells a cache about the key, so who lacks it decides. */
	if (role == TLS_RELAY && accel_prefers_aes())
		ok = ok && wolfSSL_CTX_UseClientSuites(w) == 0;
	/* A resumed session would skip the revocation list. */
	if (!role_is_agent(role))
		ok = ok && wolfSSL_CTX_no_ticket_TLSv13(w) == 0;
#ifndef NO_SESSION_CACHE
	ok = ok &&
	    wolfSSL_CTX_set_session_cache_mode(w, WOLFSSL_SESS_CACHE_OFF) ==
		WOLFSSL_SUCCESS;
#endif
	return ok ? 0 : AX_E_TLS;
}

static WOLFSSL_CTX *
new_wolf(enum tls_role role)
{
	WOLFSSL_METHOD *method = role_is_agent(role) ?
	    wolfTLSv1_3_client_method() :
	    wolfTLSv1_3_server_method();

	return method == NULL ? NULL : wolfSSL_CTX_new(method);
}

static int
apply_recipe(struct tls_ctx *ctx, struct err *e)
{
	int r;

	ctx->wolf = new_wolf(ctx->material->role);
	ctx->pristine = wolfSSL_CertManagerNew();
	if (ctx->material->role == TLS_RELAY)
		ctx->issued = calloc(1, sizeof(*ctx->issued));
	if (ctx->wolf == NULL || ctx->pristine == NULL ||
	    (ctx->material->role == TLS_RELAY && ctx->issued == NULL) ||
	    accel_new(&ctx->accel) < 0)
		return no_memory(e);
	r = load_trust(ctx, e);
	if (r < 0)
		return r;
	r = load_crls(ctx, e);
	if (r < 0)
		return r;
	r = load_own(ctx, e);
	if (r < 0)
		return r;
	if (set_limits(ctx->wolf, ctx->material->role) < 0)
		return err_set(e, AX_E_TLS,
		    "this wolfSSL lacks something that atlax needs: rebuild "
		    "atlax against it");
	conn_set_io(ctx->wolf);
	return 0;
}

int
ctx_build(struct material *m, struct tls_ctx **out, struct err *e)
{
	struct tls_ctx *ctx;
	int r;

	ctx = calloc(1, sizeof(*ctx));
	if (ctx == NULL)
		return no_memory(e);
	ctx->refs = 1;
	ctx->material = material_ref(m);
	r = apply_recipe(ctx, e);
	if (r < 0)
		tls_ctx_free(&ctx);
	else
		*out = ctx;
	return r;
}

/* Takes m. */
static int
build_and_test(struct material *m, struct tls_ctx **out, struct err *e)
{
	struct tls_ctx *ctx = NULL;
	int r;

	r = ctx_build(m, &ctx, e);
	material_unref(&m);
	if (r < 0)
		return r;
	r = selftest_run(ctx, e);
	if (r < 0)
		tls_ctx_free(&ctx);
	else
		*out = ctx;
	return r;
}

int
tls_ctx_new(enum tls_role role, const struct tls_files *files,
    struct tls_ctx **out, struct err *e)
{
	struct material *m = NULL;
	int r;

	r = material_new(role, identity_agent, files, &m, e);
	return r < 0 ? r : build_and_test(m, out, e);
}

int
tls_ctx_new_operators(enum tls_role role, const struct tls_files *files,
    struct tls_ctx **out, struct err *e)
{
	struct material *m = NULL;
	int r;

	r = material_new(role, identity_operator, files, &m, e);
	return r < 0 ? r : build_and_test(m, out, e);
}

bool
tls_ctx_names(const struct tls_ctx *ctx, const char *host)
{
	struct identity id;

	return identity_relay(blob_slice(&ctx->material->leaf), host, &id, NULL) == 0;
}

int
tls_ctx_new_pinned(
    const struct tls_pin *pin, struct tls_ctx **out, struct err *e)
{
	struct material *m = NULL;
	int r;

	r = material_new_pinned(pin, &m, e);
	return r < 0 ? r : build_and_test(m, out, e);
}

int
tls_ctx_new_crl(const struct tls_ctx *from, const char *crl, struct tls_ctx **out,
    struct err *e)
{
	struct material *m = NULL;
	int r;

	r = material_new_crl(from->material, crl, &m, e);
	return r < 0 ? r : build_and_test(m, out, e);
}

int
tls_ctx_clone(const struct tls_ctx *from, struct tls_ctx **out, struct err *e)
{
	return ctx_build(from->material, out, e);
}

struct tls_ctx *
ctx_ref(struct tls_ctx *ctx)
{
	ax_assert(ctx->refs > 0);
	ctx->refs++;
	return ctx;
}

void
tls_ctx_free(struct tls_ctx **p)
{
	struct tls_ctx *ctx = *p;

	*p = NULL;
	if (ctx == NULL)
		return;
	ax_assert(ctx->refs > 0);
	if (--ctx->refs > 0)
		return;
	wolfSSL_CTX_free(ctx->wolf);
	wolfSSL_CertManagerFree(ctx->pristine);
	free(ctx->issued);
	material_unref(&ctx->material);
	accel_free(&ctx->accel);
	free(ctx);
}

int
tls_ctx_vouches(const struct tls_ctx *ctx, struct slice cert, struct err *e)
{
	struct cert c;
	int r = cert_walk(cert, &c, e);

	if (r < 0)
		return err_prefix(e, AX_E_TLS, "the certificate");
	if (tls_ctx_is_revoked(ctx, c.serial))
		return err_set(e, AX_E_TLS, "the certificate has been revoked");
	r = vouches(ctx, cert);
	wolf_forget_errors();
	if (r == MEMORY_E)
		return err_set(e, AX_E_NOMEM, "no memory to verify a certificate");
	/* The library says that after it has found the signature to be right. */
	if (r == ASN_AFTER_DATE_E)
		return err_set(e, AX_E_EXPIRED, "the certificate has expired");
	return r == WOLFSSL_SUCCESS ? 0 : err_set(e, AX_E_TLS,
	    "the certificate was not issued by a CA in %s, or its time is not "
	    "now", ctx->material->ca_path);
}

int
tls_key_hash(struct slice spki, uint8_t out[TLS_KEY_HASH], struct err *e)
{
	return wc_Sha256Hash(spki.p, (word32)spki.n, out) == 0 ? 0 :
	    err_set(e, AX_E_NOMEM, "no memory to hash a key");
}

void
tls_ctx_pin(const struct tls_ctx *ctx, struct tls_pin *out)
{
	int r;

	ax_assert(ctx->material->role == TLS_ENROL_RELAY);
	r = tls_pin_of(blob_slice(&ctx->material->ca[0]), out, NULL);
	ax_assert(r == 0); /* it was walked when it was read */
}

void
tls_ctx_validity(
    const struct tls_ctx *ctx, int64_t *not_before, int64_t *not_after)
{
	*not_before = ctx->material->not_before;
	*not_after = ctx->material->not_after;
}

bool
tls_ctx_crl(const struct tls_ctx *ctx, uint64_t *number, int64_t *next_update)
{
	const struct material *m = ctx->material;
	size_t i;

	if (m->crl_count == 0)
		return false;
	*number = m->crl_view[0].number;
	*next_update = m->crl_view[0].next_update;
	for (i = 1; i < m->crl_count; i++) {
		*number = MAX(*number, m->crl_view[i].number);
		*next_update = MIN(*next_update, m->crl_view[i].next_update);
	}
	return true;
}

/* The list of the same issuer, and of the same key of his: a CA that was made anew
 * may begin its numbers anew.                                                */
static const struct crl *
crl_of(const struct material *m, const struct crl *was)
{
	size_t i;

	for (i = 0; i < m->crl_count; i++)
		if (slice_eq(m->crl_view[i].issuer, was->issuer) &&
		    slice_eq(m->crl_view[i].authority, was->authority))
			return &m->crl_view[i];
	return NULL;
}

/* Is there a CA of this name, and no list of that name? */
static bool
lacks_list(const struct material *m, struct slice issuer)
{
	struct cert c;
	size_t i;

	for (i = 0; i < m->crl_count; i++)
		if (slice_eq(m->crl_view[i].issuer, issuer))
			return false;
	for (i = 0; i < m->ca_count; i++)
		if (cert_walk(blob_slice(&m->ca[i]), &c, NULL) == 0 &&
		    slice_eq(c.subject, issuer))
			return true;
	return false;
}

static int
follows(const struct material *now, const struct material *next, struct err *e)
{
	const struct crl *was, *is;
	size_t i;

	for (i = 0; i < now->crl_count; i++) {
		was = &now->crl_view[i];
		is = crl_of(next, was);
		if (is != NULL && is->number < was->number)
			return err_set(e, AX_E_CONFIG,
			    "revocation list %s is older (number %" PRIu64
			    ") than the one in force (number %" PRIu64 ")",
			    next->crl_path, is->number, was->number);
		if (is == NULL && lacks_list(next, was->issuer))
			return err_set(e, AX_E_CONFIG,
			    "revocation list %s lacks the list of a CA that is "
			    "trusted", next->crl_path);
	}
	return 0;
}

int
tls_ctx_follows(
    const struct tls_ctx *now, const struct tls_ctx *next, struct err *e)
{
	return follows(now->material, next->material, e);
}

int
tls_ctx_follows_file(const char *crl, const struct tls_ctx *next, bool *older,
    struct err *e)
{
	struct material *m = NULL;
	int r;

	r = material_new_lists(crl, &m, e);
	if (r == 0)
		*older = follows(m, next->material, e) < 0;
	material_unref(&m);
	return r;
}

struct slice
tls_ctx_crl_list(const struct tls_ctx *ctx, size_t i)
{
	const struct material *m = ctx->material;

	return i < m->crl_count ? blob_slice(&m->crl[i]) : slice_of(NULL, 0);
}

bool
tls_ctx_is_revoked(const struct tls_ctx *ctx, struct slice serial)
{
	return material_is_revoked(ctx->material, serial);
}

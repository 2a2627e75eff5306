/* verdict.c — judges the peer's leaf while the handshake is still on, so that
 * the peer is told by an alert, and puts the library's numbers into sentences.
 *
 * Thread: owner of the connection. Invariant: passed is set in one place, after
 * the library, our own walk, a store that no peer can write to and our own look
 * at the revocation list have all said yes.                                  */
#include "tls/verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "parse/cert_walk.h"

/* Keeps what a sentence about a refused certificate needs. */
static void
note_dates(struct verdict *v, struct slice leaf)
{
	struct cert c;

	if (cert_walk(leaf, &c, NULL) < 0)
		return;
	v->not_before = c.not_before;
	v->not_after = c.not_after;
}

static int
check_identity(struct verdict *v, struct slice leaf)
{
	if (v->ctx->material->role == TLS_RELAY)
		return v->ctx->material->identify(leaf, &v->peer.id, &v->err);
	return identity_relay(leaf, v->host, &v->peer.id, &v->err);
}

/* Where the hash of a leaf is kept; hash is made. NULL: nowhere. */
static uint8_t *
issued_place(struct issued *t, struct slice leaf, uint8_t hash[32])
{
	if (t == NULL || wc_Sha256Hash(leaf.p, (word32)leaf.n, hash) != 0)
		return NULL;
	return t->sha256[(hash[0] << 8 | hash[1]) % ISSUED_LEN];
}

/* A second opinion from a store that holds our CAs only. It refuses leaves of
 * intermediates, which we never use, and would catch a clone of the CA that got
 * past the first. Once for a leaf: dates are the first's business, revocation is
 * check_revoked's, and what a CA has signed stays signed.                    */
static int
check_issuer(struct verdict *v, struct slice leaf)
{
	uint8_t hash[32];
	uint8_t *place = issued_place(v->ctx->issued, leaf, hash);
	int r;

	if (place != NULL && memcmp(place, hash, sizeof(hash)) == 0)
		return 0;
	r = wolfSSL_CertManagerVerifyBuffer(v->ctx->pristine, leaf.p,
	    (long)leaf.n, WOLFSSL_FILETYPE_ASN1);
	if (r == WOLFSSL_SUCCESS) {
		if (place != NULL)
			memcpy(place, hash, sizeof(hash));
		return 0;
	}
	if (r == MEMORY_E)
		return err_set(&v->err, AX_E_NOMEM, "no memory to verify a peer");
	return err_set(&v->err, AX_E_TLS,
	    "the peer's certificate was not issued by a CA in %s itself",
	    v->ctx->material->ca_path);
}

static int
check_revoked(struct verdict *v)
{
	struct slice serial = slice_of(v->peer.id.serial, v->peer.id.serial_len);

	if (!tls_ctx_is_revoked(v->ctx, serial))
		return 0;
	return err_set(
	    &v->err, AX_E_TLS, "the peer's certificate has been revoked");
}

static int
note_key(struct verdict *v)
{
	int r = tls_key_hash(v->peer.id.spki, v->peer.spki_sha256, &v->err);

	if (r < 0)
		return r;
	/* The certificate is the library's and about to go. */
	v->peer.id.spki = v->peer.id.issuer = v->peer.id.subject =
	    slice_of(NULL, 0);
	return 0;
}

static int
judge(struct verdict *v, struct slice leaf)
{
	int r = check_identity(v, leaf);

	if (r == 0)
		r = check_issuer(v, leaf);
	if (r == 0)
		r = check_revoked(v);
	if (r == 0)
		r = note_key(v);
	return r;
}

int
verdict_on_verify(int ok, WOLFSSL_X509_STORE_CTX *store)
{
	struct verdict *v = store->userCtx;
	struct slice leaf;

	if (store->totalCerts < 1)
		return ok;
	if (v->ctx->material->role == TLS_ENROL_AGENT) {
		v->passed = v->ctx->material->pinned->judge(v, store) == 0 &&
		    note_key(v) == 0;
		return v->passed;
	}
	if (store->error_depth != 0)
		return ok;
	leaf = slice_of(store->certs[0].buffer, store->certs[0].length);
	v->passed = false;
	if (!ok) {
		note_dates(v, leaf);
		return 0;
	}
	if (judge(v, leaf) < 0)
		return 0;
	v->passed = true;
	return 1;
}

static int
explain_dates(const struct verdict *v, bool expired, struct err *e)
{
	char date[MATERIAL_DATE_LEN];

	material_date(expired ? v->not_after : v->not_before, date);
	if (expired)
		return err_set(e, AX_E_TLS,
		    "the peer's certificate expired on %s; issue a new one "
		    "with atlax pki issue",
		    date);
	return err_set(e, AX_E_TLS,
	    "the peer's certificate is valid from %s on; are the clocks of both "
	    "machines right?",
	    date);
}

#define ALERT_EXPIRED 45 /* also of one that is not valid yet */

static const char *
alert_text(int alert)
{
	static const struct {
		int number;
		const char *text;
	} alerts[] = {
		{ 10, "unexpected message" },
		{ 20, "bad record" },
		{ 40, "handshake failure" },
		{ 42, "our certificate was refused: bad certificate" },
		{ 43, "our certificate was refused: unsupported certificate" },
		{ 44, "our certificate was refused: it is revoked" },
		{ ALERT_EXPIRED, "our certificate was refused: it has expired" },
		{ 46, "our certificate was refused" },
		{ 47, "illegal parameter" },
		{ 48, "our certificate was refused: unknown CA" },
		{ 50, "message could not be decoded" },
		{ 51, "message could not be decrypted" },
		{ 70, "TLS version not supported" },
		{ 71, "not secure enough" },
		{ 80, "internal error" },
		{ 116, "our certificate is missing" },
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(alerts); i++)
		if (alerts[i].number == alert)
			return alerts[i].text;
	return "see RFC 8446 section 6";
}

int
verdict_explain_alert(int alert, struct err *e)
{
	return err_set(e, alert == ALERT_EXPIRED ? AX_E_EXPIRED : AX_E_TLS,
	    "the peer ended the connection with TLS alert %d: %s", alert,
	    alert_text(alert));
}

static int
explain_last_alert(WOLFSSL *ssl, struct err *e)
{
	WOLFSSL_ALERT_HISTORY h = { .last_rx = { -1, -1 } };

	(void)wolfSSL_get_alert_history(ssl, &h);
	return verdict_explain_alert(h.last_rx.code, e);
}

/* Errors that a user can do something about; %s is the CA's file. */
static const struct {
	int code;
	const char *text;
} known[] = {
	{ ASN_NO_SIGNER_E,
	    "the peer's certificate was not issued by a CA in %s; has the CA "
	    "been renewed on one side only?" },
	{ ASN_SIG_CONFIRM_E,
	    "the signature on the peer's certificate is not that of the CA in "
	    "%s" },
	{ ASN_SELF_SIGNED_E,
	    "the peer's certificate is self-signed, not issued by a CA in %s" },
	{ CRL_CERT_REVOKED, "the peer's certificate has been revoked" },
	{ CRL_MISSING,
	    "the revocation list of the peer's issuer is missing or has expired; "
	    "make one with atlax pki crl for every CA in %s" },
	{ CRL_CERT_DATE_ERR,
	    "the revocation list has expired; make a new one with atlax pki crl" },
	{ NO_PEER_CERT, "the peer sent no certificate" },
	{ EXTKEYUSE_AUTH_E,
	    "the peer's certificate is not for this purpose (extended key "
	    "usage: clientAuth for an agent, serverAuth for a relay)" },
	{ KEYUSE_SIGNATURE_E, "the peer's key may not be used to sign" },
	{ MAX_CHAIN_ERROR,
	    "the peer's certificate was not issued by a CA in %s itself" },
	{ VERSION_ERROR, "the peer does not speak TLS 1.3" },
	{ MEMORY_E, "no memory for TLS" },
};

/* What the library means by code; a small one has no words for it. */
static const char *
library_says(int code, char out[96])
{
#ifdef NO_ERROR_STRINGS
	(void)snprintf(out, 96, "wolfSSL %d", code);
#else
	(void)snprintf(out, 96, "%s (wolfSSL %d)",
	    wolfSSL_ERR_reason_error_string((unsigned long)code), code);
#endif
	return out;
}

static int
explain_known(const struct verdict *v, int code, struct err *e)
{
	int ax = code == MEMORY_E ? AX_E_NOMEM : AX_E_TLS;
	char text[96];
	size_t i;

	for (i = 0; i < ARRAY_LEN(known); i++)
		if (known[i].code == code) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			return err_set(
			    e, ax, known[i].text, v->ctx->material->ca_path);
#pragma GCC diagnostic pop
		}
	return err_set(e, ax, "TLS failed: %s", library_says(code, text));
}

int
verdict_explain(const struct verdict *v, WOLFSSL *ssl, int code, struct err *e)
{
	wolf_forget_errors();
	if (v->err.code != 0)
		return err_set(e, v->err.code, "%s", v->err.text);
	if (code == ASN_AFTER_DATE_E || code == ASN_BEFORE_DATE_E)
		return explain_dates(v, code == ASN_AFTER_DATE_E, e);
	if (code == FATAL_ERROR)
		return explain_last_alert(ssl, e);
	return explain_known(v, code, e);
}

int
verdict_setup(struct err *e, int code, const char *fmt, ...)
{
	char what[160], text[96];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	wolf_forget_errors();
	if (code == MEMORY_E)
		return err_set(e, AX_E_NOMEM, "%s: no memory", what);
	return err_set(e, AX_E_CONFIG, "%s: %s", what, library_says(code, text));
}

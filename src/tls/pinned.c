/* pinned.c — whom an agent believes that has no certificate and no CA yet: the
 * CA has the pin of the join line, and it signed the relay's certificate.
 *
 * Thread: owner of the connection. Invariant: the library, which was given no
 * CA, says no to everybody here; its no becomes a yes in this file only, after
 * every check that the recipe makes of a relay elsewhere.                    */
#include <stdlib.h>

#include "base/clock.h"
#include "parse/cert_walk.h"
#include "tls/file.h"
#include "tls/verdict.h"

int
tls_pin_of(struct slice ca_cert, struct tls_pin *out, struct err *e)
{
	uint8_t hash[WC_SHA256_DIGEST_SIZE];
	struct cert c;
	int r = cert_walk(ca_cert, &c, e);

	if (r < 0)
		return r;
	if (wc_Sha256Hash(c.spki.p, (word32)c.spki.n, hash) != 0)
		return err_set(e, AX_E_NOMEM, "no memory to hash a key");
	memcpy(out->bits, hash, TLS_PIN_LEN);
	out->bits[TLS_PIN_LEN - 1] &= 0xf8;
	return 0;
}

static struct slice
shown(const WOLFSSL_X509_STORE_CTX *store, int i)
{
	return slice_of(store->certs[i].buffer, store->certs[i].length);
}

/* The CA among what the relay shows behind its own certificate. */
static int
find_ca(struct verdict *v, const WOLFSSL_X509_STORE_CTX *store, struct slice *ca)
{
	struct tls_pin pin;

	for (int i = 1; i < store->totalCerts; i++) {
		*ca = shown(store, i);
		if (tls_pin_of(*ca, &pin, NULL) == 0 &&
		    memcmp(&pin, &v->ctx->material->pin, sizeof(pin)) == 0)
			return 0;
	}
	return err_set(&v->err, AX_E_IDENTITY,
	    "who answers does not have the pin of the join line: it is another "
	    "relay, or somebody in between");
}

static int
check_now(struct verdict *v, const struct cert *c, const char *what)
{
	int64_t now = clock_wall_s();
	char date[MATERIAL_DATE_LEN];
	bool early = now < c->not_before;

	if (!early && now <= c->not_after)
		return 0;
	material_date(early ? c->not_before : c->not_after, date);
	return err_set(&v->err, AX_E_TLS,
	    "%s %s %s; is the clock of this machine right?", what,
	    early ? "is valid only from" : "expired on", date);
}

static int
check_dates(struct verdict *v, struct slice ca, struct slice leaf)
{
	struct cert c;
	int r = cert_walk(ca, &c, &v->err);

	if (r == 0 && (!c.is_ca || !(c.usage & CERT_USAGE_CERT_SIGN)))
		r = err_set(&v->err, AX_E_IDENTITY,
		    "the certificate that has the pin is not a CA's");
	if (r == 0)
		r = check_now(v, &c, "the CA of the relay");
	if (r == 0)
		r = cert_walk(leaf, &c, &v->err);
	return r < 0 ? r : check_now(v, &c, "the relay's certificate");
}

/* By a store that holds this CA and nothing else. */
static int
check_signed(struct verdict *v, struct slice ca, struct slice leaf)
{
	WOLFSSL_CERT_MANAGER *cm = wolfSSL_CertManagerNew();
	int r = MEMORY_E;

	if (cm != NULL)
		r = wolfSSL_CertManagerLoadCABuffer(
		    cm, ca.p, (long)ca.n, WOLFSSL_FILETYPE_ASN1);
	ctx_forget_trusted_peers(NULL, cm);
	if (r == WOLFSSL_SUCCESS)
		r = wolfSSL_CertManagerVerifyBuffer(
		    cm, leaf.p, (long)leaf.n, WOLFSSL_FILETYPE_ASN1);
	wolfSSL_CertManagerFree(cm);
	if (r == WOLFSSL_SUCCESS)
		return 0;
	if (r == MEMORY_E)
		return err_set(&v->err, AX_E_NOMEM, "no memory to verify a peer");
	return err_set(&v->err, AX_E_TLS,
	    "the relay's certificate was not issued by the CA that has the pin");
}

static int
keep(struct verdict *v, struct slice ca)
{
	blob_free(&v->ca);
	v->ca.p = malloc(ca.n);
	if (v->ca.p == NULL)
		return err_set(&v->err, AX_E_NOMEM, "no memory for a certificate");
	memcpy(v->ca.p, ca.p, ca.n);
	v->ca.n = ca.n;
	return 0;
}

int
pinned_judge(struct verdict *v, const WOLFSSL_X509_STORE_CTX *store)
{
	struct slice leaf = shown(store, 0), ca;
	int r = find_ca(v, store, &ca);

	if (r == 0)
		r = check_dates(v, ca, leaf);
	if (r == 0)
		r = identity_relay(leaf, v->host, &v->peer.id, &v->err);
	if (r == 0)
		r = check_signed(v, ca, leaf);
	return r < 0 ? r : keep(v, ca);
}

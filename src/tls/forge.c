/* forge.c — throw-away certificates.
 *
 * Thread: any. Invariant: only keys made here sign here; there is no way to
 * hand in a real one.                                                        */
#include "tls/forge.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "parse/cert_walk.h"
#include "tls/wolf.h"

static const uint8_t ed25519_algorithm[] = { 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65,
	0x70 };
static const uint8_t oid_cn[] = { 0x55, 0x04, 0x03 };
static const uint8_t oid_usage[] = { 0x55, 0x1d, 0x0f };
static const uint8_t oid_basic[] = { 0x55, 0x1d, 0x13 };
static const uint8_t oid_san[] = { 0x55, 0x1d, 0x11 };
static const uint8_t oid_eku[] = { 0x55, 0x1d, 0x25 };
static const uint8_t oid_crl_number[] = { 0x55, 0x1d, 0x14 };

#define DAY 86400

static int
blob_copy(struct slice s, struct blob *out)
{
	uint8_t *p = s.n == 0 ? NULL : malloc(s.n);

	if (p == NULL)
		return s.n == 0 ? AX_E_CRYPTO : AX_E_NOMEM;
	memcpy(p, s.p, s.n);
	*out = (struct blob){ p, s.n };
	return 0;
}

static int
load_key(ed25519_key *key, const struct forge_key *k)
{
	if (wc_ed25519_init(key) != 0)
		return AX_E_CRYPTO;
	if (wc_ed25519_import_private_key(k->seed, sizeof(k->seed),
		k->public_key, sizeof(k->public_key), key) == 0)
		return 0;
	wc_ed25519_free(key);
	return AX_E_CRYPTO;
}

int
forge_key_new(struct forge_key *out)
{
	ed25519_key key;
	int r = AX_E_CRYPTO;

	rng_secret(out->seed, sizeof(out->seed));
	if (wc_ed25519_init(&key) != 0)
		return AX_E_CRYPTO;
	if (wc_ed25519_import_private_only(
		out->seed, sizeof(out->seed), &key) == 0 &&
	    wc_ed25519_make_public(
		&key, out->public_key, sizeof(out->public_key)) == 0)
		r = 0;
	wc_ed25519_free(&key);
	return r;
}

static int
to_pem(struct slice der, int kind, struct blob *out)
{
	uint8_t *p = malloc(2 * FORGE_MAX);
	int n;

	if (p == NULL)
		return AX_E_NOMEM;
	n = wc_DerToPem(der.p, (word32)der.n, p, 2 * FORGE_MAX, kind);
	if (n <= 0) {
		free(p);
		return AX_E_CRYPTO;
	}
	*out = (struct blob){ p, (size_t)n };
	return 0;
}

int
forge_key_pem(const struct forge_key *k, struct blob *out)
{
	/* RFC 8410: PrivateKeyInfo, the seed in an OCTET STRING of its own. */
	uint8_t der[48] = { 0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03,
		0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20 };

	memcpy(der + 16, k->seed, sizeof(k->seed));
	return to_pem(slice_of(der, sizeof(der)), PKCS8_PRIVATEKEY_TYPE, out);
}

int
forge_pem(struct slice cert, struct blob *pem)
{
	struct blob one = { 0 };
	uint8_t *p;
	int r;

	r = to_pem(cert, CERT_TYPE, &one);
	if (r < 0)
		return r;
	p = realloc(pem->p, pem->n + one.n);
	if (p != NULL) {
		memcpy(p + pem->n, one.p, one.n);
		*pem = (struct blob){ p, pem->n + one.n };
	}
	free(one.p);
	return p == NULL ? AX_E_NOMEM : 0;
}

int
forge_sign(struct slice tbs, const struct forge_key *signer, struct blob *out)
{
	uint8_t mem[FORGE_MAX], sig[ED25519_SIG_SIZE];
	word32 sig_len = sizeof(sig);
	ed25519_key key;
	struct der_out o;
	int r;

	if (tbs.n == 0 || load_key(&key, signer) < 0)
		return AX_E_CRYPTO;
	r = wc_ed25519_sign_msg(tbs.p, (word32)tbs.n, sig, &sig_len, &key);
	wc_ed25519_free(&key);
	if (r != 0)
		return AX_E_CRYPTO;
	der_out_init(&o, mem, sizeof(mem));
	der_out_bits(&o, slice_of(sig, sig_len));
	der_out_bytes(&o, SLICE_OF_ARRAY(ed25519_algorithm));
	der_out_bytes(&o, tbs);
	der_out_wrap(&o, DER_SEQUENCE, 0);
	return blob_copy(der_out_slice(&o), out);
}

static void
put_spki(struct der_out *o, struct slice public_key)
{
	size_t mark = der_out_mark(o);

	der_out_bits(o, public_key);
	der_out_bytes(o, SLICE_OF_ARRAY(ed25519_algorithm));
	der_out_wrap(o, DER_SEQUENCE, mark);
}

static void
put_version_3(struct der_out *o)
{
	size_t mark = der_out_mark(o);

	der_out_u64(o, 2);
	der_out_wrap(o, DER_CONTEXT_CONS(0), mark);
}

int
forge_cert(const struct forge_cert *c, const struct forge_key *signer,
    struct blob *out)
{
	uint8_t mem[FORGE_MAX];
	struct der_out o;
	size_t mark;

	der_out_init(&o, mem, sizeof(mem));
	der_out_bytes(&o, c->extensions);
	der_out_wrap(&o, DER_SEQUENCE, 0);
	der_out_wrap(&o, DER_CONTEXT_CONS(3), 0);
	put_spki(&o, c->public_key);
	der_out_bytes(&o, c->subject);
	mark = der_out_mark(&o);
	der_out_time(&o, c->to);
	der_out_time(&o, c->from);
	der_out_wrap(&o, DER_SEQUENCE, mark);
	der_out_bytes(&o, c->issuer);
	der_out_bytes(&o, SLICE_OF_ARRAY(ed25519_algorithm));
	der_out_uint(&o, c->serial);
	put_version_3(&o);
	der_out_wrap(&o, DER_SEQUENCE, 0);
	return forge_sign(der_out_slice(&o), signer, out);
}

static void
put_number(struct der_out *o, uint64_t number)
{
	uint8_t mem[16];
	struct der_out value;

	der_out_init(&value, mem, sizeof(mem));
	der_out_u64(&value, number);
	forge_extension(
	    o, SLICE_OF_ARRAY(oid_crl_number), false, der_out_slice(&value));
}

int
forge_crl(const struct forge_crl *c, const struct forge_key *signer,
    struct blob *out)
{
	int64_t now = clock_wall_s();
	uint8_t mem[FORGE_MAX];
	struct der_out o;
	size_t mark;

	der_out_init(&o, mem, sizeof(mem));
	put_number(&o, c->number);
	der_out_wrap(&o, DER_SEQUENCE, 0);
	der_out_wrap(&o, DER_CONTEXT_CONS(0), 0);
	mark = der_out_mark(&o);
	der_out_time(&o, now - 3600);
	der_out_uint(&o, c->serial);
	der_out_wrap(&o, DER_SEQUENCE, mark);
	der_out_wrap(&o, DER_SEQUENCE, mark);
	der_out_time(&o, now + DAY);
	der_out_time(&o, now - 3600);
	der_out_bytes(&o, c->issuer);
	der_out_bytes(&o, SLICE_OF_ARRAY(ed25519_algorithm));
	der_out_u64(&o, 1);
	der_out_wrap(&o, DER_SEQUENCE, 0);
	return forge_sign(der_out_slice(&o), signer, out);
}

static struct slice
between(const uint8_t *from, const uint8_t *to)
{
	return slice_of(from, (size_t)(to - from));
}

/* The old bytes around the new key; lengths in front of them are made anew. */
int
forge_clone(struct slice cert, struct slice public_key, struct blob *out)
{
	uint8_t mem[FORGE_MAX];
	struct der d, tbs;
	struct der_out o;
	struct cert c;
	size_t mark;

	if (cert_walk(cert, &c, NULL) < 0)
		return AX_E_SYNTAX;
	der_init(&d, c.tbs);
	tbs = der_enter(&d, DER_SEQUENCE);
	der_out_init(&o, mem, sizeof(mem));
	der_out_bytes(&o, between(slice_end(c.tbs), slice_end(cert)));
	mark = der_out_mark(&o);
	der_out_bytes(&o, between(slice_end(c.spki), tbs.end));
	put_spki(&o, public_key);
	der_out_bytes(&o, between(tbs.p, c.spki.p));
	der_out_wrap(&o, DER_SEQUENCE, mark);
	der_out_wrap(&o, DER_SEQUENCE, 0);
	return blob_copy(der_out_slice(&o), out);
}

void
forge_name(struct der_out *o, const char *cn)
{
	size_t mark = der_out_mark(o);

	der_out_tlv(o, DER_UTF8_STRING, slice_str(cn));
	der_out_tlv(o, DER_OID, SLICE_OF_ARRAY(oid_cn));
	der_out_wrap(o, DER_SEQUENCE, mark);
	der_out_wrap(o, DER_SET, mark);
	der_out_wrap(o, DER_SEQUENCE, mark);
}

void
forge_extension(
    struct der_out *o, struct slice oid, bool critical, struct slice value)
{
	size_t mark = der_out_mark(o);

	der_out_tlv(o, DER_OCTET_STRING, value);
	if (critical)
		der_out_true(o);
	der_out_tlv(o, DER_OID, oid);
	der_out_wrap(o, DER_SEQUENCE, mark);
}

void
forge_ca_extensions(struct der_out *o)
{
	static const uint8_t usage[] = { 0x03, 0x02, 0x01, 0x06 };
	static const uint8_t basic[] = { 0x30, 0x06, 0x01, 0x01, 0xff, 0x02,
		0x01, 0x00 };

	forge_extension(
	    o, SLICE_OF_ARRAY(oid_usage), true, SLICE_OF_ARRAY(usage));
	forge_extension(
	    o, SLICE_OF_ARRAY(oid_basic), true, SLICE_OF_ARRAY(basic));
}

void
forge_leaf_extensions(
    struct der_out *o, uint8_t purpose, uint8_t name_tag, const char *name)
{
	static const uint8_t usage[] = { 0x03, 0x02, 0x07, 0x80 };
	uint8_t eku[] = { 0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05,
		0x07, 0x03, purpose };
	uint8_t mem[512];
	struct der_out san;

	der_out_init(&san, mem, sizeof(mem));
	der_out_tlv(&san, name_tag, slice_str(name));
	der_out_wrap(&san, DER_SEQUENCE, 0);
	forge_extension(o, SLICE_OF_ARRAY(oid_san), false, der_out_slice(&san));
	forge_extension(o, SLICE_OF_ARRAY(oid_eku), false, SLICE_OF_ARRAY(eku));
	forge_extension(
	    o, SLICE_OF_ARRAY(oid_usage), true, SLICE_OF_ARRAY(usage));
}

/* key.c — key pairs: made, written, read, used.
 *
 * Thread: any; the library's key objects live inside one call.
 * Invariant: a secret leaves this file only inside struct key and in text that
 * the caller wipes; every intermediate copy is zeroised before return. The DER
 * is our own on both ways: the library's readers accept more than they should,
 * and what its writers make depends on how it was built.                     */
#include "pki/key.h"

#include <string.h>

#include "base/assert.h"
#include "base/rng.h"
#include "pki/pem.h"
#include "tls/wolf.h"

#define KEY_DER_MAX     256
#define SIGNED_OVERHEAD 256 /* algorithm, signature, lengths: ample */

/* AlgorithmIdentifiers, whole. */
static const uint8_t alg_ed25519[] = {0x30, 5, 6, 3, 0x2b, 0x65, 0x70};
static const uint8_t alg_p256[] = {0x30, 19, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d,
    2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7};
static const uint8_t alg_ecdsa_sha256[] = {
    0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2};

static struct slice
key_algorithm(enum identity_key type)
{
	return type == IDENTITY_P256 ? SLICE_OF_ARRAY(alg_p256)
				     : SLICE_OF_ARRAY(alg_ed25519);
}

struct slice
key_signature_algorithm(enum identity_key type)
{
	return type == IDENTITY_P256 ? SLICE_OF_ARRAY(alg_ecdsa_sha256)
				     : SLICE_OF_ARRAY(alg_ed25519);
}

/* --- the public half from the secret -------------------------------------- */

static int
derive_ed25519(struct key *k)
{
	ed25519_key w;
	int r;

	r = wc_ed25519_init(&w);
	if (r != 0)
		return AX_E_CRYPTO;
	r = wc_ed25519_import_private_only(k->secret, KEY_SECRET_LEN, &w);
	if (r == 0)
		r = wc_ed25519_make_public(
		    &w, k->public.bytes, ED25519_PUB_KEY_SIZE);
	wc_ed25519_free(&w);
	k->public.type = IDENTITY_ED25519;
	k->public.len = ED25519_PUB_KEY_SIZE;
	return r == 0 ? 0 : AX_E_CRYPTO;
}

static int
derive_p256(struct key *k)
{
	word32 len = KEY_PUBLIC_MAX;
	ecc_key w;
	WC_RNG rng;
	int r;

	if (wc_InitRng(&rng) != 0)
		return AX_E_CRYPTO;
	r = wc_ecc_init(&w);
	if (r == 0)
		r = wc_ecc_import_private_key_ex(
		    k->secret, KEY_SECRET_LEN, NULL, 0, &w, ECC_SECP256R1);
	if (r == 0)
		r = wc_ecc_make_pub_ex(&w, NULL, &rng);
	if (r == 0)
		r = wc_ecc_check_key(&w);
	if (r == 0)
		r = wc_ecc_export_x963(&w, k->public.bytes, &len);
	wc_ecc_free(&w);
	wc_FreeRng(&rng);
	k->public.type = IDENTITY_P256;
	k->public.len = (uint8_t)len;
	return r == 0 ? 0 : AX_E_CRYPTO;
}

static int
derive(enum identity_key type, struct key *k)
{
	return type == IDENTITY_P256 ? derive_p256(k) : derive_ed25519(k);
}

/* Any 32 bytes are an Ed25519 secret. All but 2^-32 of them are a P-256 scalar;
 * the library refuses zero and what is not below the order, and we draw again:
 * that is the uniform choice.                                                */
int
key_generate(enum identity_key type, struct key *out, struct err *e)
{
	for (int tries = 0; tries < 4; tries++) {
		*out = (struct key){0};
		rng_secret(out->secret, KEY_SECRET_LEN);
		if (derive(type, out) == 0)
			return 0;
	}
	key_forget(out);
	return err_set(e, AX_E_CRYPTO, "no key could be made");
}

int
key_of_secret(
    const uint8_t secret[KEY_SECRET_LEN], struct key *out, struct err *e)
{
	memcpy(out->secret, secret, KEY_SECRET_LEN);
	if (derive(IDENTITY_ED25519, out) == 0)
		return 0;
	key_forget(out);
	return err_set(e, AX_E_CRYPTO, "no key could be made");
}

void
key_forget(struct key *k)
{
	explicit_bzero(k, sizeof(*k));
}

/* --- PKCS#8 --------------------------------------------------------------- */

static void
write_secret(struct der_out *o, const struct key *k)
{
	size_t mark = der_out_mark(o), inner;

	if (k->public.type == IDENTITY_P256) { /* RFC 5915 */
		der_out_bits(o, slice_of(k->public.bytes, k->public.len));
		der_out_wrap(o, DER_CONTEXT_CONS(1), mark);
		inner = mark;
		der_out_tlv(
		    o, DER_OCTET_STRING, slice_of(k->secret, KEY_SECRET_LEN));
		der_out_u64(o, 1);
		der_out_wrap(o, DER_SEQUENCE, inner);
	} else {
		der_out_tlv(
		    o, DER_OCTET_STRING, slice_of(k->secret, KEY_SECRET_LEN));
	}
	der_out_wrap(o, DER_OCTET_STRING, mark);
}

int
key_write_pem(const struct key *k, struct buf *out)
{
	uint8_t der[KEY_DER_MAX];
	struct der_out o;
	int r;

	der_out_init(&o, der, sizeof(der));
	write_secret(&o, k);
	der_out_bytes(&o, key_algorithm(k->public.type));
	der_out_u64(&o, 0);
	der_out_wrap(&o, DER_SEQUENCE, 0);
	ax_assert(!o.bad);
	r = pem_write(out, PEM_KEY, der_out_slice(&o));
	explicit_bzero(der, sizeof(der));
	return r;
}

/* The 32 secret bytes inside PKCS#8, and of which type; empty if it is neither.
 */
static struct slice
find_secret(struct slice der, enum identity_key *type)
{
	struct der d, info, inner;
	struct slice alg, version;

	der_init(&d, der);
	info = der_enter(&d, DER_SEQUENCE);
	version = der_uint(&info, 1);
	alg = der_take_whole(&info, DER_SEQUENCE);
	der_init(&inner, der_take(&info, DER_OCTET_STRING));
	if (info.bad || version.n != 1 || version.p[0] > 1)
		return slice_of(NULL, 0);
	if (slice_eq(alg, SLICE_OF_ARRAY(alg_ed25519))) {
		*type = IDENTITY_ED25519;
		return der_take(&inner, DER_OCTET_STRING);
	}
	if (!slice_eq(alg, SLICE_OF_ARRAY(alg_p256)))
		return slice_of(NULL, 0);
	*type = IDENTITY_P256;
	inner = der_enter(&inner, DER_SEQUENCE);
	(void)der_uint(&inner, 1);
	return der_take(&inner, DER_OCTET_STRING);
}

int
key_read_pem(struct slice pem, struct key *out, struct err *e)
{
	enum identity_key type = IDENTITY_ED25519;
	uint8_t der[KEY_DER_MAX];
	struct slice secret;
	size_t n;
	int r;

	*out = (struct key){0};
	r = pem_read(pem, PEM_KEY, der, sizeof(der), &n, e);
	if (r < 0)
		goto out;
	secret = find_secret(slice_of(der, n), &type);
	if (secret.n != KEY_SECRET_LEN) {
		r = err_set(e, AX_E_SYNTAX,
		    "not an Ed25519 or P-256 key in unencrypted PKCS#8");
		goto out;
	}
	memcpy(out->secret, secret.p, secret.n);
	if (derive(type, out) < 0)
		r = err_set(e, AX_E_CRYPTO, "not a valid private key");
out:
	explicit_bzero(der, sizeof(der));
	if (r < 0)
		key_forget(out);
	return r;
}

void
key_wipe(struct buf *b)
{
	if (b->mem != NULL)
		explicit_bzero(b->mem, b->cap);
	buf_fini(b);
}

/* --- the public half ------------------------------------------------------ */

void
pubkey_write(struct der_out *o, const struct pubkey *k)
{
	size_t mark = der_out_mark(o);

	der_out_bits(o, slice_of(k->bytes, k->len));
	der_out_bytes(o, key_algorithm(k->type));
	der_out_wrap(o, DER_SEQUENCE, mark);
}

int
pubkey_read(struct der *d, struct pubkey *out, struct err *e)
{
	struct der spki = der_enter(d, DER_SEQUENCE);
	struct slice alg = der_take_whole(&spki, DER_SEQUENCE);
	struct slice bits = der_bits(&spki);
	enum identity_key type;

	if (!der_done(&spki))
		return err_set(
		    e, AX_E_UNSUPPORTED, "the public key is malformed");
	if (slice_eq(alg, SLICE_OF_ARRAY(alg_ed25519)) &&
	    bits.n == ED25519_PUB_KEY_SIZE)
		type = IDENTITY_ED25519;
	else if (slice_eq(alg, SLICE_OF_ARRAY(alg_p256)) &&
		 bits.n == KEY_PUBLIC_MAX && bits.p[0] == 4)
		type = IDENTITY_P256;
	else
		return err_set(e, AX_E_UNSUPPORTED,
		    "the public key is neither "
		    "Ed25519 nor P-256 (uncompressed)");
	*out = (struct pubkey){.type = type, .len = (uint8_t)bits.n};
	memcpy(out->bytes, bits.p, bits.n);
	return 0;
}

bool
pubkey_eq(const struct pubkey *a, const struct pubkey *b)
{
	return a->type == b->type && a->len == b->len &&
	       memcmp(a->bytes, b->bytes, a->len) == 0;
}

void
pubkey_id(const struct pubkey *k, uint8_t id[KEY_ID_LEN])
{
	uint8_t hash[WC_SHA256_DIGEST_SIZE];
	int r = wc_Sha256Hash(k->bytes, k->len, hash);

	ax_assert(r == 0);
	memcpy(id, hash, KEY_ID_LEN);
}

/* --- signatures ----------------------------------------------------------- */

static int
sign_ed25519(const struct key *k, struct slice tbs, uint8_t *out, size_t cap)
{
	ed25519_key w;
	int r;

	r = wc_ed25519_init(&w);
	if (r != 0)
		return r;
	r = wc_ed25519_import_private_key(
	    k->secret, KEY_SECRET_LEN, k->public.bytes, k->public.len, &w);
	if (r == 0)
		r = wc_SignCert_ex((int)tbs.n, CTC_ED25519, out, (word32)cap,
		    ED25519_TYPE, &w, NULL);
	wc_ed25519_free(&w);
	return r;
}

static int
sign_p256(const struct key *k, struct slice tbs, uint8_t *out, size_t cap)
{
	ecc_key w;
	WC_RNG rng;
	int r;

	r = wc_InitRng(&rng);
	if (r != 0)
		return r;
	r = wc_ecc_init(&w);
	if (r == 0)
		r = wc_ecc_import_private_key_ex(k->secret, KEY_SECRET_LEN,
		    k->public.bytes, k->public.len, &w, ECC_SECP256R1);
	if (r == 0)
		r = wc_ecc_set_rng(&w, &rng); /* blinding */
	if (r == 0)
		r = wc_SignCert_ex((int)tbs.n, CTC_SHA256wECDSA, out,
		    (word32)cap, ECC_TYPE, &w, &rng);
	wc_ecc_free(&w);
	wc_FreeRng(&rng);
	return r;
}

int
key_sign(const struct key *k, struct slice tbs, struct buf *out, struct err *e)
{
	size_t cap = tbs.n + SIGNED_OVERHEAD;
	uint8_t *p;
	int n;

	if (tbs.n == 0 || cap > INT32_MAX)
		return err_set(e, AX_E_CRYPTO, "nothing, or too much, to sign");
	p = buf_reserve(out, cap);
	if (p == NULL)
		return err_set(e, AX_E_NOMEM, "out of memory");
	memcpy(p, tbs.p, tbs.n);
	n = k->public.type == IDENTITY_P256 ? sign_p256(k, tbs, p, cap)
					    : sign_ed25519(k, tbs, p, cap);
	if (n <= 0)
		return err_set(
		    e, AX_E_CRYPTO, "signing failed (wolfSSL: %d)", n);
	buf_commit(out, (size_t)n);
	return 0;
}

static int
verify_ed25519(
    const struct pubkey *k, struct slice tbs, struct slice sig, int *ok)
{
	ed25519_key w;
	int r;

	r = wc_ed25519_init(&w);
	if (r != 0)
		return r;
	r = wc_ed25519_import_public(k->bytes, k->len, &w);
	if (r == 0)
		r = wc_ed25519_verify_msg(
		    sig.p, (word32)sig.n, tbs.p, (word32)tbs.n, ok, &w);
	wc_ed25519_free(&w);
	return r;
}

static int
verify_p256(const struct pubkey *k, struct slice tbs, struct slice sig, int *ok)
{
	uint8_t hash[WC_SHA256_DIGEST_SIZE];
	ecc_key w;
	int r;

	r = wc_Sha256Hash(tbs.p, (word32)tbs.n, hash);
	if (r != 0)
		return r;
	r = wc_ecc_init(&w);
	if (r != 0)
		return r;
	r = wc_ecc_import_x963_ex(k->bytes, k->len, &w, ECC_SECP256R1);
	if (r == 0)
		r = wc_ecc_check_key(&w);
	if (r == 0)
		r = wc_ecc_verify_hash(
		    sig.p, (word32)sig.n, hash, sizeof(hash), ok, &w);
	wc_ecc_free(&w);
	return r;
}

int
pubkey_verify(const struct pubkey *k, struct slice tbs, struct slice signature,
    struct err *e)
{
	int ok = 0, r;

	if (tbs.n > UINT32_MAX || signature.n > UINT32_MAX)
		return err_set(e, AX_E_CRYPTO, "too long to verify");
	r = k->type == IDENTITY_P256 ? verify_p256(k, tbs, signature, &ok)
				     : verify_ed25519(k, tbs, signature, &ok);
	if (r != 0 || ok != 1)
		return err_set(e, AX_E_CRYPTO, "the signature is not valid");
	return 0;
}

int
pubkey_open(const struct pubkey *by, struct slice in, struct slice *tbs,
    struct err *e)
{
	struct slice algorithm, signature;
	struct der d, whole;

	der_init(&d, in);
	whole = der_enter(&d, DER_SEQUENCE);
	*tbs = der_take_whole(&whole, DER_SEQUENCE);
	algorithm = der_take_whole(&whole, DER_SEQUENCE);
	signature = der_bits(&whole);
	if (!der_done(&whole) || !der_done(&d))
		return err_set(e, AX_E_SYNTAX, "what should be signed is malformed");
	if (!slice_eq(algorithm, key_signature_algorithm(by->type)))
		return err_set(e, AX_E_UNSUPPORTED,
		    "it is signed with another kind of key");
	return pubkey_verify(by, *tbs, signature, e);
}

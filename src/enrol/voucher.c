/* voucher.c — vouchers as text, as keys and as requests.
 *
 * Thread: any.
 * Invariant: the secret is in the text and in a struct key, and nowhere else; it is
 * never sent. Two signatures, one by each key: the inner one proves that who asks has
 * the new key, the outer one that he has the voucher, and wants it for this key. */
#include "enrol/voucher.h"

#include <string.h>

#include "base/assert.h"
#include "base/base32.h"
#include "base/rng.h"
#include "pki/csr.h"
#include "tls/wolf.h"

#define DIGITS 32
#define GROUP 4
#define KEY_LEN 32

/* The secret is as long as people copy it, a key is longer. */
static int
derive(const uint8_t secret[VOUCHER_SECRET_LEN], struct key *out, struct err *e)
{
	static const char label[] = "atlax-voucher-v1";
	uint8_t text[sizeof(label) - 1 + VOUCHER_SECRET_LEN];
	uint8_t hash[WC_SHA256_DIGEST_SIZE];
	int r;

	memcpy(text, label, sizeof(label) - 1);
	memcpy(text + sizeof(label) - 1, secret, VOUCHER_SECRET_LEN);
	r = wc_Sha256Hash(text, sizeof(text), hash);
	ax_assert(r == 0);
	r = key_of_secret(hash, out, e);
	explicit_bzero(text, sizeof(text));
	explicit_bzero(hash, sizeof(hash));
	return r;
}

int
voucher_make(char text[VOUCHER_TEXT], struct pubkey *out, struct err *e)
{
	uint8_t secret[VOUCHER_SECRET_LEN];
	struct key key;
	int r;

	rng_secret(secret, sizeof(secret));
	r = derive(secret, &key, e);
	if (r == 0) {
		base32_write(secret, sizeof(secret), DIGITS, GROUP, text);
		*out = key.public;
	}
	key_forget(&key);
	explicit_bzero(secret, sizeof(secret));
	return r;
}

int
voucher_parse(const char *text, struct key *out, struct err *e)
{
	uint8_t secret[VOUCHER_SECRET_LEN];
	int r;

	if (!base32_read(text, DIGITS, secret, sizeof(secret)))
		return err_set(e, AX_E_RANGE, "a voucher has the 32 letters and digits "
		    "that atlax voucher printed");
	r = derive(secret, out, e);
	explicit_bzero(secret, sizeof(secret));
	return r;
}

int
voucher_write(const struct key *voucher, const struct key *key, struct buf *out,
    struct err *e)
{
	struct buf csr;
	int r;

	buf_init(&csr);
	r = csr_write_bare(key, &csr, e);
	if (r == 0 && buf_append(out, voucher->public.bytes, KEY_LEN) < 0)
		r = err_set(e, AX_E_NOMEM, "out of memory");
	if (r == 0)
		r = key_sign(voucher, buf_slice(&csr), out, e);
	buf_fini(&csr);
	return r;
}

int
voucher_read(struct slice in, struct voucher_request *out, struct err *e)
{
	int r;

	if (in.n <= KEY_LEN)
		return err_set(e, AX_E_SYNTAX, "the request is malformed");
	out->by = (struct pubkey){ .type = IDENTITY_ED25519, .len = KEY_LEN };
	memcpy(out->by.bytes, in.p, KEY_LEN);
	r = pubkey_open(&out->by, slice_skip(in, KEY_LEN), &out->csr, e);
	if (r == 0)
		r = csr_read_bare(out->csr, &out->key, e);
	if (r == 0 && pubkey_eq(&out->key, &out->by))
		r = err_set(e, AX_E_PEER, "the key is the voucher's");
	return r;
}

/* record.c — sealing and opening records.
 *
 * Thread: owner. Invariant: seq counts the records of this direction since its
 * key came into use; no two records of a key share a nonce, because it only
 * grows and a side that failed is not used again.                            */
#include "tls/record.h"

#include <stdlib.h>

#include "base/assert.h"

static int
set_key(struct record_side *s, const uint8_t *key)
{
	if (s->cipher == RECORD_CHACHA20_POLY1305) {
		memcpy(s->key, key, sizeof(s->key));
		return 0;
	}
	if (s->accel != NULL)
		return accel_key_new(s->accel, key, &s->fast);
	s->slow = calloc(1, sizeof(*s->slow));
	if (s->slow == NULL)
		return AX_E_NOMEM;
	if (wc_AesInit(s->slow, NULL, INVALID_DEVID) != 0 ||
	    wc_AesGcmSetKey(s->slow, key, ACCEL_KEY_LEN) != 0)
		return AX_E_CRYPTO;
	return 0;
}

static void
drop_key(struct record_side *s)
{
	accel_key_free(&s->fast);
	if (s->slow != NULL) {
		wc_AesFree(s->slow);
		explicit_bzero(s->slow, sizeof(*s->slow));
		free(s->slow);
	}
	s->slow = NULL;
}

int
record_init(struct record_side *s, struct accel *a, const struct record_keys *k)
{
	*s = (struct record_side){ .cipher = k->cipher, .accel = a };
	memcpy(s->iv, k->iv, sizeof(s->iv));
	memcpy(s->secret, k->secret, sizeof(s->secret));
	return set_key(s, k->key);
}

void
record_fini(struct record_side *s)
{
	drop_key(s);
	explicit_bzero(s, sizeof(*s));
}

void
record_move(struct record_side *s, struct accel *a)
{
	ax_assert((a == NULL) == (s->accel == NULL));
	s->accel = a;
	if (s->fast != NULL)
		accel_key_move(s->fast, a);
}

/* The next secret, key and nonce mask are one expansion of this secret, which is
 * then forgotten: an old key cannot be found from a new one.                 */
int
record_next_key(struct record_side *s)
{
	static const uint8_t label[] = "atlax next key v1";
	uint8_t fresh[RECORD_SECRET_LEN + 32 + 12];
	int r = AX_E_CRYPTO;

	if (wc_HKDF_Expand(WC_SHA256, s->secret, sizeof(s->secret), label,
	    sizeof(label) - 1, fresh, sizeof(fresh)) == 0) {
		drop_key(s);
		memcpy(s->secret, fresh, RECORD_SECRET_LEN);
		memcpy(s->iv, fresh + RECORD_SECRET_LEN + 32, sizeof(s->iv));
		s->seq = 0;
		r = set_key(s, fresh + RECORD_SECRET_LEN);
	}
	explicit_bzero(fresh, sizeof(fresh));
	return r;
}

bool
record_key_is_used_up(const struct record_side *s)
{
	return s->cipher == RECORD_AES128_GCM && s->seq >= RECORD_PER_KEY;
}

bool
record_key_may_change(const struct record_side *s)
{
	return s->cipher == RECORD_AES128_GCM && s->seq >= RECORD_PER_KEY / 2;
}

/* RFC 8446 section 5.3. */
static void
make_nonce(const struct record_side *s, uint8_t nonce[12])
{
	memcpy(nonce, s->iv, 12);
	for (int i = 0; i < 8; i++)
		nonce[11 - i] ^= (uint8_t)(s->seq >> (8 * i));
}

static int
seal_slowly(struct record_side *s, const uint8_t nonce[12], struct slice head,
    uint8_t *text, size_t n)
{
	word32 len = (word32)n;
	int r;

	if (s->cipher == RECORD_CHACHA20_POLY1305)
		r = wc_ChaCha20Poly1305_Encrypt(s->key, nonce, head.p,
		    (word32)head.n, text, len, text, text + n);
	else
		r = wc_AesGcmEncrypt(s->slow, text, text, len, nonce, 12,
		    text + n, RECORD_TAG, head.p, (word32)head.n);
	return r == 0 ? 0 : AX_E_CRYPTO;
}

int
record_seal(
    struct record_side *s, uint8_t type, struct slice text, uint8_t *out)
{
	size_t len = text.n + 1 + RECORD_TAG;
	uint8_t head[RECORD_HEAD] = { RECORD_DATA, 3, 3, (uint8_t)(len >> 8),
		(uint8_t)len };
	struct slice aad = slice_of(head, sizeof(head));
	uint8_t nonce[12];
	int r = 0;

	ax_assert(text.n <= 16384);
	make_nonce(s, nonce);
	memcpy(out, head, sizeof(head));
	out += sizeof(head);
	if (s->fast != NULL) {
		accel_seal(s->fast, nonce, aad, text, type, out);
	} else {
		memcpy(out, text.p, text.n);
		out[text.n] = type;
		r = seal_slowly(s, nonce, aad, out, text.n + 1);
	}
	s->seq++;
	return r;
}

static int
open_slowly(struct record_side *s, const uint8_t nonce[12], struct slice head,
    struct slice sealed, uint8_t *out)
{
	word32 n = (word32)(sealed.n - RECORD_TAG);
	uint8_t tag[RECORD_TAG];
	int r;

	memcpy(tag, sealed.p + n, sizeof(tag));
	if (s->cipher == RECORD_CHACHA20_POLY1305)
		r = wc_ChaCha20Poly1305_Decrypt(s->key, nonce, head.p,
		    (word32)head.n, sealed.p, n, tag, out);
	else
		r = wc_AesGcmDecrypt(s->slow, out, sealed.p, n, nonce, 12, tag,
		    sizeof(tag), head.p, (word32)head.n);
	if (r == 0)
		return 0;
	memset(out, 0, n); /* what failed to authenticate is nobody's to read */
	return AX_E_PEER;
}

int
record_open(struct record_side *s, struct slice record, uint8_t *out,
    uint8_t *type, size_t *n)
{
	struct slice aad = slice_of(record.p, RECORD_HEAD);
	struct slice sealed = slice_skip(record, RECORD_HEAD);
	size_t len = sealed.n - RECORD_TAG;
	uint8_t nonce[12];
	int r = 0;

	ax_assert(record.n > RECORD_HEAD + RECORD_TAG);
	if (len > RECORD_INNER_MAX)
		return AX_E_PEER;
	make_nonce(s, nonce);
	if (s->fast == NULL)
		r = open_slowly(s, nonce, aad, sealed, out);
	else if (!accel_open(s->fast, nonce, aad, sealed, out))
		r = AX_E_PEER;
	s->seq++;
	if (r < 0)
		return r;
	while (len > 0 && out[len - 1] == 0)
		len--;
	if (len == 0)
		return AX_E_PEER;
	*type = out[len - 1];
	*n = len - 1;
	return 0;
}

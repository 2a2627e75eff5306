/* resume.c — keys of sessions and what they prove.
 *
 * Thread: owner of the connection. Invariant: a key is never sent, and an older
 * one cannot be found from a newer one; each goes into one direction of HMAC
 * only together with a connection's own secret.                              */
#include "tls/resume.h"

#include <string.h>

#include "base/assert.h"
#include "tls/conn.h"

/* The key that follows from another secret and a salt. */
static int
derive(const uint8_t secret[RESUME_KEY_LEN], const uint8_t *salt, size_t salt_len,
    uint8_t out[RESUME_KEY_LEN])
{
	static const uint8_t info[] = "atlax-rk";

	return wc_HKDF(WC_SHA256, secret, RESUME_KEY_LEN, salt, (word32)salt_len,
	    info, sizeof(info) - 1, out, RESUME_KEY_LEN) == 0 ? 0 : AX_E_CRYPTO;
}

int
resume_keys_begin(struct resume_keys *k, struct tls_conn *c,
    const uint8_t session[RESUME_SESSION_LEN])
{
	int r;

	ax_assert(c->established);
	*k = (struct resume_keys){ 0 };
	r = derive(c->origin, session, RESUME_SESSION_LEN, k->key[0]);
	explicit_bzero(c->origin, sizeof(c->origin));
	return r;
}

int
resume_keys_change(struct resume_keys *k, unsigned age, struct tls_conn *c)
{
	uint8_t fresh[RESUME_KEY_LEN];
	int r = derive(k->key[age], c->binder, sizeof(c->binder), fresh);

	ax_assert(c->established && age < ARRAY_LEN(k->key));
	memmove(k->key[1], k->key[age], RESUME_KEY_LEN);
	memcpy(k->key[0], fresh, RESUME_KEY_LEN);
	explicit_bzero(fresh, sizeof(fresh));
	explicit_bzero(c->binder, sizeof(c->binder));
	return r;
}

void
resume_keys_forget_old(struct resume_keys *k)
{
	explicit_bzero(k->key[1], sizeof(k->key[1]));
}

void
resume_keys_fini(struct resume_keys *k)
{
	explicit_bzero(k, sizeof(*k));
}

static void
put_be(uint8_t *p, uint64_t v, size_t n)
{
	for (; n > 0; v >>= 8)
		p[--n] = (uint8_t)v;
}

/* "c" or "s", session, epoch, received, binder. */
#define CLAIM_LEN (1 + RESUME_SESSION_LEN + 4 + 8 + RECORD_SECRET_LEN)

int
resume_mac(const struct resume_keys *k, unsigned age, const struct tls_conn *c,
    const struct resume_claim *claim, uint8_t mac[RESUME_MAC_LEN])
{
	uint8_t text[CLAIM_LEN], *p = text;
	Hmac hmac;
	int r;

	ax_assert(c->established && age < ARRAY_LEN(k->key));
	*p++ = claim->by == TLS_AGENT ? 'c' : 's';
	memcpy(p, claim->session, RESUME_SESSION_LEN);
	p += RESUME_SESSION_LEN;
	put_be(p, claim->epoch, 4);
	put_be(p + 4, claim->received, 8);
	memcpy(p + 12, c->binder, sizeof(c->binder));
	r = wc_HmacInit(&hmac, NULL, INVALID_DEVID);
	if (r == 0) {
		r = wc_HmacSetKey(&hmac, WC_SHA256, k->key[age], RESUME_KEY_LEN);
		if (r == 0)
			r = wc_HmacUpdate(&hmac, text, sizeof(text));
		if (r == 0)
			r = wc_HmacFinal(&hmac, mac);
		wc_HmacFree(&hmac);
		explicit_bzero(&hmac, sizeof(hmac));
	}
	explicit_bzero(text, sizeof(text));
	return r == 0 ? 0 : AX_E_CRYPTO;
}

bool
resume_mac_matches(const struct resume_keys *k, unsigned age,
    const struct tls_conn *c, const struct resume_claim *claim,
    const uint8_t mac[RESUME_MAC_LEN])
{
	uint8_t ours[RESUME_MAC_LEN], diff = 0;

	if (resume_mac(k, age, c, claim, ours) < 0)
		return false;
	for (size_t i = 0; i < sizeof(ours); i++)
		diff |= ours[i] ^ mac[i];
	explicit_bzero(ours, sizeof(ours));
	return diff == 0;
}

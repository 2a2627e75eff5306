/* key.h — key pairs: Ed25519 (RFC 8410), or P-256 (RFC 5480) on request. Made,
 * stored as unencrypted PKCS#8 (RFC 5958), used to sign. Thread: any.        */
#ifndef ATLAX_PKI_KEY_H
#define ATLAX_PKI_KEY_H

#include "base/buf.h"
#include "parse/identity.h"
#include "parse/der_out.h"

#define KEY_SECRET_LEN 32
#define KEY_PUBLIC_MAX 65
#define KEY_ID_LEN     20

struct pubkey {
	enum identity_key type;
	uint8_t len;
	uint8_t bytes[KEY_PUBLIC_MAX]; /* P-256: uncompressed point */
};

struct key {
	struct pubkey public;
	uint8_t secret[KEY_SECRET_LEN];
};

/* Fails: AX_E_CRYPTO. */
AX_CHECKED int
key_generate(enum identity_key type, struct key *out, struct err *e);
/* The Ed25519 key of this secret, any 32 bytes. Fails: AX_E_CRYPTO. */
AX_CHECKED int key_of_secret(
    const uint8_t secret[KEY_SECRET_LEN], struct key *out, struct err *e);
/* Zeroises the secret half, also of a key that was never made. */
void key_forget(struct key *k);

/* PKCS#8 as PEM, appended. The caller wipes out (key_wipe).
 * Fails: AX_E_NOMEM, AX_E_CRYPTO.                                            */
AX_CHECKED int key_write_pem(const struct key *k, struct buf *out);
/* The public half is computed, never believed.
 * Fails: AX_E_SYNTAX (also: encrypted, RSA, another curve), AX_E_CRYPTO.     */
AX_CHECKED int key_read_pem(struct slice pem, struct key *out, struct err *e);
/* Zeroises and frees a buffer that held a key's text. */
void key_wipe(struct buf *b);

/* SubjectPublicKeyInfo. */
void pubkey_write(struct der_out *o, const struct pubkey *k);
/* Takes one SubjectPublicKeyInfo. Whether a P-256 point is on the curve is not
 * looked at here: pubkey_verify does. Fails: AX_E_UNSUPPORTED.               */
AX_CHECKED int pubkey_read(struct der *d, struct pubkey *out, struct err *e);
bool pubkey_eq(const struct pubkey *a, const struct pubkey *b);
/* The key identifier for certificates: RFC 7093, method 1 (leftmost 160 bits of
 * SHA-256), so that no SHA-1 is needed.                                      */
void pubkey_id(const struct pubkey *k, uint8_t id[KEY_ID_LEN]);

/* The AlgorithmIdentifier of signatures by such a key. */
struct slice key_signature_algorithm(enum identity_key type);
/* Appends SEQUENCE { tbs, algorithm, signature }: a certificate, a CRL.
 * Fails: AX_E_CRYPTO, AX_E_NOMEM.                                            */
AX_CHECKED int
key_sign(const struct key *k, struct slice tbs, struct buf *out, struct err *e);
/* Fails: AX_E_CRYPTO: the signature is not this key's over these bytes. */
AX_CHECKED int pubkey_verify(const struct pubkey *k, struct slice tbs,
    struct slice signature, struct err *e);
/* The reverse of key_sign: in is such a SEQUENCE, a certificate as well, and the
 * signature is this key's; *tbs: what it is about, borrowed from in.
 * Fails: AX_E_SYNTAX, AX_E_UNSUPPORTED, AX_E_CRYPTO.                         */
AX_CHECKED int pubkey_open(const struct pubkey *by, struct slice in,
    struct slice *tbs, struct err *e);

#endif

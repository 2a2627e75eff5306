/* record.h — TLS 1.3 records of an established connection (RFC 8446 section 5),
 * sealed and opened without a detour through the library, which has done its
 * part when the handshake is over (doc/decisions/0008). One direction each.
 * Thread: owner.                                                             */
#ifndef ATLAX_TLS_RECORD_H
#define ATLAX_TLS_RECORD_H

#include "base/err.h"
#include "base/slice.h"
#include "tls/accel.h"
#include "tls/wolf.h"

#define RECORD_HEAD 5
#define RECORD_TAG 16
#define RECORD_INNER_MAX (16384 + 1) /* text, type and padding */
#define RECORD_ALERT 21
#define RECORD_HANDSHAKE 22
#define RECORD_DATA 23
/* RFC 8446 section 5.5: a key of AES-GCM should not seal more full records than
 * 2^24.5. Then the direction changes to its next key, like KeyUpdate; because
 * the library does not give the traffic secrets away, ours come from an exporter
 * (doc/PROTOCOL). Sooner than half of that nobody has a reason to.           */
#define RECORD_PER_KEY UINT64_C(23726566)
#define RECORD_SECRET_LEN 32

enum record_cipher { RECORD_AES128_GCM, RECORD_CHACHA20_POLY1305 };

struct record_side {
	enum record_cipher cipher;
	struct accel_key *fast; /* AES with acceleration */
	Aes *slow;		/* AES without */
	uint8_t key[32];	/* ChaCha20 */
	uint8_t iv[12];
	uint64_t seq;	    /* of this key */
	struct accel *accel;
	uint8_t secret[RECORD_SECRET_LEN]; /* the next key comes from it */
};

struct record_keys {
	enum record_cipher cipher;
	const uint8_t *key; /* 16 or 32 bytes by the cipher */
	const uint8_t *iv;  /* 12 bytes */
	const uint8_t *secret; /* RECORD_SECRET_LEN */
};

/* a: may be NULL. Copies. Fails: AX_E_NOMEM, AX_E_CRYPTO; then record_fini is
 * still allowed.                                                             */
AX_CHECKED int record_init(
    struct record_side *s, struct accel *a, const struct record_keys *k);
void record_fini(struct record_side *s); /* zeroises */
/* From here on it is the thread's of a, NULL where record_init's was. */
void record_move(struct record_side *s, struct accel *a);

/* Writes head, sealed text and tag: text.n + 22 bytes. text.n <= 16384.
 * Fails: AX_E_CRYPTO.                                                        */
AX_CHECKED int record_seal(
    struct record_side *s, uint8_t type, struct slice text, uint8_t *out);
/* Opens a whole record (head included, sizes checked by the record guard) into
 * out, which must have room for its length - 16 and not overlap. *type and *n
 * say what was inside, padding removed.
 * Fails: AX_E_PEER: not authentic, too long, or nothing but padding; AX_E_CRYPTO. */
AX_CHECKED int record_open(struct record_side *s, struct slice record,
    uint8_t *out, uint8_t *type, size_t *n);

/* Changes to the next key, seq 0. Fails: AX_E_NOMEM, AX_E_CRYPTO: the side must
 * not be used any more.                                                      */
AX_CHECKED int record_next_key(struct record_side *s);
/* Is it time (sealing), or not too early (opening), to change keys? */
bool record_key_is_used_up(const struct record_side *s);
bool record_key_may_change(const struct record_side *s);

#endif

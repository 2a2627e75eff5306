/* accel.h — AES-128-GCM at the speed of the processor, one of accel_none.c and
 * accel_ipsecmb.c. Records use it after the handshake (record.c); where there
 * is none, wolfCrypt's own code does the same, slower. NIST SP 800-38D.       */
#ifndef ATLAX_TLS_ACCEL_H
#define ATLAX_TLS_ACCEL_H

#include "base/slice.h"

#define ACCEL_KEY_LEN 16
#define ACCEL_NONCE_LEN 12
#define ACCEL_TAG_LEN 16

struct accel;	  /* what a thread needs; NULL where there is no acceleration */
struct accel_key; /* one key, expanded */

/* True: AES-GCM is fast here and is offered first; false: ChaCha20-Poly1305. */
bool accel_prefers_aes(void);
const char *accel_describe(void); /* "wolfSSL 5.5.4, AES-GCM by …" */

/* Thread: the one that will use it and its keys. *out is NULL without
 * acceleration, which is fine. Fails: AX_E_NOMEM.                            */
AX_CHECKED int accel_new(struct accel **out);
void accel_free(struct accel **a); /* accepts NULL, nulls; keys are gone before */

/* Fails: AX_E_NOMEM. */
AX_CHECKED int accel_key_new(
    struct accel *a, const uint8_t key[ACCEL_KEY_LEN], struct accel_key **out);
void accel_key_free(struct accel_key **k); /* zeroises; accepts NULL, nulls */

/* From here on it is the thread's of a, which has acceleration too. */
void accel_key_move(struct accel_key *k, struct accel *a);

/* Seals text and then the byte last behind it: writes text.n + 1 + 16 bytes.
 * out must not overlap text.                                                 */
void accel_seal(const struct accel_key *k, const uint8_t nonce[ACCEL_NONCE_LEN],
    struct slice aad, struct slice text, uint8_t last, uint8_t *out);
/* Opens sealed (tag included, at least 16 bytes): writes sealed.n - 16 bytes, or
 * returns false and leaves zeros there. out may be sealed.p itself.          */
AX_CHECKED bool accel_open(const struct accel_key *k,
    const uint8_t nonce[ACCEL_NONCE_LEN], struct slice aad, struct slice sealed,
    uint8_t *out);

#endif

/* resume.h — proves that who asks for a session on a new connection is who had it
 * on the old one. Both ends have a key in common, which comes from the session's
 * first connection and changes with each one after it; a claim's MAC covers the
 * new connection too, so that it is of no use on any other. doc/PROTOCOL 7.
 * HMAC-SHA256 and HKDF (RFC 2104, RFC 5869).
 * Thread: owner of the connection.                                           */
#ifndef ATLAX_TLS_RESUME_H
#define ATLAX_TLS_RESUME_H

#include "tls/tls.h"

#define RESUME_SESSION_LEN 16
#define RESUME_KEY_LEN 32
#define RESUME_MAC_LEN 32

/* [0] the newest; [1] the one before it, of use until the agent has shown that
 * it has the newest as well.                                                 */
struct resume_keys {
	uint8_t key[2][RESUME_KEY_LEN];
};

struct resume_claim {
	enum tls_role by;
	const uint8_t *session; /* RESUME_SESSION_LEN, borrowed */
	uint32_t epoch;
	uint64_t received;
};

/* The session began on this connection, once. Fails: AX_E_CRYPTO. */
AX_CHECKED int resume_keys_begin(struct resume_keys *k, struct tls_conn *c,
    const uint8_t session[RESUME_SESSION_LEN]);
/* The session goes on over this connection, proven by key[age], which from now on
 * is the one before the newest. Fails: AX_E_CRYPTO.                          */
AX_CHECKED int resume_keys_change(
    struct resume_keys *k, unsigned age, struct tls_conn *c);
void resume_keys_forget_old(struct resume_keys *k);
void resume_keys_fini(struct resume_keys *k); /* zeroises */

/* Before resume_keys_change on the same connection. Fails: AX_E_CRYPTO. */
AX_CHECKED int resume_mac(const struct resume_keys *k, unsigned age,
    const struct tls_conn *c, const struct resume_claim *claim,
    uint8_t mac[RESUME_MAC_LEN]);
/* Takes the same time whatever the answer is. */
AX_CHECKED bool resume_mac_matches(const struct resume_keys *k, unsigned age,
    const struct tls_conn *c, const struct resume_claim *claim,
    const uint8_t mac[RESUME_MAC_LEN]);

#endif

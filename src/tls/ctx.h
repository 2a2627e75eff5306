/* ctx.h — a context from the inside, for the files of tls. Only the material is
 * shared between threads. Thread: the owner of the context, for everything.  */
#ifndef ATLAX_TLS_CTX_H
#define ATLAX_TLS_CTX_H

#include "tls/accel.h"
#include "tls/material.h"
#include "tls/wolf.h"

/* Hashes of leaves that pristine has taken: agents come back with the same ones.
 * A leaf has one place, by its hash; who comes later takes it.              */
#define ISSUED_LEN 1024
struct issued {
	uint8_t sha256[ISSUED_LEN][32];
};

struct tls_ctx {
	unsigned refs;
	WOLFSSL_CTX *wolf;
	/* Holds the CAs and nothing else, ever: wolfSSL adds intermediates that
	 * peers send to the store of wolf.                                   */
	WOLFSSL_CERT_MANAGER *pristine;
	struct issued *issued; /* of a relay; an agent has NULL */
	struct material *material;
	struct accel *accel; /* of the owner's thread; NULL: none */
};

/* A context of the recipe, made of this material (a reference is taken).
 * Fails: AX_E_TLS, AX_E_NOMEM, AX_E_CONFIG.                                  */
AX_CHECKED int ctx_build(
    struct material *m, struct tls_ctx **out, struct err *e);
struct tls_ctx *ctx_ref(struct tls_ctx *ctx);

static inline bool
role_is_agent(enum tls_role role)
{
	return role == TLS_AGENT || role == TLS_ENROL_AGENT;
}

/* After every load of a CA (either may be NULL); why, ctx.c says. */
void ctx_forget_trusted_peers(WOLFSSL_CTX *ctx, WOLFSSL_CERT_MANAGER *cm);

/* Installs the memory-to-memory callbacks of conn.c. */
void conn_set_io(WOLFSSL_CTX *wolf);

/* Proves that this context refuses a clone of its CA, another CA, no certificate
 * and, by the same recipe over a CA of its own, a revoked serial; and that it
 * takes a good one. Fails: AX_E_TLS, AX_E_NOMEM.                             */
AX_CHECKED int selftest_run(struct tls_ctx *ctx, struct err *e);

#endif

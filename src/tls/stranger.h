/* stranger.h — the other side of a connection: the library without any of our
 * rules, showing what it is told to show. For the self-test and for tests.
 * Internal to tls. Thread: owner.                                            */
#ifndef ATLAX_TLS_STRANGER_H
#define ATLAX_TLS_STRANGER_H

#include "tls/material.h"
#include "tls/wolf.h"

struct stranger {
	enum tls_role against; /* whom it meets */
	WOLFSSL_CTX *ctx;
	WOLFSSL *ssl;
	struct buf in, out;
	bool done;
};

/* What it shows. */
struct credentials {
	struct blob chain, key; /* PEM; empty: nothing */
};

void credentials_fini(struct credentials *c);

/* A client against a relay, a server against an agent; it believes everybody.
 * Call stranger_fini also after a failure. Fails: AX_E_NOMEM, AX_E_TLS.      */
AX_CHECKED int stranger_init(struct stranger *s, enum tls_role against,
    const struct credentials *shows);
void stranger_fini(struct stranger *s);
/* Goes on with its handshake. */
void stranger_step(struct stranger *s);
/* The whole handshake with c: what tls_conn_handshake said at the end, or
 * AX_E_AGAIN if it came to none.                                             */
AX_CHECKED int stranger_meet(
    struct stranger *s, struct tls_conn *c, struct err *e);

#endif

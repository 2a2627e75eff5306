/* verdict.h — who the peer is and whether we talk to him, and every reason why
 * not as a sentence. Internal to tls. Thread: owner of the connection.       */
#ifndef ATLAX_TLS_VERDICT_H
#define ATLAX_TLS_VERDICT_H

#include "tls/ctx.h"

/* What is known of the peer's leaf, also of one that was refused. */
struct verdict {
	const struct tls_ctx *ctx; /* borrowed from the connection */
	const char *host;	   /* agent: whom we dialled */
	bool passed; /* the leaf was verified, and its owner is in peer */
	struct tls_peer peer;
	struct blob ca; /* TLS_ENROL_AGENT: the one that has the pin; owned */
	int64_t not_before, not_after; /* of a leaf that the library refused */
	struct err err;		       /* our own reason for refusing */
};

/* wolfSSL's verify callback; userCtx is a struct verdict. Turns a no into a yes
 * for a pin only.                                                            */
int verdict_on_verify(int ok, WOLFSSL_X509_STORE_CTX *store);

/* What TLS_ENROL_AGENT has of its own. By pointers, so that it is not in a program
 * that never makes such a context: the agent.                                */
struct pinned {
	/* The verdict on all that the relay shows; fills peer.id and ca. Fails:
	 * AX_E_IDENTITY, AX_E_TLS, AX_E_SYNTAX, AX_E_NOMEM, also in err.         */
	int (*judge)(struct verdict *v, const WOLFSSL_X509_STORE_CTX *store);
	int (*selftest)(struct tls_ctx *ctx, struct err *e);
};
/* pinned.c and selftest.c. */
int pinned_judge(struct verdict *v, const WOLFSSL_X509_STORE_CTX *store);
int selftest_pinned(struct tls_ctx *ctx, struct err *e);

/* The sentence and the code for a wolfSSL error of this connection. */
int verdict_explain(const struct verdict *v, WOLFSSL *ssl, int code, struct err *e);
/* The sentence for an alert (RFC 8446 section 6); AX_E_TLS, or AX_E_EXPIRED: that is
 * said of our certificate.                                                   */
int verdict_explain_alert(int alert, struct err *e);
/* The same while a context is built: fmt says what did not work. */
int verdict_setup(struct err *e, int code, const char *fmt, ...) AX_PRINTF(3, 4);

#endif

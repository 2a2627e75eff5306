/* certs.h — certificates for many agents, signed in memory with the CA that
 * atlax pki made. All share one key, and none is in the CA's database: they are
 * for a measurement and end with it. Thread: owner.                          */
#ifndef ATLAX_BENCH_CERTS_H
#define ATLAX_BENCH_CERTS_H

#include "pki/issuer.h"
#include "tls/tls.h"

struct certs {
	struct ca ca;
	struct issuer issuer;
	struct key key;
	char dir[64]; /* of our own, for the moment: contexts are made of files */
	char certificate[128], secret[128], relay_ca[4096];
};

/* pki: the CA's directory; must outlive the object. certs_close also after a
 * failure. Fails: AX_E_SYS, AX_E_NOMEM, AX_E_CRYPTO, and what reading a CA can
 * give.                                                                      */
AX_CHECKED int certs_open(struct certs *c, const char *pki, struct err *e);
/* The context of the agent "tenant/agent". Without the self-test, which would
 * take longer than everything that is measured. Fails: as tls_ctx_new.       */
AX_CHECKED int certs_agent(
    struct certs *c, const char *name, struct tls_ctx **out, struct err *e);
void certs_close(struct certs *c);

#endif

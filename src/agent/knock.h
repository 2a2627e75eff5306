/* knock.h — one connection to the enrolment port of a relay: asks there for the next
 * certificate of an agent whose own has expired, so that no tunnel takes it
 * (doc/RENEWAL 5). Thread: the agent's.                                      */
#ifndef ATLAX_AGENT_KNOCK_H
#define ATLAX_AGENT_KNOCK_H

#include "base/buf.h"
#include "io/loop.h"
#include "tls/tls.h"

/* What the relay says: CERTIFICATE or REFUSED of doc/ENROLMENT 2. */
struct knock_answer {
	uint16_t why;	  /* 0: a certificate */
	uint16_t retry_s; /* REFUSED; 0: it does not say when */
	struct slice der;
};

struct knock {
	struct loop *loop; /* borrowed from the first knock_begin on */
	/* Once for each knock_begin, and never from within it; then it is over.
	 * NULL: there is no answer, e says why.                               */
	void (*answered)(
	    struct knock *k, const struct knock_answer *a, const struct err *e);

	/* private */
	struct tls_conn *tls; /* NULL: nobody is asked */
	int fd;
	bool asked;
	struct watch watch;
	struct wheel_timer timer;
	struct buf request, in;
};

void knock_init(struct knock *k); /* answered is the caller's to set */
void knock_fini(struct knock *k); /* nobody is answered any more */
/* Takes fd, which is connected. tls: the agent's own, which says by whom relays are
 * known; its certificate is not asked for. request: see pki/renewal.h; copied.
 * Fails: AX_E_NOMEM, AX_E_SYS, AX_E_LIMIT (the request is too long), AX_E_TLS. */
AX_CHECKED int knock_begin(struct knock *k, struct tls_ctx *tls, int fd,
    const char *host, struct slice request, struct err *e);

#endif

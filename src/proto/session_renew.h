/* session_renew.h — a new certificate over the session that the old one has proven.
 * What request and certificate say is not looked at here. It belongs to session.h,
 * and is a file of its own because few need it. Thread: owner.               */
#ifndef ATLAX_PROTO_SESSION_RENEW_H
#define ATLAX_PROTO_SESSION_RENEW_H

#include "base/slice.h"

struct session;

/* The answer: a certificate, or why there is none. */
struct session_certificate {
	struct slice der;
	uint16_t why;	  /* enum ax_renew_refusal; 0: der is it */
	uint16_t retry_s; /* ask again after that; with a refusal only */
};

#define SESSION_REQUEST_MAX 4092 /* bytes of a request */
#define SESSION_CERTIFICATE_MAX 4088

/* Both sides agreed to it, and nothing is in the way: the session is up, and no
 * request without an answer.                                                 */
bool session_may_renew(const struct session *s);
/* Agent: sends a request (copied); SESSION_EV_CERTIFICATE answers it.
 * Fails: AX_E_CLOSED (not session_may_renew), AX_E_LIMIT (longer than
 * SESSION_REQUEST_MAX), AX_E_NOMEM.                                          */
AX_CHECKED int session_renew(struct session *s, struct slice request);
/* Relay: answers the request; harmless where nothing was asked. May be called
 * while the session is suspended. Fails: AX_E_LIMIT (longer than
 * SESSION_CERTIFICATE_MAX), AX_E_NOMEM: there is still no answer.            */
AX_CHECKED int session_certify(
    struct session *s, const struct session_certificate *c);

#endif

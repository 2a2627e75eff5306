/* renewals.h — agents' requests for their next certificate, from their session to
 * the signer and back (doc/RENEWAL). The worker compares what the session has
 * proven, control has the queue and the socket; neither waits for the other. */
#ifndef ATLAX_RELAY_RENEWALS_H
#define ATLAX_RELAY_RENEWALS_H

#include "relay/control.h"
#include "relay/tunnel.h"

#define RENEWALS_MAX 64 /* that wait for the signer */

struct renewal_job; /* a request, on its way with what came of it */

/* --- Thread: worker ---------------------------------------------------------- */

/* An agent asks; it is answered here, or by a message later. */
void renewal_ask(struct tunnel *t, struct slice request);
/* What control found. Takes job. */
void renewal_answer(struct worker *w, struct renewal_job *job);

/* --- Thread: control --------------------------------------------------------- */

/* Fails: AX_E_CONFIG (tls.signer), AX_E_NOMEM. */
AX_CHECKED int renewals_begin(struct relay *r, struct err *e);
void renewals_end(struct relay *r);
/* A worker's request. Takes job. */
void renewals_queue(struct relay *r, struct renewal_job *job);
/* The same from the enrolment port, of an agent whose certificate has expired; what
 * comes of it is told to enrolment_renewed, with this number.                */
void renewals_visit(struct relay *r, uint64_t visit, struct slice request);
/* A request with a voucher, of the enrolment port; what comes of it is told to
 * enrolment_vouched, with this number.                                       */
void renewals_vouched(struct relay *r, uint32_t id, struct slice request);

/* --- Thread: any ------------------------------------------------------------- */

/* Frees one that nobody waits for any more. Accepts NULL, nulls. */
void renewal_drop(struct renewal_job **job);

#endif

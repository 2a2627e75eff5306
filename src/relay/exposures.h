/* exposures.h — what agents expose on granted ports (atlax expose): a place of the
 * tenant's services whose port is open as long as an agent wants it. The worker
 * carries lists between session and control, which has the ports
 * (doc/decisions/0020).                                                      */
#ifndef ATLAX_RELAY_EXPOSURES_H
#define ATLAX_RELAY_EXPOSURES_H

#include "relay/control.h"
#include "relay/tunnel.h"

struct exposing_job; /* a list, on its way with what came of it */

/* --- Thread: worker ---------------------------------------------------------- */

/* An agent says what it wants; it is answered by a message later. */
void exposures_ask(struct tunnel *t, struct slice entries);
/* What control says. Takes job. */
void exposures_answer(struct worker *w, struct exposing_job *job);

/* --- Thread: control --------------------------------------------------------- */

/* A worker's list. Takes job. */
void exposures_judge(struct relay *r, struct exposing_job *job);
/* Takes granted ports out of what a tunnel says that it lends, unless its agent
 * has them.                                                                  */
void exposures_mask(struct relay *r, uint32_t tenant, struct tunnel_ref ref,
    struct service_set *set);
/* A tunnel of this tenant is gone: what nobody is left for is closed. */
void exposures_down(struct relay *r, uint32_t tenant);
/* A worker does not look at a listener any more. */
void exposures_closed(struct relay *r, const struct msg *m);
/* May its owner keep the port under that configuration? True without an owner. */
bool exposures_may_stay(const struct public_port *p, const struct conf_relay *next);
/* A reload takes the port away; and tells whom it had, once it is in force. */
void exposures_lose(struct relay *r, struct public_port *p);
void exposures_tell_lost(struct relay *r);
/* Who has which port, for another process, which has the ports already; there, what
 * nobody is there for is closed.                                             */
void exposures_frost(struct relay *r, struct frost *f);
void exposures_settle(struct relay *r);
void exposures_end(struct relay *r); /* the workers have ended */

/* --- Thread: any ------------------------------------------------------------- */

/* Frees one that nobody waits for any more. Accepts NULL, nulls. */
void exposing_drop(struct exposing_job **job);

#endif

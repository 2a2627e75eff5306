/* anchors.h — whom the agent trusts: takes trust bundles from the relay into the file
 * that tls.relay_ca names, and says which one it has (doc/TRUST).
 * Thread: the agent's.                                                       */
#ifndef ATLAX_AGENT_ANCHORS_H
#define ATLAX_AGENT_ANCHORS_H

#include "proto/session.h"

struct conf_agent;
struct err;
struct uplink;

/* Was it built in? Without it nothing here does anything (renewer_none.c). */
bool anchors_is_able(void);
/* u, the first lane, is up: tells the relay which bundle there is. */
void anchors_tell(struct uplink *u);
/* The relay has sent one. */
void anchors_take(struct uplink *u, struct slice bundle);
/* Is it by a CA for agents that the bundle names? cert: DER.
 * Fails: AX_E_NOTFOUND (there is no bundle), AX_E_IDENTITY, as trust_read_pem. */
AX_CHECKED int anchors_vouch(
    const struct conf_agent *c, struct slice cert, struct err *e);

#endif

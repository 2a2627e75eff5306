/* session_trust.h — whom an agent is to trust: the relay sends what the root has
 * signed, the agent says which one it has. What is in it is not looked at here. It
 * belongs to session.h, and is a file of its own because few need it.
 * Thread: owner.                                                             */
#ifndef ATLAX_PROTO_SESSION_TRUST_H
#define ATLAX_PROTO_SESSION_TRUST_H

#include "base/slice.h"

struct session;

#define SESSION_TRUST_MAX 4092 /* bytes of a bundle */

/* Both sides agreed to it, and the session has not ended. */
bool session_may_trust(const struct session *s);
/* Relay: sends a bundle (copied); one that still waits to be sent is forgotten. May
 * be called while the session is suspended.
 * Fails: AX_E_CLOSED (not session_may_trust), AX_E_LIMIT, AX_E_NOMEM.        */
AX_CHECKED int session_trust(struct session *s, struct slice bundle);
/* Agent: says which one it has, 0 none. Fails: as session_trust. */
AX_CHECKED int session_trusts(struct session *s, uint64_t sequence);
/* Relay: what the agent has said last. */
uint64_t session_trusted(const struct session *s);

#endif

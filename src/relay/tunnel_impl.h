/* tunnel_impl.h — shared by tunnel.c, tunnels.c and tunnel_freeze.c, no API.
 * Thread: its worker's.                                                       */
#ifndef ATLAX_RELAY_TUNNEL_IMPL_H
#define ATLAX_RELAY_TUNNEL_IMPL_H

#include "proto/session.h"
#include "relay/tunnel.h"

#define TUNNEL_RECONNECT_MS 500 /* what an agent is asked to wait */

extern const struct link_ops tunnel_ops;

/* Fails: AX_E_NOMEM. */
AX_CHECKED int tunnel_take_slot(struct worker *w, struct tunnel *t);
void tunnel_session_args(struct tunnel *t, struct session_args *a);
/* By the lists that are in force now; NULL: it is not. */
const char *tunnel_why_revoked(const struct worker *w, const struct tls_peer *peer);
/* Tells control which of the tenant's services it lends. */
void tunnel_tell_services(struct tunnel *t);
/* The end: control is told, with the wire's code, if it knows of t. */
void tunnel_free(struct tunnel *t, uint16_t code, const char *why);

#endif

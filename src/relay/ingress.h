/* ingress.h — visitors: accepted on a public port, matched with an agent, carried
 * as a stream of its tunnel; on another worker, if that is where the tunnel is;
 * and kept waiting for a while when there is none.
 * Thread: the worker's, for all.                                             */
#ifndef ATLAX_RELAY_INGRESS_H
#define ATLAX_RELAY_INGRESS_H

#include "relay/worker.h"

/* Bytes of a visitor's structures while he waits, and beside his buffers while he
 * is carried.                                                                */
#define WAITING_COST 256u
#define CONNECTION_COST 512u

/* Begins and ends polling a public port. The fd stays control's. */
void ingress_attach(struct worker *w, struct service_ref at, int fd);
void ingress_detach(struct worker *w, struct service_ref at);
void ingress_detach_all(struct worker *w);
/* A visitor that another worker accepted: v->fd is taken. */
void ingress_handoff(struct worker *w, const struct visitor *v);
/* Agents of this tenant came or went: look again for those who wait. */
void ingress_routes_changed(struct worker *w, uint32_t tenant);
/* Another configuration: closes those who wait for what is not there any more. */
void ingress_reload(struct worker *w);
/* Closes everyone who waits. */
void ingress_stop(struct worker *w);

#endif

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
/* MSG_LISTEN_CLOSE: detaches it, turns away who waits there, and tells control. */
void ingress_close(struct worker *w, struct service_ref at, int fd);
/* A visitor that another worker accepted: v->fd is taken. */
void ingress_handoff(struct worker *w, const struct visitor *v);
/* Agents of this tenant came or went: look again for those who wait. */
void ingress_routes_changed(struct worker *w, uint32_t tenant);
/* Another configuration: closes those who wait for what is not there any more. */
void ingress_reload(struct worker *w);
/* Those who wait, to another process and from one. Read: t's, or boot's; false, and
 * f is bad, or the text of e says what is wrong.                             */
void ingress_freeze(struct worker *w, struct frost *f);
AX_CHECKED int ingress_thaw(struct worker *w, struct frost *f, struct err *e);
/* A visitor whom the tunnel of l carries: what struct link_ops wants. */
struct splice *ingress_thaw_carried(struct link *l, struct frost *f);
/* Closes everyone who waits. */
void ingress_stop(struct worker *w);

#endif

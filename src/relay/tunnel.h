/* tunnel.h — one agent's link on its worker. Thread: the worker's, for all. */
#ifndef ATLAX_RELAY_TUNNEL_H
#define ATLAX_RELAY_TUNNEL_H

#include "relay/admit.h"
#include "relay/worker.h"

struct tunnel {
	struct list entry; /* worker's tunnels */
	struct worker *worker;
	struct link *link;
	struct tunnel_ref ref;
	uint32_t tenant;    /* valid once known */
	bool known;	    /* authenticated: tenant, memory and agent are set */
	bool half_open;	    /* counted in the worker's */
	bool counted;	    /* by per_source.h; not beyond half_open */
	struct source source; /* from where it was accepted */
	bool announced;	    /* control was told, so it must hear of the end */
	bool up;
	bool resumes;	    /* wants the session that has what claim says */
	const char *refused; /* why it does not get it */
	bool enough; /* it does not for the only reason that nobody needs it */
	struct session_claim claim;
	uint64_t since_ns;  /* its connection was accepted */
	uint8_t lanes_wanted;
	uint8_t moves;	    /* from worker to worker so far */
	struct lane lane;
	char software[33], hostname[65];
	atomic_uint *load;  /* NULL until up. Control's; touched until
			     * MSG_TUNNEL_DOWN is sent */
	struct session_memory memory;
	uint64_t metered; /* of what its session has moved, bytes both ways */
	struct session_service *lends; /* as it said last; of memory */
	size_t n_lends;
	struct service_set offers, healthy; /* of those, what has a public port */
	struct service_set unproven; /* not used yet since the agent began */
};

/* An agent connected: fd is taken. */
void tunnel_accept(struct worker *w, int fd, const struct addr *peer);
/* The tunnel behind a reference, or NULL when it is gone. */
struct tunnel *tunnel_find(struct worker *w, struct tunnel_ref ref);
/* Control's answer to HELLO: no, or welcome, or welcome on another worker. */
void tunnel_verdict(struct worker *w, const struct msg *m);
/* It comes from another worker to live here: taken. */
void tunnel_arrive(struct worker *w, struct tunnel *t);
/* Cuts off a tunnel on its way from worker to worker: taken. */
void tunnel_discard(struct tunnel *t);
void tunnel_evict(struct worker *w, struct tunnel_ref ref, uint16_t code);
/* A new generation of keys and revocations: ctx is taken, sessions that it no
 * longer accepts are closed.                                                 */
void tunnels_renew(struct worker *w, struct tls_ctx *ctx);
/* Another configuration: closes those of tenants that are gone, and looks again at
 * what the others lend.                                                      */
void tunnels_reload(struct worker *w);
/* MSG_DENIED: a new list of who is refused; whom it names is closed, and control
 * told.                                                                      */
void tunnels_deny(struct worker *w, const struct msg *m);
/* Adds what it has moved since the last time to what its tenant uses. Thread: also
 * control, while workers stand still.                                        */
void tunnel_meter(struct tunnel *t);
/* Meters all; closes those whose certificate has expired; and where memory is short, the one
 * that has been away for longest.                                            */
void tunnels_sweep(struct worker *w);
/* Begins to drain: GOAWAY to all; a tunnel without streams is closed. */
void tunnels_drain(struct worker *w);
/* During a drain: closes t if nothing goes through it any more. */
void tunnel_check_drained(struct tunnel *t);
/* To go to another process: those that can are away afterwards, the others are cut
 * off.                                                                       */
void tunnels_suspend(struct worker *w);
/* Writes one; which stays as it is. It must be freezable (link.h). */
void tunnel_freeze(struct tunnel *t, struct frost *f);
/* Reads one, for w, which does not turn yet. Thread: boot, as control.
 * Fails: with a sentence in e; then this process serves nobody.              */
AX_CHECKED int tunnel_thaw(struct worker *w, struct frost *f, struct err *e);
/* Cuts everything. */
void tunnels_stop(struct worker *w);

#endif

/* services.h — the list of services: what we have to say, and what the peer said
 * last. Each list replaces the one before it. Thread: owner.                 */
#ifndef ATLAX_PROTO_SERVICES_H
#define ATLAX_PROTO_SERVICES_H

#include "proto/control.h"

#define SERVICES_GAP_NS AX_NS_PER_S /* the peer counts faster ones against us */

struct services {
	struct alloc *alloc;
	uint8_t *frame;	     /* waits to be written; NULL: nothing waits */
	size_t len;
	uint64_t next_ns;    /* write no earlier */
	uint32_t version;    /* of the last list of ours */
	struct session_service *seen; /* the peer's, until services_forget */
	size_t n_seen;
	uint64_t seen_ns;    /* AX_NEVER: no list has come yet */
};

void services_init(struct services *v, struct alloc *a);
void services_fini(struct services *v);
/* Makes a frame of list; it waits in place of an older one. Fails: AX_E_LIMIT
 * (too many, too long), AX_E_NOMEM; the older one stays.                     */
AX_CHECKED int services_set(
    struct services *v, const struct session_service *list, size_t n);
/* Copies the frame to out (len bytes) and lets go of it. */
void services_take(struct services *v, uint8_t *out, uint64_t now_ns);
/* When the frame may be written; AX_NEVER: there is none. */
static inline uint64_t
services_due(const struct services *v)
{
	return v->frame == NULL ? AX_NEVER : v->next_ns;
}

/* The peer's list came. *hasty: too soon after the one before.
 * Fails: AX_E_NOMEM.                                                         */
AX_CHECKED int services_receive(struct services *v, const struct control *c,
    uint64_t now_ns, bool *hasty);
void services_forget(struct services *v);

#endif

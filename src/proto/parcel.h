/* parcel.h — a control message, too long to be made again later, that waits for
 * room in the replay ring. Thread: owner.                                    */
#ifndef ATLAX_PROTO_PARCEL_H
#define ATLAX_PROTO_PARCEL_H

#include "base/frost.h"
#include "proto/control.h"
#include "proto/replay.h"

struct parcel {
	uint8_t *frame; /* NULL: nothing waits */
	size_t len;
};

/* Makes the message, whose body is so long, in the place of what waited.
 * Fails: AX_E_LIMIT (longer than AX_CONTROL_MAX), AX_E_NOMEM: nothing changed. */
AX_CHECKED int parcel_put(struct parcel *p, struct alloc *alloc,
    const struct control *c, size_t body);
void parcel_drop(struct parcel *p, struct alloc *alloc);
/* Is there one, and room for it? */
bool parcel_is_due(const struct parcel *p, const struct replay *ring);
/* Writes it into the ring. Fails: AX_E_NOMEM. */
AX_CHECKED int parcel_write(
    struct parcel *p, struct alloc *alloc, struct replay *ring);
void parcel_frost(struct parcel *p, struct alloc *alloc, struct frost *f);

#endif

/* turned.h — agents that were turned away, from the worker that did it to the audit
 * trail. So few a second that a flood of them costs nothing.                 */
#ifndef ATLAX_RELAY_TURNED_H
#define ATLAX_RELAY_TURNED_H

#include "base/defs.h"

struct refused_agent;
struct relay;
struct turned_away;
struct worker;

/* A worker's. All zero at first. */
struct turned {
	uint64_t second_ns, left_out;
	unsigned told; /* in this second */
};

/* Thread: worker. */
void turned_tell(struct worker *w, const struct refused_agent *a);
/* MSG_TURNED_AWAY: taken. Thread: control. */
void turned_note(struct relay *r, struct turned_away *t);

#endif

/* timings.h — how long things took, since the relay began: each worker counts its
 * own, control adds them up for who asks. Thread: owner.                     */
#ifndef ATLAX_ADMIN_TIMINGS_H
#define ATLAX_ADMIN_TIMINGS_H

#include "base/histogram.h"

struct timings {
	/* An agent's connection, from its arrival until it may be used. */
	struct histogram handshake;
	/* From OPEN to OPENED: on the way to the agent, its dial, and back. */
	struct histogram dial;
	/* Of each tunnel, looked at once in a while: its round trip, and how much
	 * that is above the shortest it had, which is time spent in queues.   */
	struct histogram rtt, queueing;
	uint64_t resumed; /* connections that went on with a session */
};

static inline void
timings_merge(struct timings *into, const struct timings *t)
{
	histogram_merge(&into->handshake, &t->handshake);
	histogram_merge(&into->dial, &t->dial);
	histogram_merge(&into->rtt, &t->rtt);
	histogram_merge(&into->queueing, &t->queueing);
	into->resumed += t->resumed;
}

#endif

/* glitch.c — a leaky bucket.
 *
 * Thread: owner. Pure.
 * Invariant: mpoints never exceeds the full bucket plus one helping.         */
#include "proto/glitch.h"

enum glitch_level
glitch_add(struct glitch *g, unsigned points, uint64_t now_ns)
{
	/* 20 points a second are 20 thousandths in a millisecond. */
	uint64_t drained =
	    (now_ns - g->at_ns) / AX_NS_PER_MS * GLITCH_DRAIN_PER_S;

	g->at_ns += (now_ns - g->at_ns) / AX_NS_PER_MS * AX_NS_PER_MS;
	g->mpoints -= MIN(g->mpoints, drained);
	g->mpoints += points * UINT64_C(1000);
	if (g->mpoints >= GLITCH_FULL * UINT64_C(1000)) {
		g->mpoints = GLITCH_FULL * UINT64_C(1000);
		return GLITCH_OVERFLOW;
	}
	return g->mpoints >= GLITCH_WARN * UINT64_C(1000) ? GLITCH_NOISY :
							    GLITCH_FINE;
}

/* backoff.h — how long to wait before the next try: decorrelated jitter (each
 * wait is uniform between the least and three times the last one, up to the
 * most; Brooker 2015). Pure. Thread: owner.  Units: ms.                      */
#ifndef ATLAX_AGENT_BACKOFF_H
#define ATLAX_AGENT_BACKOFF_H

#include "base/rng.h"

struct backoff {
	struct rng rng;
	uint64_t min_ms, max_ms;
	uint64_t last_ms; /* 0: nothing has failed yet */
};

void backoff_init(struct backoff *b, uint64_t seed, uint64_t min_ms, uint64_t max_ms);
/* It failed: how long to wait. The first wait after a success is min_ms at most. */
uint64_t backoff_next(struct backoff *b);
void backoff_success(struct backoff *b);

/* A wait that somebody asked for, and up to as much again: whom he asked is not
 * alone.                                                                     */
uint64_t backoff_after(struct backoff *b, uint64_t least_ms);

#endif

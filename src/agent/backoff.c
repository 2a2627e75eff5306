/* backoff.c — waits between tries.
 * Thread: the agent's. Pure: randomness is seeded, time is not looked at.
 * Invariant: every wait but the first is within [min_ms, max_ms].            */
#include "agent/backoff.h"

void
backoff_init(struct backoff *b, uint64_t seed, uint64_t min_ms, uint64_t max_ms)
{
	rng_seed(&b->rng, seed);
	b->min_ms = min_ms;
	b->max_ms = MAX(min_ms, max_ms);
	b->last_ms = 0;
}

uint64_t
backoff_next(struct backoff *b)
{
	uint64_t wait;

	if (b->last_ms == 0) {
		/* A relay that restarts finds all its agents at the door:
		 * spread even the first return. */
		b->last_ms = b->min_ms;
		return rng_below(&b->rng, b->min_ms + 1);
	}
	wait = b->min_ms + rng_below(&b->rng, b->last_ms * 3 - b->min_ms + 1);
	b->last_ms = MIN(wait, b->max_ms);
	return b->last_ms;
}

uint64_t
backoff_after(struct backoff *b, uint64_t least_ms)
{
	return least_ms + rng_below(&b->rng, least_ms + 1);
}

void
backoff_success(struct backoff *b)
{
	b->last_ms = 0;
}

/* rng.h — randomness: the kernel's for secrets and identifiers, a seeded one
 * (xoshiro256**, Blackman and Vigna 2018) for jitter, schedules and tests.   */
#ifndef ATLAX_BASE_RNG_H
#define ATLAX_BASE_RNG_H

#include "base/defs.h"

/* Fills out from getrandom(2). Panics if the kernel has none to give: there is
 * no safe way on. Thread: any.                                               */
void rng_secret(void *out, size_t n);

/* Reproducible; never for secrets. Thread: owner. */
struct rng {
	uint64_t s[4];
};

void rng_seed(struct rng *r, uint64_t seed);
uint64_t rng_u64(struct rng *r);
/* Uniform in [0, n); n > 0. */
uint64_t rng_below(struct rng *r, uint64_t n);

#endif

/* histogram.h — how long something took, in buckets each twice as wide as the one
 * before. Adding is a shift and two increments. Thread: owner; whoever wants the sum
 * of several asks their owners.                                              */
#ifndef ATLAX_BASE_HISTOGRAM_H
#define ATLAX_BASE_HISTOGRAM_H

#include "base/defs.h"

/* The first bucket ends at 2^7 us, each other at twice as much, the last but one at
 * 2^24 us; the last has no end.                                              */
#define HISTOGRAM_FIRST_BITS 7u
#define HISTOGRAM_BUCKETS 19u

struct histogram {
	uint64_t n[HISTOGRAM_BUCKETS], sum_us;
};

/* The end of a bucket, which belongs to it; not of the last. */
static inline uint64_t
histogram_end_us(unsigned bucket)
{
	return UINT64_C(1) << (HISTOGRAM_FIRST_BITS + bucket);
}

static inline void
histogram_add(struct histogram *h, uint64_t us)
{
	unsigned bits = us <= 1 ? 0 : 64 - (unsigned)__builtin_clzll(us - 1);

	h->n[bits <= HISTOGRAM_FIRST_BITS ? 0 :
	    MIN(bits - HISTOGRAM_FIRST_BITS, HISTOGRAM_BUCKETS - 1)]++;
	h->sum_us += us;
}

static inline void
histogram_merge(struct histogram *into, const struct histogram *h)
{
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		into->n[i] += h->n[i];
	into->sum_us += h->sum_us;
}

#endif

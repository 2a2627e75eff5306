/* hist.c — log-linear histogram. One thread. Below HIST_STEPS a value is its
 * own bucket; above, the top eight bits of the value choose the step and the
 * number of bits below them chooses the power of two. Invariant: total is the
 * sum of all buckets.                                                        */
#include "load/hist.h"

#include <string.h>

void
hist_init(struct hist *h)
{
	memset(h, 0, sizeof(*h));
}

static unsigned
shift_of(uint64_t value)
{
	if (value < HIST_STEPS)
		return 0;
	return 63 - (unsigned)__builtin_clzll(value) - HIST_STEP_BITS;
}

static size_t
index_of(uint64_t value)
{
	unsigned shift = shift_of(value);

	return shift * HIST_STEPS + (size_t)(value >> shift);
}

/* The largest value that falls into the bucket. */
static uint64_t
bound_of(size_t index)
{
	unsigned shift;
	uint64_t top;

	if (index < 2 * HIST_STEPS)
		return index;
	shift = (unsigned)(index / HIST_STEPS) - 1;
	top = index - (size_t)shift * HIST_STEPS;
	return (top << shift) + ((UINT64_C(1) << shift) - 1);
}

void
hist_add(struct hist *h, uint64_t value)
{
	h->bucket[index_of(value)]++;
	h->total++;
	if (value > h->max)
		h->max = value;
}

uint64_t
hist_percentile(const struct hist *h, unsigned per_mille)
{
	uint64_t seen = 0, wanted;
	size_t i;

	/* Rounded up: the 99th percentile of 10 values is the tenth. */
	wanted = (h->total * per_mille + 999) / 1000;
	for (i = 0; i < HIST_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen >= wanted && seen > 0)
			return MIN(bound_of(i), h->max);
	}
	return 0;
}

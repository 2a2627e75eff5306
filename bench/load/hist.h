/* hist.h — a histogram of latencies that keeps every value to within 1/128:
 * 128 linear steps in every power of two (the idea of HdrHistogram). Adding is
 * a shift and an increment, so that it does not disturb what it measures.
 * Thread: owner.                                                             */
#ifndef ATLAX_BENCH_HIST_H
#define ATLAX_BENCH_HIST_H

#include "base/defs.h"

#define HIST_STEP_BITS 7
#define HIST_STEPS (1u << HIST_STEP_BITS)
#define HIST_BUCKETS ((64 - HIST_STEP_BITS + 1) * HIST_STEPS)

struct hist {
	uint64_t total; /* values added */
	uint64_t max;
	uint64_t bucket[HIST_BUCKETS];
};

void hist_init(struct hist *h);
void hist_add(struct hist *h, uint64_t value);
/* The smallest bucket bound that at least per_mille/1000 of the values do not
 * exceed; never more than the largest value; 0 when empty.
 * Units: per_mille in [0, 1000].                                             */
uint64_t hist_percentile(const struct hist *h, unsigned per_mille);

#endif

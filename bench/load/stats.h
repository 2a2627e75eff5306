/* stats.h — medians: one slow round on a shared machine moves a mean, not a
 * median. Thread: any.                                                       */
#ifndef ATLAX_BENCH_STATS_H
#define ATLAX_BENCH_STATS_H

#include "base/defs.h"

/* Sorts v. Of an even number of values the mean of the middle two; 0 of none. */
double stats_median(double *v, size_t n);

#endif

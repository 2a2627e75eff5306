/* result.h — the outcome of one run: a flat JSON object of a mode's name and
 * numbers, on one line of standard output. Thread: owner.                    */
#ifndef ATLAX_BENCH_RESULT_H
#define ATLAX_BENCH_RESULT_H

#include "base/str.h"
#include "load/hist.h"

struct result {
	struct str text;
	char mem[4096];
};

void result_begin(struct result *r, const char *mode);
void result_u64(struct result *r, const char *key, uint64_t value);
void result_num(struct result *r, const char *key, double value);
/* p50_us to max_us of latencies. Units: the histogram holds ns. */
void result_latency(struct result *r, const struct hist *h);
/* Prints the object. */
void result_print(struct result *r);

#endif

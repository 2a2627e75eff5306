/* bench.h — how long one small operation takes: a row of struct bench per
 * operation, a table of rows per program. Thread: the only one.              */
#ifndef ATLAX_BENCH_MICRO_BENCH_H
#define ATLAX_BENCH_MICRO_BENCH_H

#include <stdio.h>

#include "base/clock.h"

struct bench {
	const char *name;
	/* Does the operation n times. What must not be timed belongs into the
	 * context, before. Returns something that depends on every result, so
	 * that the compiler cannot leave the work out.                       */
	uint64_t (*run)(void *context, uint64_t n);
	double bytes; /* that one operation works on or needs; 0: neither */
};

#define BENCH_ROUNDS 5
#define BENCH_ROUND_NS (40 * AX_NS_PER_MS)

static inline double
bench_once(const struct bench *b, void *context, uint64_t n)
{
	uint64_t start = clock_mono_ns();
	volatile uint64_t keep = b->run(context, n);

	(void)keep;
	return (double)(clock_mono_ns() - start);
}

/* Prints the best round: whatever else the machine did only adds. */
static inline void
bench_print(const struct bench *b, void *context)
{
	uint64_t n = 1;
	double ns, best;
	int i;

	while ((ns = bench_once(b, context, n)) < BENCH_ROUND_NS)
		n *= 2;
	best = ns;
	for (i = 1; i < BENCH_ROUNDS; i++) {
		ns = bench_once(b, context, n);
		best = ns < best ? ns : best;
	}
	best /= (double)n;
	printf("%-36s %10.2f ns/op", b->name, best);
	if (b->bytes > 0)
		printf(" %8.0f bytes/op %8.2f GB/s", b->bytes, b->bytes / best);
	printf("\n");
}

#endif

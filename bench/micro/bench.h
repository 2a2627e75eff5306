/* bench.h — how long one small operation takes: a row of struct bench per
 * operation, a table of rows per program. What is printed are samples, the
 * lines that atlax-load report makes tables and files of. Thread: one that
 * measures; a row that needs another starts and ends it itself.              */
#ifndef ATLAX_BENCH_MICRO_BENCH_H
#define ATLAX_BENCH_MICRO_BENCH_H

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

struct bench {
	const char *name; /* one word: "what/of which kind" */
	/* Does the operation n times. What must not be timed belongs into the
	 * context, before. Returns something that depends on every result, so
	 * that the compiler cannot leave the work out.                       */
	uint64_t (*run)(void *context, uint64_t n);
	double bytes; /* that one operation works on; 0: none */
	/* Where run adds the ns that it spent on something else, for what
	 * cannot be done before; NULL: it does not.                          */
	const uint64_t *beside_ns;
};

#define BENCH_ROUNDS 5
#define BENCH_ROUND_MS 40

/* How long a round is; BENCH_ROUND_MS in the environment shortens it, for who
 * only wants to see that everything works.                                   */
static inline double
bench_round_ns(void)
{
	const char *ms = getenv("BENCH_ROUND_MS");

	return (ms != NULL ? strtod(ms, NULL) : BENCH_ROUND_MS) *
	    (double)AX_NS_PER_MS;
}

static inline double
bench_once(const struct bench *b, void *context, uint64_t n)
{
	uint64_t beside = b->beside_ns != NULL ? *b->beside_ns : 0;
	uint64_t start = clock_mono_ns(), spent;
	volatile uint64_t keep = b->run(context, n);

	(void)keep;
	spent = clock_mono_ns() - start;
	return (double)(b->beside_ns != NULL ?
	    spent - (*b->beside_ns - beside) : spent);
}

/* Prints the best round: whatever else the machine did only adds. */
static inline void
bench_print(const struct bench *b, void *context)
{
	uint64_t n = 1;
	double ns, best, round_ns = bench_round_ns();
	int i;

	while ((ns = bench_once(b, context, n)) < round_ns)
		n *= 2;
	best = ns;
	for (i = 1; i < BENCH_ROUNDS; i++) {
		ns = bench_once(b, context, n);
		best = ns < best ? ns : best;
	}
	best /= (double)n;
	printf("%s atlax 1 {\"mode\":\"micro\",\"ns_op\":%.6g", b->name, best);
	if (b->bytes > 0)
		printf(",\"bytes_op\":%.6g", b->bytes);
	printf("}\n");
	fflush(stdout);
}

/* The same for what is no operation: bytes of memory for one of something. */
static inline void
bench_print_bytes(const char *name, double bytes)
{
	printf("%s atlax 1 {\"mode\":\"micro\",\"bytes_op\":%.6g}\n", name,
	    bytes);
}

#endif

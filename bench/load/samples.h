/* samples.h — results of many runs, read back: one number per load, peer,
 * metric and round. Thread: owner.                                           */
#ifndef ATLAX_BENCH_SAMPLES_H
#define ATLAX_BENCH_SAMPLES_H

#include <stdio.h>

#include "base/err.h"

#define NAMES_MAX 64
#define ROUNDS_MAX 256

struct names {
	size_t n;
	char v[NAMES_MAX][48]; /* in the order of their first appearance */
};

struct sample {
	unsigned load, peer, metric; /* indices into the names */
	unsigned round;
	double value;
};

struct samples {
	struct names loads, peers, metrics;
	struct sample *v;
	size_t n, cap;
};

/* One number of the table: a metric of a peer under a load. */
struct cell {
	size_t n;	     /* rounds; 0: never measured */
	double values[ROUNDS_MAX];
	double median;
	double ratio;	     /* median over rounds of value / yardstick's value
			      * of the same round; 0: there is none */
};

/* Reads lines of "LOAD PEER ROUND {flat JSON}". Owns what samples_fini frees,
 * also after a failure. Fails: AX_E_SYNTAX, AX_E_LIMIT, AX_E_NOMEM.         */
AX_CHECKED int samples_read(struct samples *s, FILE *in, struct err *e);
void samples_fini(struct samples *s);
/* The index of a name, or n if it is unknown. */
unsigned names_find(const struct names *names, const char *name);
/* yardstick: a peer's index; unknown: no ratio. */
void samples_cell(const struct samples *s, const struct sample *where,
    unsigned yardstick, struct cell *out);

#endif

/* main.c — runs the simulator: all scenarios and many seeds, one of them again,
 * or as many as fit into a time. Before each run it prints the command that
 * repeats it, so that the last line before an abort is the one that is needed.
 * Thread: main.                                                              */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "scenario.h"

struct options {
	const char *scenario; /* NULL: all */
	uint64_t seed;
	uint64_t seeds;	      /* how many, from seed on */
	uint64_t seconds;     /* 0: no limit of time */
	bool verbose, list;
};

static void
run(const struct scenario *sc, uint64_t seed, bool verbose)
{
	printf("sim --scenario %s --seed %" PRIu64 "\n", sc->name, seed);
	fflush(stdout);
	sim_run(sc, seed, verbose);
}

/* The n-th round: the first visits every scenario, later ones those that a
 * seed changes; the random one gets most of the seeds.                       */
static void
round_of(const struct options *o, uint64_t n)
{
	const struct scenario *sc = scenario_table();

	if (o->scenario != NULL) {
		run(scenario_find(o->scenario), o->seed + n, o->verbose);
		return;
	}
	for (; sc->name != NULL; sc++) {
		bool random = strcmp(sc->name, "random") == 0;

		if (n == 0 || random || (sc->seeded && n % 100 == 0))
			run(sc, o->seed + n, o->verbose);
	}
}

static int
list(void)
{
	const struct scenario *sc = scenario_table();

	for (; sc->name != NULL; sc++)
		printf("%-14s %s\n", sc->name, sc->what);
	return 0;
}

static int
usage(void)
{
	fputs("usage: sim [--scenario NAME] [--seed N] [--seeds COUNT]\n"
	    "           [--seconds S] [--verbose] [--list]\n", stderr);
	return 2;
}

static bool
parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "scenario", required_argument, NULL, 'c' },
		{ "seed", required_argument, NULL, 's' },
		{ "seeds", required_argument, NULL, 'n' },
		{ "seconds", required_argument, NULL, 't' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "list", no_argument, NULL, 'l' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 'c': o->scenario = optarg; break;
		case 's': o->seed = strtoull(optarg, NULL, 0); break;
		case 'n': o->seeds = strtoull(optarg, NULL, 0); break;
		case 't': o->seconds = strtoull(optarg, NULL, 0); break;
		case 'v': o->verbose = true; break;
		case 'l': o->list = true; break;
		default: return false;
		}
	}
	return optind == argc &&
	    (o->scenario == NULL || scenario_find(o->scenario) != NULL);
}

int
main(int argc, char **argv)
{
	struct options o = { .seed = 1 };
	uint64_t end_ns, n = 0;

	if (!parse(argc, argv, &o))
		return usage();
	if (o.list)
		return list();
	/* Told nothing, as by make check: 200 seeds. One seed alone: one run. */
	if (o.seeds == 0)
		o.seeds = o.seconds > 0 ? UINT64_MAX : argc == 1 ? 200 : 1;
	end_ns = clock_mono_ns() + o.seconds * AX_NS_PER_S;
	do
		round_of(&o, n++);
	while (n < o.seeds && (o.seconds == 0 || clock_mono_ns() < end_ns));
	printf("%" PRIu64 " seeds from %" PRIu64 " passed\n", n, o.seed);
	return 0;
}

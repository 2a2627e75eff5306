/* world.h — what the parts of the simulated world share: the time, the dice, the
 * report. One at a time, and global, because the programs in it call the system
 * without saying in which world they are. Thread: main.                       */
#ifndef ATLAX_TESTS_WORLD_WORLD_H
#define ATLAX_TESTS_WORLD_WORLD_H

#include "base/rng.h"
#include "tests/sim/report.h"

struct world {
	struct report report; /* with the virtual time */
	struct rng rng;	      /* of the network and the scheduler */
	struct rng secret;    /* what rng_secret gives: nobody may repeat it */
	int64_t wall_ms;      /* the wall clock at virtual time 0; steps change it */
};

extern struct world world;

#define world_check(cond, ...) report_check(&world.report, cond, __VA_ARGS__)
#define world_say(...) report_say(&world.report, __VA_ARGS__)

static inline uint64_t
world_now(void)
{
	return world.report.now_ns;
}

/* MIN for what takes long to say: each is asked once. */
static inline uint64_t
earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* From 0 to below n. */
static inline uint64_t
dice(uint64_t n)
{
	return rng_below(&world.rng, n);
}

static inline bool
chance(unsigned percent)
{
	return percent > 0 && dice(100) < percent;
}

#endif

/* scenario.h — the table of named runs. A scenario plans the path, the limits
 * and the applications from the run's seed, and may judge the result beyond
 * what the oracle demands of every run. Thread: owner.                       */
#ifndef ATLAX_TESTS_SIM_SCENARIO_H
#define ATLAX_TESTS_SIM_SCENARIO_H

#include "sim.h"

struct scenario {
	const char *name, *what;
	void (*plan)(struct sim *sim);
	void (*judge)(struct sim *sim); /* after the traffic; may be NULL */
	bool seeded; /* more than one seed is worth the time */
};

/* Ends with a NULL name. */
const struct scenario *scenario_table(void);
const struct scenario *scenario_find(const char *name);

/* What every plan begins with: both sides alike, generous limits. */
void scenario_defaults(struct sim *sim);
void scenario_link(struct sim *sim, uint64_t rtt_ns, uint64_t bits_per_s);
/* Makes n flows that the relay opens at time zero, each with FIN at both ends,
 * a key of its own, and nothing to send yet.                                 */
void scenario_flows(struct sim *sim, unsigned n);
/* Sessions that outlive n connections, each cut within gap_ns of the one before;
 * to be called behind scenario_flows.                                        */
void scenario_cuts(struct sim *sim, unsigned n, uint64_t gap_ns);
/* scenario_random.c: everything from the seed. */
void scenario_plan_random(struct sim *sim);
/* scenario_judge.c */
void judge_throughput(struct sim *sim);
void judge_keystroke(struct sim *sim);
void judge_shares(struct sim *sim);
void judge_rtt(struct sim *sim);
void judge_death(struct sim *sim);
void judge_resume(struct sim *sim);
void judge_away(struct sim *sim);
void judge_rejected(struct sim *sim);
void judge_goaway(struct sim *sim);
void judge_services(struct sim *sim);

#endif

/* sim.h — a world in virtual time: a relay session, an agent session, connections
 * and the applications. Nothing in it depends on the machine: a scenario and a
 * seed are the whole run. Thread: owner.                                     */
#ifndef ATLAX_TESTS_SIM_SIM_H
#define ATLAX_TESTS_SIM_SIM_H

#include "reconnect.h"

struct scenario;

/* A time series of one stream, for throughput. */
struct meter {
	const struct socket *socket; /* what it reads; NULL: off */
	uint64_t from_ns;	     /* counted from here */
	uint64_t start_ns, start_bytes, last_ns, last_bytes;
};

struct sim {
	struct report report;
	const struct scenario *scenario;
	struct rng rng;
	struct model model;
	struct reconnect re;	   /* the connections */
	struct endpoint end[2];
	struct pipe_args net[2];
	struct meter meter;
	uint64_t sample_ns;	   /* notes what everybody has seen; AX_NEVER */
	uint64_t cut_ns;	   /* the connection goes silent; AX_NEVER */
	uint64_t goaway_ns;	   /* AX_NEVER */
	int goaway_side;
	bool may_die;		   /* memory fails or the path is cut */
	bool may_stall;		   /* readers that never read hold nobody up */
	uint64_t turns;
};

/* One run: everything is set up by the scenario's plan. Aborts with a message
 * when the oracle is broken.                                                 */
void sim_run(const struct scenario *sc, uint64_t seed, bool verbose);
/* The parts of a run, for the fault sweep and for tests that steer. */
void sim_init(struct sim *sim, const struct scenario *sc, uint64_t seed);
void sim_start(struct sim *sim);
void sim_traffic(struct sim *sim);
void sim_finish(struct sim *sim);
void sim_fini(struct sim *sim);
/* Lets the world run until the instant, or until a session has ended. */
void sim_run_until(struct sim *sim, uint64_t until_ns);
/* The same whatever ends: for goodbyes. */
void sim_settle(struct sim *sim, uint64_t ns);
/* Jumps to the next thing that can happen, at most to until. */
void sim_step(struct sim *sim, uint64_t until_ns);
/* True when a session has ended. */
bool sim_is_dead(const struct sim *sim);
/* Bytes a second of the metered stream. */
double sim_meter_rate(const struct sim *sim);
uint64_t sim_rtt_ns(const struct sim *sim);

#endif

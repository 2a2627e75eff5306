/* sim.c — runs a world: the clock jumps to the earliest thing that can happen,
 * both ends get turns until nothing moves at that instant, and so on until the
 * applications are done. Then the tunnel must fall silent and empty, say
 * goodbye, and give back every byte. Thread: owner.
 * Invariant: time never goes back, and every jump has a reason.              */
#include "sim.h"

#include <stdlib.h>

#include "scenario.h"

#define UP_WITHIN_NS (20 * AX_NS_PER_S)
#define STUCK_NS (20 * AX_NS_PER_S)
#define TURNS_AT_ONCE 1000000u
#define CODE_NONE 0

void
sim_init(struct sim *sim, const struct scenario *sc, uint64_t seed)
{
	*sim = (struct sim){ .scenario = sc, .cut_ns = AX_NEVER,
		.goaway_ns = AX_NEVER, .sample_ns = AX_NEVER };
	sim->report = (struct report){ .scenario = sc->name, .seed = seed,
		.now_ns = AX_NS_PER_S };
	rng_seed(&sim->rng, seed);
	for (int side = 0; side < 2; side++) {
		struct endpoint *e = &sim->end[side];

		e->side = side;
		e->report = &sim->report;
		e->model = &sim->model;
		rng_seed(&e->rng, rng_u64(&sim->rng));
		memory_init(&e->memory);
	}
	reconnect_init(sim);
	scenario_defaults(sim);
	sc->plan(sim);
}

void
sim_fini(struct sim *sim)
{
	reconnect_fini(sim);
	for (int side = 0; side < 2; side++)
		endpoint_stop(&sim->end[side]);
	model_fini(&sim->model);
}

bool
sim_is_dead(const struct sim *sim)
{
	for (int side = 0; side < 2; side++) {
		const struct endpoint *e = &sim->end[side];

		if (e->s == NULL || session_is_closing(e->s))
			return true;
	}
	return false;
}

uint64_t
sim_rtt_ns(const struct sim *sim)
{
	return sim->net[0].delay_ns + sim->net[1].delay_ns;
}

/* --- time ---------------------------------------------------------------- */

static void
meter_read(struct sim *sim)
{
	struct meter *m = &sim->meter;

	if (m->socket == NULL || sim->report.now_ns < m->from_ns)
		return;
	if (m->start_ns == 0) {
		m->start_ns = sim->report.now_ns;
		m->start_bytes = m->socket->seen;
	}
	if (m->socket->seen != m->last_bytes) {
		m->last_bytes = m->socket->seen;
		m->last_ns = sim->report.now_ns;
	}
}

double
sim_meter_rate(const struct sim *sim)
{
	const struct meter *m = &sim->meter;

	if (m->last_ns <= m->start_ns)
		return 0;
	return (double)(m->last_bytes - m->start_bytes) * 1e9 /
	    (double)(m->last_ns - m->start_ns);
}

static void
take_sample(struct sim *sim)
{
	for (unsigned i = 0; i < 2 * sim->model.n_flows; i++) {
		struct socket *k = &sim->model.flows[i / 2].end[i % 2];

		k->sampled = k->seen;
	}
	sim->sample_ns = AX_NEVER;
}

static void
sim_instant(struct sim *sim)
{
	bool moved = true;

	if (sim->report.now_ns >= sim->sample_ns)
		take_sample(sim);
	if (sim->report.now_ns >= sim->cut_ns)
		sim->re.path[0].pipe[0].cut =
		    sim->re.path[0].pipe[1].cut = true;
	if (sim->report.now_ns >= sim->goaway_ns) {
		endpoint_goaway(&sim->end[sim->goaway_side],
		    &(struct session_goaway){ .reconnect_in_ms = 7,
			.try_for_ms = 8, .deadline_ms = 9 });
		sim->goaway_ns = AX_NEVER;
	}
	for (unsigned i = 0; moved; i++) {
		report_check(&sim->report, i < TURNS_AT_ONCE,
		    "no end of turns at one instant");
		reconnect_advance(sim);
		moved = reconnect_turn(sim);
		for (int side = 0; side < 2; side++) {
			reconnect_advance(sim);
			moved |= endpoint_turn(&sim->end[side]);
		}
		sim->turns++;
	}
	meter_read(sim);
}

static uint64_t
sim_next_ns(struct sim *sim)
{
	uint64_t next = MIN(sim->cut_ns, sim->goaway_ns);

	if (sim->cut_ns <= sim->report.now_ns)
		next = sim->goaway_ns;
	for (int side = 0; side < 2; side++)
		next = MIN(next, endpoint_next_ns(&sim->end[side]));
	return MIN(next, reconnect_next_ns(sim));
}

void
sim_step(struct sim *sim, uint64_t until_ns)
{
	uint64_t next = sim_next_ns(sim);

	report_check(&sim->report, next > sim->report.now_ns || sim_is_dead(sim),
	    "the next instant is not in the future");
	sim->report.now_ns = MAX(MIN(next, until_ns), sim->report.now_ns + 1);
	reconnect_advance(sim);
	sim_instant(sim);
}

void
sim_run_until(struct sim *sim, uint64_t until_ns)
{
	while (sim->report.now_ns < until_ns && !sim_is_dead(sim))
		sim_step(sim, until_ns);
}

void
sim_settle(struct sim *sim, uint64_t ns)
{
	uint64_t until = sim->report.now_ns + ns;

	sim_instant(sim); /* what the caller just did has to be noticed */
	while (sim->report.now_ns < until)
		sim_step(sim, until);
}

/* --- the parts of a run -------------------------------------------------- */

void
sim_start(struct sim *sim)
{
	uint64_t limit = sim->report.now_ns + UP_WITHIN_NS;

	reconnect_start(sim);
	for (int side = 0; side < 2; side++) {
		int r = endpoint_start(&sim->end[side]);

		if (r == 0)
			continue;
		report_check(&sim->report, r == AX_E_NOMEM &&
		    sim->end[side].memory.failed > 0,
		    "session_new of side %d gave %d", side, r);
		return;
	}
	sim_instant(sim);
	while (!(sim->end[0].up && sim->end[1].up) && !sim_is_dead(sim) &&
	    sim->report.now_ns < limit)
		sim_step(sim, limit);
	sim->model.progress_ns = sim->report.now_ns;
}

static const char *
why(const struct sim *sim, int side)
{
	const char *text = "no session";

	if (sim->end[side].s != NULL)
		(void)session_why(sim->end[side].s, &text);
	return text;
}

static void
check_alive(const struct sim *sim)
{
	report_check(&sim->report, !sim_is_dead(sim) || sim->may_die,
	    "a session ended: relay says '%s', agent says '%s'", why(sim, 0),
	    why(sim, 1));
}

static void
say_unfinished(const struct sim *sim)
{
	for (unsigned i = 0; i < sim->model.n_flows; i++) {
		const struct flow *f = &sim->model.flows[i];

		for (int side = 0; side < 2 && !flow_is_done(f); side++) {
			const struct socket *k = &f->end[side];

			report_say(&sim->report, "flow %u side %d: open %d dialled %d "
			    "released %d fin %d/%d reset %d/%d sent %llu/%llu/%llu "
			    "seen %llu read %llu", i, side, k->was_open, k->dialled,
			    k->released, k->fin_sent, k->fin_seen, k->reset_sent,
			    k->reset_seen, (unsigned long long)k->committed,
			    (unsigned long long)k->produced,
			    (unsigned long long)k->plan.total,
			    (unsigned long long)k->seen,
			    (unsigned long long)k->consumed);
		}
	}
}

/* True while a flow is not done; stalled ones count only when asked. */
static bool
flows_left(const struct sim *sim, bool stalled_too)
{
	for (unsigned i = 0; i < sim->model.n_flows; i++) {
		const struct flow *f = &sim->model.flows[i];

		if (!flow_is_done(f) && (stalled_too || !flow_is_stalled(f)))
			return true;
	}
	return false;
}

static void
run_flows(struct sim *sim, bool stalled_too)
{
	uint64_t limit = STUCK_NS + sim->model.quiet_ns;

	/* Looking through all flows is slow: not after every instant. */
	while (!sim_is_dead(sim) && flows_left(sim, stalled_too)) {
		for (int i = 0; i < 20 && !sim_is_dead(sim); i++)
			sim_step(sim, sim->report.now_ns + AX_NS_PER_S);
		if (sim->report.now_ns - sim->model.progress_ns < limit)
			continue;
		if (sim->may_die && sim->report.now_ns > sim->cut_ns)
			continue; /* waiting to be found dead */
		say_unfinished(sim);
		report_fail(&sim->report, "stuck: nothing moved for %llu s",
		    (unsigned long long)(limit / AX_NS_PER_S));
	}
	check_alive(sim);
}

void
sim_traffic(struct sim *sim)
{
	if (sim_is_dead(sim)) {
		check_alive(sim);
		return;
	}
	report_check(&sim->report, sim->end[0].up && sim->end[1].up,
	    "the tunnel did not come up");
	run_flows(sim, false);
	if (sim_is_dead(sim))
		return;
	model_unstall(&sim->model);
	sim_instant(sim);
	run_flows(sim, true);
	if (sim_is_dead(sim))
		return;
	for (unsigned i = 0; i < sim->model.n_flows; i++)
		flow_check(&sim->model, &sim->model.flows[i]);
}

/* Nothing left to do: both ends must agree on everything. */
static void
check_silence(struct sim *sim)
{
	struct session_stats st[2];

	for (int side = 0; side < 2; side++)
		session_stats(sim->end[side].s, &st[side]);
	for (int side = 0; side < 2; side++) {
		report_check(&sim->report, st[side].streams == 0,
		    "side %d still holds %u streams", side, st[side].streams);
		report_check(&sim->report, st[side].integrity_errors == 0,
		    "side %d: integrity errors", side);
		report_check(&sim->report, st[side].sent == st[!side].received &&
		    st[side].data_sent == st[!side].data_received,
		    "side %d sent %llu, the other received %llu", side,
		    (unsigned long long)st[side].sent,
		    (unsigned long long)st[!side].received);
		report_check(&sim->report, st[side].rtt_us == 0 ||
		    (st[side].rtt_min_us + 1) * 1000 >= sim_rtt_ns(sim),
		    "side %d: a round trip of %llu us", side,
		    (unsigned long long)st[side].rtt_min_us);
		report_check(&sim->report, st[side].credit_out == 0,
		    "side %d: credit_out %llu without streams", side,
		    (unsigned long long)st[side].credit_out);
	}
}

/* One end died of what the scenario did to it; unless their path is cut, or they
 * are on the way to another, the other must learn of it.                     */
static void
check_death(struct sim *sim, uint64_t settle)
{
	check_alive(sim);
	if (sim->end[0].s == NULL || sim->end[1].s == NULL)
		return;
	sim_settle(sim, settle);
	for (int side = 0; side < 2; side++) {
		const struct path *p = sim->end[side].path;

		report_check(&sim->report, p == NULL ||
		    p != sim->end[!side].path || p->pipe[!side].lost ||
		    p->pipe[!side].cut || session_is_closing(sim->end[side].s),
		    "side %d did not hear of the end: %s", side, why(sim, !side));
	}
}

/* The path is cut, or will be: somebody must notice, in time. */
static void
wait_for_death(struct sim *sim)
{
	uint64_t limit = MAX(sim->cut_ns, sim->report.now_ns);

	for (int side = 0; side < 2; side++) {
		const struct session_args *a = &sim->end[side].args;

		limit += (a->ping_ms + a->dead_ms) * AX_NS_PER_MS;
	}
	sim_run_until(sim, limit + sim_rtt_ns(sim) + AX_NS_PER_S);
	report_check(&sim->report, sim_is_dead(sim), "nobody noticed the cut");
}

/* No more cuts; those that were must be overcome. */
static void
wait_for_connection(struct sim *sim)
{
	uint64_t limit = sim->report.now_ns + 120 * AX_NS_PER_S;

	sim->re.cuts = 0;
	sim->re.cut_ns = AX_NEVER;
	while (!sim_is_dead(sim) && sim->report.now_ns < limit &&
	    !reconnect_is_whole(sim))
		sim_step(sim, limit);
	report_check(&sim->report, sim_is_dead(sim) || reconnect_is_whole(sim),
	    "the connection did not come back");
}

void
sim_finish(struct sim *sim)
{
	struct endpoint *a = &sim->end[sim->report.seed % 2];
	struct endpoint *b = &sim->end[!(sim->report.seed % 2)];
	uint64_t settle = 2 * AX_NS_PER_S + 10 * sim_rtt_ns(sim);

	if (sim->cut_ns != AX_NEVER)
		wait_for_death(sim);
	wait_for_connection(sim);
	/* Twice: an OPEN whose sender has long given up may still arrive. */
	for (int i = 0; i < 2; i++) {
		sim_run_until(sim, sim->report.now_ns + settle);
		run_flows(sim, true);
	}
	if (sim_is_dead(sim)) {
		check_death(sim, settle);
		return;
	}
	check_silence(sim);
	session_close(a->s, CODE_NONE, "the run is over");
	sim_settle(sim, settle);
	report_check(&sim->report, endpoint_is_gone(a) && endpoint_is_gone(b),
	    "a session goes on behind CLOSE");
	/* A torn CLOSE needs memory to be put together. */
	report_check(&sim->report, b->memory.failed > 0 || (b->close_seen &&
	    b->close_code == CODE_NONE &&
	    strcmp(b->close_text, "the run is over") == 0),
	    "CLOSE did not arrive as sent");
}

void
sim_run(const struct scenario *sc, uint64_t seed, bool verbose)
{
	struct sim *sim = calloc(1, sizeof(*sim));

	if (sim == NULL)
		abort();
	sim_init(sim, sc, seed);
	sim->report.program = "sim";
	sim->report.verbose = verbose;
	sim_start(sim);
	if (!sim->end[0].reject) {
		sim_traffic(sim);
		report_say(&sim->report, "traffic done, %llu turns",
		    (unsigned long long)sim->turns);
	}
	if (sc->judge != NULL)
		sc->judge(sim);
	sim_finish(sim);
	sim_fini(sim);
	free(sim);
}

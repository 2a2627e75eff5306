/* scenario.c — the named runs: one table, one plan each. Figures that a run
 * must reach are with its judge. Thread: owner.
 * Invariant: flows of one opener are in the order of their open_ns.          */
#include "scenario.h"

#define MBIT UINT64_C(1000000)
#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define MS AX_NS_PER_MS

void
scenario_link(struct sim *sim, uint64_t rtt_ns, uint64_t bits_per_s)
{
	for (int side = 0; side < 2; side++) {
		struct pipe_args *p = &sim->net[side];

		p->delay_ns = rtt_ns / 2;
		p->bytes_per_s = bits_per_s / 8;
		/* What the link asks the kernel for: ten milliseconds. */
		p->unsent_max = MIN(MAX(p->bytes_per_s / 100, 4 * KIB), 256 * KIB);
		if (bits_per_s == 0)
			p->unsent_max = 256 * KIB;
		p->piece_min = p->piece_max = 256 * KIB;
	}
}

void
scenario_defaults(struct sim *sim)
{
	for (int side = 0; side < 2; side++) {
		struct endpoint *e = &sim->end[side];

		e->args.max_streams = 1024;
		e->args.window_init = 64 * KIB;
		e->args.window_max = 16 * MIB;
		e->args.budget = side == 0 ? 8 * MIB : 32 * MIB;
		e->args.max_frame = AX_FRAME_MAX;
		e->args.ring_max = 4 * MIB;
		e->args.ping_ms = 15000;
		e->args.dead_ms = 10000;
		e->pump.record_max = 16384;
		e->pump.check_every = 1;
	}
	scenario_link(sim, 20 * MS, 100 * MBIT);
}

void
scenario_flows(struct sim *sim, unsigned n)
{
	model_init(&sim->model, &sim->report, n);
	for (unsigned i = 0; i < n; i++)
		sim->model.flows[i].key = rng_u64(&sim->rng);
}

/* --- figures ------------------------------------------------------------- */

static void
plan_throughput(struct sim *sim, int from, uint64_t total)
{
	struct socket *to;

	scenario_flows(sim, 1);
	sim->model.flows[0].end[from].plan.total = total;
	to = &sim->model.flows[0].end[!from];
	for (int side = 0; side < 2; side++) {
		sim->end[side].args.max_streams = 64;
		sim->end[side].args.budget = 64 * MIB;
		sim->end[side].args.ring_max = 64 * MIB;
		sim->end[side].pump.check_every = 64;
	}
	sim->meter.socket = to;
	sim->meter.from_ns = sim->report.now_ns + 3 * AX_NS_PER_S;
}

static void
plan_bulk(struct sim *sim)
{
	scenario_link(sim, 100 * MS, 1000 * MBIT);
	plan_throughput(sim, 0, 400 * MIB);
}

static void
plan_bulk_up(struct sim *sim)
{
	scenario_link(sim, 100 * MS, 100 * MBIT);
	plan_throughput(sim, 1, 60 * MIB);
}

static void
plan_keystroke(struct sim *sim, int bulk_from)
{
	unsigned n = 9;

	scenario_link(sim, 40 * MS, 10 * MBIT);
	scenario_flows(sim, n);
	for (unsigned i = 1; i < n; i++)
		sim->model.flows[i].end[bulk_from].plan.total = 2 * MIB;
	/* The one who types sits before the relay; the shell echoes. */
	sim->model.flows[0].end[0].plan = (struct plan){ .total = 2000,
		.burst = 16, .gap_ns = 160 * MS, .timed = true };
	sim->model.flows[0].end[1].plan = (struct plan){ .total = 2000,
		.echo = true };
}

static void
plan_keystroke_down(struct sim *sim)
{
	plan_keystroke(sim, 0);
}

static void
plan_keystroke_up(struct sim *sim)
{
	plan_keystroke(sim, 1);
}

static void
plan_stalled(struct sim *sim)
{
	unsigned n = 101;

	scenario_flows(sim, n);
	for (unsigned i = 0; i < n - 1; i++) {
		sim->model.flows[i].end[0].plan.total = MIB;
		sim->model.flows[i].end[1].plan.reader = READER_NEVER;
	}
	sim->model.flows[n - 1].open_ns = sim->report.now_ns + AX_NS_PER_S;
	sim->model.flows[n - 1].end[0].plan.total = 64 * MIB;
	sim->meter.socket = &sim->model.flows[n - 1].end[1];
	sim->meter.from_ns = sim->report.now_ns + 3 * AX_NS_PER_S;
	sim->end[0].pump.check_every = sim->end[1].pump.check_every = 16;
}

/* Eight downloads, in pairs of each weight; everybody wants all there is. */
static void
plan_shares(struct sim *sim)
{
	unsigned n = 8;

	scenario_link(sim, 20 * MS, 20 * MBIT);
	scenario_flows(sim, n);
	for (unsigned i = 0; i < n; i++) {
		sim->model.flows[i].prio = (uint8_t)(i % 4);
		sim->model.flows[i].end[0].plan.total = 12 * MIB;
	}
	sim->sample_ns = sim->report.now_ns + 15 * AX_NS_PER_S;
}

/* --- life ---------------------------------------------------------------- */

static void
plan_churn(struct sim *sim)
{
	unsigned n = 3000;

	scenario_flows(sim, n);
	sim->end[1].args.max_streams = 32;
	for (unsigned i = 0; i < n; i++) {
		struct flow *f = &sim->model.flows[i];

		f->open_ns = sim->report.now_ns + i * 200 * AX_NS_PER_US;
		f->end[0].plan.total = rng_below(&sim->rng, 600);
		f->end[1].plan.total = rng_below(&sim->rng, 6000);
		f->end[1].plan.after_fin = i % 2 == 0;
	}
	sim->end[0].pump.check_every = sim->end[1].pump.check_every = 16;
}

/* Both ends write on every stream before either reads. */
static void
plan_crossing(struct sim *sim)
{
	unsigned n = 64;

	scenario_link(sim, 20 * MS, 50 * MBIT);
	scenario_flows(sim, n);
	for (unsigned i = 0; i < n; i++)
		for (int side = 0; side < 2; side++)
			sim->model.flows[i].end[side].plan = (struct plan){
				.total = MIB / 2, .reader = READER_PAUSE,
				.pause_at = 1, .pause_ns = 3 * AX_NS_PER_S };
	sim->model.quiet_ns = 3 * AX_NS_PER_S;
	sim->end[0].args.ring_max = sim->end[1].args.ring_max = 128 * KIB;
	sim->end[0].pump.check_every = sim->end[1].pump.check_every = 8;
}

static void
plan_paused(struct sim *sim)
{
	scenario_flows(sim, 2);
	for (unsigned i = 0; i < 2; i++) {
		struct flow *f = &sim->model.flows[i];

		f->end[0].plan.total = 4 * MIB;
		f->end[1].plan = (struct plan){ .total = 1,
			.reader = READER_PAUSE, .pause_at = 300000 * i + 1,
			.pause_ns = 600 * AX_NS_PER_S };
	}
	sim->model.quiet_ns = 600 * AX_NS_PER_S;
}

static void
plan_idle(struct sim *sim)
{
	scenario_link(sim, 80 * MS, 20 * MBIT);
	sim->net[0].jitter_ns = sim->net[1].jitter_ns = 4 * MS;
	scenario_flows(sim, 1);
	sim->model.flows[0].open_ns = sim->report.now_ns + 900 * AX_NS_PER_S;
	sim->model.quiet_ns = 900 * AX_NS_PER_S;
}

static void
plan_cut(struct sim *sim)
{
	scenario_flows(sim, 8);
	for (unsigned i = 0; i < 8; i++)
		sim->model.flows[i].end[i % 2].plan.total = 100 * MIB;
	sim->cut_ns = sim->report.now_ns + 2 * AX_NS_PER_S;
	sim->may_die = true;
}

/* Sessions that outlive their connections: n times. */
void
scenario_cuts(struct sim *sim, unsigned n, uint64_t gap_ns)
{
	for (int side = 0; side < 2; side++)
		sim->end[side].args.resume_s = 120;
	memset(sim->end[0].args.session_id, 0x5e, 16);
	sim->re.cuts = n;
	sim->re.gap_ns = gap_ns;
	/* Silence is noticed after the next ping and patience, twice. */
	sim->model.quiet_ns = MAX(sim->model.quiet_ns, 60 * AX_NS_PER_S);
}

static void
plan_resume(struct sim *sim)
{
	scenario_flows(sim, 20);
	for (unsigned i = 0; i < 20; i++) {
		struct flow *f = &sim->model.flows[i];

		f->end[0].plan.total = f->end[1].plan.total = MIB;
		f->open_ns = sim->report.now_ns + i * 100 * MS;
	}
	for (int side = 0; side < 2; side++)
		sim->end[side].pump.check_every = 8;
	scenario_link(sim, 20 * MS, 20 * MBIT);
	scenario_cuts(sim, 40, 300 * MS);
	sim->re.mbb_percent = 30;
	sim->re.hasty_percent = 30;
}

static void
plan_away(struct sim *sim)
{
	scenario_flows(sim, 8);
	for (unsigned i = 0; i < 8; i++)
		sim->model.flows[i].end[i % 2].plan.total = 100 * MIB;
	scenario_cuts(sim, 0, 0);
	sim->re.dial_ns = sim->report.now_ns + 3600 * AX_NS_PER_S;
	sim->cut_ns = sim->report.now_ns + 2 * AX_NS_PER_S;
	sim->may_die = true;
}

static void
plan_rejected(struct sim *sim)
{
	scenario_flows(sim, 0);
	sim->end[0].reject = true;
	sim->may_die = true;
}

static void
plan_goaway(struct sim *sim)
{
	unsigned n = 400;

	scenario_flows(sim, n);
	for (unsigned i = 0; i < n; i++) {
		struct flow *f = &sim->model.flows[i];

		f->open_ns = sim->report.now_ns + i * MS;
		f->end[0].plan.total = f->end[1].plan.total = 20000;
	}
	sim->goaway_ns = sim->report.now_ns + 150 * MS;
	sim->goaway_side = (int)(sim->report.seed % 2);
}

static void
plan_services(struct sim *sim)
{
	scenario_flows(sim, 0);
	sim->net[0].piece_min = sim->net[1].piece_min = 1;
	sim->net[0].piece_max = sim->net[1].piece_max = 7;
}

const struct scenario *
scenario_table(void)
{
	static const struct scenario table[] = {
		{ "bulk", "one stream at 1 Gbit/s and 100 ms", plan_bulk,
		    judge_throughput, false },
		{ "bulk-up", "one stream from the agent", plan_bulk_up,
		    judge_throughput, false },
		{ "keystroke", "typing while eight streams download",
		    plan_keystroke_down, judge_keystroke, true },
		{ "keystroke-up", "typing while eight streams upload",
		    plan_keystroke_up, judge_keystroke, true },
		{ "stalled", "100 readers never read, one is fast",
		    plan_stalled, judge_throughput, false },
		{ "shares", "eight downloads of four weights", plan_shares,
		    judge_shares, false },
		{ "churn", "3000 short streams, 32 at once", plan_churn, NULL, true },
		{ "crossing", "both write everywhere before either reads",
		    plan_crossing, NULL, true },
		{ "paused", "downloads paused for ten minutes", plan_paused,
		    NULL, false },
		{ "idle", "a quarter of an hour of nothing", plan_idle,
		    judge_rtt, true },
		{ "cut", "the path goes silent", plan_cut, judge_death, true },
		{ "resume", "40 cuts while 20 streams go both ways", plan_resume,
		    judge_resume, true },
		{ "away", "the path goes silent, and nobody dials", plan_away,
		    judge_away, true },
		{ "rejected", "the relay refuses the agent", plan_rejected,
		    judge_rejected, false },
		{ "goaway", "one side leaves while streams open", plan_goaway,
		    judge_goaway, true },
		{ "services", "256 services in pieces of a few bytes",
		    plan_services, judge_services, false },
		{ "random", "everything from the seed", scenario_plan_random,
		    NULL, true },
		{ 0 },
	};

	return table;
}

const struct scenario *
scenario_find(const char *name)
{
	const struct scenario *sc = scenario_table();

	while (sc->name != NULL && strcmp(sc->name, name) != 0)
		sc++;
	return sc->name == NULL ? NULL : sc;
}

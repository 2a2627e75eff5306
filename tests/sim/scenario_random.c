/* scenario_random.c — a run whose every parameter comes from the seed: path,
 * limits, pump, and what each application does. Extremes are drawn as often as
 * the ordinary, because that is where the bugs are. Thread: owner.
 * Invariant: flows of one opener are in the order of their open_ns.          */
#include "scenario.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define MS AX_NS_PER_MS

static uint64_t
between(struct rng *r, uint64_t least, uint64_t most)
{
	return least + rng_below(r, most - least + 1);
}

static bool
chance(struct rng *r, unsigned percent)
{
	return rng_below(r, 100) < percent;
}

/* Sizes over many orders of magnitude: small ones as likely as large ones. */
static uint64_t
spread(struct rng *r, unsigned bits_max)
{
	unsigned bits = (unsigned)rng_below(r, bits_max + 1);

	return rng_u64(r) & ((UINT64_C(1) << bits) - 1);
}

static void
random_path(struct sim *sim)
{
	static const uint64_t rtt_us[] = { 2, 200, 5000, 30000, 100000, 400000 };
	static const uint64_t mbit[] = { 0, 1, 10, 100, 1000 };
	static const size_t piece[] = { 1, 9, 100, 1448, 16384, 65536, 262144 };
	struct rng *r = &sim->rng;

	scenario_link(sim, rtt_us[rng_below(r, ARRAY_LEN(rtt_us))] * 1000,
	    mbit[rng_below(r, ARRAY_LEN(mbit))] * 1000000);
	for (int side = 0; side < 2; side++) {
		struct pipe_args *p = &sim->net[side];

		p->piece_max = piece[rng_below(r, ARRAY_LEN(piece))];
		p->piece_min = chance(r, 50) ? 1 : p->piece_max;
		if (chance(r, 50))
			p->jitter_ns = rng_below(r, p->delay_ns + 1);
		if (chance(r, 20))
			p->unsent_max = between(r, 1, 20000);
	}
}

static void
random_limits(struct sim *sim)
{
	struct rng *r = &sim->rng;

	for (int side = 0; side < 2; side++) {
		struct endpoint *e = &sim->end[side];
		struct session_args *a = &e->args;

		a->max_streams = (uint16_t)between(r, 1, chance(r, 50) ? 8 : 200);
		a->window_init = (uint32_t)(16 * KIB << rng_below(r, 7));
		a->window_max = (uint32_t)(16 * KIB << rng_below(r, 11));
		a->max_frame = (uint32_t)(chance(r, 50) ? AX_FRAME_MAX :
		    between(r, AX_FRAME_MAX_FLOOR, AX_FRAME_MAX));
		a->ring_max = 64 * KIB << rng_below(r, 8);
		a->budget = spread(r, 24);
		a->ping_ms = (uint32_t)between(r, 5000, 15000);
		e->pump.record_max = chance(r, 70) ? 16384 : between(r, 1, 16384);
		e->pump.torn_percent = chance(r, 50) ? 0 : (unsigned)between(r, 1, 90);
		e->pump.short_percent = chance(r, 50) ? 0 : (unsigned)between(r, 1, 90);
		e->pump.spurious_percent = chance(r, 70) ? 0 : 10;
	}
}

static void
random_reader(struct sim *sim, struct plan *p, uint64_t expected)
{
	struct rng *r = &sim->rng;

	p->reader = (enum reader_habit)rng_below(r, sim->may_stall ? READER_NEVER + 1 :
	    READER_NEVER);
	/* Slow, but not for hours of virtual time. */
	p->read_rate = expected / between(r, 1, 20) + 1000;
	p->pause_at = rng_below(r, expected + 1) + 1;
	p->pause_ns = spread(r, 34);
	sim->model.quiet_ns = MAX(sim->model.quiet_ns, p->pause_ns);
}

static void
random_ending(struct rng *r, struct plan *p, uint64_t expected)
{
	p->ending = chance(r, 70) ? END_FIN :
	    chance(r, 50) ? END_RESET : END_RELEASE;
	p->end_at = rng_below(r, MAX(p->total, expected) + 1);
	p->code = (uint16_t)between(r, 0x100, 0x10a);
	p->refuses = chance(r, 5);
	p->linger_ns = chance(r, 60) ? 0 : spread(r, 30);
	p->dial_ns = chance(r, 60) ? 0 : spread(r, 30);
	p->after_fin = chance(r, 15);
}

static void
random_flow(struct sim *sim, struct flow *f, unsigned size_bits)
{
	struct rng *r = &sim->rng;
	uint64_t total[2] = { spread(r, size_bits), spread(r, size_bits) };

	f->prio = (uint8_t)rng_below(r, 4);
	f->opener = chance(r, 20);
	for (int side = 0; side < 2; side++) {
		struct plan *p = &f->end[side].plan;

		p->total = total[side];
		p->burst = chance(r, 50) ? 0 : 1 + spread(r, 16);
		p->gap_ns = p->burst == 0 ? 0 : 10000 +
		    spread(r, p->total / p->burst > 100 ? 20 : 28);
		sim->model.quiet_ns = MAX(sim->model.quiet_ns, p->gap_ns);
		random_reader(sim, p, total[!side]);
		random_ending(r, p, total[!side]);
	}
	/* Two who wait for each other's end would wait for ever. */
	if (f->end[0].plan.after_fin)
		f->end[1].plan.after_fin = false;
}

/* A stream that is never read keeps its slot: nobody may be waiting for it. */
static bool
stalls_are_harmless(const struct sim *sim, unsigned n_flows)
{
	for (int side = 0; side < 2; side++) {
		if (sim->end[side].args.max_streams < n_flows)
			return false;
	}
	return true;
}

/* Every write and every piece is a step of the run, and checked: where they are
 * tiny, streams are short.                                                   */
static unsigned
size_bits_for(const struct sim *sim, unsigned n_flows)
{
	uint64_t bytes = 4 * MIB;
	unsigned bits = 0;

	for (int side = 0; side < 2; side++) {
		const struct pipe_args *p = &sim->net[side];
		uint64_t write = MIN(sim->end[side].pump.record_max, p->unsent_max);

		bytes = MIN(bytes, 1500 * write);
		bytes = MIN(bytes, 15000 * (p->piece_min + p->piece_max) / 2);
		if (p->bytes_per_s != 0) /* not for hours */
			bytes = MIN(bytes, 10 * p->bytes_per_s);
	}
	while (bits < 21 && (UINT64_C(2) << bits) * n_flows <= bytes)
		bits++;
	return bits;
}

static void
random_memory(struct sim *sim)
{
	struct memory *m = &sim->end[rng_below(&sim->rng, 2)].memory;

	m->fail_at = 1 + spread(&sim->rng, 8);
	m->fail_on = chance(&sim->rng, 20);
	sim->may_die = true;
}

void
scenario_plan_random(struct sim *sim)
{
	struct rng *r = &sim->rng;
	unsigned n = (unsigned)(1 + spread(r, 7));
	uint64_t at = sim->report.now_ns;
	unsigned size_bits;

	random_path(sim);
	random_limits(sim);
	size_bits = size_bits_for(sim, n);
	sim->may_stall = stalls_are_harmless(sim, n);
	/* A check looks at every stream. */
	for (int side = 0; side < 2; side++)
		sim->end[side].pump.check_every = 1 + n / 8;
	scenario_flows(sim, n);
	for (unsigned i = 0; i < n; i++) {
		random_flow(sim, &sim->model.flows[i], size_bits);
		sim->model.flows[i].open_ns = at;
		at += chance(r, 50) ? 0 : spread(r, 27);
	}
	if (chance(r, 20))
		random_memory(sim);
	if (chance(r, 5)) {
		sim->cut_ns = sim->report.now_ns + spread(r, 32);
		sim->may_die = true;
	}
	if (sim->cut_ns == AX_NEVER && chance(r, 40)) {
		scenario_cuts(sim, 1 + (unsigned)spread(r, 4), 1 + spread(r, 34));
		sim->re.mbb_percent = (unsigned)rng_below(r, 101);
		sim->re.hasty_percent = (unsigned)rng_below(r, 70);
	} else if (chance(r, 10)) {
		sim->goaway_ns = sim->report.now_ns + AX_NS_PER_S + spread(r, 28);
		sim->goaway_side = (int)rng_below(r, 2);
	}
}

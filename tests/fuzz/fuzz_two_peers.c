/* fuzz_two_peers.c — two sessions, and an input that decides what every
 * application does and when. Both keep the protocol, so the simulator's whole
 * oracle applies: each byte, each end, each bound. Thread: owner.
 * Invariant: flows are opened in the order of their numbers.                 */
#include <stdlib.h>

#include "base/assert.h"
#include "fuzz.h"
#include "../sim/scenario.h"

#define FLOWS 12
#define STEPS_MAX 150

struct game {
	struct sim sim;
	struct choices c;
	bool cuts, leaves; /* one or the other */
};

static void
plan_flow(struct game *g, struct flow *f)
{
	uint8_t pick = choose_u8(&g->c);

	f->opener = pick & 1;
	f->prio = pick >> 1 & 3;
	f->open_ns = AX_NEVER;
	for (int side = 0; side < 2; side++) {
		struct plan *p = &f->end[side].plan;

		p->manual = true;
		p->total = UINT64_MAX;
		p->reader = pick & 8 ? READER_NEVER : READER_FAST;
		p->code = 0x102;
		p->linger_ns = pick & 16 ? AX_NS_PER_MS : 0;
		p->dial_ns = pick & 32 ? AX_NS_PER_MS : 0;
		p->refuses = pick >= 0xf0;
	}
}

static void
plan_game(struct sim *sim)
{
	struct game *g = container_of(sim, struct game, sim);

	scenario_link(sim, 20000, 0);
	for (int side = 0; side < 2; side++) {
		struct endpoint *e = &sim->end[side];

		e->args.max_streams = (uint16_t)(1 + choose_below(&g->c, 16));
		e->args.window_init = 16384;
		e->args.window_max = 16384u << choose_below(&g->c, 4);
		e->args.ring_max = 65536;
		e->args.budget = (uint64_t)choose_u8(&g->c) << 10;
		sim->net[side].piece_min = 1;
		sim->net[side].piece_max = 16u << choose_below(&g->c, 13);
		sim->net[side].unsent_max = 16u << choose_below(&g->c, 13);
		e->pump.torn_percent = choose_below(&g->c, 100);
		e->pump.short_percent = choose_below(&g->c, 100);
	}
	scenario_flows(sim, FLOWS);
	scenario_cuts(sim, 0, 0);
	for (unsigned i = 0; i < FLOWS; i++)
		plan_flow(g, &sim->model.flows[i]);
}

/* --- steps --------------------------------------------------------------- */

static struct socket *
some_socket(struct game *g)
{
	uint8_t pick = choose_u8(&g->c);

	return &g->sim.model.flows[(pick >> 1) % FLOWS].end[pick & 1];
}

static void
step_open(struct game *g)
{
	for (unsigned i = 0; i < FLOWS; i++) {
		struct flow *f = &g->sim.model.flows[i];

		if (f->open_ns != AX_NEVER)
			continue;
		f->open_ns = g->sim.report.now_ns;
		return;
	}
}

static void
step_produce(struct game *g)
{
	struct socket *k = some_socket(g);

	if (k->plan.total == UINT64_MAX)
		k->produced += choose_u16(&g->c) >> choose_below(&g->c, 12);
}

static void
step_fin(struct game *g)
{
	struct socket *k = some_socket(g);

	k->plan.total = k->produced;
}

static void
step_break(struct game *g)
{
	struct socket *k = some_socket(g);

	k->plan.ending = choose_u8(&g->c) & 1 ? END_RESET : END_RELEASE;
}

static void
step_read(struct game *g)
{
	struct socket *k = some_socket(g);

	k->plan.reader = choose_u8(&g->c) & 1 ? READER_LATE : READER_NEVER;
	k->read_ns = g->sim.report.now_ns;
}

static void
step_time(struct game *g)
{
	uint64_t ns = UINT64_C(1) << choose_below(&g->c, 33);

	sim_run_until(&g->sim, g->sim.report.now_ns + ns);
}

static void
step_cut(struct game *g)
{
	uint8_t pick = choose_u8(&g->c);

	if (g->leaves)
		return; /* who leaves ends with the connection */
	g->cuts = true;
	g->sim.re.mbb_percent = pick & 1 ? 100 : 0;
	g->sim.re.hasty_percent = pick & 2 ? 100 : 0;
	reconnect_cut(&g->sim);
}

static void
step_goaway(struct game *g)
{
	if (choose_u8(&g->c) != 0x77 || g->sim.goaway_ns != AX_NEVER || g->cuts)
		return;
	g->leaves = true;
	g->sim.goaway_side = choose_u8(&g->c) & 1;
	if (!g->sim.end[g->sim.goaway_side].goaway_sent)
		g->sim.goaway_ns = g->sim.report.now_ns + 1;
}

static void
step(struct game *g)
{
	static void (*const steps[])(struct game *) = { step_open, step_produce,
		step_produce, step_produce, step_fin, step_break, step_read, step_time,
		step_time, step_goaway, step_cut };

	steps[choose_below(&g->c, ARRAY_LEN(steps))](g);
	sim_run_until(&g->sim, g->sim.report.now_ns + 1);
}

/* Everybody finishes what was begun; what was not begun never is. */
static void
let_finish(struct game *g)
{
	for (unsigned i = 0; i < FLOWS; i++) {
		struct flow *f = &g->sim.model.flows[i];

		f->failed |= f->open_ns == AX_NEVER;
		for (int side = 0; side < 2; side++) {
			struct socket *k = &f->end[side];

			k->plan.total = k->produced;
			k->plan.reader = READER_FAST;
			k->read_ns = g->sim.report.now_ns;
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct scenario two_peers = { .name = "fuzz_two_peers",
		.plan = plan_game };
	struct game *g = calloc(1, sizeof(*g));

	ax_assert(g != NULL);
	g->c = (struct choices){ data, data + size };
	sim_init(&g->sim, &two_peers, size > 0 ? data[size - 1] : 0);
	sim_start(&g->sim);
	for (unsigned i = 0; i < STEPS_MAX && choices_left(&g->c); i++)
		step(g);
	let_finish(g);
	sim_traffic(&g->sim);
	sim_finish(&g->sim);
	sim_fini(&g->sim);
	free(g);
	return 0;
}

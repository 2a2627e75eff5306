/* nth_alloc.c — a whole life of two sessions again and again; each time another
 * allocation of one side fails, once or from then on, until a life ends that
 * asked for fewer. A session may end for it; it must say so, its peer must hear
 * of it, and nothing may leak. If it goes on, the oracle holds as ever.
 * Thread: main.                                                              */
#include <stdio.h>
#include <stdlib.h>

#include "../sim/scenario.h"

#define KIB UINT64_C(1024)
#define LIVES_MAX 100000u

/* A little of everything: both open, large and small, resets, a refused dial, a
 * slow reader, a handle that is dropped, torn frames, lost connections.      */
static void
plan_life(struct sim *sim)
{
	static const struct plan plans[][2] = {
		{ { .total = 300 * KIB }, { .total = 5 } },
		{ { .total = 5 }, { .total = 300 * KIB, .reader = READER_LATE } },
		{ { .total = 40 * KIB, .ending = END_RESET, .end_at = 20000,
		    .code = 0x105 }, { .total = 40 * KIB } },
		{ { .total = 10 }, { .refuses = true, .code = 0x102 } },
		{ { .total = 90 * KIB }, { .total = 1, .ending = END_RELEASE,
		    .end_at = 30000 } },
		{ { .total = 90 * KIB }, { .total = 90 * KIB, .reader = READER_SLOW,
		    .read_rate = 100000 } },
		{ { .total = 0 }, { .total = 0 } },
		{ { .total = 100 }, { .total = 70 * KIB, .after_fin = true } },
	};
	unsigned n = ARRAY_LEN(plans) * 2;

	scenario_link(sim, 10 * AX_NS_PER_MS, 100000000);
	scenario_flows(sim, n);
	for (unsigned i = 0; i < n; i++) {
		struct flow *f = &sim->model.flows[i];

		f->opener = i >= ARRAY_LEN(plans);
		f->open_ns = sim->report.now_ns + i * AX_NS_PER_MS;
		f->end[0].plan = plans[i % ARRAY_LEN(plans)][0];
		f->end[1].plan = plans[i % ARRAY_LEN(plans)][1];
	}
	for (int side = 0; side < 2; side++) {
		sim->net[side].piece_min = 1;
		sim->net[side].piece_max = 5000;
		sim->end[side].args.max_streams = 6;
		sim->end[side].args.budget = 2048 * KIB;
	}
	scenario_cuts(sim, 4, 200 * AX_NS_PER_MS);
	sim->re.mbb_percent = 50;
	sim->may_die = true;
}

/* The list again and again: the second replaces the first. */
static void
say_services(struct sim *sim)
{
	static const struct session_service list[] = { { .name = "web" },
		{ .name = "ssh", .health = 1, .weight = 1 } };

	for (size_t n = 1; n <= ARRAY_LEN(list) && !sim_is_dead(sim); n++) {
		int r = session_services(sim->end[1].s, list, n);

		report_check(&sim->report, r == 0 || (r == AX_E_NOMEM &&
		    sim->end[1].memory.failed > 0), "session_services: %d", r);
		sim_run_until(sim, sim->report.now_ns + AX_NS_PER_S);
	}
}

/* Returns how many allocations failed. */
static uint64_t
live(int side, bool on, uint64_t n)
{
	static const struct scenario life = { .name = "nth_alloc",
		.plan = plan_life };
	struct sim *sim = calloc(1, sizeof(*sim));
	uint64_t failed;

	if (sim == NULL)
		abort();
	sim_init(sim, &life, 1);
	sim->end[side].memory.fail_at = n;
	sim->end[side].memory.fail_on = on;
	sim_start(sim);
	if (!sim_is_dead(sim))
		say_services(sim);
	sim_traffic(sim);
	sim_finish(sim);
	failed = sim->end[side].memory.failed;
	report_check(&sim->report, failed > 0 || !sim_is_dead(sim) ||
	    sim->end[0].close_seen || sim->end[1].close_seen,
	    "a session ended without a reason");
	sim_fini(sim);
	free(sim);
	return failed;
}

static void
sweep(int side, bool on)
{
	uint64_t n = 1;

	do {
		printf("side %d, allocation %llu %s\n", side, (unsigned long long)n,
		    on ? "and all after it" : "alone");
		fflush(stdout);
	} while (live(side, on, n) > 0 && n++ < LIVES_MAX);
}

int
main(int argc, char **argv)
{
	if (argc == 4) { /* side, on, n: one life again */
		live(argv[1][0] == '1', argv[2][0] == '1', strtoull(argv[3], NULL, 0));
		return 0;
	}
	for (int side = 0; side < 2; side++) {
		sweep(side, false);
		sweep(side, true);
	}
	return 0;
}

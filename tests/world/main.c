/* main.c — a run from begin to end, and many of them. Before each it prints the
 * command that repeats it: the last such line before an abort is the one.
 * Thread: main.                                                              */
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "agent_side.h"
#include "calls.h"
#include "faults.h"
#include "flows.h"
#include "judge.h"
#include "loop.h"
#include "memory.h"
#include "relay/rcu.h"
#include "relay_side.h"
#include "sink.h"
#include "world.h"

#define ROUND_NS 1000	 /* what a round of turns takes, at least */
#define IDLE_ROUNDS 2000000
#define LOOK_EVERY 16	 /* rounds */
/* Told nothing, as by make check. */
#if defined(__SANITIZE_ADDRESS__)
#define SEEDS 200
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SEEDS 200
#endif
#endif
#ifndef SEEDS
#define SEEDS 2000
#endif

/* Have failed once, and lie beyond those. */
static const uint64_t failed_once[] = {
	128261, /* a visitor moved twice waits, and nobody looks for him again */
	209833, /* a session is lost that came after another one of its lane */
};

#define CALLS_SEED 9 /* a gentle one */
#define CALLS_STEP 8 /* make check is content with one of so many */

struct world world;
struct log_sink *sink;

struct options {
	uint64_t seed, seeds, seconds, call;
	bool verbose, calls;
};

static uint64_t rounds;

/* --- time --------------------------------------------------------------------------- */

static bool
turn_loops(struct proc *p)
{
	struct list *l;
	bool any = false;

	list_foreach(l, &p->loops) {
		struct loop *loop = loop_of(l);

		/* Others may be faster, now and then. */
		if (!loop_is_due(loop))
			continue;
		any = true;
		if (chance(20))
			continue;
		kernel_run_as(p);
		loop_turn(loop, 0);
		kernel_run_as(NULL);
	}
	return any;
}

static bool
turn_all(void)
{
	struct list *l, *tmp;
	bool any = faults_turn();

	net_advance();
	list_foreach_safe(l, tmp, procs()) {
		struct proc *p = container_of(l, struct proc, entry);

		if (p->frozen_ns <= world_now())
			any |= turn_loops(p);
	}
	any |= flows_turn();
	any |= relay_turn();
	return agents_turn() || any;
}

static uint64_t
next_ns(void)
{
	uint64_t next = earlier(net_next_ns(), earlier(faults_next_ns(), flows_next_ns()));
	struct list *l, *k;

	list_foreach(l, procs()) {
		struct proc *p = container_of(l, struct proc, entry);

		if (p->frozen_ns > world_now())
			next = earlier(next, p->frozen_ns);
		else
			list_foreach(k, &p->loops)
				next = earlier(next, loop_next_ns(loop_of(k)));
	}
	return next;
}

/* Machines do not notice at once: what comes within a grain comes together. */
static uint64_t
noticed_ns(uint64_t at)
{
	return at > UINT64_MAX - plan.grain_ns ? at :
	    (at + plan.grain_ns - 1) / plan.grain_ns * plan.grain_ns;
}

/* Until then, or until done() says so. */
static void
run_until(uint64_t until, bool (*done)(void))
{
	uint64_t spent = 0, next;

	while (world_now() < until && (done == NULL || !done())) {
		bool any = turn_all();

		if (++rounds % LOOK_EVERY == 0)
			judge_now();
		world_check(++spent < IDLE_ROUNDS, "it turns and turns");
		world.report.now_ns += ROUND_NS;
		if (any)
			continue;
		next = earlier(noticed_ns(next_ns()), until);
		world.report.now_ns = MAX(world_now(), next);
	}
	judge_now();
}

/* --- a run ---------------------------------------------------------------------------- */

static bool
all_over(void)
{
	unsigned left;

	return flows_are_over(&left);
}

static bool
has_agent(unsigned tenant)
{
	for (unsigned i = 0; i < plan.n_agents; i++)
		if (plan.agents[i].tenant == tenant)
			return true;
	return false;
}

/* Everybody can be visited again, unless limits are meant to keep agents out. */
static void
probe_all(void)
{
	for (unsigned i = 0; i < plan.relay.n_tenants; i++) {
		for (unsigned k = 0; k < plan.tenants[i].n_services; k++) {
			struct talker *t;

			if (!has_agent(i))
				continue;
			t = flows_probe(i, k);
			run_until(world_now() + 20 * AX_NS_PER_S, all_over);
			world_check(talker_is_content(t) || plan.tight ||
			    calls_are_armed(),
			    "%s finds nobody, after everything was mended", t->text);
			run_until(world_now() + AX_NS_PER_S, NULL);
		}
	}
}

static void
finish_flows(void)
{
	struct flow_counts n;
	unsigned left;

	run_until(world_now() + 600 * AX_NS_PER_S, all_over);
	if (flows_are_over(&left)) {
		flows_count(&n);
		world_check(!plan_is_strict() || n.content == n.begun,
		    "%u of %u visitors were not served to the end",
		    n.begun - n.content, n.begun);
		return;
	}
	flows_name_stuck();
	world_check(false, "%u connections hang", left);
}

static void
begin(uint64_t seed)
{
	world.report.seed = seed;
	world.report.now_ns = AX_NS_PER_S;
	world.wall_ms = INT64_C(1800000000000);
	rng_seed(&world.rng, seed);
	rng_seed(&world.secret, ~seed);
	kernel_begin();
	plan_make();
	agents_begin();
	flows_begin();
	faults_begin();
	plan.calm_ns += world_now();
	relay_start();
	for (unsigned i = 0; i < plan.n_agents; i++)
		agents_start(i);
}

static void
end(void)
{
	for (unsigned i = 0; i < plan.n_agents; i++)
		if (agents_run(i))
			agents_stop(i);
	run_until(world_now() + 10 * AX_NS_PER_S, NULL);
	flows_end();
	agents_end();
	relay_end();
	kernel_end();
}

static void
run(uint64_t seed, struct flow_counts *sum)
{
	int64_t live = memory_live();
	struct flow_counts n;

	begin(seed);
	run_until(plan.calm_ns, NULL);
	faults_stop();
	flows_calm();
	run_until(world_now() + plan.heal_ns, NULL);
	finish_flows();
	probe_all();
	judge_idle();
	flows_count(&n);
	sum->begun += n.begun;
	sum->content += n.content;
	sum->reset += n.reset;
	sum->bytes += n.bytes;
	end();
	world_check(memory_live() == live, "%lld blocks of memory leak",
	    (long long)(memory_live() - live));
}

/* --- every call ------------------------------------------------------------------------ */

/* With each error that it may give, in another run of the same seed: at most the one
 * connection ends that it was about.                                         */
static void
fail_call(uint64_t seed, uint64_t call)
{
	unsigned error = 0;

	do {
		struct flow_counts n = { 0 };

		printf("world --seed %" PRIu64 " --call %" PRIu64 ": error %u\n",
		    seed, call, error);
		fflush(stdout);
		calls_arm(call, error++);
		run(seed, &n);
		world_check(n.begun - n.content <= 1,
		    "%u of %u visitors lost their connection", n.begun - n.content,
		    n.begun);
	} while (calls_have_more());
}

static void
fail_calls(uint64_t seed, uint64_t step)
{
	struct flow_counts n = { 0 };
	uint64_t calls;

	calls_arm(0, 0);
	run(seed, &n);
	calls = calls_made();
	world_check(plan.gentle && n.content == n.begun, "not a gentle world");
	for (uint64_t i = 1; i <= calls; i += step)
		fail_call(seed, i);
	calls_arm(0, 0);
	printf("seed %" PRIu64 ": of %" PRIu64 " calls each %" PRIu64
	    ". has failed\n", seed, calls, step);
}

/* --- many ------------------------------------------------------------------------------- */

static int
usage(void)
{
	fputs("usage: world [--seed N] [--seeds COUNT] [--seconds S] [--verbose]\n"
	    "       world --seed N --calls | --call NUMBER [--verbose]\n",
	    stderr);
	return 2;
}

static bool
parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "seeds", required_argument, NULL, 'n' },
		{ "seconds", required_argument, NULL, 't' },
		{ "call", required_argument, NULL, 'c' },
		{ "calls", no_argument, NULL, 'a' },
		{ "verbose", no_argument, NULL, 'v' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 's': o->seed = strtoull(optarg, NULL, 0); break;
		case 'n': o->seeds = strtoull(optarg, NULL, 0); break;
		case 't': o->seconds = strtoull(optarg, NULL, 0); break;
		case 'c': o->call = strtoull(optarg, NULL, 0); break;
		case 'a': o->calls = true; break;
		case 'v': o->verbose = true; break;
		default: return false;
		}
	}
	return optind == argc;
}

static uint64_t
real_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * AX_NS_PER_S + (uint64_t)t.tv_nsec;
}

/* So many, or for so long. */
static void
run_seeds(const struct options *o)
{
	uint64_t begun_ns = real_ns(), n = 0, took_ms;
	struct flow_counts sum = { 0 };

	do {
		printf("world --seed %" PRIu64 "\n", o->seed + n);
		fflush(stdout);
		run(o->seed + n++, &sum);
	} while (n < o->seeds && (o->seconds == 0 ||
	    real_ns() - begun_ns < o->seconds * AX_NS_PER_S));
	took_ms = (real_ns() - begun_ns) / AX_NS_PER_MS + 1;
	printf("%" PRIu64 " seeds from %" PRIu64 " passed: %" PRIu64 " faults, %u "
	    "connections, %u whole, %u resets, %" PRIu64 " bytes, %" PRIu64
	    " looks; %" PRIu64 " seeds a second\n", n, o->seed, faults_count(), sum.begun,
	    sum.content, sum.reset, sum.bytes, judge_count(), n * 1000 / took_ms);
}

int
main(int argc, char **argv)
{
	struct options o = { .seed = 1 };
	struct err e;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (!parse(argc, argv, &o))
		return usage();
	if (o.seeds == 0)
		o.seeds = o.seconds > 0 ? UINT64_MAX : argc == 1 ? SEEDS : 1;
	world.report.verbose = o.verbose;
	/* For good: what is large and zero is not written (link_scratch_new). */
	(void)!mallopt(M_MMAP_THRESHOLD, 200 << 10);
	unsetenv("NOTIFY_SOCKET");
	if (log_sink_new(o.verbose ? STDERR_FILENO : null,
	    o.verbose ? LOG_DEBUG : LOG_INFO, LOG_TEXT, &sink, &e) < 0)
		return 1;
	rcu_reader_begin();
	if (o.call > 0)
		fail_call(o.seed, o.call);
	else if (o.calls)
		fail_calls(o.seed, 1);
	else
		run_seeds(&o);
	if (argc == 1) {
		for (size_t i = 0; i < ARRAY_LEN(failed_once); i++)
			run_seeds(&(struct options){ .seed = failed_once[i] });
		fail_calls(CALLS_SEED, CALLS_STEP);
	}
	rcu_reader_end(&world);
	log_sink_free(&sink);
	return 0;
}

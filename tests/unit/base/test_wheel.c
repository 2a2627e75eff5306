/* Tests of base/wheel.c. */
#include "base/wheel.h"

#include "../check_main.h"

#define MS AX_NS_PER_MS

struct probe {
	struct wheel_timer t;
	uint64_t tick; /* when the model says; AX_NEVER: unset */
	int fired;
};

static struct wheel w;
static struct probe *last; /* the last one fired */

static void
count(struct wheel_timer *t)
{
	last = container_of(t, struct probe, t);
	last->fired++;
}

static void
probe_init(struct probe *p)
{
	*p = (struct probe){ .tick = AX_NEVER };
	wheel_timer_init(&p->t, count);
}

START_TEST(wheel_never_fires_early)
{
	struct probe p;

	wheel_init(&w, 5 * MS);
	probe_init(&p);
	wheel_set(&w, &p.t, 7 * MS + 1);
	wheel_advance(&w, 7 * MS + 999999);
	ck_assert_int_eq(p.fired, 0);
	wheel_advance(&w, 8 * MS);
	ck_assert_int_eq(p.fired, 1);
	ck_assert(!wheel_is_set(&p.t));
	ck_assert_uint_eq(wheel_next_ns(&w), AX_NEVER);
}
END_TEST

START_TEST(wheel_fires_a_deadline_in_the_past_at_the_next_advance)
{
	struct probe p;

	wheel_init(&w, 1000 * MS);
	wheel_advance(&w, 1000 * MS);
	probe_init(&p);
	wheel_set(&w, &p.t, 3 * MS);
	ck_assert_uint_le(wheel_next_ns(&w), 1000 * MS);
	wheel_advance(&w, 1000 * MS);
	ck_assert_int_eq(p.fired, 1);
}
END_TEST

START_TEST(wheel_cancels)
{
	struct probe p;

	wheel_init(&w, 0);
	probe_init(&p);
	wheel_cancel(&w, &p.t);
	wheel_set(&w, &p.t, 10 * MS);
	wheel_cancel(&w, &p.t);
	ck_assert_uint_eq(w.count, 0);
	wheel_set(&w, &p.t, 10 * MS);
	wheel_set(&w, &p.t, AX_NEVER);
	ck_assert(!wheel_is_set(&p.t));
	wheel_advance(&w, 100 * MS);
	ck_assert_int_eq(p.fired, 0);
}
END_TEST

START_TEST(wheel_moves_a_timer_that_is_set_again)
{
	struct probe p;

	wheel_init(&w, 0);
	probe_init(&p);
	wheel_set(&w, &p.t, 10 * MS);
	wheel_set(&w, &p.t, 20 * MS);
	ck_assert_uint_eq(w.count, 1);
	wheel_advance(&w, 15 * MS);
	ck_assert_int_eq(p.fired, 0);
	wheel_advance(&w, 20 * MS);
	ck_assert_int_eq(p.fired, 1);
}
END_TEST

START_TEST(wheel_holds_a_timer_beyond_its_top_level)
{
	const uint64_t month = UINT64_C(30) * 24 * 3600 * 1000;
	struct probe p;

	wheel_init(&w, 123 * MS);
	probe_init(&p);
	wheel_set(&w, &p.t, month * MS);
	wheel_check(&w);
	wheel_advance(&w, (month - 1) * MS);
	ck_assert_int_eq(p.fired, 0);
	wheel_check(&w);
	wheel_advance(&w, month * MS);
	ck_assert_int_eq(p.fired, 1);
}
END_TEST

static struct probe again, victim;

static void
set_again(struct wheel_timer *t)
{
	count(t);
	wheel_set(&w, t, 0);
}

static void
cancel_victim(struct wheel_timer *t)
{
	count(t);
	wheel_check(&w);
	wheel_cancel(&w, &victim.t);
	wheel_check(&w);
}

START_TEST(wheel_fires_once_a_call_a_timer_that_sets_itself)
{
	wheel_init(&w, 0);
	probe_init(&again);
	again.t.fire = set_again;
	wheel_set(&w, &again.t, 1 * MS);
	for (int i = 1; i <= 3; i++) {
		wheel_advance(&w, 500 * MS);
		ck_assert_int_eq(again.fired, i);
	}
	wheel_cancel(&w, &again.t);
}
END_TEST

START_TEST(wheel_lets_a_callback_cancel_one_that_is_due)
{
	wheel_init(&w, 0);
	probe_init(&again);
	probe_init(&victim);
	again.t.fire = cancel_victim;
	wheel_set(&w, &again.t, 1 * MS);
	wheel_set(&w, &victim.t, 2 * MS);
	wheel_advance(&w, 3 * MS);
	ck_assert_int_eq(again.fired, 1);
	ck_assert_int_eq(victim.fired, 0);
	ck_assert_uint_eq(w.count, 0);
}
END_TEST

/* --- against a model: a plain array of deadlines --- */

enum { N = 150 };
static struct probe probes[N];
static uint64_t now_tick, last_tick;

static void
check_fired(struct wheel_timer *t)
{
	struct probe *p = container_of(t, struct probe, t);

	ck_assert_uint_ne(p->tick, AX_NEVER);
	ck_assert_uint_le(p->tick, now_tick);
	ck_assert_uint_ge(p->tick, last_tick); /* in order */
	last_tick = p->tick;
	p->tick = AX_NEVER;
}

static uint64_t
some_span(struct rng *r)
{
	/* All magnitudes alike: from nothing to a few weeks. */
	return rng_below(r, UINT64_C(1) << rng_below(r, 51));
}

static void
change_one(struct rng *r)
{
	struct probe *p = &probes[rng_below(r, N)];
	uint64_t deadline = now_tick * MS + some_span(r);

	if (rng_below(r, 4) == 0) {
		wheel_cancel(&w, &p->t);
		p->tick = AX_NEVER;
		return;
	}
	wheel_set(&w, &p->t, deadline);
	p->tick = (deadline + MS - 1) / MS;
}

static uint64_t
model_next(size_t *set)
{
	uint64_t next = AX_NEVER;

	*set = 0;
	for (size_t i = 0; i < N; i++) {
		*set += probes[i].tick != AX_NEVER;
		next = MIN(next, probes[i].tick);
	}
	return next;
}

static void
compare(void)
{
	size_t set;
	uint64_t next = model_next(&set);

	wheel_check(&w);
	ck_assert_uint_eq(w.count, set);
	if (set == 0)
		ck_assert_uint_eq(wheel_next_ns(&w), AX_NEVER);
	else
		ck_assert_uint_le(wheel_next_ns(&w), next * MS);
}

static void
advance(uint64_t ns)
{
	size_t set;

	now_tick = ns / MS;
	last_tick = 0;
	wheel_advance(&w, ns);
	ck_assert_uint_gt(model_next(&set), now_tick); /* none forgotten */
}

START_TEST(wheel_behaves_like_a_plain_list_of_deadlines)
{
	struct rng r;
	uint64_t ns;

	rng_seed(&r, test_seed());
	ns = rng_u64(&r) >> 10;
	wheel_init(&w, ns);
	now_tick = ns / MS;
	for (size_t i = 0; i < N; i++) {
		probe_init(&probes[i]);
		probes[i].t.fire = check_fired;
	}
	for (int step = 0; step < 20000; step++) {
		change_one(&r);
		compare();
		if (rng_below(&r, 3) == 0)
			advance(ns += some_span(&r) >> rng_below(&r, 20));
	}
}
END_TEST

START_TEST(wheel_needs_few_steps_to_reach_a_far_deadline)
{
	struct probe p;
	uint64_t ns = 0;
	int steps = 0;

	wheel_init(&w, 0);
	probe_init(&p);
	wheel_set(&w, &p.t, 11 * 24 * 3600 * 1000 * MS);
	while (p.fired == 0) {
		ck_assert_uint_gt(wheel_next_ns(&w), ns);
		ns = wheel_next_ns(&w);
		wheel_advance(&w, ns);
		ck_assert_int_le(++steps, WHEEL_LEVELS);
	}
	ck_assert_uint_eq(ns, 11 * 24 * 3600 * 1000 * MS);
}
END_TEST

CHECK_MAIN("wheel", wheel_never_fires_early,
    wheel_fires_a_deadline_in_the_past_at_the_next_advance, wheel_cancels,
    wheel_moves_a_timer_that_is_set_again,
    wheel_holds_a_timer_beyond_its_top_level,
    wheel_fires_once_a_call_a_timer_that_sets_itself,
    wheel_lets_a_callback_cancel_one_that_is_due,
    wheel_behaves_like_a_plain_list_of_deadlines,
    wheel_needs_few_steps_to_reach_a_far_deadline)

/* Tests of io/share.c. */
#include "io/share.h"

#include "../check_main.h"

#define N 4

struct job {
	struct task task;
	struct share *share;
	uint64_t work;
	int runs, goes_on; /* defers itself again so many times */
};

static void
on_run(struct task *t)
{
	struct job *j = container_of(t, struct job, task);

	j->runs++;
	share_charge(j->share, j->work);
	if (j->goes_on-- > 0)
		share_defer(j->share, t);
}

static struct loop *
new_loop(void)
{
	struct loop *l;

	ck_assert_int_eq(loop_new(&l, NULL), 0);
	return l;
}

static void
jobs_init(struct job *j, size_t n, struct share *s, uint64_t work, int goes_on)
{
	for (size_t i = 0; i < n; i++) {
		j[i] = (struct job){ .share = s, .work = work, .goes_on = goes_on };
		task_init(&j[i].task, on_run);
		share_defer(s, &j[i].task);
	}
}

static int
runs(const struct job *j, size_t n)
{
	int sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += j[i].runs;
	return sum;
}

START_TEST(share_runs_each_task_once_in_a_turn)
{
	struct loop *l = new_loop();
	struct job j[N];
	struct share s;

	share_init(&s, l);
	jobs_init(j, N, &s, 1, 2);
	share_defer(&s, &j[0].task); /* twice is once */
	loop_turn(l, 0);
	for (int i = 0; i < N; i++)
		ck_assert_int_eq(j[i].runs, 1);
	loop_turn(l, 0);
	loop_turn(l, 0);
	loop_turn(l, 0);
	ck_assert_int_eq(runs(j, N), 3 * N);
	share_fini(&s);
	loop_free(&l);
}
END_TEST

START_TEST(share_used_up_leaves_the_rest_for_the_next_turn_in_order)
{
	struct loop *l = new_loop();
	struct job j[N];
	struct share s;

	share_init(&s, l);
	jobs_init(j, N, &s, SHARE_TURN, 100);
	for (int k = 1; k <= 3 * N; k++) {
		loop_turn(l, 0);
		ck_assert_int_eq(runs(j, N), k);
		ck_assert_int_eq(j[(k - 1) % N].runs, (k - 1) / N + 1);
	}
	for (int i = 0; i < N; i++)
		loop_undefer(&j[i].task);
	share_fini(&s);
	loop_free(&l);
}
END_TEST

START_TEST(share_is_the_same_for_many_tasks_and_for_few)
{
	struct loop *l = new_loop();
	struct job many[N], one;
	struct share a, b;

	/* 2 1/2 turns' work each time: it is owed in the turns behind. */
	share_init(&a, l);
	share_init(&b, l);
	jobs_init(many, N, &a, SHARE_TURN * 5 / 2, 1000);
	jobs_init(&one, 1, &b, SHARE_TURN / 4, 1000);
	for (int k = 0; k < 100; k++)
		loop_turn(l, 0);
	ck_assert_int_eq(runs(many, N), 40);
	ck_assert_int_eq(one.runs, 100);
	for (int i = 0; i < N; i++)
		loop_undefer(&many[i].task);
	loop_undefer(&one.task);
	share_fini(&a);
	share_fini(&b);
	loop_free(&l);
}
END_TEST

START_TEST(share_saves_nothing_up)
{
	struct loop *l = new_loop();
	struct job j[N];
	struct share s;

	share_init(&s, l);
	for (int k = 0; k < 10; k++) {
		jobs_init(j, 1, &s, 0, 0);
		loop_turn(l, 0);
	}
	jobs_init(j, N, &s, SHARE_TURN, 0);
	loop_turn(l, 0);
	ck_assert_int_eq(runs(j, N), 1);
	for (int k = 1; k < N; k++)
		loop_turn(l, 0);
	ck_assert_int_eq(runs(j, N), N);
	ck_assert(!share_is_left(&s));
	share_fini(&s);
	loop_free(&l);
}
END_TEST

START_TEST(share_charged_from_outside_is_owed)
{
	struct loop *l = new_loop();
	struct share s;
	struct job j;

	share_init(&s, l);
	share_charge(&s, 3 * SHARE_TURN);
	jobs_init(&j, 1, &s, 0, 0);
	loop_turn(l, 0);
	loop_turn(l, 0);
	loop_turn(l, 0);
	ck_assert_int_eq(j.runs, 0);
	loop_turn(l, 0);
	ck_assert_int_eq(j.runs, 1);
	share_fini(&s);
	loop_free(&l);
}
END_TEST

/* A task that takes another one off, as links that end do. */
static struct task *victim;

static void
on_kill(struct task *t AX_UNUSED)
{
	loop_undefer(victim);
}

START_TEST(share_task_may_take_off_another)
{
	struct loop *l = new_loop();
	struct task killer;
	struct share s;
	struct job j;

	share_init(&s, l);
	task_init(&killer, on_kill);
	share_defer(&s, &killer);
	jobs_init(&j, 1, &s, 0, 0);
	victim = &j.task;
	loop_turn(l, 0);
	loop_turn(l, 0);
	ck_assert_int_eq(j.runs, 0);
	share_fini(&s);
	loop_free(&l);
}
END_TEST

/* As a link's pump: what it hears wakes it, and then it says all it has to say. */
static void
on_settled(struct task *t)
{
	struct job *j = container_of(t, struct job, task);

	j->runs++;
	share_defer(j->share, t);
	loop_undefer(t);
}

static bool
count_sleeps(void *arg)
{
	++*(int *)arg;
	return true;
}

static void
on_timer(struct wheel_timer *t AX_UNUSED)
{
}

/* Else every turn that did something is followed by one for nothing. */
START_TEST(share_without_a_task_lets_the_loop_sleep)
{
	int sleeps = 0;
	struct loop_hooks hooks = { .before_wait = count_sleeps, .arg = &sleeps };
	struct loop *l = new_loop();
	struct wheel_timer soon;
	struct share s;
	struct job j;

	loop_set_hooks(l, &hooks);
	share_init(&s, l);
	j = (struct job){ .share = &s };
	task_init(&j.task, on_settled);
	share_defer(&s, &j.task);
	loop_turn(l, 0);
	ck_assert_int_eq(j.runs, 1);
	wheel_timer_init(&soon, on_timer);
	loop_timer_in(l, &soon, 1);
	loop_turn(l, AX_NEVER);
	ck_assert_int_eq(sleeps, 1);
	loop_untimer(l, &soon);
	share_fini(&s);
	loop_free(&l);
}
END_TEST

CHECK_MAIN("share", share_runs_each_task_once_in_a_turn,
    share_used_up_leaves_the_rest_for_the_next_turn_in_order,
    share_is_the_same_for_many_tasks_and_for_few, share_saves_nothing_up,
    share_charged_from_outside_is_owed, share_task_may_take_off_another,
    share_without_a_task_lets_the_loop_sleep)

/* Tests of io/loop_epoll.c. */
#include "io/loop.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#include "../check_main.h"

#define TURN 0 /* one look, no waiting: what is on a socket pair is there */

struct side {
	struct watch watch;
	struct loop *loop;
	struct side *victim; /* unwatched by the callback */
	uint32_t seen;
	int calls;
};

static void
on_event(struct watch *w, uint32_t events)
{
	struct side *s = container_of(w, struct side, watch);

	s->seen |= events;
	s->calls++;
	if (s->victim != NULL)
		loop_unwatch(s->loop, &s->victim->watch);
}

static struct loop *
new_loop(void)
{
	struct loop *l;

	ck_assert_int_eq(loop_new(&l, NULL), 0);
	return l;
}

static void
watch_pair(struct loop *l, struct side s[2], int fd[2], enum loop_mode mode)
{
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	for (int i = 0; i < 2; i++) {
		s[i] = (struct side){ .loop = l };
		watch_init(&s[i].watch, on_event);
		ck_assert_int_eq(loop_watch(l, &s[i].watch, fd[i], mode), 0);
	}
}

static void
drop_pair(struct loop *l, struct side s[2], int fd[2])
{
	for (int i = 0; i < 2; i++) {
		loop_unwatch(l, &s[i].watch);
		close(fd[i]);
	}
}

static void
forget(struct side s[2])
{
	for (int i = 0; i < 2; i++) {
		s[i].seen = 0;
		s[i].calls = 0;
	}
}

START_TEST(loop_tells_an_edge_once)
{
	struct loop *l = new_loop();
	struct side s[2];
	int fd[2];

	watch_pair(l, s, fd, LOOP_EDGE);
	loop_turn(l, TURN);
	ck_assert_uint_eq(s[0].seen, LOOP_OUT);
	forget(s);
	ck_assert_int_eq(write(fd[1], "ab", 2), 2);
	loop_turn(l, TURN);
	ck_assert((s[0].seen & LOOP_IN) != 0);
	forget(s);
	loop_turn(l, TURN); /* nobody read, nothing new came */
	ck_assert_int_eq(s[0].calls, 0);
	ck_assert_int_eq(write(fd[1], "c", 1), 1);
	loop_turn(l, TURN);
	ck_assert((s[0].seen & LOOP_IN) != 0);
	drop_pair(l, s, fd);
	loop_free(&l);
}
END_TEST

START_TEST(loop_tells_that_there_is_room_again)
{
	struct loop *l = new_loop();
	static char block[1 << 16];
	struct side s[2];
	int fd[2];

	watch_pair(l, s, fd, LOOP_EDGE);
	loop_turn(l, TURN);
	while (write(fd[0], block, sizeof(block)) > 0)
		;
	loop_turn(l, TURN);
	forget(s);
	loop_turn(l, TURN);
	ck_assert_int_eq(s[0].calls, 0);
	while (read(fd[1], block, sizeof(block)) > 0)
		;
	loop_turn(l, TURN);
	ck_assert((s[0].seen & LOOP_OUT) != 0);
	drop_pair(l, s, fd);
	loop_free(&l);
}
END_TEST

START_TEST(loop_tells_the_end_of_the_other_side)
{
	struct loop *l = new_loop();
	struct side s[2];
	int fd[2];

	watch_pair(l, s, fd, LOOP_EDGE);
	loop_turn(l, TURN);
	forget(s);
	shutdown(fd[1], SHUT_WR);
	loop_turn(l, TURN);
	ck_assert((s[0].seen & LOOP_HUP) != 0);
	ck_assert((s[0].seen & LOOP_IN) != 0);
	drop_pair(l, s, fd);
	loop_free(&l);
}
END_TEST

START_TEST(loop_repeats_a_level_until_it_is_read)
{
	struct loop *l = new_loop();
	struct side s[2];
	int fd[2];
	char c;

	watch_pair(l, s, fd, LOOP_LEVEL_IN);
	ck_assert_int_eq(write(fd[1], "a", 1), 1);
	loop_turn(l, TURN);
	loop_turn(l, TURN);
	ck_assert_int_eq(s[0].calls, 2);
	ck_assert_uint_eq(s[0].seen, LOOP_IN);
	ck_assert_int_eq(read(fd[0], &c, 1), 1);
	loop_turn(l, TURN);
	ck_assert_int_eq(s[0].calls, 2);
	drop_pair(l, s, fd);
	loop_free(&l);
}
END_TEST

START_TEST(loop_shared_listeners_wake_one_of_two_loops)
{
	struct loop *l[2] = { new_loop(), new_loop() };
	struct side s[2], t = { .loop = l[1] };
	int fd[2];

	watch_pair(l[0], s, fd, LOOP_SHARED_IN);
	watch_init(&t.watch, on_event);
	ck_assert_int_eq(loop_watch(l[1], &t.watch, fd[0], LOOP_SHARED_IN), 0);
	ck_assert_int_eq(write(fd[1], "a", 1), 1);
	loop_turn(l[0], TURN);
	ck_assert_uint_eq(s[0].seen, LOOP_IN);
	loop_unwatch(l[1], &t.watch);
	drop_pair(l[0], s, fd);
	loop_free(&l[0]);
	loop_free(&l[1]);
}
END_TEST

START_TEST(loop_drops_pending_events_of_what_is_unwatched)
{
	struct loop *l = new_loop();
	struct side s[2];
	int fd[2];

	/* Both are ready; whichever comes first takes the other off. */
	watch_pair(l, s, fd, LOOP_EDGE);
	s[0].victim = &s[1];
	s[1].victim = &s[0];
	loop_turn(l, TURN);
	ck_assert_int_eq(s[0].calls + s[1].calls, 1);
	drop_pair(l, s, fd);
	loop_free(&l);
}
END_TEST

START_TEST(loop_lets_a_callback_unwatch_itself)
{
	struct loop *l = new_loop();
	struct side s[2];
	int fd[2];

	watch_pair(l, s, fd, LOOP_LEVEL_IN);
	s[0].victim = &s[0];
	ck_assert_int_eq(write(fd[1], "a", 1), 1);
	loop_turn(l, TURN);
	loop_turn(l, TURN);
	ck_assert_int_eq(s[0].calls, 1);
	ck_assert_int_eq(s[0].watch.fd, -1);
	drop_pair(l, s, fd); /* unwatches again: harmless */
	loop_free(&l);
}
END_TEST

START_TEST(loop_refuses_what_the_kernel_cannot_watch)
{
	struct loop *l = new_loop();
	FILE *plain = tmpfile();
	struct watch w;

	watch_init(&w, on_event);
	ck_assert_int_eq(loop_watch(l, &w, fileno(plain), LOOP_EDGE), AX_E_SYS);
	ck_assert_int_eq(w.fd, -1);
	fclose(plain);
	loop_free(&l); /* asserts that nothing is watched */
}
END_TEST

/* --- tasks and timers ----------------------------------------------------- */

struct note {
	struct task task;
	struct loop *loop;
	struct note *then; /* deferred by this one */
	char name;
	char *log;
};

static void
run_note(struct task *t)
{
	struct note *n = container_of(t, struct note, task);
	size_t len = strlen(n->log);

	n->log[len] = n->name;
	n->log[len + 1] = '\0';
	if (n->then != NULL)
		loop_defer(n->loop, &n->then->task);
}

static void
note_init(struct note *n, struct loop *l, char name, char *log)
{
	*n = (struct note){ .loop = l, .name = name, .log = log };
	task_init(&n->task, run_note);
}

START_TEST(loop_runs_tasks_in_order_and_once)
{
	struct loop *l = new_loop();
	char log[16] = "";
	struct note a, b;

	note_init(&a, l, 'a', log);
	note_init(&b, l, 'b', log);
	loop_defer(l, &b.task);
	loop_defer(l, &a.task);
	loop_defer(l, &b.task);
	loop_turn(l, AX_NEVER); /* does not sleep: there is work */
	ck_assert_str_eq(log, "ba");
	loop_turn(l, TURN);
	ck_assert_str_eq(log, "ba");
	loop_free(&l);
}
END_TEST

START_TEST(loop_leaves_tasks_of_tasks_to_the_next_turn)
{
	struct loop *l = new_loop();
	char log[16] = "";
	struct note a, b;

	note_init(&a, l, 'a', log);
	note_init(&b, l, 'b', log);
	a.then = &a; /* a busy link yields like this */
	b.then = NULL;
	loop_defer(l, &a.task);
	loop_defer(l, &b.task);
	loop_turn(l, AX_NEVER);
	ck_assert_str_eq(log, "ab");
	loop_turn(l, AX_NEVER);
	ck_assert_str_eq(log, "aba");
	loop_undefer(&a.task);
	loop_turn(l, TURN);
	ck_assert_str_eq(log, "aba");
	loop_free(&l);
}
END_TEST

START_TEST(loop_forgets_a_task_undeferred_by_its_neighbour)
{
	struct loop *l = new_loop();
	char log[16] = "";
	struct note a, b;

	note_init(&a, l, 'a', log);
	note_init(&b, l, 'b', log);
	loop_defer(l, &a.task);
	loop_defer(l, &b.task);
	loop_undefer(&b.task);
	loop_turn(l, TURN);
	ck_assert_str_eq(log, "a");
	loop_free(&l);
}
END_TEST

struct alarm_note {
	struct wheel_timer timer;
	struct loop *loop;
	int fired;
};

static void
on_alarm(struct wheel_timer *t)
{
	struct alarm_note *a = container_of(t, struct alarm_note, timer);

	a->fired++;
	loop_stop(a->loop);
}

START_TEST(loop_sleeps_until_its_timer_is_due)
{
	struct loop *l = new_loop();
	struct alarm_note a = { .loop = l };
	uint64_t before = clock_mono_ns();

	wheel_timer_init(&a.timer, on_alarm);
	loop_timer_in(l, &a.timer, 5);
	loop_run(l);
	ck_assert_int_eq(a.fired, 1);
	ck_assert_uint_ge(clock_mono_ns() - before, 5 * AX_NS_PER_MS);
	ck_assert_uint_ge(loop_now(l) - before, 4 * AX_NS_PER_MS);
	loop_free(&l);
}
END_TEST

START_TEST(loop_does_not_fire_a_cancelled_timer)
{
	struct loop *l = new_loop();
	struct alarm_note a = { .loop = l };

	wheel_timer_init(&a.timer, on_alarm);
	loop_timer(l, &a.timer, loop_now(l));
	loop_untimer(l, &a.timer);
	loop_turn(l, 2 * AX_NS_PER_MS);
	ck_assert_int_eq(a.fired, 0);
	loop_free(&l);
}
END_TEST

struct sleeper {
	int before, after;
	bool agree;
};

static bool
before_wait(void *arg)
{
	struct sleeper *s = arg;

	s->before++;
	return s->agree;
}

static void
after_wait(void *arg)
{
	struct sleeper *s = arg;

	s->after++;
}

START_TEST(loop_asks_before_it_sleeps_and_tells_after_every_wait)
{
	struct loop *l = new_loop();
	struct sleeper s = { .agree = true };
	char log[16] = "";
	struct note a;

	loop_set_hooks(l, &(struct loop_hooks){ before_wait, after_wait, &s });
	loop_turn(l, 0);
	ck_assert_int_eq(s.before, 0);
	ck_assert_int_eq(s.after, 1);
	loop_turn(l, AX_NS_PER_MS);
	ck_assert_int_eq(s.before, 1);
	ck_assert_int_eq(s.after, 2);
	note_init(&a, l, 'a', log);
	loop_defer(l, &a.task);
	loop_turn(l, AX_NEVER);
	ck_assert_int_eq(s.before, 1);
	s.agree = false;
	loop_turn(l, AX_NEVER); /* vetoed, or this would not return */
	ck_assert_int_eq(s.before, 2);
	ck_assert_int_eq(s.after, 4);
	loop_free(&l);
}
END_TEST

static void
unwatch_in_hook(void *arg)
{
	struct side *s = arg;

	loop_unwatch(s->loop, &s->watch);
}

START_TEST(loop_lets_the_hook_unwatch_what_an_event_is_for)
{
	struct loop *l = new_loop();
	struct side s[2];
	int fd[2];

	watch_pair(l, s, fd, LOOP_LEVEL_IN);
	ck_assert_int_eq(write(fd[1], "a", 1), 1);
	loop_set_hooks(l, &(struct loop_hooks){
	    .after_wait = unwatch_in_hook, .arg = &s[0] });
	loop_turn(l, TURN);
	ck_assert_int_eq(s[0].calls, 0);
	drop_pair(l, s, fd);
	loop_free(&l);
}
END_TEST

CHECK_MAIN("loop", loop_tells_an_edge_once, loop_tells_that_there_is_room_again,
    loop_tells_the_end_of_the_other_side, loop_repeats_a_level_until_it_is_read,
    loop_shared_listeners_wake_one_of_two_loops,
    loop_drops_pending_events_of_what_is_unwatched,
    loop_lets_a_callback_unwatch_itself,
    loop_refuses_what_the_kernel_cannot_watch,
    loop_runs_tasks_in_order_and_once,
    loop_leaves_tasks_of_tasks_to_the_next_turn,
    loop_forgets_a_task_undeferred_by_its_neighbour,
    loop_sleeps_until_its_timer_is_due, loop_does_not_fire_a_cancelled_timer,
    loop_asks_before_it_sleeps_and_tells_after_every_wait,
    loop_lets_the_hook_unwatch_what_an_event_is_for)

/* Tests of io/signal.c. */
#include "io/signal.h"

#include <signal.h>

#include "../check_main.h"

struct heard {
	struct signals signals;
	int n[65];
};

static void
on_signal(struct signals *s, int signo)
{
	container_of(s, struct heard, signals)->n[signo]++;
}

START_TEST(signals_become_events_of_the_loop)
{
	struct heard h = { 0 };
	struct loop *l;

	ck_assert_int_eq(loop_new(&l, NULL), 0);
	ck_assert_int_eq(signals_init(&h.signals, l, on_signal), 0);
	raise(SIGTERM);
	raise(SIGHUP);
	raise(SIGUSR1);
	raise(SIGPIPE);
	for (int i = 0; i < 4; i++)
		loop_turn(l, 0);
	ck_assert_int_eq(h.n[SIGTERM], 1);
	ck_assert_int_eq(h.n[SIGHUP], 1);
	ck_assert_int_eq(h.n[SIGUSR1], 1);
	ck_assert_int_eq(h.n[SIGINT], 0);
	signals_fini(&h.signals, l);
	loop_free(&l);
}
END_TEST

START_TEST(signals_stay_blocked_to_the_end)
{
	struct heard h = { 0 };
	struct loop *l;

	ck_assert_int_eq(loop_new(&l, NULL), 0);
	ck_assert_int_eq(signals_init(&h.signals, l, on_signal), 0);
	signals_fini(&h.signals, l);
	raise(SIGINT); /* would end this program */
	ck_assert_int_eq(h.n[SIGINT], 0);
	loop_free(&l);
}
END_TEST

CHECK_MAIN("signal", signals_become_events_of_the_loop,
    signals_stay_blocked_to_the_end)

/* Tests of io/wake.c. */
#include "io/wake.h"

#include <pthread.h>

#include "../check_main.h"

struct bell {
	struct wake wake;
	struct loop *loop;
	int rung;
};

static void
on_wake(struct wake *w)
{
	struct bell *b = container_of(w, struct bell, wake);

	b->rung++;
	loop_stop(b->loop);
}

static void *
ring(void *arg)
{
	struct bell *b = arg;

	wake_up(&b->wake);
	return NULL;
}

START_TEST(wake_ends_the_sleep_of_another_threads_loop)
{
	struct bell b = { 0 };
	pthread_t other;

	ck_assert_int_eq(loop_new(&b.loop, NULL), 0);
	ck_assert_int_eq(wake_init(&b.wake, b.loop, on_wake), 0);
	ck_assert_int_eq(pthread_create(&other, NULL, ring, &b), 0);
	loop_run(b.loop);
	pthread_join(other, NULL);
	ck_assert_int_eq(b.rung, 1);
	wake_fini(&b.wake, b.loop);
	loop_free(&b.loop);
}
END_TEST

START_TEST(wake_counts_many_calls_as_one)
{
	struct bell b = { 0 };

	ck_assert_int_eq(loop_new(&b.loop, NULL), 0);
	ck_assert_int_eq(wake_init(&b.wake, b.loop, on_wake), 0);
	wake_up(&b.wake);
	wake_up(&b.wake);
	loop_turn(b.loop, 0);
	loop_turn(b.loop, 0);
	ck_assert_int_eq(b.rung, 1);
	wake_fini(&b.wake, b.loop);
	loop_free(&b.loop);
}
END_TEST

CHECK_MAIN("wake", wake_ends_the_sleep_of_another_threads_loop,
    wake_counts_many_calls_as_one)

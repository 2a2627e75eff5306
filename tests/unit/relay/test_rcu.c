/* Tests of relay/rcu.h: control is woken, whatever its readers do. */
#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "relay/rcu.h"
#include "../check_main.h"

/* Longer than control looks around before it sleeps. */
#define TURN_NS (20 * AX_NS_PER_MS)
#define ROUNDS 5

struct world {
	atomic_bool ready, stop;
};

/* A worker whose mail does not let it sleep: it is online in every turn. */
static void *
spin(void *arg)
{
	struct world *w = arg;

	rcu_reader_begin();
	while (!atomic_load(&w->stop)) {
		uint64_t until = clock_mono_ns() + TURN_NS;

		rcu_awake();
		rcu_quiescent(w);
		atomic_store(&w->ready, true);
		while (clock_mono_ns() < until)
			;
	}
	rcu_reader_end(w);
	return NULL;
}

START_TEST(rcu_readers_that_never_sleep_wake_control)
{
	struct world w = { 0 };
	pthread_t t;

	ck_assert_int_eq(pthread_create(&t, NULL, spin, &w), 0);
	while (!atomic_load(&w.ready))
		;
	for (int i = 0; i < ROUNDS; i++)
		rcu_wait_readers(&w);
	atomic_store(&w.stop, true);
	pthread_join(t, NULL);
}
END_TEST

/* One that sleeps is not waited for. */
static void *
sleep_on(void *arg)
{
	struct world *w = arg;

	rcu_reader_begin();
	rcu_sleep(w);
	atomic_store(&w->ready, true);
	while (!atomic_load(&w->stop))
		;
	rcu_awake();
	rcu_quiescent(w);
	rcu_reader_end(w);
	return NULL;
}

START_TEST(rcu_readers_that_sleep_hold_nobody_up)
{
	struct world w = { 0 };
	pthread_t t;

	ck_assert_int_eq(pthread_create(&t, NULL, sleep_on, &w), 0);
	while (!atomic_load(&w.ready))
		;
	rcu_wait_readers(&w);
	atomic_store(&w.stop, true);
	pthread_join(t, NULL);
}
END_TEST

CHECK_MAIN("rcu", rcu_readers_that_never_sleep_wake_control,
    rcu_readers_that_sleep_hold_nobody_up)

/* Tests of relay/spare.c: a machine whose processors are all busy has none to spare. */
#include "relay/spare.h"

#include <pthread.h>
#include <unistd.h>

#include "relay/control.h"

#include "../check_main.h"

#define THREADS_MAX 256

static int stop;

static void *
burn(void *arg)
{
	while (__atomic_load_n(&stop, __ATOMIC_RELAXED) == 0)
		;
	return arg;
}

START_TEST(spare_is_little_where_all_are_busy)
{
	static const struct conf_relay conf = { .lanes = 2, .workers = 2 };
	static struct relay r = { .conf = &conf };
	pthread_t threads[THREADS_MAX];
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned all = 100 * (unsigned)n;
	struct err e;

	if (n > THREADS_MAX)
		return;
	ck_assert_int_eq(loop_new(&r.loop, &e), 0);
	ck_assert_int_eq(spare_begin(&r, &e), 0);
	for (long i = 0; i < n; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, burn, NULL), 0);
	/* The second look has nothing but busy time behind it. */
	for (uint64_t from = loop_now(r.loop);
	     loop_now(r.loop) < from + 5 * AX_NS_PER_S / 2;)
		loop_turn(r.loop, AX_NS_PER_S / 10);
	ck_assert_uint_lt(spare_percent(&r), all / 2);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (long i = 0; i < n; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	spare_end(&r);
	ck_assert_ptr_null(r.spare);
	loop_free(&r.loop);
}
END_TEST

CHECK_MAIN("spare", spare_is_little_where_all_are_busy)

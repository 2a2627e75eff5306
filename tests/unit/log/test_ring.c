/* Tests of log/ring.c. */
#include "log/ring.h"

#include <pthread.h>
#include <sched.h>

#include "../check_main.h"

START_TEST(ring_gives_back_what_was_put_across_its_edge)
{
	struct log_ring r;
	struct iovec v[2];

	ck_assert_int_eq(log_ring_init(&r, 8), 0);
	ck_assert(log_ring_put(&r, "abcdef", 6));
	log_ring_drop(&r, 6);
	ck_assert(log_ring_put(&r, "123456", 6));
	ck_assert_uint_eq(log_ring_peek(&r, v), 6);
	ck_assert_uint_eq(v[0].iov_len, 2);
	ck_assert_mem_eq(v[0].iov_base, "12", 2);
	ck_assert_mem_eq(v[1].iov_base, "3456", 4);
	log_ring_drop(&r, 6);
	ck_assert(log_ring_is_empty(&r));
	log_ring_fini(&r);
}
END_TEST

START_TEST(ring_takes_all_of_a_line_or_nothing)
{
	struct log_ring r;
	struct iovec v[2];

	ck_assert_int_eq(log_ring_init(&r, 8), 0);
	ck_assert(log_ring_put(&r, "12345", 5));
	ck_assert(!log_ring_put(&r, "6789", 4));
	ck_assert_uint_eq(log_ring_peek(&r, v), 5);
	ck_assert(log_ring_put(&r, "678", 3));
	ck_assert(!log_ring_put(&r, "9", 1));
	log_ring_fini(&r);
}
END_TEST

#define ROUNDS 50000u

static void *
produce(void *arg)
{
	struct log_ring *r = arg;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint8_t msg[24];
		size_t n = 4 + i % 20;

		memset(msg, (int)(i & 0xff), sizeof(msg));
		memcpy(msg, &i, 4);
		while (!log_ring_put(r, (const char *)msg, n))
			sched_yield();
	}
	return NULL;
}

/* One message from the front of the ring into msg; false: not yet. */
static bool
take(struct log_ring *r, uint8_t *msg, size_t n)
{
	struct iovec v[2];
	size_t first;

	if (log_ring_peek(r, v) < n)
		return false;
	first = MIN(n, v[0].iov_len);
	memcpy(msg, v[0].iov_base, first);
	memcpy(msg + first, v[1].iov_base, n - first);
	log_ring_drop(r, n);
	return true;
}

START_TEST(ring_keeps_order_and_bytes_between_two_threads)
{
	struct log_ring r;
	pthread_t t;

	ck_assert_int_eq(log_ring_init(&r, 256), 0);
	ck_assert_int_eq(pthread_create(&t, NULL, produce, &r), 0);
	for (uint32_t i = 0, got; i < ROUNDS; i++) {
		uint8_t msg[24];
		size_t n = 4 + i % 20;

		while (!take(&r, msg, n))
			sched_yield();
		memcpy(&got, msg, 4);
		ck_assert_uint_eq(got, i);
		for (size_t k = 4; k < n; k++)
			ck_assert_uint_eq(msg[k], i & 0xff);
	}
	ck_assert_int_eq(pthread_join(t, NULL), 0);
	ck_assert(log_ring_is_empty(&r));
	log_ring_fini(&r);
}
END_TEST

CHECK_MAIN("log/ring", ring_gives_back_what_was_put_across_its_edge,
    ring_takes_all_of_a_line_or_nothing,
    ring_keeps_order_and_bytes_between_two_threads)

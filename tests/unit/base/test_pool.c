/* Tests of base/pool.c. */
#include "base/pool.h"

#include <string.h>

#include "../check_main.h"

START_TEST(pool_gives_zeroed_objects_even_used_ones)
{
	struct pool p;
	unsigned char *o;

	pool_init(&p, 40, 4, 0);
	for (int round = 0; round < 3; round++) {
		o = pool_get(&p);
		ck_assert_ptr_nonnull(o);
		for (int i = 0; i < 40; i++)
			ck_assert_uint_eq(o[i], 0);
		memset(o, 0xaa, 40);
		pool_put(&p, o);
	}
	pool_fini(&p);
}
END_TEST

START_TEST(pool_stops_at_its_limit)
{
	struct pool p;
	void *o[3];

	pool_init(&p, 8, 2, 3);
	for (int i = 0; i < 3; i++)
		ck_assert_ptr_nonnull(o[i] = pool_get(&p));
	ck_assert_ptr_null(pool_get(&p));
	ck_assert_uint_eq(p.used, 3);
	pool_put(&p, o[1]);
	ck_assert_ptr_nonnull(o[1] = pool_get_raw(&p));
	for (int i = 0; i < 3; i++)
		pool_put(&p, o[i]);
	pool_fini(&p);
}
END_TEST

START_TEST(pool_put_accepts_null)
{
	struct pool p;

	pool_init(&p, 8, 2, 0);
	pool_put(&p, NULL);
	ck_assert_uint_eq(p.used, 0);
	pool_fini(&p);
}
END_TEST

START_TEST(pool_aligns_every_object)
{
	struct pool p;
	void *o[50];

	pool_init(&p, 17, 7, 0);
	for (size_t i = 0; i < ARRAY_LEN(o); i++) {
		o[i] = pool_get_raw(&p);
		ck_assert_uint_eq((uintptr_t)o[i] % _Alignof(max_align_t), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(o); i++)
		pool_put(&p, o[i]);
	pool_fini(&p);
}
END_TEST

START_TEST(pool_never_hands_out_an_object_twice)
{
	enum { N = 200 };
	struct pool p;
	struct rng r;
	uint64_t *o[N] = { 0 };

	rng_seed(&r, test_seed());
	pool_init(&p, 24, 16, 0);
	for (uint64_t step = 0; step < 20000; step++) {
		size_t i = rng_below(&r, N);

		if (o[i] == NULL) {
			o[i] = pool_get(&p);
			ck_assert_ptr_nonnull(o[i]);
			o[i][0] = o[i][2] = i;
		} else {
			ck_assert_uint_eq(o[i][0], i);
			ck_assert_uint_eq(o[i][2], i);
			pool_put(&p, o[i]);
			o[i] = NULL;
		}
	}
	for (size_t i = 0; i < N; i++)
		pool_put(&p, o[i]);
	pool_fini(&p);
}
END_TEST

CHECK_MAIN("pool", pool_gives_zeroed_objects_even_used_ones,
    pool_stops_at_its_limit, pool_put_accepts_null, pool_aligns_every_object,
    pool_never_hands_out_an_object_twice)

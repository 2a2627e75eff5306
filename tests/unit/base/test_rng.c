/* Tests of base/rng.c. */
#include "base/rng.h"

#include <string.h>

#include "../check_main.h"

START_TEST(rng_repeats_itself_from_the_same_seed)
{
	struct rng a, b;

	rng_seed(&a, 42);
	rng_seed(&b, 42);
	for (int i = 0; i < 100; i++)
		ck_assert_uint_eq(rng_u64(&a), rng_u64(&b));
	rng_seed(&b, 43);
	ck_assert_uint_ne(rng_u64(&a), rng_u64(&b));
}
END_TEST

/* From the authors' reference code with state 1, 2, 3, 4. */
START_TEST(rng_is_xoshiro256_starstar)
{
	static const uint64_t want[] = { 11520, 0, 1509978240,
		UINT64_C(1215971899390074240) };
	struct rng r = { { 1, 2, 3, 4 } };

	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		ck_assert_uint_eq(rng_u64(&r), want[i]);
}
END_TEST

START_TEST(rng_below_stays_below_and_reaches_everything)
{
	struct rng r;
	bool seen[7] = { 0 };

	rng_seed(&r, test_seed());
	for (int i = 0; i < 1000; i++) {
		uint64_t x = rng_below(&r, 7);

		ck_assert_uint_lt(x, 7);
		seen[x] = true;
	}
	for (int i = 0; i < 7; i++)
		ck_assert(seen[i]);
	ck_assert_uint_eq(rng_below(&r, 1), 0);
	ck_assert_uint_lt(rng_below(&r, UINT64_MAX), UINT64_MAX);
}
END_TEST

START_TEST(rng_secret_fills_every_byte)
{
	uint8_t a[300], any[300] = { 0 };

	/* A byte that is zero 20 times in a row was not written. */
	for (int round = 0; round < 20; round++) {
		memset(a, 0, sizeof(a));
		rng_secret(a, sizeof(a));
		for (size_t i = 0; i < sizeof(a); i++)
			any[i] |= a[i];
	}
	for (size_t i = 0; i < sizeof(any); i++)
		ck_assert_uint_ne(any[i], 0);
	rng_secret(a, 0);
}
END_TEST

CHECK_MAIN("rng", rng_repeats_itself_from_the_same_seed,
    rng_is_xoshiro256_starstar, rng_below_stays_below_and_reaches_everything,
    rng_secret_fills_every_byte)

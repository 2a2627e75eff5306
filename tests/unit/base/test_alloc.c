/* Tests of base/alloc.c. */
#include "base/alloc.h"

#include "../check_main.h"

START_TEST(alloc_libc_gives_zeroed_memory)
{
	unsigned char *p = alloc_get(alloc_libc(), 64);

	ck_assert_ptr_nonnull(p);
	for (int i = 0; i < 64; i++)
		ck_assert_uint_eq(p[i], 0);
	alloc_put(alloc_libc(), p, 64);
}
END_TEST

START_TEST(alloc_put_accepts_null)
{
	struct alloc_counting c;

	alloc_counting_init(&c, alloc_libc(), SIZE_MAX);
	alloc_put(&c.base, NULL, 10);
	ck_assert_uint_eq(c.bytes, 0);
}
END_TEST

START_TEST(alloc_counting_counts_what_is_in_use)
{
	struct alloc_counting c;
	void *a, *b;

	alloc_counting_init(&c, alloc_libc(), SIZE_MAX);
	a = alloc_get(&c.base, 100);
	b = alloc_get(&c.base, 50);
	ck_assert_uint_eq(c.bytes, 150);
	alloc_put(&c.base, a, 100);
	ck_assert_uint_eq(c.bytes, 50);
	ck_assert_uint_eq(c.peak, 150);
	ck_assert_uint_eq(c.calls, 2);
	alloc_put(&c.base, b, 50);
	ck_assert_uint_eq(c.bytes, 0);
}
END_TEST

START_TEST(alloc_counting_refuses_beyond_the_budget)
{
	struct alloc_counting c;
	void *a;

	alloc_counting_init(&c, alloc_libc(), 100);
	a = alloc_get(&c.base, 60);
	ck_assert_ptr_nonnull(a);
	ck_assert_ptr_null(alloc_get(&c.base, 41));
	ck_assert_uint_eq(c.bytes, 60);
	alloc_put(&c.base, a, 60);
	a = alloc_get(&c.base, 100);
	ck_assert_ptr_nonnull(a);
	alloc_put(&c.base, a, 100);
}
END_TEST

START_TEST(alloc_counting_fails_from_the_chosen_call_on)
{
	struct alloc_counting c;
	void *a;

	alloc_counting_init(&c, alloc_libc(), SIZE_MAX);
	c.fail_at = 2;
	a = alloc_get(&c.base, 1);
	ck_assert_ptr_nonnull(a);
	ck_assert_ptr_null(alloc_get(&c.base, 1));
	ck_assert_ptr_null(alloc_get(&c.base, 1));
	alloc_put(&c.base, a, 1);
}
END_TEST

CHECK_MAIN("alloc", alloc_libc_gives_zeroed_memory, alloc_put_accepts_null,
    alloc_counting_counts_what_is_in_use,
    alloc_counting_refuses_beyond_the_budget,
    alloc_counting_fails_from_the_chosen_call_on)

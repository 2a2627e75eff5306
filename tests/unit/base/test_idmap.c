/* Tests of base/idmap.c. */
#include "base/idmap.h"

#include "base/err.h"

#include "../check_main.h"

START_TEST(idmap_finds_what_was_put)
{
	struct idmap m;
	int a, b;

	idmap_init(&m, alloc_libc(), 1);
	ck_assert_ptr_null(idmap_get(&m, 5));
	ck_assert_int_eq(idmap_put(&m, 5, &a), 0);
	ck_assert_int_eq(idmap_put(&m, UINT32_MAX, &b), 0);
	ck_assert_ptr_eq(idmap_get(&m, 5), &a);
	ck_assert_ptr_eq(idmap_get(&m, UINT32_MAX), &b);
	ck_assert_ptr_null(idmap_get(&m, 6));
	ck_assert_ptr_null(idmap_get(&m, 0));
	ck_assert_ptr_eq(idmap_del(&m, 5), &a);
	ck_assert_ptr_null(idmap_del(&m, 5));
	ck_assert_ptr_null(idmap_del(&m, 0));
	idmap_fini(&m);
}
END_TEST

START_TEST(idmap_is_unchanged_when_memory_runs_out)
{
	struct alloc_counting c;
	struct idmap m;
	char v[64];
	uint32_t n = 0;

	alloc_counting_init(&c, alloc_libc(), 16 * sizeof(struct idmap_slot));
	idmap_init(&m, &c.base, 2);
	while (idmap_put(&m, n + 1, &v[n]) == 0)
		ck_assert_uint_lt(++n, 64);
	ck_assert_uint_eq(m.used, n);
	for (uint32_t i = 0; i < n; i++)
		ck_assert_ptr_eq(idmap_get(&m, i + 1), &v[i]);
	idmap_fini(&m);
	ck_assert_uint_eq(c.bytes, 0);
}
END_TEST

START_TEST(idmap_shrinks_when_it_empties)
{
	struct alloc_counting c;
	struct idmap m;
	int v;

	alloc_counting_init(&c, alloc_libc(), SIZE_MAX);
	idmap_init(&m, &c.base, 3);
	for (uint32_t id = 1; id <= 10000; id++)
		ck_assert_int_eq(idmap_put(&m, id, &v), 0);
	for (uint32_t id = 1; id <= 10000; id++)
		ck_assert_ptr_eq(idmap_del(&m, id), &v);
	ck_assert_uint_eq(m.used, 0);
	ck_assert_uint_le(m.cap, 16);
	ck_assert_uint_le(c.bytes, 16 * sizeof(struct idmap_slot));
	idmap_fini(&m);
	ck_assert_uint_eq(c.bytes, 0);
}
END_TEST

START_TEST(idmap_walks_over_everything_once)
{
	struct idmap m;
	char seen[100] = { 0 }, *v;
	size_t at = 0, n = 0;

	idmap_init(&m, alloc_libc(), 4);
	for (uint32_t i = 0; i < 100; i++)
		ck_assert_int_eq(idmap_put(&m, i * 77 + 1, &seen[i]), 0);
	while ((v = idmap_next(&m, &at)) != NULL) {
		ck_assert_int_eq((*v)++, 0);
		n++;
	}
	ck_assert_uint_eq(n, 100);
	idmap_fini(&m);
}
END_TEST

START_TEST(idmap_spreads_regular_ids)
{
	struct idmap m;
	int v;

	/* Strides a peer may choose; a chain of 64 among 1,000 in 2,048 slots
	 * does not happen by chance. */
	for (uint32_t shift = 0; shift < 22; shift++) {
		size_t chain = 0;

		idmap_init(&m, alloc_libc(), 0x123456789abcdef + shift);
		for (uint32_t i = 1; i <= 1000; i++)
			ck_assert_int_eq(idmap_put(&m, i << shift, &v), 0);
		for (size_t i = 0; i < m.cap; i++) {
			chain = m.slots[i].id == 0 ? 0 : chain + 1;
			ck_assert_uint_lt(chain, 64);
		}
		idmap_fini(&m);
	}
}
END_TEST

#define IDS 512

static void
compare(const struct idmap *m, const uint32_t *ids, const bool *in, char *v)
{
	for (size_t i = 0; i < IDS; i++)
		ck_assert_ptr_eq(idmap_get(m, ids[i]), in[i] ? &v[i] : NULL);
}

START_TEST(idmap_behaves_like_a_plain_table)
{
	static char v[IDS];
	uint32_t ids[IDS];
	bool in[IDS] = { 0 };
	size_t n = 0;
	struct rng r;
	struct idmap m;

	rng_seed(&r, test_seed());
	idmap_init(&m, alloc_libc(), rng_u64(&r));
	for (uint32_t i = 0; i < IDS; i++) /* half dense, half anywhere */
		ids[i] = i % 2 == 0 ? i + 1 :
		    ((uint32_t)rng_u64(&r) | 0x80000000) / IDS * IDS + i;
	for (int step = 0; step < 30000; step++) {
		size_t i = rng_below(&r, IDS);
		/* Waves: mostly in, then mostly out. */
		bool put = rng_below(&r, 4) != (step / 5000 % 2 ? 0u : 1u);

		put = step / 5000 % 2 ? !put : put;
		if (put && !in[i]) {
			ck_assert_int_eq(idmap_put(&m, ids[i], &v[i]), 0);
			in[i] = true;
			n++;
		} else if (!put) {
			ck_assert_ptr_eq(idmap_del(&m, ids[i]),
			    in[i] ? &v[i] : NULL);
			n -= in[i];
			in[i] = false;
		}
		ck_assert_uint_eq(m.used, n);
		if (step % 97 == 0)
			compare(&m, ids, in, v);
	}
	compare(&m, ids, in, v);
	idmap_fini(&m);
}
END_TEST

CHECK_MAIN("idmap", idmap_finds_what_was_put,
    idmap_is_unchanged_when_memory_runs_out, idmap_shrinks_when_it_empties,
    idmap_walks_over_everything_once, idmap_spreads_regular_ids,
    idmap_behaves_like_a_plain_table)

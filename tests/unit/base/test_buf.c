/* Tests of base/buf.c. */
#include "base/buf.h"

#include "base/err.h"

#include "../check_main.h"

START_TEST(buf_starts_empty_without_memory)
{
	struct buf b;

	buf_init(&b);
	buf_check(&b);
	ck_assert_uint_eq(buf_len(&b), 0);
	ck_assert_uint_eq(buf_slice(&b).n, 0);
	ck_assert_ptr_null(b.mem);
	buf_fini(&b);
}
END_TEST

START_TEST(buf_gives_back_what_was_appended)
{
	struct buf b;

	buf_init(&b);
	ck_assert_int_eq(buf_append(&b, "hello ", 6), 0);
	ck_assert_int_eq(buf_append(&b, "world", 5), 0);
	ck_assert(slice_eq(buf_slice(&b), slice_str("hello world")));
	buf_consume(&b, 6);
	ck_assert(slice_eq(buf_slice(&b), slice_str("world")));
	buf_consume(&b, 5);
	ck_assert_uint_eq(b.head, 0);
	buf_fini(&b);
	buf_check(&b);
}
END_TEST

START_TEST(buf_commits_less_than_was_reserved)
{
	struct buf b;
	uint8_t *at;

	buf_init(&b);
	at = buf_reserve(&b, 1000);
	ck_assert_ptr_nonnull(at);
	memcpy(at, "abc", 3);
	buf_commit(&b, 3);
	ck_assert(slice_eq(buf_slice(&b), slice_str("abc")));
	buf_fini(&b);
}
END_TEST

START_TEST(buf_reserves_nothing_with_a_valid_pointer)
{
	struct buf b;

	buf_init(&b);
	ck_assert_ptr_nonnull(buf_reserve(&b, 0));
	ck_assert_int_eq(buf_append(&b, NULL, 0), 0);
	buf_check(&b);
	buf_fini(&b);
}
END_TEST

START_TEST(buf_is_unchanged_when_memory_runs_out)
{
	struct buf b;

	buf_init(&b);
	ck_assert_int_eq(buf_append(&b, "abc", 3), 0);
	ck_assert_ptr_null(buf_reserve(&b, SIZE_MAX));
	ck_assert_ptr_null(buf_reserve(&b, SIZE_MAX / 2));
	ck_assert(slice_eq(buf_slice(&b), slice_str("abc")));
	buf_check(&b);
	buf_fini(&b);
}
END_TEST

START_TEST(buf_does_not_grow_when_it_is_drained_as_fast_as_filled)
{
	struct buf b;
	uint8_t chunk[100] = { 0 };

	buf_init(&b);
	for (int i = 0; i < 10000; i++) {
		ck_assert_int_eq(buf_append(&b, chunk, sizeof(chunk)), 0);
		buf_consume(&b, i == 0 ? 50 : 100);
	}
	ck_assert_uint_le(b.cap, 1024);
	buf_fini(&b);
}
END_TEST

START_TEST(buf_trimmed_has_at_most_twice_what_it_holds)
{
	static uint8_t chunk[3000];
	struct buf b;
	size_t copied = 0;

	/* What a slow reader leaves and takes; never empty. */
	buf_init(&b);
	for (int i = 0; i < 300; i++)
		ck_assert_int_eq(buf_append(&b, chunk, sizeof(chunk)), 0);
	ck_assert_uint_le(b.cap, 2 * buf_len(&b));
	while (buf_len(&b) > 1000) {
		const uint8_t *before = b.mem;

		buf_consume(&b, 500);
		buf_trim(&b);
		buf_check(&b);
		ck_assert_uint_le(b.cap, MAX(2 * buf_len(&b), (size_t)BUF_SMALL));
		copied += b.mem != before ? buf_len(&b) : 0;
	}
	ck_assert_uint_le(copied, 300 * sizeof(chunk) * 3);
	buf_fini(&b);
}
END_TEST

/* Byte number i of an endless text. */
static uint8_t
text_at(uint64_t i)
{
	return (uint8_t)(i * 167 + (i >> 8));
}

static void
append_text(struct buf *b, uint64_t *in, size_t n)
{
	uint8_t *at = buf_reserve(b, n);

	ck_assert_ptr_nonnull(at);
	for (size_t i = 0; i < n; i++)
		at[i] = text_at(*in + i);
	buf_commit(b, n);
	*in += n;
}

START_TEST(buf_behaves_like_an_endless_queue)
{
	struct rng r;
	struct buf b;
	uint64_t in = 0, out = 0;

	rng_seed(&r, test_seed());
	buf_init(&b);
	for (int step = 0; step < 20000; step++) {
		if (rng_below(&r, 2) == 0 && buf_len(&b) < 8192)
			append_text(&b, &in, rng_below(&r, 700));
		else {
			size_t n = rng_below(&r, buf_len(&b) + 1);

			buf_consume(&b, n);
			out += n;
		}
		buf_check(&b);
		ck_assert_uint_eq(buf_len(&b), in - out);
		if (out < in) {
			ck_assert_uint_eq(buf_slice(&b).p[0], text_at(out));
			ck_assert_uint_eq(buf_slice(&b).p[in - out - 1],
			    text_at(in - 1));
		}
	}
	for (size_t i = 0; i < buf_len(&b); i++)
		ck_assert_uint_eq(buf_slice(&b).p[i], text_at(out + i));
	buf_fini(&b);
}
END_TEST

CHECK_MAIN("buf", buf_starts_empty_without_memory,
    buf_gives_back_what_was_appended, buf_commits_less_than_was_reserved,
    buf_reserves_nothing_with_a_valid_pointer,
    buf_is_unchanged_when_memory_runs_out,
    buf_does_not_grow_when_it_is_drained_as_fast_as_filled,
    buf_trimmed_has_at_most_twice_what_it_holds,
    buf_behaves_like_an_endless_queue)

/* Tests of proto/deframe.c. */
#include "proto/deframe.h"

#include "../check_main.h"

static struct alloc_counting mem;
static struct deframer d;
static uint8_t bytes[3 * 20000];

static void
set_up(void)
{
	alloc_counting_init(&mem, alloc_libc(), SIZE_MAX);
	deframer_init(&d, &mem.base, AX_FRAME_MAX);
}

static void
tear_down(void)
{
	deframer_fini(&d);
	ck_assert_uint_eq(mem.bytes, 0);
}

/* Puts a data frame of n bytes at p; returns its size. */
static size_t
put(uint8_t *p, uint32_t id, uint32_t n)
{
	wire_head_put(p, id, n);
	for (uint32_t i = 0; i < n; i++)
		p[8 + i] = (uint8_t)(id + i);
	return 8 + n;
}

START_TEST(deframer_lends_whole_frames_where_they_lie)
{
	size_t n = put(bytes, 1, 100);
	struct frame f;
	uint16_t code;

	n += put(bytes + n, 3, 16376);
	set_up();
	deframer_feed(&d, slice_of(bytes, n));
	ck_assert(deframer_next(&d, &f, &code));
	ck_assert_uint_eq(f.id, 1);
	ck_assert_ptr_eq(f.body.p, bytes + 8);
	ck_assert_uint_eq(f.body.n, 100);
	ck_assert(deframer_next(&d, &f, &code));
	ck_assert_ptr_eq(f.body.p, bytes + 116);
	ck_assert(!deframer_next(&d, &f, &code));
	ck_assert_uint_eq(code, 0);
	ck_assert_uint_eq(mem.calls, 0);
	tear_down();
}
END_TEST

START_TEST(deframer_mends_a_frame_torn_anywhere)
{
	size_t n = put(bytes, 9, 60);
	struct frame f;
	uint16_t code;

	n += put(bytes + n, 11, 1);
	for (size_t cut = 1; cut < 68; cut++) {
		set_up();
		deframer_feed(&d, slice_of(bytes, cut));
		ck_assert(!deframer_next(&d, &f, &code));
		ck_assert_uint_eq(code, 0);
		deframer_check(&d);
		deframer_feed(&d, slice_of(bytes + cut, n - cut));
		ck_assert(deframer_next(&d, &f, &code));
		ck_assert_uint_eq(f.id, 9);
		ck_assert_uint_eq(f.body.n, 60);
		ck_assert_mem_eq(f.body.p, bytes + 8, 60);
		ck_assert(deframer_next(&d, &f, &code));
		ck_assert_uint_eq(f.id, 11);
		ck_assert(!deframer_next(&d, &f, &code));
		ck_assert_uint_eq(mem.bytes, 0);
		tear_down();
	}
}
END_TEST

START_TEST(deframer_judges_before_it_allocates)
{
	struct frame f;
	uint16_t code;

	set_up();
	wire_head_put(bytes, 1, 16377);
	deframer_feed(&d, slice_of(bytes, 8));
	ck_assert(!deframer_next(&d, &f, &code));
	ck_assert_uint_eq(code, AX_WIRE_FRAME_SIZE);
	deframer_drop(&d);
	wire_head_put(bytes, 0, 4097);
	bytes[8] = AX_CTL_CREDIT;
	for (size_t i = 0; i < 9; i++) {
		deframer_feed(&d, slice_of(bytes + i, 1));
		ck_assert(!deframer_next(&d, &f, &code));
		ck_assert_uint_eq(code, i < 8 ? 0 : AX_WIRE_FRAME_SIZE);
	}
	ck_assert_uint_eq(mem.calls, 0);
	tear_down();
}
END_TEST

START_TEST(deframer_says_when_memory_is_gone)
{
	size_t n = put(bytes, 1, 1000);
	struct frame f;
	uint16_t code;

	set_up();
	mem.fail_at = 1;
	deframer_feed(&d, slice_of(bytes, n - 1));
	ck_assert(!deframer_next(&d, &f, &code));
	ck_assert_uint_eq(code, AX_WIRE_RESOURCE);
	deframer_drop(&d);
	tear_down();
}
END_TEST

START_TEST(deframer_does_not_allocate_per_torn_frame)
{
	size_t n = 0, at, step = 10000;
	struct frame f;
	uint16_t code;
	unsigned frames = 0;

	for (int i = 0; i < 3; i++)
		n += put(bytes + n, 1, 16376);
	set_up();
	for (int round = 0; round < 10; round++) {
		for (at = 0; at < n; at += step) {
			deframer_feed(
			    &d, slice_of(bytes + at, MIN(step, n - at)));
			while (deframer_next(&d, &f, &code))
				frames++;
			deframer_check(&d);
		}
	}
	ck_assert_uint_eq(frames, 30);
	ck_assert_uint_eq(mem.calls, 10); /* once until the input ends even */
	tear_down();
}
END_TEST

CHECK_MAIN("deframe", deframer_lends_whole_frames_where_they_lie,
    deframer_mends_a_frame_torn_anywhere, deframer_judges_before_it_allocates,
    deframer_says_when_memory_is_gone,
    deframer_does_not_allocate_per_torn_frame)

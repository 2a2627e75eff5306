/* Tests of base/cursor.c. */
#include "base/cursor.h"

#include "../check_main.h"

START_TEST(cursor_reads_what_it_wrote)
{
	uint8_t mem[64], got[4];
	struct writer w;
	struct reader r;

	writer_init(&w, mem, sizeof(mem));
	writer_u8(&w, 0xab);
	writer_u16(&w, 0x1234);
	writer_u24(&w, 0x56789a);
	writer_u32(&w, 0xdeadbeef);
	writer_u64(&w, UINT64_C(0x0102030405060708));
	writer_bytes(&w, "wxyz", 4);
	writer_bytes(&w, "tail", 4);
	writer_zero(&w, 2);
	ck_assert(!w.bad);
	ck_assert_uint_eq(writer_len(&w), 28);

	reader_init(&r, slice_of(mem, writer_len(&w)));
	ck_assert_uint_eq(reader_u8(&r), 0xab);
	ck_assert_uint_eq(reader_u16(&r), 0x1234);
	ck_assert_uint_eq(reader_u24(&r), 0x56789a);
	ck_assert_uint_eq(reader_u32(&r), 0xdeadbeef);
	ck_assert_uint_eq(reader_u64(&r), UINT64_C(0x0102030405060708));
	reader_copy(&r, got, 4);
	ck_assert_mem_eq(got, "wxyz", 4);
	ck_assert(slice_eq(reader_bytes(&r, 4), slice_str("tail")));
	ck_assert_uint_eq(reader_left(&r), 2);
	ck_assert(!reader_done(&r));
	reader_skip(&r, 2);
	ck_assert(reader_done(&r));
}
END_TEST

START_TEST(cursor_is_big_endian)
{
	uint8_t mem[3];
	struct writer w;

	writer_init(&w, mem, sizeof(mem));
	writer_u24(&w, 0x010203);
	ck_assert_mem_eq(mem, "\1\2\3", 3);
}
END_TEST

START_TEST(reader_gives_zero_after_the_first_read_past_the_end)
{
	uint8_t mem[] = { 1, 2, 3, 4 }, out[2] = { 9, 9 };
	struct reader r;

	reader_init(&r, slice_of(mem, 3));
	ck_assert_uint_eq(reader_u32(&r), 0);
	ck_assert(r.bad);
	ck_assert_uint_eq(reader_u8(&r), 0);
	ck_assert_uint_eq(reader_bytes(&r, 1).n, 0);
	reader_copy(&r, out, 2);
	ck_assert_uint_eq(out[0] + out[1], 0);
	ck_assert(!reader_done(&r));
}
END_TEST

START_TEST(reader_refuses_a_length_near_the_end_of_memory)
{
	uint8_t mem[4] = { 0 };
	struct reader r;

	reader_init(&r, slice_of(mem, 4));
	reader_skip(&r, SIZE_MAX);
	ck_assert(r.bad);
}
END_TEST

START_TEST(reader_accepts_an_empty_input)
{
	struct reader r;

	reader_init(&r, slice_of(NULL, 0));
	ck_assert(reader_done(&r));
	ck_assert_uint_eq(reader_bytes(&r, 0).n, 0);
	ck_assert(reader_done(&r));
	ck_assert_uint_eq(reader_u8(&r), 0);
	ck_assert(!reader_done(&r));
}
END_TEST

START_TEST(writer_writes_nothing_of_what_does_not_fit)
{
	uint8_t mem[4] = { 7, 7, 7, 7 };
	struct writer w;

	writer_init(&w, mem, 3);
	writer_u16(&w, 0x0102);
	writer_u16(&w, 0x0304);
	ck_assert(w.bad);
	writer_u8(&w, 5);
	ck_assert_mem_eq(mem, "\1\2\7\7", 4);
	ck_assert_uint_eq(writer_len(&w), 2);
}
END_TEST

CHECK_MAIN("cursor", cursor_reads_what_it_wrote, cursor_is_big_endian,
    reader_gives_zero_after_the_first_read_past_the_end,
    reader_refuses_a_length_near_the_end_of_memory,
    reader_accepts_an_empty_input,
    writer_writes_nothing_of_what_does_not_fit)

/* test_der_out.c — what is written backwards reads forwards. */
#include "pki/der_out.h"

#include "../check_main.h"

static void
expect(const struct der_out *o, const void *bytes, size_t n)
{
	struct slice s = der_out_slice(o);

	ck_assert_uint_eq(s.n, n);
	ck_assert_mem_eq(s.p, bytes, n);
}

#define EXPECT(o, ...)                            \
	expect(o, (const uint8_t[]){__VA_ARGS__}, \
	    sizeof((const uint8_t[]){__VA_ARGS__}))

START_TEST(der_out_writes_lengths_in_their_shortest_form)
{
	static const size_t lengths[] = {
	    0, 1, 127, 128, 255, 256, 65535, 65536};
	static uint8_t mem[70000], content[70000];
	struct der_out o;
	struct der d;

	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		der_out_init(&o, mem, sizeof(mem));
		der_out_tlv(
		    &o, DER_OCTET_STRING, slice_of(content, lengths[i]));
		der_init(&d, der_out_slice(&o));
		ck_assert_uint_eq(der_take(&d, DER_OCTET_STRING).n, lengths[i]);
		ck_assert(
		    der_done(&d)); /* the reader takes the shortest only */
	}
}
END_TEST

START_TEST(der_out_writes_integers_that_are_positive_and_minimal)
{
	uint8_t mem[64];
	struct der_out o;

	der_out_init(&o, mem, sizeof(mem));
	der_out_u64(&o, 0);
	EXPECT(&o, 2, 1, 0);
	der_out_init(&o, mem, sizeof(mem));
	der_out_u64(&o, 127);
	EXPECT(&o, 2, 1, 127);
	der_out_init(&o, mem, sizeof(mem));
	der_out_u64(&o, 128);
	EXPECT(&o, 2, 2, 0, 128);
	der_out_init(&o, mem, sizeof(mem));
	der_out_u64(&o, UINT64_MAX);
	EXPECT(&o, 2, 9, 0, 255, 255, 255, 255, 255, 255, 255, 255);
	der_out_init(&o, mem, sizeof(mem));
	der_out_uint(&o, slice_of("\0\0\1\2", 4));
	EXPECT(&o, 2, 2, 1, 2);
	der_out_init(&o, mem, sizeof(mem));
	der_out_uint(&o, slice_of(NULL, 0));
	EXPECT(&o, 2, 1, 0);
}
END_TEST

START_TEST(der_out_wraps_exactly_what_was_written_since_the_mark)
{
	uint8_t mem[64];
	struct der_out o;
	size_t mark;

	der_out_init(&o, mem, sizeof(mem));
	der_out_true(&o);
	mark = der_out_mark(&o);
	der_out_u64(&o, 5);
	der_out_bits(&o, slice_of("\x80", 1));
	der_out_wrap(&o, DER_SEQUENCE, mark);
	EXPECT(&o, 0x30, 7, 3, 2, 0, 0x80, 2, 1, 5, 1, 1, 0xff);
}
END_TEST

START_TEST(der_out_changes_the_form_of_time_in_2050)
{
	static const int64_t times[] = {0, 951782400 /* 2000-02-29 */,
	    2524607999, 2524608000, 4102444800, 253402300799};
	uint8_t mem[64];
	struct der_out o;
	struct der d;

	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		der_out_init(&o, mem, sizeof(mem));
		der_out_time(&o, times[i]);
		der_init(&d, der_out_slice(&o));
		ck_assert(
		    der_peek(&d, times[i] < 2524608000 ? DER_UTC_TIME
						       : DER_GENERALIZED_TIME));
		ck_assert_int_eq(der_time(&d), times[i]);
		ck_assert(der_done(&d));
	}
}
END_TEST

START_TEST(der_out_refuses_a_time_that_cannot_be_written)
{
	static const int64_t times[] = {
	    253402300800, -631152001, INT64_MAX, INT64_MIN};
	uint8_t mem[64];
	struct der_out o;

	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		der_out_init(&o, mem, sizeof(mem));
		der_out_time(&o, times[i]);
		ck_assert(o.bad);
	}
}
END_TEST

START_TEST(der_out_never_writes_before_the_start_and_stays_bad)
{
	uint8_t mem[8] = {0};
	struct der_out o;

	for (size_t cap = 0; cap < 5; cap++) {
		memset(mem, 0xaa, sizeof(mem));
		der_out_init(&o, mem + 1, cap);
		der_out_tlv(&o, DER_OCTET_STRING, slice_of("abc", 3));
		ck_assert(o.bad);
		ck_assert_uint_eq(mem[0], 0xaa);
		ck_assert_uint_eq(der_out_slice(&o).n, 0);
		der_out_bytes(&o, slice_of(NULL, 0));
		ck_assert(o.bad);
	}
	der_out_init(&o, mem + 1, 5);
	der_out_tlv(&o, DER_OCTET_STRING, slice_of("abc", 3));
	EXPECT(&o, 4, 3, 'a', 'b', 'c');
}
END_TEST

CHECK_MAIN("der_out", der_out_writes_lengths_in_their_shortest_form,
    der_out_writes_integers_that_are_positive_and_minimal,
    der_out_wraps_exactly_what_was_written_since_the_mark,
    der_out_changes_the_form_of_time_in_2050,
    der_out_refuses_a_time_that_cannot_be_written,
    der_out_never_writes_before_the_start_and_stays_bad)

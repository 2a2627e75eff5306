/* test_der.c — the DER reader takes the one encoding that exists, and nothing
 * else.                                                                      */
#include "parse/der.h"
#include "parse/der_out.h"
#include "../check_main.h"

#define BYTES(...) \
	slice_of((const uint8_t[]){ __VA_ARGS__ }, \
	    sizeof((const uint8_t[]){ __VA_ARGS__ }))

static struct der
reader(struct slice s)
{
	struct der d;

	der_init(&d, s);
	return d;
}

START_TEST(der_takes_an_element_and_moves_on)
{
	struct der d = reader(BYTES(0x04, 2, 'h', 'i', 0x05, 0));
	struct slice s = der_take(&d, DER_OCTET_STRING);

	ck_assert(slice_eq(s, slice_str("hi")));
	ck_assert(der_peek(&d, DER_NULL));
	ck_assert_uint_eq(der_take(&d, DER_NULL).n, 0);
	ck_assert(der_done(&d));
}
END_TEST

START_TEST(der_gives_an_element_with_its_head)
{
	struct der d = reader(BYTES(0x04, 1, 'x', 0x05, 0));

	ck_assert_uint_eq(der_take_whole(&d, DER_OCTET_STRING).n, 3);
	ck_assert(!der_at_end(&d));
}
END_TEST

START_TEST(der_refuses_lengths_that_are_not_minimal)
{
	static const uint8_t bad[][6] = {
		{ 0x04, 0x81, 0x01, 'x' },	 /* long form of 1 */
		{ 0x04, 0x82, 0x00, 0x01, 'x' }, /* leading zero */
		{ 0x04, 0x80, 'x', 0, 0 },	 /* indefinite */
		{ 0x04, 0x84, 0, 0, 0, 1 },	 /* more than 16 MiB */
		{ 0x04, 0x05, 'x', 'x', 'x' },	 /* longer than the input */
		{ 0x04, 0xff, 'x' },
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(bad); i++) {
		struct der d = reader(slice_of(bad[i], 5));

		ck_assert_uint_eq(der_take(&d, DER_OCTET_STRING).n, 0);
		ck_assert_msg(d.bad, "row %zu was taken", i);
	}
}
END_TEST

START_TEST(der_takes_long_lengths_that_are_needed)
{
	uint8_t mem[300] = { 0x04, 0x82, 0x01, 0x00 };
	struct der d = reader(slice_of(mem, 4 + 256));

	ck_assert_uint_eq(der_take(&d, DER_OCTET_STRING).n, 256);
	ck_assert(der_done(&d));
	mem[1] = 0x81;
	mem[2] = 0x80;
	d = reader(slice_of(mem, 3 + 128));
	ck_assert_uint_eq(der_take(&d, DER_OCTET_STRING).n, 128);
	ck_assert(der_done(&d));
}
END_TEST

START_TEST(der_refuses_the_high_tag_form)
{
	struct der d = reader(BYTES(0x1f, 0x01, 0x00));

	(void)der_take(&d, 0x1f);
	ck_assert(d.bad);
}
END_TEST

START_TEST(der_stays_bad_and_at_its_end)
{
	struct der d = reader(BYTES(0x05, 0, 0x05, 0));

	(void)der_take(&d, DER_BOOLEAN);
	ck_assert(d.bad && der_at_end(&d) && !der_done(&d));
	(void)der_take(&d, DER_NULL);
	ck_assert(d.bad);
	ck_assert(der_enter(&d, DER_SEQUENCE).bad);
}
END_TEST

START_TEST(der_reads_nothing_of_an_empty_input)
{
	struct der d = reader(slice_of(NULL, 0));

	ck_assert(der_at_end(&d) && der_done(&d));
	ck_assert(!der_peek(&d, DER_NULL));
	ck_assert_uint_eq(der_take_whole(&d, DER_SEQUENCE).n, 0);
	ck_assert(d.bad);
}
END_TEST

START_TEST(der_bool_is_00_or_ff)
{
	struct der d = reader(BYTES(1, 1, 0xff, 1, 1, 0));

	ck_assert(der_bool(&d));
	ck_assert(!der_bool(&d));
	ck_assert(der_done(&d));
	d = reader(BYTES(1, 1, 1));
	(void)der_bool(&d);
	ck_assert(d.bad);
	d = reader(BYTES(1, 2, 0xff, 0xff));
	(void)der_bool(&d);
	ck_assert(d.bad);
}
END_TEST

START_TEST(der_uint_takes_minimal_positive_numbers)
{
	struct der d = reader(BYTES(2, 1, 0, 2, 2, 0, 0x80, 2, 1, 0x7f));
	struct slice s = der_uint(&d, 20);

	ck_assert(s.n == 1 && s.p[0] == 0);
	s = der_uint(&d, 20);
	ck_assert(s.n == 1 && s.p[0] == 0x80);
	ck_assert_uint_eq(der_uint(&d, 1).n, 1);
	ck_assert(der_done(&d));
}
END_TEST

START_TEST(der_uint_refuses_negative_padded_empty_and_long_ones)
{
	struct slice bad[] = { BYTES(2, 1, 0x80), BYTES(2, 2, 0, 0x7f),
		BYTES(2, 0), BYTES(2, 3, 1, 2, 3) };
	size_t i;

	for (i = 0; i < ARRAY_LEN(bad); i++) {
		struct der d = reader(bad[i]);

		(void)der_uint(&d, 2);
		ck_assert_msg(d.bad, "row %zu was taken", i);
	}
}
END_TEST

START_TEST(der_bits_refuses_unused_bits)
{
	struct der d = reader(BYTES(3, 2, 0, 0xaa));

	ck_assert_uint_eq(der_bits(&d).n, 1);
	d = reader(BYTES(3, 2, 1, 0xaa));
	(void)der_bits(&d);
	ck_assert(d.bad);
	d = reader(BYTES(3, 0));
	(void)der_bits(&d);
	ck_assert(d.bad);
}
END_TEST

static int64_t
time_of(uint8_t tag, const char *text, bool *bad)
{
	uint8_t mem[64];
	struct der_out o;
	struct der d;
	int64_t t;

	der_out_init(&o, mem, sizeof(mem));
	der_out_tlv(&o, tag, slice_str(text));
	d = reader(der_out_slice(&o));
	t = der_time(&d);
	*bad = !der_done(&d);
	return t;
}

START_TEST(der_time_knows_the_calendar)
{
	static const struct {
		uint8_t tag;
		const char *text;
		int64_t t;
	} good[] = {
		{ DER_UTC_TIME, "700101000000Z", 0 },
		{ DER_UTC_TIME, "500101000000Z", -631152000 },
		{ DER_UTC_TIME, "000229120000Z", 951825600 },
		{ DER_UTC_TIME, "260102030405Z", 1767323045 },
		{ DER_UTC_TIME, "491231235959Z", 2524607999 },
		{ DER_GENERALIZED_TIME, "20500101000000Z", 2524608000 },
		{ DER_GENERALIZED_TIME, "99991231235959Z", 253402300799 },
	};
	size_t i;
	bool bad;

	for (i = 0; i < ARRAY_LEN(good); i++) {
		ck_assert_int_eq(
		    time_of(good[i].tag, good[i].text, &bad), good[i].t);
		ck_assert_msg(!bad, "%s was refused", good[i].text);
	}
}
END_TEST

START_TEST(der_time_refuses_other_forms)
{
	static const struct {
		uint8_t tag;
		const char *text;
	} rows[] = {
		{ DER_UTC_TIME, "2601020304Z" },
		{ DER_UTC_TIME, "260102030405+0000" },
		{ DER_UTC_TIME, "260102030405" },
		{ DER_UTC_TIME, "261302030405Z" },
		{ DER_UTC_TIME, "260002030405Z" },
		{ DER_UTC_TIME, "260132030405Z" },
		{ DER_UTC_TIME, "250229000000Z" },
		{ DER_UTC_TIME, "260102240000Z" },
		{ DER_UTC_TIME, "260102006000Z" },
		{ DER_UTC_TIME, "260102000060Z" },
		{ DER_UTC_TIME, "26010203040 Z" },
		{ DER_GENERALIZED_TIME, "20260102030405Z" },
		{ DER_GENERALIZED_TIME, "20500102030405.5Z" },
		{ DER_GENERALIZED_TIME, "260102030405Z" },
		{ DER_UTF8_STRING, "260102030405Z" },
	};
	size_t i;
	bool bad;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		(void)time_of(rows[i].tag, rows[i].text, &bad);
		ck_assert_msg(bad, "%s was taken", rows[i].text);
	}
}
END_TEST

START_TEST(der_oid_is_of_whole_numbers)
{
	static const struct {
		uint8_t bytes[8];
		bool good;
	} v[] = { { { 6, 1, 0x2a }, true }, { { 6, 3, 0x2a, 0x86, 0x48 }, true },
		{ { 6, 3, 0x2a, 0x81, 0x80 }, false }, { { 6, 1, 0x80 }, false },
		{ { 6, 4, 0x2a, 0x81, 0x80, 1 }, true }, { { 6, 0 }, false },
		{ { 6, 2, 0x80, 1 }, false }, { { 6, 3, 0x2a, 0x80, 1 }, false },
		{ { 5, 1, 0x2a }, false } };
	struct der d;

	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		der_init(&d, slice_of(v[i].bytes, 2u + v[i].bytes[1]));
		ck_assert_uint_eq(der_oid(&d).n, v[i].good ? v[i].bytes[1] : 0);
		ck_assert(d.bad != v[i].good);
	}
}
END_TEST

CHECK_MAIN("der", der_oid_is_of_whole_numbers, der_takes_an_element_and_moves_on,
    der_gives_an_element_with_its_head,
    der_refuses_lengths_that_are_not_minimal,
    der_takes_long_lengths_that_are_needed, der_refuses_the_high_tag_form,
    der_stays_bad_and_at_its_end, der_reads_nothing_of_an_empty_input,
    der_bool_is_00_or_ff, der_uint_takes_minimal_positive_numbers,
    der_uint_refuses_negative_padded_empty_and_long_ones,
    der_bits_refuses_unused_bits, der_time_knows_the_calendar,
    der_time_refuses_other_forms)

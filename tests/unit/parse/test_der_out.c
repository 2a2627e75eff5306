/* test_der_out.c — what the writer writes, the strict reader reads. */
#include "parse/der_out.h"
#include "../check_main.h"

START_TEST(der_out_wraps_content_in_its_length)
{
	static const uint8_t want[] = { 0x30, 5, 0x04, 3, 'a', 'b', 'c' };
	uint8_t mem[32];
	struct der_out o;

	der_out_init(&o, mem, sizeof(mem));
	der_out_tlv(&o, DER_OCTET_STRING, slice_str("abc"));
	der_out_wrap(&o, DER_SEQUENCE, 0);
	ck_assert(slice_eq(der_out_slice(&o), SLICE_OF_ARRAY(want)));
}
END_TEST

START_TEST(der_out_uses_the_shortest_length_at_every_border)
{
	static const size_t sizes[] = { 0, 1, 127, 128, 255, 256, 65535, 65536 };
	static uint8_t mem[65536 + 16], content[65536];
	struct der_out o;
	struct der d;
	size_t i;

	for (i = 0; i < ARRAY_LEN(sizes); i++) {
		der_out_init(&o, mem, sizeof(mem));
		der_out_tlv(
		    &o, DER_OCTET_STRING, slice_of(content, sizes[i]));
		der_init(&d, der_out_slice(&o));
		ck_assert_uint_eq(der_take(&d, DER_OCTET_STRING).n, sizes[i]);
		ck_assert(der_done(&d));
	}
}
END_TEST

START_TEST(der_out_numbers_come_back)
{
	static const uint64_t values[] = { 0, 1, 127, 128, 255, 256, 32768,
		UINT64_MAX };
	uint8_t mem[32];
	struct der_out o;
	struct der d;
	size_t i, k;

	for (i = 0; i < ARRAY_LEN(values); i++) {
		struct slice s;
		uint64_t v = 0;

		der_out_init(&o, mem, sizeof(mem));
		der_out_u64(&o, values[i]);
		der_init(&d, der_out_slice(&o));
		s = der_uint(&d, 9);
		ck_assert(der_done(&d));
		for (k = 0; k < s.n; k++)
			v = v << 8 | s.p[k];
		ck_assert_uint_eq(v, values[i]);
	}
}
END_TEST

START_TEST(der_out_times_come_back)
{
	struct rng rng;
	uint8_t mem[32];
	struct der_out o;
	struct der d;
	int i;

	rng_seed(&rng, test_seed());
	for (i = 0; i < 20000; i++) {
		/* 1950 to 9999 */
		int64_t t = (int64_t)rng_below(&rng, 254033452800) - 631152000;

		der_out_init(&o, mem, sizeof(mem));
		der_out_time(&o, t);
		der_init(&d, der_out_slice(&o));
		ck_assert_int_eq(der_time(&d), t);
		ck_assert(der_done(&d));
	}
}
END_TEST

START_TEST(der_out_refuses_years_that_have_no_form)
{
	uint8_t mem[32];
	struct der_out o;

	der_out_init(&o, mem, sizeof(mem));
	der_out_time(&o, INT64_C(-631152001));
	ck_assert(o.bad);
	der_out_init(&o, mem, sizeof(mem));
	der_out_time(&o, INT64_C(253402300800));
	ck_assert(o.bad);
}
END_TEST

START_TEST(der_out_gives_nothing_when_something_did_not_fit)
{
	uint8_t mem[4];
	struct der_out o;

	der_out_init(&o, mem, sizeof(mem));
	der_out_tlv(&o, DER_OCTET_STRING, slice_str("abc"));
	ck_assert(o.bad);
	ck_assert_uint_eq(der_out_slice(&o).n, 0);
}
END_TEST

CHECK_MAIN("der_out", der_out_wraps_content_in_its_length,
    der_out_uses_the_shortest_length_at_every_border,
    der_out_numbers_come_back, der_out_times_come_back,
    der_out_refuses_years_that_have_no_form,
    der_out_gives_nothing_when_something_did_not_fit)

/* test_crl.c — a revocation list is read whole or not at all. The signature is
 * not looked at here, so any bytes will do for one.                          */
#include "parse/crl.h"
#include "parse/der_out.h"

#include "../check_main.h"

static const uint8_t algorithm[] = { 0x30, 5, 6, 3, 0x2b, 0x65, 0x70 };
static const uint8_t issuer[] = { 0x30, 13, 0x31, 11, 0x30, 9, 6, 3, 0x55, 4, 3,
	0x0c, 2, 'C', 'A' };

/* Zero means as it should be. */
struct spec {
	uint64_t version, number;
	struct slice number_value; /* instead */
	int64_t this_update, next_update;
	unsigned serials; /* 1, 2, … */
	bool empty_list, no_number, no_next, critical, bad_entry;
	bool other_algorithm;
	unsigned keys; /* extensions that name the issuer's */
};

static const uint8_t oid_number[] = { 0x55, 0x1d, 0x14 };
static const uint8_t oid_authority[] = { 0x55, 0x1d, 0x23 };
static const uint8_t oid_other[] = { 0x55, 0x1d, 0x1b };

static void
put_extension(struct der_out *o, struct slice oid, bool critical, struct slice v)
{
	size_t mark = der_out_mark(o);

	der_out_tlv(o, DER_OCTET_STRING, v);
	if (critical)
		der_out_true(o);
	der_out_tlv(o, DER_OID, oid);
	der_out_wrap(o, DER_SEQUENCE, mark);
}

static void
put_number(struct der_out *o, const struct spec *s)
{
	uint8_t mem[16];
	struct der_out v;

	der_out_init(&v, mem, sizeof(mem));
	der_out_u64(&v, s->number);
	put_extension(o, SLICE_OF_ARRAY(oid_number), false,
	    s->number_value.n > 0 ? s->number_value : der_out_slice(&v));
}

static void
put_entries(struct der_out *o, const struct spec *s)
{
	size_t list = der_out_mark(o), mark;
	unsigned i;

	for (i = s->serials; i > 0; i--) {
		mark = der_out_mark(o);
		if (s->bad_entry)
			der_out_true(o);
		der_out_time(o, 1700000000);
		der_out_u64(o, i);
		der_out_wrap(o, DER_SEQUENCE, mark);
	}
	if (s->serials > 0 || s->empty_list)
		der_out_wrap(o, DER_SEQUENCE, list);
}

static struct slice
make(const struct spec *s, uint8_t *mem, size_t cap)
{
	static const uint8_t other[] = { 0x30, 5, 6, 3, 0x2b, 0x65, 0x71 };
	struct der_out o;
	size_t mark;

	der_out_init(&o, mem, cap);
	der_out_bits(&o, slice_str("signature"));
	der_out_bytes(&o, SLICE_OF_ARRAY(algorithm));
	mark = der_out_mark(&o);
	if (s->critical)
		put_extension(
		    &o, SLICE_OF_ARRAY(oid_other), true, slice_str("x"));
	for (unsigned i = 0; i < s->keys; i++)
		put_extension(&o, SLICE_OF_ARRAY(oid_authority), false,
		    slice_str("key"));
	if (!s->no_number)
		put_number(&o, s);
	der_out_wrap(&o, DER_SEQUENCE, mark);
	der_out_wrap(&o, DER_CONTEXT_CONS(0), mark);
	put_entries(&o, s);
	if (!s->no_next)
		der_out_time(&o, s->next_update == 0 ? 1800000000 :
						       s->next_update);
	der_out_time(&o, s->this_update == 0 ? 1700000000 : s->this_update);
	der_out_bytes(&o, SLICE_OF_ARRAY(issuer));
	der_out_bytes(&o, s->other_algorithm ? SLICE_OF_ARRAY(other) :
					       SLICE_OF_ARRAY(algorithm));
	der_out_u64(&o, s->version == 0 ? 1 : s->version);
	der_out_wrap(&o, DER_SEQUENCE, mark);
	der_out_wrap(&o, DER_SEQUENCE, 0);
	return der_out_slice(&o);
}

static int
walk(const struct spec *s, struct crl *out)
{
	static uint8_t mem[65536];

	return crl_walk(make(s, mem, sizeof(mem)), out, NULL);
}

START_TEST(crl_gives_number_dates_and_serials)
{
	struct spec s = { .number = 77, .serials = 3 };
	struct slice at, serial;
	struct crl c;
	int64_t when;
	unsigned n = 0;

	ck_assert_int_eq(walk(&s, &c), 0);
	ck_assert_uint_eq(c.number, 77);
	ck_assert_int_eq(c.this_update, 1700000000);
	ck_assert_int_eq(c.next_update, 1800000000);
	at = c.entries;
	while (crl_next(&at, &serial, &when)) {
		n++;
		ck_assert_uint_eq(serial.p[0], n);
		ck_assert_int_eq(when, 1700000000);
	}
	ck_assert_uint_eq(n, 3);
}
END_TEST

START_TEST(crl_names_the_issuers_key_at_most_once)
{
	struct crl c;

	ck_assert_int_eq(walk(&(struct spec){ .keys = 0 }, &c), 0);
	ck_assert_uint_eq(c.authority.n, 0);
	ck_assert_int_eq(walk(&(struct spec){ .keys = 1 }, &c), 0);
	ck_assert(slice_eq(c.authority, slice_str("key")));
	ck_assert_int_eq(walk(&(struct spec){ .keys = 2 }, &c), AX_E_SYNTAX);
}
END_TEST

START_TEST(crl_has_what_is_on_it_and_nothing_else)
{
	struct spec s = { .serials = 300 };
	static const uint8_t last[] = { 0x01, 0x2c }, past[] = { 0x01, 0x2d };
	struct crl c;

	ck_assert_int_eq(walk(&s, &c), 0);
	ck_assert(crl_has(&c, SLICE_OF_ARRAY(last)));
	ck_assert(!crl_has(&c, SLICE_OF_ARRAY(past)));
	ck_assert(!crl_has(&c, slice_of(NULL, 0)));
}
END_TEST

START_TEST(crl_may_be_empty)
{
	struct spec s = { 0 };
	struct crl c;

	ck_assert_int_eq(walk(&s, &c), 0);
	ck_assert(!crl_has(&c, slice_str("x")));
}
END_TEST

START_TEST(crl_number_may_have_64_bits_and_no_more)
{
	static const uint8_t too_long[] = { 2, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0 };
	static const uint8_t negative[] = { 2, 1, 0x80 };
	struct spec s = { .number = UINT64_MAX };
	struct crl c;

	ck_assert_int_eq(walk(&s, &c), 0);
	ck_assert_uint_eq(c.number, UINT64_MAX);
	s.number_value = SLICE_OF_ARRAY(too_long);
	ck_assert_int_eq(walk(&s, &c), AX_E_SYNTAX);
	s.number_value = SLICE_OF_ARRAY(negative);
	ck_assert_int_eq(walk(&s, &c), AX_E_SYNTAX);
}
END_TEST

START_TEST(crl_refuses_what_it_would_misunderstand)
{
	static const struct spec bad[] = {
		{ .version = 2 },
		{ .no_number = true },
		{ .no_next = true },
		{ .critical = true },
		{ .empty_list = true },
		{ .serials = 2, .bad_entry = true },
		{ .other_algorithm = true },
		{ .next_update = 1600000000 },
	};
	struct crl c;
	size_t i;

	for (i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_msg(
		    walk(&bad[i], &c) == AX_E_SYNTAX, "row %zu passed", i);
}
END_TEST

START_TEST(crl_refuses_every_truncation_and_a_byte_too_much)
{
	struct spec s = { .serials = 4 };
	uint8_t mem[1024];
	struct slice whole = make(&s, mem, sizeof(mem) - 1);
	uint8_t longer[1024] = { 0 };
	struct crl c;
	size_t n;

	for (n = 0; n < whole.n; n++)
		ck_assert_int_eq(
		    crl_walk(slice_of(whole.p, n), &c, NULL), AX_E_SYNTAX);
	memcpy(longer, whole.p, whole.n);
	ck_assert_int_eq(
	    crl_walk(slice_of(longer, whole.n + 1), &c, NULL), AX_E_SYNTAX);
}
END_TEST

CHECK_MAIN("crl", crl_gives_number_dates_and_serials,
    crl_names_the_issuers_key_at_most_once,
    crl_has_what_is_on_it_and_nothing_else, crl_may_be_empty,
    crl_number_may_have_64_bits_and_no_more,
    crl_refuses_what_it_would_misunderstand,
    crl_refuses_every_truncation_and_a_byte_too_much)

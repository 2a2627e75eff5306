/* test_cert_walk.c — the parts of a certificate; its rules are tested by
 * test_identity. A certificate made by openssl is the second opinion in the
 * tests of tls.                                                              */
#include "parse/cert_walk.h"
#include "parse/der_out.h"

#include "../check_main.h"
#include "odd.h"

static const uint8_t ca_name[] = { 0x30, 13, 0x31, 11, 0x30, 9, 6, 3, 0x55, 4, 3,
	0x0c, 2, 'C', 'A' };
static const uint8_t public_key[32] = { 1, 2, 3 };
static const uint8_t ed25519[] = { 0x30, 5, 6, 3, 0x2b, 0x65, 0x70 };

static struct slice
sample(uint8_t *mem, size_t cap, size_t after)
{
	static uint8_t body[ODD_MAX];
	struct odd_base b = { SLICE_OF_ARRAY(ca_name),
		SLICE_OF_ARRAY(public_key), 1790000000 };
	struct der_out o;
	struct odd odd;

	odd_make(0, &b, body, &odd);
	der_out_init(&o, mem, cap - after);
	der_out_bits(&o, slice_str("signature"));
	der_out_bytes(&o, SLICE_OF_ARRAY(ed25519));
	der_out_bytes(&o, odd.tbs);
	der_out_wrap(&o, DER_SEQUENCE, 0);
	return der_out_slice(&o);
}

START_TEST(walk_finds_every_part_inside_the_input)
{
	static uint8_t mem[ODD_MAX];
	struct slice in = sample(mem, sizeof(mem), 0);
	struct cert c;

	ck_assert_int_eq(cert_walk(in, &c, NULL), 0);
	ck_assert(slice_eq(c.issuer, SLICE_OF_ARRAY(ca_name)));
	ck_assert(slice_eq(c.public_key, SLICE_OF_ARRAY(public_key)));
	ck_assert(slice_eq(c.signature, slice_str("signature")));
	ck_assert(slice_eq(c.algorithm, SLICE_OF_ARRAY(ed25519)));
	ck_assert_int_eq(c.key, CERT_KEY_ED25519);
	ck_assert(c.has_usage && c.has_eku && c.has_san && !c.is_ca);
	ck_assert_uint_eq(c.usage, CERT_USAGE_SIGN);
	ck_assert(c.tbs.p > in.p && slice_end(c.tbs) < slice_end(in));
	ck_assert(c.spki.p > c.tbs.p && slice_end(c.spki) < slice_end(c.tbs));
}
END_TEST

START_TEST(walk_refuses_a_byte_after_the_certificate)
{
	static uint8_t mem[ODD_MAX];
	struct slice in = sample(mem, sizeof(mem), 1);
	struct cert c;

	ck_assert_int_eq(
	    cert_walk(slice_of(in.p, in.n + 1), &c, NULL), AX_E_SYNTAX);
}
END_TEST

START_TEST(walk_refuses_a_certificate_that_is_too_long)
{
	static uint8_t mem[CERT_MAX + 1] = { 0x30, 0x82 };
	struct err e = { 0 };
	struct cert c;

	ck_assert_int_eq(
	    cert_walk(slice_of(mem, sizeof(mem)), &c, &e), AX_E_SYNTAX);
	ck_assert_ptr_nonnull(strstr(e.text, "longer"));
}
END_TEST

START_TEST(walk_refuses_the_empty_input)
{
	struct cert c;

	ck_assert_int_eq(cert_walk(slice_of(NULL, 0), &c, NULL), AX_E_SYNTAX);
}
END_TEST

CHECK_MAIN("cert_walk", walk_finds_every_part_inside_the_input,
    walk_refuses_a_byte_after_the_certificate,
    walk_refuses_a_certificate_that_is_too_long,
    walk_refuses_the_empty_input)

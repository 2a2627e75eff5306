/* test_identity.c — who a certificate says its owner is, or that it says so in
 * no acceptable way.                                                         */
#include "parse/der_out.h"
#include "parse/identity.h"

#include "../check_main.h"
#include "odd.h"

static const uint8_t ca_name[] = { 0x30, 13, 0x31, 11, 0x30, 9, 6, 3, 0x55, 4, 3,
	0x0c, 2, 'C', 'A' };
static const uint8_t public_key[32] = { 1, 2, 3 };

#define NOW INT64_C(1790000000) /* September 2026 */

static struct odd_base
base(void)
{
	return (struct odd_base){ .issuer = SLICE_OF_ARRAY(ca_name),
		.public_key = SLICE_OF_ARRAY(public_key), .now = NOW };
}

/* The body with a signature that nobody checks here. */
static struct slice
whole(struct slice tbs, uint8_t *mem)
{
	static const uint8_t ed25519[] = { 0x30, 5, 6, 3, 0x2b, 0x65, 0x70 };
	static const uint8_t signature[64] = { 7 };
	struct der_out o;

	der_out_init(&o, mem, ODD_MAX);
	der_out_bits(&o, SLICE_OF_ARRAY(signature));
	der_out_bytes(&o, SLICE_OF_ARRAY(ed25519));
	der_out_bytes(&o, tbs);
	der_out_wrap(&o, DER_SEQUENCE, 0);
	return der_out_slice(&o);
}

START_TEST(identity_reads_tenant_agent_and_the_rest)
{
	static uint8_t mem[ODD_MAX], body[ODD_MAX];
	struct odd_base b = base();
	struct identity id;
	struct odd odd;

	odd_make(0, &b, body, &odd);
	ck_assert_int_eq(identity_agent(whole(odd.tbs, mem), &id, NULL), 0);
	ck_assert_str_eq(id.tenant, "acme");
	ck_assert_str_eq(id.agent, "nas");
	ck_assert_int_eq(id.key, IDENTITY_ED25519);
	ck_assert_uint_eq(id.serial_len, 16);
	ck_assert_uint_eq(id.serial[0], 0x41);
	ck_assert_int_eq(id.not_before, NOW - 86400);
	ck_assert_int_eq(id.not_after, NOW + 7 * 86400);
	ck_assert(slice_eq(id.issuer, SLICE_OF_ARRAY(ca_name)));
	ck_assert_uint_eq(id.spki.n, 44);
}
END_TEST

START_TEST(identity_judges_hundreds_of_odd_certificates)
{
	static uint8_t mem[ODD_MAX], body[ODD_MAX];
	struct odd_base b = base();
	size_t i, good = 0;

	ck_assert_uint_gt(odd_count(), 300);
	for (i = 0; i < odd_count(); i++) {
		struct err e = { 0 };
		struct identity id;
		struct odd odd;
		int r;

		odd_make(i, &b, body, &odd);
		r = identity_agent(whole(odd.tbs, mem), &id, &e);
		ck_assert_msg(r == (odd.good || odd.by_date ? 0 : AX_E_IDENTITY),
		    "%zu, %s: %s", i, odd.name, r == 0 ? "accepted" : e.text);
		ck_assert_msg(r == 0 || (e.text[0] != '\0' && e.code == r),
		    "%s: no sentence", odd.name);
		good += odd.good;
	}
	ck_assert_uint_gt(good, 30);
}
END_TEST

START_TEST(identity_refuses_every_truncation)
{
	static uint8_t mem[ODD_MAX], body[ODD_MAX];
	struct odd_base b = base();
	struct identity id;
	struct slice cert;
	struct odd odd;
	size_t n;

	odd_make(0, &b, body, &odd);
	cert = whole(odd.tbs, mem);
	for (n = 0; n < cert.n; n++) {
		uint8_t *copy = malloc(n + 1);

		ck_assert_ptr_nonnull(copy);
		memcpy(copy, cert.p, n);
		ck_assert_int_eq(identity_agent(slice_of(copy, n), &id, NULL),
		    AX_E_IDENTITY);
		free(copy);
	}
}
END_TEST

START_TEST(identity_never_reads_outside_a_mutated_certificate)
{
	static uint8_t mem[ODD_MAX], body[ODD_MAX];
	struct odd_base b = base();
	struct rng rng;
	int i;

	rng_seed(&rng, test_seed());
	for (i = 0; i < 100000; i++) {
		struct identity id;
		struct slice cert;
		struct odd odd;
		uint8_t *copy;
		int k;

		odd_make(rng_below(&rng, 5), &b, body, &odd);
		cert = whole(odd.tbs, mem);
		copy = malloc(cert.n);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, cert.p, cert.n);
		for (k = (int)rng_below(&rng, 4); k >= 0; k--)
			copy[rng_below(&rng, cert.n)] = (uint8_t)rng_u64(&rng);
		(void)!identity_agent(slice_of(copy, cert.n), &id, NULL);
		(void)!identity_relay(
		    slice_of(copy, cert.n), "relay.example.com", &id, NULL);
		free(copy);
	}
}
END_TEST

/* A relay's certificate with these names in its SAN. */
static struct slice
relay_cert(struct slice names, uint8_t purpose, uint8_t *mem)
{
	static const uint8_t san[] = { 0x55, 0x1d, 0x11 };
	static const uint8_t eku[] = { 0x55, 0x1d, 0x25 };
	static const uint8_t ed25519[] = { 0x30, 5, 6, 3, 0x2b, 0x65, 0x70 };
	uint8_t eku_value[] = { 0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, purpose };
	static uint8_t body[ODD_MAX];
	struct der_out o;
	size_t mark;

	der_out_init(&o, body, sizeof(body));
	if (names.n > 0) {
		der_out_bytes(&o, names);
		der_out_wrap(&o, DER_SEQUENCE, 0);
		der_out_wrap(&o, DER_OCTET_STRING, 0);
		der_out_tlv(&o, DER_OID, SLICE_OF_ARRAY(san));
		der_out_wrap(&o, DER_SEQUENCE, 0);
	}
	mark = der_out_mark(&o);
	der_out_tlv(&o, DER_OCTET_STRING, SLICE_OF_ARRAY(eku_value));
	der_out_tlv(&o, DER_OID, SLICE_OF_ARRAY(eku));
	der_out_wrap(&o, DER_SEQUENCE, mark);
	der_out_wrap(&o, DER_SEQUENCE, 0);
	der_out_wrap(&o, DER_CONTEXT_CONS(3), 0);
	mark = der_out_mark(&o);
	der_out_bits(&o, SLICE_OF_ARRAY(public_key));
	der_out_bytes(&o, SLICE_OF_ARRAY(ed25519));
	der_out_wrap(&o, DER_SEQUENCE, mark);
	mark = der_out_mark(&o);
	der_out_wrap(&o, DER_SEQUENCE, mark); /* no subject */
	mark = der_out_mark(&o);
	der_out_time(&o, NOW + 86400);
	der_out_time(&o, NOW);
	der_out_wrap(&o, DER_SEQUENCE, mark);
	der_out_bytes(&o, SLICE_OF_ARRAY(ca_name));
	der_out_bytes(&o, SLICE_OF_ARRAY(ed25519));
	der_out_u64(&o, 5);
	mark = der_out_mark(&o);
	der_out_u64(&o, 2);
	der_out_wrap(&o, DER_CONTEXT_CONS(0), mark);
	der_out_wrap(&o, DER_SEQUENCE, 0);
	return whole(der_out_slice(&o), mem);
}

static const uint8_t relay_names[] = { 0x86, 3, 'u', ':', 'x', 0x82, 9, '*',
	'.', 'b', '.', 'c', 'o', 'm', '.', 'd', 0x82, 7, 'a', '.', 'b', '.', 'c',
	'o', 'm', 0x87, 4, 192, 0, 2, 7, 0x87, 16, 0x20, 1, 0xd, 0xb8, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 1 };

START_TEST(identity_of_a_relay_is_the_host_that_was_dialled)
{
	static const struct {
		const char *host;
		bool good;
	} hosts[] = { { "a.b.com", true }, { "A.B.COM", true },
		{ "x.b.com.d", true }, { "x.y.b.com.d", false },
		{ "b.com.d", false }, { "192.0.2.7", true },
		{ "192.0.2.8", false }, { "2001:db8::1", true },
		{ "2001:db8::2", false }, { "a.b.co", false }, { "", false } };
	static uint8_t mem[ODD_MAX];
	struct identity id;
	size_t i;

	for (i = 0; i < ARRAY_LEN(hosts); i++) {
		struct slice cert =
		    relay_cert(SLICE_OF_ARRAY(relay_names), 1, mem);
		int r = identity_relay(cert, hosts[i].host, &id, NULL);

		ck_assert_msg(r == (hosts[i].good ? 0 : AX_E_IDENTITY),
		    "%s: %d", hosts[i].host, r);
	}
	ck_assert_str_eq(id.tenant, "");
}
END_TEST

START_TEST(identity_of_a_relay_needs_server_auth_and_names)
{
	static uint8_t mem[ODD_MAX];
	struct slice names = SLICE_OF_ARRAY(relay_names), none = { NULL, 0 };
	struct identity id;

	ck_assert_int_eq(
	    identity_relay(relay_cert(names, 2, mem), "a.b.com", &id, NULL),
	    AX_E_IDENTITY);
	ck_assert_int_eq(
	    identity_relay(relay_cert(none, 1, mem), "a.b.com", &id, NULL),
	    AX_E_IDENTITY);
	ck_assert_int_eq(
	    identity_relay_own(relay_cert(none, 1, mem), &id, NULL),
	    AX_E_IDENTITY);
	ck_assert_int_eq(
	    identity_relay_own(relay_cert(names, 1, mem), &id, NULL), 0);
	ck_assert_int_eq(identity_agent(relay_cert(names, 1, mem), &id, NULL),
	    AX_E_IDENTITY);
}
END_TEST

START_TEST(identity_label_is_what_dns_calls_one)
{
	ck_assert(identity_is_label(slice_str("a")));
	ck_assert(identity_is_label(slice_str("a-1")));
	ck_assert(!identity_is_label(slice_str("")));
	ck_assert(!identity_is_label(slice_str("a.b")));
	ck_assert(!identity_is_label(slice_str("A")));
	ck_assert(!identity_is_label(slice_of("a\0b", 3)));
	ck_assert(identity_is_label(slice_str("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
					      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")));
	ck_assert(!identity_is_label(slice_str("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
					       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")));
}
END_TEST

CHECK_MAIN("identity", identity_reads_tenant_agent_and_the_rest,
    identity_judges_hundreds_of_odd_certificates,
    identity_refuses_every_truncation,
    identity_never_reads_outside_a_mutated_certificate,
    identity_of_a_relay_is_the_host_that_was_dialled,
    identity_of_a_relay_needs_server_auth_and_names,
    identity_label_is_what_dns_calls_one)

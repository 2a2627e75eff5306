/* test_cert.c — every kind of certificate, judged by the walk that judges
 * peers. */
#include "pki/cert.h"

#include "../check_main.h"
#include "parse/cert_walk.h"
#include "pki/pem.h"

#define NOW INT64_C(1790000000)

struct fixture {
	struct key issuer, leaf;
	uint8_t serial[CERT_SERIAL_LEN];
	struct buf der;
	struct cert c;
};

/* Any Name will do as an issuer's: this one is CN=ca. */
static const uint8_t issuer_name[] = {
    0x30, 13, 0x31, 11, 0x30, 9, 6, 3, 0x55, 4, 3, 0x0c, 2, 'c', 'a'};

static void
make(struct fixture *f, enum cert_kind kind, enum identity_key type,
    const struct san *sans, size_t n_sans)
{
	uint8_t mem[CERT_MAX];
	struct der_out o;
	struct err e = {0};

	ck_assert_int_eq(key_generate(type, &f->issuer, &e), 0);
	ck_assert_int_eq(key_generate(type, &f->leaf, &e), 0);
	cert_serial(f->serial);
	der_out_init(&o, mem, sizeof(mem));
	cert_write_tbs(
	    &o, &(struct cert_args){.kind = kind,
		    .serial = f->serial,
		    .not_before = NOW,
		    .not_after = NOW + 1000,
		    .common_name = "home",
		    .key = &f->leaf.public,
		    .sans = sans,
		    .n_sans = n_sans,
		    .issuer = slice_of(issuer_name, sizeof(issuer_name)),
		    .issuer_key = &f->issuer.public});
	buf_init(&f->der);
	ck_assert_int_eq(
	    key_sign(&f->issuer, der_out_slice(&o), &f->der, &e), 0);
	ck_assert_msg(
	    cert_walk(buf_slice(&f->der), &f->c, &e) == 0, "%s", e.text);
}

START_TEST(cert_says_what_it_was_told)
{
	struct fixture f;
	struct err e;

	for (int kind = 0; kind < CERT_KINDS; kind++) {
		make(&f, (enum cert_kind)kind, (enum identity_key)(kind % 2),
		    NULL, 0);
		ck_assert(
		    slice_eq(f.c.serial, slice_of(f.serial, CERT_SERIAL_LEN)));
		ck_assert_int_eq(f.c.not_before, NOW);
		ck_assert_int_eq(f.c.not_after, NOW + 1000);
		ck_assert(slice_eq(
		    f.c.issuer, slice_of(issuer_name, sizeof(issuer_name))));
		ck_assert(slice_eq(f.c.public_key,
		    slice_of(f.leaf.public.bytes, f.leaf.public.len)));
		ck_assert_int_eq(
		    pubkey_verify(&f.issuer.public, f.c.tbs, f.c.signature, &e),
		    0);
		buf_fini(&f.der);
	}
}
END_TEST

START_TEST(cert_gives_each_kind_its_own_powers)
{
	static const struct {
		bool ca, eku;
		uint8_t usage;
	} want[CERT_KINDS] = {
	    [CERT_ROOT] = {true, false, 0x06},
	    [CERT_RELAY_CA] = {true, true, 0x06},
	    [CERT_AGENT_CA] = {true, true, 0x06},
	    [CERT_RELAY] = {false, true, 0x80},
	    [CERT_AGENT] = {false, true, 0x80},
	    [CERT_OPERATOR_CA] = {true, true, 0x06},
	    [CERT_OPERATOR] = {false, true, 0x80},
	};
	struct fixture f;

	for (int kind = 0; kind < CERT_KINDS; kind++) {
		make(&f, (enum cert_kind)kind, IDENTITY_ED25519, NULL, 0);
		ck_assert_int_eq(f.c.is_ca, want[kind].ca);
		ck_assert_int_eq(
		    cert_kind_is_ca((enum cert_kind)kind), want[kind].ca);
		ck_assert_int_eq(f.c.has_eku, want[kind].eku);
		ck_assert_uint_eq(f.c.usage, want[kind].usage);
		buf_fini(&f.der);
	}
}
END_TEST

START_TEST(cert_of_an_agent_is_accepted_as_that_agent_only)
{
	struct agent_name name;
	struct identity id;
	struct fixture f;
	struct err e;

	ck_assert_int_eq(agent_name_parse("home/nas", &name, &e), 0);
	make(&f, CERT_AGENT, IDENTITY_ED25519, &name.uri, 1);
	ck_assert_int_eq(identity_agent(buf_slice(&f.der), &id, &e), 0);
	ck_assert_str_eq(id.tenant, "home");
	ck_assert_str_eq(id.agent, "nas");
	ck_assert_int_eq(
	    identity_relay(buf_slice(&f.der), "home", &id, &e), AX_E_IDENTITY);
	ck_assert_int_eq(
	    identity_operator(buf_slice(&f.der), &id, &e), AX_E_IDENTITY);
	ck_assert_ptr_nonnull(strstr(e.text, "not an operator's"));
	buf_fini(&f.der);
	/* A tenant without an agent has nothing else in its URI, either. */
	ck_assert_int_eq(agent_name_parse("home", &name, &e), 0);
	make(&f, CERT_AGENT, IDENTITY_ED25519, &name.uri, 1);
	ck_assert_int_eq(
	    identity_operator(buf_slice(&f.der), &id, &e), AX_E_IDENTITY);
	buf_fini(&f.der);
}
END_TEST

START_TEST(cert_of_an_operator_is_accepted_as_that_operator_only)
{
	struct agent_name name;
	struct san two[2];
	struct identity id;
	struct fixture f;
	struct err e;

	ck_assert_int_eq(operator_name_parse("home", &name, &e), 0);
	make(&f, CERT_OPERATOR, IDENTITY_P256, &name.uri, 1);
	ck_assert_int_eq(identity_operator(buf_slice(&f.der), &id, &e), 0);
	ck_assert_str_eq(id.tenant, "");
	ck_assert_str_eq(id.agent, "home");
	ck_assert_int_eq(
	    identity_agent(buf_slice(&f.der), &id, &e), AX_E_IDENTITY);
	ck_assert_ptr_nonnull(strstr(e.text, "not atlax://"));
	ck_assert_int_eq(
	    identity_relay(buf_slice(&f.der), "home", &id, &e), AX_E_IDENTITY);
	buf_fini(&f.der);
	/* Another name than the Common Name, none, and two. */
	ck_assert_int_eq(operator_name_parse("homes", &name, &e), 0);
	make(&f, CERT_OPERATOR, IDENTITY_ED25519, &name.uri, 1);
	ck_assert_int_eq(
	    identity_operator(buf_slice(&f.der), &id, &e), AX_E_IDENTITY);
	buf_fini(&f.der);
	make(&f, CERT_OPERATOR, IDENTITY_ED25519, NULL, 0);
	ck_assert_int_eq(
	    identity_operator(buf_slice(&f.der), &id, &e), AX_E_IDENTITY);
	buf_fini(&f.der);
	ck_assert_int_eq(operator_name_parse("home", &name, &e), 0);
	two[0] = name.uri;
	ck_assert_int_eq(agent_name_parse("home", &name, &e), 0);
	two[1] = name.uri;
	make(&f, CERT_OPERATOR, IDENTITY_ED25519, two, 2);
	ck_assert_int_eq(
	    identity_operator(buf_slice(&f.der), &id, &e), AX_E_IDENTITY);
	ck_assert_int_eq(
	    identity_agent(buf_slice(&f.der), &id, &e), AX_E_IDENTITY);
	buf_fini(&f.der);
	/* What identity_operator wants, with the powers of a relay or of a CA. */
	make(&f, CERT_RELAY, IDENTITY_ED25519, two, 1);
	ck_assert_int_eq(
	    identity_operator(buf_slice(&f.der), &id, &e), AX_E_IDENTITY);
	buf_fini(&f.der);
	make(&f, CERT_OPERATOR_CA, IDENTITY_ED25519, two, 1);
	ck_assert_int_eq(
	    identity_operator(buf_slice(&f.der), &id, &e), AX_E_IDENTITY);
	buf_fini(&f.der);
}
END_TEST

START_TEST(cert_of_a_relay_is_accepted_under_each_of_its_names)
{
	static const char *const hosts[] = {
	    "relay.example", "RELAY.example", "192.0.2.1", "::1"};
	struct relay_names names = {0};
	struct identity id;
	struct fixture f;
	struct err e;

	ck_assert_int_eq(
	    relay_names_add(&names, "relay.example,192.0.2.1,::1", &e), 0);
	make(&f, CERT_RELAY, IDENTITY_P256, names.list, names.n);
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
		ck_assert_int_eq(
		    identity_relay(buf_slice(&f.der), hosts[i], &id, &e), 0);
	ck_assert_int_eq(
	    identity_relay(buf_slice(&f.der), "other.example", &id, &e),
	    AX_E_IDENTITY);
	ck_assert_int_eq(
	    identity_agent(buf_slice(&f.der), &id, &e), AX_E_IDENTITY);
	buf_fini(&f.der);
}
END_TEST

START_TEST(cert_has_room_for_the_most_and_longest_names)
{
	struct san sans[RELAY_NAMES_MAX];
	struct fixture f;

	for (size_t i = 0; i < RELAY_NAMES_MAX; i++) {
		sans[i] = (struct san){.tag = SAN_DNS, .len = SAN_MAX};
		memset(sans[i].bytes, 'a', SAN_MAX);
	}
	make(&f, CERT_RELAY, IDENTITY_P256, sans, RELAY_NAMES_MAX);
	buf_fini(&f.der);
}
END_TEST

START_TEST(cert_serials_are_127_bits_and_differ)
{
	uint8_t a[CERT_SERIAL_LEN], b[CERT_SERIAL_LEN];

	for (int i = 0; i < 1000; i++) {
		cert_serial(a);
		cert_serial(b);
		ck_assert_uint_eq(a[0] & 0xc0, 0x40);
		ck_assert_mem_ne(a, b, CERT_SERIAL_LEN);
	}
}
END_TEST

START_TEST(cert_kinds_have_names_that_read_back)
{
	enum cert_kind kind;

	for (int i = 0; i < CERT_KINDS; i++) {
		ck_assert(cert_kind_parse(
		    slice_str(cert_kind_name((enum cert_kind)i)), &kind));
		ck_assert_int_eq(kind, i);
	}
	ck_assert(!cert_kind_parse(slice_str("agen"), &kind));
	ck_assert(!cert_kind_parse(slice_str("agents"), &kind));
}
END_TEST

START_TEST(cert_is_read_back_from_text)
{
	struct cert_info info;
	struct fixture f;
	struct buf pem;
	struct err e;

	make(&f, CERT_AGENT_CA, IDENTITY_P256, NULL, 0);
	buf_init(&pem);
	ck_assert_int_eq(
	    pem_write(&pem, PEM_CERTIFICATE, buf_slice(&f.der)), 0);
	ck_assert_int_eq(cert_read_pem(buf_slice(&pem), &info, &e), 0);
	ck_assert(
	    slice_eq(slice_of(info.subject, info.subject_len), f.c.subject));
	ck_assert(pubkey_eq(&info.key, &f.leaf.public));
	ck_assert_int_eq(info.not_before, NOW);
	ck_assert_int_eq(info.not_after, NOW + 1000);
	ck_assert_int_lt(
	    cert_read_pem(slice_skip(buf_slice(&pem), 40), &info, &e), 0);
	buf_fini(&pem);
	buf_fini(&f.der);
}
END_TEST

CHECK_MAIN("cert", cert_says_what_it_was_told,
    cert_gives_each_kind_its_own_powers,
    cert_of_an_agent_is_accepted_as_that_agent_only,
    cert_of_an_operator_is_accepted_as_that_operator_only,
    cert_of_a_relay_is_accepted_under_each_of_its_names,
    cert_has_room_for_the_most_and_longest_names,
    cert_serials_are_127_bits_and_differ, cert_kinds_have_names_that_read_back,
    cert_is_read_back_from_text)

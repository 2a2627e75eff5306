/* test_trust.c — trust bundles: honest, and each way in which somebody could make
 * an agent trust whom its root has not named.                                */
#include "pki/trust.h"

#include "../check_main.h"
#include "made_ca.h"
#include "pki/issuer.h"

static struct made_ca m;
static struct key root;
static uint8_t relay_ca[CERT_MAX], agent_ca[CERT_MAX];
static struct trust want; /* with the CAs of m */
static struct buf made;

static struct slice
ca_of(struct ca *ca, const char *name, uint8_t *mem)
{
	return made_ca_der(ca, name, PEM_CERTIFICATE, mem, CERT_MAX);
}

static void
begin(enum identity_key type)
{
	struct issuer i;
	struct err e;
	struct ca ca;

	made_ca_init(&m, type);
	made_ca_open(&m, NOW, &ca);
	ck_assert_int_eq(issuer_load(&ca, CERT_ROOT, &i, &e), 0);
	root = i.key;
	want = (struct trust){.sequence = 7,
	    .n = {1, 1},
	    .cas = {{ca_of(&ca, "relay-ca.crt", relay_ca)},
		{ca_of(&ca, "agent-ca.crt", agent_ca)}}};
	issuer_fini(&i);
	ca_close(&ca);
	buf_init(&made);
}

static void
end(void)
{
	buf_fini(&made);
	tmpdir_remove(&m.tmp);
}

/* What reading it gives once by has signed it. */
static int
read_by(const struct key *by, struct trust *out)
{
	struct err e;

	buf_fini(&made);
	buf_init(&made);
	ck_assert_int_eq(trust_write(&want, by, &made, &e), 0);
	return trust_read(buf_slice(&made), out, &e);
}

START_TEST(trust_comes_back_as_it_was_signed)
{
	uint8_t mem[TRUST_MAX];
	struct trust t, again;
	struct buf text;
	struct err e;

	for (int type = IDENTITY_ED25519; type <= IDENTITY_P256; type++) {
		begin((enum identity_key)type);
		ck_assert_int_eq(read_by(&root, &t), 0);
		ck_assert_uint_eq(t.sequence, 7);
		ck_assert(pubkey_eq(&t.root, &root.public));
		for (int i = 0; i < 2; i++) {
			ck_assert_uint_eq(t.n[i], 1);
			ck_assert(slice_eq(t.cas[i][0], want.cas[i][0]));
		}
		buf_init(&text);
		ck_assert_int_eq(trust_print(&t, &text), 0);
		ck_assert_int_eq(
		    trust_read_pem(buf_slice(&text), mem, &again, &e), 0);
		ck_assert(slice_eq(again.der, t.der));
		ck_assert_int_eq(trust_is_anchored(&again, buf_slice(&text), &e), 0);
		buf_fini(&text);
		end();
	}
}
END_TEST

START_TEST(trust_is_signed_by_its_root)
{
	struct trust t;
	struct key other;
	struct err e;
	uint8_t *at;

	begin(IDENTITY_ED25519);
	ck_assert_int_eq(key_generate(IDENTITY_ED25519, &other, &e), 0);
	/* A root of its own, for CAs that it did not sign. */
	ck_assert_int_eq(read_by(&other, &t), AX_E_CRYPTO);
	/* The right root's key with another one's signature. */
	at = memmem(made.mem, buf_len(&made), other.public.bytes, other.public.len);
	ck_assert_ptr_nonnull(at);
	memcpy(at, root.public.bytes, root.public.len);
	ck_assert_int_eq(trust_read(buf_slice(&made), &t, &e), AX_E_CRYPTO);
	end();
}
END_TEST

START_TEST(trust_of_any_other_byte_is_refused)
{
	struct trust t;
	struct err e;
	struct buf b;

	begin(IDENTITY_ED25519);
	ck_assert_int_eq(read_by(&root, &t), 0);
	b = made;
	for (size_t i = 0; i < buf_len(&b); i++) {
		b.mem[b.head + i] ^= 0x10;
		ck_assert_int_lt(trust_read(buf_slice(&b), &t, &e), 0);
		b.mem[b.head + i] ^= 0x10;
		/* Cut off there. */
		ck_assert_int_lt(
		    trust_read(slice_of(b.mem + b.head, i), &t, &e), 0);
	}
	ck_assert_int_eq(buf_append(&made, "", 1), 0);
	ck_assert_int_eq(trust_read(buf_slice(&made), &t, &e), AX_E_SYNTAX);
	end();
}
END_TEST

START_TEST(trust_has_a_largest_size)
{
	static const uint8_t large[TRUST_MAX + 1] = {DER_SEQUENCE, 0x82, 0x0f, 0xf9};
	struct trust t;
	struct err e;

	begin(IDENTITY_ED25519);
	ck_assert_int_eq(trust_read(SLICE_OF_ARRAY(large), &t, &e), AX_E_LIMIT);
	for (size_t n = 2; n <= TRUST_CAS_MAX; n++)
		want.cas[TRUST_RELAYS][n - 1] = want.cas[TRUST_RELAYS][0];
	want.n[TRUST_RELAYS] = TRUST_CAS_MAX;
	ck_assert_int_eq(read_by(&root, &t), 0);
	ck_assert_uint_eq(t.n[TRUST_RELAYS], TRUST_CAS_MAX);
	want.cas[TRUST_AGENTS][0] = slice_of(large, sizeof(large));
	ck_assert_int_eq(trust_write(&want, &root, &made, &e), AX_E_LIMIT);
	end();
}
END_TEST

START_TEST(trust_needs_a_sequence_and_somebody)
{
	struct trust t;

	begin(IDENTITY_ED25519);
	want.sequence = 0;
	ck_assert_int_eq(read_by(&root, &t), AX_E_SYNTAX);
	want.sequence = UINT64_MAX;
	ck_assert_int_eq(read_by(&root, &t), 0);
	ck_assert_uint_eq(t.sequence, UINT64_MAX);
	want.n[TRUST_RELAYS] = 0;
	ck_assert_int_eq(read_by(&root, &t), AX_E_SYNTAX);
	want.n[TRUST_RELAYS] = 1;
	want.n[TRUST_AGENTS] = 0;
	ck_assert_int_eq(read_by(&root, &t), AX_E_SYNTAX);
	end();
}
END_TEST

/* What an agent that trusts what is in the CA's file name makes of t. */
static int
anchored(const struct made_ca *of, const struct trust *t, const char *name)
{
	struct buf text;
	struct err e;
	struct ca ca;
	int r;

	made_ca_open(of, NOW, &ca);
	buf_init(&text);
	ck_assert_int_eq(store_read(&ca.dir, name, STORE_PUBLIC, &text, &e), 0);
	r = trust_is_anchored(t, buf_slice(&text), &e);
	buf_fini(&text);
	ca_close(&ca);
	return r;
}

START_TEST(trust_of_a_foreign_root_is_not_anchored)
{
	struct made_ca first;
	struct trust t;

	begin(IDENTITY_ED25519);
	ck_assert_int_eq(read_by(&root, &t), 0);
	ck_assert_int_eq(anchored(&m, &t, "relay-ca.crt"), 0);
	/* No CA at all. */
	ck_assert_int_lt(anchored(&m, &t, "agent.crl"), 0);
	/* A CA that does not say who signed it. */
	ck_assert_int_eq(anchored(&m, &t, "relay.crt"), AX_E_IDENTITY);
	first = m;
	buf_fini(&made);
	begin(IDENTITY_ED25519);
	ck_assert_int_eq(read_by(&root, &t), 0);
	ck_assert_int_eq(anchored(&first, &t, "relay-ca.crt"), AX_E_IDENTITY);
	tmpdir_remove(&first.tmp);
	end();
}
END_TEST

START_TEST(trust_vouches_for_what_its_cas_have_signed)
{
	uint8_t mem[CERT_MAX];
	struct slice relay;
	struct trust t;
	struct err e;
	struct ca ca;

	begin(IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	relay = ca_of(&ca, "relay.crt", mem);
	ca_close(&ca);
	ck_assert_int_eq(read_by(&root, &t), 0);
	ck_assert_int_eq(trust_vouches(&t, TRUST_RELAYS, relay, &e), 0);
	ck_assert_int_eq(trust_vouches(&t, TRUST_AGENTS, relay, &e), AX_E_IDENTITY);
	mem[relay.n - 1] ^= 1;
	ck_assert_int_eq(trust_vouches(&t, TRUST_RELAYS, relay, &e), AX_E_IDENTITY);
	end();
}
END_TEST

CHECK_MAIN("trust", trust_comes_back_as_it_was_signed, trust_is_signed_by_its_root,
    trust_of_any_other_byte_is_refused, trust_has_a_largest_size,
    trust_needs_a_sequence_and_somebody, trust_of_a_foreign_root_is_not_anchored,
    trust_vouches_for_what_its_cas_have_signed)

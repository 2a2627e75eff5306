/* test_renewal.c — requests for the next certificate: honest, and each way in which
 * somebody could ask for what is not his.                                    */
#include "pki/renewal.h"

#include "../check_main.h"
#include "made_ca.h"
#include "pki/csr.h"

struct agent {
	struct key key;
	uint8_t certificate[CERT_MAX];
	size_t n;
};

static struct made_ca m;

static void
make(struct agent *a, const char *as, enum identity_key type)
{
	struct agent_name name;
	struct ca_issued c;
	struct ca ca;
	struct err e;

	made_ca_open(&m, NOW, &ca);
	ck_assert_int_eq(key_generate(type, &a->key, &e), 0);
	ck_assert_int_eq(agent_name_parse(as, &name, &e), 0);
	ck_assert_int_eq(
	    ca_issue_agent(&ca, &name, &a->key.public, 9, &c, &e), 0);
	ck_assert_int_eq(pem_read(buf_slice(&c.pem), PEM_CERTIFICATE,
			     a->certificate, CERT_MAX, &a->n, &e),
	    0);
	buf_fini(&c.pem);
	ca_close(&ca);
}

static struct slice
der_of(const struct agent *a)
{
	return slice_of(a->certificate, a->n);
}

/* What a asks, with what reading it gives. */
static int
ask(const struct agent *a, const struct key *by, const struct key *new,
    struct renewal *q)
{
	static struct buf b;
	struct err e;

	buf_fini(&b);
	buf_init(&b);
	ck_assert_int_eq(renewal_write(der_of(a), by, new, &b, &e), 0);
	return renewal_read(buf_slice(&b), q, &e);
}

START_TEST(renewal_tells_who_wants_which_key)
{
	struct agent a, next, other;
	struct renewal q;
	struct err e;

	made_ca_init(&m, IDENTITY_ED25519);
	for (int type = IDENTITY_ED25519; type <= IDENTITY_P256; type++) {
		make(&a, "home/nas", (enum identity_key)type);
		make(&next, "home/nas", (enum identity_key)type);
		make(&other, "home/tv", (enum identity_key)type);
		ck_assert_int_eq(ask(&a, &a.key, &next.key, &q), 0);
		ck_assert_str_eq(q.id.tenant, "home");
		ck_assert_str_eq(q.id.agent, "nas");
		ck_assert(pubkey_eq(&q.key, &next.key.public));
		ck_assert(pubkey_eq(&q.old, &a.key.public));
		ck_assert(slice_eq(q.certificate, der_of(&a)));
		/* The answer. */
		ck_assert_int_eq(renewal_fits(&q, der_of(&next), &e), 0);
		ck_assert_int_eq(
		    renewal_fits(&q, der_of(&a), &e), AX_E_IDENTITY);
		ck_assert_int_eq(ask(&a, &a.key, &other.key, &q), 0);
		ck_assert_int_eq(
		    renewal_fits(&q, der_of(&other), &e), AX_E_IDENTITY);
	}
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(renewal_needs_the_key_of_the_certificate)
{
	struct agent a, thief, next;
	struct renewal q;

	made_ca_init(&m, IDENTITY_ED25519);
	make(&a, "home/nas", IDENTITY_ED25519);
	make(&thief, "home/tv", IDENTITY_ED25519);
	make(&next, "home/nas", IDENTITY_ED25519);
	ck_assert_int_eq(ask(&a, &thief.key, &next.key, &q), AX_E_CRYPTO);
	ck_assert_int_eq(ask(&a, &next.key, &next.key, &q), AX_E_CRYPTO);
	ck_assert_int_eq(ask(&a, &a.key, &a.key, &q), AX_E_PEER);
	make(&next, "home/nas", IDENTITY_P256);
	ck_assert_int_eq(ask(&a, &a.key, &next.key, &q), AX_E_PEER);
	ck_assert_int_eq(ask(&a, &next.key, &next.key, &q), AX_E_UNSUPPORTED);
	tmpdir_remove(&m.tmp);
}
END_TEST

/* The same with more in the inner request than a key. */
static int
ask_with(const struct agent *a, struct slice csr, struct renewal *q)
{
	static struct buf b;
	uint8_t head[2] = {(uint8_t)(a->n >> 8), (uint8_t)a->n};
	struct err e;

	buf_fini(&b);
	buf_init(&b);
	ck_assert_int_eq(buf_append(&b, head, 2), 0);
	ck_assert_int_eq(buf_append(&b, a->certificate, a->n), 0);
	ck_assert_int_eq(key_sign(&a->key, csr, &b, &e), 0);
	return renewal_read(buf_slice(&b), q, &e);
}

START_TEST(renewal_holds_a_key_and_nothing_else)
{
	static const uint8_t name[] = {0x31, 0x0c, 0x30, 0x0a, 6, 3, 0x55, 4, 3,
	    0x0c, 3, 't', 'v', 's'};
	uint8_t mem[512];
	struct agent a, next;
	struct renewal q;
	struct der_out o;
	struct buf csr;
	struct err e;

	made_ca_init(&m, IDENTITY_ED25519);
	make(&a, "home/nas", IDENTITY_ED25519);
	make(&next, "home/nas", IDENTITY_ED25519);
	for (int named = 0; named < 2; named++) {
		der_out_init(&o, mem, sizeof(mem));
		der_out_tlv(&o, DER_CONTEXT_CONS(0), slice_of(NULL, 0));
		pubkey_write(&o, &next.key.public);
		der_out_tlv(&o, DER_SEQUENCE,
		    slice_of(name, named ? sizeof(name) : 0));
		der_out_u64(&o, 0);
		der_out_wrap(&o, DER_SEQUENCE, 0);
		buf_init(&csr);
		ck_assert_int_eq(
		    key_sign(&next.key, der_out_slice(&o), &csr, &e), 0);
		ck_assert_int_eq(ask_with(&a, buf_slice(&csr), &q),
		    named ? AX_E_PEER : 0);
		buf_fini(&csr);
	}
	buf_init(&csr);
	ck_assert_int_eq(
	    csr_write_bound(&next.key, slice_str("binding"), &csr, &e), 0);
	ck_assert_int_eq(ask_with(&a, buf_slice(&csr), &q), AX_E_PEER);
	buf_fini(&csr);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(renewal_survives_flipped_and_missing_bytes)
{
	struct agent a, next;
	struct renewal q;
	struct buf b;
	struct err e;
	uint8_t *p;

	made_ca_init(&m, IDENTITY_ED25519);
	make(&a, "home/nas", IDENTITY_ED25519);
	make(&next, "home/nas", IDENTITY_ED25519);
	buf_init(&b);
	ck_assert_int_eq(renewal_write(der_of(&a), &a.key, &next.key, &b, &e), 0);
	for (size_t n = 0; n < buf_len(&b); n++)
		ck_assert_int_lt(
		    renewal_read(slice_of(buf_slice(&b).p, n), &q, &e), 0);
	p = b.mem + b.head;
	/* Behind the certificate, every bit is under a signature. */
	for (size_t i = 2 + a.n; i < buf_len(&b); i++) {
		p[i] ^= 0x10;
		ck_assert_int_lt(renewal_read(buf_slice(&b), &q, &e), 0);
		p[i] ^= 0x10;
	}
	ck_assert_int_eq(renewal_read(buf_slice(&b), &q, &e), 0);
	ck_assert_int_eq(buf_append(&b, "", 1), 0);
	ck_assert_int_lt(renewal_read(buf_slice(&b), &q, &e), 0);
	buf_fini(&b);
	tmpdir_remove(&m.tmp);
}
END_TEST

CHECK_MAIN("renewal", renewal_tells_who_wants_which_key,
    renewal_needs_the_key_of_the_certificate,
    renewal_holds_a_key_and_nothing_else,
    renewal_survives_flipped_and_missing_bytes)

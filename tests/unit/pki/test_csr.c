/* test_csr.c — requests: honest, odd, tampered. */
#include "pki/csr.h"

#include "../check_main.h"
#include "pki/pem.h"

struct request {
	struct key key;
	const struct pubkey *claimed; /* in it, if not the key's own half */
	const char *subject;          /* DER of the names in it, or none */
	bool attributes;
	unsigned version;
	size_t tail; /* bytes after it */
};

/* Makes it as text. */
static void
make(const struct request *q, struct buf *pem)
{
	uint8_t mem[1024];
	struct der_out o;
	struct buf der;
	struct err e;

	der_out_init(&o, mem, sizeof(mem));
	if (q->attributes)
		der_out_tlv(&o, DER_CONTEXT_CONS(0),
		    slice_of("\x30\x0b\6\3\x55\x1d\x25\x31\4\4\2\x30\0", 13));
	pubkey_write(&o, q->claimed ? q->claimed : &q->key.public);
	der_out_tlv(&o, DER_SEQUENCE, slice_str(q->subject ? q->subject : ""));
	der_out_u64(&o, q->version);
	der_out_wrap(&o, DER_SEQUENCE, 0);
	buf_init(&der);
	ck_assert_int_eq(key_sign(&q->key, der_out_slice(&o), &der, &e), 0);
	for (size_t i = 0; i < q->tail; i++)
		ck_assert_int_eq(buf_append(&der, "", 1), 0);
	buf_init(pem);
	ck_assert_int_eq(pem_write(pem, PEM_REQUEST, buf_slice(&der)), 0);
	buf_fini(&der);
}

static int
try(struct request *q, struct pubkey *out)
{
	struct buf pem;
	struct err e;
	int r;

	make(q, &pem);
	r = csr_read_pem(buf_slice(&pem), out, &e);
	buf_fini(&pem);
	return r;
}

static void
new_key(struct request *q, enum identity_key type)
{
	struct err e;

	*q = (struct request){0};
	ck_assert_int_eq(key_generate(type, &q->key, &e), 0);
}

START_TEST(csr_gives_the_key_of_an_honest_request)
{
	struct request q;
	struct pubkey k;

	for (int type = IDENTITY_ED25519; type <= IDENTITY_P256; type++) {
		new_key(&q, (enum identity_key)type);
		q.attributes = true;
		ck_assert_int_eq(try(&q, &k), 0);
		ck_assert(pubkey_eq(&k, &q.key.public));
	}
}
END_TEST

START_TEST(csr_does_not_care_what_the_subject_says)
{
	static const char *const subjects[] = {"", "\x31\0",
	    "nonsense, not DER", "\x31\x0d\x30\x0b\6\3\x55\4\3\x0c\4root"};
	struct request q;
	struct pubkey k;

	for (size_t i = 0; i < ARRAY_LEN(subjects); i++) {
		new_key(&q, IDENTITY_ED25519);
		q.attributes = true;
		q.subject = subjects[i];
		ck_assert_int_eq(try(&q, &k), 0);
	}
}
END_TEST

START_TEST(csr_is_refused_whichever_bit_was_changed)
{
	struct request q;
	struct pubkey k;
	struct buf pem;
	uint8_t der[1024];
	struct err e;
	size_t n;

	for (int type = IDENTITY_ED25519; type <= IDENTITY_P256; type++) {
		new_key(&q, (enum identity_key)type);
		q.attributes = true;
		make(&q, &pem);
		ck_assert_int_eq(pem_read(buf_slice(&pem), PEM_REQUEST, der,
				     sizeof(der), &n, &e),
		    0);
		buf_fini(&pem);
		for (size_t bit = 0; bit < n * 8; bit += 3) {
			der[bit / 8] ^= (uint8_t)(1u << bit % 8);
			ck_assert_int_eq(
			    pem_write(&pem, PEM_REQUEST, slice_of(der, n)), 0);
			ck_assert_msg(csr_read_pem(buf_slice(&pem), &k, &e) < 0,
			    "bit %zu", bit);
			buf_fini(&pem);
			der[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
}
END_TEST

START_TEST(csr_is_refused_when_its_form_is_wrong)
{
	struct request q;
	struct pubkey k;

	new_key(&q, IDENTITY_ED25519);
	ck_assert_int_eq(try(&q, &k), AX_E_SYNTAX); /* no attributes at all */
	q.attributes = true;
	q.version = 1;
	ck_assert_int_eq(try(&q, &k), AX_E_SYNTAX);
	q.version = 0;
	q.tail = 1;
	ck_assert_int_eq(try(&q, &k), AX_E_SYNTAX);
	q.tail = 0;
	ck_assert_int_eq(try(&q, &k), 0);
}
END_TEST

START_TEST(csr_signed_by_another_key_is_refused)
{
	struct request q, other;
	struct pubkey k;

	new_key(&q, IDENTITY_ED25519);
	new_key(&other, IDENTITY_ED25519);
	q.attributes = true;
	q.claimed = &other.key.public;
	ck_assert_int_eq(try(&q, &k), AX_E_CRYPTO);
}
END_TEST

START_TEST(csr_must_be_text)
{
	struct pubkey k;
	struct err e;

	ck_assert_int_eq(
	    csr_read_pem(slice_of("\x30\0", 2), &k, &e), AX_E_SYNTAX);
	ck_assert_int_eq(csr_read_pem(slice_of(NULL, 0), &k, &e), AX_E_SYNTAX);
}
END_TEST

START_TEST(csr_of_one_connection_is_refused_on_another)
{
	uint8_t here[32] = {1}, there[32] = {2};
	struct request q;
	struct pubkey k;
	struct buf der, pem;
	struct err e;

	for (int type = IDENTITY_ED25519; type <= IDENTITY_P256; type++) {
		new_key(&q, (enum identity_key)type);
		buf_init(&der);
		ck_assert_int_eq(csr_write_bound(
		    &q.key, slice_of(here, 32), &der, &e), 0);
		ck_assert_int_eq(csr_read_bound(buf_slice(&der),
		    slice_of(here, 32), &k, &e), 0);
		ck_assert(pubkey_eq(&k, &q.key.public));
		ck_assert_int_eq(csr_read_bound(buf_slice(&der),
		    slice_of(there, 32), &k, &e), AX_E_PEER);
		/* What binds it is signed too. */
		der.mem[der.tail - 80] ^= 1;
		ck_assert_int_lt(csr_read_bound(buf_slice(&der),
		    slice_of(here, 32), &k, &e), 0);
		der.mem[der.tail - 80] ^= 1;
		/* For the operator it is a request like any other. */
		buf_init(&pem);
		ck_assert_int_eq(
		    pem_write(&pem, PEM_REQUEST, buf_slice(&der)), 0);
		ck_assert_int_eq(csr_read_pem(buf_slice(&pem), &k, &e), 0);
		buf_fini(&pem);
		buf_fini(&der);
	}
}
END_TEST

CHECK_MAIN("csr", csr_gives_the_key_of_an_honest_request,
    csr_does_not_care_what_the_subject_says,
    csr_is_refused_whichever_bit_was_changed,
    csr_is_refused_when_its_form_is_wrong, csr_signed_by_another_key_is_refused,
    csr_must_be_text, csr_of_one_connection_is_refused_on_another)

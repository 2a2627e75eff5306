/* test_voucher.c — the secret, the request that it signs, and what a signer makes of
 * it. */
#include "enrol/voucher.h"

#include "../check_main.h"
#include "../pki/made_ca.h"
#include "enrol/message.h"
#include "enrol/signer.h"
#include "pki/csr.h"
#include "pki/vouchers.h"

#define LIFE 600
#define HOUR 3600

static struct made_ca m;
static struct signer_rate rate;

/* --- the secret and the request ------------------------------------------------- */

START_TEST(a_secret_stands_for_one_key)
{
	char text[VOUCHER_TEXT], other[VOUCHER_TEXT];
	struct pubkey made, another;
	struct key key;
	struct err e;

	ck_assert_int_eq(voucher_make(text, &made, &e), 0);
	ck_assert_int_eq(voucher_make(other, &another, &e), 0);
	ck_assert_str_ne(text, other);
	ck_assert_uint_eq(strlen(text), VOUCHER_TEXT - 1);
	ck_assert_int_eq(voucher_parse(text, &key, &e), 0);
	ck_assert(pubkey_eq(&key.public, &made));
	for (char *p = text; *p != '\0'; p++)
		*p = (char)(*p >= 'A' && *p <= 'Z' ? *p | 0x20 : *p);
	ck_assert_int_eq(voucher_parse(text, &key, &e), 0);
	ck_assert(pubkey_eq(&key.public, &made));
	ck_assert_int_eq(voucher_parse(other, &key, &e), 0);
	ck_assert(!pubkey_eq(&key.public, &made));
	other[3] = '\0';
	ck_assert_int_eq(voucher_parse(other, &key, &e), AX_E_RANGE);
	ck_assert_int_eq(voucher_parse("", &key, &e), AX_E_RANGE);
	key_forget(&key);
}
END_TEST

/* As in doc/ENROLMENT. */
START_TEST(the_key_of_a_secret_never_changes)
{
	static const uint8_t want[4] = { 0x85, 0xb0, 0x46, 0x56 };
	struct key key;
	struct err e;

	ck_assert_int_eq(voucher_parse("0000-0000-0000-0000-0000-0000-0000-0001", &key,
			     &e), 0);
	ck_assert_mem_eq(key.public.bytes, want, sizeof(want));
	key_forget(&key);
}
END_TEST

static struct key
new_key(void)
{
	struct key k;
	struct err e;

	ck_assert_int_eq(key_generate(IDENTITY_ED25519, &k, &e), 0);
	return k;
}

START_TEST(a_request_is_good_for_its_key_alone)
{
	struct key voucher = new_key(), mine = new_key(), thief = new_key();
	struct voucher_request q;
	struct buf b, csr;
	struct err e;
	uint8_t *p;

	buf_init(&b);
	buf_init(&csr);
	ck_assert_int_eq(voucher_write(&voucher, &mine, &b, &e), 0);
	ck_assert_int_eq(voucher_read(buf_slice(&b), &q, &e), 0);
	ck_assert(pubkey_eq(&q.by, &voucher.public));
	ck_assert(pubkey_eq(&q.key, &mine.public));
	for (size_t n = 0; n < buf_len(&b); n++)
		ck_assert_int_lt(voucher_read(slice_of(buf_slice(&b).p, n), &q, &e), 0);
	p = (uint8_t *)(uintptr_t)buf_slice(&b).p;
	for (size_t i = 0; i < buf_len(&b); i++) {
		p[i] ^= 1;
		ck_assert_int_lt(voucher_read(buf_slice(&b), &q, &e), 0);
		p[i] ^= 1;
	}
	/* What the voucher's key has signed, around another's request. */
	ck_assert_int_eq(csr_write_bare(&thief, &csr, &e), 0);
	buf_fini(&b);
	ck_assert_int_eq(buf_append(&b, voucher.public.bytes, 32), 0);
	ck_assert_int_eq(key_sign(&thief, buf_slice(&csr), &b, &e), 0);
	ck_assert_int_eq(voucher_read(buf_slice(&b), &q, &e), AX_E_CRYPTO);
	buf_fini(&b);
	ck_assert_int_eq(voucher_write(&voucher, &voucher, &b, &e), 0);
	ck_assert_int_eq(voucher_read(buf_slice(&b), &q, &e), AX_E_PEER);
	buf_fini(&b);
	buf_fini(&csr);
}
END_TEST

/* --- the signer ------------------------------------------------------------------- */

static struct key
issue(const char *as, int64_t for_s)
{
	struct key k = new_key();
	struct agent_name name;
	struct vouchers v;
	struct voucher *it;
	struct ca ca;
	struct err e;

	made_ca_open(&m, NOW, &ca);
	ck_assert_int_eq(agent_name_parse(as, &name, &e), 0);
	ck_assert_int_eq(vouchers_open(&ca, &v, &e), 0);
	ck_assert_int_eq(vouchers_add(&v, &name, &k.public, NOW + for_s, &it, &e), 0);
	vouchers_close(&v);
	ca_close(&ca);
	return k;
}

static uint16_t
ask_for(const struct key *voucher, const struct key *key, int64_t now_s,
    struct signer_answer *out)
{
	struct signer_policy p = { m.path, LIFE, 3, 0 };
	struct err e = { 0 };
	struct buf b;

	buf_init(&b);
	ck_assert_int_eq(voucher_write(voucher, key, &b, &e), 0);
	signer_vouch(&p, &rate, buf_slice(&b), now_s, AX_NS_PER_S, out, &e);
	buf_fini(&b);
	ck_assert((out->why == 0) == (buf_len(&out->certificate) > 0));
	ck_assert(out->why == 0 || e.text[0] != '\0');
	return out->why;
}

static uint16_t
ask(const struct key *voucher, int64_t now_s)
{
	struct key key = new_key();
	struct signer_answer out;
	uint16_t why = ask_for(voucher, &key, now_s, &out);

	buf_fini(&out.certificate);
	return why;
}

static void
set_up(void)
{
	rate = (struct signer_rate){ 0 };
	made_ca_init(&m, IDENTITY_ED25519);
}

START_TEST(whose_the_certificate_is_the_voucher_says)
{
	struct key voucher, key = new_key();
	struct signer_answer out;
	struct identity id;
	struct err e;

	set_up();
	(void)issue("other", HOUR);
	voucher = issue("home/nas", HOUR);
	ck_assert_uint_eq(ask_for(&voucher, &key, NOW + HOUR - 1, &out), 0);
	ck_assert_str_eq(out.agent, "home/nas");
	ck_assert_uint_eq(out.voucher, 2);
	ck_assert_int_eq(identity_agent(buf_slice(&out.certificate), &id, &e), 0);
	ck_assert_str_eq(id.tenant, "home");
	ck_assert_str_eq(id.agent, "nas");
	ck_assert_int_eq(id.not_after, NOW + HOUR - 1 + LIFE);
	buf_fini(&out.certificate);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(a_voucher_is_good_once)
{
	struct key voucher, same = new_key();
	struct signer_answer out;

	set_up();
	voucher = issue("home/nas", HOUR);
	ck_assert_uint_eq(ask_for(&voucher, &same, NOW, &out), 0);
	buf_fini(&out.certificate);
	ck_assert_uint_eq(ask(&voucher, NOW), ENROL_VOUCHER_USED);
	ck_assert_uint_eq(ask_for(&voucher, &same, NOW, &out), ENROL_VOUCHER_USED);
	ck_assert_str_eq(out.agent, "home/nas");
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(a_voucher_is_good_until_its_time_is_over)
{
	struct key voucher, stranger = new_key();

	set_up();
	voucher = issue("home/nas", HOUR);
	ck_assert_uint_eq(ask(&stranger, NOW), ENROL_VOUCHER);
	ck_assert_uint_eq(ask(&voucher, NOW + HOUR), ENROL_VOUCHER_OVER);
	ck_assert_uint_eq(ask(&voucher, NOW + HOUR - 1), 0);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(who_has_to_wait_has_not_used_it)
{
	struct key v[4];

	set_up();
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		v[i] = issue("home/nas", HOUR);
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(ask(&v[i], NOW), 0);
	ck_assert_uint_eq(ask(&v[3], NOW), ENROL_SIGNER);
	rate = (struct signer_rate){ 0 };
	ck_assert_uint_eq(ask(&v[3], NOW), 0);
	tmpdir_remove(&m.tmp);
}
END_TEST

/* A file that nobody can read says nothing for anybody. */
START_TEST(a_torn_file_vouches_for_nobody)
{
	struct key voucher, key = new_key();
	struct signer_answer out;
	struct ca ca;
	struct err e;

	set_up();
	voucher = issue("home/nas", HOUR);
	made_ca_open(&m, NOW, &ca);
	ck_assert_int_eq(store_replace(&ca.dir, "vouchers", STORE_SECRET,
			     slice_str("torn"), &e), 0);
	ca_close(&ca);
	ck_assert_uint_eq(ask_for(&voucher, &key, NOW, &out), ENROL_SIGNER);
	ck_assert_uint_eq(out.retry_s, 0);
	tmpdir_remove(&m.tmp);
}
END_TEST

CHECK_MAIN("enrol/voucher", a_secret_stands_for_one_key,
    the_key_of_a_secret_never_changes, a_request_is_good_for_its_key_alone,
    whose_the_certificate_is_the_voucher_says, a_voucher_is_good_once,
    a_voucher_is_good_until_its_time_is_over, who_has_to_wait_has_not_used_it,
    a_torn_file_vouches_for_nobody)

/* test_signer.c — who gets another certificate, and who does not. */
#include "enrol/signer.h"

#include "../check_main.h"
#include "../pki/made_ca.h"
#include "atlax/error.h"
#include "pki/renewal.h"

#define LIFE 600

static struct made_ca m;

struct agent {
	struct key key;
	uint8_t certificate[CERT_MAX];
	size_t n;
	size_t row;
};

static void
issue(const struct made_ca *by, const char *as, struct agent *a)
{
	struct agent_name name;
	struct ca_issued c;
	struct ca ca;
	struct err e;

	made_ca_open(by, NOW, &ca);
	ck_assert_int_eq(key_generate(IDENTITY_ED25519, &a->key, &e), 0);
	ck_assert_int_eq(agent_name_parse(as, &name, &e), 0);
	ck_assert_int_eq(ca_issue_agent(&ca, &name, &a->key.public, 10, &c, &e), 0);
	ck_assert_int_eq(pem_read(buf_slice(&c.pem), PEM_CERTIFICATE,
			     a->certificate, CERT_MAX, &a->n, &e), 0);
	a->row = (size_t)(c.row - ca.db.rows);
	buf_fini(&c.pem);
	ca_close(&ca);
}

static struct signer_rate rate;
static int64_t grace;

/* a asks days after NOW; what it gets is in *out, which the caller ends. */
static uint16_t
ask_for(const struct agent *a, const struct key *next, int64_t days,
    struct signer_answer *out)
{
	struct signer_policy p = { m.path, LIFE, 3, grace };
	struct err e = { 0 };
	struct buf b;

	buf_init(&b);
	ck_assert_int_eq(renewal_write(slice_of(a->certificate, a->n), &a->key,
			     next, &b, &e), 0);
	signer_decide(&p, &rate, buf_slice(&b), NOW + days * CA_DAY_S,
	    AX_NS_PER_S, out, &e);
	buf_fini(&b);
	ck_assert((out->why == 0) == (buf_len(&out->certificate) > 0));
	ck_assert(out->why == 0 || e.text[0] != '\0');
	return out->why;
}

static uint16_t
ask(const struct agent *a, int64_t days)
{
	struct signer_answer out;
	struct key next;
	struct err e;

	ck_assert_int_eq(key_generate(IDENTITY_ED25519, &next, &e), 0);
	(void)ask_for(a, &next, days, &out);
	buf_fini(&out.certificate);
	return out.why;
}

static size_t
rows(void)
{
	struct db db;
	struct err e;
	size_t n;

	ck_assert_int_eq(ca_read_db(m.path, &db, &e), 0);
	n = db.n;
	db_fini(&db);
	return n;
}

static void
set_up(struct agent *a)
{
	rate = (struct signer_rate){ 0 };
	grace = 7 * CA_DAY_S;
	made_ca_init(&m, IDENTITY_ED25519);
	issue(&m, "home/nas", a);
}

START_TEST(signer_makes_the_next_certificate)
{
	struct signer_answer out;
	struct agent a;
	struct key next;
	struct identity id;
	struct err e;
	size_t before;

	set_up(&a);
	before = rows();
	ck_assert_int_eq(key_generate(IDENTITY_ED25519, &next, &e), 0);
	ck_assert_uint_eq(ask_for(&a, &next, 7, &out), 0);
	ck_assert_str_eq(out.agent, "home/nas");
	ck_assert_int_eq(identity_agent(buf_slice(&out.certificate), &id, &e), 0);
	ck_assert_str_eq(id.tenant, "home");
	ck_assert_str_eq(id.agent, "nas");
	ck_assert_int_eq(id.not_after, NOW + 7 * CA_DAY_S + LIFE);
	ck_assert_uint_eq(rows(), before + 1);
	buf_fini(&out.certificate);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(signer_wants_half_of_a_life_to_be_over)
{
	struct signer_answer out;
	struct agent a;
	struct key next;
	struct err e;

	set_up(&a);
	ck_assert_int_eq(key_generate(IDENTITY_ED25519, &next, &e), 0);
	ck_assert_uint_eq(ask_for(&a, &next, 4, &out), AX_RENEW_EARLY);
	ck_assert_uint_eq(out.retry_s, UINT16_MAX);
	ck_assert_uint_eq(ask(&a, 5), 0);
	ck_assert_uint_eq(ask(&a, 10), 0);
	tmpdir_remove(&m.tmp);
}
END_TEST

/* It has ten days, and an hour before the first. */
START_TEST(signer_renews_what_is_over_for_a_while)
{
	static const struct {
		int64_t grace, day;
		uint16_t why;
	} rows[] = { { 7, -1, AX_RENEW_UNKNOWN }, { 0, 10, 0 },
		{ 0, 11, AX_RENEW_LATE }, { 7, 11, 0 }, { 7, 17, 0 },
		{ 7, 18, AX_RENEW_LATE },
		/* Never for longer than it was good. */
		{ 30, 20, 0 }, { 30, 21, AX_RENEW_LATE } };
	struct agent a;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		set_up(&a);
		grace = rows[i].grace * CA_DAY_S;
		ck_assert_msg(ask(&a, rows[i].day) == rows[i].why, "row %zu", i);
		tmpdir_remove(&m.tmp);
	}
}
END_TEST

/* A key of a backup does not come back to life. */
START_TEST(signer_renews_what_is_over_only_if_it_was_the_last)
{
	struct agent a, b;

	set_up(&a);
	issue(&m, "home/nas-2", &b);
	ck_assert_uint_eq(ask(&a, 10), 0);
	ck_assert_uint_eq(ask(&a, 11), AX_RENEW_LATE);
	ck_assert_uint_eq(ask(&b, 11), 0);
	tmpdir_remove(&m.tmp);
}
END_TEST

/* The same bytes again: an answer that was lost, or somebody who has them. All that
 * he can have is for a key that he has not, and not without end.              */
START_TEST(signer_answers_a_late_request_again_but_not_for_ever)
{
	struct signer_answer out;
	struct renewal q = { 0 };
	struct identity id;
	struct agent a;
	struct key next;
	struct err e;
	size_t before;

	set_up(&a);
	before = rows();
	ck_assert_int_eq(key_generate(IDENTITY_ED25519, &next, &e), 0);
	ck_assert_int_eq(identity_agent(slice_of(a.certificate, a.n), &id, &e), 0);
	q.id = id;
	q.key = next.public;
	for (int i = 0; i < SIGNER_LATE_MAX; i++) {
		rate = (struct signer_rate){ 0 };
		ck_assert_uint_eq(ask_for(&a, &next, 12, &out), 0);
		ck_assert_int_eq(
		    renewal_fits(&q, buf_slice(&out.certificate), &e), 0);
		buf_fini(&out.certificate);
	}
	rate = (struct signer_rate){ 0 };
	ck_assert_uint_eq(ask_for(&a, &next, 12, &out), AX_RENEW_LATE);
	ck_assert_uint_eq(rows(), before + SIGNER_LATE_MAX);
	tmpdir_remove(&m.tmp);
}
END_TEST

/* Also when that was said after it had expired. */
START_TEST(signer_renews_nothing_late_that_is_revoked)
{
	struct agent_name name;
	struct agent a;
	struct ca ca;
	struct err e;

	set_up(&a);
	ck_assert_int_eq(agent_name_parse("home/nas", &name, &e), 0);
	ck_assert_int_eq(ca_open(m.path, NOW + 11 * CA_DAY_S, &ca, &e), 0);
	ck_assert_int_eq(ca_revoke_agent(&ca, &name, &e), 0);
	ca_close(&ca);
	ck_assert_uint_eq(ask(&a, 12), AX_RENEW_UNKNOWN);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(signer_renews_nothing_that_is_revoked)
{
	struct agent_name name;
	struct agent a;
	struct ca ca;
	struct err e;
	size_t n;

	set_up(&a);
	made_ca_open(&m, NOW, &ca);
	ck_assert_int_eq(agent_name_parse("home", &name, &e), 0);
	ck_assert_int_eq(ca_revoke_agent(&ca, &name, &e), 0);
	ca_close(&ca);
	n = rows();
	ck_assert_uint_eq(ask(&a, 7), AX_RENEW_UNKNOWN);
	ck_assert_uint_eq(rows(), n);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(signer_knows_its_own_certificates)
{
	struct made_ca other;
	struct agent a, stranger;
	struct key k;
	uint8_t *serial;
	struct identity id;
	struct err e;

	set_up(&a);
	made_ca_init(&other, IDENTITY_ED25519);
	issue(&other, "home/nas", &stranger);
	ck_assert_uint_eq(ask(&stranger, 7), AX_RENEW_UNKNOWN);
	/* Somebody else's CA makes one of the same name and number. */
	ck_assert_int_eq(
	    identity_agent(slice_of(a.certificate, a.n), &id, &e), 0);
	serial = memmem(stranger.certificate, stranger.n, "\x02\x10", 2);
	ck_assert_ptr_nonnull(serial);
	memcpy(serial + 2, id.serial, CERT_SERIAL_LEN);
	k = stranger.key;
	ck_assert_uint_eq(ask(&stranger, 7), AX_RENEW_UNKNOWN);
	/* Or the relay shows what it has seen, without the key. */
	stranger = a;
	stranger.key = k;
	ck_assert_uint_eq(ask(&stranger, 7), AX_RENEW_MALFORMED);
	tmpdir_remove(&other.tmp);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(signer_wants_a_new_key)
{
	struct signer_answer out;
	struct agent a;

	set_up(&a);
	ck_assert_uint_eq(ask_for(&a, &a.key, 7, &out), AX_RENEW_FOREIGN);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(signer_has_a_pace)
{
	struct agent a;

	set_up(&a);
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(ask(&a, 7), 0);
	ck_assert_uint_eq(ask(&a, 7), AX_RENEW_BUSY);
	/* Who is refused for another reason takes nobody's turn. */
	rate = (struct signer_rate){ 0 };
	for (int i = 0; i < 5; i++)
		ck_assert_uint_eq(ask(&a, 1), AX_RENEW_EARLY);
	ck_assert_uint_eq(ask(&a, 7), 0);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(signer_without_its_ca_says_so)
{
	struct agent a;

	set_up(&a);
	tmpdir_remove(&m.tmp);
	ck_assert_uint_eq(ask(&a, 7), AX_RENEW_FAILED);
}
END_TEST

CHECK_MAIN("signer", signer_makes_the_next_certificate,
    signer_wants_half_of_a_life_to_be_over, signer_renews_what_is_over_for_a_while,
    signer_renews_what_is_over_only_if_it_was_the_last,
    signer_answers_a_late_request_again_but_not_for_ever,
    signer_renews_nothing_late_that_is_revoked,
    signer_renews_nothing_that_is_revoked, signer_knows_its_own_certificates,
    signer_wants_a_new_key, signer_has_a_pace, signer_without_its_ca_says_so)

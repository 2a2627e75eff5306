/* test_pair.c — key and certificate replaced together, stopped between any two
 * steps. That a kill inside a step changes nothing: tests/integration/pair-kill. */
#include "pki/pair.h"

#include "../check_main.h"
#include "made_ca.h"

struct agent {
	struct made_ca ca;
	char certificate[128], key[128], next[128];
	struct pair_paths at;
	struct key old, new;
	struct buf fresh; /* DER, for new */
};

static void
issue(struct agent *a, const struct key *k, struct buf *der)
{
	uint8_t mem[CERT_MAX];
	struct agent_name name;
	struct ca_issued c;
	struct ca ca;
	struct err e;
	size_t n;

	made_ca_open(&a->ca, NOW, &ca);
	ck_assert_int_eq(agent_name_parse("home/nas", &name, &e), 0);
	ck_assert_int_eq(ca_issue_agent(&ca, &name, &k->public, 9, &c, &e), 0);
	ck_assert_int_eq(
	    pem_read(buf_slice(&c.pem), PEM_CERTIFICATE, mem, CERT_MAX, &n, &e), 0);
	buf_init(der);
	ck_assert_int_eq(buf_append(der, mem, n), 0);
	buf_fini(&c.pem);
	ca_close(&ca);
}

static void
set_up(struct agent *a)
{
	struct buf der;
	struct err e;

	made_ca_init(&a->ca, IDENTITY_ED25519);
	a->at.certificate = tmpdir_in(&a->ca.tmp, "agent.crt", a->certificate);
	a->at.key = tmpdir_in(&a->ca.tmp, "agent.key", a->key);
	(void)tmpdir_in(&a->ca.tmp, "agent.key.next", a->next);
	ck_assert_int_eq(key_generate(IDENTITY_ED25519, &a->old, &e), 0);
	ck_assert_int_eq(key_generate(IDENTITY_ED25519, &a->new, &e), 0);
	issue(a, &a->old, &der);
	issue(a, &a->new, &a->fresh);
	ck_assert_int_eq(pair_prepare(&a->at, &a->old, &e), 0);
	ck_assert_int_eq(pair_commit(&a->at, buf_slice(&der), &e), 0);
	buf_fini(&der);
}

static void
tear_down(struct agent *a)
{
	buf_fini(&a->fresh);
	tmpdir_remove(&a->ca.tmp);
}

/* What is in force is the pair of k. */
static void
has(const struct agent *a, const struct key *k)
{
	struct pair p;
	struct err e = {0};

	ck_assert_msg(pair_read(&a->at, &p, &e) == 0, "%s", e.text);
	ck_assert(pubkey_eq(&p.key.public, &k->public));
	ck_assert_mem_eq(p.key.secret, k->secret, KEY_SECRET_LEN);
	pair_fini(&p);
	ck_assert_uint_eq(tmpdir_mode(a->key), 0600);
}

START_TEST(pair_is_replaced_by_a_commit)
{
	struct agent a;
	struct err e;

	set_up(&a);
	has(&a, &a.old);
	ck_assert_int_eq(pair_prepare(&a.at, &a.new, &e), 0);
	ck_assert_uint_eq(tmpdir_mode(a.next), 0600);
	has(&a, &a.old);
	ck_assert_int_eq(pair_commit(&a.at, buf_slice(&a.fresh), &e), 0);
	has(&a, &a.new);
	ck_assert_int_eq(pair_settle(&a.at, &e), 0);
	ck_assert_int_ne(access(a.next, F_OK), 0);
	tear_down(&a);
}
END_TEST

START_TEST(pair_that_was_only_prepared_is_the_old_one)
{
	struct agent a;
	struct err e;

	set_up(&a);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(pair_prepare(&a.at, &a.new, &e), 0);
		ck_assert_int_eq(pair_settle(&a.at, &e), 0);
		has(&a, &a.old);
	}
	tear_down(&a);
}
END_TEST

START_TEST(pair_stopped_after_the_certificate_is_completed)
{
	struct agent a;
	struct pair p;
	struct err e;
	char gone[128];

	set_up(&a);
	ck_assert_int_eq(pair_prepare(&a.at, &a.new, &e), 0);
	/* The last step fails, as if it had not been come to. */
	(void)tmpdir_in(&a.ca.tmp, "gone", gone);
	ck_assert_int_eq(rename(a.next, gone), 0);
	ck_assert_int_eq(
	    pair_commit(&a.at, buf_slice(&a.fresh), &e), AX_E_SYS);
	ck_assert_int_eq(rename(gone, a.next), 0);
	ck_assert_int_eq(pair_read(&a.at, &p, &e), AX_E_CONFIG);
	ck_assert_int_eq(pair_settle(&a.at, &e), 1);
	has(&a, &a.new);
	tear_down(&a);
}
END_TEST

START_TEST(pair_of_files_that_are_not_ours_to_mend_is_left_alone)
{
	struct agent a;
	struct key other;
	struct pair p;
	struct err e;

	set_up(&a);
	ck_assert_int_eq(key_generate(IDENTITY_ED25519, &other, &e), 0);
	ck_assert_int_eq(unlink(a.key), 0);
	ck_assert_int_eq(pair_settle(&a.at, &e), 0);
	ck_assert_int_eq(pair_prepare(&a.at, &other, &e), 0);
	ck_assert_int_eq(pair_settle(&a.at, &e), 0);
	ck_assert_int_eq(pair_read(&a.at, &p, &e), AX_E_NOTFOUND);
	ck_assert_int_eq(unlink(a.certificate), 0);
	ck_assert_int_eq(pair_settle(&a.at, &e), 0);
	tear_down(&a);
}
END_TEST

START_TEST(pair_in_a_directory_that_is_not_ours_stays)
{
	struct agent a;
	struct err e = {0};

	if (geteuid() == 0)
		return; /* everything is */
	set_up(&a);
	ck_assert_int_eq(chmod(a.ca.tmp.path, 0500), 0);
	ck_assert_int_eq(pair_prepare(&a.at, &a.new, &e), AX_E_SYS);
	ck_assert_ptr_nonnull(strstr(e.text, "agent.key.next"));
	ck_assert_int_eq(chmod(a.ca.tmp.path, 0700), 0);
	has(&a, &a.old);
	tear_down(&a);
}
END_TEST

CHECK_MAIN("pair", pair_is_replaced_by_a_commit,
    pair_that_was_only_prepared_is_the_old_one,
    pair_stopped_after_the_certificate_is_completed,
    pair_of_files_that_are_not_ours_to_mend_is_left_alone,
    pair_in_a_directory_that_is_not_ours_stays)

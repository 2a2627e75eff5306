/* test_issuer.c — one CA: its pair of files, the ends it sets, its lists. */
#include "pki/issuer.h"

#include "../check_main.h"
#include "made_ca.h"

static int
sign(
    struct ca *ca, const struct issuer *i, unsigned days, struct ca_issued *out)
{
	struct key k;
	struct err e;
	int r;

	ck_assert_int_eq(key_generate(IDENTITY_ED25519, &k, &e), 0);
	r = issuer_sign(ca, i,
	    &(struct issuer_order){.kind = CERT_AGENT,
		.common_name = "home",
		.names = "home",
		.key = &k.public,
		.life_s = (int64_t)days * CA_DAY_S},
	    out, &e);
	if (r == 0)
		buf_fini(&out->pem);
	return r;
}

START_TEST(issuer_refuses_a_key_of_somebody_else)
{
	struct made_ca m;
	struct issuer i;
	struct ca ca;
	struct err e;

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	ck_assert_int_eq(
	    renameat(ca.dir.fd, "relay-ca.key", ca.dir.fd, "agent-ca.key"), 0);
	ck_assert_int_eq(issuer_load(&ca, CERT_AGENT_CA, &i, &e), AX_E_CONFIG);
	ck_assert_int_eq(
	    issuer_load(&ca, CERT_RELAY_CA, &i, &e), AX_E_NOTFOUND);
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(issuer_refuses_a_key_that_others_may_read)
{
	struct made_ca m;
	struct issuer i;
	struct ca ca;
	struct err e;

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	ck_assert_int_eq(fchmodat(ca.dir.fd, "agent-ca.key", 0644, 0), 0);
	ck_assert_int_eq(issuer_load(&ca, CERT_AGENT_CA, &i, &e), AX_E_CONFIG);
	ck_assert_ptr_nonnull(strstr(e.text, "chmod 600"));
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(issuer_never_signs_past_its_own_end)
{
	struct ca_issued c;
	struct made_ca m;
	struct issuer i;
	struct ca ca;
	struct err e;
	size_t n;

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	ck_assert_int_eq(issuer_load(&ca, CERT_AGENT_CA, &i, &e), 0);
	ck_assert_int_eq(sign(&ca, &i, CA_ISSUER_DAYS, &c), 0);
	ck_assert(!c.shortened);
	ck_assert_int_eq(c.row->not_after, i.cert.not_after);
	ck_assert_int_eq(sign(&ca, &i, CA_ISSUER_DAYS + 1, &c), 0);
	ck_assert(c.shortened);
	ck_assert_int_eq(c.row->not_after, i.cert.not_after);
	n = ca.db.n;
	ca.now_s = i.cert.not_after;
	ck_assert_int_eq(sign(&ca, &i, 1, &c), AX_E_CONFIG);
	ck_assert_uint_eq(ca.db.n, n); /* a failure is not listed */
	issuer_fini(&i);
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(issuer_makes_short_lives_whole)
{
	struct ca_issued c;
	struct made_ca m;
	struct db_row old;
	struct ca ca;
	struct key k;
	struct err e;

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	old = ca.db.rows[made_ca_issue(&ca, "home/nas", 1)];
	ck_assert_int_eq(old.not_before, NOW - CA_BACKDATE_S);
	ck_assert_int_eq(key_generate(IDENTITY_ED25519, &k, &e), 0);
	ck_assert_int_eq(ca_renew_agent(&ca, &old, &k.public, 60, &c, &e), 0);
	ck_assert_int_eq(c.row->not_before, NOW - 6);
	ck_assert_int_eq(c.row->not_after, NOW + 60);
	ck_assert_str_eq(c.row->names, "home/nas");
	ck_assert_ptr_eq(ca_find(&ca, c.row->serial), c.row);
	buf_fini(&c.pem);
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(issuer_lists_a_revocation_until_it_cannot_matter)
{
	uint8_t mem[4096];
	struct made_ca m;
	struct issuer i;
	struct db_row *row;
	struct ca ca;
	struct crl crl;
	struct err e;
	size_t at;

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	ck_assert_int_eq(issuer_load(&ca, CERT_AGENT_CA, &i, &e), 0);
	at = made_ca_issue(&ca, "home", 1);
	row = &ca.db.rows[at];
	row->revoked = NOW;
	for (int day = 0; day < 400; day += 100) {
		ca.now_s = NOW + day * CA_DAY_S;
		ca.db.crl_number++;
		ck_assert_int_eq(
		    issuer_write_crl(&ca, &i, ca.now_s + 60, &e), 0);
		made_ca_crl(&ca, "agent.crl", mem, sizeof(mem), &crl);
		ck_assert_int_eq(crl.next_update, ca.now_s + 60);
		ck_assert(
		    crl_has(&crl, slice_of(row->serial, CERT_SERIAL_LEN)));
	}
	ca.now_s = row->not_after + (int64_t)CA_CRL_DAYS_MAX * CA_DAY_S + 1;
	ck_assert_int_eq(issuer_write_crl(&ca, &i, ca.now_s + 60, &e), 0);
	made_ca_crl(&ca, "agent.crl", mem, sizeof(mem), &crl);
	ck_assert_uint_eq(crl.entries.n, 0);
	issuer_fini(&i);
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

CHECK_MAIN("issuer", issuer_refuses_a_key_of_somebody_else,
    issuer_refuses_a_key_that_others_may_read,
    issuer_never_signs_past_its_own_end, issuer_makes_short_lives_whole,
    issuer_lists_a_revocation_until_it_cannot_matter)

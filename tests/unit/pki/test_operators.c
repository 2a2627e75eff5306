/* test_operators.c — the CA for operators, beside the others. */
#include <unistd.h>

#include "../check_main.h"
#include "made_ca.h"

#define MEM 8192

/* Its row's index in the database; the certificate to mem, if that is wanted. */
static size_t
issue(struct ca *ca, const char *name, uint8_t *mem, size_t *n)
{
	struct agent_name as;
	struct ca_issued c;
	struct err e = {0};
	struct key k;

	ck_assert_int_eq(operator_name_parse(name, &as, &e), 0);
	ck_assert_int_eq(key_generate(IDENTITY_ED25519, &k, &e), 0);
	ck_assert_msg(
	    ca_issue_operator(ca, &as, &k, 30, &c, &e) == 0, "%s", e.text);
	if (mem != NULL)
		ck_assert_int_eq(pem_read(buf_slice(&c.pem), PEM_CERTIFICATE, mem,
				     CERT_MAX, n, &e),
		    0);
	buf_fini(&c.pem);
	return (size_t)(c.row - ca->db.rows);
}

static bool
is_listed(const struct ca *ca, const char *crl, size_t row)
{
	uint8_t mem[MEM];
	struct crl c;

	made_ca_crl(ca, crl, mem, sizeof(mem), &c);
	return crl_has(&c, slice_of(ca->db.rows[row].serial, CERT_SERIAL_LEN));
}

static uint64_t
number(const struct ca *ca)
{
	uint8_t mem[MEM];
	struct crl c;

	made_ca_crl(ca, "operator.crl", mem, sizeof(mem), &c);
	return c.number;
}

static void
expel(struct ca *ca, const char *name, int want)
{
	struct agent_name as;
	struct err e;

	ck_assert_int_eq(operator_name_parse(name, &as, &e), 0);
	ck_assert_int_eq(ca_revoke_operator(ca, &as, &e), want);
}

START_TEST(operators_have_a_ca_of_their_own_once_there_is_one)
{
	uint8_t mem[CERT_MAX], issuer[CERT_MAX], agents[CERT_MAX];
	struct pubkey key;
	struct cert c, by, other;
	struct identity id;
	struct made_ca m;
	struct slice tbs;
	struct ca ca;
	struct der d;
	struct err e;
	size_t n, first;

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	ck_assert(!ca_has_operators(&ca));
	ck_assert(!store_has(&ca.dir, "operator-ca.crt"));
	first = issue(&ca, "alice", mem, &n);
	ck_assert(ca_has_operators(&ca));
	ck_assert_int_eq(identity_operator(slice_of(mem, n), &id, &e), 0);
	ck_assert_str_eq(id.agent, "alice");
	ck_assert_int_eq(cert_walk(slice_of(mem, n), &c, &e), 0);
	ck_assert_int_eq(cert_walk(made_ca_der(&ca, "operator-ca.crt",
	    PEM_CERTIFICATE, issuer, sizeof(issuer)), &by, &e), 0);
	ck_assert_int_eq(cert_walk(made_ca_der(&ca, "agent-ca.crt",
	    PEM_CERTIFICATE, agents, sizeof(agents)), &other, &e), 0);
	der_init(&d, by.spki);
	ck_assert_int_eq(pubkey_read(&d, &key, &e), 0);
	ck_assert_int_eq(pubkey_open(&key, slice_of(mem, n), &tbs, &e), 0);
	ck_assert(!slice_eq(by.subject, other.subject));
	der_init(&d, other.spki);
	ck_assert_int_eq(pubkey_read(&d, &key, &e), 0);
	ck_assert_int_lt(pubkey_open(&key, slice_of(mem, n), &tbs, &e), 0);
	ck_assert(!is_listed(&ca, "operator.crl", first));
	/* The second one needs no root, and is of the same CA. */
	ck_assert_int_eq(unlinkat(ca.dir.fd, "root.key", 0), 0);
	(void)issue(&ca, "bob", mem, &n);
	ck_assert_int_eq(cert_walk(slice_of(mem, n), &c, &e), 0);
	ck_assert(slice_eq(c.issuer, by.subject));
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(operators_need_a_root_for_the_first)
{
	struct agent_name as;
	struct ca_issued c;
	struct made_ca m;
	struct key k;
	struct ca ca;
	struct err e;

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	ck_assert_int_eq(unlinkat(ca.dir.fd, "root.key", 0), 0);
	ck_assert_int_eq(operator_name_parse("alice", &as, &e), 0);
	ck_assert_int_eq(key_generate(IDENTITY_ED25519, &k, &e), 0);
	ck_assert_int_eq(
	    ca_issue_operator(&ca, &as, &k, 30, &c, &e), AX_E_NOTFOUND);
	ck_assert_ptr_nonnull(strstr(e.text, "root.key"));
	ck_assert(!store_has(&ca.dir, "operator-ca.key"));
	expel(&ca, "alice", AX_E_NOTFOUND);
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

/* Killed between the key of the CA and its certificate, or before the list. */
START_TEST(operators_complete_a_ca_that_was_cut_short)
{
	struct made_ca m;
	struct buf was, is;
	struct ca ca;
	struct err e;

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	(void)issue(&ca, "alice", NULL, NULL);
	buf_init(&was);
	buf_init(&is);
	ck_assert_int_eq(
	    store_read(&ca.dir, "operator-ca.key", STORE_SECRET, &was, &e), 0);
	ck_assert_int_eq(unlinkat(ca.dir.fd, "operator-ca.crt", 0), 0);
	ck_assert_int_eq(unlinkat(ca.dir.fd, "operator.crl", 0), 0);
	(void)issue(&ca, "bob", NULL, NULL);
	ck_assert_int_eq(
	    store_read(&ca.dir, "operator-ca.key", STORE_SECRET, &is, &e), 0);
	ck_assert(slice_eq(buf_slice(&was), buf_slice(&is)));
	ck_assert(store_has(&ca.dir, "operator.crl"));
	buf_fini(&was);
	buf_fini(&is);
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(operators_are_revoked_by_name_and_nobody_else_is)
{
	size_t alice, bob, agent, again;
	struct made_ca m;
	struct ca ca;

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	agent = made_ca_issue(&ca, "alice", 30); /* a tenant of the same name */
	alice = issue(&ca, "alice", NULL, NULL);
	bob = issue(&ca, "bob", NULL, NULL);
	expel(&ca, "alice", 0);
	ck_assert(is_listed(&ca, "operator.crl", alice));
	ck_assert(!is_listed(&ca, "operator.crl", bob));
	ck_assert_int_eq(ca.db.rows[agent].revoked, 0);
	ck_assert(!is_listed(&ca, "agent.crl", alice));
	expel(&ca, "carol", AX_E_NOTFOUND);
	again = issue(&ca, "alice", NULL, NULL);
	ck_assert_int_gt(ca.db.rows[again].not_before, ca.db.rows[bob].not_before);
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(operators_keep_their_list_and_ca_with_the_others)
{
	uint8_t mem[CERT_MAX], mem2[CERT_MAX];
	struct cert was, is;
	struct ca_issued c;
	struct made_ca m;
	uint64_t before;
	struct ca ca;
	struct err e;

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	(void)issue(&ca, "alice", NULL, NULL);
	before = number(&ca);
	ck_assert_int_eq(ca_refresh_crls(&ca, &e), 0);
	ck_assert_uint_gt(number(&ca), before);
	ck_assert_int_eq(cert_walk(made_ca_der(&ca, "operator-ca.crt",
	    PEM_CERTIFICATE, mem, sizeof(mem)), &was, &e), 0);
	ca_close(&ca);
	made_ca_open(&m, NOW + 100 * CA_DAY_S, &ca);
	ck_assert_msg(ca_renew_issuers(&ca, &c, &e) == 0, "%s", e.text);
	ck_assert_int_eq(cert_walk(made_ca_der(&ca, "operator-ca.crt",
	    PEM_CERTIFICATE, mem2, sizeof(mem2)), &is, &e), 0);
	ck_assert(slice_eq(was.spki, is.spki));
	ck_assert(slice_eq(was.subject, is.subject));
	ck_assert_int_gt(is.not_after, was.not_after);
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

CHECK_MAIN("operators", operators_have_a_ca_of_their_own_once_there_is_one,
    operators_need_a_root_for_the_first, operators_complete_a_ca_that_was_cut_short,
    operators_are_revoked_by_name_and_nobody_else_is,
    operators_keep_their_list_and_ca_with_the_others)

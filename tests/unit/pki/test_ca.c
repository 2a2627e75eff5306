/* test_ca.c — issuing, revoking, renewing; what is remembered between them. */
#include "../check_main.h"
#include "made_ca.h"

#define MEM 8192

static void
expel(struct ca *ca, const char *agent, int want)
{
	struct agent_name name;
	struct err e;

	ck_assert_int_eq(agent_name_parse(agent, &name, &e), 0);
	ck_assert_int_eq(ca_revoke_agent(ca, &name, &e), want);
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
number(const struct ca *ca, const char *crl)
{
	uint8_t mem[MEM];
	struct crl c;

	made_ca_crl(ca, crl, mem, sizeof(mem), &c);
	return c.number;
}

START_TEST(ca_issues_what_identity_accepts_and_the_agent_ca_signed)
{
	uint8_t mem[CERT_MAX], mem2[CERT_MAX];
	struct cert leaf, issuer;
	struct agent_name name;
	struct cert_info info;
	struct ca_issued c;
	struct identity id;
	struct made_ca m;
	struct key k;
	struct ca ca;
	struct err e;
	size_t n;

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	ck_assert_int_eq(agent_name_parse("home/nas", &name, &e), 0);
	ck_assert_int_eq(key_generate(IDENTITY_P256, &k, &e), 0);
	ck_assert_int_eq(ca_issue_agent(&ca, &name, &k.public, 10, &c, &e), 0);
	ck_assert_int_eq(pem_read(buf_slice(&c.pem), PEM_CERTIFICATE, mem,
			     sizeof(mem), &n, &e),
	    0);
	ck_assert_int_eq(identity_agent(slice_of(mem, n), &id, &e), 0);
	ck_assert_str_eq(id.tenant, "home");
	ck_assert_str_eq(id.agent, "nas");
	ck_assert_int_eq(id.not_after, NOW + 10 * CA_DAY_S);
	ck_assert(!c.shortened);
	ck_assert_mem_eq(id.serial, c.row->serial, CERT_SERIAL_LEN);

	ck_assert_int_eq(cert_walk(slice_of(mem, n), &leaf, &e), 0);
	ck_assert_int_eq(cert_walk(made_ca_der(&ca, "agent-ca.crt",
				       PEM_CERTIFICATE, mem2, sizeof(mem2)),
			     &issuer, &e),
	    0);
	ck_assert(slice_eq(leaf.issuer, issuer.subject));
	info.key = (struct pubkey){.type = IDENTITY_ED25519, .len = 32};
	memcpy(info.key.bytes, issuer.public_key.p, 32);
	ck_assert_int_eq(
	    pubkey_verify(&info.key, leaf.tbs, leaf.signature, &e), 0);
	buf_fini(&c.pem);
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(ca_remembers_what_it_issued)
{
	struct made_ca m;
	struct ca ca;
	struct db db;
	struct err e;
	size_t i;

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	i = made_ca_issue(&ca, "home/nas", 5);
	ck_assert_int_eq(
	    ca_read_db(m.path, &db, &e), 0); /* no lock is needed */
	ck_assert_uint_eq(db.n, i + 1);
	ck_assert_mem_eq(&db.rows[i], &ca.db.rows[i], sizeof(*db.rows));
	ck_assert_str_eq(db.rows[i].names, "home/nas");
	db_fini(&db);
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(ca_issues_a_second_certificate_for_the_same_agent)
{
	struct made_ca m;
	struct ca ca;
	size_t a, b;

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	a = made_ca_issue(&ca, "home/nas", 5);
	b = made_ca_issue(&ca, "home/nas", 5);
	expel(&ca, "home/nas", 0);
	ck_assert(
	    is_listed(&ca, "agent.crl", a) && is_listed(&ca, "agent.crl", b));
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(ca_revokes_the_agent_or_all_of_the_tenant_and_nobody_else)
{
	static const char *const names[] = {
	    "home", "home/a", "home/ab", "homer/a"};
	struct made_ca m;
	struct ca ca;
	size_t at[4];

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	for (size_t i = 0; i < 4; i++)
		at[i] = made_ca_issue(&ca, names[i], 5);
	expel(&ca, "home/a", 0);
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(is_listed(&ca, "agent.crl", at[i]), i == 1);
	expel(&ca, "home", 0);
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(is_listed(&ca, "agent.crl", at[i]), i != 3);
	expel(&ca, "nobody", AX_E_NOTFOUND);
	expel(&ca, "homer/b", AX_E_NOTFOUND);
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

/* What a relay was told to refuse until NOW must not look so old. */
START_TEST(ca_issues_what_begins_after_the_revocation)
{
	static const struct {
		const char *name;
		int64_t later, begins;
	} rows[] = {
		{ "home/a", 10, NOW + 1 },
		{ "home/new", 10, NOW + 1 }, /* all of a tenant can be meant */
		{ "home/a", 0, NOW },	     /* never in the future */
		{ "home/a", 2 * CA_BACKDATE_S, NOW + CA_BACKDATE_S },
		{ "homer/a", 10, NOW + 10 - CA_BACKDATE_S },
		{ "hom", 10, NOW + 10 - CA_BACKDATE_S },
	};
	struct made_ca m;
	struct ca ca;

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	(void)made_ca_issue(&ca, "home/a", 5);
	expel(&ca, "home/a", 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t at;

		ca.now_s = NOW + rows[i].later;
		at = made_ca_issue(&ca, rows[i].name, 5);
		ck_assert_msg(ca.db.rows[at].not_before == rows[i].begins, "row %zu",
		    i);
	}
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(ca_numbers_only_grow_also_over_a_restart)
{
	uint64_t last = 0;
	struct made_ca m;
	struct ca ca;
	struct err e;

	made_ca_init(&m, IDENTITY_ED25519);
	for (int i = 0; i < 5; i++) {
		made_ca_open(&m, NOW + i, &ca);
		(void)made_ca_issue(&ca, "home/nas", 5);
		if (i % 2)
			expel(&ca, "home", 0);
		else
			ck_assert_int_eq(ca_refresh_crls(&ca, &e), 0);
		ck_assert_uint_gt(number(&ca, "agent.crl"), last);
		last = number(&ca, "agent.crl");
		ca_close(&ca);
	}
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(ca_completes_a_revocation_that_was_cut_short)
{
	struct made_ca m;
	struct ca ca;
	struct err e;
	struct buf old;
	size_t i;

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	i = made_ca_issue(&ca, "home/nas", 5);
	buf_init(&old);
	ck_assert_int_eq(
	    store_read(&ca.dir, "agent.crl", STORE_PUBLIC, &old, &e), 0);
	expel(&ca, "home/nas", 0);
	/* As if we had been killed after the database was written. */
	ck_assert_int_eq(store_replace(&ca.dir, "agent.crl", STORE_PUBLIC,
			     buf_slice(&old), &e),
	    0);
	ck_assert(!is_listed(&ca, "agent.crl", i));
	ca_close(&ca);
	made_ca_open(&m, NOW + 9, &ca);
	expel(&ca, "home/nas", 0);
	ck_assert(is_listed(&ca, "agent.crl", i));
	ck_assert(!ca.db.rows[i].fresh);
	ck_assert_int_eq(ca.db.rows[i].revoked, NOW);
	buf_fini(&old);
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(ca_revokes_one_certificate_by_its_serial)
{
	uint8_t serial[CERT_SERIAL_LEN];
	struct made_ca m;
	struct ca ca;
	struct err e;
	size_t a, b;

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	a = made_ca_issue(&ca, "home/nas", 5);
	b = made_ca_issue(&ca, "home/nas", 5);
	ck_assert_int_eq(ca_revoke_serial(&ca, ca.db.rows[a].serial, &e), 0);
	ck_assert(
	    is_listed(&ca, "agent.crl", a) && !is_listed(&ca, "agent.crl", b));
	for (size_t i = 0; i < 4; i++) /* root, two CAs; then the relay */
		ck_assert_int_eq(
		    ca_revoke_serial(&ca, ca.db.rows[i].serial, &e),
		    i < 3 ? AX_E_UNSUPPORTED : 0);
	ck_assert(is_listed(&ca, "relay.crl", 3));
	ck_assert(!is_listed(&ca, "agent.crl", 3));
	cert_serial(serial);
	ck_assert_int_eq(ca_revoke_serial(&ca, serial, &e), AX_E_NOTFOUND);
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

/* It could still be renewed (enrol/signer.h). */
START_TEST(ca_revokes_what_has_just_expired)
{
	struct made_ca m;
	struct ca ca;
	size_t i;

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	i = made_ca_issue(&ca, "home/nas", 1);
	ca_close(&ca);
	made_ca_open(&m, NOW + CA_DAY_S + CA_GRACE_MAX_S, &ca);
	expel(&ca, "home/nas", 0);
	ck_assert_int_eq(ca.db.rows[i].revoked, ca.now_s);
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(ca_revokes_nothing_that_expired)
{
	struct made_ca m;
	struct ca ca;
	size_t i;

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	i = made_ca_issue(&ca, "home/nas", 1);
	ca_close(&ca);
	made_ca_open(&m, NOW + CA_DAY_S + CA_GRACE_MAX_S + 1, &ca);
	ck_assert_str_eq(ca_state(&ca.db.rows[i], ca.now_s), "expired");
	expel(&ca, "home/nas", 0);
	ck_assert(!is_listed(&ca, "agent.crl", i));
	ck_assert_int_eq(ca.db.rows[i].revoked, 0);
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(ca_renews_a_relay_for_the_same_key_without_needing_it)
{
	uint8_t a[CERT_MAX], b[CERT_MAX];
	struct relay_names none = {0}, other = {0};
	struct identity old, new;
	struct ca_issued c;
	struct made_ca m;
	struct ca ca;
	struct err e;

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	ck_assert_int_eq(unlinkat(ca.dir.fd, "relay.key", 0), 0);
	ck_assert_int_eq(identity_relay(made_ca_der(&ca, "relay.crt",
					    PEM_CERTIFICATE, a, sizeof(a)),
			     "relay.example", &old, &e),
	    0);
	ca.now_s += 300 * CA_DAY_S;
	ck_assert_int_eq(ca_renew_relay(&ca, &none, 365, &c, &e), 0);
	ck_assert_int_eq(identity_relay(made_ca_der(&ca, "relay.crt",
					    PEM_CERTIFICATE, b, sizeof(b)),
			     "192.0.2.1", &new, &e),
	    0);
	ck_assert(slice_eq(old.spki, new.spki));
	ck_assert_int_eq(new.not_after, NOW + 665 * CA_DAY_S);
	ck_assert_int_eq(relay_names_add(&other, "new.example", &e), 0);
	ck_assert_int_eq(ca_renew_relay(&ca, &other, 500, &c, &e), 0);
	ck_assert(c.shortened);
	ck_assert_int_eq(identity_relay(made_ca_der(&ca, "relay.crt",
					    PEM_CERTIFICATE, b, sizeof(b)),
			     "new.example", &new, &e),
	    0);
	ck_assert_int_eq(new.not_after, NOW + 730 * CA_DAY_S);
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(ca_renews_its_issuers_so_that_old_certificates_stay_good)
{
	uint8_t mem[CERT_MAX], mem2[CERT_MAX];
	struct cert old, new;
	struct ca_issued c;
	struct made_ca m;
	struct ca ca;
	struct crl crl;
	struct err e;

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	ck_assert_int_eq(cert_walk(made_ca_der(&ca, "agent-ca.crt",
				       PEM_CERTIFICATE, mem, sizeof(mem)),
			     &old, &e),
	    0);
	ca.now_s += 800 * CA_DAY_S; /* it has expired */
	ck_assert_int_eq(ca_renew_issuers(&ca, &c, &e), 0);
	ck_assert_int_eq(cert_walk(made_ca_der(&ca, "agent-ca.crt",
				       PEM_CERTIFICATE, mem2, sizeof(mem2)),
			     &new, &e),
	    0);
	ck_assert(
	    slice_eq(old.subject, new.subject) && slice_eq(old.spki, new.spki));
	ck_assert(!slice_eq(old.serial, new.serial));
	ck_assert_int_eq(new.not_after, ca.now_s + CA_ISSUER_DAYS * CA_DAY_S);
	made_ca_crl(&ca, "root.crl", mem, sizeof(mem), &crl);
	ck_assert_int_eq(crl.next_update, new.not_after);
	(void)made_ca_issue(&ca, "home/nas", 5);
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(ca_works_on_without_the_root_key)
{
	struct ca_issued c;
	struct made_ca m;
	struct ca ca;
	struct err e;

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	ck_assert_int_eq(unlinkat(ca.dir.fd, "root.key", 0), 0);
	(void)made_ca_issue(&ca, "home/nas", 5);
	expel(&ca, "home", 0);
	ck_assert_int_eq(ca_refresh_crls(&ca, &e), 0);
	ck_assert_int_eq(ca_renew_issuers(&ca, &c, &e), AX_E_NOTFOUND);
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(ca_open_refuses_what_is_no_ca_and_leaves_it_alone)
{
	struct tmpdir t;
	struct ca ca;
	struct db db;
	struct err e;

	tmpdir_make(&t);
	ck_assert_int_eq(ca_open(t.path, NOW, &ca, &e), AX_E_NOTFOUND);
	ck_assert_int_eq(ca_read_db(t.path, &db, &e), AX_E_NOTFOUND);
	ck_assert_uint_eq(tmpdir_count(t.path), 0);
	ck_assert_int_eq(ca_open("pki-none", NOW, &ca, &e), AX_E_NOTFOUND);
	tmpdir_remove(&t);
}
END_TEST

START_TEST(ca_open_stops_at_a_database_that_was_damaged)
{
	struct made_ca m;
	struct ca ca;
	struct err e;

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	ck_assert_int_eq(store_replace(&ca.dir, CA_DB_NAME, STORE_SECRET,
			     slice_str("crl-number 1\ngarbage\n"), &e),
	    0);
	ca_close(&ca);
	ck_assert_int_eq(ca_open(m.path, NOW, &ca, &e), AX_E_SYNTAX);
	ck_assert_ptr_nonnull(strstr(e.text, "line 2"));
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(ca_open_sweeps_what_a_killed_process_left)
{
	struct made_ca m;
	struct ca ca;
	struct err e;

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	ck_assert_int_eq(store_create(&ca.dir, STORE_TEMP_PREFIX "1234",
			     STORE_SECRET, slice_str("x"), &e),
	    0);
	ca_close(&ca);
	made_ca_open(&m, NOW, &ca);
	ck_assert(!store_has(&ca.dir, STORE_TEMP_PREFIX "1234"));
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

CHECK_MAIN("ca", ca_issues_what_identity_accepts_and_the_agent_ca_signed,
    ca_remembers_what_it_issued,
    ca_issues_a_second_certificate_for_the_same_agent,
    ca_revokes_the_agent_or_all_of_the_tenant_and_nobody_else,
    ca_issues_what_begins_after_the_revocation,
    ca_numbers_only_grow_also_over_a_restart,
    ca_completes_a_revocation_that_was_cut_short,
    ca_revokes_one_certificate_by_its_serial, ca_revokes_what_has_just_expired,
    ca_revokes_nothing_that_expired,
    ca_renews_a_relay_for_the_same_key_without_needing_it,
    ca_renews_its_issuers_so_that_old_certificates_stay_good,
    ca_works_on_without_the_root_key,
    ca_open_refuses_what_is_no_ca_and_leaves_it_alone,
    ca_open_stops_at_a_database_that_was_damaged,
    ca_open_sweeps_what_a_killed_process_left)

/* test_ca_init.c — a CA is made whole, or not at all. */
#include <signal.h>
#include <sys/resource.h>

#include "../check_main.h"
#include "made_ca.h"

static const char *const files[] = {"root.crt", "root.key", "root.crl",
    "relay-ca.crt", "relay-ca.key", "agent-ca.crt", "agent-ca.key", "relay.crt",
    "relay.key", "relay.crl", "agent.crl", CA_DB_NAME};

static int
init(const char *path)
{
	struct relay_names names = {0};
	struct err e;
	int r;

	r = relay_names_add(&names, "relay.example", &e);
	if (r < 0)
		return r;
	return ca_init(&(struct ca_init_args){.path = path,
			   .relay = &names,
			   .now_s = NOW,
			   .relay_days = 365,
			   .crl_days = 7},
	    &e);
}

START_TEST(ca_init_makes_every_file_with_its_mode)
{
	struct made_ca m;
	char path[256];

	made_ca_init(&m, IDENTITY_ED25519);
	ck_assert_uint_eq(tmpdir_mode(m.path), 0700);
	ck_assert_uint_eq(tmpdir_count(m.path), ARRAY_LEN(files));
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		bool secret = strstr(files[i], ".key") != NULL ||
			      strcmp(files[i], CA_DB_NAME) == 0;

		(void)snprintf(path, sizeof(path), "%s/%s", m.path, files[i]);
		ck_assert_uint_eq(tmpdir_mode(path), secret ? 0600 : 0644);
	}
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(ca_init_makes_what_agents_and_relays_accept)
{
	uint8_t mem[CERT_MAX];
	struct identity id;
	struct made_ca m;
	struct ca ca;
	struct crl crl;
	struct err e;

	for (int type = IDENTITY_ED25519; type <= IDENTITY_P256; type++) {
		made_ca_init(&m, (enum identity_key)type);
		made_ca_open(&m, NOW, &ca);
		ck_assert_int_eq(
		    identity_relay(made_ca_der(&ca, "relay.crt",
				       PEM_CERTIFICATE, mem, sizeof(mem)),
			"192.0.2.1", &id, &e),
		    0);
		ck_assert_int_eq(id.key, type);
		ck_assert_int_eq(id.not_before, NOW - CA_BACKDATE_S);
		ck_assert_int_eq(id.not_after, NOW + 365 * CA_DAY_S);
		made_ca_crl(&ca, "agent.crl", mem, sizeof(mem), &crl);
		ck_assert_int_eq(crl.next_update, NOW + 7 * CA_DAY_S);
		ck_assert_uint_eq(crl.entries.n, 0);
		ck_assert_uint_eq(ca.db.n, 4); /* root, two CAs, a relay */
		ca_close(&ca);
		tmpdir_remove(&m.tmp);
	}
}
END_TEST

START_TEST(ca_init_leaves_what_exists_as_it_is)
{
	struct made_ca m;
	struct stat before, after;
	char path[256];

	made_ca_init(&m, IDENTITY_ED25519);
	(void)snprintf(path, sizeof(path), "%s/root.key", m.path);
	ck_assert_int_eq(stat(path, &before), 0);
	ck_assert_int_eq(init(m.path), AX_E_EXIST);
	ck_assert_int_eq(init(path), AX_E_EXIST); /* a file */
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_assert_uint_eq(tmpdir_count(m.tmp.path), 1);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(ca_init_takes_an_empty_directory_and_trailing_slashes)
{
	struct tmpdir t;
	char path[128];

	tmpdir_make(&t);
	ck_assert_int_eq(mkdir(tmpdir_in(&t, "empty", path), 0755), 0);
	ck_assert_int_eq(init(tmpdir_in(&t, "empty///", path)), 0);
	ck_assert_uint_eq(tmpdir_mode(tmpdir_in(&t, "empty", path)), 0700);
	ck_assert_uint_eq(tmpdir_count(path), ARRAY_LEN(files));
	tmpdir_remove(&t);
}
END_TEST

START_TEST(ca_init_refuses_names_that_are_none)
{
	static const char *const names[] = {
	    "", ".", "..", "/", "./", "pki-none/.."};
	char path[5000];

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		ck_assert_msg(init(names[i]) < 0, "case %zu", i);
	memset(path, 'a', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	ck_assert_int_eq(init(path), AX_E_RANGE);
	ck_assert_int_eq(init("pki-none/ca"), AX_E_NOTFOUND);
}
END_TEST

/* Nothing is asserted under the limit: Check writes files, too. */
START_TEST(ca_init_leaves_nothing_behind_when_it_fails)
{
	struct rlimit small, old;
	struct tmpdir t;
	char path[128];
	int r;

	tmpdir_make(&t);
	(void)tmpdir_in(&t, "ca", path);
	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	for (small.rlim_cur = 1; small.rlim_cur < 560; small.rlim_cur += 50) {
		(void)setrlimit(RLIMIT_FSIZE, &small);
		r = init(path);
		(void)setrlimit(RLIMIT_FSIZE, &old);
		ck_assert_int_eq(r, AX_E_SYS);
		ck_assert_uint_eq(tmpdir_count(t.path), 0);
	}
	tmpdir_remove(&t);
}
END_TEST

CHECK_MAIN("ca_init", ca_init_makes_every_file_with_its_mode,
    ca_init_makes_what_agents_and_relays_accept,
    ca_init_leaves_what_exists_as_it_is,
    ca_init_takes_an_empty_directory_and_trailing_slashes,
    ca_init_refuses_names_that_are_none,
    ca_init_leaves_nothing_behind_when_it_fails)

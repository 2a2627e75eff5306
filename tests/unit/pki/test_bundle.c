/* test_bundle.c — what an agent is given. */
#include "pki/bundle.h"

#include "../check_main.h"
#include "made_ca.h"

START_TEST(bundle_writes_three_files_for_their_owner)
{
	struct made_ca m;
	struct bundle b;
	struct ca ca;
	struct err e;
	char dir[128], path[256];

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	(void)tmpdir_in(&m.tmp, "nas", dir);
	ck_assert_int_eq(bundle_open(&b, CERT_AGENT, &ca, dir, IDENTITY_ED25519, &e), 0);
	ck_assert_int_eq(bundle_write(&b, slice_str("a certificate"), &e), 0);
	bundle_close(&b);
	ck_assert_uint_eq(tmpdir_mode(dir), 0700);
	ck_assert_uint_eq(tmpdir_count(dir), 3);
	(void)snprintf(path, sizeof(path), "%s/agent.key", dir);
	ck_assert_uint_eq(tmpdir_mode(path), 0600);
	(void)snprintf(path, sizeof(path), "%s/agent.crt", dir);
	ck_assert_uint_eq(tmpdir_mode(path), 0644);
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(bundle_refuses_a_directory_that_holds_any_of_them)
{
	static const char *const names[] = {
	    "agent.key", "agent.crt", "relay-ca.crt"};
	struct made_ca m;
	struct bundle b;
	struct store s;
	struct ca ca;
	struct err e;
	char dir[128];

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	ck_assert_int_eq(mkdir(tmpdir_in(&m.tmp, "nas", dir), 0755), 0);
	ck_assert_int_eq(store_open(dir, &s, &e), 0);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		ck_assert_int_eq(store_create(&s, names[i], STORE_PUBLIC,
				     slice_str("x"), &e),
		    0);
		ck_assert_int_eq(
		    bundle_open(&b, CERT_AGENT, &ca, dir, IDENTITY_ED25519, &e),
		    AX_E_EXIST);
		ck_assert_uint_eq(tmpdir_count(dir), 1);
		ck_assert_int_eq(unlinkat(s.fd, names[i], 0), 0);
	}
	ck_assert_int_eq(bundle_open(&b, CERT_AGENT, &ca, dir, IDENTITY_ED25519, &e), 0);
	bundle_close(&b);
	store_close(&s);
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(bundle_replaces_no_key_that_appeared_meanwhile)
{
	struct made_ca m;
	struct bundle b;
	struct ca ca;
	struct err e;
	struct buf text;
	char dir[128];

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	(void)tmpdir_in(&m.tmp, "nas", dir);
	ck_assert_int_eq(bundle_open(&b, CERT_AGENT, &ca, dir, IDENTITY_ED25519, &e), 0);
	ck_assert_int_eq(store_create(&b.dir, "agent.key", STORE_SECRET,
			     slice_str("other"), &e),
	    0);
	ck_assert_int_eq(
	    bundle_write(&b, slice_str("a certificate"), &e), AX_E_EXIST);
	buf_init(&text);
	ck_assert_int_eq(
	    store_read(&b.dir, "agent.key", STORE_SECRET, &text, &e), 0);
	ck_assert(slice_eq(buf_slice(&text), slice_str("other")));
	buf_fini(&text);
	bundle_close(&b);
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

START_TEST(bundle_forgets_its_key)
{
	static const uint8_t nothing[KEY_SECRET_LEN];
	struct made_ca m;
	struct bundle b;
	struct ca ca;
	struct err e;
	char dir[128];

	made_ca_init(&m, IDENTITY_ED25519);
	made_ca_open(&m, NOW, &ca);
	ck_assert_int_eq(bundle_open(&b, CERT_AGENT, &ca, tmpdir_in(&m.tmp, "nas", dir),
			     IDENTITY_P256, &e),
	    0);
	bundle_close(&b);
	ck_assert_mem_eq(b.key.secret, nothing, sizeof(nothing));
	bundle_close(&b); /* harmless */
	ca_close(&ca);
	tmpdir_remove(&m.tmp);
}
END_TEST

CHECK_MAIN("bundle", bundle_writes_three_files_for_their_owner,
    bundle_refuses_a_directory_that_holds_any_of_them,
    bundle_replaces_no_key_that_appeared_meanwhile, bundle_forgets_its_key)

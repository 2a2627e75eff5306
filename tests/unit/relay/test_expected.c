/* test_expected.c — who is expected, over a restart and no longer than he should. */
#include "relay/expected.h"

#include "../check_main.h"
#include "../pki/made_ca.h"

struct fixture {
	struct made_ca m;
	struct store dir; /* as a relay's state directory: the CA's own parent */
	struct expected x;
};

static void
setup(struct fixture *f)
{
	struct err e;

	made_ca_init(&f->m, IDENTITY_ED25519);
	ck_assert_int_eq(store_open(f->m.tmp.path, &f->dir, &e), 0);
	ck_assert_int_eq(expected_begin(&f->x, &f->dir, NOW, &e), 0);
	ck_assert_uint_eq(f->x.n, 0);
}

static void
teardown(struct fixture *f)
{
	expected_end(&f->x);
	store_close(&f->dir);
	tmpdir_remove(&f->m.tmp);
}

/* A certificate for ten days, and the key that it is for. */
static struct slice
issue(struct fixture *f, const char *as, const struct key *key, uint8_t mem[CERT_MAX])
{
	struct agent_name name;
	struct ca_issued c;
	struct ca ca;
	struct err e;
	size_t n;

	made_ca_open(&f->m, NOW, &ca);
	ck_assert_int_eq(agent_name_parse(as, &name, &e), 0);
	ck_assert_int_eq(ca_issue_agent(&ca, &name, &key->public, 10, &c, &e), 0);
	ck_assert_int_eq(pem_read(buf_slice(&c.pem), PEM_CERTIFICATE, mem, CERT_MAX,
	    &n, &e), 0);
	buf_fini(&c.pem);
	ca_close(&ca);
	return slice_of(mem, n);
}

static struct expected_entry *
add(struct fixture *f, const char *as, struct key *key, int64_t until)
{
	struct expected_entry *it;
	uint8_t mem[CERT_MAX];
	struct err e;

	ck_assert_int_eq(key_generate(IDENTITY_ED25519, key, &e), 0);
	ck_assert_msg(expected_add(&f->x, issue(f, as, key, mem), until, &it, &e) == 0,
	    "%s", e.text);
	return it;
}

static void
start_again(struct fixture *f, int64_t now_s)
{
	struct err e = { 0 };

	expected_end(&f->x);
	ck_assert_msg(expected_begin(&f->x, &f->dir, now_s, &e) == 0, "%s", e.text);
}

START_TEST(who_is_expected_is_so_after_a_restart)
{
	uint8_t spki[SPKI_HASH_LEN], mem[CERT_MAX];
	struct expected_entry *it;
	struct key one, two;
	struct fixture f;
	char words[WORDS_TEXT];
	struct slice cert;

	setup(&f);
	it = add(&f, "home/nas", &one, NOW + 60);
	cert = slice_of(mem, buf_len(&it->certificate));
	memcpy(mem, buf_slice(&it->certificate).p, cert.n);
	(void)add(&f, "away", &two, NOW + 90);
	start_again(&f, NOW + 59);
	ck_assert_uint_eq(f.x.n, 2);
	spki_hash(&one.public, spki);
	words_of_key(spki, words);
	it = expected_find(&f.x, spki);
	ck_assert_ptr_nonnull(it);
	ck_assert_str_eq(it->name, "home/nas");
	ck_assert_str_eq(it->words, words);
	ck_assert_int_eq(it->until, NOW + 60);
	ck_assert(slice_eq(buf_slice(&it->certificate), cert));
	spki_hash(&two.public, spki);
	ck_assert_str_eq(expected_find(&f.x, spki)->name, "away");
	spki[0] ^= 1;
	ck_assert_ptr_null(expected_find(&f.x, spki));
	teardown(&f);
}
END_TEST

START_TEST(time_is_over_at_the_second_in_memory_and_on_the_disk)
{
	struct expected_entry *it;
	struct fixture f;
	struct key k;

	setup(&f);
	(void)add(&f, "home/a", &k, NOW + 60);
	it = add(&f, "home/b", &k, NOW + 100 * CA_DAY_S);
	ck_assert_int_eq(it->until, NOW + 10 * CA_DAY_S); /* the certificate's end */
	expected_forget_old(&f.x, NOW + 59);
	ck_assert_uint_eq(f.x.n, 2);
	start_again(&f, NOW + 60);
	ck_assert_uint_eq(f.x.n, 1);
	expected_forget_old(&f.x, NOW + 10 * CA_DAY_S);
	ck_assert_uint_eq(f.x.n, 0);
	teardown(&f);
}
END_TEST

START_TEST(a_key_is_expected_once_and_used_once)
{
	struct expected_entry *it;
	uint8_t mem[CERT_MAX];
	struct fixture f;
	struct key k;
	struct err e;

	setup(&f);
	(void)add(&f, "home/a", &k, NOW + 60);
	ck_assert_int_eq(
	    expected_add(&f.x, issue(&f, "home/b", &k, mem), NOW + 70, &it, &e), 0);
	ck_assert_uint_eq(f.x.n, 1);
	start_again(&f, NOW);
	ck_assert_uint_eq(f.x.n, 1);
	it = container_of(list_first(&f.x.entries), struct expected_entry, link);
	ck_assert_str_eq(it->name, "home/b");
	it->id = 7;
	ck_assert_ptr_eq(expected_number(&f.x, 7), it);
	ck_assert_ptr_null(expected_number(&f.x, 8));
	ck_assert_int_eq(expected_remove(&f.x, it, &e), 0);
	start_again(&f, NOW);
	ck_assert_uint_eq(f.x.n, 0);
	teardown(&f);
}
END_TEST

START_TEST(there_is_an_end_to_it)
{
	struct expected_entry *it;
	uint8_t mem[CERT_MAX];
	struct fixture f;
	struct key k;
	struct err e;

	setup(&f);
	it = add(&f, "home/a", &k, NOW + 60);
	f.x.n = EXPECTED_MAX;
	ck_assert_int_eq(
	    expected_add(&f.x, issue(&f, "home/b", &k, mem), NOW + 60, &it, &e), 0);
	ck_assert_uint_eq(f.x.n, EXPECTED_MAX); /* in the place of the other */
	ck_assert_int_eq(key_generate(IDENTITY_ED25519, &k, &e), 0);
	ck_assert_int_eq(expected_add(&f.x, issue(&f, "home/b", &k, mem), NOW + 60, &it,
	    &e), AX_E_LIMIT);
	ck_assert_int_eq(expected_add(&f.x, slice_str("x"), NOW + 60, &it, &e),
	    AX_E_IDENTITY);
	f.x.n = 1;
	teardown(&f);
}
END_TEST

START_TEST(a_damaged_file_is_not_believed_and_nobody_expected)
{
	static const char *const texts[] = { "until tomorrow\n",
		"until 2026-02-31T12:00:00Z home/a\n", "until ",
		"until 2126-01-31T12:00:00Z home/a\n",
		("until 2126-01-31T12:00:00Z home/a\n-----BEGIN CERTIFICATE-----\n"
		 "AAAA\n-----END CERTIFICATE-----\n") };
	struct fixture f;
	struct key k;
	struct err e;

	setup(&f);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct buf text;

		(void)add(&f, "home/a", &k, NOW + 60);
		buf_init(&text);
		ck_assert_int_eq(
		    store_read(&f.dir, "expected", STORE_PUBLIC, &text, &e), 0);
		ck_assert_int_eq(buf_append(&text, texts[i], strlen(texts[i])), 0);
		ck_assert_int_eq(store_replace(&f.dir, "expected", STORE_PUBLIC,
		    buf_slice(&text), &e), 0);
		buf_fini(&text);
		expected_end(&f.x);
		ck_assert_int_lt(expected_begin(&f.x, &f.dir, NOW, &e), 0);
		ck_assert_ptr_nonnull(strstr(e.text, "/expected"));
		ck_assert_uint_eq(f.x.n, 0);
	}
	(void)add(&f, "home/a", &k, NOW + 60); /* it is replaced by the next */
	start_again(&f, NOW);
	ck_assert_uint_eq(f.x.n, 1);
	teardown(&f);
}
END_TEST

CHECK_MAIN("relay/expected", who_is_expected_is_so_after_a_restart,
    time_is_over_at_the_second_in_memory_and_on_the_disk,
    a_key_is_expected_once_and_used_once, there_is_an_end_to_it,
    a_damaged_file_is_not_believed_and_nobody_expected)

/* test_ctx.c — what a context takes, and what it says when it does not. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "tls/ctx.h"
#include "tls/file.h"
#include "tls/wolf.h"

#include "../check_main.h"
#include "yard.h"

enum { CERTIFICATE, KEY, CA, CRL };

/* A context of this role of the files as they are now: the code, and the
 * sentence must have this in it.                                             */
static void
expect(struct yard *y, enum tls_role role, int code, const char *text)
{
	struct tls_files f = yard_files(y, role);
	struct tls_ctx *ctx = NULL;
	struct err e = { 0 };
	int r = tls_ctx_new(role, &f, &ctx, &e);

	ck_assert_msg(r == code, "%d, not %d: %s", r, code, e.text);
	ck_assert_msg(code == 0 || strstr(e.text, text) != NULL,
	    "\"%s\" is not in \"%s\"", text, e.text);
	ck_assert((ctx != NULL) == (code == 0));
	tls_ctx_free(&ctx);
}

static void
write_leaf(struct yard *y, const struct yard_leaf *l)
{
	struct credentials c;

	yard_leaf(y, l, &c);
	yard_write(y->path[CERTIFICATE][l->role], blob_slice(&c.chain));
	yard_write(y->path[KEY][l->role], blob_slice(&c.key));
	credentials_fini(&c);
}

START_TEST(ctx_tells_what_it_is_made_of)
{
	struct yard y;
	uint64_t number;
	int64_t next;

	yard_init(&y);
	yard_open(&y);
	ck_assert(tls_ctx_crl(y.ctx[TLS_RELAY], &number, &next));
	ck_assert_uint_eq(number, 1);
	ck_assert_int_gt(next, (int64_t)(clock_wall_ms() / 1000));
	ck_assert(!tls_ctx_crl(y.ctx[TLS_AGENT], &number, &next));
	ck_assert(tls_ctx_is_revoked(
	    y.ctx[TLS_RELAY], SLICE_OF_ARRAY(yard_revoked)));
	ck_assert(!tls_ctx_is_revoked(y.ctx[TLS_RELAY], slice_str("other")));
	ck_assert(!tls_ctx_is_revoked(
	    y.ctx[TLS_AGENT], SLICE_OF_ARRAY(yard_revoked)));
	yard_fini(&y);
}
END_TEST

START_TEST(ctx_names_a_file_that_is_not_there)
{
	static const char *const what[] = { "certificate", "key", "CA",
		"revocation list" };
	char saved[96];
	struct yard y;
	size_t i;

	yard_init(&y);
	(void)snprintf(saved, sizeof(saved), "%s/saved", y.dir);
	for (i = 0; i < ARRAY_LEN(what); i++) {
		char text[200];

		(void)snprintf(text, sizeof(text), "cannot open %s %s", what[i],
		    y.path[i][TLS_RELAY]);
		ck_assert_int_eq(rename(y.path[i][TLS_RELAY], saved), 0);
		expect(&y, TLS_RELAY, AX_E_CONFIG, text);
		ck_assert_int_eq(rename(saved, y.path[i][TLS_RELAY]), 0);
	}
	expect(&y, TLS_RELAY, 0, "");
	yard_fini(&y);
}
END_TEST

START_TEST(ctx_refuses_a_key_that_others_may_read)
{
	static const mode_t bad[] = { 0644, 0640, 0604, 0660, 0620 };
	struct yard y;
	size_t i;

	yard_init(&y);
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		ck_assert_int_eq(chmod(y.path[KEY][TLS_AGENT], bad[i]), 0);
		expect(&y, TLS_AGENT, AX_E_CONFIG, "run: chmod 600 ");
	}
	ck_assert_int_eq(chmod(y.path[KEY][TLS_AGENT], 0400), 0);
	expect(&y, TLS_AGENT, 0, "");
	yard_fini(&y);
}
END_TEST

START_TEST(ctx_refuses_files_that_hold_something_else)
{
	struct yard y;
	size_t i;

	yard_init(&y);
	for (i = 0; i < 4; i++) {
		struct blob saved;
		char text[160];

		ck_assert_int_eq(file_read(y.path[i][TLS_RELAY], "file", false,
				     &saved, NULL), 0);
		yard_write(y.path[i][TLS_RELAY], slice_str("hello\n"));
		(void)snprintf(text, sizeof(text), "%s", i == KEY ?
			"key" : y.path[i][TLS_RELAY]);
		expect(&y, TLS_RELAY, AX_E_CONFIG, text);
		yard_write(y.path[i][TLS_RELAY], slice_of(NULL, 0));
		expect(&y, TLS_RELAY, AX_E_CONFIG, i == KEY ? "key" : text);
		yard_write(y.path[i][TLS_RELAY], slice_of(saved.p, saved.n / 2));
		expect(&y, TLS_RELAY, AX_E_CONFIG, i == KEY ? "key" : text);
		yard_write(y.path[i][TLS_RELAY], blob_slice(&saved));
		blob_free(&saved);
	}
	ck_assert_int_eq(unlink(y.path[CA][TLS_RELAY]), 0);
	ck_assert_int_eq(mkdir(y.path[CA][TLS_RELAY], 0700), 0);
	expect(&y, TLS_RELAY, AX_E_CONFIG, "is not a regular file");
	ck_assert_int_eq(rmdir(y.path[CA][TLS_RELAY]), 0);
	yard_fini(&y);
}
END_TEST

START_TEST(ctx_refuses_a_key_of_another_certificate)
{
	struct credentials c;
	struct yard y;

	yard_init(&y);
	yard_leaf(&y, &(struct yard_leaf){ .role = TLS_AGENT }, &c);
	yard_write(y.path[KEY][TLS_AGENT], blob_slice(&c.key));
	expect(&y, TLS_AGENT, AX_E_CONFIG, "does not belong to our certificate");
	credentials_fini(&c);
	yard_fini(&y);
}
END_TEST

START_TEST(ctx_refuses_our_own_certificate_when_no_peer_would_take_it)
{
	struct yard y;

	yard_init(&y);
	write_leaf(&y, &(struct yard_leaf){ .role = TLS_AGENT, .from_s = -9000,
			   .to_s = -60 });
	expect(&y, TLS_AGENT, AX_E_CONFIG,
	    "issue a new one with atlax pki issue");
	write_leaf(&y, &(struct yard_leaf){ .role = TLS_AGENT,
			   .from_s = 90000 });
	expect(&y, TLS_AGENT, AX_E_CONFIG, "clock");
	write_leaf(&y, &(struct yard_leaf){ .role = TLS_AGENT, .purpose = 1 });
	expect(&y, TLS_AGENT, AX_E_CONFIG, "extended key usage");
	write_leaf(&y, &(struct yard_leaf){ .role = TLS_AGENT,
			   .name = "atlax://other/nas" });
	expect(&y, TLS_AGENT, AX_E_CONFIG, "different tenants");
	write_leaf(&y, &(struct yard_leaf){ .role = TLS_RELAY, .purpose = 2 });
	expect(&y, TLS_RELAY, AX_E_CONFIG, "extended key usage");
	yard_fini(&y);
}
END_TEST

START_TEST(ctx_refuses_a_ca_that_is_none)
{
	struct blob saved;
	struct yard y;

	yard_init(&y);
	ck_assert_int_eq(file_read(y.path[CERTIFICATE][TLS_AGENT], "file", false,
			     &saved, NULL), 0);
	yard_write(y.path[CA][TLS_RELAY], blob_slice(&saved));
	expect(&y, TLS_RELAY, AX_E_CONFIG, "may not sign others");
	blob_free(&saved);
	yard_fini(&y);
}
END_TEST

START_TEST(ctx_refuses_more_cas_than_it_can_hold)
{
	struct blob one, many = { 0 };
	struct yard y;
	size_t i;

	yard_init(&y);
	ck_assert_int_eq(file_read(y.path[CA][TLS_AGENT], "file", false, &one,
			     NULL), 0);
	many.p = malloc(9 * one.n);
	ck_assert_ptr_nonnull(many.p);
	for (i = 0; i < 9; i++, many.n += one.n)
		memcpy(many.p + many.n, one.p, one.n);
	yard_write(y.path[CA][TLS_AGENT], slice_of(many.p, 8 * one.n));
	expect(&y, TLS_AGENT, 0, "");
	yard_write(y.path[CA][TLS_AGENT], blob_slice(&many));
	expect(&y, TLS_AGENT, AX_E_CONFIG, "more than 8");
	blob_free(&one);
	blob_free(&many);
	yard_fini(&y);
}
END_TEST

START_TEST(ctx_refuses_a_revocation_list_of_somebody_else)
{
	uint8_t pem[4096];
	struct blob der = { 0 };
	struct yard y;
	int n;

	yard_init(&y);
	/* in the name of the right CA, by the wrong key */
	ck_assert_int_eq(forge_crl(&(struct forge_crl){ y.ca[TLS_AGENT].name,
			     SLICE_OF_ARRAY(yard_revoked), 1 },
			     &y.ca[TLS_RELAY].key, &der), 0);
	n = wc_DerToPem(der.p, (word32)der.n, pem, sizeof(pem), CRL_TYPE);
	ck_assert_int_gt(n, 0);
	yard_write(y.path[CRL][TLS_RELAY], slice_of(pem, (size_t)n));
	expect(&y, TLS_RELAY, AX_E_CONFIG, "cannot be used with CA");
	blob_free(&der);
	/* the list of the relays' CA, signed well */
	ck_assert_int_eq(rename(y.path[CRL][TLS_AGENT], y.path[CRL][TLS_RELAY]),
	    0);
	expect(&y, TLS_RELAY, AX_E_CONFIG, "cannot be used with CA");
	yard_fini(&y);
}
END_TEST

/* A line of openssl's database: revoked, and its serial. */
static int
put_row(char *out, unsigned serial)
{
	return snprintf(out, 64, "R\t391231235959Z\t260101000000Z\t%08X\t"
		"unknown\t/CN=x\n", serial);
}

static bool
is_revoked(const struct tls_ctx *ctx, unsigned serial)
{
	uint8_t b[4] = { (uint8_t)(serial >> 24), (uint8_t)(serial >> 16),
		(uint8_t)(serial >> 8), (uint8_t)serial };
	size_t skip = 0;

	while (skip < 3 && b[skip] == 0)
		skip++;
	return tls_ctx_is_revoked(ctx, slice_of(b + skip, 4 - skip));
}

/* A list that openssl wrote, with serials of every length on it. */
START_TEST(ctx_finds_each_of_many_revoked_serials)
{
	char conf[96], index[96], number[96], text[512], *lines;
	struct tls_ctx *ctx;
	struct tls_files f;
	struct err e = { 0 };
	struct blob key;
	struct yard y;
	size_t n = 0;
	unsigned i;

	yard_init(&y);
	(void)snprintf(conf, sizeof(conf), "%s/ca.cnf", y.dir);
	(void)snprintf(index, sizeof(index), "%s/index", y.dir);
	(void)snprintf(number, sizeof(number), "%s/number", y.dir);
	(void)snprintf(text, sizeof(text),
	    "[ca]\ndefault_ca=d\n[d]\ndatabase=%s\ncrlnumber=%s\n"
	    "default_md=default\ndefault_crl_days=3\n[x]\n", index, number);
	yard_write(conf, slice_str(text));
	yard_write(number, slice_str("77\n"));
	lines = malloc(3000 * 64);
	ck_assert_ptr_nonnull(lines);
	for (i = 1; i <= 3000; i++)
		n += (size_t)put_row(lines + n, i * 7919);
	yard_write(index, slice_of(lines, n));
	free(lines);
	ck_assert_int_eq(forge_key_pem(&y.ca[TLS_AGENT].key, &key), 0);
	yard_write(y.path[CRL][TLS_AGENT], blob_slice(&key)); /* a place */
	ck_assert_int_eq(yard_openssl((const char *const[]){ "openssl", "ca",
			     "-config", conf, "-gencrl", "-crlexts", "x",
			     "-cert", y.path[CA][TLS_RELAY], "-keyfile",
			     y.path[CRL][TLS_AGENT], "-out",
			     y.path[CRL][TLS_RELAY], NULL }), 0);
	f = yard_files(&y, TLS_RELAY);
	ck_assert_msg(tls_ctx_new(TLS_RELAY, &f, &ctx, &e) == 0, "%s", e.text);
	for (i = 1; i <= 3000; i++) {
		ck_assert(is_revoked(ctx, i * 7919));
		ck_assert(!is_revoked(ctx, i * 7919 + 1));
	}
	tls_ctx_free(&ctx);
	blob_free(&key);
	yard_fini(&y);
}
END_TEST

START_TEST(ctx_does_not_follow_with_an_older_revocation_list)
{
	static const struct {
		uint64_t was, is;
		int result;
	} rows[] = { { 7, 7, 0 }, { 7, 8, 0 }, { 7, 6, AX_E_CONFIG },
		{ UINT64_C(1) << 32, 1, AX_E_CONFIG } };
	struct tls_ctx *now, *next;
	struct tls_files f;
	struct err e = { 0 };
	struct yard y;
	size_t i;

	yard_init(&y);
	f = yard_files(&y, TLS_RELAY);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		yard_write_crl(&y, TLS_RELAY, rows[i].was);
		ck_assert_int_eq(tls_ctx_new(TLS_RELAY, &f, &now, &e), 0);
		yard_write_crl(&y, TLS_RELAY, rows[i].is);
		ck_assert_int_eq(tls_ctx_new(TLS_RELAY, &f, &next, &e), 0);
		ck_assert_int_eq(
		    tls_ctx_follows(now, next, &e), rows[i].result);
		tls_ctx_free(&now);
		tls_ctx_free(&next);
	}
	ck_assert_ptr_nonnull(strstr(e.text, "is older (number 1)"));
	yard_fini(&y);
}
END_TEST

START_TEST(ctx_takes_another_list_and_reads_nothing_else)
{
	struct tls_ctx *now, *next;
	struct tls_files f;
	struct err e = { 0 };
	struct yard y;
	uint64_t number;
	int64_t until;

	yard_init(&y);
	f = yard_files(&y, TLS_RELAY);
	ck_assert_int_eq(tls_ctx_new(TLS_RELAY, &f, &now, &e), 0);
	ck_assert_int_eq(unlink(f.key), 0);
	yard_write(f.ca, slice_str("rubbish"));
	yard_write_crl(&y, TLS_RELAY, 9);
	ck_assert_msg(tls_ctx_new_crl(now, f.crl, &next, &e) == 0, "%s", e.text);
	tls_ctx_free(&now);
	ck_assert(tls_ctx_crl(next, &number, &until));
	ck_assert_uint_eq(number, 9);
	yard_write_crl(&y, TLS_AGENT, 10); /* of the other CA */
	ck_assert_int_eq(tls_ctx_new_crl(next, y.path[CRL][TLS_AGENT], &now, &e),
	    AX_E_CONFIG);
	yard_write(f.crl, slice_str("rubbish"));
	ck_assert_int_eq(tls_ctx_new_crl(next, f.crl, &now, &e), AX_E_CONFIG);
	tls_ctx_free(&next);
	yard_fini(&y);
}
END_TEST

START_TEST(ctx_is_compared_with_the_lists_in_a_file)
{
	struct tls_ctx *ctx;
	struct tls_files f;
	struct err e = { 0 };
	struct yard y;
	bool older;

	yard_init(&y);
	f = yard_files(&y, TLS_RELAY);
	yard_write_crl(&y, TLS_RELAY, 6);
	ck_assert_int_eq(tls_ctx_new(TLS_RELAY, &f, &ctx, &e), 0);
	ck_assert_int_eq(tls_ctx_follows_file(f.crl, ctx, &older, &e), 0);
	ck_assert(!older);
	yard_write_crl(&y, TLS_RELAY, 7);
	ck_assert_int_eq(tls_ctx_follows_file(f.crl, ctx, &older, &e), 0);
	ck_assert(older);
	ck_assert_ptr_nonnull(strstr(e.text, "is older (number 6)"));
	yard_write(f.crl, slice_str("rubbish"));
	ck_assert_int_eq(tls_ctx_follows_file(f.crl, ctx, &older, &e), AX_E_CONFIG);
	tls_ctx_free(&ctx);
	yard_fini(&y);
}
END_TEST

/* Both files one behind the other, into the first. */
static void
join_files(const char *first, const char *second)
{
	struct blob a = { 0 }, b = { 0 };
	char both[16384];
	int n;

	ck_assert_int_eq(file_read(first, "file", false, &a, NULL), 0);
	ck_assert_int_eq(file_read(second, "file", false, &b, NULL), 0);
	n = snprintf(both, sizeof(both), "%s%s", (char *)a.p, (char *)b.p);
	yard_write(first, slice_of(both, (size_t)n));
	blob_free(&a);
	blob_free(&b);
}

START_TEST(ctx_does_not_follow_without_the_list_of_a_trusted_ca)
{
	struct tls_ctx *both, *one;
	struct tls_files f;
	struct err e = { 0 };
	struct yard y;

	yard_init(&y);
	f = yard_files(&y, TLS_RELAY);
	ck_assert_int_eq(tls_ctx_new(TLS_RELAY, &f, &one, &e), 0);
	join_files(f.ca, y.path[CA][TLS_AGENT]);
	join_files(f.crl, y.path[CRL][TLS_AGENT]);
	ck_assert_msg(tls_ctx_new(TLS_RELAY, &f, &both, &e) == 0, "%s", e.text);
	ck_assert_int_eq(tls_ctx_follows(one, both, &e), 0);
	ck_assert_int_eq(tls_ctx_follows(both, one, &e), 0); /* nor the CA */
	tls_ctx_free(&one);
	yard_write_crl(&y, TLS_RELAY, 1);
	ck_assert_int_eq(tls_ctx_new(TLS_RELAY, &f, &one, &e), 0);
	ck_assert_int_eq(tls_ctx_follows(both, one, &e), AX_E_CONFIG);
	ck_assert_ptr_nonnull(strstr(e.text, "lacks the list of a CA"));
	tls_ctx_free(&both);
	tls_ctx_free(&one);
	yard_fini(&y);
}
END_TEST

START_TEST(ctx_of_a_relay_needs_a_revocation_list)
{
	struct tls_files f;
	struct tls_ctx *ctx;
	struct err e;
	struct yard y;

	yard_init(&y);
	f = yard_files(&y, TLS_RELAY);
	f.crl = NULL;
	ck_assert_int_eq(tls_ctx_new(TLS_RELAY, &f, &ctx, &e), AX_E_CONFIG);
	yard_fini(&y);
}
END_TEST

START_TEST(ctx_sends_the_whole_chain_of_its_file)
{
	struct yard_pair p;
	struct blob file;
	struct yard y;

	yard_init(&y);
	ck_assert_int_eq(file_read(y.path[CERTIFICATE][TLS_RELAY], "file", false,
			     &file, NULL), 0);
	ck_assert_int_eq(forge_pem(blob_slice(&y.ca[TLS_RELAY].der), &file), 0);
	yard_write(y.path[CERTIFICATE][TLS_RELAY], blob_slice(&file));
	yard_open(&y);
	yard_pair_init(&y, &p);
	yard_shake(&p, SIZE_MAX);
	ck_assert_msg(p.result[TLS_AGENT] == 0, "%s", p.err[TLS_AGENT].text);
	ck_assert_int_eq(p.result[TLS_RELAY], 0);
	yard_pair_fini(&p);
	blob_free(&file);
	yard_fini(&y);
}
END_TEST

START_TEST(ctx_lives_as_long_as_its_connections)
{
	struct yard_pair p;
	struct yard y;

	yard_init(&y);
	yard_open(&y);
	yard_pair_init(&y, &p);
	tls_ctx_free(&y.ctx[TLS_RELAY]);
	tls_ctx_free(&y.ctx[TLS_AGENT]);
	yard_shake(&p, SIZE_MAX);
	ck_assert_int_eq(p.result[TLS_RELAY], 0);
	yard_pair_fini(&p);
	yard_fini(&y);
}
END_TEST

struct job {
	struct yard *y;
	int bad;
};

static void *
shake_in_thread(void *arg)
{
	struct job *j = arg;
	struct yard mine = { 0 };
	struct yard_pair p;
	struct err e;
	int i;

	if (tls_ctx_clone(j->y->ctx[TLS_RELAY], &mine.ctx[TLS_RELAY], &e) < 0 ||
	    tls_ctx_clone(j->y->ctx[TLS_AGENT], &mine.ctx[TLS_AGENT], &e) < 0)
		j->bad = 1000;
	for (i = 0; i < 20 && j->bad < 1000; i++) {
		yard_pair_init(&mine, &p);
		yard_shake(&p, SIZE_MAX);
		j->bad += p.result[0] != 0 || p.result[1] != 0;
		yard_pair_fini(&p);
	}
	tls_ctx_free(&mine.ctx[TLS_RELAY]);
	tls_ctx_free(&mine.ctx[TLS_AGENT]);
	tls_thread_fini();
	return NULL;
}

START_TEST(ctx_clones_work_in_threads_of_their_own)
{
	pthread_t t[3];
	struct job j[3];
	struct yard y;
	size_t i;

	yard_init(&y);
	yard_open(&y);
	for (i = 0; i < ARRAY_LEN(t); i++) {
		j[i] = (struct job){ .y = &y };
		ck_assert_int_eq(
		    pthread_create(&t[i], NULL, shake_in_thread, &j[i]), 0);
	}
	for (i = 0; i < ARRAY_LEN(t); i++) {
		ck_assert_int_eq(pthread_join(t[i], NULL), 0);
		ck_assert_int_eq(j[i].bad, 0);
	}
	yard_fini(&y);
}
END_TEST

START_TEST(ctx_takes_what_openssl_makes)
{
#ifdef HAVE_ECC
	const char *const kind[] = { "ec", "-pkeyopt", "ec_paramgen_curve:P-256" };
	const int key_kind = IDENTITY_P256;
#else
	const char *const kind[] = { "ed25519", NULL, NULL };
	const int key_kind = IDENTITY_ED25519;
#endif
	char csr[96], ext[96];
	struct yard_pair p;
	struct blob key;
	struct yard y;

	/* By openssl from end to end but the CA. */
	yard_init(&y);
	(void)snprintf(csr, sizeof(csr), "%s/csr.pem", y.dir);
	(void)snprintf(ext, sizeof(ext), "%s/ext.cnf", y.dir);
	ck_assert_int_eq(forge_key_pem(&y.ca[TLS_AGENT].key, &key), 0);
	yard_write(y.path[CRL][TLS_AGENT], blob_slice(&key)); /* a place */
	yard_write(ext, slice_str("keyUsage=critical,digitalSignature\n"
				  "extendedKeyUsage=clientAuth\n"
				  "basicConstraints=critical,CA:FALSE\n"
				  "subjectAltName=URI:atlax://acme/p256\n"));
	ck_assert_int_eq(yard_openssl((const char *const[]){ "openssl", "req",
			     "-new", "-nodes", "-keyout", y.path[KEY][TLS_AGENT],
			     "-out", csr, "-subj", "/CN=acme", "-newkey", kind[0],
			     kind[1], kind[2], NULL }), 0);
	ck_assert_int_eq(yard_openssl((const char *const[]){ "openssl", "x509",
			     "-req", "-in", csr, "-CA", y.path[CA][TLS_RELAY],
			     "-CAkey", y.path[CRL][TLS_AGENT], "-days", "3",
			     "-extfile", ext, "-out",
			     y.path[CERTIFICATE][TLS_AGENT], NULL }), 0);
	ck_assert_int_eq(chmod(y.path[KEY][TLS_AGENT], 0600), 0);
	yard_open(&y);
	yard_pair_init(&y, &p);
	yard_shake(&p, SIZE_MAX);
	ck_assert_msg(p.result[TLS_RELAY] == 0, "%s", p.err[TLS_RELAY].text);
	ck_assert_str_eq(tls_conn_peer(p.conn[TLS_RELAY])->id.agent, "p256");
	ck_assert_int_eq(tls_conn_peer(p.conn[TLS_RELAY])->id.key, key_kind);
	yard_pair_fini(&p);
	blob_free(&key);
	yard_fini(&y);
}
END_TEST

CHECK_MAIN("ctx", ctx_tells_what_it_is_made_of,
    ctx_names_a_file_that_is_not_there, ctx_refuses_a_key_that_others_may_read,
    ctx_refuses_files_that_hold_something_else,
    ctx_refuses_a_key_of_another_certificate,
    ctx_refuses_our_own_certificate_when_no_peer_would_take_it,
    ctx_refuses_a_ca_that_is_none, ctx_refuses_more_cas_than_it_can_hold,
    ctx_refuses_a_revocation_list_of_somebody_else,
    ctx_finds_each_of_many_revoked_serials,
    ctx_does_not_follow_with_an_older_revocation_list,
    ctx_takes_another_list_and_reads_nothing_else,
    ctx_is_compared_with_the_lists_in_a_file,
    ctx_does_not_follow_without_the_list_of_a_trusted_ca,
    ctx_of_a_relay_needs_a_revocation_list,
    ctx_sends_the_whole_chain_of_its_file, ctx_lives_as_long_as_its_connections,
    ctx_clones_work_in_threads_of_their_own, ctx_takes_what_openssl_makes)

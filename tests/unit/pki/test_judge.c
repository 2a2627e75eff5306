/* test_judge.c — what openssl refuses we refuse: good certificates, revocation lists
 * and requests, each spoilt in one place in one way and signed again, so that it is
 * the content that is judged. Ours is what a relay asks before a certificate or a
 * list counts, and before a request is kept. Where we refuse more, the sentence with
 * which we do so is in a table, with the reason; every row of it is needed.
 *
 * openssl looks at all files of a kind in one process, where it can.         */
#include "../check_main.h"
#include "base/clock.h"
#include "made_ca.h"
#include "pki/csr.h"
#include "tls/tls.h"

#define FILES_MAX 1024

/* --- spoiling -------------------------------------------------------------------- */

enum spoil { DELETE, REPEAT, FLIP, EMPTY, LONG_LENGTH, ENDLESS, TRAILING, LEADING,
	NUL_INSIDE, NOISE, UNDER_30, UNDER_02, UNDER_0C, UNDER_13, UNDER_16, UNDER_1E,
	UNDER_18, UNDER_04, SPOILS };

struct job {
	size_t at, target; /* elements, in the order of their first bytes */
	enum spoil how;
	struct rng rng;
};

static void
put(struct buf *out, const void *p, size_t n)
{
	ck_assert_int_eq(buf_append(out, p, n), 0);
}

static void
put_head(struct buf *out, uint8_t tag, size_t n)
{
	const uint8_t two[] = { tag, 0x82, (uint8_t)(n >> 8), (uint8_t)n };
	const uint8_t one[] = { tag, 0x81, (uint8_t)n };
	const uint8_t none[] = { tag, (uint8_t)n };

	ck_assert_uint_lt(n, 65536);
	if (n < 128)
		put(out, none, 2);
	else if (n < 256)
		put(out, one, 3);
	else
		put(out, two, 4);
}

/* The next element of what is good DER. */
static struct slice
take(struct slice *in, uint8_t *tag, struct slice *content)
{
	size_t head = 2, n = in->p[1];
	struct slice whole;

	*tag = in->p[0];
	if (n >= 128) {
		head += n & 127;
		n = 0;
		for (size_t i = 2; i < head; i++)
			n = n << 8 | in->p[i];
	}
	ck_assert_uint_le(head + n, in->n);
	whole = slice_of(in->p, head + n);
	*content = slice_of(in->p + head, n);
	*in = slice_skip(*in, head + n);
	return whole;
}

/* Elements inside: an extension's value is some, too. */
static bool
nests(uint8_t tag, struct slice c)
{
	return (tag & 0x20) != 0 || (tag == DER_OCTET_STRING && c.n > 2 &&
	    (c.p[0] == DER_SEQUENCE || c.p[0] == DER_BIT_STRING) &&
	    c.p[1] + (size_t)2 == c.n);
}

static void
spoil(struct job *j, struct slice whole, uint8_t tag, struct slice c, struct buf *out)
{
	static const uint8_t tags[] = { 0x30, 0x02, 0x0c, 0x13, 0x16, 0x1e, 0x18, 0x04 };
	const uint8_t longer[] = { tag, 0x83, 0, (uint8_t)(c.n >> 8), (uint8_t)c.n };
	const uint8_t endless[] = { tag, 0x80 }, zeros[2] = { 0 };
	size_t at = c.n == 0 ? 0 : rng_u64(&j->rng) % c.n;
	uint8_t bit = (uint8_t)(1u << rng_u64(&j->rng) % 8), b;
	bool more = j->how == TRAILING || j->how == LEADING || j->how == NUL_INSIDE;

	switch (j->how) {
	case DELETE:
		return;
	case REPEAT:
		put(out, whole.p, whole.n);
		put(out, whole.p, whole.n);
		return;
	case EMPTY:
		put_head(out, tag, 0);
		return;
	case LONG_LENGTH:
		put(out, longer, sizeof(longer));
		put(out, c.p, c.n);
		return;
	case ENDLESS:
		put(out, endless, 2);
		put(out, c.p, c.n);
		put(out, zeros, 2);
		return;
	case FLIP: case TRAILING: case LEADING: case NUL_INSIDE: case NOISE:
		put_head(out, tag, c.n + more);
		if (j->how == LEADING)
			at = 0;
		for (size_t i = 0; i < c.n; i++) {
			if (i == at && (j->how == LEADING || j->how == NUL_INSIDE))
				put(out, zeros, 1);
			b = j->how == NOISE ? (uint8_t)rng_u64(&j->rng) : c.p[i];
			b ^= j->how == FLIP && i == at ? bit : 0;
			put(out, &b, 1);
		}
		if (j->how == TRAILING || (more && c.n == 0))
			put(out, zeros, 1);
		return;
	case UNDER_30: case UNDER_02: case UNDER_0C: case UNDER_13: case UNDER_16:
	case UNDER_1E: case UNDER_18: case UNDER_04: case SPOILS:
		put_head(out, tags[j->how - UNDER_30], c.n);
		put(out, c.p, c.n);
	}
}

/* Lengths around the spoilt element fit again. */
static void
rewrite(struct job *j, struct slice in, struct buf *out)
{
	struct slice whole, c;
	struct buf inner;
	uint8_t tag;

	while (in.n > 0) {
		whole = take(&in, &tag, &c);
		if (j->at++ == j->target) {
			spoil(j, whole, tag, c, out);
		} else if (nests(tag, c)) {
			buf_init(&inner);
			rewrite(j, c, &inner);
			put_head(out, tag, buf_len(&inner));
			put(out, buf_slice(&inner).p, buf_len(&inner));
			buf_fini(&inner);
		} else {
			put(out, whole.p, whole.n);
		}
	}
}

static size_t
elements(struct slice in)
{
	struct job j = { .target = SIZE_MAX };
	struct buf copy;

	buf_init(&copy);
	rewrite(&j, in, &copy);
	ck_assert(slice_eq(buf_slice(&copy), in));
	buf_fini(&copy);
	return j.at;
}

/* --- the court -------------------------------------------------------------------- */

struct beyond { /* where we and openssl differ */
	const char *sentence; /* of who refuses */
	const char *because;
	size_t from, to; /* we accept what is spoilt in these elements; 0: we refuse */
	size_t seen;
};

struct judged {
	bool ours[2], theirs[2]; /* of a list: may the one in, who is not on it; the
				  * other, who is */
	size_t element;
	enum spoil how;
	char why[256];	/* we refuse it */
	char said[128]; /* by openssl when it refuses it */
};

struct court {
	struct made_ca m;
	struct ca ca;
	int64_t now;
	struct key signer; /* the agents' CA's */
	struct tls_ctx *ctx;
	char path[4][160];
	struct judged v[FILES_MAX];
	size_t n;
};

static void
read_key(struct court *c, const char *name, struct key *out)
{
	struct buf pem;
	struct err e;

	buf_init(&pem);
	ck_assert_int_eq(store_read(&c->ca.dir, name, STORE_SECRET, &pem, &e), 0);
	ck_assert_int_eq(key_read_pem(buf_slice(&pem), out, &e), 0);
	key_wipe(&pem);
}

static void
issue(struct court *c, const char *as, const struct key *k, struct buf *der)
{
	uint8_t mem[CERT_MAX];
	struct agent_name name;
	struct ca_issued got;
	struct err e;
	size_t n;

	ck_assert_int_eq(agent_name_parse(as, &name, &e), 0);
	ck_assert_int_eq(ca_issue_agent(&c->ca, &name, &k->public, 10, &got, &e), 0);
	ck_assert_int_eq(pem_read(buf_slice(&got.pem), PEM_CERTIFICATE, mem, sizeof(mem),
	    &n, &e), 0);
	put(der, mem, n);
	buf_fini(&got.pem);
}

static void
write_file(const struct court *c, const char *name, struct slice bytes)
{
	char path[192];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", c->m.path, name);
	f = fopen(path, "we");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
	ck_assert_int_eq(fclose(f), 0);
}

/* The n-th one of a kind. */
static void
write_one(const struct court *c, char kind, size_t n, struct slice bytes)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "%c%zu", kind, n);
	write_file(c, name, bytes);
}

static void
open_court(struct court *c)
{
	static const char *const names[] = { "relay.crt", "relay.key", "agent-ca.crt",
		"agent.crl" };
	struct relay_names names_of = { 0 };
	struct err e = { 0 };

	*c = (struct court){ .now = (int64_t)(clock_wall_ms() / 1000) };
	ck_assert_int_eq(tls_boot(&e), 0);
	tmpdir_make(&c->m.tmp);
	(void)tmpdir_in(&c->m.tmp, "ca", c->m.path);
	ck_assert_int_eq(relay_names_add(&names_of, "localhost", &e), 0);
	ck_assert_int_eq(ca_init(&(struct ca_init_args){ .path = c->m.path,
	    .relay = &names_of, .key = IDENTITY_ED25519, .now_s = c->now,
	    .relay_days = 30, .crl_days = 7 }, &e), 0);
	made_ca_open(&c->m, c->now, &c->ca);
	ck_assert_int_eq(ca_write_root_crl(&c->ca, &e), 0);
	read_key(c, "agent-ca.key", &c->signer);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		(void)snprintf(c->path[i], sizeof(c->path[i]), "%s/%s", c->m.path,
		    names[i]);
	ck_assert_msg(tls_ctx_new(TLS_RELAY, &(struct tls_files){
	    .certificate = c->path[0], .key = c->path[1], .ca = c->path[2],
	    .crl = c->path[3] }, &c->ctx, &e) == 0, "%s", e.text);
}

static void
close_court(struct court *c)
{
	tls_ctx_free(&c->ctx);
	tls_shutdown();
	ca_close(&c->ca);
	tmpdir_remove(&c->m.tmp);
}

/* The file that a line begins with the name of, or NULL. */
static struct judged *
named(struct court *c, char kind, const char *line)
{
	size_t n;

	if (line[0] != kind || line[1] < '0' || line[1] > '9')
		return NULL;
	n = strtoul(line + 1, NULL, 10);
	ck_assert_uint_lt(n, c->n);
	return &c->v[n];
}

/* One line of what a shell prints: "KINDn" before what is said of that file, "KINDn:
 * OK", or why not and then "error KINDn".                                    */
static void
take_line(struct court *c, char kind, const char *line, struct judged **now)
{
	static char why[128];
	const char *at = strstr(line, "depth lookup: ");
	bool is_error = strncmp(line, "error ", 6) == 0;
	struct judged *v = named(c, kind, is_error ? line + 6 : line);

	if (v != NULL)
		*now = v;
	if (at != NULL)
		(void)snprintf(why, sizeof(why), "%s", at + 14);
	if (*now == NULL)
		return;
	if (is_error && at == NULL && strstr(line, "error gone") == NULL)
		(void)snprintf((*now)->said, sizeof((*now)->said), "%s", why);
	if (strstr(line, "OK") != NULL)
		(*now)->theirs[strncmp(line, "gone", 4) == 0] = true;
}

static void
ask_openssl(struct court *c, char kind, const char *command)
{
	char text[1024], line[256];
	struct judged *v = NULL;
	FILE *f;

	(void)snprintf(text, sizeof(text), "cd %s && { %s; } 2>&1", c->m.path, command);
	f = popen(text, "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL)
		take_line(c, kind, line, &v);
	ck_assert_int_ne(pclose(f), -1);
}

/* The row that speaks of this refusal, or rows. */
static size_t
row_of(const struct judged *v, bool ours, const struct beyond *table, size_t rows)
{
	size_t row = 0;

	while (row < rows && (ours != (table[row].to > 0) ||
	    (ours && (v->element < table[row].from || v->element > table[row].to)) ||
	    strstr(ours ? v->said : v->why, table[row].sentence) == NULL))
		row++;
	return row;
}

static void
give_verdict(const struct court *c, struct beyond *table, size_t rows)
{
	size_t wrong = 0, accepted[2] = { 0 }, row;

	for (size_t i = 0; i < 2 * c->n; i++) {
		const struct judged *v = &c->v[i / 2];
		bool ours = v->ours[i % 2], theirs = v->theirs[i % 2];

		accepted[0] += ours;
		accepted[1] += theirs;
		if (ours == theirs)
			continue;
		row = row_of(v, ours, table, rows);
		if (row < rows)
			table[row].seen++;
		else
			fprintf(stderr, "%zu: element %zu, spoilt by %d, %s: %s\n", i / 2,
			    v->element, (int)v->how, ours ? "accepted" : "refused",
			    ours ? v->said : v->why);
		wrong += row == rows;
	}
	for (row = 0; row < rows; row++)
		if (table[row].seen == 0) {
			fprintf(stderr, "never seen: %s\n", table[row].sentence);
			wrong++;
		}
	fprintf(stderr, "%zu files; we accept %zu, openssl %zu\n", c->n, accepted[0],
	    accepted[1]);
	ck_assert_uint_eq(wrong, 0);
	ck_assert(c->v[0].ours[0] && c->v[0].theirs[0]); /* not spoilt */
}

/* Every step-th of all ways to spoil tbs; number 0 is not spoilt. */
static struct judged *
next(struct court *c, struct slice tbs, size_t step, const struct key *by, struct buf *out)
{
	size_t i = c->n == 0 ? SIZE_MAX : (c->n - 1) * step, all = elements(tbs);
	struct job j = { .target = SIZE_MAX };
	struct judged *v = &c->v[c->n];
	struct buf body;
	struct err e;

	if (i != SIZE_MAX && i >= all * SPOILS)
		return NULL;
	if (i != SIZE_MAX) {
		j.target = i / SPOILS;
		j.how = (enum spoil)(i % SPOILS);
	}
	ck_assert_uint_lt(c->n, FILES_MAX);
	rng_seed(&j.rng, i);
	buf_init(&body);
	rewrite(&j, tbs, &body);
	if (buf_len(&body) == 0)
		put(&body, "\x30", 2);
	ck_assert_int_eq(key_sign(by, buf_slice(&body), out, &e), 0);
	buf_fini(&body);
	*v = (struct judged){ .element = j.target, .how = j.how };
	c->n++;
	return v;
}

/* --- certificates ------------------------------------------------------------------ */

static struct beyond of_certificates[] = {
	{ "is malformed", "openssl reads BER: lengths in a longer form, or none, and what "
	    "follows the last element; a certificate has one form", 0, 0, 0 },
	{ "was not issued by a CA", "the same, where wolfSSL reads", 0, 0, 0 },
	{ "not X.509 version 3", "a number of another length, or none", 0, 0, 0 },
	{ "not exactly one Common Name", "who it is must not depend on the reader",
	    0, 0, 0 },
	{ "Common Name is not a tenant", "tenants are labels", 0, 0, 0 },
	{ "no subject alternative name", "there the agent's name is", 0, 0, 0 },
	{ "not exactly one URI", "and no other", 0, 0, 0 },
	{ "URI is not atlax://", "in this form", 0, 0, 0 },
	{ "name different tenants", "once is enough to say who", 0, 0, 0 },
	{ "no extended key usage", "openssl takes none for any", 0, 0, 0 },
	{ "not exactly the one needed", "openssl wants it among others", 0, 0, 0 },
	/* authorityKeyIdentifier is a hint for who has many CAs. There is one file of
	 * CAs, and it is the signature of one of them that counts. Certificates by
	 * other tools do not have it. */
	{ "unable to get local issuer certificate", "it names another key of the CA",
	    43, 47, 0 },
	{ "Missing Authority Key Identifier", "it does not help", 43, 47, 0 },
};

START_TEST(certificates_that_openssl_refuses_we_refuse)
{
	struct court *c = calloc(1, sizeof(*c));
	struct identity id;
	struct buf good, der;
	struct judged *v;
	struct cert cert;
	struct key k;
	struct err e;

	open_court(c);
	buf_init(&good);
	buf_init(&der);
	ck_assert_int_eq(key_generate(IDENTITY_ED25519, &k, &e), 0);
	issue(c, "acme/nas", &k, &good);
	ck_assert_int_eq(cert_walk(buf_slice(&good), &cert, &e), 0);
	while ((v = next(c, cert.tbs, 1, &c->signer, &der)) != NULL) {
		v->ours[0] = identity_agent(buf_slice(&der), &id, &e) == 0 &&
		    tls_ctx_vouches(c->ctx, buf_slice(&der), &e) == 0;
		if (!v->ours[0])
			(void)snprintf(v->why, sizeof(v->why), "%s", e.text);
		write_one(c, 'c', c->n - 1, buf_slice(&der));
		buf_consume(&der, buf_len(&der));
	}
	ask_openssl(c, 'c', "cat root.crl agent.crl >all.crl; openssl verify "
	    "-x509_strict -crl_check_all -purpose sslclient -CAfile root.crt "
	    "-untrusted agent-ca.crt -CRLfile all.crl $(ls | grep '^c[0-9]')");
	give_verdict(c, of_certificates, ARRAY_LEN(of_certificates));
	buf_fini(&good);
	buf_fini(&der);
	close_court(c);
	free(c);
}
END_TEST

/* --- revocation lists ---------------------------------------------------------------- */

static struct beyond of_lists[] = {
	{ "is malformed", "as with certificates", 0, 0, 0 },
	{ "cannot be used with CA", "the same, where wolfSSL reads", 0, 0, 0 },
	{ "is not version 2", "the number is of another length", 0, 0, 0 },
	{ "has no number", "an older list must be told from a newer one", 0, 0, 0 },
};

static void
judge_list(struct court *c, struct judged *v, struct slice der, const struct cert leaf[2])
{
	struct tls_ctx *ctx = NULL;
	char path[192];
	struct buf pem;
	struct err e = { 0 };

	buf_init(&pem);
	ck_assert_int_eq(store_read(&c->ca.dir, "root.crl", STORE_PUBLIC, &pem, &e), 0);
	ck_assert_int_eq(pem_write(&pem, PEM_CRL, der), 0);
	write_one(c, 'b', c->n - 1, buf_slice(&pem)); /* both */
	buf_fini(&pem);
	ck_assert_int_eq(pem_write(&pem, PEM_CRL, der), 0);
	write_one(c, 'l', c->n - 1, buf_slice(&pem));
	buf_fini(&pem);
	(void)snprintf(path, sizeof(path), "%s/l%zu", c->m.path, c->n - 1);
	if (tls_ctx_new_crl(c->ctx, path, &ctx, &e) < 0) {
		(void)snprintf(v->why, sizeof(v->why), "%s", e.text);
		return;
	}
	for (size_t i = 0; i < 2; i++)
		v->ours[i] = !tls_ctx_is_revoked(ctx, leaf[i].serial);
	(void)snprintf(v->why, sizeof(v->why), "on the list");
	tls_ctx_free(&ctx);
}

START_TEST(lists_that_openssl_refuses_we_refuse)
{
	static uint8_t mem[STORE_FILE_MAX / 1024];
	struct court *c = calloc(1, sizeof(*c));
	struct buf good[2], der;
	struct judged *v;
	struct agent_name name;
	struct cert leaf[2];
	struct crl list;
	struct key k;
	struct err e;

	open_court(c);
	buf_init(&der);
	ck_assert_int_eq(key_generate(IDENTITY_ED25519, &k, &e), 0);
	for (size_t i = 0; i < 2; i++) {
		buf_init(&good[i]);
		issue(c, i == 0 ? "acme/nas" : "acme/gone", &k, &good[i]);
		ck_assert_int_eq(cert_walk(buf_slice(&good[i]), &leaf[i], &e), 0);
		write_file(c, i == 0 ? "nas" : "gone", buf_slice(&good[i]));
	}
	ck_assert_int_eq(agent_name_parse("acme/gone", &name, &e), 0);
	ck_assert_int_eq(ca_revoke_agent(&c->ca, &name, &e), 0);
	made_ca_crl(&c->ca, "agent.crl", mem, sizeof(mem), &list);
	while ((v = next(c, list.tbs, 11, &c->signer, &der)) != NULL) {
		judge_list(c, v, buf_slice(&der), leaf);
		buf_consume(&der, buf_len(&der));
	}
	ck_assert(!c->v[0].ours[1]);
	ask_openssl(c, 'l', "n=0; while [ -f l$n ]; do echo l$n; openssl verify "
	    "-x509_strict -crl_check_all -purpose sslclient -CAfile root.crt "
	    "-untrusted agent-ca.crt -CRLfile b$n nas gone; n=$((n + 1)); done");
	give_verdict(c, of_lists, ARRAY_LEN(of_lists));
	buf_fini(&good[0]);
	buf_fini(&good[1]);
	buf_fini(&der);
	close_court(c);
	free(c);
}
END_TEST

/* --- requests ------------------------------------------------------------------------ */

static struct beyond of_requests[] = {
	{ "made for another connection", "challengePassword is the binding and nothing "
	    "else is there", 0, 0, 0 },
	{ "is malformed", "as with certificates; and attributes are not optional", 0, 0,
	    0 },
	{ "", "the subject is what the agent likes to be called, and not read", 2, 2, 0 },
};

START_TEST(requests_that_openssl_refuses_we_refuse)
{
	static const uint8_t binding[TLS_BINDING_LEN] = { 1, 2, 3 };
	const struct slice bound = SLICE_OF_ARRAY(binding);
	struct court *c = calloc(1, sizeof(*c));
	struct buf good, der;
	struct pubkey asked;
	struct judged *v;
	struct slice tbs;
	struct der d, in;
	struct key k;
	struct err e;

	open_court(c);
	buf_init(&good);
	buf_init(&der);
	ck_assert_int_eq(key_generate(IDENTITY_ED25519, &k, &e), 0);
	ck_assert_int_eq(csr_write_bound(&k, bound, &good, &e), 0);
	der_init(&d, buf_slice(&good));
	in = der_enter(&d, DER_SEQUENCE);
	tbs = der_take_whole(&in, DER_SEQUENCE);
	while ((v = next(c, tbs, 7, &k, &der)) != NULL) {
		v->ours[0] = csr_read_bound(buf_slice(&der), bound, &asked, &e) == 0;
		if (!v->ours[0])
			(void)snprintf(v->why, sizeof(v->why), "%s", e.text);
		write_one(c, 'r', c->n - 1, buf_slice(&der));
		buf_consume(&der, buf_len(&der));
	}
	ask_openssl(c, 'r', "n=0; while [ -f r$n ]; do echo r$n; openssl req -inform DER "
	    "-in r$n -verify -noout; n=$((n + 1)); done");
	give_verdict(c, of_requests, ARRAY_LEN(of_requests));
	buf_fini(&good);
	buf_fini(&der);
	close_court(c);
	free(c);
}
END_TEST

CHECK_MAIN("judge", certificates_that_openssl_refuses_we_refuse,
    lists_that_openssl_refuses_we_refuse, requests_that_openssl_refuses_we_refuse)

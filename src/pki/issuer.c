/* issuer.c — one CA at work.
 *
 * Thread: owner of the ca.
 * Invariant: a certificate never outlives its issuer, because nobody would
 * accept it then; a CRL holds every certificate of its issuer that the database
 * calls revoked and that somebody could still take for valid.                */
#include "pki/issuer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "parse/cert_walk.h"
#include "pki/pem.h"

void
issuer_file(enum cert_kind kind, const char *suffix, char out[ISSUER_FILE_MAX])
{
	(void)snprintf(
	    out, ISSUER_FILE_MAX, "%s.%s", cert_kind_name(kind), suffix);
}

int
issuer_read_cert(
    struct ca *ca, enum cert_kind kind, struct cert_info *out, struct err *e)
{
	char name[ISSUER_FILE_MAX];
	struct buf b;
	int r;

	buf_init(&b);
	issuer_file(kind, "crt", name);
	r = store_read(&ca->dir, name, STORE_PUBLIC, &b, e);
	if (r == 0) {
		r = cert_read_pem(buf_slice(&b), out, e);
		if (r < 0)
			r = err_prefix(e, r, "%s/%s", ca->dir.path, name);
	}
	buf_fini(&b);
	return r;
}

static int
load_key(struct ca *ca, struct issuer *i, const char *suffix, struct err *e)
{
	char name[ISSUER_FILE_MAX];
	struct buf b;
	int r;

	buf_init(&b);
	issuer_file(i->kind, suffix, name);
	r = store_read(&ca->dir, name, STORE_SECRET, &b, e);
	if (r == 0) {
		r = key_read_pem(buf_slice(&b), &i->key, e);
		if (r < 0)
			r = err_prefix(e, r, "%s/%s", ca->dir.path, name);
	}
	key_wipe(&b);
	return r;
}

int
issuer_load(
    struct ca *ca, enum cert_kind kind, struct issuer *out, struct err *e)
{
	int r;

	*out = (struct issuer){.kind = kind};
	r = issuer_read_cert(ca, kind, &out->cert, e);
	if (r == 0)
		r = load_key(ca, out, "key", e);
	if (r == 0 && !pubkey_eq(&out->cert.key, &out->key.public))
		r = err_set(e, AX_E_CONFIG,
		    "%s/%s.key is not the key of %s.crt", ca->dir.path,
		    cert_kind_name(kind), cert_kind_name(kind));
	if (r < 0)
		issuer_fini(out);
	return r;
}

void
issuer_fini(struct issuer *i)
{
	key_forget(&i->key);
}

/* --- one that comes or goes ------------------------------------------------ */

static int
load_other_key(struct ca *ca, struct issuer *out, struct err *e)
{
	char name[ISSUER_FILE_MAX];
	bool next;
	int r;

	issuer_file(out->kind, "key.next", name);
	next = store_has(&ca->dir, name);
	r = load_key(ca, out, next ? "key.next" : "key.old", e);
	if (r == 0 && !pubkey_eq(&out->cert.key, &out->key.public))
		r = err_set(e, AX_E_CONFIG,
		    "%s/%s.crt names a second CA, and its key is not there",
		    ca->dir.path, cert_kind_name(out->kind));
	return r;
}

int
issuer_load_other(
    struct ca *ca, enum cert_kind kind, struct issuer *out, struct err *e)
{
	char name[ISSUER_FILE_MAX];
	struct slice rest;
	struct buf b;
	bool there;
	int r;

	*out = (struct issuer){.kind = kind};
	buf_init(&b);
	issuer_file(kind, "crt", name);
	r = store_read(&ca->dir, name, STORE_PUBLIC, &b, e);
	rest = pem_after(buf_slice(&b), PEM_CERTIFICATE);
	there = pem_after(rest, PEM_CERTIFICATE).p != NULL;
	if (r == 0 && there)
		r = cert_read_pem(rest, &out->cert, e);
	buf_fini(&b);
	if (r == 0 && there)
		r = load_other_key(ca, out, e);
	if (r < 0)
		issuer_fini(out);
	return r < 0 ? r : there;
}

int
issuer_which(
    struct ca *ca, enum cert_kind kind, struct slice cert, struct err *e)
{
	char name[ISSUER_FILE_MAX];
	struct cert_info info;
	struct slice rest, tbs;
	struct buf b;
	int r, at = -1;

	buf_init(&b);
	issuer_file(kind, "crt", name);
	r = store_read(&ca->dir, name, STORE_PUBLIC, &b, e);
	rest = buf_slice(&b);
	for (int i = 0; r == 0 && at < 0 && pem_after(rest, PEM_CERTIFICATE).p != NULL;
	     i++) {
		r = cert_read_pem(rest, &info, e);
		if (r == 0 && pubkey_open(&info.key, cert, &tbs, NULL) == 0)
			at = i;
		rest = pem_after(rest, PEM_CERTIFICATE);
	}
	buf_fini(&b);
	if (r == 0 && at < 0)
		r = err_set(e, AX_E_IDENTITY, "it is not signed by this CA");
	return r < 0 ? r : at;
}

/* --- certificates --------------------------------------------------------- */

/* Who was revoked gets a certificate that does not look older than that: a relay
 * may refuse what was made before (atlax revoke). All of a tenant can have been. */
static int64_t
begin(const struct ca *ca, const struct issuer_order *o)
{
	/* In part: or a short life would begin when it is nearly over. */
	int64_t at = ca->now_s -
	    MIN((int64_t)CA_BACKDATE_S, o->life_s / CA_BACKDATE_PART);
	size_t n = strcspn(o->names, "/");

	if (o->kind != CERT_AGENT && o->kind != CERT_OPERATOR)
		return at;

	for (size_t i = 0; i < ca->db.n; i++) {
		const struct db_row *row = &ca->db.rows[i];

		if (row->kind == o->kind && strcspn(row->names, "/") == n &&
		    memcmp(row->names, o->names, n) == 0)
			at = MAX(at, MIN(row->revoked + 1, ca->now_s));
	}
	return at;
}

/* Sets when the certificate ends. */
static int
set_end(struct ca *ca, const struct issuer *i, int64_t life_s,
    struct ca_issued *c, struct err *e)
{
	int64_t end = ca->now_s + life_s;

	c->row->not_after = end;
	if (i->cert.subject_len == 0)
		return 0;
	if (i->cert.not_after <= ca->now_s)
		return err_set(e, AX_E_CONFIG,
		    "%s/%s.crt has expired: renew it "
		    "with \"atlax pki renew-ca\"",
		    ca->dir.path, cert_kind_name(i->kind));
	c->shortened = end > i->cert.not_after;
	if (c->shortened)
		c->row->not_after = i->cert.not_after;
	return 0;
}

static int
sign_row(const struct issuer *i, const struct issuer_order *o,
    struct ca_issued *c, struct err *e)
{
	uint8_t tbs[CERT_MAX];
	struct der_out w;
	struct buf der;
	int r;

	der_out_init(&w, tbs, sizeof(tbs));
	cert_write_tbs(
	    &w, &(struct cert_args){.kind = o->kind,
		    .serial = c->row->serial,
		    .not_before = c->row->not_before,
		    .not_after = c->row->not_after,
		    .common_name = o->common_name,
		    .key = o->key,
		    .sans = o->sans,
		    .n_sans = o->n_sans,
		    .issuer = slice_of(i->cert.subject, i->cert.subject_len),
		    .issuer_key = &i->key.public});
	buf_init(&der);
	r = key_sign(&i->key, der_out_slice(&w), &der, e);
	if (r == 0 && pem_write(&c->pem, PEM_CERTIFICATE, buf_slice(&der)) < 0)
		r = err_set(e, AX_E_NOMEM, "out of memory");
	buf_fini(&der);
	return r;
}

int
issuer_sign(struct ca *ca, const struct issuer *i, const struct issuer_order *o,
    struct ca_issued *out, struct err *e)
{
	struct ca_issued c = {.row = db_add(&ca->db)};
	int r;

	if (c.row == NULL)
		return err_set(e, AX_E_NOMEM, "out of memory");
	ax_assert(strlen(o->names) < sizeof(c.row->names));
	cert_serial(c.row->serial);
	c.row->kind = o->kind;
	c.row->not_before = begin(ca, o);
	memcpy(c.row->names, o->names, strlen(o->names));
	r = set_end(ca, i, o->life_s, &c, e);
	if (r == 0)
		r = sign_row(i, o, &c, e);
	if (r < 0) {
		buf_fini(&c.pem);
		ca->db.n--; /* never happened */
		return r;
	}
	*out = c;
	return 0;
}

/* --- revocation lists ----------------------------------------------------- */

/* RFC 5280 wants a revoked certificate on one list after it expired; a list may
 * be in use for CA_CRL_DAYS_MAX.                                             */
static bool
is_listed(const struct ca *ca, const struct db_row *row, enum cert_kind issuer)
{
	return row->revoked != 0 && cert_kind_issuer(row->kind) == issuer &&
	       row->not_after + (int64_t)CA_CRL_DAYS_MAX * CA_DAY_S >=
		   ca->now_s;
}

static struct crl_entry *
collect(const struct ca *ca, enum cert_kind issuer, size_t *n)
{
	struct crl_entry *list = calloc(ca->db.n + 1, sizeof(*list));

	*n = 0;
	for (size_t i = 0; list != NULL && i < ca->db.n; i++) {
		const struct db_row *row = &ca->db.rows[i];

		if (!is_listed(ca, row, issuer))
			continue;
		memcpy(list[*n].serial, row->serial, CERT_SERIAL_LEN);
		list[(*n)++].revoked = row->revoked;
	}
	return list;
}

static int
sign_crl(const struct issuer *i, const struct crl_args *a, struct buf *pem,
    struct err *e)
{
	size_t cap = crl_tbs_max(a->n_entries);
	uint8_t *tbs = malloc(cap);
	struct der_out w;
	struct buf der;
	int r;

	if (tbs == NULL)
		return err_set(e, AX_E_NOMEM, "out of memory");
	der_out_init(&w, tbs, cap);
	crl_write_tbs(&w, a);
	buf_init(&der);
	r = key_sign(&i->key, der_out_slice(&w), &der, e);
	if (r == 0 && pem_write(pem, PEM_CRL, buf_slice(&der)) < 0)
		r = err_set(e, AX_E_NOMEM, "out of memory");
	buf_fini(&der);
	free(tbs);
	return r;
}

int
issuer_write_crl(
    struct ca *ca, const struct issuer *i, int64_t next_update, struct err *e)
{
	struct crl_args a = {
	    .issuer = slice_of(i->cert.subject, i->cert.subject_len),
	    .issuer_key = &i->key.public,
	    .number = ca->db.crl_number,
	    .this_update = ca->now_s - CA_BACKDATE_S,
	    .next_update = next_update};
	/* Named after what they are about. */
	static const char *const names[CERT_KINDS] = {[CERT_ROOT] = "root.crl",
	    [CERT_RELAY_CA] = "relay.crl",
	    [CERT_AGENT_CA] = "agent.crl",
	    [CERT_OPERATOR_CA] = "operator.crl"};
	struct crl_entry *list;
	struct issuer other;
	struct buf pem;
	int r, there;

	there = i->kind == CERT_ROOT ? 0 : issuer_load_other(ca, i->kind, &other, e);
	if (there < 0)
		return there;
	list = collect(ca, i->kind, &a.n_entries);
	if (list == NULL)
		return err_set(e, AX_E_NOMEM, "out of memory");
	a.entries = list;
	buf_init(&pem);
	r = sign_crl(i, &a, &pem, e);
	if (r == 0 && there) {
		a.issuer = slice_of(other.cert.subject, other.cert.subject_len);
		a.issuer_key = &other.key.public;
		r = sign_crl(&other, &a, &pem, e);
	}
	if (there)
		issuer_fini(&other);
	if (r == 0)
		r = store_replace(
		    &ca->dir, names[i->kind], STORE_PUBLIC, buf_slice(&pem), e);
	buf_fini(&pem);
	free(list);
	return r;
}

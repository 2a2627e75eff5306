/* material.c — certificate, key, CA and revocation list, read and checked while
 * somebody is there to read the complaint.
 *
 * Thread: any. Invariant: after material_new nothing in a struct material
 * changes but its count, so contexts of several threads share it.            */
#include "tls/material.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/str.h"
#include "parse/cert_walk.h"
#include "tls/file.h"
#include "tls/forge.h"
#include "tls/verdict.h"

void
material_date(int64_t t, char out[MATERIAL_DATE_LEN])
{
	char text[CLOCK_TEXT];
	struct str s;

	str_init(&s, out, MATERIAL_DATE_LEN);
	if (clock_text(t, text))
		str_fmt(&s, "%.10s %.5s UTC", text, text + 11);
	else
		str_add(&s, "an odd date");
}

/* what: "certificate /etc/x.pem" */
static int
check_dates(int64_t from, int64_t to, const char *what, const char *path,
    const char *remedy, struct err *e)
{
	char date[MATERIAL_DATE_LEN];

	if (clock_wall_s() > to) {
		material_date(to, date);
		return err_set(e, AX_E_CONFIG, "%s %s expired on %s; %s", what,
		    path, date, remedy);
	}
	if (clock_wall_s() < from) {
		material_date(from, date);
		return err_set(e, AX_E_CONFIG,
		    "%s %s is not valid before %s; is this machine's clock "
		    "right?",
		    what, path, date);
	}
	return 0;
}

static int
no_memory(struct err *e)
{
	return err_set(e, AX_E_NOMEM, "no memory for certificates");
}

/* PEM block that could not be decoded, or none at all. */
static int
bad_pem(const struct blob *pem, size_t at, int r, const char *what,
    const char *path, struct err *e)
{
	if (r == AX_E_NOMEM)
		return no_memory(e);
	if (r == 0)
		return err_set(e, AX_E_CONFIG,
		    "%s %s holds no PEM block of that kind", what, path);
	return err_set(e, AX_E_CONFIG,
	    "%s %s cannot be decoded at or after line %u: is it PEM, and the "
	    "right file?",
	    what, path, pem_line(pem, at));
}

static int
read_leaf(struct material *m, const struct tls_files *f, struct err *e)
{
	const char *path = f->certificate;
	struct identity id;
	size_t at = 0;
	int r;

	r = file_read(path, "certificate", false, &m->chain, e);
	if (r < 0)
		return r;
	r = pem_next(&m->chain, CERT_TYPE, &at, &m->leaf);
	if (r <= 0)
		return bad_pem(&m->chain, at, r, "certificate", path, e);
	r = m->role == TLS_AGENT ?
	    m->identify(blob_slice(&m->leaf), &id, e) :
	    identity_relay_own(blob_slice(&m->leaf), &id, e);
	if (r < 0)
		return err_prefix(e, AX_E_CONFIG, "certificate %s", path);
	if (id.key == IDENTITY_P256 && !WOLF_HAS_P256)
		return err_set(e, AX_E_CONFIG, "certificate %s is of a P-256 key, "
		    "which this build cannot use: have one made for an Ed25519 key",
		    path);
	m->not_before = id.not_before;
	m->not_after = id.not_after;
	if (f->past && clock_wall_s() > id.not_after)
		return 0;
	return check_dates(id.not_before, id.not_after, "certificate", path,
	    "issue a new one with atlax pki issue", e);
}

static int
check_ca(const struct blob *der, const char *path, struct err *e)
{
	struct cert c;
	int r;

	r = cert_walk(blob_slice(der), &c, e);
	if (r < 0)
		return err_prefix(e, AX_E_CONFIG, "CA %s", path);
	if (!c.is_ca || !c.has_usage || !(c.usage & CERT_USAGE_CERT_SIGN))
		return err_set(e, AX_E_CONFIG,
		    "CA %s holds a certificate that may not sign others: is it "
		    "the CA's?",
		    path);
	return check_dates(c.not_before, c.not_after, "CA", path,
	    "renew it with atlax pki renew-ca", e);
}

struct blocks {
	const char *what, *path; /* for sentences */
	int kind;		 /* wolfSSL's CERT_TYPE, CRL_TYPE */
	struct blob *list;	 /* MATERIAL_ISSUERS_MAX of them */
	size_t *count;
};

static int
decode_blocks(const struct blocks *b, const struct blob *pem, struct err *e)
{
	struct blob der;
	size_t at = 0;
	int r;

	while ((r = pem_next(pem, b->kind, &at, &der)) > 0) {
		if (*b->count == MATERIAL_ISSUERS_MAX) {
			blob_free(&der);
			return err_set(e, AX_E_CONFIG,
			    "%s %s holds more than %d PEM blocks", b->what,
			    b->path, MATERIAL_ISSUERS_MAX);
		}
		b->list[(*b->count)++] = der;
	}
	if (r < 0 || *b->count == 0)
		return bad_pem(pem, at, r, b->what, b->path, e);
	return 0;
}

static int
read_blocks(const struct blocks *b, struct err *e)
{
	struct blob pem = { 0 };
	int r;

	r = file_read(b->path, b->what, false, &pem, e);
	if (r == 0)
		r = decode_blocks(b, &pem, e);
	blob_free(&pem);
	return r;
}

static int
read_cas(struct material *m, const char *path, struct err *e)
{
	struct blocks b = { "CA", path, CERT_TYPE, m->ca, &m->ca_count };
	size_t i;
	int r;

	r = read_blocks(&b, e);
	for (i = 0; r == 0 && i < m->ca_count; i++)
		r = check_ca(&m->ca[i], path, e);
	return r;
}

static int
walk_crls(struct material *m, const char *path, struct err *e)
{
	struct blocks b = { "revocation list", path, CRL_TYPE, m->crl,
		&m->crl_count };
	size_t i;
	int r;

	r = read_blocks(&b, e);
	for (i = 0; r == 0 && i < m->crl_count; i++) {
		r = crl_walk(blob_slice(&m->crl[i]), &m->crl_view[i], e);
		if (r < 0)
			return err_prefix(
			    e, AX_E_CONFIG, "revocation list %s", path);
	}
	return r;
}

static int
compare(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? -1 : 1;
	return memcmp(x->p, y->p, x->n);
}

static size_t
collect_revoked(const struct material *m, struct slice *out)
{
	struct slice at, serial;
	size_t i, n = 0;
	int64_t when;

	for (i = 0; i < m->crl_count; i++)
		for (at = m->crl_view[i].entries;
		     crl_next(&at, &serial, &when); n++)
			if (out != NULL)
				out[n] = serial;
	return n;
}

/* Sorted, because every tunnel is held against every new list, and lists may
 * have hundreds of thousands of serials.                                     */
static int
sort_revoked(struct material *m)
{
	size_t n = collect_revoked(m, NULL);

	m->revoked = calloc(n + 1, sizeof(*m->revoked));
	if (m->revoked == NULL)
		return AX_E_NOMEM;
	m->revoked_count = collect_revoked(m, m->revoked);
	qsort(m->revoked, n, sizeof(*m->revoked), compare);
	return 0;
}

bool
material_is_revoked(const struct material *m, struct slice serial)
{
	return m->revoked_count > 0 && serial.n > 0 &&
	    bsearch(&serial, m->revoked, m->revoked_count,
		sizeof(*m->revoked), compare) != NULL;
}

static int
read_crls(struct material *m, const char *path, struct err *e)
{
	size_t i;
	int r;

	m->crl_path = strdup(path);
	if (m->crl_path == NULL)
		return no_memory(e);
	r = walk_crls(m, path, e);
	for (i = 0; r == 0 && i < m->crl_count; i++)
		r = check_dates(m->crl_view[i].this_update,
		    m->crl_view[i].next_update, "revocation list", path,
		    "make a new one with atlax pki crl", e);
	return r < 0 || sort_revoked(m) == 0 ? r : no_memory(e);
}

/* Who has no certificate yet has no CA either: he is shown ours. */
static int
show_ca(struct material *m, struct err *e)
{
	if (m->role != TLS_ENROL_RELAY)
		return 0;
	return forge_pem(blob_slice(&m->ca[0]), &m->chain) == 0 ? 0 : no_memory(e);
}

static int
read_all(struct material *m, const struct tls_files *f, struct err *e)
{
	int r;

	r = read_leaf(m, f, e);
	if (r < 0)
		return r;
	r = file_read(f->key, "key", true, &m->key, e);
	if (r < 0)
		return r;
	r = read_cas(m, f->ca, e);
	if (r == 0)
		r = show_ca(m, e);
	return r < 0 || f->crl == NULL ? r : read_crls(m, f->crl, e);
}

static struct material *
material_alloc(enum tls_role role)
{
	struct material *m = calloc(1, sizeof(*m));

	if (m != NULL) {
		atomic_init(&m->refs, 1);
		m->role = role;
		m->identify = identity_agent;
	}
	return m;
}

int
material_new_pinned(
    const struct tls_pin *pin, struct material **out, struct err *e)
{
	static const struct pinned pinned = { pinned_judge, selftest_pinned };
	struct material *m = material_alloc(TLS_ENROL_AGENT);

	if (m == NULL)
		return no_memory(e);
	m->pin = *pin;
	m->pinned = &pinned;
	m->ca_path = strdup("the join line");
	if (m->ca_path == NULL) {
		material_unref(&m);
		return no_memory(e);
	}
	*out = m;
	return 0;
}

int
material_new(enum tls_role role, material_identify *identify,
    const struct tls_files *files, struct material **out, struct err *e)
{
	struct material *m;
	int r;

	if (role == TLS_RELAY && files->crl == NULL)
		return err_set(e, AX_E_CONFIG,
		    "a relay needs a revocation list: without one a stolen key "
		    "could not be shut out");
	m = material_alloc(role);
	if (m == NULL)
		return no_memory(e);
	m->identify = identify;
	m->ca_path = strdup(files->ca);
	r = m->ca_path == NULL ? no_memory(e) : read_all(m, files, e);
	if (r < 0)
		material_unref(&m);
	else
		*out = m;
	return r;
}

/* With the byte of zero after the end that file_read leaves. */
static bool
copy_blob(struct blob *to, const struct blob *from)
{
	if (from->p == NULL)
		return true;
	to->p = malloc(from->n + 1);
	if (to->p == NULL)
		return false;
	memcpy(to->p, from->p, from->n);
	to->p[from->n] = 0;
	to->n = from->n;
	return true;
}

static bool
copy_all(struct material *to, const struct material *from)
{
	bool ok = copy_blob(&to->chain, &from->chain) &&
	    copy_blob(&to->key, &from->key) && copy_blob(&to->leaf, &from->leaf);

	for (; ok && to->ca_count < from->ca_count; to->ca_count++)
		ok = copy_blob(&to->ca[to->ca_count], &from->ca[to->ca_count]);
	to->identify = from->identify;
	to->not_before = from->not_before;
	to->not_after = from->not_after;
	to->ca_path = strdup(from->ca_path);
	return ok && to->ca_path != NULL;
}

int
material_new_crl(const struct material *from, const char *crl,
    struct material **out, struct err *e)
{
	struct material *m = material_alloc(from->role);
	int r;

	if (m == NULL)
		return no_memory(e);
	r = copy_all(m, from) ? read_crls(m, crl, e) : no_memory(e);
	if (r < 0)
		material_unref(&m);
	else
		*out = m;
	return r;
}

int
material_new_lists(const char *crl, struct material **out, struct err *e)
{
	struct material *m = material_alloc(TLS_RELAY);
	int r;

	if (m == NULL)
		return no_memory(e);
	r = walk_crls(m, crl, e);
	if (r < 0)
		material_unref(&m);
	else
		*out = m;
	return r;
}

struct material *
material_ref(struct material *m)
{
	unsigned before = atomic_fetch_add(&m->refs, 1);

	ax_assert(before > 0);
	return m;
}

void
material_unref(struct material **p)
{
	struct material *m = *p;
	size_t i;

	*p = NULL;
	if (m == NULL || atomic_fetch_sub(&m->refs, 1) > 1)
		return;
	blob_free(&m->chain);
	blob_free(&m->key);
	blob_free(&m->leaf);
	for (i = 0; i < m->ca_count; i++)
		blob_free(&m->ca[i]);
	for (i = 0; i < m->crl_count; i++)
		blob_free(&m->crl[i]);
	free(m->revoked);
	free(m->ca_path);
	free(m->crl_path);
	free(m);
}

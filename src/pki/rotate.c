/* rotate.c — one CA takes the place of another.
 *
 * Thread: owner of the ca.
 * Invariant: the first certificate in KIND.crt is that of KIND.key, but between two
 * renames, when it is that of KIND.key.next; so pair.h's rule is ours.       */
#include "pki/rotate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/rng.h"
#include "parse/cert_walk.h"
#include "pki/issuer.h"
#include "pki/pair.h"
#include "pki/pem.h"
#include "pki/trust.h"

/* The certificates in a file. */
struct list {
	uint8_t mem[TRUST_CAS_MAX][CERT_MAX];
	struct slice der[TRUST_CAS_MAX];
	size_t n;
};

static struct list *
new_list(struct err *e)
{
	struct list *l = malloc(sizeof(*l));

	if (l == NULL)
		(void)err_set(e, AX_E_NOMEM, "out of memory");
	return l;
}

static int
read_text(struct ca *ca, enum cert_kind kind, struct buf *text, struct err *e)
{
	char name[ISSUER_FILE_MAX];

	buf_init(text);
	issuer_file(kind, "crt", name);
	return store_read(&ca->dir, name, STORE_PUBLIC, text, e);
}

static int
read_list(struct ca *ca, enum cert_kind kind, struct list *l, struct err *e)
{
	struct slice rest;
	struct buf text;
	size_t n;
	int r = read_text(ca, kind, &text, e);

	l->n = 0;
	for (rest = buf_slice(&text);
	     r == 0 && pem_after(rest, PEM_CERTIFICATE).p != NULL;
	     rest = pem_after(rest, PEM_CERTIFICATE)) {
		if (l->n == TRUST_CAS_MAX) {
			r = err_set(e, AX_E_LIMIT, "%s/%s.crt holds too many CAs",
			    ca->dir.path, cert_kind_name(kind));
			break;
		}
		r = pem_read(rest, PEM_CERTIFICATE, l->mem[l->n], CERT_MAX, &n, e);
		l->der[l->n] = slice_of(l->mem[l->n], n);
		l->n += r == 0;
	}
	buf_fini(&text);
	return r;
}

/* --- the trust bundle ------------------------------------------------------- */

static bool
same(const struct trust *a, const struct trust *b)
{
	for (int whom = 0; whom < 2; whom++) {
		if (a->n[whom] != b->n[whom])
			return false;
		for (size_t i = 0; i < a->n[whom]; i++)
			if (!slice_eq(a->cas[whom][i], b->cas[whom][i]))
				return false;
	}
	return true;
}

/* The bundle in relay-ca.crt; sequence 0: none. */
static int
read_trust(struct ca *ca, uint8_t mem[TRUST_MAX], struct trust *out, struct err *e)
{
	struct buf text;
	int r = read_text(ca, CERT_RELAY_CA, &text, e);

	if (r == 0)
		r = trust_read_pem(buf_slice(&text), mem, out, e);
	if (r == AX_E_NOTFOUND && buf_len(&text) > 0) {
		*out = (struct trust){.sequence = 0};
		r = 0;
	}
	buf_fini(&text);
	return r;
}

int
rotate_sequence(struct ca *ca, uint64_t *out, struct err *e)
{
	uint8_t mem[TRUST_MAX];
	struct trust t;
	int r = read_trust(ca, mem, &t, e);

	if (r == 0)
		*out = t.sequence;
	return r;
}

static int
sign_trust(struct ca *ca, struct trust *t, struct buf *text, struct err *e)
{
	struct issuer root;
	struct buf der;
	int r = issuer_load(ca, CERT_ROOT, &root, e);

	if (r < 0)
		return r;
	buf_init(&der);
	r = trust_write(t, &root.key, &der, e);
	issuer_fini(&root);
	t->der = buf_slice(&der);
	if (r == 0 && trust_print(t, text) < 0)
		r = err_set(e, AX_E_NOMEM, "out of memory");
	buf_fini(&der);
	return r;
}

static void
fill(struct trust *t, enum trust_whom whom, const struct slice *cas, size_t n)
{
	t->n[whom] = MIN(n, (size_t)TRUST_CAS_MAX);
	memcpy(t->cas[whom], cas, t->n[whom] * sizeof(*cas));
}

/* relay-ca.crt: these CAs for relays, and the bundle of them and agent-ca.crt. */
static int
put_trust(struct ca *ca, const struct slice *relays, size_t n, struct err *e)
{
	struct list *agents = new_list(e);
	uint8_t mem[TRUST_MAX];
	struct trust old, t = {.sequence = 0};
	struct buf text;
	int r = agents == NULL ? AX_E_NOMEM :
				 read_list(ca, CERT_AGENT_CA, agents, e);

	buf_init(&text);
	if (r == 0)
		r = read_trust(ca, mem, &old, e);
	if (r == 0) {
		fill(&t, TRUST_RELAYS, relays, n);
		fill(&t, TRUST_AGENTS, agents->der, agents->n);
		t.sequence = old.sequence + 1;
	}
	if (r == 0 && !same(&t, &old)) {
		r = sign_trust(ca, &t, &text, e);
		if (r == 0)
			r = store_replace(&ca->dir, "relay-ca.crt", STORE_PUBLIC,
			    buf_slice(&text), e);
	}
	buf_fini(&text);
	free(agents);
	return r;
}

static int
put_agents(struct ca *ca, const struct slice *cas, size_t n, struct err *e)
{
	struct buf text;
	int r = 0;

	buf_init(&text);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = pem_write(&text, PEM_CERTIFICATE, cas[i]);
	if (r < 0)
		(void)err_set(e, r, "out of memory");
	else
		r = store_replace(&ca->dir, "agent-ca.crt", STORE_PUBLIC,
		    buf_slice(&text), e);
	buf_fini(&text);
	return r;
}

int
rotate_put(struct ca *ca, enum cert_kind kind, const struct slice *cas, size_t n,
    struct err *e)
{
	struct list *relays;
	int r;

	if (kind == CERT_RELAY_CA)
		return put_trust(ca, cas, n, e);
	relays = new_list(e);
	if (relays == NULL)
		return AX_E_NOMEM;
	r = put_agents(ca, cas, n, e);
	if (r == 0)
		r = read_list(ca, CERT_RELAY_CA, relays, e);
	if (r == 0)
		r = put_trust(ca, relays->der, relays->n, e);
	free(relays);
	return r;
}

/* --- the steps -------------------------------------------------------------- */

static bool
has(struct ca *ca, enum cert_kind kind, const char *suffix)
{
	char name[ISSUER_FILE_MAX];

	issuer_file(kind, suffix, name);
	return store_has(&ca->dir, name);
}

static enum rotate_stage
stage_of(struct ca *ca, enum cert_kind kind, const struct list *l)
{
	return l->n < 2 ? ROTATE_NONE :
	    has(ca, kind, "key" PAIR_NEXT) ? ROTATE_BEGUN : ROTATE_SWITCHED;
}

static int
make_next(struct ca *ca, enum cert_kind kind, struct ca_issued *out, struct err *e)
{
	char cn[40], crt[4096], key[4096];
	struct pair_paths paths = {crt, key};
	struct issuer root;
	struct cert_info now;
	uint32_t mark;
	struct key k;
	int r = issuer_read_cert(ca, kind, &now, e);

	if (r == 0)
		r = issuer_load(ca, CERT_ROOT, &root, e);
	if (r < 0)
		return r;
	ca_pair(ca, kind, crt, key);
	rng_secret(&mark, sizeof(mark));
	(void)snprintf(cn, sizeof(cn), "atlax-%s-%08" PRIx32, cert_kind_name(kind),
	    mark);
	r = key_generate(now.key.type, &k, e);
	if (r == 0)
		r = pair_prepare(&paths, &k, e);
	if (r == 0)
		r = issuer_sign(ca, &root, &(struct issuer_order){.kind = kind,
		    .common_name = cn, .names = cn, .key = &k.public,
		    .life_s = (int64_t)CA_ISSUER_DAYS * CA_DAY_S}, out, e);
	key_forget(&k);
	issuer_fini(&root);
	if (r == 0 && (r = ca_save(ca, e)) < 0)
		buf_fini(&out->pem);
	return r;
}

static int
begin(struct ca *ca, enum cert_kind kind, struct list *l, struct err *e)
{
	struct ca_issued next;
	size_t n;
	int r = make_next(ca, kind, &next, e);

	if (r < 0)
		return r;
	r = pem_read(buf_slice(&next.pem), PEM_CERTIFICATE, l->mem[1], CERT_MAX, &n, e);
	buf_fini(&next.pem);
	l->der[1] = slice_of(l->mem[1], n);
	l->n = 2;
	return r < 0 ? r : rotate_put(ca, kind, l->der, 2, e);
}

static int
keep_old_key(struct ca *ca, enum cert_kind kind, struct err *e)
{
	char name[ISSUER_FILE_MAX];
	struct buf pem;
	int r;

	buf_init(&pem);
	issuer_file(kind, "key", name);
	r = store_read(&ca->dir, name, STORE_SECRET, &pem, e);
	issuer_file(kind, "key.old", name);
	if (r == 0)
		r = store_replace(&ca->dir, name, STORE_SECRET, buf_slice(&pem), e);
	key_wipe(&pem);
	return r;
}

/* Whatever stands behind a CA in the database was signed after it began to sign. */
static int
move_row(struct ca *ca, struct slice der, struct err *e)
{
	struct db_row *row = ca_row_of(ca, der), copy;
	size_t at;

	if (row == NULL)
		return err_set(e, AX_E_CONFIG, "%s/" CA_DB_NAME " does not list the CA",
		    ca->dir.path);
	copy = *row;
	at = (size_t)(row - ca->db.rows);
	memmove(row, row + 1, (ca->db.n - at - 1) * sizeof(*row));
	ca->db.rows[ca->db.n - 1] = copy;
	return ca_save(ca, e);
}

static int
switch_over(struct ca *ca, enum cert_kind kind, struct list *l, struct err *e)
{
	struct slice turned[] = {l->der[1], l->der[0]};
	char crt[4096], key[4096];
	struct pair_paths paths = {crt, key};
	int r = keep_old_key(ca, kind, e);

	ca_pair(ca, kind, crt, key);
	if (r == 0)
		r = move_row(ca, l->der[1], e);
	if (r == 0)
		r = rotate_put(ca, kind, turned, 2, e);
	if (r == 0)
		r = MIN(pair_settle(&paths, e), 0);
	return r;
}

static int
finish(struct ca *ca, enum cert_kind kind, struct list *l, struct err *e)
{
	char name[ISSUER_FILE_MAX];
	int r = rotate_put(ca, kind, l->der, 1, e);

	issuer_file(kind, "key.old", name);
	if (r == 0 && unlinkat(ca->dir.fd, name, 0) < 0 && errno != ENOENT)
		r = err_sys(e, "cannot remove %s/%s", ca->dir.path, name);
	return r < 0 ? r : store_sync(&ca->dir, e);
}

/* What the step was about may be done, and not the rest. */
static int
complete(struct ca *ca, enum cert_kind kind, enum rotate_stage stage,
    struct err *e)
{
	static const struct relay_names same_names;
	struct ca_issued c;
	struct list *l = new_list(e);
	int r = l == NULL ? AX_E_NOMEM : read_list(ca, kind, l, e);

	if (r == 0)
		r = rotate_put(ca, kind, l->der, l->n, e);
	if (r == 0 && kind == CERT_RELAY_CA && stage == ROTATE_SWITCHED)
		r = ca_renew_relay(ca, &same_names, CA_LEAF_DAYS, &c, e);
	free(l);
	return r < 0 ? r : ca_refresh_crls(ca, e);
}

int
rotate_stage(struct ca *ca, enum cert_kind kind, enum rotate_stage *out,
    struct err *e)
{
	struct list *l = new_list(e);
	int r = l == NULL ? AX_E_NOMEM : read_list(ca, kind, l, e);

	if (r == 0)
		*out = stage_of(ca, kind, l);
	free(l);
	return r;
}

int
rotate_to(struct ca *ca, enum cert_kind kind, enum rotate_stage stage,
    struct err *e)
{
	static int (*const steps[])(
	    struct ca *, enum cert_kind, struct list *, struct err *) = {
	    [ROTATE_NONE] = finish, [ROTATE_BEGUN] = begin,
	    [ROTATE_SWITCHED] = switch_over};
	struct list *l = new_list(e);
	int r = l == NULL ? AX_E_NOMEM : read_list(ca, kind, l, e);
	enum rotate_stage now = r < 0 ? stage : stage_of(ca, kind, l);

	if (r == 0 && now == ROTATE_NONE && has(ca, kind, "key.old"))
		now = ROTATE_SWITCHED; /* its last step was killed */
	if (r == 0 && now != stage && stage != (now + 1) % 3)
		r = err_set(e, AX_E_CONFIG, "the steps are begin, switch, finish; %s",
		    now == ROTATE_NONE ? "none is under way" :
		    now == ROTATE_BEGUN ? "it has begun" : "it has switched");
	if (r == 0 && now != stage)
		r = steps[stage](ca, kind, l, e);
	free(l);
	return r < 0 ? r : complete(ca, kind, stage, e);
}

/* --- who is behind ----------------------------------------------------------- */

static bool
is_valid(const struct ca *ca, const struct db_row *row)
{
	return row->kind == CERT_AGENT && row->revoked == 0 &&
	       row->not_after >= ca->now_s;
}

const struct db_row *
rotate_agents(const struct ca *ca, size_t *i)
{
	const struct db *db = &ca->db;

	for (; *i < db->n; ++*i) {
		const struct db_row *row = &db->rows[*i];
		size_t k = *i + 1;

		if (!is_valid(ca, row))
			continue;
		while (k < db->n && (!is_valid(ca, &db->rows[k]) ||
			    strcmp(db->rows[k].names, row->names) != 0))
			k++;
		if (k == db->n) {
			++*i;
			return row;
		}
	}
	return NULL;
}

const struct db_row *
rotate_behind(const struct ca *ca, size_t *i)
{
	const struct db_row *row;
	size_t from = ca->db.n;

	while (from > 0 && ca->db.rows[from - 1].kind != CERT_AGENT_CA)
		from--;
	row = rotate_agents(ca, i);
	return row != NULL && row < ca->db.rows + from ? row : NULL;
}

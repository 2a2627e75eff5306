/* ca.c — what the operator does with a CA, one call each.
 *
 * Thread: owner of the ca.
 * Invariant: between ca_open and ca_close no other process changes the
 * directory, and the order of writing is: database, then certificate or CRL. So
 * a kill in between forgets nothing: at worst a certificate is listed that
 * nobody has, or a revocation waits for the next CRL.                        */
#include "pki/ca.h"

#include <stdio.h>

#include "base/assert.h"
#include "parse/cert_walk.h"
#include "pki/ca_impl.h"
#include "pki/pair.h"
#include "pki/pem.h"
#include "pki/rotate.h"

static int
read_db(const struct store *dir, struct db *out, struct err *e)
{
	struct buf b;
	int r;

	buf_init(&b);
	r = store_read(dir, CA_DB_NAME, STORE_PUBLIC, &b, e);
	if (r == AX_E_NOTFOUND)
		r = err_set(e, r,
		    "%s holds no CA: make one with \"atlax pki init\"",
		    dir->path);
	else if (r == 0) {
		r = db_parse(out, buf_slice(&b), e);
		if (r < 0)
			r = err_prefix(e, r, "%s/" CA_DB_NAME, dir->path);
	}
	buf_fini(&b);
	return r;
}

int
ca_read_db(const char *path, struct db *out, struct err *e)
{
	struct store dir;
	int r;

	*out = (struct db){0};
	r = store_open(path, &dir, e);
	if (r < 0)
		return r;
	r = read_db(&dir, out, e);
	store_close(&dir);
	if (r < 0)
		db_fini(out);
	return r;
}

/* Before the lock, because taking it makes a file: a directory that holds no CA
 * must stay as it is.                                                        */
static int
check_is_ca(const struct store *dir, struct err *e)
{
	if (store_has(dir, CA_DB_NAME))
		return 0;
	return err_set(e, AX_E_NOTFOUND,
	    "%s holds no CA: make one with "
	    "\"atlax pki init\"",
	    dir->path);
}

void
ca_pair(const struct ca *ca, enum cert_kind kind, char crt[4096], char key[4096])
{
	(void)snprintf(crt, 4096, "%s/%s.crt", ca->dir.path, cert_kind_name(kind));
	(void)snprintf(key, 4096, "%s/%s.key", ca->dir.path, cert_kind_name(kind));
}

/* A switch that was killed between its two renames. */
static int
settle(struct ca *ca, struct err *e)
{
	char crt[4096], key[4096];
	struct pair_paths paths = {crt, key};
	int r;

	ca_pair(ca, CERT_RELAY_CA, crt, key);
	r = pair_settle(&paths, e);
	ca_pair(ca, CERT_AGENT_CA, crt, key);
	return r < 0 ? r : MIN(pair_settle(&paths, e), 0);
}

int
ca_open(const char *path, int64_t now_s, struct ca *out, struct err *e)
{
	struct ca ca = {
	    .dir.fd = -1, .lock = -1, .now_s = now_s, .crl_days = CA_CRL_DAYS};
	int r;

	r = store_open(path, &ca.dir, e);
	if (r == 0)
		r = check_is_ca(&ca.dir, e);
	if (r == 0)
		r = store_lock(&ca.dir, &ca.lock, e);
	if (r == 0) {
		store_remove(&ca.dir, STORE_TEMP_PREFIX);
		r = settle(&ca, e);
	}
	if (r == 0) {
		r = read_db(&ca.dir, &ca.db, e);
	}
	if (r < 0)
		ca_close(&ca);
	else
		*out = ca;
	return r;
}

void
ca_close(struct ca *ca)
{
	db_fini(&ca->db);
	store_unlock(&ca->lock);
	store_close(&ca->dir);
}

int
ca_save(struct ca *ca, struct err *e)
{
	struct buf b;
	int r;

	buf_init(&b);
	r = db_print(&ca->db, &b);
	if (r < 0)
		r = err_set(e, r, "out of memory");
	else
		r = store_replace(
		    &ca->dir, CA_DB_NAME, STORE_SECRET, buf_slice(&b), e);
	buf_fini(&b);
	return r;
}

const char *
ca_state(const struct db_row *row, int64_t now_s)
{
	if (row->revoked != 0)
		return "revoked";
	return row->not_after < now_s ? "expired" : "valid";
}

/* --- revocation lists ----------------------------------------------------- */

int
ca_publish(struct ca *ca, const struct issuer *issuers, size_t n, unsigned days,
    struct err *e)
{
	int64_t next = ca->now_s + (int64_t)days * CA_DAY_S;
	int r;

	if (ca->db.crl_number == UINT64_MAX)
		return err_set(e, AX_E_LIMIT, "no CRL number is left");
	ca->db.crl_number++;
	r = ca_save(ca, e);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = issuer_write_crl(ca, &issuers[i], next, e);
	return r;
}

int
ca_write_root_crl(struct ca *ca, struct err *e)
{
	struct issuer root;
	int r;

	r = issuer_load(ca, CERT_ROOT, &root, e);
	if (r < 0)
		return r;
	r = ca_publish(ca, &root, 1, CA_ISSUER_DAYS, e);
	issuer_fini(&root);
	return r;
}

int
ca_refresh_crls(struct ca *ca, struct err *e)
{
	struct issuer i[3] = {0};
	size_t n = 2;
	int r;

	r = issuer_load(ca, CERT_RELAY_CA, &i[0], e);
	if (r == 0)
		r = issuer_load(ca, CERT_AGENT_CA, &i[1], e);
	if (r == 0 && ca_has_operators(ca))
		r = issuer_load(ca, CERT_OPERATOR_CA, &i[n++], e);
	if (r == 0)
		r = ca_publish(ca, i, n, ca->crl_days, e);
	while (n > 0)
		issuer_fini(&i[--n]);
	return r;
}

/* --- certificates --------------------------------------------------------- */

int
ca_sign(struct ca *ca, const struct issuer_order *o, struct ca_issued *out,
    struct err *e)
{
	struct issuer i;
	int r;

	r = issuer_load(ca, cert_kind_issuer(o->kind), &i, e);
	if (r < 0)
		return r;
	r = issuer_sign(ca, &i, o, out, e);
	issuer_fini(&i);
	if (r < 0)
		return r;
	r = ca_save(ca, e);
	if (r < 0)
		buf_fini(&out->pem);
	return r;
}

int
ca_certify_agent(struct ca *ca, const struct agent_name *name,
    const struct pubkey *key, int64_t life_s, struct ca_issued *out,
    struct err *e)
{
	return ca_sign(ca,
	    &(struct issuer_order){.kind = CERT_AGENT,
		.common_name = name->tenant,
		.names = name->text,
		.key = key,
		.sans = &name->uri,
		.n_sans = 1,
		.life_s = life_s},
	    out, e);
}

int
ca_issue_agent(struct ca *ca, const struct agent_name *name,
    const struct pubkey *key, unsigned days, struct ca_issued *out,
    struct err *e)
{
	return ca_certify_agent(
	    ca, name, key, (int64_t)days * CA_DAY_S, out, e);
}

int
ca_renew_agent(struct ca *ca, const struct db_row *old,
    const struct pubkey *key, int64_t life_s, struct ca_issued *out,
    struct err *e)
{
	struct agent_name name;
	int r = agent_name_parse(old->names, &name, e);

	return r < 0 ? r : ca_certify_agent(ca, &name, key, life_s, out, e);
}

/* The newest of a kind; NULL: there is none. */
static const struct db_row *
newest(const struct ca *ca, enum cert_kind kind)
{
	for (size_t i = ca->db.n; i-- > 0;)
		if (ca->db.rows[i].kind == kind)
			return &ca->db.rows[i];
	return NULL;
}

/* With the trust bundle that names it. */
static int
put_issuer(struct ca *ca, enum cert_kind kind, struct slice pem, struct err *e)
{
	uint8_t mem[CERT_MAX];
	struct slice der;
	size_t n;
	int r = pem_read(pem, PEM_CERTIFICATE, mem, sizeof(mem), &n, e);

	der = slice_of(mem, r < 0 ? 0 : n);
	return r < 0 ? r : rotate_put(ca, kind, &der, 1, e);
}

/* Issues again for the key in KIND.crt and replaces that file. */
static int
renew(
    struct ca *ca, struct issuer_order *o, struct ca_issued *out, struct err *e)
{
	char name[ISSUER_FILE_MAX];
	struct cert_info old;
	int r;

	r = issuer_read_cert(ca, o->kind, &old, e);
	if (r < 0)
		return r;
	o->key = &old.key;
	r = ca_sign(ca, o, out, e);
	if (r < 0)
		return r;
	issuer_file(o->kind, "crt", name);
	r = cert_kind_is_ca(o->kind) && o->kind != CERT_OPERATOR_CA
		? put_issuer(ca, o->kind, buf_slice(&out->pem), e)
		: store_replace(
		      &ca->dir, name, STORE_PUBLIC, buf_slice(&out->pem), e);
	buf_fini(&out->pem);
	return r;
}

int
ca_renew_relay(struct ca *ca, const struct relay_names *names, unsigned days,
    struct ca_issued *out, struct err *e)
{
	const struct db_row *old = newest(ca, CERT_RELAY);
	struct relay_names again = {0};
	int r;

	if (names->n == 0 && old == NULL)
		return err_set(e, AX_E_NOTFOUND,
		    "no relay certificate to take the "
		    "names from: give --relay");
	if (names->n == 0) {
		r = relay_names_add(&again, old->names, e);
		if (r < 0)
			return err_prefix(e, r, "%s/" CA_DB_NAME, ca->dir.path);
		names = &again;
	}
	return renew(ca,
	    &(struct issuer_order){.kind = CERT_RELAY,
		.common_name = CA_RELAY_CN,
		.names = names->text,
		.sans = names->list,
		.n_sans = names->n,
		.life_s = (int64_t)days * CA_DAY_S},
	    out, e);
}

/* Of the CA in KIND.crt. */
static int
row_in_use(struct ca *ca, enum cert_kind kind, const struct db_row **out,
    struct err *e)
{
	char name[ISSUER_FILE_MAX];
	uint8_t der[CERT_MAX];
	struct buf text;
	size_t n;
	int r;

	buf_init(&text);
	issuer_file(kind, "crt", name);
	r = store_read(&ca->dir, name, STORE_PUBLIC, &text, e);
	if (r == 0)
		r = pem_read(buf_slice(&text), PEM_CERTIFICATE, der, sizeof(der), &n,
		    e);
	buf_fini(&text);
	if (r == 0)
		*out = ca_row_of(ca, slice_of(der, n));
	return r;
}

int
ca_renew_issuers(struct ca *ca, struct ca_issued *out, struct err *e)
{
	static const enum cert_kind kinds[] = {
	    CERT_RELAY_CA, CERT_OPERATOR_CA, CERT_AGENT_CA};
	char cn[RELAY_NAMES_TEXT];
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(kinds); i++) {
		const struct db_row *old;
		enum rotate_stage stage;

		if (kinds[i] == CERT_OPERATOR_CA && !ca_has_operators(ca))
			continue;
		r = rotate_stage(ca, kinds[i], &stage, e);
		if (r == 0 && stage != ROTATE_NONE)
			r = err_set(e, AX_E_CONFIG,
			    "another %s is about to take over: finish that with "
			    "\"atlax pki rotate\" first",
			    cert_kind_name(kinds[i]));
		if (r == 0)
			r = row_in_use(ca, kinds[i], &old, e);
		if (r < 0)
			return r;
		if (old == NULL)
			return err_set(e, AX_E_SYNTAX,
			    "%s/" CA_DB_NAME " lists no "
			    "%s",
			    ca->dir.path, cert_kind_name(kinds[i]));
		memcpy(cn, old->names,
		    sizeof(cn)); /* rows move when one is added */
		r = renew(ca,
		    &(struct issuer_order){.kind = kinds[i],
			.common_name = cn,
			.names = cn,
			.life_s = (int64_t)CA_ISSUER_DAYS * CA_DAY_S},
		    out, e);
	}
	return r == 0 ? ca_write_root_crl(ca, e) : r;
}

/* --- revocation ----------------------------------------------------------- */

static bool
is_called(const struct db_row *row, const struct agent_name *name)
{
	size_t n = strlen(name->text);

	if (row->kind != CERT_AGENT || strncmp(row->names, name->text, n) != 0)
		return false;
	if (row->names[n] == '\0')
		return true;
	return row->names[n] == '/' && name->agent[0] == '\0';
}

void
ca_mark(struct ca *ca, struct db_row *row)
{
	if (row->revoked != 0 || row->not_after + CA_GRACE_MAX_S < ca->now_s)
		return;
	row->revoked = ca->now_s;
	row->fresh = true;
}

int
ca_revoke_agent(struct ca *ca, const struct agent_name *name, struct err *e)
{
	struct issuer agents;
	bool found = false;
	int r;

	for (size_t i = 0; i < ca->db.n; i++)
		if (is_called(&ca->db.rows[i], name)) {
			found = true;
			ca_mark(ca, &ca->db.rows[i]);
		}
	if (!found)
		return err_set(e, AX_E_NOTFOUND,
		    "no certificate was ever issued to "
		    "%s: see \"atlax pki list %s\"",
		    name->text, ca->dir.path);
	r = issuer_load(ca, CERT_AGENT_CA, &agents, e);
	if (r < 0)
		return r;
	r = ca_publish(ca, &agents, 1, ca->crl_days, e);
	issuer_fini(&agents);
	return r;
}

struct db_row *
ca_find(const struct ca *ca, const uint8_t serial[CERT_SERIAL_LEN])
{
	for (size_t i = 0; i < ca->db.n; i++)
		if (memcmp(ca->db.rows[i].serial, serial, CERT_SERIAL_LEN) == 0)
			return &ca->db.rows[i];
	return NULL;
}

struct db_row *
ca_row_of(const struct ca *ca, struct slice certificate)
{
	struct cert c;

	return cert_walk(certificate, &c, NULL) < 0 ||
	       c.serial.n != CERT_SERIAL_LEN ? NULL : ca_find(ca, c.serial.p);
}

int
ca_revoke_serial(
    struct ca *ca, const uint8_t serial[CERT_SERIAL_LEN], struct err *e)
{
	struct db_row *row = ca_find(ca, serial);
	struct issuer i;
	int r;

	if (row == NULL)
		return err_set(e, AX_E_NOTFOUND,
		    "no certificate has this serial: see "
		    "\"atlax pki list %s\"",
		    ca->dir.path);
	if (cert_kind_is_ca(row->kind))
		return err_set(e, AX_E_UNSUPPORTED,
		    "%s is a CA of this directory: "
		    "if its key is lost, start again with \"atlax pki init\"",
		    row->names);
	r = issuer_load(ca, cert_kind_issuer(row->kind), &i, e);
	if (r < 0)
		return r;
	ca_mark(ca, row);
	r = ca_publish(ca, &i, 1, ca->crl_days, e);
	issuer_fini(&i);
	return r;
}

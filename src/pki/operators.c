/* operators.c — the CA for operators: made when the first one is, and only used here.
 *
 * Thread: owner of the ca.
 * Invariant: its key is on the disk before its certificate, and the database before
 * both; a kill in between leaves a key that the next call uses. Nobody but a root
 * makes it: whoever has the agents' CA, as a signer has, makes no operators.  */
#include <inttypes.h>
#include <stdio.h>

#include "base/rng.h"
#include "pki/ca_impl.h"
#include "pki/pem.h"

#define KEY_FILE "operator-ca.key"
#define CERT_FILE "operator-ca.crt"
#define CRL_FILE "operator.crl"
#define CN_MAX 40

bool
ca_has_operators(const struct ca *ca)
{
	return store_has(&ca->dir, CERT_FILE) && store_has(&ca->dir, KEY_FILE);
}

/* One that a kill has left, or a new one. */
static int
ca_key(struct ca *ca, enum identity_key type, struct key *out, struct err *e)
{
	struct buf pem;
	int r;

	buf_init(&pem);
	r = store_read(&ca->dir, KEY_FILE, STORE_SECRET, &pem, e);
	if (r == 0) {
		r = key_read_pem(buf_slice(&pem), out, e);
	} else if (r == AX_E_NOTFOUND) {
		r = key_generate(type, out, e);
		if (r == 0 && key_write_pem(out, &pem) < 0)
			r = err_set(e, AX_E_NOMEM, "out of memory");
		if (r == 0)
			r = store_create(&ca->dir, KEY_FILE, STORE_SECRET,
			    buf_slice(&pem), e);
	}
	key_wipe(&pem);
	return r;
}

static int
make_ca(struct ca *ca, enum identity_key type, struct err *e)
{
	struct ca_issued c;
	struct key key = { 0 };
	char cn[CN_MAX];
	uint32_t mark;
	int r;

	if (!store_has(&ca->dir, "root.key"))
		return err_set(e, AX_E_NOTFOUND, "the first operator needs a CA for "
		    "operators, and that needs %s/root.key, which is not there",
		    ca->dir.path);
	r = ca_key(ca, type, &key, e);
	rng_secret(&mark, sizeof(mark));
	(void)snprintf(cn, sizeof(cn), "atlax-operator-ca-%08" PRIx32, mark);
	if (r == 0)
		r = ca_sign(ca, &(struct issuer_order){ .kind = CERT_OPERATOR_CA,
			.common_name = cn, .names = cn, .key = &key.public,
			.life_s = (int64_t)CA_ISSUER_DAYS * CA_DAY_S }, &c, e);
	key_forget(&key);
	if (r < 0)
		return r;
	r = store_create(
	    &ca->dir, CERT_FILE, STORE_PUBLIC, buf_slice(&c.pem), e);
	buf_fini(&c.pem);
	return r;
}

static int
publish(struct ca *ca, struct err *e)
{
	struct issuer i;
	int r = issuer_load(ca, CERT_OPERATOR_CA, &i, e);

	if (r < 0)
		return r;
	r = ca_publish(ca, &i, 1, ca->crl_days, e);
	issuer_fini(&i);
	return r;
}

int
ca_issue_operator(struct ca *ca, const struct agent_name *name,
    const struct key *key, unsigned days, struct ca_issued *out, struct err *e)
{
	int r = store_has(&ca->dir, CERT_FILE) ?
	    0 : make_ca(ca, key->public.type, e);

	if (r == 0 && !store_has(&ca->dir, CRL_FILE))
		r = publish(ca, e);
	return r < 0 ? r : ca_sign(ca,
	    &(struct issuer_order){ .kind = CERT_OPERATOR,
		.common_name = name->tenant, .names = name->text,
		.key = &key->public, .sans = &name->uri, .n_sans = 1,
		.life_s = (int64_t)days * CA_DAY_S }, out, e);
}

int
ca_revoke_operator(struct ca *ca, const struct agent_name *name, struct err *e)
{
	bool found = false;

	for (size_t i = 0; i < ca->db.n; i++) {
		struct db_row *row = &ca->db.rows[i];

		if (row->kind != CERT_OPERATOR || strcmp(row->names, name->text) != 0)
			continue;
		found = true;
		ca_mark(ca, row);
	}
	return found ? publish(ca, e) : err_set(e, AX_E_NOTFOUND,
	    "no certificate was ever issued to the operator %s: see "
	    "\"atlax pki list %s\"", name->text, ca->dir.path);
}

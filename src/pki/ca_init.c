/* ca_init.c — the making of a CA.
 *
 * Thread: any one.
 * Invariant: everything is made in a directory of another name beside the real
 * one, which appears by one rename when all is on the disk; rename(2) itself
 * refuses a target that holds anything. Resuming a half-made CA was rejected:
 * it cannot be told from a whole one whose database somebody deleted. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/rng.h"
#include "parse/cert_walk.h"
#include "pki/issuer.h"
#include "pki/pem.h"
#include "pki/rotate.h"

#define CN_MAX 40

struct making {
	const struct ca_init_args *args;
	struct ca ca;
	uint32_t
	    mark; /* in the names of the three CAs: tells installations apart */
};

static int
put_key(
    struct making *m, enum cert_kind kind, const struct key *k, struct err *e)
{
	char name[ISSUER_FILE_MAX];
	struct buf pem;
	int r;

	buf_init(&pem);
	issuer_file(kind, "key", name);
	if (key_write_pem(k, &pem) < 0)
		r = err_set(e, AX_E_NOMEM, "out of memory");
	else
		r = store_create(
		    &m->ca.dir, name, STORE_SECRET, buf_slice(&pem), e);
	key_wipe(&pem);
	return r;
}

/* Signs o and writes KIND.crt. */
static int
put_cert(struct making *m, const struct issuer *i, const struct issuer_order *o,
    struct err *e)
{
	char name[ISSUER_FILE_MAX];
	struct ca_issued c;
	int r;

	r = issuer_sign(&m->ca, i, o, &c, e);
	if (r < 0)
		return r;
	issuer_file(o->kind, "crt", name);
	r = store_create(&m->ca.dir, name, STORE_PUBLIC, buf_slice(&c.pem), e);
	buf_fini(&c.pem);
	return r;
}

static int
make_root(struct making *m, struct err *e)
{
	struct issuer self = {.kind = CERT_ROOT};
	char cn[CN_MAX];
	int r;

	r = key_generate(m->args->key, &self.key, e);
	if (r < 0)
		return r;
	(void)snprintf(cn, sizeof(cn), "atlax-root-%08" PRIx32, m->mark);
	r = put_key(m, CERT_ROOT, &self.key, e);
	if (r == 0)
		r = put_cert(m, &self,
		    &(struct issuer_order){.kind = CERT_ROOT,
			.common_name = cn,
			.names = cn,
			.key = &self.key.public,
			.life_s = (int64_t)CA_ROOT_DAYS * CA_DAY_S},
		    e);
	issuer_fini(&self);
	return r;
}

/* A key, and a certificate for it by whoever signs this kind. */
static int
make_pair(struct making *m, struct issuer_order *o, struct err *e)
{
	struct issuer i;
	struct key k;
	int r;

	r = issuer_load(&m->ca, cert_kind_issuer(o->kind), &i, e);
	if (r < 0)
		return r;
	r = key_generate(m->args->key, &k, e);
	o->key = &k.public;
	if (r == 0)
		r = put_key(m, o->kind, &k, e);
	if (r == 0)
		r = put_cert(m, &i, o, e);
	key_forget(&k);
	issuer_fini(&i);
	return r;
}

static int
make_issuer(struct making *m, enum cert_kind kind, struct err *e)
{
	char cn[CN_MAX];

	(void)snprintf(cn, sizeof(cn), "atlax-%s-%08" PRIx32,
	    cert_kind_name(kind), m->mark);
	return make_pair(m,
	    &(struct issuer_order){.kind = kind,
		.common_name = cn,
		.names = cn,
		.life_s = (int64_t)CA_ISSUER_DAYS * CA_DAY_S},
	    e);
}

static int
make_relay(struct making *m, struct err *e)
{
	const struct relay_names *names = m->args->relay;

	return make_pair(m,
	    &(struct issuer_order){.kind = CERT_RELAY,
		.common_name = CA_RELAY_CN,
		.names = names->text,
		.sans = names->list,
		.n_sans = names->n,
		.life_s = (int64_t)m->args->relay_days * CA_DAY_S},
	    e);
}

/* The first trust bundle. */
static int
put_trust(struct making *m, struct err *e)
{
	uint8_t der[CERT_MAX];
	struct slice ca;
	struct buf text;
	size_t n;
	int r;

	buf_init(&text);
	r = store_read(&m->ca.dir, "relay-ca.crt", STORE_PUBLIC, &text, e);
	if (r == 0)
		r = pem_read(buf_slice(&text), PEM_CERTIFICATE, der, sizeof(der), &n,
		    e);
	buf_fini(&text);
	ca = slice_of(der, r < 0 ? 0 : n);
	return r < 0 ? r : rotate_put(&m->ca, CERT_RELAY_CA, &ca, 1, e);
}

static int
make_all(struct making *m, struct err *e)
{
	int r;

	r = make_root(m, e);
	if (r == 0)
		r = make_issuer(m, CERT_RELAY_CA, e);
	if (r == 0)
		r = make_issuer(m, CERT_AGENT_CA, e);
	if (r == 0)
		r = make_relay(m, e);
	if (r == 0)
		r = put_trust(m, e);
	if (r == 0)
		r = ca_write_root_crl(&m->ca, e);
	if (r == 0)
		r = ca_refresh_crls(&m->ca, e);
	return r == 0 ? store_sync(&m->ca.dir, e) : r;
}

/* --- the directory -------------------------------------------------------- */

static int
settle(const char *temp, const char *path, const struct store *parent,
    struct err *e)
{
	if (rename(temp, path) == 0)
		return store_sync(parent, e);
	if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR)
		return err_set(e, AX_E_EXIST,
		    "%s exists already and is left as it "
		    "is: choose another directory",
		    path);
	return err_sys(e, "cannot make %s", path);
}

static int
make_in(struct making *m, char *temp, const char *path,
    const struct store *parent, struct err *e)
{
	int r;

	if (mkdtemp(temp) == NULL)
		return err_sys(e, "cannot make a directory beside %s", path);
	r = store_open(temp, &m->ca.dir, e);
	if (r == 0)
		r = make_all(m, e);
	if (r == 0)
		r = settle(temp, path, parent, e);
	if (r < 0) {
		if (m->ca.dir.fd >= 0)
			store_remove(&m->ca.dir, "");
		(void)rmdir(temp);
	}
	ca_close(&m->ca);
	return r;
}

int
ca_init(const struct ca_init_args *a, struct err *e)
{
	struct making m = {.args = a,
	    .ca = {.dir.fd = -1,
		.lock = -1,
		.now_s = a->now_s,
		.crl_days = a->crl_days}};
	char path[4096], temp[4096 + 16];
	struct store_parent parent;
	size_t n = strlen(a->path);
	int r;

	while (n > 1 && a->path[n - 1] == '/')
		n--;
	if (n == 0 || n >= sizeof(path))
		return err_set(e, AX_E_RANGE, "not a usable directory name");
	(void)snprintf(path, sizeof(path), "%.*s", (int)n, a->path);
	r = store_open_parent(path, &parent, e);
	if (r < 0)
		return r;
	if (strcmp(parent.name, ".") == 0 || strcmp(parent.name, "..") == 0) {
		r = err_set(e, AX_E_RANGE,
		    "give the directory a name of its own, "
		    "not \"%s\"",
		    parent.name);
	} else {
		rng_secret(&m.mark, sizeof(m.mark));
		(void)snprintf(temp, sizeof(temp), "%s/.%s.XXXXXX", parent.path,
		    parent.name);
		r = make_in(&m, temp, path, &parent.store, e);
	}
	store_close(&parent.store);
	return r;
}

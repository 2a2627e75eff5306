/* pair.c — a certificate and its key, replaced together.
 *
 * Thread: owner of the files.
 * Invariant: KEY is replaced only by a KEY.next that CERT on the disk fits; so
 * CERT fits KEY, or it fits KEY.next.                                        */
#include "pki/pair.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "parse/cert_walk.h"
#include "pki/pem.h"
#include "pki/store.h"

/* One of the files, looked up in its directory. */
struct place {
	struct store_parent at;
	char next[256]; /* name of KEY.next */
};

static int
open_place(const char *path, struct place *out, struct err *e)
{
	int n, r = store_open_parent(path, &out->at, e);

	if (r < 0)
		return r;
	n = snprintf(out->next, sizeof(out->next), "%s" PAIR_NEXT, out->at.name);
	if (n < (int)sizeof(out->next))
		return 0;
	store_close(&out->at.store);
	return err_set(e, AX_E_RANGE, "%s: too long", path);
}

static void
close_place(struct place *p)
{
	store_close(&p->at.store);
}

/* --- reading -------------------------------------------------------------- */

static int
read_key(const struct place *p, const char *name, struct key *out, struct err *e)
{
	struct buf pem;
	int r;

	buf_init(&pem);
	r = store_read(&p->at.store, name, STORE_SECRET, &pem, e);
	if (r == 0)
		r = key_read_pem(buf_slice(&pem), out, e);
	key_wipe(&pem);
	return r;
}

/* The certificate as DER, and the key in it. */
static int
read_certificate(
    const char *path, struct buf *der, struct pubkey *key, struct err *e)
{
	uint8_t mem[CERT_MAX];
	struct place p;
	struct buf pem;
	struct cert c;
	struct der spki;
	size_t n;
	int r = open_place(path, &p, e);

	if (r < 0)
		return r;
	buf_init(&pem);
	r = store_read(&p.at.store, p.at.name, STORE_PUBLIC, &pem, e);
	close_place(&p);
	if (r == 0)
		r = pem_read(buf_slice(&pem), PEM_CERTIFICATE, mem, sizeof(mem),
		    &n, e);
	buf_fini(&pem);
	if (r == 0)
		r = cert_walk(slice_of(mem, n), &c, e);
	if (r < 0)
		return err_prefix(e, r, "%s", path);
	der_init(&spki, c.spki);
	r = pubkey_read(&spki, key, e);
	if (r == 0 && buf_append(der, mem, n) < 0)
		r = err_set(e, AX_E_NOMEM, "out of memory");
	return r;
}

int
pair_read(const struct pair_paths *p, struct pair *out, struct err *e)
{
	struct pubkey of;
	struct place at;
	int r = open_place(p->key, &at, e);

	if (r < 0)
		return r;
	*out = (struct pair){0};
	r = read_key(&at, at.at.name, &out->key, e);
	close_place(&at);
	if (r == 0)
		r = read_certificate(p->certificate, &out->certificate, &of, e);
	if (r == 0 && !pubkey_eq(&of, &out->key.public))
		r = err_set(e, AX_E_CONFIG, "%s is not the key of %s", p->key,
		    p->certificate);
	if (r < 0)
		pair_fini(out);
	return r;
}

void
pair_fini(struct pair *p)
{
	key_forget(&p->key);
	buf_fini(&p->certificate);
}

/* --- replacing ------------------------------------------------------------ */

static int
take_next(const struct place *key, struct err *e)
{
	const struct store *s = &key->at.store;

	if (renameat(s->fd, key->next, s->fd, key->at.name) < 0)
		return err_sys(e, "cannot rename %s/%s to %s", s->path,
		    key->next, key->at.name);
	return store_sync(s, e);
}

/* Does the certificate fit KEY.next and not KEY? */
static bool
is_half_done(const struct pair_paths *p, const struct place *at)
{
	struct key next, now;
	struct pubkey of;
	struct buf der;
	struct err e;
	bool half;

	if (!store_has(&at->at.store, at->next) ||
	    read_key(at, at->next, &next, &e) < 0)
		return false;
	buf_init(&der);
	half = read_certificate(p->certificate, &der, &of, &e) == 0 &&
	       pubkey_eq(&of, &next.public);
	buf_fini(&der);
	key_forget(&next);
	if (half && read_key(at, at->at.name, &now, &e) == 0) {
		half = !pubkey_eq(&of, &now.public);
		key_forget(&now);
	}
	return half;
}

int
pair_settle(const struct pair_paths *p, struct err *e)
{
	struct place key;
	int r = 0;

	if (open_place(p->key, &key, e) < 0)
		return 0; /* whoever reads it says so */
	if (is_half_done(p, &key))
		r = take_next(&key, e) < 0 ? AX_E_SYS : 1;
	close_place(&key);
	return r;
}

int
pair_prepare(const struct pair_paths *p, const struct key *next, struct err *e)
{
	struct place key;
	struct buf pem;
	int r = open_place(p->key, &key, e);

	if (r < 0)
		return r;
	store_remove(&key.at.store, STORE_TEMP_PREFIX);
	buf_init(&pem);
	if (unlinkat(key.at.store.fd, key.next, 0) < 0 && errno != ENOENT)
		r = err_sys(e, "cannot remove %s/%s", key.at.store.path, key.next);
	else if (key_write_pem(next, &pem) < 0)
		r = err_set(e, AX_E_NOMEM, "out of memory");
	else
		r = store_create(&key.at.store, key.next, STORE_SECRET,
		    buf_slice(&pem), e);
	key_wipe(&pem);
	close_place(&key);
	return r;
}

static int
put_certificate(const char *path, struct slice der, struct err *e)
{
	struct place at;
	struct buf pem;
	int r = open_place(path, &at, e);

	if (r < 0)
		return r;
	buf_init(&pem);
	if (pem_write(&pem, PEM_CERTIFICATE, der) < 0)
		r = err_set(e, AX_E_NOMEM, "out of memory");
	else
		r = store_replace(&at.at.store, at.at.name, STORE_PUBLIC,
		    buf_slice(&pem), e);
	buf_fini(&pem);
	close_place(&at);
	return r;
}

int
pair_commit(const struct pair_paths *p, struct slice certificate, struct err *e)
{
	struct place key;
	int r = open_place(p->key, &key, e);

	if (r < 0)
		return r;
	r = put_certificate(p->certificate, certificate, e);
	if (r == 0)
		r = take_next(&key, e);
	close_place(&key);
	return r;
}

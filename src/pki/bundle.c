/* bundle.c — an agent's files, or an operator's.
 *
 * Thread: owner of the struct.
 * Invariant: a private key that exists is never replaced; what can be refused
 * is refused before the CA signs anything. */
#include "pki/bundle.h"

#include <errno.h>
#include <sys/stat.h>

#include "pki/issuer.h"

#define CA_FILE "relay-ca.crt"

static int
check_empty(const struct bundle *b, struct err *e)
{
	char crt[ISSUER_FILE_MAX], key[ISSUER_FILE_MAX];
	const char *const names[] = {key, crt, CA_FILE};

	issuer_file(b->kind, "crt", crt);
	issuer_file(b->kind, "key", key);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (store_has(&b->dir, names[i]))
			return err_set(e, AX_E_EXIST,
			    "%s/%s exists already and is "
			    "left as it is: choose another directory",
			    b->dir.path, names[i]);
	return 0;
}

int
bundle_open(struct bundle *b, enum cert_kind kind, const struct ca *ca,
    const char *path, enum identity_key type, struct err *e)
{
	int r;

	*b = (struct bundle){.kind = kind, .dir.fd = -1};
	r = store_read(&ca->dir, CA_FILE, STORE_PUBLIC, &b->relay_ca, e);
	if (r == 0 && mkdir(path, 0700) < 0 && errno != EEXIST)
		r = err_sys(e, "cannot make %s", path);
	if (r == 0)
		r = store_open(path, &b->dir, e);
	if (r == 0)
		r = check_empty(b, e);
	if (r == 0)
		r = key_generate(type, &b->key, e);
	if (r < 0)
		bundle_close(b);
	return r;
}

int
bundle_write(struct bundle *b, struct slice cert_pem, struct err *e)
{
	char crt[ISSUER_FILE_MAX], key[ISSUER_FILE_MAX];
	struct buf pem;
	int r;

	issuer_file(b->kind, "crt", crt);
	issuer_file(b->kind, "key", key);
	buf_init(&pem);
	if (key_write_pem(&b->key, &pem) < 0)
		r = err_set(e, AX_E_NOMEM, "out of memory");
	else
		r = store_create(
		    &b->dir, key, STORE_SECRET, buf_slice(&pem), e);
	key_wipe(&pem);
	if (r == 0)
		r = store_create(
		    &b->dir, CA_FILE, STORE_PUBLIC, buf_slice(&b->relay_ca), e);
	if (r == 0)
		r = store_create(&b->dir, crt, STORE_PUBLIC, cert_pem, e);
	return r;
}

void
bundle_close(struct bundle *b)
{
	key_forget(&b->key);
	buf_fini(&b->relay_ca);
	store_close(&b->dir);
}

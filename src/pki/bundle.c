/* bundle.c — an agent's files.
 *
 * Thread: owner of the struct.
 * Invariant: a private key that exists is never replaced; what can be refused
 * is refused before the CA signs anything. */
#include "pki/bundle.h"

#include <errno.h>
#include <sys/stat.h>

#define KEY_FILE  "agent.key"
#define CERT_FILE "agent.crt"
#define CA_FILE   "relay-ca.crt"

static int
check_empty(const struct store *dir, struct err *e)
{
	static const char *const names[] = {KEY_FILE, CERT_FILE, CA_FILE};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (store_has(dir, names[i]))
			return err_set(e, AX_E_EXIST,
			    "%s/%s exists already and is "
			    "left as it is: choose another directory",
			    dir->path, names[i]);
	return 0;
}

int
bundle_open(struct bundle *b, const struct ca *ca, const char *path,
    enum identity_key type, struct err *e)
{
	int r;

	*b = (struct bundle){.dir.fd = -1};
	r = store_read(&ca->dir, CA_FILE, STORE_PUBLIC, &b->relay_ca, e);
	if (r == 0 && mkdir(path, 0700) < 0 && errno != EEXIST)
		r = err_sys(e, "cannot make %s", path);
	if (r == 0)
		r = store_open(path, &b->dir, e);
	if (r == 0)
		r = check_empty(&b->dir, e);
	if (r == 0)
		r = key_generate(type, &b->key, e);
	if (r < 0)
		bundle_close(b);
	return r;
}

int
bundle_write(struct bundle *b, struct slice cert_pem, struct err *e)
{
	struct buf pem;
	int r;

	buf_init(&pem);
	if (key_write_pem(&b->key, &pem) < 0)
		r = err_set(e, AX_E_NOMEM, "out of memory");
	else
		r = store_create(
		    &b->dir, KEY_FILE, STORE_SECRET, buf_slice(&pem), e);
	key_wipe(&pem);
	if (r == 0)
		r = store_create(
		    &b->dir, CA_FILE, STORE_PUBLIC, buf_slice(&b->relay_ca), e);
	if (r == 0)
		r = store_create(&b->dir, CERT_FILE, STORE_PUBLIC, cert_pem, e);
	return r;
}

void
bundle_close(struct bundle *b)
{
	key_forget(&b->key);
	buf_fini(&b->relay_ca);
	store_close(&b->dir);
}

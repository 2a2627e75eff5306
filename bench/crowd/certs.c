/* certs.c — agents' certificates, without end. One thread. Invariant: while the
 * object is open its directory holds the key and the certificate made last.  */
#include "crowd/certs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "tls/ctx.h"

static int
write_file(const char *path, struct slice text, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n;

	if (fd < 0)
		return err_sys(e, "%s", path);
	n = write(fd, text.p, text.n);
	if (close(fd) < 0 || n != (ssize_t)text.n)
		return err_sys(e, "%s", path);
	return 0;
}

static int
make_key(struct certs *c, struct err *e)
{
	struct buf pem;
	int r;

	buf_init(&pem);
	r = key_generate(IDENTITY_ED25519, &c->key, e);
	if (r == 0 && (r = key_write_pem(&c->key, &pem)) < 0)
		err_set(e, r, "the key cannot be written");
	if (r == 0)
		r = write_file(c->secret, buf_slice(&pem), e);
	key_wipe(&pem);
	return r;
}

int
certs_open(struct certs *c, const char *pki, struct err *e)
{
	const char *tmp = getenv("TMPDIR");
	int r;

	*c = (struct certs){ .ca.dir.fd = -1, .ca.lock = -1 };
	if (pki == NULL)
		return err_set(e, AX_E_SYNTAX, "give --pki");
	snprintf(c->dir, sizeof(c->dir), "%.40s/atlax-crowd-XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(c->dir) == NULL) {
		c->dir[0] = '\0';
		return err_sys(e, "no directory for certificates");
	}
	snprintf(c->certificate, sizeof(c->certificate), "%s/agent.crt", c->dir);
	snprintf(c->secret, sizeof(c->secret), "%s/agent.key", c->dir);
	snprintf(c->relay_ca, sizeof(c->relay_ca), "%s/relay-ca.crt", pki);
	r = ca_open(pki, (int64_t)(clock_wall_ms() / 1000), &c->ca, e);
	if (r == 0)
		r = issuer_load(&c->ca, CERT_AGENT_CA, &c->issuer, e);
	if (r == 0)
		r = make_key(c, e);
	return r;
}

static int
read_context(struct certs *c, struct tls_ctx **out, struct err *e)
{
	struct tls_files files = { .certificate = c->certificate,
		.key = c->secret, .ca = c->relay_ca };
	struct material *m = NULL;
	int r;

	r = material_new(TLS_AGENT, identity_agent, &files, &m, e);
	if (r == 0)
		r = ctx_build(m, out, e);
	material_unref(&m);
	return r;
}

int
certs_agent(
    struct certs *c, const char *name, struct tls_ctx **out, struct err *e)
{
	struct agent_name n;
	struct issuer_order o = { .kind = CERT_AGENT, .common_name = n.tenant,
		.names = name, .key = &c->key.public, .sans = &n.uri,
		.n_sans = 1, .life_s = CA_DAY_S };
	struct ca_issued issued;
	int r;

	r = agent_name_parse(name, &n, e);
	if (r == 0)
		r = issuer_sign(&c->ca, &c->issuer, &o, &issued, e);
	if (r < 0)
		return r;
	r = write_file(c->certificate, buf_slice(&issued.pem), e);
	buf_fini(&issued.pem);
	return r < 0 ? r : read_context(c, out, e);
}

void
certs_close(struct certs *c)
{
	if (c->dir[0] != '\0') {
		unlink(c->certificate);
		unlink(c->secret);
		rmdir(c->dir);
	}
	key_forget(&c->key);
	issuer_fini(&c->issuer);
	ca_close(&c->ca);
}

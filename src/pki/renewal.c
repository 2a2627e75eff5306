/* renewal.c — requests for the next certificate.
 *
 * Thread: any.
 * Invariant: two signatures, one by each key: the inner one proves that who asks
 * has the new key, the outer one that the agent of the certificate wants it.  */
#include "pki/renewal.h"

#include "base/cursor.h"
#include "parse/cert_walk.h"
#include "pki/csr.h"

int
renewal_write(struct slice certificate, const struct key *old,
    const struct key *key, struct buf *out, struct err *e)
{
	uint8_t head[2] = {(uint8_t)(certificate.n >> 8), (uint8_t)certificate.n};
	struct buf csr;
	int r;

	if (certificate.n > CERT_MAX)
		return err_set(e, AX_E_RANGE, "the certificate is too long");
	buf_init(&csr);
	r = csr_write_bare(key, &csr, e);
	if (r == 0 && (buf_append(out, head, sizeof(head)) < 0 ||
			  buf_append(out, certificate.p, certificate.n) < 0))
		r = err_set(e, AX_E_NOMEM, "out of memory");
	if (r == 0)
		r = key_sign(old, buf_slice(&csr), out, e);
	buf_fini(&csr);
	return r;
}

static int
key_of(struct slice spki, struct pubkey *out, struct err *e)
{
	struct der d;

	der_init(&d, spki);
	return pubkey_read(&d, out, e);
}

int
renewal_read(struct slice in, struct renewal *out, struct err *e)
{
	struct reader r;
	struct slice csr;
	size_t n;
	int rc;

	reader_init(&r, in);
	n = reader_u16(&r);
	out->certificate = reader_bytes(&r, n);
	if (r.bad || n == 0)
		return err_set(e, AX_E_SYNTAX, "the request is malformed");
	rc = identity_agent(out->certificate, &out->id, e);
	if (rc == 0)
		rc = key_of(out->id.spki, &out->old, e);
	if (rc == 0)
		rc = pubkey_open(
		    &out->old, reader_bytes(&r, reader_left(&r)), &csr, e);
	if (rc == 0)
		rc = csr_read_bare(csr, &out->key, e);
	if (rc < 0)
		return rc;
	if (out->key.type != out->old.type)
		return err_set(e, AX_E_PEER, "the new key is of another kind");
	if (pubkey_eq(&out->key, &out->old))
		return err_set(e, AX_E_PEER, "the new key is the old one");
	return 0;
}

int
renewal_fits(const struct renewal *q, struct slice certificate, struct err *e)
{
	struct identity id;
	struct pubkey key;
	int r = identity_agent(certificate, &id, e);

	if (r == 0)
		r = key_of(id.spki, &key, e);
	if (r < 0)
		return r;
	if (strcmp(id.tenant, q->id.tenant) != 0 ||
	    strcmp(id.agent, q->id.agent) != 0)
		return err_set(e, AX_E_IDENTITY, "the certificate is for %s/%s",
		    id.tenant, id.agent);
	if (!pubkey_eq(&key, &q->key))
		return err_set(e, AX_E_IDENTITY,
		    "the certificate is for another key than was asked for");
	return 0;
}

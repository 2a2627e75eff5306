/* csr.c — reads certificate requests.
 *
 * Thread: any.
 * Invariant: *out is set only to a key whose owner signed this request. Subject
 * and attributes are skipped unread (only that they are well-formed elements is
 * checked), so nothing in them can matter.                                   */
#include "pki/csr.h"

#include <stdlib.h>

#include "pki/pem.h"

struct request {
	struct slice signed_part, algorithm, signature;
	struct pubkey key;
};

static int
parse_info(struct slice whole, struct pubkey *key, struct err *e)
{
	struct slice version;
	struct der d, info;
	int r;

	der_init(&d, whole);
	info = der_enter(&d, DER_SEQUENCE);
	version = der_uint(&info, 1);
	(void)der_take_whole(&info, DER_SEQUENCE); /* subject */
	if (info.bad || version.n != 1 || version.p[0] != 0)
		return err_set(e, AX_E_SYNTAX, "not a version 1 request");
	r = pubkey_read(&info, key, e);
	if (r < 0)
		return r;
	(void)der_take(&info, DER_CONTEXT_CONS(0)); /* attributes */
	if (!der_done(&info))
		return err_set(e, AX_E_SYNTAX, "the request is malformed");
	return 0;
}

static int
parse(struct slice der, struct request *out, struct err *e)
{
	struct der d, req;

	der_init(&d, der);
	req = der_enter(&d, DER_SEQUENCE);
	out->signed_part = der_take_whole(&req, DER_SEQUENCE);
	out->algorithm = der_take_whole(&req, DER_SEQUENCE);
	out->signature = der_bits(&req);
	if (!der_done(&req) || !der_done(&d))
		return err_set(e, AX_E_SYNTAX, "the request is malformed");
	return parse_info(out->signed_part, &out->key, e);
}

static int
verify(const struct request *q, struct err *e)
{
	if (!slice_eq(q->algorithm, key_signature_algorithm(q->key.type)))
		return err_set(e, AX_E_UNSUPPORTED,
		    "the request is signed with "
		    "something else than Ed25519 or ECDSA with SHA-256");
	return pubkey_verify(&q->key, q->signed_part, q->signature, e);
}

int
csr_read_pem(struct slice pem, struct pubkey *out, struct err *e)
{
	uint8_t *der = malloc(CSR_MAX);
	struct request q;
	size_t n;
	int r;

	if (der == NULL)
		return err_set(e, AX_E_NOMEM, "out of memory");
	r = pem_read(pem, PEM_REQUEST, der, CSR_MAX, &n, e);
	if (r == 0)
		r = parse(slice_of(der, n), &q, e);
	if (r == 0)
		r = verify(&q, e);
	if (r == 0)
		*out = q.key;
	free(der);
	return r;
}

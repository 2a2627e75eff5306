/* csr.c — reads certificate requests.
 *
 * Thread: any.
 * Invariant: *out is set only to a key whose owner signed this request. Subject
 * and attributes are not read (only that they are well-formed elements is
 * checked; a binding is compared as a whole), so nothing in them can matter. */
#include "pki/csr.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/str.h"
#include "pki/pem.h"

#define BINDING_MAX 64

struct request {
	struct slice signed_part, algorithm, signature;
	struct slice subject, attributes; /* of the signed part: their content */
	struct pubkey key;
};

static int
parse_info(struct slice whole, struct request *out, struct err *e)
{
	struct slice version;
	struct der d, info;
	int r;

	der_init(&d, whole);
	info = der_enter(&d, DER_SEQUENCE);
	version = der_uint(&info, 1);
	out->subject = der_take(&info, DER_SEQUENCE);
	if (info.bad || version.n != 1 || version.p[0] != 0)
		return err_set(e, AX_E_SYNTAX, "not a version 1 request");
	r = pubkey_read(&info, &out->key, e);
	if (r < 0)
		return r;
	out->attributes = der_take(&info, DER_CONTEXT_CONS(0));
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
	return parse_info(out->signed_part, out, e);
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

/* --- of one connection ---------------------------------------------------- */

static const uint8_t oid_challenge[] = {DER_OID, 9, 0x2a, 0x86, 0x48, 0x86,
    0xf7, 0x0d, 1, 9, 7};

/* The attribute, whole. */
static void
write_binding(struct der_out *o, struct slice binding)
{
	char text[2 * BINDING_MAX + 1];
	size_t mark = der_out_mark(o);
	struct str s;

	str_init(&s, text, sizeof(text));
	str_hex(&s, binding);
	der_out_tlv(o, DER_PRINTABLE_STRING, slice_of(text, s.len));
	der_out_wrap(o, DER_SET, mark);
	der_out_bytes(o, SLICE_OF_ARRAY(oid_challenge));
	der_out_wrap(o, DER_SEQUENCE, mark);
}

/* binding.n == 0: no attributes. */
static int
write_request(const struct key *k, struct slice binding, struct buf *out,
    struct err *e)
{
	uint8_t mem[512];
	struct der_out o;

	der_out_init(&o, mem, sizeof(mem));
	if (binding.n > 0)
		write_binding(&o, binding);
	der_out_wrap(&o, DER_CONTEXT_CONS(0), 0);
	pubkey_write(&o, &k->public);
	der_out_tlv(&o, DER_SEQUENCE, slice_of(NULL, 0)); /* no subject */
	der_out_u64(&o, 0);
	der_out_wrap(&o, DER_SEQUENCE, 0);
	return key_sign(k, der_out_slice(&o), out, e);
}

int
csr_write_bound(const struct key *k, struct slice binding, struct buf *out,
    struct err *e)
{
	ax_assert(binding.n > 0);
	return write_request(k, binding, out, e);
}

int
csr_write_bare(const struct key *k, struct buf *out, struct err *e)
{
	return write_request(k, slice_of(NULL, 0), out, e);
}

int
csr_read_bare(struct slice der, struct pubkey *out, struct err *e)
{
	struct request q;
	int r = parse(der, &q, e);

	if (r < 0)
		return r;
	if (q.subject.n > 0 || q.attributes.n > 0)
		return err_set(e, AX_E_PEER,
		    "the request holds names or attributes: it may hold a key "
		    "alone");
	r = verify(&q, e);
	if (r == 0)
		*out = q.key;
	return r;
}

int
csr_read_bound(struct slice der, struct slice binding, struct pubkey *out,
    struct err *e)
{
	uint8_t mem[256];
	struct der_out o;
	struct request q;
	int r = parse(der, &q, e);

	if (r < 0)
		return r;
	der_out_init(&o, mem, sizeof(mem));
	write_binding(&o, binding);
	if (!slice_eq(q.attributes, der_out_slice(&o)))
		return err_set(e, AX_E_PEER,
		    "the request was made for another connection");
	r = verify(&q, e);
	if (r == 0)
		*out = q.key;
	return r;
}

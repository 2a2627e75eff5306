/* cert.c — certificates: the signed part by profile; reading our own back.
 *
 * Thread: any.
 * Invariant: everything a kind may do stands in one table; three CAs instead of
 * one, each for one purpose, so that an agent's certificate can never be shown
 * as a relay's or an operator's, even by a library that forgets to look at the
 * key usage.                                                                 */
#include "pki/cert.h"

#include <string.h>

#include "base/rng.h"
#include "parse/cert_walk.h"
#include "pki/pem.h"

#define OID_TLV(...)                                                   \
	{                                                              \
		DER_OID, sizeof((uint8_t[]){__VA_ARGS__}), __VA_ARGS__ \
	}
static const uint8_t oid_cn[] = OID_TLV(0x55, 4, 3);
static const uint8_t oid_skid[] = OID_TLV(0x55, 0x1d, 14);
static const uint8_t oid_usage[] = OID_TLV(0x55, 0x1d, 15);
static const uint8_t oid_san[] = OID_TLV(0x55, 0x1d, 17);
static const uint8_t oid_basic[] = OID_TLV(0x55, 0x1d, 19);
static const uint8_t oid_akid[] = OID_TLV(0x55, 0x1d, 35);
static const uint8_t oid_eku[] = OID_TLV(0x55, 0x1d, 37);
static const uint8_t oid_server[] = OID_TLV(0x2b, 6, 1, 5, 5, 7, 3, 1);
static const uint8_t oid_client[] = OID_TLV(0x2b, 6, 1, 5, 5, 7, 3, 2);

/* KeyUsage, whole BIT STRINGs. */
static const uint8_t usage_sign[] = {DER_BIT_STRING, 2, 7, 0x80};
static const uint8_t usage_ca[] = {
    DER_BIT_STRING, 2, 1, 0x06}; /* certs, CRLs */

static const struct profile {
	const char *name;
	enum cert_kind issuer;
	bool ca;
	uint8_t path_len;
	const uint8_t *purpose; /* OID; NULL: any */
} profiles[CERT_KINDS] = {
    [CERT_ROOT] = {"root", CERT_ROOT, true, 1, NULL},
    [CERT_RELAY_CA] = {"relay-ca", CERT_ROOT, true, 0, oid_server},
    [CERT_AGENT_CA] = {"agent-ca", CERT_ROOT, true, 0, oid_client},
    [CERT_RELAY] = {"relay", CERT_RELAY_CA, false, 0, oid_server},
    [CERT_AGENT] = {"agent", CERT_AGENT_CA, false, 0, oid_client},
    [CERT_OPERATOR_CA] = {"operator-ca", CERT_ROOT, true, 0, oid_client},
    [CERT_OPERATOR] = {"operator", CERT_OPERATOR_CA, false, 0, oid_client},
};

const char *
cert_kind_name(enum cert_kind kind)
{
	return profiles[kind].name;
}

bool
cert_kind_parse(struct slice name, enum cert_kind *out)
{
	for (size_t i = 0; i < CERT_KINDS; i++)
		if (slice_eq(name, slice_str(profiles[i].name))) {
			*out = (enum cert_kind)i;
			return true;
		}
	return false;
}

bool
cert_kind_is_ca(enum cert_kind kind)
{
	return profiles[kind].ca;
}

enum cert_kind
cert_kind_issuer(enum cert_kind kind)
{
	return profiles[kind].issuer;
}

void
cert_serial(uint8_t out[CERT_SERIAL_LEN])
{
	rng_secret(out, CERT_SERIAL_LEN);
	out[0] = (out[0] & 0x3f) | 0x40; /* positive, and of one length */
}

/* --- writing: last field first -------------------------------------------- */

static void
write_name(struct der_out *o, const char *common_name)
{
	size_t mark = der_out_mark(o);

	der_out_tlv(o, DER_UTF8_STRING, slice_str(common_name));
	der_out_bytes(o, SLICE_OF_ARRAY(oid_cn));
	der_out_wrap(o, DER_SEQUENCE, mark);
	der_out_wrap(o, DER_SET, mark);
	der_out_wrap(o, DER_SEQUENCE, mark);
}

void
cert_wrap_extension(
    struct der_out *o, struct slice oid, bool critical, size_t mark)
{
	der_out_wrap(o, DER_OCTET_STRING, mark);
	if (critical)
		der_out_true(o);
	der_out_bytes(o, oid);
	der_out_wrap(o, DER_SEQUENCE, mark);
}

void
cert_write_akid(struct der_out *o, const struct pubkey *issuer)
{
	size_t mark = der_out_mark(o);
	uint8_t id[KEY_ID_LEN];

	pubkey_id(issuer, id);
	der_out_tlv(o, DER_CONTEXT(0), SLICE_OF_ARRAY(id));
	der_out_wrap(o, DER_SEQUENCE, mark);
	cert_wrap_extension(o, SLICE_OF_ARRAY(oid_akid), false, mark);
}

static void
write_skid(struct der_out *o, const struct pubkey *key)
{
	size_t mark = der_out_mark(o);
	uint8_t id[KEY_ID_LEN];

	pubkey_id(key, id);
	der_out_tlv(o, DER_OCTET_STRING, SLICE_OF_ARRAY(id));
	cert_wrap_extension(o, SLICE_OF_ARRAY(oid_skid), false, mark);
}

static void
write_sans(struct der_out *o, const struct cert_args *a)
{
	size_t mark = der_out_mark(o);

	if (a->n_sans == 0)
		return;
	for (size_t i = a->n_sans; i-- > 0;)
		der_out_tlv(o, a->sans[i].tag,
		    slice_of(a->sans[i].bytes, a->sans[i].len));
	der_out_wrap(o, DER_SEQUENCE, mark);
	cert_wrap_extension(o, SLICE_OF_ARRAY(oid_san), false, mark);
}

static void
write_purpose(struct der_out *o, const uint8_t *oid)
{
	size_t mark = der_out_mark(o);

	if (oid == NULL)
		return;
	der_out_bytes(o, slice_of(oid, 2u + oid[1]));
	der_out_wrap(o, DER_SEQUENCE, mark);
	cert_wrap_extension(o, SLICE_OF_ARRAY(oid_eku), false, mark);
}

static void
write_basics(struct der_out *o, const struct profile *f)
{
	size_t mark = der_out_mark(o);

	der_out_bytes(
	    o, f->ca ? SLICE_OF_ARRAY(usage_ca) : SLICE_OF_ARRAY(usage_sign));
	cert_wrap_extension(o, SLICE_OF_ARRAY(oid_usage), true, mark);
	if (!f->ca)
		return;
	mark = der_out_mark(o);
	der_out_u64(o, f->path_len);
	der_out_true(o);
	der_out_wrap(o, DER_SEQUENCE, mark);
	cert_wrap_extension(o, SLICE_OF_ARRAY(oid_basic), true, mark);
}

static void
write_extensions(struct der_out *o, const struct cert_args *a)
{
	size_t mark = der_out_mark(o);

	cert_write_akid(o, a->issuer_key);
	write_skid(o, a->key);
	write_sans(o, a);
	write_purpose(o, profiles[a->kind].purpose);
	write_basics(o, &profiles[a->kind]);
	der_out_wrap(o, DER_SEQUENCE, mark);
	der_out_wrap(o, DER_CONTEXT_CONS(3), mark);
}

void
cert_write_tbs(struct der_out *o, const struct cert_args *a)
{
	size_t tbs = der_out_mark(o), mark;

	write_extensions(o, a);
	pubkey_write(o, a->key);
	write_name(o, a->common_name);
	mark = der_out_mark(o);
	der_out_time(o, a->not_after);
	der_out_time(o, a->not_before);
	der_out_wrap(o, DER_SEQUENCE, mark);
	if (a->issuer.n > 0)
		der_out_bytes(o, a->issuer);
	else
		write_name(o, a->common_name);
	der_out_bytes(o, key_signature_algorithm(a->issuer_key->type));
	der_out_uint(o, slice_of(a->serial, CERT_SERIAL_LEN));
	mark = der_out_mark(o);
	der_out_u64(o, 2); /* v3 */
	der_out_wrap(o, DER_CONTEXT_CONS(0), mark);
	der_out_wrap(o, DER_SEQUENCE, tbs);
}

/* --- reading -------------------------------------------------------------- */

int
cert_read_pem(struct slice pem, struct cert_info *out, struct err *e)
{
	uint8_t der[CERT_MAX];
	struct cert c;
	struct der spki;
	size_t n;
	int r;

	r = pem_read(pem, PEM_CERTIFICATE, der, sizeof(der), &n, e);
	if (r == 0)
		r = cert_walk(slice_of(der, n), &c, e);
	if (r < 0)
		return r;
	if (c.subject.n > CERT_NAME_MAX)
		return err_set(e, AX_E_SYNTAX, "not a certificate of ours");
	memcpy(out->subject, c.subject.p, c.subject.n);
	out->subject_len = c.subject.n;
	out->not_before = c.not_before;
	out->not_after = c.not_after;
	der_init(&spki, c.spki);
	return pubkey_read(&spki, &out->key, e);
}

/* cert_walk.c — takes an X.509 certificate apart.
 *
 * Thread: any. Pure. Invariant: a certificate that passes is exactly one DER
 * value, every byte of it accounted for, so that what we read and what was
 * signed cannot differ.                                                      */
#include "parse/cert_walk.h"

#include "parse/der.h"

static const uint8_t oid_usage[] = { 0x55, 0x1d, 0x0f };
static const uint8_t oid_san[] = { 0x55, 0x1d, 0x11 };
static const uint8_t oid_basic[] = { 0x55, 0x1d, 0x13 };
static const uint8_t oid_akid[] = { 0x55, 0x1d, 0x23 };
static const uint8_t oid_eku[] = { 0x55, 0x1d, 0x25 };
static const uint8_t oid_ed25519[] = { 0x2b, 0x65, 0x70 };
static const uint8_t oid_ec[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
static const uint8_t oid_p256[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };

#define IS(s, oid) slice_eq((s), slice_of((oid), sizeof(oid)))

static int
malformed(struct err *e, const char *what)
{
	return err_set(e, AX_E_SYNTAX, "the certificate's %s is malformed", what);
}

/* Which key it is; other kinds are not malformed, only not wanted in a leaf. */
static int
walk_key(struct cert *c, struct err *e)
{
	struct der outer, spki, alg;
	struct slice oid, curve = { NULL, 0 };

	der_init(&outer, c->spki);
	spki = der_enter(&outer, DER_SEQUENCE);
	alg = der_enter(&spki, DER_SEQUENCE);
	oid = der_take(&alg, DER_OID);
	c->public_key = der_bits(&spki);
	if (alg.bad || !der_done(&spki))
		return malformed(e, "public key");
	if (IS(oid, oid_ed25519) && der_at_end(&alg) && c->public_key.n == 32)
		c->key = CERT_KEY_ED25519;
	if (!IS(oid, oid_ec))
		return 0;
	if (der_peek(&alg, DER_OID))
		curve = der_take(&alg, DER_OID);
	if (IS(curve, oid_p256) && der_done(&alg) && c->public_key.n == 65 &&
	    c->public_key.p[0] == 0x04)
		c->key = CERT_KEY_P256;
	return 0;
}

static int
walk_basic(struct cert *c, struct slice value, struct err *e)
{
	struct der d, seq;

	der_init(&d, value);
	seq = der_enter(&d, DER_SEQUENCE);
	if (der_peek(&seq, DER_BOOLEAN)) {
		c->is_ca = der_bool(&seq);
		if (!c->is_ca) /* FALSE is the default: DER leaves it out */
			return malformed(e, "basicConstraints");
	}
	if (c->is_ca && der_peek(&seq, DER_INTEGER))
		(void)der_uint(&seq, 2);
	return der_done(&seq) && der_done(&d) ? 0 :
						malformed(e, "basicConstraints");
}

static int
walk_usage(struct cert *c, struct slice value, struct err *e)
{
	struct der d;
	struct slice bits;
	unsigned last;

	der_init(&d, value);
	bits = der_take(&d, DER_BIT_STRING);
	if (!der_done(&d) || bits.n < 2 || bits.n > 3 || bits.p[0] > 7)
		return malformed(e, "keyUsage");
	/* A named bit list ends with its last bit that is set (X.690 11.2.2). */
	last = bits.p[bits.n - 1];
	if ((last & ((2u << bits.p[0]) - 1)) != 1u << bits.p[0])
		return malformed(e, "keyUsage");
	c->has_usage = true;
	c->usage = bits.p[1];
	return 0;
}

/* A SEQUENCE that is all of value; its content. */
static int
walk_sequence(struct slice value, struct slice *out, const char *what, struct err *e)
{
	struct der d;

	der_init(&d, value);
	*out = der_take(&d, DER_SEQUENCE);
	return der_done(&d) && out->n > 0 ? 0 : malformed(e, what);
}

static int
walk_extension(struct cert *c, struct slice oid, bool critical, struct slice value,
    struct err *e)
{
	if (IS(oid, oid_basic))
		return walk_basic(c, value, e);
	if (IS(oid, oid_usage))
		return walk_usage(c, value, e);
	if (IS(oid, oid_eku)) {
		c->has_eku = true;
		return walk_sequence(value, &c->eku, "extended key usage", e);
	}
	if (IS(oid, oid_san)) {
		c->has_san = true;
		return walk_sequence(
		    value, &c->san, "subject alternative name", e);
	}
	if (IS(oid, oid_akid) && !critical)
		c->akid = value;
	if (critical)
		return err_set(e, AX_E_SYNTAX,
		    "the certificate has a critical extension that is not known");
	return 0;
}

static bool
seen_before(const struct slice *seen, size_t n, struct slice oid)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (slice_eq(seen[i], oid))
			return true;
	return false;
}

static int
walk_extensions(struct cert *c, struct der list, struct err *e)
{
	struct slice seen[CERT_EXTENSIONS_MAX], oid, value;
	struct der ext;
	bool critical;
	size_t n = 0;
	int r;

	if (der_at_end(&list))
		return malformed(e, "list of extensions");
	for (; !der_at_end(&list); n++) {
		ext = der_enter(&list, DER_SEQUENCE);
		oid = der_oid(&ext);
		critical = der_peek(&ext, DER_BOOLEAN);
		if (critical && !der_bool(&ext))
			return malformed(e, "list of extensions");
		value = der_take(&ext, DER_OCTET_STRING);
		if (!der_done(&ext))
			return malformed(e, "list of extensions");
		if (n == CERT_EXTENSIONS_MAX)
			return err_set(e, AX_E_SYNTAX,
			    "the certificate has too many extensions");
		if (seen_before(seen, n, oid))
			return err_set(e, AX_E_SYNTAX,
			    "the certificate has two extensions of one kind");
		seen[n] = oid;
		r = walk_extension(c, oid, critical, value, e);
		if (r < 0)
			return r;
	}
	return list.bad ? malformed(e, "list of extensions") : 0;
}

static int
walk_validity(struct cert *c, struct der *tbs, struct err *e)
{
	struct der v = der_enter(tbs, DER_SEQUENCE);

	c->not_before = der_time(&v);
	c->not_after = der_time(&v);
	if (!der_done(&v) || c->not_after < c->not_before)
		return malformed(e, "validity");
	return 0;
}

static bool
is_version_3(struct der *tbs)
{
	struct der v = der_enter(tbs, DER_CONTEXT_CONS(0));
	struct slice n = der_uint(&v, 1);

	return der_done(&v) && n.p[0] == 2;
}

static int
walk_tbs(struct cert *c, struct der tbs, struct err *e)
{
	struct der tail, list;
	struct slice inner;
	int r;

	if (!is_version_3(&tbs))
		return err_set(
		    e, AX_E_SYNTAX, "the certificate is not X.509 version 3");
	c->serial = der_uint(&tbs, 20);
	if (tbs.bad || (c->serial.n == 1 && c->serial.p[0] == 0))
		return malformed(e, "serial number");
	inner = der_take_whole(&tbs, DER_SEQUENCE);
	if (!slice_eq(inner, c->algorithm))
		return malformed(e, "signature algorithm");
	c->issuer = der_take_whole(&tbs, DER_SEQUENCE);
	r = walk_validity(c, &tbs, e);
	if (r < 0)
		return r;
	c->subject = der_take_whole(&tbs, DER_SEQUENCE);
	c->spki = der_take_whole(&tbs, DER_SEQUENCE);
	tail = der_enter(&tbs, DER_CONTEXT_CONS(3));
	list = der_enter(&tail, DER_SEQUENCE);
	if (!der_at_end(&tail) || !der_done(&tbs))
		return malformed(e, "body");
	r = walk_key(c, e);
	return r < 0 ? r : walk_extensions(c, list, e);
}

int
cert_walk(struct slice in, struct cert *out, struct err *e)
{
	struct der d, all, tbs;
	struct slice whole;

	*out = (struct cert){ 0 };
	if (in.n > CERT_MAX)
		return err_set(e, AX_E_SYNTAX,
		    "the certificate is longer than %d bytes", CERT_MAX);
	der_init(&d, in);
	all = der_enter(&d, DER_SEQUENCE);
	whole = der_take_whole(&all, DER_SEQUENCE);
	out->tbs = whole;
	out->algorithm = der_take_whole(&all, DER_SEQUENCE);
	out->signature = der_bits(&all);
	if (!der_done(&all) || !der_done(&d))
		return malformed(e, "outer form");
	der_init(&d, whole);
	tbs = der_enter(&d, DER_SEQUENCE);
	return walk_tbs(out, tbs, e);
}

/* crl.c — takes a certificate revocation list apart.
 *
 * Thread: any. Pure. Invariant: entries of a list that crl_walk accepted are
 * all well formed, so crl_next cannot fail, only end.                        */
#include "parse/crl.h"

#include "parse/der.h"

static const uint8_t oid_number[] = { 0x55, 0x1d, 0x14 };
static const uint8_t oid_authority[] = { 0x55, 0x1d, 0x23 };

static int
malformed(struct err *e, const char *what)
{
	return err_set(
	    e, AX_E_SYNTAX, "the revocation list's %s is malformed", what);
}

/* No critical extension is understood, here or in an entry. */
static bool
take_extension(struct der *list, struct slice *oid, struct slice *value)
{
	struct der ext = der_enter(list, DER_SEQUENCE);

	*oid = der_oid(&ext);
	*value = der_take(&ext, DER_OCTET_STRING);
	return der_done(&ext);
}

static bool
walk_entry(struct der *list, struct slice *serial, int64_t *at)
{
	struct der entry = der_enter(list, DER_SEQUENCE), exts;
	struct slice oid, value;

	*serial = der_uint(&entry, 20);
	*at = der_time(&entry);
	if (der_at_end(&entry))
		return !entry.bad;
	exts = der_enter(&entry, DER_SEQUENCE);
	while (!der_at_end(&exts))
		if (!take_extension(&exts, &oid, &value))
			return false;
	return !exts.bad && der_done(&entry);
}

bool
crl_next(struct slice *entries, struct slice *serial, int64_t *revoked_at)
{
	struct der d;

	der_init(&d, *entries);
	if (der_at_end(&d) || !walk_entry(&d, serial, revoked_at))
		return false;
	*entries = slice_of(d.p, (size_t)(d.end - d.p));
	return true;
}

bool
crl_has(const struct crl *c, struct slice serial)
{
	struct slice at = c->entries, s;
	int64_t when;

	while (crl_next(&at, &s, &when))
		if (slice_eq(s, serial))
			return true;
	return false;
}

static int
walk_entries(struct crl *c, struct der *tbs, struct err *e)
{
	struct slice at, serial;
	int64_t when;

	if (!der_peek(tbs, DER_SEQUENCE))
		return 0;
	c->entries = der_take(tbs, DER_SEQUENCE);
	at = c->entries;
	if (at.n == 0) /* RFC 5280: an empty list is left out */
		return malformed(e, "list of serials");
	while (crl_next(&at, &serial, &when))
		;
	return at.n == 0 ? 0 : malformed(e, "list of serials");
}

static int
walk_number(struct crl *c, struct slice value, struct err *e)
{
	struct slice n;
	struct der d;
	size_t i;

	der_init(&d, value);
	n = der_uint(&d, 9);
	if (!der_done(&d) || n.n > 8)
		return malformed(e, "number");
	for (i = 0; i < n.n; i++)
		c->number = c->number << 8 | n.p[i];
	return 0;
}

static int
walk_extensions(struct crl *c, struct der *tbs, struct err *e)
{
	struct der outer = der_enter(tbs, DER_CONTEXT_CONS(0)),
		   list = der_enter(&outer, DER_SEQUENCE);
	struct slice oid, value;
	bool numbered = false;
	int r;

	while (!der_at_end(&list)) {
		if (!take_extension(&list, &oid, &value))
			return malformed(e, "list of extensions");
		if (slice_eq(oid, slice_of(oid_authority, sizeof(oid_authority)))) {
			if (c->authority.n > 0)
				return malformed(e, "issuer's key");
			c->authority = value;
		}
		if (!slice_eq(oid, slice_of(oid_number, sizeof(oid_number))))
			continue;
		if (numbered)
			return malformed(e, "number");
		numbered = true;
		r = walk_number(c, value, e);
		if (r < 0)
			return r;
	}
	if (list.bad || !der_done(&outer) || !der_done(tbs))
		return malformed(e, "list of extensions");
	return numbered ? 0 :
			  err_set(e, AX_E_SYNTAX,
			      "the revocation list has no number");
}

static int
walk_tbs(struct crl *c, struct der tbs, struct err *e)
{
	struct slice version = der_uint(&tbs, 1), inner;
	int r;

	if (tbs.bad || version.p[0] != 1)
		return err_set(
		    e, AX_E_SYNTAX, "the revocation list is not version 2");
	inner = der_take_whole(&tbs, DER_SEQUENCE);
	if (!slice_eq(inner, c->algorithm))
		return malformed(e, "signature algorithm");
	c->issuer = der_take_whole(&tbs, DER_SEQUENCE);
	c->this_update = der_time(&tbs);
	c->next_update = der_time(&tbs);
	if (tbs.bad || c->next_update < c->this_update)
		return malformed(e, "validity");
	r = walk_entries(c, &tbs, e);
	return r < 0 ? r : walk_extensions(c, &tbs, e);
}

int
crl_walk(struct slice in, struct crl *out, struct err *e)
{
	struct der d, all;

	*out = (struct crl){ 0 };
	der_init(&d, in);
	all = der_enter(&d, DER_SEQUENCE);
	out->tbs = der_take_whole(&all, DER_SEQUENCE);
	out->algorithm = der_take_whole(&all, DER_SEQUENCE);
	out->signature = der_bits(&all);
	if (!der_done(&all) || !der_done(&d))
		return malformed(e, "outer form");
	der_init(&d, out->tbs);
	return walk_tbs(out, der_enter(&d, DER_SEQUENCE), e);
}

/* trust.c — trust bundles.
 *
 * Thread: any.
 * Invariant: what is read was signed, and every certificate in it, by one key; so
 * who trusts a CA of that key's can follow it to the next one.               */
#include "pki/trust.h"

#include "parse/cert_walk.h"
#include "pki/pem.h"

static const char label[] = "atlax-trust-1"; /* nothing else of a root's has it */

/* --- reading -------------------------------------------------------------- */

static int
read_list(struct trust *t, enum trust_whom whom, struct slice list, struct err *e)
{
	struct slice tbs;
	struct der d;
	int r = 0;

	der_init(&d, list);
	while (r == 0 && !der_at_end(&d)) {
		struct slice ca = der_take_whole(&d, DER_SEQUENCE);

		if (d.bad)
			return err_set(e, AX_E_SYNTAX, "the trust bundle is malformed");
		if (t->n[whom] == TRUST_CAS_MAX)
			return err_set(e, AX_E_LIMIT,
			    "more than %d CAs of a kind in the trust bundle",
			    TRUST_CAS_MAX);
		t->cas[whom][t->n[whom]++] = ca;
		r = pubkey_open(&t->root, ca, &tbs, e);
	}
	return r;
}

static bool
read_body(struct slice der, struct trust *t, struct slice list[2])
{
	struct der d, whole, tbs;
	struct slice text, seq;

	der_init(&d, der);
	whole = der_enter(&d, DER_SEQUENCE);
	tbs = der_enter(&whole, DER_SEQUENCE);
	text = der_take(&tbs, DER_UTF8_STRING);
	seq = der_uint(&tbs, 1 + sizeof(t->sequence));
	for (size_t i = 0; i < seq.n; i++)
		t->sequence = t->sequence << 8 | seq.p[i];
	if (!slice_eq(text, slice_of(label, sizeof(label) - 1)) ||
	    pubkey_read(&tbs, &t->root, NULL) < 0)
		return false;
	list[TRUST_RELAYS] = der_take(&tbs, DER_SEQUENCE);
	list[TRUST_AGENTS] = der_take(&tbs, DER_SEQUENCE);
	return der_done(&tbs) && seq.n <= sizeof(t->sequence) &&
	       t->sequence > 0 && list[TRUST_RELAYS].n > 0 &&
	       list[TRUST_AGENTS].n > 0;
}

int
trust_read(struct slice der, struct trust *out, struct err *e)
{
	struct slice list[2], tbs;
	int r;

	*out = (struct trust){.der = der};
	if (der.n > TRUST_MAX)
		return err_set(e, AX_E_LIMIT, "the trust bundle is longer than %d bytes",
		    TRUST_MAX);
	if (!read_body(der, out, list))
		return err_set(e, AX_E_SYNTAX, "the trust bundle is malformed");
	r = pubkey_open(&out->root, der, &tbs, e);
	if (r == 0)
		r = read_list(out, TRUST_RELAYS, list[TRUST_RELAYS], e);
	return r < 0 ? r : read_list(out, TRUST_AGENTS, list[TRUST_AGENTS], e);
}

int
trust_read_pem(struct slice text, uint8_t *mem, struct trust *out, struct err *e)
{
	size_t n;
	int r;

	if (pem_after(text, PEM_TRUST).p == NULL)
		return err_set(e, AX_E_NOTFOUND, "it holds no trust bundle");
	r = pem_read(text, PEM_TRUST, mem, TRUST_MAX, &n, e);
	return r < 0 ? r : trust_read(slice_of(mem, n), out, e);
}

/* --- judging -------------------------------------------------------------- */

static int
check_anchor(const struct trust *t, struct slice ca, struct err *e)
{
	/* SEQUENCE { [0] key identifier } */
	uint8_t akid[4 + KEY_ID_LEN] = {DER_SEQUENCE, 2 + KEY_ID_LEN,
	    DER_CONTEXT(0), KEY_ID_LEN};
	struct slice tbs;
	struct cert c;
	int r = cert_walk(ca, &c, e);

	if (r < 0)
		return r;
	pubkey_id(&t->root, akid + 4);
	/* The signature alone does not say which key made it. */
	if (!slice_eq(c.akid, SLICE_OF_ARRAY(akid)) ||
	    pubkey_open(&t->root, ca, &tbs, NULL) < 0)
		return err_set(e, AX_E_IDENTITY,
		    "the trust bundle is of another root than the CA in use");
	return 0;
}

int
trust_is_anchored(const struct trust *t, struct slice text, struct err *e)
{
	uint8_t der[CERT_MAX];
	size_t n;
	int r;

	do {
		r = pem_read(text, PEM_CERTIFICATE, der, sizeof(der), &n, e);
		if (r == 0)
			r = check_anchor(t, slice_of(der, n), e);
		text = pem_after(text, PEM_CERTIFICATE);
	} while (r == 0 && pem_after(text, PEM_CERTIFICATE).p != NULL);
	return r;
}

int
trust_vouches(const struct trust *t, enum trust_whom whom, struct slice cert,
    struct err *e)
{
	for (size_t i = 0; i < t->n[whom]; i++) {
		struct slice tbs;
		struct pubkey key;
		struct cert ca;
		struct der spki;

		if (cert_walk(t->cas[whom][i], &ca, NULL) < 0)
			continue;
		der_init(&spki, ca.spki);
		if (pubkey_read(&spki, &key, NULL) == 0 &&
		    pubkey_open(&key, cert, &tbs, NULL) == 0)
			return (int)i;
	}
	return err_set(e, AX_E_IDENTITY,
	    "no CA in the trust bundle has signed the certificate");
}

/* --- writing -------------------------------------------------------------- */

int
trust_write(const struct trust *t, const struct key *root, struct buf *out,
    struct err *e)
{
	uint8_t tbs[TRUST_MAX];
	struct der_out o;
	size_t from = buf_len(out);
	int r;

	der_out_init(&o, tbs, sizeof(tbs));
	for (size_t whom = 2; whom-- > 0;) {
		size_t mark = der_out_mark(&o);

		for (size_t i = t->n[whom]; i-- > 0;)
			der_out_bytes(&o, t->cas[whom][i]);
		der_out_wrap(&o, DER_SEQUENCE, mark);
	}
	pubkey_write(&o, &root->public);
	der_out_u64(&o, t->sequence);
	der_out_tlv(&o, DER_UTF8_STRING, slice_of(label, sizeof(label) - 1));
	der_out_wrap(&o, DER_SEQUENCE, 0);
	r = o.bad ? 0 : key_sign(root, der_out_slice(&o), out, e);
	if (o.bad || (r == 0 && buf_len(out) - from > TRUST_MAX))
		r = err_set(e, AX_E_LIMIT, "too many CAs for a trust bundle");
	return r;
}

int
trust_print(const struct trust *t, struct buf *out)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < t->n[TRUST_RELAYS]; i++)
		r = pem_write(out, PEM_CERTIFICATE, t->cas[TRUST_RELAYS][i]);
	return r == 0 ? pem_write(out, PEM_TRUST, t->der) : r;
}

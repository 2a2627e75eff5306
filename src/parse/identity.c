/* identity.c — the rules that make a certificate an agent's or a relay's.
 *
 * Thread: any. Pure. Invariant: a name is copied out only after the whole
 * certificate has passed; what does not pass has no identity at all.         */
#include "parse/identity.h"

#include "parse/cert_walk.h"
#include "parse/der.h"
#include "parse/host.h"

static const uint8_t oid_cn[] = { 0x55, 0x04, 0x03 };
static const uint8_t oid_server_auth[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07,
	0x03, 0x01 };
static const uint8_t oid_client_auth[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07,
	0x03, 0x02 };

#define SAN_DNS DER_CONTEXT(2)
#define SAN_URI DER_CONTEXT(6)
#define SAN_IP DER_CONTEXT(7)

static int
refuse(struct err *e, const char *why)
{
	return err_set(e, AX_E_IDENTITY, "%s", why);
}

static bool
is_label_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool
identity_is_label(struct slice s)
{
	size_t i;

	if (s.n == 0 || s.n > IDENTITY_LABEL_MAX || !is_label_char(s.p[0]) ||
	    !is_label_char(s.p[s.n - 1]))
		return false;
	for (i = 0; i < s.n; i++)
		if (!is_label_char(s.p[i]) && s.p[i] != '-')
			return false;
	return true;
}

static void
copy_label(char *out, struct slice s)
{
	if (s.n > 0)
		memcpy(out, s.p, s.n);
	out[s.n] = '\0';
}

/* What agents and relays have in common. */
static int
check_leaf(const struct cert *c, struct slice purpose, struct err *e)
{
	struct der eku;
	struct slice oid;

	if (slice_eq(c->issuer, c->subject))
		return refuse(e, "the certificate names itself as its issuer");
	if (c->is_ca || (c->has_usage && (c->usage & CERT_USAGE_CERT_SIGN)))
		return refuse(e, "the certificate is that of a CA");
	if (c->has_usage && !(c->usage & CERT_USAGE_SIGN))
		return refuse(
		    e, "the certificate's key may not be used to sign");
	if (c->key == CERT_KEY_OTHER)
		return refuse(
		    e, "the certificate's key is neither Ed25519 nor P-256");
	if (!c->has_eku)
		return refuse(e, "the certificate has no extended key usage");
	der_init(&eku, c->eku);
	oid = der_take(&eku, DER_OID);
	if (!der_done(&eku) || !slice_eq(oid, purpose))
		return refuse(e,
		    "the certificate's extended key usage is not exactly the "
		    "one needed (clientAuth for an agent, serverAuth for a "
		    "relay)");
	return 0;
}

/* Name = one RDN = one attribute = CN, a label. */
static int
read_cn(struct slice subject, struct slice *cn, struct err *e)
{
	struct der d, name, rdn, attr;
	struct slice oid;
	bool printable;

	der_init(&d, subject);
	name = der_enter(&d, DER_SEQUENCE);
	rdn = der_enter(&name, DER_SET);
	attr = der_enter(&rdn, DER_SEQUENCE);
	oid = der_take(&attr, DER_OID);
	printable = der_peek(&attr, DER_PRINTABLE_STRING);
	*cn = der_take(&attr,
	    printable ? DER_PRINTABLE_STRING : DER_UTF8_STRING);
	if (!der_done(&attr) || !der_done(&rdn) || !der_done(&name) ||
	    !slice_eq(oid, slice_of(oid_cn, sizeof(oid_cn))))
		return refuse(e,
		    "the certificate's subject is not exactly one Common Name");
	if (!identity_is_label(*cn))
		return refuse(e,
		    "the certificate's Common Name is not a tenant (1 to 63 of "
		    "a-z, 0-9 and inner hyphens)");
	return 0;
}

/* atlax://tenant/agent or atlax://tenant; agent is empty in the latter. */
static bool
split_uri(struct slice uri, struct slice *tenant, struct slice *agent)
{
	static const char scheme[] = "atlax://";
	size_t n = sizeof(scheme) - 1, i;

	if (uri.n <= n || memcmp(uri.p, scheme, n) != 0)
		return false;
	uri = slice_skip(uri, n);
	for (i = 0; i < uri.n && uri.p[i] != '/'; i++)
		;
	*tenant = slice_of(uri.p, i);
	*agent = slice_of(uri.p + i, 0);
	if (!identity_is_label(*tenant))
		return false;
	if (i == uri.n)
		return true;
	*agent = slice_skip(uri, i + 1);
	return identity_is_label(*agent);
}

static int
read_uri(const struct cert *c, struct slice cn, struct slice *agent, struct err *e)
{
	struct slice uri, tenant;
	struct der san;

	if (!c->has_san)
		return refuse(
		    e, "the certificate has no subject alternative name");
	der_init(&san, c->san);
	uri = der_take(&san, SAN_URI);
	if (!der_done(&san))
		return refuse(e,
		    "the certificate's subject alternative name is not exactly "
		    "one URI");
	if (!split_uri(uri, &tenant, agent))
		return refuse(e,
		    "the certificate's URI is not atlax://<tenant>/<agent>");
	if (!slice_eq(tenant, cn))
		return refuse(e,
		    "the certificate's URI and Common Name name different "
		    "tenants");
	return 0;
}

static void
fill(struct identity *out, const struct cert *c)
{
	*out = (struct identity){
		.key = c->key == CERT_KEY_ED25519 ? IDENTITY_ED25519 :
						    IDENTITY_P256,
		.serial_len = (uint8_t)c->serial.n,
		.not_before = c->not_before,
		.not_after = c->not_after,
		.spki = c->spki,
		.issuer = c->issuer,
		.subject = c->subject,
	};
	memcpy(out->serial, c->serial.p, c->serial.n);
}

static int
walk(struct slice in, struct slice purpose, struct cert *c, struct err *e)
{
	int r = cert_walk(in, c, e);

	if (r < 0) {
		if (e != NULL)
			e->code = AX_E_IDENTITY;
		return AX_E_IDENTITY;
	}
	return check_leaf(c, purpose, e);
}

int
identity_agent(struct slice in, struct identity *out, struct err *e)
{
	struct slice cn, agent, purpose = slice_of(oid_client_auth,
				    sizeof(oid_client_auth));
	struct cert c;
	int r;

	r = walk(in, purpose, &c, e);
	if (r < 0)
		return r;
	r = read_cn(c.subject, &cn, e);
	if (r < 0)
		return r;
	r = read_uri(&c, cn, &agent, e);
	if (r < 0)
		return r;
	fill(out, &c);
	copy_label(out->tenant, cn);
	copy_label(out->agent, agent);
	if (read_cn(c.issuer, &cn, NULL) == 0)
		copy_label(out->issued_by, cn);
	return 0;
}

int
identity_operator(struct slice in, struct identity *out, struct err *e)
{
	static const char scheme[] = "atlax-operator://";
	struct slice cn, uri, purpose = slice_of(oid_client_auth,
			      sizeof(oid_client_auth));
	size_t n = sizeof(scheme) - 1;
	struct der san;
	struct cert c;
	int r;

	r = walk(in, purpose, &c, e);
	if (r == 0)
		r = read_cn(c.subject, &cn, e);
	if (r < 0)
		return r;
	der_init(&san, c.has_san ? c.san : slice_of(NULL, 0));
	uri = der_take(&san, SAN_URI);
	if (!der_done(&san) || uri.n <= n || memcmp(uri.p, scheme, n) != 0 ||
	    !slice_eq(slice_skip(uri, n), cn))
		return refuse(e, "the certificate is not an operator's: its subject "
		    "alternative name is not exactly the URI atlax-operator:// with "
		    "its Common Name");
	fill(out, &c);
	copy_label(out->agent, cn);
	return 0;
}

/* Takes one GeneralName; does it cover the host? */
static bool
name_covers(struct der *san, const char *host)
{
	uint8_t ip[16];
	size_t n;

	if (der_peek(san, SAN_DNS))
		return host_matches(der_take(san, SAN_DNS), host);
	if (der_peek(san, SAN_IP)) {
		n = host_ip(host, ip);
		return slice_eq(der_take(san, SAN_IP), slice_of(ip, n)) && n > 0;
	}
	/* Other kinds say nothing about a host; take whatever tag is there. */
	(void)der_take(san, *san->p);
	return false;
}

static int
check_host(const struct cert *c, const char *host, struct err *e)
{
	struct der san;
	bool found = false;

	der_init(&san, c->san);
	while (!der_at_end(&san))
		found = name_covers(&san, host) || found;
	if (san.bad)
		return refuse(e,
		    "the certificate's subject alternative name is malformed");
	if (!found)
		return err_set(e, AX_E_IDENTITY,
		    "the certificate is not for %.100s", host);
	return 0;
}

int
identity_relay_own(struct slice in, struct identity *out, struct err *e)
{
	struct slice purpose = slice_of(oid_server_auth, sizeof(oid_server_auth));
	struct cert c;
	int r = walk(in, purpose, &c, e);

	if (r < 0)
		return r;
	if (!c.has_san)
		return refuse(
		    e, "the certificate has no subject alternative name");
	fill(out, &c);
	return 0;
}

int
identity_relay(
    struct slice in, const char *host, struct identity *out, struct err *e)
{
	struct slice purpose = slice_of(oid_server_auth, sizeof(oid_server_auth));
	struct cert c;
	int r = walk(in, purpose, &c, e);

	if (r < 0)
		return r;
	r = check_host(&c, host, e);
	if (r < 0)
		return r;
	fill(out, &c);
	return 0;
}

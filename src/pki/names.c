/* names.c — names of agents and relays, from the command line.
 *
 * Thread: any.
 * Invariant: a name that passes here is one that parse/identity.h accepts on
 * the other side of a handshake; an odd one is refused with what to do, before
 * a certificate exists.                                                      */
#include "pki/names.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>

#include "base/str.h"
#include "parse/host.h"

#define URI_PREFIX "atlax://"

int
agent_name_parse(const char *in, struct agent_name *out, struct err *e)
{
	const char *slash = strchr(in, '/');
	size_t n = slash == NULL ? strlen(in) : (size_t)(slash - in);
	int len;

	*out = (struct agent_name){0};
	if (!identity_is_label(slice_of(in, n)) ||
	    (slash != NULL && !identity_is_label(slice_str(slash + 1))))
		return err_set(e, AX_E_RANGE,
		    "not TENANT or TENANT/AGENT: each is "
		    "1 to 63 of a-z, 0-9 and -, with no - at either end");
	memcpy(out->tenant, in, n);
	if (slash != NULL)
		(void)str_copy(out->agent, sizeof(out->agent), slash + 1);
	(void)str_copy(
	    out->text, sizeof(out->text), in); /* two labels: it fits */
	len = snprintf((char *)out->uri.bytes, SAN_MAX, URI_PREFIX "%s", in);
	out->uri.tag = SAN_URI;
	out->uri.len = (uint8_t)len;
	return 0;
}

int
operator_name_parse(const char *in, struct agent_name *out, struct err *e)
{
	int len;

	*out = (struct agent_name){0};
	if (!identity_is_label(slice_str(in)))
		return err_set(e, AX_E_RANGE,
		    "not the name of an operator: 1 to 63 of a-z, 0-9 and -, "
		    "with no - at either end");
	memcpy(out->tenant, in, strlen(in));
	memcpy(out->text, in, strlen(in));
	len = snprintf(
	    (char *)out->uri.bytes, SAN_MAX, "atlax-operator://%s", in);
	out->uri.tag = SAN_URI;
	out->uri.len = (uint8_t)len;
	return 0;
}

/* --- relays --------------------------------------------------------------- */

static bool
as_ip(const char *name, struct san *out)
{
	out->tag = SAN_IP;
	out->len = (uint8_t)host_ip(name, out->bytes);
	return out->len > 0;
}

/* Without a dot at the end, which a dNSName must not have; and a last label of
 * digits alone belongs to an IPv4 address, here a wrong one.                 */
static bool
as_dns(const char *name, struct san *out)
{
	const char *dot = strrchr(name, '.'),
		   *last = dot == NULL ? name : dot + 1;

	if (!host_is_dns(name) || strspn(last, "0123456789") == strlen(last))
		return false;
	out->tag = SAN_DNS;
	out->len = (uint8_t)strlen(name);
	for (size_t i = 0; name[i] != '\0'; i++)
		out->bytes[i] = (uint8_t)tolower((unsigned char)name[i]);
	return true;
}

static void
san_text(const struct san *s, char *out, size_t cap)
{
	if (s->tag == SAN_IP)
		(void)inet_ntop(s->len == 4 ? AF_INET : AF_INET6, s->bytes, out,
		    (socklen_t)cap);
	else
		(void)snprintf(
		    out, cap, "%.*s", (int)s->len, (const char *)s->bytes);
}

static bool
has(const struct relay_names *r, const struct san *s)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->list[i].tag == s->tag &&
		    slice_eq(slice_of(s->bytes, s->len),
			slice_of(r->list[i].bytes, r->list[i].len)))
			return true;
	return false;
}

static int
add_one(struct relay_names *r, const char *name, struct err *e)
{
	char text[SAN_MAX + 1], shown[80];
	struct san s = {0};
	struct str out;
	size_t len;

	if (!as_ip(name, &s) && !as_dns(name, &s)) {
		str_init(&out, shown, sizeof(shown));
		str_untrusted(&out, slice_str(name), 40);
		return err_set(e, AX_E_RANGE,
		    "\"%s\" is neither a DNS name nor an "
		    "IP address (no port, no brackets, no wildcard)",
		    shown);
	}
	if (has(r, &s))
		return 0;
	san_text(&s, text, sizeof(text));
	if (r->n == RELAY_NAMES_MAX ||
	    strlen(r->text) + strlen(text) + 2 > sizeof(r->text))
		return err_set(e, AX_E_RANGE,
		    "too many names: at most %d, %d "
		    "characters together",
		    RELAY_NAMES_MAX, RELAY_NAMES_TEXT - 1);
	len = strlen(r->text);
	(void)snprintf(r->text + len, sizeof(r->text) - len, "%s%s",
	    r->n > 0 ? "," : "", text);
	r->list[r->n++] = s;
	return 0;
}

int
relay_names_add(struct relay_names *out, const char *list, struct err *e)
{
	char name[SAN_MAX + 2];
	size_t n;
	int r;

	for (;; list += n + 1) {
		n = strcspn(list, ",");
		(void)snprintf(name, sizeof(name), "%.*s",
		    (int)MIN(n, sizeof(name)),
		    list); /* cut: too long for a name anyway */
		r = add_one(out, name, e);
		if (r < 0 || list[n] == '\0')
			return r;
	}
}

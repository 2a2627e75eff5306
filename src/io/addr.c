/* addr.c — socket addresses as text and back.
 *
 * Thread: any; no state.
 * Invariant: text comes from configuration files and from peers, so a part is
 * copied only after its length is known; nothing here resolves a name.       */
#include "io/addr.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#define HOST_MAX 255

static int
parse_port(const char *text, uint16_t *port, struct err *e)
{
	unsigned value = 0;
	size_t n = strlen(text);

	if (n == 0 || strspn(text, "0123456789") != n)
		return err_set(e, AX_E_SYNTAX,
		    "the port after the last ':' must be a number");
	for (; *text != '\0'; text++) {
		value = value * 10 + (unsigned)(*text - '0');
		if (value > 65535)
			return err_set(e, AX_E_RANGE, "a port is at most 65535");
	}
	*port = (uint16_t)value;
	return 0;
}

static int
take_host(const char *from, size_t n, char host[256], struct err *e)
{
	if (n == 0 || n > HOST_MAX)
		return err_set(e, AX_E_SYNTAX,
		    "the host before ':' must have 1 to %d characters", HOST_MAX);
	memcpy(host, from, n);
	host[n] = '\0';
	return 0;
}

int
addr_split(const char *text, char host[256], uint16_t *port, struct err *e)
{
	const char *colon = strrchr(text, ':'), *end;

	if (colon == NULL)
		return err_set(e, AX_E_SYNTAX, "\":port\" is missing");
	end = colon;
	if (*text == '[') {
		if (end == text + 1 || *--end != ']')
			return err_set(e, AX_E_SYNTAX,
			    "an IPv6 address is written [address]:port");
		text++;
	} else if (memchr(text, ':', (size_t)(end - text)) != NULL) {
		return err_set(e, AX_E_SYNTAX,
		    "an IPv6 address is written [address]:port");
	}
	if (take_host(text, (size_t)(end - text), host, e) < 0)
		return AX_E_SYNTAX;
	return parse_port(colon + 1, port, e);
}

static void
set_v4(struct addr *a, struct in_addr ip, uint16_t port)
{
	*a = (struct addr){ .len = sizeof(a->u.in) };
	a->u.in.sin_family = AF_INET;
	a->u.in.sin_addr = ip;
	a->u.in.sin_port = htons(port);
}

static void
set_v6(struct addr *a, const struct in6_addr *ip, uint32_t scope, uint16_t port)
{
	*a = (struct addr){ .len = sizeof(a->u.in6) };
	a->u.in6.sin6_family = AF_INET6;
	a->u.in6.sin6_addr = *ip;
	a->u.in6.sin6_scope_id = scope;
	a->u.in6.sin6_port = htons(port);
}

/* "fe80::1%eth0": a link-local address means nothing without its interface. */
static int
parse_scoped(const char *host, struct in6_addr *ip, uint32_t *scope)
{
	char copy[INET6_ADDRSTRLEN];
	const char *percent = strchr(host, '%');
	size_t n = percent == NULL ? strlen(host) : (size_t)(percent - host);

	if (n >= sizeof(copy))
		return AX_E_SYNTAX;
	memcpy(copy, host, n);
	copy[n] = '\0';
	if (inet_pton(AF_INET6, copy, ip) != 1)
		return AX_E_SYNTAX;
	*scope = percent == NULL ? 0 : if_nametoindex(percent + 1);
	return percent != NULL && *scope == 0 ? AX_E_SYNTAX : 0;
}

int
addr_parse_ip(const char *host, uint16_t port, struct addr *out)
{
	struct in_addr v4;
	struct in6_addr v6;
	uint32_t scope;

	if (inet_pton(AF_INET, host, &v4) == 1) {
		set_v4(out, v4, port);
		return 0;
	}
	if (parse_scoped(host, &v6, &scope) < 0)
		return AX_E_SYNTAX;
	set_v6(out, &v6, scope, port);
	return 0;
}

static int
parse_unix(const char *path, struct addr *out, struct err *e)
{
	size_t n = strlen(path);

	if (n == 0 || n >= sizeof(out->u.un.sun_path))
		return err_set(e, AX_E_RANGE,
		    "the path of a Unix socket has 1 to %zu characters",
		    sizeof(out->u.un.sun_path) - 1);
	*out = (struct addr){ .len = sizeof(out->u.un) };
	out->u.un.sun_family = AF_UNIX;
	memcpy(out->u.un.sun_path, path, n);
	return 0;
}

int
addr_parse(const char *text, struct addr *out, struct err *e)
{
	char host[HOST_MAX + 1];
	uint16_t port;
	int r;

	if (strncmp(text, "unix:", 5) == 0)
		return parse_unix(text + 5, out, e);
	r = addr_split(text, host, &port, e);
	if (r < 0)
		return r;
	if (strcmp(host, "*") == 0) {
		set_v6(out, &in6addr_any, 0, port);
		return 0;
	}
	if (addr_parse_ip(host, port, out) < 0)
		return err_set(e, AX_E_SYNTAX, "an IP address is needed here");
	return 0;
}

static bool
is_any_v6(const struct addr *a)
{
	return IN6_IS_ADDR_UNSPECIFIED(&a->u.in6.sin6_addr);
}

void
addr_format(const struct addr *a, char out[ADDR_TEXT_MAX])
{
	char ip[INET6_ADDRSTRLEN] = "?", scope[IF_NAMESIZE + 1] = "";
	uint8_t v4[16];
	struct str s;

	str_init(&s, out, ADDR_TEXT_MAX);
	if (addr_ip(a, v4) == 4) {
		(void)inet_ntop(AF_INET, v4, ip, sizeof(ip));
		str_fmt(&s, "%s:%u", ip, addr_port(a));
		return;
	}
	switch (a->u.sa.sa_family) {
	case AF_INET6:
		(void)inet_ntop(AF_INET6, &a->u.in6.sin6_addr, ip, sizeof(ip));
		if (a->u.in6.sin6_scope_id != 0 &&
		    if_indextoname(a->u.in6.sin6_scope_id, scope + 1) != NULL)
			scope[0] = '%';
		if (is_any_v6(a))
			str_fmt(&s, "*:%u", addr_port(a));
		else
			str_fmt(&s, "[%s%s]:%u", ip, scope, addr_port(a));
		break;
	case AF_UNIX:
		/* The kernel need not terminate a path it tells us. */
		str_fmt(&s, "unix:%.*s", (int)sizeof(a->u.un.sun_path),
		    a->u.un.sun_path);
		break;
	default:
		str_add(&s, "?");
	}
}

void
addr_format_ip(const uint8_t *ip, size_t n, uint16_t port, char out[ADDR_TEXT_MAX])
{
	char text[INET6_ADDRSTRLEN];
	struct str s;

	str_init(&s, out, ADDR_TEXT_MAX);
	if (n == 0 || inet_ntop(n == 16 ? AF_INET6 : AF_INET, ip, text,
	    sizeof(text)) == NULL)
		str_add(&s, "unknown");
	else
		str_fmt(&s, n == 16 ? "[%s]:%u" : "%s:%u", text, port);
}

uint16_t
addr_port(const struct addr *a)
{
	if (a->u.sa.sa_family == AF_INET)
		return ntohs(a->u.in.sin_port);
	if (a->u.sa.sa_family == AF_INET6)
		return ntohs(a->u.in6.sin6_port);
	return 0;
}

size_t
addr_ip(const struct addr *a, uint8_t out[16])
{
	const struct in6_addr *v6 = &a->u.in6.sin6_addr;

	if (a->u.sa.sa_family == AF_INET) {
		memcpy(out, &a->u.in.sin_addr, 4);
		return 4;
	}
	if (a->u.sa.sa_family != AF_INET6)
		return 0;
	if (IN6_IS_ADDR_V4MAPPED(v6)) {
		memcpy(out, v6->s6_addr + 12, 4);
		return 4;
	}
	memcpy(out, v6->s6_addr, 16);
	return 16;
}

struct net {
	uint8_t ip[16];
	uint8_t bits;
};

static bool
in_net(const struct net *net, const uint8_t *ip)
{
	size_t whole = net->bits / 8u;
	unsigned rest = net->bits % 8u;

	if (memcmp(net->ip, ip, whole) != 0)
		return false;
	return rest == 0 || ((net->ip[whole] ^ ip[whole]) >> (8 - rest)) == 0;
}

bool
addr_is_forbidden_target(const struct addr *a)
{
	static const struct net v4[] = {
		{ { 0 }, 8 },			/* this host */
		{ { 169, 254 }, 16 },		/* link-local, metadata */
		{ { 224 }, 4 },			/* multicast */
		{ { 255, 255, 255, 255 }, 32 }, /* broadcast */
	};
	static const struct net v6[] = {
		{ { 0 }, 128 },			/* unspecified */
		{ { 0xfe, 0x80 }, 10 },		/* link-local */
		{ { 0xff }, 8 },		/* multicast */
		{ { 0xfd, 0, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54 }, 128 },
		/* Translated and tunnelled IPv4 (NAT64, 6to4) would be a way
		 * around the list above. */
		{ { 0, 0x64, 0xff, 0x9b, [12] = 169, [13] = 254 }, 112 },
		{ { 0x20, 0x02, 169, 254 }, 32 },
	};
	uint8_t ip[16];
	size_t len = addr_ip(a, ip);
	const struct net *nets = len == 4 ? v4 : v6;
	size_t n = len == 4 ? ARRAY_LEN(v4) : ARRAY_LEN(v6);

	if (len == 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (in_net(&nets[i], ip))
			return true;
	return false;
}

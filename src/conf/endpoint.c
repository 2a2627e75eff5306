/* endpoint.c — addresses of the configuration, taken apart as text.
 *
 * Thread: any. Allocates nothing.
 * Invariant: what this accepts, io/addr.h accepts; it is stricter, so that a
 * mistake is found by --check and not by the first connection.               */
#include "conf/endpoint.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/str.h"

static const uint8_t v4_prefix[12] = { [10] = 0xff, [11] = 0xff };

/* Decimal, no sign, no leading zero, 1..65535. */
static bool
read_port(const char *text, unsigned *port)
{
	unsigned v = 0;

	if (*text == '\0' || (*text == '0' && text[1] != '\0'))
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		v = v * 10 + (unsigned)(*text - '0');
		if (v > 65535)
			return false;
	}
	*port = v;
	return true;
}

/* The host part and where the port begins; NULL if there is no port. */
static const char *
split(const char *text, const char **host, size_t *n)
{
	const char *end;

	*host = text + (text[0] == '[');
	end = text[0] == '[' ? strchr(text, ']') : strchr(text, ':');
	if (end == NULL)
		return NULL;
	*n = (size_t)(end - *host);
	end += text[0] == '[';
	return *end == ':' ? end + 1 : NULL;
}

static bool
is_host_name(const char *host)
{
	const char *label = host;

	if (*host == '\0' || strlen(host) > 253)
		return false;
	for (; *host != '\0'; host++) {
		bool dot = *host == '.';

		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"0123456789-.", *host) == NULL)
			return false;
		if (dot && (host == label || host[-1] == '-' || host - label > 63))
			return false;
		if (host == label && *host == '-')
			return false;
		if (dot)
			label = host + 1;
	}
	/* A name whose last label is a number is a misspelt IPv4 address. */
	return host[-1] != '-' && strspn(label, "0123456789") != strlen(label);
}

static bool
read_host(bool bracket, struct endpoint *p)
{
	if (!bracket && strcmp(p->host, "*") == 0) {
		p->is_ip = p->is_any = true;
		return true;
	}
	if (bracket) {
		p->is_ip = inet_pton(AF_INET6, p->host, p->ip) == 1;
	} else if (inet_pton(AF_INET, p->host, p->ip + 12) == 1) {
		memcpy(p->ip, v4_prefix, sizeof(v4_prefix));
		p->is_ip = true;
	}
	p->is_any = strcmp(p->host, "0.0.0.0") == 0 ||
	    (p->is_ip && memcmp(p->ip, (uint8_t[16]){ 0 }, 16) == 0);
	return p->is_ip || (!bracket && is_host_name(p->host));
}

int
endpoint_read(const char *text, struct endpoint *out, struct err *e)
{
	struct endpoint p = { .port = 0 };
	const char *host, *port;
	size_t n = 0;

	port = split(text, &host, &n);
	if (port == NULL && text[0] != '[' && strspn(text, "0123456789") == strlen(text))
		return err_set(e, AX_E_CONFIG, "this is only a port; "
		    "put the host before it, for example 127.0.0.1:%.5s", text);
	if (port == NULL)
		return err_set(e, AX_E_CONFIG, "there is no port; "
		    "write host:port, for example %.60s:8443", text);
	if (text[0] != '[' && strchr(port, ':') != NULL)
		return err_set(e, AX_E_CONFIG, "an IPv6 address needs brackets; "
		    "write [::1]:8443");
	if (!read_port(port, &p.port))
		return err_set(e, AX_E_CONFIG, "the port is not usable; "
		    "write a number from 1 to 65535");
	if (n == 0 || n >= sizeof(p.host))
		return err_set(e, AX_E_CONFIG, "there is no host; "
		    "write host:port, for example 0.0.0.0:%u", p.port);
	memcpy(p.host, host, n);
	if (!read_host(text[0] == '[', &p))
		return err_set(e, AX_E_CONFIG, "the host is neither an IP address "
		    "nor a name; write 192.0.2.1:%u or [2001:db8::1]:%u", p.port, p.port);
	*out = p;
	return 0;
}

bool
endpoint_is_v4(const struct endpoint *p)
{
	return p->is_ip && memcmp(p->ip, v4_prefix, sizeof(v4_prefix)) == 0;
}

bool
endpoint_is_loopback(const struct endpoint *p)
{
	static const uint8_t v6[16] = { [15] = 1 };

	if (endpoint_is_v4(p))
		return p->ip[12] == 127;
	return p->is_ip && memcmp(p->ip, v6, sizeof(v6)) == 0;
}

bool
endpoint_overlaps(const struct endpoint *a, const struct endpoint *b)
{
	if (a->port != b->port || a->port == 0)
		return false;
	if (memcmp(a->ip, b->ip, sizeof(a->ip)) == 0)
		return true;
	/* IPv6's "any" takes IPv4 as well, unless the system says otherwise. */
	if ((a->is_any && !endpoint_is_v4(a)) || (b->is_any && !endpoint_is_v4(b)))
		return true;
	return (a->is_any || b->is_any) && endpoint_is_v4(a) == endpoint_is_v4(b);
}

static bool
v4_is_forbidden(const uint8_t ip[4])
{
	if (ip[0] == 169 && ip[1] == 254)
		return true;
	return ip[0] == 0 || ip[0] >= 224; /* "this" network; multicast and up */
}

bool
endpoint_is_forbidden(const struct endpoint *p)
{
	/* Where clouds hand out the credentials of the machine over IPv6. */
	static const uint8_t metadata[16] = { 0xfd, 0x00, 0x0e, 0xc2,
		[14] = 0x02, [15] = 0x54 };
	static const uint8_t zero[16];

	if (!p->is_ip)
		return false;
	/* ::a.b.c.d is an old spelling of a.b.c.d; ::1 is not meant. */
	if (endpoint_is_v4(p) || (memcmp(p->ip, zero, 12) == 0 && p->ip[12] != 0))
		return v4_is_forbidden(p->ip + 12);
	if (p->ip[0] == 0xff || (p->ip[0] == 0xfe && (p->ip[1] & 0xc0) == 0x80))
		return true;
	return memcmp(p->ip, metadata, sizeof(metadata)) == 0 ||
	    memcmp(p->ip, zero, sizeof(zero)) == 0;
}

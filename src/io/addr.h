/* addr.h — socket addresses: IPv4, IPv6, Unix. */
#ifndef ATLAX_IO_ADDR_H
#define ATLAX_IO_ADDR_H

#include <sys/socket.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "base/err.h"
#include "base/str.h"

struct addr {
	socklen_t len;
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	} u;
};

#define ADDR_TEXT_MAX 160 /* room for any address as text */

/* Splits "host:port", "[v6]:port" or "*:port" without resolving. host gets at
 * most 255 bytes. Thread: any. Fails: AX_E_SYNTAX with a sentence.           */
AX_CHECKED int addr_split(const char *text, char host[256], uint16_t *port, struct err *e);
/* "1.2.3.4:80", "[::1]:80", "*:80" (v6 any, dual stack), "unix:/path".
 * Literals only. Thread: any. Fails: AX_E_SYNTAX, AX_E_RANGE.                */
AX_CHECKED int addr_parse(const char *text, struct addr *out, struct err *e);
/* A literal without a port. Fails: AX_E_SYNTAX (then it is a name). */
AX_CHECKED int addr_parse_ip(const char *host, uint16_t port, struct addr *out);
/* As addr_parse reads it; v4-mapped v6 as v4. */
void addr_format(const struct addr *a, char out[ADDR_TEXT_MAX]);
/* The same of IP bytes (n: 4 or 16) and a port; "unknown" of none. */
void addr_format_ip(const uint8_t *ip, size_t n, uint16_t port, char out[ADDR_TEXT_MAX]);
uint16_t addr_port(const struct addr *a);
/* The IP bytes, v4-mapped v6 as v4: returns 0, 4 or 16. */
size_t addr_ip(const struct addr *a, uint8_t out[16]);
/* Link-local, metadata services (169.254.0.0/16, fe80::/10, fd00:ec2::254),
 * multicast, broadcast, unspecified: never a target of an agent.             */
bool addr_is_forbidden_target(const struct addr *a);

#endif

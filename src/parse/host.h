/* host.h — the name by which a relay is dialled: a DNS name or an IP literal,
 * and whether a certificate's name covers it. RFC 6125, RFC 4291. Pure.
 * Thread: any.                                                               */
#ifndef ATLAX_PARSE_HOST_H
#define ATLAX_PARSE_HOST_H

#include "base/slice.h"

/* Bytes of the address (4 or 16) when host is an IP literal without brackets
 * and without a zone; 0 when it is not.                                      */
size_t host_ip(const char *host, uint8_t out[16]);
/* A DNS name of letters, digits and inner hyphens, at most 253 bytes; one dot at
 * the end is allowed. Not an IP literal.                                     */
bool host_is_dns(const char *host);
/* Does this dNSName of a certificate cover host? Letters match in either case; a
 * leading "*." stands for exactly one label, and at least two must follow it. */
bool host_matches(struct slice pattern, const char *host);

#endif

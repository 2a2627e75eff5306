/* endpoint.h — addresses as the configuration writes them: "host:port",
 * "[v6]:port", "*:port". Only text is looked at: no lookup, no socket.       */
#ifndef ATLAX_CONF_ENDPOINT_H
#define ATLAX_CONF_ENDPOINT_H

#include "base/err.h"

struct endpoint {
	char host[256];	/* without brackets */
	unsigned port;	/* 0: any that is free, where one listens */
	bool is_ip;	/* a literal, or "*" */
	bool is_any;	/* 0.0.0.0, :: or "*" */
	uint8_t ip[16];	/* IPv4 as ::ffff:a.b.c.d */
};

/* Thread: any. Fails: AX_E_CONFIG with what to write instead. */
AX_CHECKED int endpoint_read(const char *text, struct endpoint *out, struct err *e);
bool endpoint_is_v4(const struct endpoint *p);
bool endpoint_is_loopback(const struct endpoint *p); /* 127.0.0.0/8, ::1 */
/* No socket can listen on both. */
bool endpoint_overlaps(const struct endpoint *a, const struct endpoint *b);
/* What an agent must never dial, whoever asks: link-local addresses (metadata
 * services of clouds live there), multicast, broadcast, unspecified.         */
bool endpoint_is_forbidden(const struct endpoint *p);

#endif

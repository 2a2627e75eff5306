/* resolve.h — name lookup that never blocks (c-ares on the loop). Thread: the
 * loop's own. The only file that sees c-ares.                                */
#ifndef ATLAX_IO_RESOLVE_H
#define ATLAX_IO_RESOLVE_H

#include "io/addr.h"
#include "io/loop.h"

struct resolver;

#define RESOLVE_ADDRS_MAX 16

struct resolve_query {
	/* n > 0 addresses (IPv6 and IPv4 interleaved, port filled in), or n = 0
	 * and a sentence in e. Called once, never from within resolve_start.  */
	void (*done)(struct resolve_query *q, const struct addr *a, size_t n,
	    const struct err *e);
	void *internal;
};

/* Fails: AX_E_NOMEM, AX_E_SYS. */
AX_CHECKED int resolver_new(struct loop *l, struct resolver **out, struct err *e);
void resolver_free(struct resolver **r); /* cancels: no done is called */
/* Asks this DNS server instead of those of the system. */
void resolver_ask(struct resolver *r, const struct addr *server);
/* A literal answers too, without a lookup. Fails: AX_E_NOMEM. */
AX_CHECKED int resolve_start(struct resolver *r, struct resolve_query *q,
    const char *host, uint16_t port, uint32_t timeout_ms);
void resolve_cancel(struct resolve_query *q); /* harmless when done */

#endif

/* per_source.h — what one source may do at a port: connections at once and in a
 * second, and a ban for who is refused time and again. A source is an IPv4 address,
 * or an IPv6 network of 64 bits, because that is what one customer gets.
 *
 * The table has a fixed size. Who is new takes the place of who has no connection
 * and was not seen for longest, of the banned ones last; where there is no such
 * place, he comes in and is not counted: his tenant's limits still hold.
 *
 * Thread: any. A lock is held while eight entries are looked at, and only at ports
 * that have a limit per source.                                              */
#ifndef ATLAX_RELAY_PER_SOURCE_H
#define ATLAX_RELAY_PER_SOURCE_H

#include "conf/conf.h"
#include "relay/msg.h"

struct per_source;

#define PER_SOURCE_PLACES 65536u /* sources, of all ports together */
#define PER_SOURCE_COST (PER_SOURCE_PLACES * 64u) /* bytes, once they were used */

/* Who, and where. The agents' port is tenant PER_SOURCE_AGENTS, service 0. */
#define PER_SOURCE_AGENTS UINT32_MAX
#define PER_SOURCE_OPERATORS (UINT32_MAX - 1) /* theirs, the same way */
struct source {
	struct service_ref at;
	uint8_t net[8];
	uint8_t len; /* of the address: 4 or 16; 0: it has none, and no limit */
};

void source_of(struct service_ref at, const uint8_t *ip, size_t len, struct source *out);

enum per_source_verdict {
	PER_SOURCE_OK,
	PER_SOURCE_CONNECTIONS,
	PER_SOURCE_RATE,
	PER_SOURCE_BANNED,
};

struct per_source_answer {
	enum per_source_verdict verdict;
	bool counted; /* OK: one per_source_leave is owed */
	bool banned;  /* from this refusal on */
	bool said;    /* there was a refusal of him in this second already */
};

/* Fails: AX_E_NOMEM. Thread: boot. */
AX_CHECKED int per_source_new(struct per_source **out);
void per_source_free(struct per_source **p); /* accepts NULL */

/* Is there anything to be asked about? */
static inline bool
per_source_is_set(const struct conf_per_source *c)
{
	return (c->connections | c->connections_per_second | c->ban.after) != 0;
}

/* A connection has come. */
struct per_source_answer per_source_enter(struct per_source *p,
    const struct source *who, const struct conf_per_source *c, uint64_t now_ns);
/* One that another process let in: counted, whatever the limits are. Returns
 * whether it was. */
bool per_source_again(struct per_source *p, const struct source *who, uint64_t now_ns);
void per_source_leave(struct per_source *p, const struct source *who);
/* He came in, and then failed to prove who he is: a refusal, too. */
struct per_source_answer per_source_blame(struct per_source *p,
    const struct source *who, const struct conf_per_source *c, uint64_t now_ns);
const char *per_source_text(enum per_source_verdict v);

#endif

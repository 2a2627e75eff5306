/* admit.h — what may come in: limits of a tenant and of the whole relay, on
 * connections at once, connections per second and memory. Thread: any worker;
 * the counters are atomics (tenants.h).                                      */
#ifndef ATLAX_RELAY_ADMIT_H
#define ATLAX_RELAY_ADMIT_H

#include "base/alloc.h"
#include "relay/tenants.h"

enum admit_verdict {
	ADMIT_OK,
	ADMIT_TENANT_RATE,
	ADMIT_TENANT_STREAMS,
	ADMIT_RELAY_RATE,
	ADMIT_RELAY_STREAMS,
	ADMIT_TENANT_QUOTA,
};

/* Takes a place for a visitor of the tenant, or says which limit he would pass. After
 * ADMIT_OK one admit_leave is owed.                                          */
enum admit_verdict admit_visitor(
    struct tenants *t, uint32_t tenant, const struct conf_relay *c, uint64_t now_ns);
/* One who was admitted by another process: counted, whatever the limits are. */
void admit_again(struct tenants *t, uint32_t tenant);
void admit_leave(struct tenants *t, uint32_t tenant);
const char *admit_text(enum admit_verdict v);

/* What a session has for sure, and what of it its allocator may give out when
 * nothing else is left, so that a session that is up can go on talking: a
 * large and a small segment of its ring. The rest is for the tunnel itself, its
 * link and TLS state, a torn record and what the socket has refused.         */
#define SESSION_COST (152u << 10)
#define SESSION_SPARE (80u << 10)
/* No tenant has more than so many times what is left for all others. */
#define TENANT_SHARE 4
/* A buffer may be twice as large as what it holds for a visitor (base/buf.h). */
#define BUFFER_COST 2

/* One session's memory: an allocator that keeps to what the tenant and the relay
 * may hold together (conf's limits.memory). Thread: the session's.           */
struct session_memory {
	struct alloc base; /* pass &x.base */
	struct usage *tenant, *total;
	uint64_t spare; /* left of SESSION_SPARE */
	bool thaws; /* takes what it had in another process, whatever the limits are */
};

/* Fails: AX_E_LIMIT: there is no SESSION_COST left. Units: bytes. */
AX_CHECKED int session_memory_init(
    struct session_memory *m, struct tenants *t, uint32_t tenant);
/* The same for a session that comes from another process: it fits, because it did
 * there; until all of it is here. */
void session_memory_thaw(struct session_memory *m, struct tenants *t, uint32_t tenant);
void session_memory_thawed(struct session_memory *m);
/* Its tenant, or all of them, have used seven eighths of what they may. */
bool session_memory_is_short(const struct session_memory *m);
/* Everything was put back before. */
void session_memory_fini(struct session_memory *m);

#endif

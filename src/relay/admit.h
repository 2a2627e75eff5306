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
};

/* Counts a new visitor of the tenant, or says which limit it would pass. After
 * ADMIT_OK one admit_leave is owed.                                          */
enum admit_verdict admit_visitor(
    struct tenants *t, uint32_t tenant, const struct conf_relay *c, uint64_t now_ns);
void admit_leave(struct tenants *t, uint32_t tenant);
const char *admit_text(enum admit_verdict v);

/* One session's memory: an allocator that keeps to what the tenant and the relay
 * may hold together. Thread: the session's.                                  */
struct session_memory {
	struct alloc base; /* pass &x.base */
	struct usage *tenant, *total;
	uint64_t tenant_max, total_max;
	uint64_t credit; /* reserved for what the session may receive */
};

/* Reserves receive credit: wanted bytes, or less when memory is short, but never
 * less than a floor. Fails: AX_E_LIMIT: not even that is left. Units: bytes.  */
AX_CHECKED int session_memory_init(struct session_memory *m, struct tenants *t,
    uint32_t tenant, const struct conf_relay *c, uint64_t wanted);
void session_memory_fini(struct session_memory *m);
/* A stream's initial window: false when there is no memory for it. */
bool session_memory_take(struct session_memory *m, uint64_t n);
void session_memory_give(struct session_memory *m, uint64_t n);

#endif

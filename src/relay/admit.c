/* admit.c — limits.
 * Thread: any worker.
 * Invariant: a counter is raised before its limit is looked at and lowered again
 * on refusal, so that two threads cannot both take the last place.           */
#include "relay/admit.h"

#include <stdlib.h>

#include "base/assert.h"

/* A session works, slowly, with this little: four small windows. */
#define CREDIT_FLOOR (64u << 10)
/* One session takes at most this share of the credit that is still free, so
 * that many agents come in before memory is short. */
#define CREDIT_SHARE 16

/* Counts connections within the current second. Two threads that meet at the
 * turn of a second may let a few more through: it is a rate, not an account. */
static bool
within_rate(struct usage *u, uint32_t limit, uint32_t second)
{
	if (limit == 0)
		return true;
	if (atomic_load_explicit(&u->rate_second, memory_order_relaxed) != second) {
		atomic_store_explicit(&u->rate_second, second, memory_order_relaxed);
		atomic_store_explicit(&u->rate_count, 0, memory_order_relaxed);
	}
	return atomic_fetch_add_explicit(&u->rate_count, 1,
	    memory_order_relaxed) < limit;
}

static bool
take_place(struct usage *u, uint32_t limit)
{
	if (atomic_fetch_add_explicit(&u->streams, 1, memory_order_relaxed) < limit)
		return true;
	atomic_fetch_sub_explicit(&u->streams, 1, memory_order_relaxed);
	return false;
}

static enum admit_verdict
judge(struct usage *tenant, const struct conf_limits *tl, struct usage *total,
    const struct conf_limits *rl, uint32_t second)
{
	if (!within_rate(tenant, tl->connections_per_second, second))
		return ADMIT_TENANT_RATE;
	if (!within_rate(total, rl->connections_per_second, second))
		return ADMIT_RELAY_RATE;
	if (!take_place(tenant, tl->streams))
		return ADMIT_TENANT_STREAMS;
	if (!take_place(total, rl->streams)) {
		atomic_fetch_sub_explicit(
		    &tenant->streams, 1, memory_order_relaxed);
		return ADMIT_RELAY_STREAMS;
	}
	return ADMIT_OK;
}

enum admit_verdict
admit_visitor(struct tenants *t, uint32_t tenant, const struct conf_relay *c,
    uint64_t now_ns)
{
	struct usage *u = tenants_usage(t, tenant);
	enum admit_verdict v = judge(u, &tenants_conf(t, tenant)->limits,
	    tenants_total(t), &c->limits, (uint32_t)(now_ns / AX_NS_PER_S));

	if (v != ADMIT_OK)
		atomic_fetch_add_explicit(
		    v == ADMIT_TENANT_RATE || v == ADMIT_RELAY_RATE ?
		    &u->over_rate : &u->over_streams, 1, memory_order_relaxed);
	return v;
}

void
admit_leave(struct tenants *t, uint32_t tenant)
{
	atomic_fetch_sub_explicit(
	    &tenants_usage(t, tenant)->streams, 1, memory_order_relaxed);
	atomic_fetch_sub_explicit(
	    &tenants_total(t)->streams, 1, memory_order_relaxed);
}

const char *
admit_text(enum admit_verdict v)
{
	static const char *const texts[] = {
		[ADMIT_OK] = "admitted",
		[ADMIT_TENANT_RATE] = "the tenant's connections_per_second",
		[ADMIT_TENANT_STREAMS] = "the tenant's streams",
		[ADMIT_RELAY_RATE] = "the relay's connections_per_second",
		[ADMIT_RELAY_STREAMS] = "the relay's streams",
	};

	return texts[v];
}

static bool
charge(struct usage *u, uint64_t n, uint64_t max)
{
	if (atomic_fetch_add_explicit(&u->memory, n, memory_order_relaxed) + n <= max)
		return true;
	atomic_fetch_sub_explicit(&u->memory, n, memory_order_relaxed);
	return false;
}

bool
session_memory_take(struct session_memory *m, uint64_t n)
{
	if (!charge(m->tenant, n, m->tenant_max))
		return false;
	if (charge(m->total, n, m->total_max))
		return true;
	atomic_fetch_sub_explicit(&m->tenant->memory, n, memory_order_relaxed);
	return false;
}

void
session_memory_give(struct session_memory *m, uint64_t n)
{
	atomic_fetch_sub_explicit(&m->tenant->memory, n, memory_order_relaxed);
	atomic_fetch_sub_explicit(&m->total->memory, n, memory_order_relaxed);
}

static void *
memory_get(struct alloc *a, size_t n)
{
	struct session_memory *m = container_of(a, struct session_memory, base);
	void *p;

	if (!session_memory_take(m, n))
		return NULL;
	p = malloc(n);
	if (p == NULL)
		session_memory_give(m, n);
	return p;
}

static void
memory_put(struct alloc *a, void *p, size_t n)
{
	free(p);
	session_memory_give(container_of(a, struct session_memory, base), n);
}

static uint64_t
free_of(struct usage *u, uint64_t max)
{
	uint64_t used = atomic_load_explicit(&u->memory, memory_order_relaxed);

	return used < max ? max - used : 0;
}

int
session_memory_init(struct session_memory *m, struct tenants *t,
    uint32_t tenant, const struct conf_relay *c, uint64_t wanted)
{
	uint64_t left;

	*m = (struct session_memory){
		.base = { .get = memory_get, .put = memory_put },
		.tenant = tenants_usage(t, tenant),
		.total = tenants_total(t),
		.tenant_max = tenants_conf(t, tenant)->limits.memory,
		.total_max = c->limits.memory,
	};
	left = MIN(free_of(m->tenant, m->tenant_max), free_of(m->total, m->total_max));
	m->credit = MAX(MIN(wanted, left / CREDIT_SHARE), CREDIT_FLOOR);
	if (session_memory_take(m, m->credit))
		return 0;
	m->credit = 0;
	return AX_E_LIMIT;
}

void
session_memory_fini(struct session_memory *m)
{
	if (m->credit > 0)
		session_memory_give(m, m->credit);
	m->credit = 0;
}

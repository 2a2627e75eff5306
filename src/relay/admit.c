/* admit.c — limits.
 * Thread: any worker.
 * Invariant: a counter is raised before its limit is looked at and lowered again
 * on refusal, so that two threads cannot both take the last place.           */
#include "relay/admit.h"

#include <stdlib.h>

#include "base/assert.h"

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
	if (atomic_load_explicit(&tenant->spent, memory_order_relaxed))
		return ADMIT_TENANT_QUOTA;
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
	return judge(tenants_usage(t, tenant), &tenants_conf(t, tenant)->limits,
	    tenants_total(t), &c->limits, (uint32_t)(now_ns / AX_NS_PER_S));
}

void
admit_again(struct tenants *t, uint32_t tenant)
{
	atomic_fetch_add_explicit(
	    &tenants_usage(t, tenant)->streams, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(
	    &tenants_total(t)->streams, 1, memory_order_relaxed);
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
		[ADMIT_TENANT_QUOTA] = "the tenant's quota",
	};

	return texts[v];
}

/* --- memory ---------------------------------------------------------------- */

static void
give(struct session_memory *m, uint64_t n)
{
	atomic_fetch_sub_explicit(&m->tenant->memory, n, memory_order_relaxed);
	atomic_fetch_sub_explicit(&m->total->memory, n, memory_order_relaxed);
}

static uint64_t
most(const struct usage *u)
{
	return atomic_load_explicit(&u->memory_max, memory_order_relaxed);
}

/* What a tenant may have now that has so much: its own limit, what is free, and
 * its part of that, so that many hogs together leave something for newcomers. */
static uint64_t
left_for(const struct session_memory *m, uint64_t tenant, uint64_t total)
{
	uint64_t all = most(m->total), free = total < all ? all - total : 0;
	uint64_t own = MIN(most(m->tenant), TENANT_SHARE * free);

	return tenant < own ? MIN(free, own - tenant) : 0;
}

static uint64_t
left(const struct session_memory *m)
{
	return left_for(m,
	    atomic_load_explicit(&m->tenant->memory, memory_order_relaxed),
	    atomic_load_explicit(&m->total->memory, memory_order_relaxed));
}

static bool
take(struct session_memory *m, uint64_t n)
{
	uint64_t tenant = atomic_fetch_add_explicit(
	    &m->tenant->memory, n, memory_order_relaxed);
	uint64_t total = atomic_fetch_add_explicit(
	    &m->total->memory, n, memory_order_relaxed);

	if (m->thaws || n <= left_for(m, tenant, total))
		return true;
	give(m, n);
	return false;
}

static void *
memory_get(struct alloc *a, size_t n)
{
	struct session_memory *m = container_of(a, struct session_memory, base);
	uint64_t spare = 0;
	void *p;

	/* What has been spare there is so here, or the sum would be larger. */
	if ((m->thaws && n <= m->spare) || !take(m, n)) {
		if (n > m->spare)
			return NULL;
		spare = n;
	}
	p = malloc(n);
	if (p != NULL)
		m->spare -= spare;
	else if (spare == 0)
		give(m, n);
	return p;
}

static void
memory_put(struct alloc *a, void *p, size_t n)
{
	struct session_memory *m = container_of(a, struct session_memory, base);
	uint64_t back = MIN(n, SESSION_SPARE - m->spare);

	free(p);
	m->spare += back;
	give(m, n - back);
}

static bool
memory_reserve(struct alloc *a, size_t n)
{
	return take(container_of(a, struct session_memory, base), BUFFER_COST * n);
}

static void
memory_unreserve(struct alloc *a, size_t n)
{
	give(container_of(a, struct session_memory, base), BUFFER_COST * n);
}

static size_t
memory_left(struct alloc *a)
{
	return left(container_of(a, struct session_memory, base)) / BUFFER_COST;
}

static void
memory_begin(struct session_memory *m, struct tenants *t, uint32_t tenant)
{
	*m = (struct session_memory){
		.base = { memory_get, memory_put, memory_reserve,
		    memory_unreserve, memory_left },
		.tenant = tenants_usage(t, tenant),
		.total = tenants_total(t),
	};
}

void
session_memory_thaw(struct session_memory *m, struct tenants *t, uint32_t tenant)
{
	memory_begin(m, t, tenant);
	m->thaws = true;
	(void)take(m, SESSION_COST);
	m->spare = SESSION_SPARE;
}

void
session_memory_thawed(struct session_memory *m)
{
	m->thaws = false;
}

int
session_memory_init(
    struct session_memory *m, struct tenants *t, uint32_t tenant)
{
	memory_begin(m, t, tenant);
	if (!take(m, SESSION_COST))
		return AX_E_LIMIT;
	m->spare = SESSION_SPARE;
	return 0;
}

bool
session_memory_is_short(const struct session_memory *m)
{
	return atomic_load_explicit(&m->tenant->memory, memory_order_relaxed) >
	    most(m->tenant) / 8 * 7 ||
	    atomic_load_explicit(&m->total->memory, memory_order_relaxed) >
	    most(m->total) / 8 * 7;
}

void
session_memory_fini(struct session_memory *m)
{
	ax_assert(m->spare == SESSION_SPARE);
	give(m, SESSION_COST);
}

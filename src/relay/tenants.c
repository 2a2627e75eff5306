/* tenants.c — the table behind tenants.h.
 * Thread: control writes; workers read under RCU (rcu.h).
 * Invariant: a published set and its entries never change, but for atomics;
 * what is unpublished hangs on the dead list until tenants_reclaim has waited for
 * every reader. Names are sorted once, at boot.                              */
#include "relay/tenants.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/str.h"
#include "io/machine.h"
#include "relay/rcu.h"

struct agent_set {
	struct agent_set *dead_next;
	size_t n;
	struct agent_entry *agents[]; /* by agent, oldest first; of each its
				       * tunnels */
};

struct tenant {
	const struct conf_tenant *conf;
	struct agent_set *agents; /* RCU; never NULL */
	uint32_t n_agents; /* control's */
	atomic_uint_least64_t *accepted; /* per service */
	struct usage usage;
};

struct tenants {
	uint32_t n;
	uint32_t *by_name; /* indexes, sorted by name */
	struct tenant *all;
	struct agent_set *dead_sets;
	struct agent_entry *dead_entries;
	struct usage total;
	uint32_t n_agents; /* control's */
	uint64_t memory;
	struct agent_set empty; /* shared by tenants without agents */
};

int
tenants_new(const struct conf_relay *conf, struct tenants **out)
{
	struct tenants *t = aligned_alloc(64, sizeof(*t));

	if (t == NULL)
		return AX_E_NOMEM;
	memset(t, 0, sizeof(*t));
	t->n = (uint32_t)conf->n_tenants;
	t->memory = tenants_memory_of(conf);
	t->by_name = calloc(t->n + 1, sizeof(*t->by_name));
	t->all = aligned_alloc(64, (t->n + 1) * sizeof(*t->all));
	if (t->by_name == NULL || t->all == NULL)
		goto fail;
	memset(t->all, 0, (t->n + 1) * sizeof(*t->all));
	for (uint32_t i = 0; i < t->n; i++) {
		uint32_t at = i;

		t->all[i].conf = &conf->tenants[i];
		t->all[i].agents = &t->empty;
		t->all[i].accepted = calloc(conf->tenants[i].n_services + 1,
		    sizeof(*t->all[i].accepted));
		if (t->all[i].accepted == NULL)
			goto fail;
		/* Insertion keeps it sorted; configurations are written by
		 * hand or in order, so this is not quadratic in practice. */
		for (; at > 0 && strcmp(conf->tenants[i].name,
		    conf->tenants[t->by_name[at - 1]].name) < 0; at--)
			t->by_name[at] = t->by_name[at - 1];
		t->by_name[at] = i;
	}
	*out = t;
	return 0;
fail:
	tenants_free(&t);
	return AX_E_NOMEM;
}

static void
entry_free(struct agent_entry *e)
{
	if (e->owns_load)
		free(e->load);
	free(e);
}

void
tenants_free(struct tenants **tp)
{
	struct tenants *t = *tp;

	if (t == NULL)
		return;
	for (uint32_t i = 0; t->all != NULL && i < t->n; i++) {
		struct agent_set *set = t->all[i].agents;

		for (size_t k = 0; set != NULL && k < set->n; k++)
			entry_free(set->agents[k]);
		if (set != &t->empty)
			free(set);
		free(t->all[i].accepted);
	}
	tenants_reclaim(t);
	free(t->by_name);
	free(t->all);
	free(t);
	*tp = NULL;
}

int
tenants_index(const struct tenants *t, const char *name)
{
	uint32_t lo = 0, hi = t->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		int c = strcmp(name, t->all[t->by_name[mid]].conf->name);

		if (c == 0)
			return (int)t->by_name[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return -1;
}

uint32_t
tenants_count(const struct tenants *t)
{
	return t->n;
}

const struct conf_tenant *
tenants_conf(const struct tenants *t, uint32_t tenant)
{
	ax_assert(tenant < t->n);
	return t->all[tenant].conf;
}

int
tenants_service(const struct tenants *t, uint32_t tenant, struct slice name)
{
	const struct conf_tenant *c = tenants_conf(t, tenant);

	for (size_t i = 0; i < c->n_services; i++) {
		if (slice_eq(name, slice_str(c->services[i].name)))
			return (int)i;
	}
	return -1;
}

struct usage *
tenants_usage(struct tenants *t, uint32_t tenant)
{
	ax_assert(tenant < t->n);
	return &t->all[tenant].usage;
}

atomic_uint_least64_t *
tenants_accepted(struct tenants *t, struct service_ref at)
{
	ax_assert(at.tenant < t->n &&
	    at.service < t->all[at.tenant].conf->n_services);
	return &t->all[at.tenant].accepted[at.service];
}

struct usage *
tenants_total(struct tenants *t)
{
	return &t->total;
}

uint64_t
tenants_memory_of(const struct conf_relay *c)
{
	return c->limits.memory != 0 ? c->limits.memory : machine_memory() / 2;
}

uint64_t
tenants_memory(const struct tenants *t)
{
	return t->memory;
}

static bool
eligible(const struct agent_entry *e, unsigned service, bool healthy)
{
	return !atomic_load_explicit(&e->gone, memory_order_relaxed) &&
	    !atomic_load_explicit(&e->away, memory_order_relaxed) &&
	    service_set_has(&e->offers, service) &&
	    (!healthy || service_set_has(&e->healthy, service));
}

bool
lane_is_sister(const struct lane *a, const struct lane *b)
{
	return memcmp(a->instance, b->instance, sizeof(a->instance)) == 0 &&
	    strcmp(a->agent, b->agent) == 0;
}

/* Who looks for what. */
struct want {
	unsigned service;
	bool healthy;
	struct visitor_place from;
};

/* One agent, as somebody who wants something sees it. */
struct offer {
	const struct agent_entry *least, *here; /* of its lanes, or NULL */
	unsigned least_load, here_load, load;	/* load: of all */
};

static void
add_lane(struct offer *o, const struct want *want, const struct agent_entry *e)
{
	unsigned load;

	if (!eligible(e, want->service, want->healthy))
		return;
	load = atomic_load_explicit(e->load, memory_order_relaxed);
	o->load += load;
	if (o->least == NULL || load < o->least_load) {
		o->least = e;
		o->least_load = load;
	}
	if (e->ref.worker == want->from.worker) {
		o->here = e;
		o->here_load = load;
	}
}

/* The agent whose last lane is before *i, which is moved to its first. */
static struct offer
ask_agent(const struct agent_set *set, size_t *i, const struct want *want)
{
	struct offer o = { .least = NULL };
	const struct agent_entry *last = set->agents[*i - 1], *e = last;

	RCU_ACQUIRE(last);
	do {
		add_lane(&o, want, e);
		if (--*i == 0)
			break;
		e = set->agents[*i - 1];
		RCU_ACQUIRE(e);
	} while (lane_is_sister(&e->lane, &last->lane));
	return o;
}

/* A port that several workers poll wakes one of them for a whole burst: without
 * the limit the other lanes would have nothing to do. */
static const struct agent_entry *
choose_lane(const struct offer *o, const struct want *want)
{
	if (o->here != NULL && (want->from.sent ||
	    o->here_load <= o->least_load + o->least_load / 2 + 1))
		return o->here;
	return o->least;
}

static const struct agent_entry *
choose(const struct agent_set *set, const struct want *want, int policy)
{
	struct offer best = { .least = NULL };

	for (size_t i = set->n; i > 0;) {
		struct offer o = ask_agent(set, &i, want);

		if (o.least == NULL)
			continue;
		if (best.least == NULL || o.load < best.load)
			best = o;
		if (policy == CONF_POLICY_NEWEST)
			break;
	}
	return choose_lane(&best, want);
}

bool
tenants_pick(const struct tenants *t, struct service_ref at,
    struct visitor_place from, struct tunnel_ref *out)
{
	const struct tenant *tenant = &t->all[at.tenant];
	struct want want = { at.service, true, from };
	const struct agent_set *set;
	const struct agent_entry *e;

	ax_assert(at.tenant < t->n && at.service < RELAY_SERVICES_MAX);
	set = rcu_read(tenant->agents);
	e = choose(set, &want, tenant->conf->policy);
	if (e == NULL) {
		want.healthy = false;
		e = choose(set, &want, tenant->conf->policy);
	}
	if (e == NULL)
		return false;
	*out = e->ref;
	return true;
}

/* --- control ------------------------------------------------------------- */

static bool
same_tunnel(struct tunnel_ref a, struct tunnel_ref b)
{
	return a.worker == b.worker && a.slot == b.slot && a.gen == b.gen;
}

static struct agent_entry *
find(const struct agent_set *set, struct tunnel_ref ref)
{
	for (size_t i = 0; i < set->n; i++) {
		if (same_tunnel(set->agents[i]->ref, ref))
			return set->agents[i];
	}
	return NULL;
}

static void
bury(struct tenants *t, struct agent_entry *e)
{
	e->dead_next = t->dead_entries;
	t->dead_entries = e;
}

/* Behind the last of its sisters, or at the end. */
static void
insert(struct agent_set *set, struct agent_entry *e)
{
	size_t at = set->n;

	while (at > 0 && !lane_is_sister(&set->agents[at - 1]->lane, &e->lane))
		at--;
	if (at == 0)
		at = set->n;
	memmove(&set->agents[at + 1], &set->agents[at],
	    (set->n++ - at) * sizeof(set->agents[0]));
	set->agents[at] = e;
}

/* Publishes a set of the live agents of the old one, with swap_out left out or
 * replaced by swap_in in its place, or with swap_in inserted. */
static int
publish(struct tenants *t, struct tenant *tenant, struct agent_entry *swap_out,
    struct agent_entry *swap_in)
{
	struct agent_set *old = tenant->agents, *new;
	bool placed = swap_in == NULL;

	new = calloc(1, sizeof(*new) + (old->n + 1) * sizeof(new->agents[0]));
	if (new == NULL)
		return AX_E_NOMEM;
	for (size_t i = 0; i < old->n; i++) {
		struct agent_entry *e = old->agents[i];

		if (e == swap_out && swap_in != NULL) {
			new->agents[new->n++] = swap_in;
			placed = true;
		} else if (e != swap_out && !atomic_load(&e->gone)) {
			new->agents[new->n++] = e;
		} else if (e != swap_out) {
			bury(t, e);
		}
	}
	if (!placed)
		insert(new, swap_in);
	rcu_publish(tenant->agents, new);
	if (old != &t->empty) {
		old->dead_next = t->dead_sets;
		t->dead_sets = old;
	}
	return 0;
}

bool
tenants_has_agent(const struct tenants *t, uint32_t tenant, const char *name)
{
	const struct agent_set *set = t->all[tenant].agents;

	for (size_t i = 0; i < set->n; i++) {
		if (strcmp(set->agents[i]->lane.agent, name) == 0 &&
		    !atomic_load(&set->agents[i]->gone))
			return true;
	}
	return false;
}

int
tenants_put(struct tenants *t, uint32_t tenant, struct tunnel_ref ref,
    const struct lane *lane, atomic_uint **load)
{
	struct agent_entry *e = calloc(1, sizeof(*e));
	bool is_new;

	ax_assert(tenant < t->n);
	if (e == NULL)
		return AX_E_NOMEM;
	e->load = aligned_alloc(64, 64);
	e->owns_load = true;
	if (e->load == NULL)
		goto fail;
	atomic_init(e->load, 0);
	e->ref = ref;
	e->lane = *lane;
	is_new = !tenants_has_agent(t, tenant, lane->agent);
	RCU_RELEASE(e);
	if (publish(t, &t->all[tenant], NULL, e) < 0)
		goto fail;
	t->all[tenant].n_agents += is_new;
	t->n_agents += is_new;
	*load = e->load;
	return 0;
fail:
	entry_free(e);
	return AX_E_NOMEM;
}

bool
tenants_offer(struct tenants *t, uint32_t tenant, struct tunnel_ref ref,
    const struct service_set *offers, const struct service_set *healthy)
{
	struct agent_entry *old, *new;

	ax_assert(tenant < t->n);
	old = find(t->all[tenant].agents, ref);
	if (old == NULL || atomic_load(&old->gone))
		return false;
	new = malloc(sizeof(*new));
	if (new == NULL)
		return false;
	memcpy(new, old, sizeof(*new));
	new->offers = *offers;
	new->healthy = *healthy;
	RCU_RELEASE(new);
	if (publish(t, &t->all[tenant], old, new) < 0) {
		free(new);
		return false;
	}
	old->owns_load = false; /* readers may still look at old->load */
	bury(t, old);
	return true;
}

bool
tenants_set_away(struct tenants *t, uint32_t tenant, struct tunnel_ref ref,
    uint64_t since_ns)
{
	struct agent_entry *e;

	ax_assert(tenant < t->n);
	e = find(t->all[tenant].agents, ref);
	if (e == NULL)
		return false;
	e->away_ns = since_ns;
	atomic_store_explicit(&e->away, since_ns != 0, memory_order_relaxed);
	return true;
}

const struct agent_entry *
tenants_find(const struct tenants *t, uint32_t tenant, const struct lane *lane)
{
	const struct agent_entry *e;

	for (size_t i = 0; (e = tenants_agent(t, tenant, i)) != NULL; i++) {
		if (lane_is_sister(&e->lane, lane) &&
		    e->lane.index == lane->index && !atomic_load(&e->gone))
			return e;
	}
	return NULL;
}

const struct agent_entry *
tenants_oldest_away(const struct tenants *t, uint32_t tenant, uint32_t *of)
{
	uint32_t first = tenant == TENANTS_ALL ? 0 : tenant;
	uint32_t end = tenant == TENANTS_ALL ? t->n : tenant + 1;
	const struct agent_entry *oldest = NULL, *e;

	for (uint32_t i = first; i < end; i++) {
		for (size_t k = 0; (e = tenants_agent(t, i, k)) != NULL; k++) {
			if (e->away_ns == 0 || atomic_load(&e->gone) ||
			    (oldest != NULL && oldest->away_ns <= e->away_ns))
				continue;
			oldest = e;
			*of = i;
		}
	}
	return oldest;
}

bool
tenants_remove(struct tenants *t, uint32_t tenant, struct tunnel_ref ref)
{
	struct agent_entry *e;

	ax_assert(tenant < t->n);
	e = find(t->all[tenant].agents, ref);
	if (e == NULL || atomic_load(&e->gone))
		return false;
	atomic_store(&e->gone, true);
	if (!tenants_has_agent(t, tenant, e->lane.agent)) {
		t->all[tenant].n_agents--;
		t->n_agents--;
	}
	if (publish(t, &t->all[tenant], e, NULL) == 0)
		bury(t, e);
	return true;
}

void
tenants_reclaim(struct tenants *t)
{
	if (t->dead_sets == NULL && t->dead_entries == NULL)
		return;
	rcu_wait_readers(t);
	while (t->dead_sets != NULL) {
		struct agent_set *s = t->dead_sets;

		t->dead_sets = s->dead_next;
		free(s);
	}
	while (t->dead_entries != NULL) {
		struct agent_entry *e = t->dead_entries;

		t->dead_entries = e->dead_next;
		entry_free(e);
	}
}

uint32_t
tenants_agents(const struct tenants *t, uint32_t tenant)
{
	return t->all[tenant].n_agents;
}

uint32_t
tenants_all_agents(const struct tenants *t)
{
	return t->n_agents;
}

const struct agent_entry *
tenants_agent(const struct tenants *t, uint32_t tenant, size_t i)
{
	const struct agent_set *set = t->all[tenant].agents;

	return i < set->n ? set->agents[i] : NULL;
}

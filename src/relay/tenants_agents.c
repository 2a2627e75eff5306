/* tenants_agents.c — which agents of the tenants are up.
 * Thread: control writes; workers read under RCU (rcu.h).
 * Invariant: a published set and its entries never change, but for atomics. */
#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"
#include "relay/tenants_impl.h"

/* --- choosing one ---------------------------------------------------------- */

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
	const struct agent_entry *last = set->agents[*i - 1].agent, *e = last;

	RCU_ACQUIRE(last);
	do {
		add_lane(&o, want, e);
		if (--*i == 0)
			break;
		e = set->agents[*i - 1].agent;
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

/* Machines that share a name share its visitors, whatever the policy. */
static const struct agent_entry *
choose(const struct agent_set *set, const struct want *want,
    const struct conf_tenant *c)
{
	bool newest = c->policy == CONF_POLICY_NEWEST;
	struct offer best = { .least = NULL };

	for (size_t i = set->n; i > 0;) {
		struct offer o = ask_agent(set, &i, want);

		if (o.least == NULL || (newest && best.least != NULL &&
		    strcmp(o.least->lane.agent, best.least->lane.agent) != 0))
			continue;
		if (best.least == NULL || o.load < best.load)
			best = o;
		if (newest && c->duplicates == CONF_DUPLICATES_REPLACE)
			break;
	}
	return choose_lane(&best, want);
}

bool
tenants_pick(const struct tenants *t, struct service_ref at,
    struct visitor_place from, struct tunnel_ref *out)
{
	const struct conf_tenant *c = tenants_conf(t, at.tenant);
	struct want want = { at.service, true, from };
	const struct agent_set *set = rcu_read(tenants_row(t, at.tenant)->agents);
	const struct agent_entry *e;

	ax_assert(at.service < RELAY_SERVICES_MAX);
	e = choose(set, &want, c);
	if (e == NULL) {
		want.healthy = false;
		e = choose(set, &want, c);
	}
	if (e == NULL)
		return false;
	*out = e->ref;
	return true;
}

/* --- control ------------------------------------------------------------- */

void
agent_entry_free(struct agent_entry *e)
{
	if (e->owns_load)
		free(e->load);
	free(e);
}

/* Names that meet cost a look each, and a CA has given them: no key. */
static uint32_t
hash_name(const char *agent)
{
	static const uint8_t key[16];

	return (uint32_t)siphash24(key, slice_str(agent));
}

/* Its place in the set, or NULL. */
static const struct agent_place *
find(const struct agent_set *set, struct tunnel_ref ref)
{
	for (size_t i = 0; i < set->n; i++) {
		if (set->agents[i].slot == ref.slot &&
		    tunnel_ref_eq(set->agents[i].agent->ref, ref))
			return &set->agents[i];
	}
	return NULL;
}

const struct agent_entry *
tenants_namesake(
    const struct tenants *t, uint32_t tenant, const char *agent, size_t *i)
{
	const struct agent_set *set = tenants_row(t, tenant)->agents;
	uint32_t name = hash_name(agent);

	while (*i < set->n) {
		const struct agent_place *p = &set->agents[(*i)++];

		if (p->name == name && !atomic_load(&p->agent->gone) &&
		    strcmp(p->agent->lane.agent, agent) == 0)
			return p->agent;
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
	struct agent_place place = { e, hash_name(e->lane.agent), e->ref.slot };
	size_t at = set->n;

	while (at > 0 && (set->agents[at - 1].name != place.name ||
	    !lane_is_sister(&set->agents[at - 1].agent->lane, &e->lane)))
		at--;
	if (at == 0)
		at = set->n;
	memmove(&set->agents[at + 1], &set->agents[at],
	    (set->n++ - at) * sizeof(set->agents[0]));
	set->agents[at] = place;
}

/* Publishes a set of the live agents of the old one, with swap_in, if there is one, in
 * the place of swap_out, or inserted. */
static int
publish(struct tenants *t, struct tenant *tenant, struct agent_entry *swap_out,
    struct agent_entry *swap_in)
{
	struct agent_set *old = tenant->agents, *new;

	new = malloc(sizeof(*new) + (old->n + 1) * sizeof(new->agents[0]));
	if (new == NULL)
		return AX_E_NOMEM;
	new->n = 0;
	for (size_t i = 0; i < old->n; i++) {
		struct agent_place p = old->agents[i];

		if (p.agent == swap_out) {
			p.agent = swap_in;
		} else if (tenant->has_gone && atomic_load(&p.agent->gone)) {
			bury(t, p.agent);
			continue;
		}
		new->agents[new->n++] = p;
	}
	if (swap_out == NULL && swap_in != NULL)
		insert(new, swap_in);
	tenant->has_gone = false;
	rcu_publish(tenant->agents, new);
	if (old != &t->empty) {
		old->dead_next = t->dead_sets;
		t->dead_sets = old;
	}
	return 0;
}

static bool
is_there(const struct agent_entry *e)
{
	return !e->leaves && !atomic_load(&e->gone);
}

bool
tenants_has_agent(
    const struct tenants *t, uint32_t tenant, const struct lane *lane, bool by_name)
{
	const struct agent_entry *e;

	for (size_t i = 0;
	     (e = tenants_namesake(t, tenant, lane->agent, &i)) != NULL;) {
		if (is_there(e) && (by_name || lane_is_sister(&e->lane, lane)))
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

	if (e == NULL)
		return AX_E_NOMEM;
	e->load = aligned_alloc(64, 64);
	e->owns_load = true;
	if (e->load == NULL)
		goto fail;
	atomic_init(e->load, 0);
	e->ref = ref;
	e->lane = *lane;
	is_new = !tenants_has_agent(t, tenant, lane, false);
	RCU_RELEASE(e);
	if (publish(t, tenants_row(t, tenant), NULL, e) < 0)
		goto fail;
	tenants_row(t, tenant)->n_agents += is_new;
	t->n_agents += is_new;
	*load = e->load;
	return 0;
fail:
	agent_entry_free(e);
	return AX_E_NOMEM;
}

int
tenants_offer(struct tenants *t, uint32_t tenant, struct tunnel_ref ref,
    const struct service_set *offers, const struct service_set *healthy)
{
	const struct agent_place *at = find(tenants_row(t, tenant)->agents, ref);
	struct agent_entry *old, *new;

	if (at == NULL || atomic_load(&at->agent->gone))
		return AX_E_NOTFOUND;
	old = at->agent;
	new = malloc(sizeof(*new));
	if (new == NULL)
		return AX_E_NOMEM;
	memcpy(new, old, sizeof(*new));
	new->offers = *offers;
	new->healthy = *healthy;
	RCU_RELEASE(new);
	if (publish(t, tenants_row(t, tenant), old, new) < 0) {
		free(new);
		return AX_E_NOMEM;
	}
	old->owns_load = false; /* readers may still look at old->load */
	bury(t, old);
	return 0;
}

const struct agent_entry *
tenants_set_away(struct tenants *t, uint32_t tenant, struct tunnel_ref ref,
    uint64_t since_ns)
{
	const struct agent_place *at = find(tenants_row(t, tenant)->agents, ref);

	if (at == NULL)
		return NULL;
	at->agent->away_ns = since_ns;
	atomic_store_explicit(&at->agent->away, since_ns != 0, memory_order_relaxed);
	return at->agent;
}

const struct agent_entry *
tenants_find(const struct tenants *t, uint32_t tenant, const struct lane *lane)
{
	const struct agent_entry *e;

	for (size_t i = 0;
	     (e = tenants_namesake(t, tenant, lane->agent, &i)) != NULL;) {
		if (lane_is_sister(&e->lane, lane) &&
		    e->lane.index == lane->index && is_there(e))
			return e;
	}
	return NULL;
}

const struct agent_entry *
tenants_oldest_away(const struct tenants *t, uint32_t tenant, uint32_t *of)
{
	uint32_t first = tenant == TENANTS_ALL ? 0 : tenant;
	uint32_t end = tenant == TENANTS_ALL ? t->roster->n : tenant + 1;
	const struct agent_entry *oldest = NULL, *e;

	for (uint32_t i = first; i < end; i++) {
		for (size_t k = 0; (e = tenants_agent(t, i, &k)) != NULL;) {
			if (e->away_ns == 0 || !is_there(e) ||
			    (oldest != NULL && oldest->away_ns <= e->away_ns))
				continue;
			oldest = e;
			*of = i;
		}
	}
	return oldest;
}

static bool
is_sister_there(const struct agent_place *p, const struct agent_place *of, bool *there)
{
	if (p->name != of->name || !lane_is_sister(&p->agent->lane, &of->agent->lane))
		return false;
	*there |= is_there(p->agent);
	return true;
}

/* Sisters are neighbours: a whole tenant that goes is not searched for each. */
static bool
has_sister(const struct agent_set *set, const struct agent_place *at)
{
	const struct agent_place *end = set->agents + set->n, *p;
	bool there = false;

	for (p = at; p > set->agents && is_sister_there(p - 1, at, &there);)
		p--;
	for (p = at + 1; p < end && is_sister_there(p, at, &there);)
		p++;
	return there;
}

/* What is there is no more: neither is its agent, if that was the last tunnel. */
static void
uncount(struct tenants *t, struct tenant *tenant, const struct agent_place *at)
{
	if (has_sister(tenant->agents, at))
		return;
	tenant->n_agents--;
	t->n_agents--;
}

void
tenants_leave(struct tenants *t, uint32_t tenant, struct tunnel_ref ref)
{
	struct tenant *row = tenants_row(t, tenant);
	const struct agent_place *at = find(row->agents, ref);

	if (at == NULL || !is_there(at->agent))
		return;
	at->agent->leaves = true;
	uncount(t, row, at);
}

const struct agent_entry *
tenants_remove(struct tenants *t, uint32_t tenant, struct tunnel_ref ref)
{
	struct tenant *row = tenants_row(t, tenant);
	const struct agent_place *at = find(row->agents, ref);
	bool counted;

	if (at == NULL || atomic_load(&at->agent->gone))
		return NULL;
	counted = is_there(at->agent);
	atomic_store(&at->agent->gone, true);
	if (counted)
		uncount(t, row, at);
	row->has_gone = true;
	if (row->untidy)
		return at->agent;
	row->untidy = true;
	row->index = tenant;
	row->next_untidy = t->untidy;
	t->untidy = row;
	return at->agent;
}

bool
tenants_tidy(struct tenants *t, uint32_t *tenant)
{
	struct tenant *row = t->untidy;

	if (row == NULL)
		return false;
	t->untidy = row->next_untidy;
	row->untidy = false;
	if (row->has_gone)
		(void)publish(t, row, NULL, NULL); /* no memory: the next one does it */
	*tenant = row->index;
	return true;
}

uint32_t
tenants_agents(const struct tenants *t, uint32_t tenant)
{
	return tenants_row(t, tenant)->n_agents;
}

uint32_t
tenants_all_agents(const struct tenants *t)
{
	return t->n_agents;
}

const struct agent_entry *
tenants_agent(const struct tenants *t, uint32_t tenant, size_t *i)
{
	const struct agent_set *set = tenants_row(t, tenant)->agents;

	while (*i < set->n) {
		const struct agent_entry *e = set->agents[(*i)++].agent;

		if (!atomic_load(&e->gone))
			return e;
	}
	return NULL;
}

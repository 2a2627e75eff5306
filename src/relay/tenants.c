/* tenants.c — the table behind tenants.h.
 * Thread: control writes; workers read under RCU (rcu.h).
 * Invariant: a published set and its entries never change, but for atomics;
 * what is unpublished hangs on the dead list until tenants_reclaim has waited for
 * every reader. A tenant in the roster stays until the end.                   */
#include "relay/tenants.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/str.h"
#include "relay/footprint.h"
#include "relay/rcu.h"
#include "relay/sources.h"

struct agent_set {
	struct agent_set *dead_next;
	size_t n;
	struct agent_entry *agents[]; /* by agent, oldest first; of each its
				       * tunnels */
};

struct face_service {
	atomic_uint_least64_t *accepted; /* the next face takes it over */
	struct sources *sources;	 /* NULL: everybody may come */
};

/* What a configuration says about a tenant, and its services' counters. Immutable
 * but for those. */
struct face {
	struct face *dead_next;
	const struct conf_tenant *conf;
	size_t n;
	struct face_service services[];
};

/* One for each name that was ever there. */
struct tenant {
	char *name;
	struct face *face;	  /* RCU; never NULL once published */
	struct agent_set *agents; /* RCU; never NULL */
	uint32_t n_agents; /* control's */
	struct usage usage;
};

struct named {
	const char *name; /* the tenant's */
	uint32_t index;
};

struct roster {
	struct roster *dead_next;
	uint32_t n, n_named;
	struct named *by_name; /* those that are not gone */
	struct tenant *all[];
};

struct tenants {
	struct roster *roster; /* RCU; never NULL */
	struct roster *dead_rosters;
	struct face *dead_faces;
	struct agent_set *dead_sets;
	struct agent_entry *dead_entries;
	struct usage total;
	uint32_t n_agents; /* control's */
	struct agent_set empty; /* shared by tenants without agents */
};

struct tenants_change {
	struct roster *roster;
	uint32_t n_old; /* its first so many are published already */
	uint64_t memory;
	struct face *faces[]; /* of each in the roster */
};

static struct tenant *
row(const struct tenants *t, uint32_t tenant)
{
	const struct roster *r = rcu_read(t->roster);

	ax_assert(tenant < r->n);
	return r->all[tenant];
}

static const struct face *
face_of(const struct tenants *t, uint32_t tenant)
{
	const struct face *f = rcu_read(row(t, tenant)->face);

	return f;
}

/* --- another configuration ------------------------------------------------- */

/* own: how many of its counters nobody else has, the last ones. */
static void
face_free(struct face *f, size_t own)
{
	for (size_t i = 0; f != NULL && i < f->n; i++) {
		sources_free(&f->services[i].sources);
		if (i >= f->n - own)
			free(f->services[i].accepted);
	}
	free(f);
}

static struct face *
face_new(const struct conf_tenant *conf, const struct face *old)
{
	size_t n = old == NULL ? 0 : old->n;
	struct face *f = calloc(1,
	    sizeof(*f) + conf->n_services * sizeof(f->services[0]));

	if (f == NULL)
		return NULL;
	ax_assert(n <= conf->n_services);
	f->conf = conf;
	while (f->n < conf->n_services) {
		size_t i = f->n++;
		struct face_service *s = &f->services[i];

		s->accepted = i < n ? old->services[i].accepted :
				      calloc(1, sizeof(*s->accepted));
		if (s->accepted == NULL ||
		    sources_new(&conf->services[i], &s->sources) < 0) {
			face_free(f, f->n - MIN(n, f->n));
			return NULL;
		}
	}
	return f;
}

static struct tenant *
row_new(struct tenants *t, const struct conf_tenant *conf)
{
	struct tenant *new = aligned_alloc(alignof(struct tenant), sizeof(*new));

	if (new == NULL)
		return NULL;
	memset(new, 0, sizeof(*new));
	new->agents = &t->empty;
	new->name = strdup(conf->name);
	if (new->name != NULL)
		return new;
	free(new);
	return NULL;
}

static void
row_free(struct tenant *x)
{
	if (x == NULL)
		return;
	free(x->name);
	free(x);
}

static void
roster_free(struct roster *r)
{
	free(r->by_name);
	free(r);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static int
fill_change(struct tenants *t, const struct conf_relay *next, struct tenants_change *c)
{
	const struct roster *old = t->roster;
	struct roster *r = c->roster;

	for (uint32_t i = 0; i < r->n; i++) {
		const struct conf_tenant *conf = &next->tenants[i];

		r->all[i] = i < c->n_old ? old->all[i] : row_new(t, conf);
		if (r->all[i] == NULL)
			return AX_E_NOMEM;
		c->faces[i] = face_new(conf, i < c->n_old ? old->all[i]->face : NULL);
		if (c->faces[i] == NULL)
			return AX_E_NOMEM;
		ax_assert(strcmp(r->all[i]->name, conf->name) == 0);
		if (!conf->gone)
			r->by_name[r->n_named++] = (struct named){ r->all[i]->name, i };
	}
	if (r->n_named > 0)
		qsort(r->by_name, r->n_named, sizeof(*r->by_name), by_name);
	return 0;
}

int
tenants_prepare(struct tenants *t, const struct conf_relay *next,
    struct tenants_change **out)
{
	uint32_t n = (uint32_t)next->n_tenants;
	struct tenants_change *c = calloc(1, sizeof(*c) + n * sizeof(c->faces[0]));
	struct roster *r = calloc(1, sizeof(*r) + n * sizeof(r->all[0]));

	if (c == NULL || r == NULL) {
		free(c);
		free(r);
		return AX_E_NOMEM;
	}
	c->roster = r;
	c->n_old = t->roster == NULL ? 0 : t->roster->n;
	c->memory = footprint_lent(next);
	r->n = n;
	r->by_name = calloc(n + 1, sizeof(*r->by_name));
	ax_assert(c->n_old <= n);
	if (r->by_name == NULL || fill_change(t, next, c) < 0) {
		tenants_abandon(&c);
		return AX_E_NOMEM;
	}
	*out = c;
	return 0;
}

void
tenants_abandon(struct tenants_change **change)
{
	struct tenants_change *c = *change;

	for (uint32_t i = 0; i < c->roster->n && c->roster->all[i] != NULL; i++) {
		const struct face *old = i < c->n_old ? c->roster->all[i]->face : NULL;

		if (c->faces[i] != NULL)
			face_free(c->faces[i],
			    c->faces[i]->n - (old == NULL ? 0 : old->n));
		if (i >= c->n_old)
			row_free(c->roster->all[i]);
	}
	roster_free(c->roster);
	free(c);
	*change = NULL;
}

void
tenants_commit(struct tenants *t, struct tenants_change **change)
{
	struct tenants_change *c = *change;
	struct roster *old = t->roster;

	for (uint32_t i = 0; i < c->roster->n; i++) {
		struct tenant *x = c->roster->all[i];

		if (x->face != NULL) {
			x->face->dead_next = t->dead_faces;
			t->dead_faces = x->face;
		}
		atomic_store_explicit(&x->usage.memory_max,
		    c->faces[i]->conf->limits.memory, memory_order_relaxed);
		rcu_publish(x->face, c->faces[i]);
	}
	atomic_store_explicit(
	    &t->total.memory_max, c->memory, memory_order_relaxed);
	rcu_publish(t->roster, c->roster);
	if (old != NULL) {
		old->dead_next = t->dead_rosters;
		t->dead_rosters = old;
	}
	free(c);
	*change = NULL;
}

int
tenants_new(const struct conf_relay *conf, struct tenants **out)
{
	struct tenants *t = aligned_alloc(64, sizeof(*t));
	struct tenants_change *c;

	if (t == NULL)
		return AX_E_NOMEM;
	memset(t, 0, sizeof(*t));
	if (tenants_prepare(t, conf, &c) < 0) {
		free(t);
		return AX_E_NOMEM;
	}
	tenants_commit(t, &c);
	*out = t;
	return 0;
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
	for (uint32_t i = 0; i < t->roster->n; i++) {
		struct tenant *x = t->roster->all[i];

		for (size_t k = 0; k < x->agents->n; k++)
			entry_free(x->agents->agents[k]);
		if (x->agents != &t->empty)
			free(x->agents);
		face_free(x->face, x->face->n);
		row_free(x);
	}
	tenants_reclaim(t);
	roster_free(t->roster);
	free(t);
	*tp = NULL;
}

/* --- looking things up -------------------------------------------------------- */

int
tenants_index(const struct tenants *t, const char *name)
{
	const struct roster *r = rcu_read(t->roster);
	struct named wanted = { .name = name };
	const struct named *f = r->n_named == 0 ? NULL :
	    bsearch(&wanted, r->by_name, r->n_named, sizeof(*r->by_name), by_name);

	return f == NULL ? -1 : (int)f->index;
}

uint32_t
tenants_count(const struct tenants *t)
{
	const struct roster *r = rcu_read(t->roster);

	return r->n;
}

const struct conf_tenant *
tenants_conf(const struct tenants *t, uint32_t tenant)
{
	return face_of(t, tenant)->conf;
}

int
tenants_service(const struct tenants *t, uint32_t tenant, struct slice name)
{
	const struct conf_tenant *c = tenants_conf(t, tenant);

	for (size_t i = 0; i < c->n_services; i++) {
		if (!c->services[i].gone &&
		    slice_eq(name, slice_str(c->services[i].name)))
			return (int)i;
	}
	return -1;
}

struct usage *
tenants_usage(struct tenants *t, uint32_t tenant)
{
	return &row(t, tenant)->usage;
}

atomic_uint_least64_t *
tenants_accepted(struct tenants *t, struct service_ref at)
{
	const struct face *f = face_of(t, at.tenant);

	ax_assert(at.service < f->n);
	return f->services[at.service].accepted;
}

bool
tenants_may_come(
    const struct tenants *t, struct service_ref at, const struct addr *peer)
{
	const struct face *f = face_of(t, at.tenant);

	ax_assert(at.service < f->n);
	return sources_may(f->services[at.service].sources, peer);
}

struct usage *
tenants_total(struct tenants *t)
{
	return &t->total;
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
	const struct agent_set *set = rcu_read(row(t, at.tenant)->agents);
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

static bool
is_there(const struct agent_entry *e)
{
	return !e->leaves && !atomic_load(&e->gone);
}

bool
tenants_has_agent(
    const struct tenants *t, uint32_t tenant, const struct lane *lane, bool by_name)
{
	const struct agent_set *set = row(t, tenant)->agents;

	for (size_t i = 0; i < set->n; i++) {
		const struct agent_entry *e = set->agents[i];

		if (is_there(e) && (lane_is_sister(&e->lane, lane) ||
		    (by_name && strcmp(e->lane.agent, lane->agent) == 0)))
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
	if (publish(t, row(t, tenant), NULL, e) < 0)
		goto fail;
	row(t, tenant)->n_agents += is_new;
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

	old = find(row(t, tenant)->agents, ref);
	if (old == NULL || atomic_load(&old->gone))
		return false;
	new = malloc(sizeof(*new));
	if (new == NULL)
		return false;
	memcpy(new, old, sizeof(*new));
	new->offers = *offers;
	new->healthy = *healthy;
	RCU_RELEASE(new);
	if (publish(t, row(t, tenant), old, new) < 0) {
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

	e = find(row(t, tenant)->agents, ref);
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
		for (size_t k = 0; (e = tenants_agent(t, i, k)) != NULL; k++) {
			if (e->away_ns == 0 || !is_there(e) ||
			    (oldest != NULL && oldest->away_ns <= e->away_ns))
				continue;
			oldest = e;
			*of = i;
		}
	}
	return oldest;
}

/* e is not there any more: neither is its agent, if that was the last tunnel. */
static void
uncount(struct tenants *t, uint32_t tenant, const struct agent_entry *e)
{
	if (tenants_has_agent(t, tenant, &e->lane, false))
		return;
	row(t, tenant)->n_agents--;
	t->n_agents--;
}

void
tenants_leave(struct tenants *t, uint32_t tenant, struct tunnel_ref ref)
{
	struct agent_entry *e = find(row(t, tenant)->agents, ref);

	if (e == NULL || !is_there(e))
		return;
	e->leaves = true;
	uncount(t, tenant, e);
}

bool
tenants_remove(struct tenants *t, uint32_t tenant, struct tunnel_ref ref)
{
	struct agent_entry *e;
	bool counted;

	e = find(row(t, tenant)->agents, ref);
	if (e == NULL || atomic_load(&e->gone))
		return false;
	counted = is_there(e);
	atomic_store(&e->gone, true);
	if (counted)
		uncount(t, tenant, e);
	if (publish(t, row(t, tenant), e, NULL) == 0)
		bury(t, e);
	return true;
}

void
tenants_reclaim(struct tenants *t)
{
	if (t->dead_sets == NULL && t->dead_entries == NULL &&
	    t->dead_rosters == NULL)
		return;
	rcu_wait_readers(t);
	while (t->dead_rosters != NULL) {
		struct roster *r = t->dead_rosters;

		t->dead_rosters = r->dead_next;
		roster_free(r);
	}
	while (t->dead_faces != NULL) {
		struct face *f = t->dead_faces;

		t->dead_faces = f->dead_next;
		face_free(f, 0);
	}
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
	return row(t, tenant)->n_agents;
}

uint32_t
tenants_all_agents(const struct tenants *t)
{
	return t->n_agents;
}

const struct agent_entry *
tenants_agent(const struct tenants *t, uint32_t tenant, size_t i)
{
	const struct agent_set *set = row(t, tenant)->agents;

	return i < set->n ? set->agents[i] : NULL;
}

/* tenants.c — the table behind tenants.h: who there is.
 * Thread: control writes; workers read under RCU (rcu.h).
 * Invariant: what is unpublished hangs on a dead list until tenants_reclaim has
 * waited for every reader. A tenant in the roster stays until the end.        */
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "relay/footprint.h"
#include "relay/sources.h"
#include "relay/tenants_impl.h"

struct named {
	const char *name; /* the tenant's */
	uint32_t index;
};

struct face_service {
	struct tally *tally;	 /* the next face takes it over */
	struct sources *sources; /* NULL: everybody may come */
};

/* What a configuration says about a tenant, and its services' counters. Immutable
 * but for those. */
struct face {
	struct face *dead_next;
	const struct conf_tenant *conf;
	size_t n;
	struct face_service services[];
};

struct tenants_change {
	struct roster *roster;
	uint32_t n_old; /* its first so many are published already */
	uint64_t memory;
	struct face *faces[]; /* of each in the roster */
};

static const struct face *
face_of(const struct tenants *t, uint32_t tenant)
{
	const struct face *f = rcu_read(tenants_row(t, tenant)->face);

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
			free(f->services[i].tally);
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

		s->tally = i < n ? old->services[i].tally :
				   calloc(1, sizeof(*s->tally));
		if (s->tally == NULL ||
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

static void
rates_set(struct brake_rates *r, const struct conf_bandwidth *c)
{
	bucket_set(&r->up, c->up);
	bucket_set(&r->down, c->down);
}

static void
set_rates(struct tenant *x, const struct face *f)
{
	rates_set(&x->rates, &f->conf->bandwidth);
	for (size_t i = 0; i < f->n; i++)
		rates_set(&f->services[i].tally->rates, &f->conf->services[i].bandwidth);
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
		set_rates(x, c->faces[i]);
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

void
tenants_free(struct tenants **tp)
{
	struct tenants *t = *tp;

	if (t == NULL)
		return;
	for (uint32_t i = 0; i < t->roster->n; i++) {
		struct tenant *x = t->roster->all[i];

		for (size_t k = 0; k < x->agents->n; k++)
			agent_entry_free(x->agents->agents[k].agent);
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
		agent_entry_free(e);
	}
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
	return &tenants_row(t, tenant)->usage;
}

struct tally *
tenants_tally(struct tenants *t, struct service_ref at)
{
	const struct face *f = face_of(t, at.tenant);

	ax_assert(at.service < f->n);
	return f->services[at.service].tally;
}

bool
tenants_may_come(
    const struct tenants *t, struct service_ref at, const struct addr *peer)
{
	const struct face *f = face_of(t, at.tenant);

	ax_assert(at.service < f->n);
	return sources_may(f->services[at.service].sources, peer);
}

struct brake_rates *
tenants_rates(struct tenants *t, uint32_t tenant)
{
	return &tenants_row(t, tenant)->rates;
}

struct usage *
tenants_total(struct tenants *t)
{
	return &t->total;
}

void
tenants_renewed(struct tenants *t, int tenant, enum renewed what)
{
	if (tenant >= 0)
		atomic_fetch_add(&tenants_usage(t, (uint32_t)tenant)->renewed[what], 1);
	atomic_fetch_add(&t->total.renewed[what], 1);
}

/* tenants_impl.h — shared by tenants.c and tenants_agents.c, no API.
 * Thread: control; what workers read, they read under RCU (rcu.h).            */
#ifndef ATLAX_RELAY_TENANTS_IMPL_H
#define ATLAX_RELAY_TENANTS_IMPL_H

#include "base/assert.h"
#include "relay/rcu.h"
#include "relay/tenants.h"

/* What is searched for lies here: an entry looked at is a cache line fetched, and
 * a tenant may have ten thousand. */
struct agent_place {
	struct agent_entry *agent;
	uint32_t name; /* a hash */
	uint32_t slot; /* agent->ref's */
};

struct agent_set {
	struct agent_set *dead_next;
	size_t n;
	struct agent_place agents[]; /* by agent, oldest first; of each its
				      * tunnels */
};

struct face;
struct named;

/* One for each name that was ever there. */
struct tenant {
	char *name;
	struct face *face;	  /* RCU; never NULL once published */
	struct agent_set *agents; /* RCU; never NULL */
	uint32_t n_agents; /* control's, as what follows */
	uint32_t index;	   /* set with untidy */
	bool untidy;	   /* in the list of those to tidy */
	bool has_gone;	   /* an entry that is gone is still in the set */
	struct tenant *next_untidy;
	struct usage usage;
	struct brake_rates rates;
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
	struct tenant *untidy;
	struct usage total;
	uint32_t n_agents; /* control's */
	struct agent_set empty; /* shared by tenants without agents */
};

static inline struct tenant *
tenants_row(const struct tenants *t, uint32_t tenant)
{
	const struct roster *r = rcu_read(t->roster);

	ax_assert(tenant < r->n);
	return r->all[tenant];
}

void agent_entry_free(struct agent_entry *e);

#endif

/* tenants.h — who there is and which agents are up: the table that every worker
 * reads for every connection and only control changes. A tenant's agents are an
 * immutable array, replaced as a whole and freed after a grace period; a lookup
 * picks one agent inside and returns a copy of its reference. So are the tenants
 * themselves: an index stands for one name as long as the relay runs. Limits are
 * counted here too, in atomics, because a tenant's connections may be on any
 * worker (doc/decisions/0006).                                               */
#ifndef ATLAX_RELAY_TENANTS_H
#define ATLAX_RELAY_TENANTS_H

#include <stdatomic.h>

#include "admin/refusals.h"
#include "admin/renewed.h"
#include "base/slice.h"
#include "conf/conf.h"
#include "io/addr.h"
#include "link/brake.h"
#include "relay/msg.h"

struct tenants;

/* Shared counters of one tenant or of the relay; see limits in conf.h. */
struct usage {
	_Alignas(64) atomic_uint streams;
	atomic_uint waiting;	/* visitors that wait for an agent */
	atomic_uint rate_second; /* the second that rate_count counts */
	atomic_uint rate_count;
	atomic_uint_least64_t memory; /* bytes reserved by sessions */
	atomic_uint_least64_t memory_max; /* changed by control only */
	atomic_uint_least64_t moved; /* bytes, both ways; see quotas.h */
	atomic_bool spent; /* its quota; changed by control only */
	atomic_uint_least64_t renewed[RENEWED];
};

/* What has become of a service's visitors since the start, and how fast they may
 * be. */
struct tally {
	atomic_uint_least64_t accepted, refused[REFUSALS];
	struct brake_rates rates;
};

/* One tunnel of an agent. Immutable once published, but for the atomics. */
struct agent_entry {
	struct agent_entry *dead_next; /* table's */
	struct tunnel_ref ref;
	struct lane lane;
	struct service_set offers, healthy;
	atomic_bool gone;  /* no worker honours it any more */
	atomic_bool away;  /* between two connections: nothing new for it */
	uint64_t away_ns;  /* since when; control only */
	bool leaves;	   /* was told to end, and counts no more; control only */
	atomic_uint *load; /* streams now; counted by its worker, in a cache line
			    * of its own. The table's. */
	bool owns_load;	   /* control only */
};

/* Two tunnels of one process. */
bool lane_is_sister(const struct lane *a, const struct lane *b);

/* Thread: boot. conf is borrowed until there is another one, or for life.
 * Fails: AX_E_NOMEM.                                                         */
AX_CHECKED int tenants_new(const struct conf_relay *conf, struct tenants **out);
void tenants_free(struct tenants **t);

/* Another configuration, in two steps, the second of which cannot fail. next has
 * the tenants and services of the one before in their places (conf_relay_follow):
 * whoever stays keeps agents and counters. The one before may be looked at until
 * tenants_reclaim has returned.
 * Thread: control. Fails: AX_E_NOMEM.                                        */
struct tenants_change;
AX_CHECKED int tenants_prepare(struct tenants *t, const struct conf_relay *next,
    struct tenants_change **out);
void tenants_commit(struct tenants *t, struct tenants_change **change);
void tenants_abandon(struct tenants_change **change);

/* Index of a tenant by its name, or -1. Thread: any. */
int tenants_index(const struct tenants *t, const char *name);
/* All places, also of tenants that are gone. */
uint32_t tenants_count(const struct tenants *t);
/* Of one that is gone, too (conf_tenant.gone). Thread: any; a worker keeps it no
 * longer than for its turn.                                                  */
const struct conf_tenant *tenants_conf(const struct tenants *t, uint32_t tenant);
/* Index of a service within its tenant, or -1. Thread: any. */
int tenants_service(const struct tenants *t, uint32_t tenant, struct slice name);
struct usage *tenants_usage(struct tenants *t, uint32_t tenant);
struct tally *tenants_tally(struct tenants *t, struct service_ref at);
/* How fast all of the tenant's visitors together may be. */
struct brake_rates *tenants_rates(struct tenants *t, uint32_t tenant);
/* May a visitor of this service come from there? Thread: worker (an RCU reader). */
bool tenants_may_come(
    const struct tenants *t, struct service_ref at, const struct addr *peer);
struct usage *tenants_total(struct tenants *t); /* of the whole relay */
/* A request for a certificate is over. tenant: -1: of none that is here. Thread: any. */
void tenants_renewed(struct tenants *t, int tenant, enum renewed what);

/* Where a visitor is, and whether he was sent there for a tunnel. */
struct visitor_place {
	unsigned worker;
	bool sent;
};

/* The tunnel for a new connection: of those agents that lend the service, a healthy
 * one before the others, by the tenant's policy; of its lanes the one on the
 * visitor's own worker, unless he was not sent there and it carries more than
 * half as much again as another one. Returns false when there is none.
 * Thread: worker (an RCU reader).                                            */
bool tenants_pick(const struct tenants *t, struct service_ref at,
    struct visitor_place from, struct tunnel_ref *out);

/* The service's name; "" of SERVICE_GONE. Borrows t. */
static inline const char *
tenants_service_name(const struct conf_tenant *t, uint32_t service)
{
	return service == SERVICE_GONE ? "" : t->services[service].name;
}

/* Thread: control, from here on.
 * Puts a tunnel that lends nothing yet; *load is for its worker to count in until
 * it is removed. Fails: AX_E_NOMEM.                                          */
AX_CHECKED int tenants_put(struct tenants *t, uint32_t tenant,
    struct tunnel_ref ref, const struct lane *lane, atomic_uint **load);
/* Says what it lends. Fails: AX_E_NOTFOUND, AX_E_NOMEM (it is as before). */
AX_CHECKED int tenants_offer(struct tenants *t, uint32_t tenant, struct tunnel_ref ref,
    const struct service_set *offers, const struct service_set *healthy);
/* It has no connection since then; 0: it has one. NULL: no such tunnel. */
const struct agent_entry *tenants_set_away(struct tenants *t, uint32_t tenant,
    struct tunnel_ref ref, uint64_t since_ns);
/* The tunnel of this agent, process and lane, or NULL. */
const struct agent_entry *tenants_find(
    const struct tenants *t, uint32_t tenant, const struct lane *lane);
/* The one that has been away for longest, of all tenants if tenant is
 * TENANTS_ALL; *of: whose it is. NULL: none is.                              */
#define TENANTS_ALL UINT32_MAX
const struct agent_entry *tenants_oldest_away(
    const struct tenants *t, uint32_t tenant, uint32_t *of);
/* It was told to end: it counts no more and is not found, but its worker still
 * counts in its load, until it is removed. */
void tenants_leave(struct tenants *t, uint32_t tenant, struct tunnel_ref ref);
/* Removes it; NULL: it was not there. It counts no more and is not found; what is
 * returned is valid until tenants_tidy. */
const struct agent_entry *tenants_remove(
    struct tenants *t, uint32_t tenant, struct tunnel_ref ref);
/* Takes what was removed since the last time out of what workers look through, all
 * of one tenant at once; false: there is none left to tidy. For want of memory it
 * stays, marked gone, until the next change.                                 */
bool tenants_tidy(struct tenants *t, uint32_t *tenant);
/* Frees what was unpublished, after a grace period; batch changes before it. */
void tenants_reclaim(struct tenants *t);
/* Agents: processes, however many tunnels each has. Is this lane's there, or, by
 * name, any of its name?                                                     */
bool tenants_has_agent(const struct tenants *t, uint32_t tenant,
    const struct lane *lane, bool by_name);
uint32_t tenants_agents(const struct tenants *t, uint32_t tenant);
uint32_t tenants_all_agents(const struct tenants *t);
/* Control's own view: the tunnel at *i or the next one behind it, and *i moves on;
 * those of an agent one behind the other, the oldest agent first. NULL at the end.
 * Valid until the next change.                                               */
const struct agent_entry *tenants_agent(
    const struct tenants *t, uint32_t tenant, size_t *i);
/* The same for those of an agent's name only. */
const struct agent_entry *tenants_namesake(
    const struct tenants *t, uint32_t tenant, const char *agent, size_t *i);

#endif

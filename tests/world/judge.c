/* judge.c — looks into sessions, tunnels and counters. Thread: main.
 * Invariant: changes nothing.                                                */
#include "judge.h"

#include <string.h>

#include "agent_side.h"
#include "proto/session.h"
#include "relay/admit.h"
#include "relay/tunnel.h"
#include "relay_side.h"
#include "tests/sim/memory.h"
#include "world.h"

static uint64_t looks;

/* Its own invariants, the ring that may be replayed, the credit that was given. */
void
judge_session(struct session *s, const struct conf_tunnel *c, const char *whose)
{
	struct session_stats st;

	if (s == NULL)
		return;
	session_check(s);
	session_stats(s, &st);
	world_check(st.ring_bytes <= SIM_RING_MOST((size_t)c->ring),
	    "%s: a ring of %zu bytes, %llu allowed", whose, st.ring_bytes,
	    (unsigned long long)c->ring);
	world_check(st.credit_out <= c->budget + c->window * (st.streams + 1u),
	    "%s: credit of %llu bytes for %u streams", whose,
	    (unsigned long long)st.credit_out, (unsigned)st.streams);
}


/* Whoever holds a session has proven to be who began it. */
static void
judge_tunnel(const struct tunnel *t)
{
	const struct identity *id = &link_peer(t->link)->id;

	if (!t->known)
		return;
	judge_session(link_session(t->link), &plan.relay.tunnel, "relay");
	world_check(strcmp(id->tenant, plan_tenant(t->tenant)) == 0 &&
	    strcmp(id->agent, t->lane.agent) == 0,
	    "the session of %s/%s is held by %s/%s", plan_tenant(t->tenant),
	    t->lane.agent, id->tenant, id->agent);
}

static void
judge_usage(struct usage *u, const struct conf_limits *l, const char *whose)
{
	unsigned streams = atomic_load(&u->streams);
	unsigned long long memory = atomic_load(&u->memory);

	world_check(memory <= atomic_load(&u->memory_max),
	    "%s: %llu bytes of memory, %llu allowed", whose, memory,
	    (unsigned long long)atomic_load(&u->memory_max));
	world_check(streams <= l->streams, "%s: %u streams, %u allowed", whose,
	    streams, l->streams);
}

/* Processes that are up, but for those that were told to end. */
static uint32_t
count_agents(const struct relay *r, uint32_t tenant)
{
	const struct agent_entry *e;
	uint32_t n = 0;

	for (size_t i = 0; (e = tenants_agent(r->tenants, tenant, &i)) != NULL;)
		n += !e->leaves;
	return n;
}

static void
judge_relay(struct relay *r)
{
	uint32_t all = 0;

	for (unsigned i = 0; i < r->n_workers; i++) {
		struct list *e;

		list_foreach(e, &r->workers[i].tunnels)
			judge_tunnel(container_of(e, struct tunnel, entry));
	}
	for (uint32_t i = 0; i < plan.relay.n_tenants; i++) {
		const struct conf_limits *l = &plan.tenants[i].limits;
		uint32_t agents = count_agents(r, i);

		judge_usage(tenants_usage(r->tenants, i), l, plan_tenant(i));
		world_check(agents <= l->agents, "tenant %s: %u agents, %u allowed",
		    plan_tenant(i), agents, l->agents);
		all += agents;
	}
	judge_usage(tenants_total(r->tenants), &plan.relay.limits, "all");
	world_check(all <= plan.relay.limits.agents, "%u agents in all", all);
}

void
judge_now(void)
{
	looks++;
	if (relay_side.now != NULL)
		judge_relay(relay_side.now->r);
	agents_judge(false);
}

void
judge_idle(void)
{
	struct relay *r = relay_side.now->r;

	for (uint32_t i = 0; i < plan.relay.n_tenants; i++) {
		struct usage *u = tenants_usage(r->tenants, i);

		world_check(atomic_load(&u->streams) == 0, "tenant %s: %u streams stay",
		    plan_tenant(i), atomic_load(&u->streams));
		world_check(atomic_load(&u->waiting) == 0, "tenant %s: %u wait",
		    plan_tenant(i), atomic_load(&u->waiting));
	}
	agents_judge(true);
}

uint64_t
judge_count(void)
{
	return looks;
}

/* faults.c — the table of faults. Each is drawn from the seed, does its harm, and may
 * leave behind when it is to be mended. Thread: main.                        */
#include "faults.h"

#include <stdio.h>

#include "agent_side.h"
#include "flows.h"
#include "memory.h"
#include "relay_side.h"
#include "tls_lists.h"
#include "world.h"

static struct {
	uint64_t at_ns;	     /* the next one; AX_NEVER: none */
	unsigned left;
	uint64_t relay_ns;   /* it starts again; AX_NEVER */
	uint64_t agent_ns[AGENTS];
	uint64_t self_ns[AGENTS]; /* it has its own name again */
	bool calm;
	uint64_t road_ns;    /* the way to the relay is mended */
	uint64_t memory_ns;  /* there is memory again */
	uint64_t service_ns[AGENTS];
	uint64_t revoked[REVOKED_MAX];
	size_t n_revoked;
	uint64_t count;
} faults;

static uint64_t
soon(uint64_t most_s)
{
	return world_now() + 1 + dice(most_s * AX_NS_PER_S);
}

static unsigned
any_agent(void)
{
	return (unsigned)dice(plan.n_agents);
}

size_t
revoked_list(uint64_t serials[REVOKED_MAX])
{
	for (size_t i = 0; i < faults.n_revoked; i++)
		serials[i] = faults.revoked[i];
	return faults.n_revoked;
}

/* --- the line ---------------------------------------------------------------------- */

/* A first HELLO that comes late takes the place of what the agent has begun since
 * (README): whoever gives one up in a gentle world loses streams.            */
static bool
may_give_up(void)
{
	return !plan.gentle || (plan.relay.lanes == 1 && agents_have_sessions());
}

static void
cut(void)
{
	static const enum cut kinds[] = { CUT_TOLD, CUT_TOLD, CUT_ONE_TOLD,
		CUT_SILENT, CUT_HALF, CUT_PAUSE, CUT_LATE };
	unsigned n = net_tunnels();
	enum cut how = kinds[dice(ARRAY_LEN(kinds))];

	if (n > 0 && (how != CUT_LATE || may_give_up()))
		net_cut((unsigned)dice(n), how);
}

static void
cut_all(void)
{
	while (net_tunnels() > 0)
		net_cut(0, CUT_TOLD);
}

/* One breaks, and those that are to take its place do as well. */
static void
trip(void)
{
	unsigned n = net_tunnels();

	if (!may_give_up())
		return;
	world_say("the next connections break early");
	net_trip(1 + (unsigned)dice(3));
	if (n > 0)
		net_cut((unsigned)dice(n), CUT_TOLD);
}

/* The agent's machine gets another address; it may not notice. */
static void
move(void)
{
	unsigned i = any_agent();

	if (!agents_run(i))
		return;
	world_say("agent %u moves", i);
	agents_readdress(i, chance(60));
}

static void
block_road(void)
{
	world_say("nobody reaches the relay any more");
	plan.tunnel.lost = true;
	while (net_tunnels() > 0)
		net_cut(0, CUT_SILENT);
	faults.road_ns = soon(20);
}

/* --- processes ----------------------------------------------------------------------- */

static void
freeze(void)
{
	struct list *l = list_first(procs());
	uint64_t until = soon(plan.gentle || chance(80) ? 8 : 40);
	unsigned n = 0, at;

	list_foreach(l, procs())
		n++;
	at = (unsigned)dice(n + 1);
	list_foreach(l, procs()) {
		struct proc *p = container_of(l, struct proc, entry);

		if (at-- != 0)
			continue;
		world_say("%s stands still", p->name);
		p->frozen_ns = until;
	}
}

static void
kill_agent(void)
{
	unsigned i = any_agent();

	if (!agents_run(i))
		return;
	world_say("agent %u is killed", i);
	flows_excuse_services(i);
	agents_kill(i);
	faults.agent_ns[i] = soon(chance(70) ? 3 : 30);
}

static void
stop_agent(void)
{
	unsigned i = any_agent();

	if (!agents_run(i))
		return;
	world_say("agent %u is told to stop", i);
	agents_stop(i);
	faults.agent_ns[i] = soon(20);
}

static void
kill_relay(void)
{
	if (relay_side.now == NULL)
		return;
	world_say("the relay is killed");
	flows_excuse_visitors();
	relay_kill();
	faults.relay_ns = soon(chance(70) ? 2 : 15);
}

static void
drain_relay(void)
{
	if (relay_side.now == NULL)
		return;
	world_say("the relay drains");
	relay_drain();
	faults.relay_ns = soon(25);
}

static void
upgrade_relay(void)
{
	if (relay_side.now == NULL)
		return;
	world_say("the relay is upgraded");
	relay_upgrade();
}

/* --- identities ------------------------------------------------------------------------ */

static void
deny_agent(void)
{
	const struct plan_agent *a = &plan.agents[any_agent()];

	world_say("%s/%s is denied", plan_tenant(a->tenant), a->name);
	relay_deny(plan_tenant(a->tenant), a->name);
}

static void
revoke_certificate(void)
{
	if (faults.n_revoked == REVOKED_MAX)
		return;
	faults.revoked[faults.n_revoked++] = plan.agents[any_agent()].serial;
	world_say("certificate %llu is revoked",
	    (unsigned long long)faults.revoked[faults.n_revoked - 1]);
	relay_read_crl();
}

static void
renew(unsigned i)
{
	if (agents_run(i))
		agents_renew(i);
}

static void
renew_certificate(void)
{
	unsigned i = any_agent();

	if (!may_give_up())
		return;
	plan_certify(&plan.agents[i], plan.agents[i].tenant, plan.agents[i].name);
	renew(i);
}

/* It goes on with the keys of its sessions, but as somebody else. */
static void
change_identity(void)
{
	unsigned i = any_agent(), tenant = (unsigned)dice(plan.relay.n_tenants);

	world_say("agent %u becomes somebody of tenant %u", i, tenant);
	plan_certify(&plan.agents[i], tenant,
	    tenant == plan.agents[i].tenant ? "other" : plan.agents[i].name);
	renew(i);
	flows_doubt(i);
	faults.self_ns[i] = soon(10);
}

/* --- the machine -------------------------------------------------------------------------- */

static void
step_clock(void)
{
	world.wall_ms += (int64_t)dice(20000000) - 10000000;
	world_say("the wall clock jumps");
}

static void
lack_memory(void)
{
	struct list *l;

	world_say("memory is short");
	list_foreach(l, procs())
		container_of(l, struct proc, entry)->loaded = chance(40);
	memory_fail((unsigned)(1 + dice(200)));
	faults.memory_ns = soon(3);
}

static void
close_services(void)
{
	unsigned i = any_agent();

	world_say("the services beside agent %u are down", i);
	flows_services(i, false);
	faults.service_ns[i] = soon(5);
}

/* --- when -------------------------------------------------------------------------------- */

static const struct fault {
	void (*happens)(void);
	unsigned weight;
	bool gentle;
} table[] = {
	{ cut, 30, true },
	{ cut_all, 3, true },
	{ trip, 12, true },
	{ move, 8, true },
	{ block_road, 3, true },
	{ freeze, 8, true },
	{ kill_agent, 6, false },
	{ stop_agent, 4, false },
	{ kill_relay, 4, false },
	{ drain_relay, 3, false },
	{ upgrade_relay, 8, true },
	{ deny_agent, 3, false },
	{ revoke_certificate, 3, false },
	{ renew_certificate, 4, true },
	{ change_identity, 4, false },
	{ step_clock, 4, true },
	{ lack_memory, 4, false },
	{ close_services, 3, false },
};

static unsigned
weight(const struct fault *f)
{
	return plan.gentle && !f->gentle ? 0 : f->weight;
}

static void
draw(void)
{
	unsigned sum = 0, at;

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		sum += weight(&table[i]);
	at = (unsigned)dice(sum);
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (at < weight(&table[i])) {
			table[i].happens();
			faults.count++;
			return;
		}
		at -= weight(&table[i]);
	}
}

static void
plan_next(void)
{
	uint64_t now = world_now(), left;

	faults.at_ns = AX_NEVER;
	if (faults.left == 0 || now >= plan.calm_ns)
		return;
	left = plan.calm_ns - now;
	/* Bursts as well: a second fault while the first is being mended. */
	faults.at_ns = now + 1 + dice(chance(35) ? AX_NS_PER_S : left / faults.left + 1);
	faults.left--;
}

void
faults_begin(void)
{
	faults.left = plan.faults;
	faults.relay_ns = faults.road_ns = faults.memory_ns = AX_NEVER;
	for (unsigned i = 0; i < AGENTS; i++)
		faults.agent_ns[i] = faults.self_ns[i] = faults.service_ns[i] = AX_NEVER;
	faults.calm = false;
	faults.n_revoked = 0;
	plan_next();
}

static bool
is_due(uint64_t *at)
{
	if (*at > world_now())
		return false;
	*at = AX_NEVER;
	return true;
}

static bool
mend_agent(unsigned i)
{
	struct plan_agent *a = &plan.agents[i];
	bool any = false;

	if (is_due(&faults.self_ns[i])) {
		plan_certify(a, a->tenant, a->name);
		renew(i);
		any = true;
	}
	if (!agents_run(i) && (faults.calm || is_due(&faults.agent_ns[i]))) {
		agents_start(i);
		any = true;
	}
	if (is_due(&faults.service_ns[i])) {
		flows_services(i, true);
		any = true;
	}
	return any;
}

static void
give_memory(void)
{
	struct list *l;

	memory_fail(0);
	list_foreach(l, procs())
		container_of(l, struct proc, entry)->loaded = false;
}

static bool
mend(void)
{
	bool any = false;

	if (relay_side.now == NULL && (faults.calm || is_due(&faults.relay_ns))) {
		relay_start();
		any = true;
	}
	if (is_due(&faults.road_ns)) {
		plan.tunnel.lost = false;
		any = true;
	}
	if (is_due(&faults.memory_ns)) {
		give_memory();
		any = true;
	}
	for (unsigned i = 0; i < plan.n_agents; i++)
		any |= mend_agent(i);
	return any;
}

bool
faults_turn(void)
{
	bool any = mend();

	if (is_due(&faults.at_ns)) {
		draw();
		plan_next();
		any = true;
	}
	return any;
}

uint64_t
faults_next_ns(void)
{
	uint64_t next = earlier(faults.at_ns, earlier(faults.road_ns, faults.memory_ns));

	if (relay_side.now == NULL)
		next = earlier(next, faults.relay_ns);
	for (unsigned i = 0; i < plan.n_agents; i++) {
		next = earlier(next, earlier(faults.service_ns[i], faults.self_ns[i]));
		if (!agents_run(i))
			next = earlier(next, faults.agent_ns[i]);
	}
	return next;
}

void
faults_stop(void)
{
	struct list *l;
	uint64_t now = world_now();

	faults.at_ns = AX_NEVER;
	faults.left = 0;
	net_trip(0);
	faults.calm = true;
	faults.memory_ns = now;
	faults.road_ns = now;
	for (unsigned i = 0; i < plan.n_agents; i++) {
		faults.service_ns[i] = MIN(faults.service_ns[i], now);
		if (faults.self_ns[i] != AX_NEVER)
			faults.self_ns[i] = now;
	}
	list_foreach(l, procs())
		container_of(l, struct proc, entry)->frozen_ns = 0;
	(void)mend();
	/* Who was refused gets in again. */
	relay_deny(NULL, NULL);
	faults.n_revoked = 0;
	relay_read_crl();
}

uint64_t
faults_count(void)
{
	return faults.count;
}

/* plan.c — draws a run from its seed. Thread: main. */
#include "plan.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "calls.h"
#include "log/log.h"
#include "roads.h"
#include "world.h"

struct plan plan;

static unsigned serials;

static uint64_t
between(uint64_t a, uint64_t b)
{
	return a + dice(b - a + 1);
}

const struct road *
road_to(uint16_t port)
{
	return port == PORT_AGENTS ? &plan.tunnel : &plan.near;
}

static void
draw_roads(void)
{
	static const uint64_t grains_ns[] = { 1, 100 * AX_NS_PER_US,
		AX_NS_PER_MS, 5 * AX_NS_PER_MS };
	static const uint64_t rates[] = { 0, 0, 20000000, 2000000, 400000 };

	plan.grain_ns = grains_ns[dice(ARRAY_LEN(grains_ns))];
	plan.tunnel = (struct road){ .tunnel = true,
		.room = (size_t)between(16 << 10, 512 << 10),
		.pipe = { .delay_ns = between(10, 60000) * AX_NS_PER_US,
		    .jitter_ns = dice(5) * AX_NS_PER_MS,
		    .bytes_per_s = rates[dice(ARRAY_LEN(rates))],
		    .unsent_max = SIZE_MAX, .piece_min = 1, .piece_max = 1 } };
	plan.near = (struct road){ .room = (size_t)between(4 << 10, 128 << 10),
		.pipe = { .delay_ns = between(5, 500) * AX_NS_PER_US,
		    .jitter_ns = between(0, 200) * AX_NS_PER_US,
		    .unsent_max = SIZE_MAX, .piece_min = 1, .piece_max = 1 } };
}

static struct conf_tunnel
draw_tunnel(void)
{
	return (struct conf_tunnel){
		.heartbeat_ms = 5000,
		.dead_after_ms = between(2, 6) * 1000,
		.resume_ms = plan.gentle ? 60000 : chance(8) ? 0 : between(5, 40) * 1000,
		.ring = between(1, 8) * (64 << 10),
		.budget = between(4, 32) * (64 << 10),
		.window = 16384,
	};
}

/* Mostly so large that nobody meets them. */
static struct conf_limits
draw_limits(void)
{
	struct conf_limits l = { .agents = 100, .streams = 1000,
		.memory = UINT64_C(256) << 20 };

	if (!plan.tight)
		return l;
	if (chance(30))
		l.agents = (uint32_t)between(1, 3);
	if (chance(30))
		l.streams = (uint32_t)between(1, 12);
	if (chance(30))
		l.connections_per_second = (uint32_t)between(1, 10);
	if (chance(40))
		l.memory = between(6, 40) * (64 << 10);
	return l;
}

static void
draw_tenant(unsigned i)
{
	static char names[TENANTS][8] = { "red", "green", "blue" };
	struct conf_tenant *t = &plan.tenants[i];

	t->name = names[i];
	t->policy = chance(50) ? CONF_POLICY_NEWEST : CONF_POLICY_LEAST_LOADED;
	t->duplicates = chance(50) ? CONF_DUPLICATES_REPLACE : CONF_DUPLICATES_BALANCE;
	t->limits = draw_limits();
	t->n_services = (size_t)between(1, SERVICES);
	t->services = plan.services[i];
	for (unsigned k = 0; k < t->n_services; k++) {
		char (*text)[24] = plan.names[i][k];

		snprintf(text[0], sizeof(text[0]), "service-%u", k);
		snprintf(text[1], sizeof(text[1]), "127.0.0.1:%u",
		    PORT_PUBLIC + 16 * i + k);
		t->services[k].name = text[0];
		t->services[k].listen = text[1];
	}
}

static void
draw_relay(void)
{
	static char listen[] = "127.0.0.1:8443";
	struct conf_relay *c = &plan.relay;

	plan.gentle = chance(50);
	plan.tight = !plan.gentle && chance(20);
	c->listen = listen;
	c->workers = (uint32_t)between(1, 3);
	c->lanes = (uint32_t)between(1, 3);
	c->drain_ms = between(1, 15) * 1000;
	c->wait_ms = plan.gentle ? 60000 : between(1, 6) * 1000;
	c->limits = draw_limits();
	c->limits.agents = MAX(c->limits.agents, 2);
	c->limits.memory *= 2;
	c->tunnel = draw_tunnel();
	c->tenants = plan.tenants;
	c->n_tenants = (size_t)between(1, TENANTS);
	for (unsigned i = 0; i < c->n_tenants; i++)
		draw_tenant(i);
}

void
plan_certify(struct plan_agent *a, unsigned tenant, const char *name)
{
	a->serial = ++serials;
	snprintf(a->certificate, sizeof(a->certificate), "%s/%s/%u/%lld",
	    plan_tenant(tenant), name, a->serial,
	    (long long)(clock_wall_ms() / 1000));
}

static void
draw_agent(unsigned i)
{
	static char relay[] = "127.0.0.1:8443";
	struct plan_agent *a = &plan.agents[i], *twin = NULL;
	const struct conf_tenant *t;

	/* Every tenant has one, if there are so many. */
	a->tenant = (unsigned)(i < plan.relay.n_tenants ? i :
	    dice(plan.relay.n_tenants));
	for (unsigned k = 0; k < i; k++)
		if (plan.agents[k].tenant == a->tenant && !plan.gentle && chance(30))
			twin = &plan.agents[k];
	if (twin != NULL)
		str_copy(a->name, sizeof(a->name), twin->name);
	else
		snprintf(a->name, sizeof(a->name), "agent-%u", i);
	plan_certify(a, a->tenant, a->name);
	t = &plan.tenants[a->tenant];
	for (unsigned k = 0; k < t->n_services; k++) {
		snprintf(a->targets[k], sizeof(a->targets[k]), "127.0.0.1:%u",
		    PORT_SERVICE + 16 * i + k);
		a->services[k] = (struct conf_target){ .name = t->services[k].name,
			.target = a->targets[k],
			.dial_timeout_ms = between(1, 5) * 1000,
			.max_dials = (uint32_t)between(1, 16) };
	}
	a->relays[0] = relay;
	a->conf = (struct conf_agent){ .relays = a->relays, .n_relays = 1,
		.tunnel = draw_tunnel(), .retry_min_ms = 250,
		.retry_max_ms = between(1, 8) * 1000,
		.lanes = (uint32_t)between(1, 3),
		.max_streams = plan.gentle ? 200 : (uint32_t)between(8, 200),
		.certificate = a->certificate,
		.services = a->services, .n_services = t->n_services,
		.log.level = world.report.verbose ? LOG_DEBUG : -1 };
}

bool
plan_is_strict(void)
{
	return plan.gentle && !calls_are_armed();
}

void
plan_make(void)
{
	uint64_t slowest = 0;
	bool large;

	plan = (struct plan){ 0 };
	serials = 0;
	large = chance(10);
	draw_roads();
	draw_relay();
	/* Small worlds show most of it, and more of them fit into a minute. */
	plan.n_agents = (unsigned)between(plan.relay.n_tenants,
	    large ? AGENTS : plan.relay.n_tenants + 1);
	for (unsigned i = 0; i < plan.n_agents; i++) {
		draw_agent(i);
		slowest = MAX(slowest, plan.agents[i].conf.tunnel.resume_ms +
		    plan.agents[i].conf.retry_max_ms);
	}
	plan.n_flows = (unsigned)between(4, large ? FLOWS : 12);
	plan.calm_ns = between(5, 60) * AX_NS_PER_S;
	plan.faults = (unsigned)between(0, 12);
	/* README: a lost connection is noticed, waited for, dialled anew. */
	plan.heal_ns = (slowest + 40000) * AX_NS_PER_MS;
}

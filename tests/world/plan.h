/* plan.h — who there is in a run, from its seed: tenants, their services and agents,
 * limits, the ways between them, what goes wrong. Immutable but where a fault changes
 * a certificate. Thread: main.                                               */
#ifndef ATLAX_TESTS_WORLD_PLAN_H
#define ATLAX_TESTS_WORLD_PLAN_H

#include "conf/conf.h"
#include "kernel.h"

#define TENANTS 3
#define SERVICES 2 /* of a tenant */
#define AGENTS 8
#define FLOWS 48

struct plan_agent {
	unsigned tenant;
	char name[16]; /* may be that of another agent of its tenant */
	unsigned serial;
	char certificate[160]; /* see tls.c */
	char targets[SERVICES][24];
	char *relays[1];
	struct conf_target services[SERVICES];
	struct conf_agent conf;
};

struct plan {
	struct conf_relay relay;
	struct conf_tenant tenants[TENANTS];
	struct conf_service services[TENANTS][SERVICES];
	char names[TENANTS][SERVICES][2][24]; /* name, listen */
	struct plan_agent agents[AGENTS];
	unsigned n_agents, n_flows;
	struct road tunnel, near;
	uint64_t grain_ns;     /* how late a machine may notice what has come */
	uint64_t calm_ns;      /* no fault begins after it */
	uint64_t heal_ns;      /* the most that everything then takes to come back */
	unsigned faults;       /* how many, until then */
	bool tight;	       /* limits are meant to be hit */
	bool gentle;	       /* nothing happens that a stream does not outlive */
};

extern struct plan plan;

void plan_make(void);
/* Nobody may lose a stream: it is gentle, and no call was made to fail. */
bool plan_is_strict(void);
/* Its next certificate has another number, and is made now. */
void plan_certify(struct plan_agent *a, unsigned tenant, const char *name);
static inline const char *
plan_tenant(unsigned i)
{
	return plan.tenants[i].name;
}

#endif

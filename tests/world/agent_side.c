/* agent_side.c — begin and end of the agents, and what happens to them.
 * Thread: main.                                                              */
#include "agent_side.h"

#include <stdlib.h>

#include "agent/agent.h"
#include "agent/uplink.h"
#include "judge.h"
#include "loop.h"
#include "memory.h"
#include "world.h"

static struct side {
	struct proc *proc; /* NULL: it does not run */
	struct agent *a;
	struct plan_agent *plan;
} sides[AGENTS];

void
agents_begin(void)
{
	for (unsigned i = 0; i < AGENTS; i++)
		sides[i] = (struct side){ .plan = &plan.agents[i] };
}

bool
agents_run(unsigned i)
{
	return sides[i].proc != NULL;
}

bool
agents_have_sessions(void)
{
	for (unsigned i = 0; i < plan.n_agents; i++)
		if (sides[i].proc == NULL || sides[i].a->current == NULL ||
		    !sides[i].a->current->up)
			return false;
	return true;
}

void
agents_start(unsigned i)
{
	struct side *s = &sides[i];
	struct err e;

	s->proc = calloc(1, sizeof(*s->proc));
	proc_begin(s->proc, "agent");
	kernel_run_as(s->proc);
	memory_hold();
	world_check(agent_new(&s->plan->conf, &s->a, &e) == 0,
	    "agent %u does not begin: %s", i, e.text);
	memory_release();
	kernel_run_as(NULL);
}

static void
finish(struct side *s)
{
	kernel_run_as(s->proc);
	memory_hold();
	agent_free(&s->a);
	memory_release();
	kernel_run_as(NULL);
	proc_end(s->proc);
	free(s->proc);
	s->proc = NULL;
}

void
agents_kill(unsigned i)
{
	proc_kill(sides[i].proc);
	finish(&sides[i]);
}

void
agents_stop(unsigned i)
{
	kernel_run_as(sides[i].proc);
	agent_stop(sides[i].a);
	kernel_run_as(NULL);
}

void
agents_renew(unsigned i)
{
	kernel_run_as(sides[i].proc);
	agent_renew(sides[i].a);
	kernel_run_as(NULL);
}

void
agents_readdress(unsigned i, bool told)
{
	struct agent *a = sides[i].a;

	net_strand(sides[i].proc);
	if (told)
		loop_timer_in(a->loop, &a->network.timer, 100 + dice(400));
}

static void
judge(const struct side *s, bool idle)
{
	struct list *e;

	list_foreach(e, &s->a->uplinks)
		judge_session(link_session(container_of(e, struct uplink,
		    entry)->link), &s->plan->conf.tunnel, s->plan->name);
	world_check(s->a->connections <= (idle ? 0 : s->plan->conf.max_streams),
	    "agent %s: %u connections", s->plan->name, s->a->connections);
}

void
agents_judge(bool idle)
{
	for (unsigned i = 0; i < plan.n_agents; i++)
		if (sides[i].proc != NULL)
			judge(&sides[i], idle);
}

bool
agents_turn(void)
{
	bool any = false;

	for (unsigned i = 0; i < plan.n_agents; i++) {
		struct side *s = &sides[i];

		if (s->proc == NULL || !loop_is_stopped(s->a->loop))
			continue;
		finish(s);
		any = true;
	}
	return any;
}

void
agents_end(void)
{
	for (unsigned i = 0; i < plan.n_agents; i++)
		if (sides[i].proc != NULL)
			finish(&sides[i]);
}

/* flows.c — visitors, services, who met whom. Thread: main.
 * Invariant: a service's connection belongs to one visitor of its own tenant and
 * service, and he to no other.                                               */
#include "flows.h"

#include <stdlib.h>

#include "plan.h"
#include "roads.h"
#include "world.h"

#define PROBES 32
#define ANY_TENANT 255 /* the agent is not what it was */
#define SERVED 1024 /* connections of services in a run, at most */

struct visitor {
	struct talker talker;
	uint64_t at_ns;
	bool begun;
};

static struct {
	struct visitor visitors[FLOWS + PROBES];
	unsigned n_visitors;
	struct talker *served[SERVED];
	unsigned n_served;
	unsigned n_come; /* the first so many of the visitors: in order of time */
	struct talker *live[FLOWS + PROBES + SERVED]; /* begun, not over; in no order */
	unsigned n_live;
	int listeners[AGENTS][SERVICES];
	bool doubted[AGENTS];
	bool calm;
} flows;

static void
meet(struct talker *visitor, struct talker *service)
{
	world_check((visitor->self.tenant == service->self.tenant ||
	    service->self.tenant == ANY_TENANT) &&
	    visitor->self.service == service->self.service,
	    "%s has met %s", visitor->text, service->text);
	world_check((visitor->other == NULL || visitor->other == service) &&
	    (service->other == NULL || service->other == visitor),
	    "%s and %s have met others as well", visitor->text, service->text);
	visitor->other = service;
	service->other = visitor;
}

static void
introduced(struct talker *t)
{
	struct talker *o;

	if (t->self.is_visitor) {
		world_check(!t->peer.is_visitor && t->peer.index < flows.n_served,
		    "%s: not a service's introduction", t->text);
		o = flows.served[t->peer.index];
	} else {
		world_check(t->peer.is_visitor && t->peer.index < flows.n_visitors,
		    "%s: not a visitor's introduction", t->text);
		o = &flows.visitors[t->peer.index].talker;
	}
	world_check(t->peer.key == o->self.key, "%s: a foreign key", t->text);
	meet(t->self.is_visitor ? t : o, t->self.is_visitor ? o : t);
}

static void
begin(struct talker *t, int fd)
{
	flows.live[flows.n_live++] = t;
	talker_begin(t, fd);
}

/* --- visitors --------------------------------------------------------------------- */

static void
draw_visitor(unsigned i, unsigned tenant, unsigned service, uint64_t lasts_ns)
{
	struct introduction self = { .is_visitor = 1, .tenant = (uint8_t)tenant,
		.service = (uint8_t)service, .index = i,
		.key = rng_u64(&world.rng) };

	talker_init(&flows.visitors[i].talker, &self, lasts_ns);
	flows.visitors[i].talker.introduced = introduced;
}

static uint64_t
next_visit_ns(void)
{
	return flows.n_come < flows.n_visitors ?
	    flows.visitors[flows.n_come].at_ns : AX_NEVER;
}

static void
come(struct visitor *v)
{
	const struct introduction *s = &v->talker.self;

	v->begun = true;
	begin(&v->talker, net_connect((uint16_t)(PORT_PUBLIC +
	    16 * s->tenant + s->service)));
}

static int
compare_times(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

struct talker *
flows_probe(unsigned tenant, unsigned service)
{
	struct visitor *v = &flows.visitors[flows.n_visitors];

	world_check(flows.n_visitors < FLOWS + PROBES, "too many probes");
	draw_visitor(flows.n_visitors++, tenant, service, AX_NS_PER_S);
	v->at_ns = world_now();
	v->talker.ending = END_FIN;
	v->talker.total = 300;
	talker_hurry(&v->talker);
	return &v->talker;
}

/* --- services ---------------------------------------------------------------------- */

void
flows_services(unsigned agent, bool open)
{
	const struct plan_agent *a = &plan.agents[agent];

	for (unsigned k = 0; k < a->conf.n_services; k++) {
		int *fd = &flows.listeners[agent][k];
		uint16_t port = (uint16_t)(PORT_SERVICE + 16 * agent + k);

		if (open && *fd < 0)
			*fd = net_listen(port, road_to(port));
		if (!open && *fd >= 0) {
			net_close(*fd);
			*fd = -1;
		}
	}
}

static void
serve(unsigned agent, unsigned service, int fd)
{
	struct introduction self = { .tenant = flows.doubted[agent] ? ANY_TENANT :
		(uint8_t)plan.agents[agent].tenant,
		.service = (uint8_t)service, .agent = (uint8_t)agent,
		.index = flows.n_served, .key = rng_u64(&world.rng) };
	struct talker *t = calloc(1, sizeof(*t));

	world_check(flows.n_served < SERVED, "too many connections to services");
	flows.served[flows.n_served++] = t;
	talker_init(t, &self, flows.calm ? AX_NS_PER_S : plan.calm_ns);
	t->introduced = introduced;
	if (flows.calm) {
		t->ending = END_FIN;
		t->total = MIN(t->total, 3000);
		talker_hurry(t);
	}
	begin(t, fd);
}

static bool
accept_all(void)
{
	bool any = false;
	int fd;

	for (unsigned i = 0; i < plan.n_agents; i++)
		for (unsigned k = 0; k < SERVICES; k++)
			while (flows.listeners[i][k] >= 0 &&
			    (fd = net_accept(flows.listeners[i][k])) >= 0) {
				serve(i, k, fd);
				any = true;
			}
	return any;
}

/* --- all ----------------------------------------------------------------------------- */

void
flows_begin(void)
{
	uint64_t at_ns[FLOWS];

	flows.n_served = flows.n_live = flows.n_come = 0;
	flows.calm = false;
	flows.n_visitors = plan.n_flows;
	for (unsigned i = 0; i < plan.n_flows; i++)
		at_ns[i] = dice(plan.calm_ns);
	qsort(at_ns, plan.n_flows, sizeof(at_ns[0]), compare_times);
	for (unsigned i = 0; i < plan.n_flows; i++) {
		unsigned tenant = (unsigned)dice(plan.relay.n_tenants);

		flows.visitors[i] = (struct visitor){ .at_ns = at_ns[i] };
		draw_visitor(i, tenant,
		    (unsigned)dice(plan.tenants[tenant].n_services),
		    plan.calm_ns - at_ns[i]);
	}
	for (unsigned i = plan.n_flows; i < FLOWS + PROBES; i++)
		flows.visitors[i] = (struct visitor){ 0 };
	for (unsigned i = 0; i < AGENTS; i++)
		flows.doubted[i] = false;
	for (unsigned i = 0; i < AGENTS; i++)
		for (unsigned k = 0; k < SERVICES; k++)
			flows.listeners[i][k] = -1;
	for (unsigned i = 0; i < plan.n_agents; i++)
		flows_services(i, true);
}

bool
flows_turn(void)
{
	bool any = accept_all();

	for (; next_visit_ns() <= world_now(); any = true)
		come(&flows.visitors[flows.n_come++]);
	for (unsigned i = 0; i < flows.n_live; i++) {
		any |= talker_turn(flows.live[i]);
		if (talker_is_over(flows.live[i]))
			flows.live[i--] = flows.live[--flows.n_live];
	}
	return any;
}

uint64_t
flows_next_ns(void)
{
	uint64_t next = next_visit_ns();

	for (unsigned i = 0; i < flows.n_live; i++)
		next = earlier(next, talker_next_ns(flows.live[i]));
	return next;
}

void
flows_excuse_visitors(void)
{
	for (unsigned i = 0; i < flows.n_visitors; i++)
		flows.visitors[i].talker.excused |= flows.visitors[i].begun;
}

void
flows_excuse_services(unsigned agent)
{
	for (unsigned i = 0; i < flows.n_served; i++)
		flows.served[i]->excused |= flows.served[i]->self.agent == agent;
}

void
flows_doubt(unsigned agent)
{
	flows.doubted[agent] = true;
}

void
flows_calm(void)
{
	flows.calm = true;
	for (unsigned i = 0; i < flows.n_visitors; i++)
		talker_hurry(&flows.visitors[i].talker);
	for (unsigned i = 0; i < flows.n_served; i++)
		talker_hurry(flows.served[i]);
	for (unsigned i = 0; i < plan.n_agents; i++)
		flows_services(i, true);
}

bool
flows_are_over(unsigned *left)
{
	*left = 0;
	for (unsigned i = 0; i < flows.n_visitors; i++)
		*left += !flows.visitors[i].begun ||
		    !talker_is_over(&flows.visitors[i].talker);
	for (unsigned i = 0; i < flows.n_served; i++)
		*left += !talker_is_over(flows.served[i]);
	return *left == 0;
}

static void
name_stuck(const struct talker *t)
{
	if (!talker_is_over(t))
		fprintf(stderr, "%s: sent %llu of %llu%s, received %llu%s; met %s\n",
		    t->text, (unsigned long long)t->sent,
		    (unsigned long long)t->total, t->fin_sent ? " and FIN" : "",
		    (unsigned long long)t->received, t->fin_seen ? " and FIN" : "",
		    t->other == NULL ? "nobody" : t->other->text);
}

void
flows_name_stuck(void)
{
	for (unsigned i = 0; i < flows.n_visitors; i++)
		if (flows.visitors[i].begun)
			name_stuck(&flows.visitors[i].talker);
	for (unsigned i = 0; i < flows.n_served; i++)
		name_stuck(flows.served[i]);
}

static void
count(const struct talker *t, struct flow_counts *n)
{
	n->content += t->self.is_visitor && talker_is_content(t);
	n->reset += t->reset_seen;
	n->bytes += t->received;
}

void
flows_count(struct flow_counts *n)
{
	*n = (struct flow_counts){ .begun = 0 };
	for (unsigned i = 0; i < flows.n_visitors; i++) {
		n->begun += flows.visitors[i].begun;
		count(&flows.visitors[i].talker, n);
	}
	for (unsigned i = 0; i < flows.n_served; i++)
		count(flows.served[i], n);
}

void
flows_end(void)
{
	for (unsigned i = 0; i < plan.n_agents; i++)
		flows_services(i, false);
	for (unsigned i = 0; i < flows.n_visitors; i++)
		if (flows.visitors[i].begun)
			talker_end(&flows.visitors[i].talker);
	for (unsigned i = 0; i < flows.n_served; i++) {
		talker_end(flows.served[i]);
		free(flows.served[i]);
	}
	flows.n_served = 0;
}

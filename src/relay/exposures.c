/* exposures.c — ports that agents open.
 * Thread: worker for the first part, control for the rest.
 * Invariant: a granted place has an open port exactly if it has an owner (by),
 * an agent that its grant covers; nobody else's tunnel is in the tenant table
 * as lending it. A listener is closed, and its place taken again, only when
 * every worker has said that it does not look at it. */
#include "relay/exposures.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/frost.h"
#include "conf/grant.h"
#include "io/sock.h"
#include "parse/identity.h"
#include "proto/session_expose.h"

#define OWN_CHOICE_MIN 1024 /* no lower port unless it is asked for by number \
			     */
#define SHOWN_MAX 80        /* of the grants, in a refusal */

/* Whose a granted port is; and what is left of it, until its listener is
 * closed. */
struct exposure {
	struct list
	    link; /* relay's resting; or lost, when a reload took the port */
	struct tunnel_ref tunnel; /* where it was asked for last */
	struct service_ref at;
	struct lane lane; /* of which process of which agent */
	uint16_t id, port;
	int fd;           /* resting: the listener */
	unsigned missing; /* resting: workers */
};

struct told {
	uint16_t id, why, port;
	char text[AX_EXPOSED_TEXT_MAX + 1];
};

struct exposing_job {
	struct tunnel_ref tunnel;
	uint32_t tenant;
	struct lane lane;
	size_t n, n_told;
	struct session_expose want[AX_EXPOSES_MAX];
	struct told told[AX_EXPOSES_MAX];
};

void
exposing_drop(struct exposing_job **job)
{
	free(*job);
	*job = NULL;
}

/* --- the worker ------------------------------------------------------------ */

void
exposures_ask(struct tunnel *t, struct slice entries)
{
	struct worker *w = t->worker;
	struct msg m = {.type = MSG_EXPOSE, .tunnel = t->ref};
	struct exposing_job *job;

	if (!t->announced || t->lane.index != 0)
		return;
	job = calloc(1, sizeof(*job));
	m.u.exposing = job;
	if (job != NULL) {
		job->tunnel = t->ref;
		job->tenant = t->tenant;
		job->lane = t->lane;
		while (job->n < AX_EXPOSES_MAX &&
		       session_expose_next(&entries, &job->want[job->n]))
			job->n++;
	}
	if (job == NULL || mailbox_send(w->box, w->control, &m) < 0) {
		/* It asks again when there is no answer. */
		exposing_drop(&m.u.exposing);
		log_warn(w->log, "no memory for what an agent wants exposed",
		    LOG_STR("agent", t->lane.agent));
	}
}

void
exposures_answer(struct worker *w, struct exposing_job *job)
{
	struct tunnel *t = tunnel_find(w, job->tunnel);
	struct session_exposed list[AX_EXPOSES_MAX];

	for (size_t i = 0; i < job->n_told; i++) {
		const struct told *x = &job->told[i];

		list[i] = (struct session_exposed){.id = x->id,
		    .why = x->why,
		    .port = x->port,
		    .text = slice_str(x->text)};
	}
	if (t != NULL && t->up) {
		if (session_exposed(link_session(t->link), list, job->n_told) <
		    0)
			log_warn(w->log, "no memory for an answer",
			    LOG_STR("agent", t->lane.agent));
		link_kick(t->link);
	}
	exposing_drop(&job);
}

/* --- answers --------------------------------------------------------------- */

static struct told *
tell(struct exposing_job *job, uint16_t id, uint16_t why, uint16_t port)
{
	size_t at = job->n_told;

	ax_assert(job->n_told < AX_EXPOSES_MAX);
	for (; at > 0 && job->told[at - 1].id > id; at--)
		job->told[at] = job->told[at - 1];
	job->n_told++;
	job->told[at] = (struct told){.id = id, .why = why, .port = port};
	return &job->told[at];
}

static void
refuse(struct relay *r, struct exposing_job *job, uint16_t id, uint16_t why,
    const char *text)
{
	struct told *x = tell(job, id, why, 0);

	(void)str_copy(x->text, sizeof(x->text), text);
	log_info(r->log, "not exposed",
	    LOG_STR("tenant", tenants_conf(r->tenants, job->tenant)->name),
	    LOG_STR("agent", job->lane.agent), LOG_STR("reason", text));
}

static void
refuse_grant(
    struct relay *r, struct exposing_job *job, const struct session_expose *x)
{
	const struct conf_tenant *t = tenants_conf(r->tenants, job->tenant);
	char mem[AX_EXPOSED_TEXT_MAX + 1], shown[SHOWN_MAX];
	struct str s, g;

	str_init(&g, shown, sizeof(shown));
	grant_show(t, job->lane.agent, &g);
	str_init(&s, mem, sizeof(mem));
	if (x->port != 0)
		str_fmt(&s, "port %u is not granted; ", x->port);
	str_fmt(&s,
	    "granted: %s; the relay's operator grants more by "
	    "tenants[].grants in relay.yaml and atlax apply",
	    shown);
	refuse(r, job, x->id, AX_EXPOSE_GRANT, mem);
}

/* The list starts with what the agent has. */
static void
tell_owned(struct relay *r, struct exposing_job *job)
{
	for (size_t i = 0; i < r->n_ports; i++) {
		const struct public_port *p = &r->ports[i];
		struct told *x;

		if (p->at.tenant != job->tenant || p->by == NULL ||
		    !lane_is_sister(&p->by->lane, &job->lane))
			continue;
		x = tell(job, p->by->id, 0, p->by->port);
		(void)str_copy(x->text, sizeof(x->text), p->listen);
	}
}

/* Without memory or room the agent asks again. */
static void
send_answer(struct relay *r, struct exposing_job *job)
{
	struct msg m = {.type = MSG_EXPOSED, .tunnel = job->tunnel};

	m.u.exposing = job;
	if (mailbox_send(r->box, job->tunnel.worker, &m) < 0)
		exposing_drop(&job);
}

/* --- ports ----------------------------------------------------------------- */

static const struct conf_service *
place_of(const struct conf_relay *c, struct service_ref at)
{
	return &c->tenants[at.tenant].services[at.service];
}

static bool
is_resting(const struct relay *r, struct service_ref at)
{
	struct list *e;

	list_foreach (e, &r->resting) {
		const struct exposure *x =
		    container_of(e, struct exposure, link);

		if (x->at.tenant == at.tenant && x->at.service == at.service)
			return true;
	}
	return false;
}

/* No tunnel lends it any more, whatever it said. */
static void
clear_offers(struct relay *r, struct service_ref at)
{
	struct msg evict = { .type = MSG_TUNNEL_EVICT, .code = AX_WIRE_RESOURCE };
	const struct agent_entry *e;
	size_t i = 0;

	while ((e = tenants_agent(r->tenants, at.tenant, &i)) != NULL) {
		struct service_set offers = e->offers, healthy = e->healthy;
		int rc;

		if (!service_set_has(&offers, at.service))
			continue;
		service_set_drop(&offers, at.service);
		service_set_drop(&healthy, at.service);
		evict.tunnel = e->ref;
		rc = tenants_offer(r->tenants, at.tenant, e->ref, &offers, &healthy);
		if (rc == 0)
			i = 0; /* another set may have them at other places */
		else if (rc == AX_E_NOMEM)
			control_tell(r, evict.tunnel.worker, &evict);
	}
	loop_defer(r->loop, &r->reclaim);
}

static void
log_port(struct relay *r, const char *what, const struct public_port *p,
    const struct exposure *by)
{
	log_info(r->log, what,
	    LOG_STR("tenant", tenants_conf(r->tenants, p->at.tenant)->name),
	    LOG_STR("agent", by->lane.agent), LOG_STR("listen", p->listen));
}

/* Its owner does not want it, or is gone. */
static void
give_back(struct relay *r, struct public_port *p)
{
	struct msg m = {.type = MSG_LISTEN_CLOSE};
	struct exposure *x = p->by;

	log_port(r, "not exposed any more", p, x);
	clear_offers(r, p->at);
	/* Another process may have it, too. */
	if (r->upgrade == NULL && r->heir == NULL)
		sock_deafen(p->fd);
	x->fd = m.u.listen.fd = p->fd;
	x->missing = r->n_workers;
	list_add(&r->resting, &x->link);
	m.u.listen.at = p->at;
	control_tell_all(r, &m);
	p->by = NULL;
	p->fd = -1;
	p->attached = 0;
	p->listen[0] = '\0';
}

void
exposures_closed(struct relay *r, const struct msg *m)
{
	struct list *e, *tmp;

	list_foreach_safe (e, tmp, &r->resting) {
		struct exposure *x = container_of(e, struct exposure, link);

		if (x->fd != m->u.listen.fd || --x->missing > 0)
			continue;
		list_del(&x->link);
		sock_close(&x->fd);
		free(x);
	}
}

/* --- judging --------------------------------------------------------------- */

static bool
is_alive(const struct relay *r, const struct exposure *by)
{
	return tenants_has_agent(r->tenants, by->at.tenant, &by->lane, false);
}

/* A newer process of the same agent goes on with what the older one had, as it
 * does with its name; unless both may be there. */
static bool
may_take_over(
    const struct relay *r, const struct exposure *by, const struct lane *lane)
{
	return strcmp(by->lane.agent, lane->agent) == 0 &&
	       !lane_is_sister(&by->lane, lane) &&
	       (!is_alive(r, by) ||
		   tenants_conf(r->tenants, by->at.tenant)->duplicates ==
		       CONF_DUPLICATES_REPLACE);
}

static bool
own(struct relay *r, struct public_port *p, const struct exposing_job *job,
    uint16_t id)
{
	struct addr bound;

	if (p->by != NULL)
		clear_offers(r, p->at); /* the older process's */
	else if ((p->by = calloc(1, sizeof(*p->by))) == NULL)
		return false;
	*p->by = (struct exposure){
	    .tunnel = job->tunnel, .at = p->at, .lane = job->lane, .id = id};
	list_init(&p->by->link);
	if (sock_local(p->fd, &bound) == 0)
		p->by->port = addr_port(&bound);
	log_port(r, "exposed", p, p->by);
	return true;
}

/* Fails: with a sentence in e. */
static int
open_port(struct relay *r, struct public_port *p,
    const struct exposing_job *job, uint16_t id, struct err *e)
{
	int rc = control_open_port(r->conf, p, e);

	if (rc < 0)
		return rc;
	if (!own(r, p, job, id)) {
		sock_close(&p->fd);
		return err_set(e, AX_E_NOMEM, "the relay has no memory for it");
	}
	control_attach_new(r, p);
	return 0;
}

static struct public_port *
find_port(struct relay *r, uint32_t tenant, uint16_t port)
{
	char name[GRANT_NAME_MAX];
	int k;

	grant_name(port, name);
	k = tenants_service(r->tenants, tenant, slice_str(name));
	for (size_t i = 0; k >= 0 && i < r->n_ports; i++) {
		struct public_port *p = &r->ports[i];

		if (p->at.tenant == tenant && p->at.service == (uint32_t)k)
			return p;
	}
	return NULL;
}

static void
judge_port(
    struct relay *r, struct exposing_job *job, const struct session_expose *x)
{
	struct public_port *p = find_port(r, job->tenant, x->port);
	char mem[AX_EXPOSED_TEXT_MAX + 1];
	struct str s;
	struct err e;

	if (p == NULL ||
	    !grant_covers(place_of(r->conf, p->at), job->lane.agent)) {
		refuse_grant(r, job, x);
	} else if (p->by != NULL && !may_take_over(r, p->by, &job->lane)) {
		str_init(&s, mem, sizeof(mem));
		str_fmt(&s, "port %u is taken by agent %s; ask for another",
		    x->port, p->by->lane.agent);
		refuse(r, job, x->id, AX_EXPOSE_TAKEN, mem);
	} else if (is_resting(r, p->at)) {
		refuse(
		    r, job, x->id, AX_EXPOSE_BUSY, "the port is being closed");
	} else if (p->by != NULL) {
		(void)own(r, p, job, x->id);
	} else if (open_port(r, p, job, x->id, &e) < 0) {
		refuse(r, job, x->id, AX_EXPOSE_FAILED, e.text);
	}
}

/* The first that can be had. */
static void
judge_any(
    struct relay *r, struct exposing_job *job, const struct session_expose *x)
{
	bool granted = false;
	struct err e;

	for (size_t i = 0; i < r->n_ports; i++) {
		struct public_port *p = &r->ports[i];
		const struct conf_service *s;
		struct grant_ports at;

		if (p->at.tenant != job->tenant)
			continue;
		s = place_of(r->conf, p->at);
		if (!grant_covers(s, job->lane.agent) ||
		    grant_read(s->listen, &at, NULL) < 0 ||
		    at.first < OWN_CHOICE_MIN)
			continue;
		granted = true;
		if (p->by == NULL && !is_resting(r, p->at) &&
		    open_port(r, p, job, x->id, &e) == 0)
			return;
	}
	if (granted)
		refuse(r, job, x->id, AX_EXPOSE_TAKEN,
		    "all ports that are granted "
		    "are in use; the relay's operator grants more in "
		    "relay.yaml");
	else
		refuse_grant(r, job, x);
}

static const struct session_expose *
find_want(const struct exposing_job *job, const struct exposure *by)
{
	for (size_t i = 0; i < job->n; i++) {
		const struct session_expose *x = &job->want[i];

		if (x->id == by->id && (x->port == 0 || x->port == by->port))
			return x;
	}
	return NULL;
}

/* What the process has already: true if x is that. */
static bool
has_already(struct relay *r, const struct exposing_job *job,
    const struct session_expose *x)
{
	for (size_t i = 0; i < r->n_ports; i++) {
		struct exposure *by = r->ports[i].by;

		if (by == NULL || by->at.tenant != job->tenant ||
		    by->id != x->id || !lane_is_sister(&by->lane, &job->lane))
			continue;
		by->tunnel = job->tunnel;
		return true;
	}
	return false;
}

static void
give_back_unwanted(struct relay *r, const struct exposing_job *job)
{
	for (size_t i = 0; i < r->n_ports; i++) {
		struct public_port *p = &r->ports[i];

		if (p->by != NULL && p->at.tenant == job->tenant &&
		    lane_is_sister(&p->by->lane, &job->lane) &&
		    find_want(job, p->by) == NULL)
			give_back(r, p);
	}
}

void
exposures_judge(struct relay *r, struct exposing_job *job)
{
	if (r->draining) {
		exposing_drop(&job);
		return;
	}
	give_back_unwanted(r, job);
	for (size_t i = 0; i < job->n; i++) {
		const struct session_expose *x = &job->want[i];

		if (has_already(r, job, x))
			continue;
		/* The other process, or the next configuration, has its own
		 * ports. */
		if (r->upgrade != NULL || r->reload != NULL)
			refuse(r, job, x->id, AX_EXPOSE_BUSY,
			    "the relay is changing");
		else if (x->port != 0)
			judge_port(r, job, x);
		else
			judge_any(r, job, x);
	}
	tell_owned(r, job);
	send_answer(r, job);
}

/* --- what changes elsewhere ------------------------------------------------ */

void
exposures_mask(struct relay *r, uint32_t tenant, struct tunnel_ref ref,
    struct service_set *set)
{
	const struct agent_entry *e = NULL;

	if (tenants_conf(r->tenants, tenant)->n_grants == 0)
		return;
	for (size_t i = 0; (e = tenants_agent(r->tenants, tenant, &i)) != NULL;) {
		if (tunnel_ref_eq(e->ref, ref))
			break;
	}
	for (size_t i = 0; i < r->n_ports; i++) {
		const struct public_port *p = &r->ports[i];
		unsigned k = p->at.service;

		if (p->at.tenant == tenant &&
		    place_of(r->conf, p->at)->grant != NULL &&
		    (e == NULL || p->by == NULL ||
			!lane_is_sister(&p->by->lane, &e->lane)))
			service_set_drop(set, k);
	}
}

void
exposures_down(struct relay *r, uint32_t tenant)
{
	for (size_t i = 0; i < r->n_ports && !r->draining; i++) {
		struct public_port *p = &r->ports[i];

		if (p->by != NULL && p->at.tenant == tenant &&
		    !is_alive(r, p->by))
			give_back(r, p);
	}
}

bool
exposures_may_stay(const struct public_port *p, const struct conf_relay *next)
{
	return p->by == NULL ||
	       grant_covers(place_of(next, p->at), p->by->lane.agent);
}

void
exposures_lose(struct relay *r, struct public_port *p)
{
	if (p->by == NULL)
		return;
	log_port(r, "exposed no longer: its grant was taken back", p, p->by);
	clear_offers(r, p->at);
	list_add(&r->lost, &p->by->link);
	p->by = NULL;
}

/* Each who lost something gets one list. */
static void
tell_loser(struct relay *r, const struct exposure *first)
{
	struct exposing_job *job = calloc(1, sizeof(*job));
	struct list *e, *tmp;
	struct lane lane = first->lane;

	if (job != NULL) {
		job->tunnel = first->tunnel;
		job->tenant = first->at.tenant;
		job->lane = lane;
		tell_owned(r, job);
	}
	list_foreach_safe (e, tmp, &r->lost) {
		struct exposure *x = container_of(e, struct exposure, link);

		if (!lane_is_sister(&x->lane, &lane))
			continue;
		if (job != NULL)
			refuse(r, job, x->id, AX_EXPOSE_WITHDRAWN,
			    "the relay's "
			    "operator has taken the grant back");
		list_del(&x->link);
		free(x);
	}
	if (job != NULL)
		send_answer(r, job);
}

void
exposures_tell_lost(struct relay *r)
{
	struct list *e;

	while ((e = list_first(&r->lost)) != NULL)
		tell_loser(r, container_of(e, struct exposure, link));
}

/* --- from one process to the next ------------------------------------------ */

static void
describe(struct frost *f, struct relay *r, struct exposure *x)
{
	char tenant[IDENTITY_LABEL_MAX + 1] = "";

	if (!frost_reads(f))
		str_copy(tenant, sizeof(tenant),
		    tenants_conf(r->tenants, x->at.tenant)->name);
	frost_text(f, tenant, sizeof(tenant));
	frost_text(f, x->lane.agent, sizeof(x->lane.agent));
	frost_copy(f, x->lane.instance, sizeof(x->lane.instance));
	frost_u16(f, &x->id);
	frost_u16(f, &x->port);
	if (frost_reads(f)) {
		int i = tenants_index(r->tenants, tenant);

		x->at.tenant = i < 0 ? UINT32_MAX : (uint32_t)i;
	}
}

/* What cannot be had here is left out: the agent asks again. */
static void
take(struct relay *r, const struct exposure *x)
{
	struct public_port *p = x->at.tenant == UINT32_MAX
				    ? NULL
				    : find_port(r, x->at.tenant, x->port);
	const struct agent_entry *e;

	if (p == NULL || p->fd < 0 || p->by != NULL ||
	    !grant_covers(place_of(r->conf, p->at), x->lane.agent))
		return;
	for (size_t i = 0;
	     (e = tenants_agent(r->tenants, p->at.tenant, &i)) != NULL;) {
		if (!lane_is_sister(&e->lane, &x->lane))
			continue;
		p->by = calloc(1, sizeof(*p->by));
		if (p->by == NULL)
			return;
		*p->by = *x;
		list_init(&p->by->link);
		p->by->at = p->at;
		p->by->tunnel = e->ref;
		return;
	}
}

void
exposures_frost(struct relay *r, struct frost *f)
{
	uint64_t n = 0;

	for (size_t i = 0; i < r->n_ports && !frost_reads(f); i++)
		n += r->ports[i].by != NULL;
	frost_u64(f, &n);
	for (size_t i = 0; i < r->n_ports && !frost_reads(f); i++) {
		if (r->ports[i].by != NULL)
			describe(f, r, r->ports[i].by);
	}
	for (; frost_reads(f) && n > 0 && !f->bad; n--) {
		struct exposure x = {.id = 0};

		describe(f, r, &x);
		if (!f->bad)
			take(r, &x);
	}
}

void
exposures_settle(struct relay *r)
{
	for (size_t i = 0; i < r->n_ports; i++) {
		struct public_port *p = &r->ports[i];

		if (p->fd < 0 || p->by != NULL ||
		    place_of(r->conf, p->at)->grant == NULL)
			continue;
		p->by = calloc(1, sizeof(*p->by));
		if (p->by == NULL)
			continue; /* nobody lends it */
		*p->by = (struct exposure){.at = p->at};
		list_init(&p->by->link);
		give_back(r, p);
	}
}

void
exposures_end(struct relay *r)
{
	struct list *e;

	for (size_t i = 0; i < r->n_ports; i++)
		free(r->ports[i].by);
	while ((e = list_pop(&r->resting)) != NULL) {
		struct exposure *x = container_of(e, struct exposure, link);

		sock_close(&x->fd);
		free(x);
	}
}

/* status.c — gathering what the workers know.
 * Thread: control, except status_fill (worker).
 * Invariant: a query waits for one part per worker; a part is touched by one
 * thread at a time, whoever holds the message with it. Queries that are open at
 * the end are answered with a failure by admin_free and freed here.          */
#include "relay/status.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/live.h"
#include "admin/remote.h"
#include "atlax/version.h"
#include "base/str.h"
#include "base/clock.h"
#include "io/sock.h"
#include "proto/session_trust.h"
#include "relay/anchors.h"
#include "relay/audit.h"
#include "relay/carried.h"
#include "relay/enrolment.h"
#include "relay/heir.h"
#include "relay/kick.h"
#include "relay/operators.h"
#include "relay/quotas.h"
#include "relay/reload.h"
#include "relay/revoke.h"
#include "relay/seen.h"
#include "relay/tunnel.h"
#include "relay/upgrade.h"

struct status_tunnel {
	uint32_t tenant, worker;
	struct lane lane;
	char address[ADDR_TEXT_MAX], cipher[64], software[33];
	char issued_by[IDENTITY_LABEL_MAX + 1];
	uint64_t trusted; /* sequence of its trust bundle */
	uint64_t rtt_us, uptime_s, streams, bytes_in, bytes_out, replay_bytes;
	bool connected;
	uint64_t away_s;
	int64_t not_after;
	struct service_set offers, healthy, unproven;
};

struct status_part {
	struct status_query *query;
	bool failed; /* no memory */
	uint64_t agents_refused, bans;
	struct timings timings;
	struct admin_worker worker;
	size_t n;
	struct status_tunnel *tunnels;
};

struct status_query {
	struct list entry;
	struct admin_request *req;
	unsigned missing;
	struct status_part parts[RELAY_WORKERS_MAX];
};

/* A way to ask: the Unix socket, and TCP if it is wanted. */
struct door {
	struct status_service *service;
	struct admin *admin; /* NULL: not open */
	struct watch watch;
	struct wheel_timer timer;
};

struct status_service {
	struct relay *relay;
	struct door local, tcp, web, remote;
	struct dashboard *dashboard; /* NULL: there is none */
	struct list queries;
};

/* --- a worker's share -------------------------------------------------------- */

static void
fill_tunnel(struct worker *w, struct tunnel *t, struct status_tunnel *a)
{
	uint64_t now = loop_now(w->loop), since = link_away_since_ns(t->link);
	struct session_stats s;

	session_stats(link_session(t->link), &s);
	a->tenant = t->tenant;
	a->worker = w->index;
	a->lane = t->lane;
	str_copy(a->cipher, sizeof(a->cipher), link_cipher(t->link));
	str_copy(a->software, sizeof(a->software), t->software);
	addr_format(link_peer_addr(t->link), a->address);
	a->rtt_us = s.rtt_us;
	a->uptime_s = (now - link_up_since_ns(t->link)) / AX_NS_PER_S;
	a->connected = since == 0;
	a->away_s = since == 0 ? 0 : (now - since) / AX_NS_PER_S;
	a->streams = atomic_load_explicit(t->load, memory_order_relaxed);
	a->bytes_in = s.data_received;
	a->bytes_out = s.data_sent;
	a->replay_bytes = s.ring_bytes;
	a->not_after = link_peer(t->link)->id.not_after;
	str_copy(a->issued_by, sizeof(a->issued_by), link_peer(t->link)->id.issued_by);
	a->trusted = session_trusted(link_session(t->link));
	a->offers = t->offers;
	a->healthy = t->healthy;
	a->unproven = t->unproven;
}

void
status_fill(struct worker *w, struct status_part *part)
{
	struct msg m = { .type = MSG_STATUS_PART, .u.part = part };
	struct list *e;
	size_t n = 0;

	list_foreach(e, &w->tunnels)
		n++;
	part->tunnels = calloc(n + 1, sizeof(*part->tunnels));
	part->failed = part->tunnels == NULL;
	part->worker.index = w->index;
	part->worker.loop_turns = worker_turns(w);
	part->worker.busy = worker_busy(w);
	part->agents_refused = w->agents_refused;
	part->bans = w->refused.bans;
	part->timings = w->timings;
	list_foreach(e, &w->tunnels) {
		struct tunnel *t = container_of(e, struct tunnel, entry);
		struct status_tunnel *a;

		if (part->failed || !t->up)
			continue;
		a = &part->tunnels[part->n++];
		fill_tunnel(w, t, a);
		part->worker.sessions++;
		part->worker.streams += a->streams;
		part->worker.bytes_in += a->bytes_in;
		part->worker.bytes_out += a->bytes_out;
	}
	worker_tell_control(w, &m);
}

/* --- the whole ------------------------------------------------------------------ */

/* Everything that an answer points at, allocated for it. */
struct answer {
	struct admin_status status;
	struct admin_worker workers[RELAY_WORKERS_MAX];
	struct admin_tenant *tenants;
	struct admin_service *services; /* of all tenants */
	const struct status_tunnel **tunnels; /* of all, sorted; in the parts */
	size_t n_tunnels;
	struct admin_agent *agents;
	struct admin_lane *lanes;
	struct admin_health *healths;
	struct admin_agent *offs;
};

static void
answer_free(struct answer *a)
{
	if (a == NULL)
		return;
	free(a->tenants);
	free(a->services);
	free(a->tunnels);
	free(a->agents);
	free(a->lanes);
	free(a->healths);
	free(a->offs);
	free(a);
}

/* By tenant, agent and lane. */
static int
compare_tunnels(const void *x, const void *y)
{
	const struct status_tunnel *a = *(const struct status_tunnel *const *)x;
	const struct status_tunnel *b = *(const struct status_tunnel *const *)y;
	int c;

	if (a->tenant != b->tenant)
		return a->tenant < b->tenant ? -1 : 1;
	c = strcmp(a->lane.agent, b->lane.agent);
	if (c == 0)
		c = memcmp(a->lane.instance, b->lane.instance,
		    sizeof(a->lane.instance));
	return c != 0 ? c : (int)a->lane.index - (int)b->lane.index;
}

/* What each agent lends of the tenant's services. Returns how many were set. */
static size_t
fill_health(const struct conf_tenant *c, const struct status_tunnel *a,
    struct admin_health *out)
{
	size_t n = 0;

	for (unsigned i = 0; i < c->n_services; i++) {
		if (!service_set_has(&a->offers, i))
			continue;
		out[n].service = c->services[i].name;
		out[n].unproven = service_set_has(&a->unproven, i);
		out[n++].ok = service_set_has(&a->healthy, i);
	}
	return n;
}

static void
add_lane(struct admin_agent *a, struct admin_lane *lane,
    const struct status_tunnel *t)
{
	*lane = (struct admin_lane){ .lane = t->lane.index, .worker = t->worker,
		.rtt_us = t->rtt_us, .streams = t->streams,
		.bytes_in = t->bytes_in, .bytes_out = t->bytes_out,
		.connected = t->connected, .away_s = t->away_s };
	a->connected = a->connected || t->connected;
	a->away_s = a->connected ? 0 :
	    a->n_lanes == 0	 ? t->away_s : MIN(a->away_s, t->away_s);
	a->n_lanes++;
	a->uptime_s = MAX(a->uptime_s, t->uptime_s);
	a->streams += t->streams;
	a->bytes_in += t->bytes_in;
	a->bytes_out += t->bytes_out;
	a->replay_bytes += t->replay_bytes;
}

/* What is left of an answer's arrays. */
struct rest {
	const struct status_tunnel **tunnels, **end;
	struct admin_agent *agents;
	struct admin_lane *lanes;
	struct admin_health *healths;
	struct admin_agent *offs;
};

/* The agent whose first lane is the next tunnel. */
static void
fill_agent(const struct conf_tenant *c, struct rest *rest)
{
	const struct status_tunnel *first = *rest->tunnels;
	struct admin_agent *a = rest->agents++;

	*a = (struct admin_agent){ .agent = first->lane.agent,
		.address = first->address, .worker = first->worker,
		.rtt_us = first->rtt_us,
		.cipher = first->cipher, .software = first->software,
		.not_after = first->not_after, .issued_by = first->issued_by,
		.trusted = first->trusted, .lanes = rest->lanes,
		.services_health = rest->healths };
	a->n_services_health = fill_health(c, first, rest->healths);
	rest->healths += a->n_services_health;
	while (rest->tunnels < rest->end &&
	    (*rest->tunnels)->tenant == first->tenant &&
	    lane_is_sister(&(*rest->tunnels)->lane, &first->lane))
		add_lane(a, rest->lanes++, *rest->tunnels++);
}

/* Of its agents, those that were seen, and are not among t's, which are sorted. Of one
 * that comes or goes right now one of two is old: then it is in neither.     */
static size_t
fill_offs(const struct relay *r, uint32_t tenant, const struct admin_tenant *t,
    struct admin_agent *out)
{
	int64_t now = clock_wall_s();
	struct roll_entry *const *seen;
	size_t n, n_out = 0, k = 0;

	seen = seen_of(r, tenant, &n);
	for (size_t i = 0; i < n; i++) {
		const struct roll_entry *x = seen[i];
		int c = -1;

		while (k < t->n_agents && (c = strcmp(t->agents[k].agent, x->agent)) < 0)
			k++;
		if (!x->here && c != 0)
			out[n_out++] = (struct admin_agent){ .agent = x->agent,
				.address = x->address, .why = x->why,
				.last_seen = x->last_s,
				.away_s = (uint64_t)MAX(now - x->last_s, INT64_C(0)) };
	}
	return n_out;
}

static void
fill_tally(const struct tally *t, struct admin_service *s, struct admin_refused *all)
{
	s->connections = atomic_load(&t->accepted);
	for (size_t i = 0; i < REFUSALS; i++) {
		s->refused.n[i] = atomic_load(&t->refused[i]);
		all->n[i] += s->refused.n[i];
	}
}

static void
fill_renewed(struct usage *u, struct admin_renewed *out)
{
	for (size_t i = 0; i < RENEWED; i++)
		out->n[i] = atomic_load(&u->renewed[i]);
}

/* ports: the tenant's, in the order of its services. */
static void
fill_tenant(struct relay *r, uint32_t i, struct admin_tenant *out,
    struct admin_service *services, const struct public_port *ports)
{
	const struct conf_tenant *c = tenants_conf(r->tenants, i);
	struct usage *u = tenants_usage(r->tenants, i);

	out->name = c->name;
	out->services = services;
	for (size_t k = 0; k < c->n_services; k++) {
		struct admin_service s = { .name = c->services[k].name,
			.listen = ports[k].listen,
			.bandwidth = { c->services[k].bandwidth.up,
			    c->services[k].bandwidth.down } };

		fill_tally(tenants_tally(r->tenants,
		    (struct service_ref){ i, (uint32_t)k }), &s, &out->refused);
		if (ports[k].fd < 0)
			continue; /* gone, or granted and closed */
		*services++ = s;
		out->n_services++;
	}
	out->streams = atomic_load(&u->streams);
	out->memory = atomic_load(&u->memory);
	fill_renewed(u, &out->renewed);
	out->used = quotas_used(r, i);
	out->bandwidth = (struct admin_bandwidth){ c->bandwidth.up, c->bandwidth.down };
	out->limits = (struct admin_limits){ .agents = c->limits.agents,
		.streams = c->limits.streams, .memory = c->limits.memory,
		.connections_per_second = c->limits.connections_per_second,
		.quota = c->limits.quota };
}

/* The tunnels of all parts, sorted. */
static void
gather(struct relay *r, const struct status_query *q, struct answer *a)
{
	for (unsigned w = 0; w < r->n_workers; w++) {
		for (size_t i = 0; i < q->parts[w].n; i++)
			a->tunnels[a->n_tunnels++] = &q->parts[w].tunnels[i];
	}
	qsort(a->tunnels, a->n_tunnels, sizeof(a->tunnels[0]), compare_tunnels);
}

static struct answer *
answer_new(struct relay *r, struct status_query *q)
{
	struct answer *a = calloc(1, sizeof(*a));
	size_t n = 0, n_health = 0;

	if (a == NULL)
		return NULL;
	for (unsigned w = 0; w < r->n_workers; w++) {
		a->workers[w] = q->parts[w].worker;
		n += q->parts[w].n;
		for (size_t i = 0; i < q->parts[w].n; i++)
			n_health += tenants_conf(r->tenants,
			    q->parts[w].tunnels[i].tenant)->n_services;
	}
	a->tenants = calloc(tenants_count(r->tenants) + 1, sizeof(*a->tenants));
	a->services = calloc(r->n_ports + 1, sizeof(*a->services));
	a->tunnels = calloc(n + 1, sizeof(*a->tunnels));
	a->agents = calloc(n + 1, sizeof(*a->agents));
	a->lanes = calloc(n + 1, sizeof(*a->lanes));
	a->healths = calloc(n_health + 1, sizeof(*a->healths));
	a->offs = calloc(seen_count(r) + 1, sizeof(*a->offs));
	if (a->tenants != NULL && a->services != NULL && a->tunnels != NULL &&
	    a->agents != NULL && a->lanes != NULL && a->healths != NULL &&
	    a->offs != NULL) {
		gather(r, q, a);
		return a;
	}
	answer_free(a);
	return NULL;
}

static void
answer_fill(struct relay *r, struct status_query *q, struct answer *a)
{
	struct admin_service *services = a->services;
	const struct public_port *ports = r->ports;
	struct rest rest = { a->tunnels, a->tunnels + a->n_tunnels, a->agents,
		a->lanes, a->healths, a->offs };
	size_t n = 0;

	for (uint32_t i = 0; i < tenants_count(r->tenants); i++) {
		const struct conf_tenant *c = tenants_conf(r->tenants, i);
		struct admin_tenant *t = &a->tenants[n];

		t->agents = rest.agents;
		while (rest.tunnels < rest.end && (*rest.tunnels)->tenant == i)
			fill_agent(c, &rest);
		t->n_agents = (size_t)(rest.agents - t->agents);
		/* One that is gone is shown until its last tunnel is. */
		if (!c->gone || t->n_agents > 0) {
			t->offs = rest.offs;
			t->n_offs = fill_offs(r, i, t, rest.offs);
			rest.offs += t->n_offs;
			fill_tenant(r, i, t, services, ports);
			services += c->n_services;
			n++;
		}
		ports += c->n_services;
	}
	a->status = (struct admin_status){ .version = AX_VERSION,
		.listen = r->agents_on, .pid = getpid(), .draining = r->draining,
		.month = quotas_month(r),
		.uptime_s = (clock_mono_ns() - r->started_ns) / AX_NS_PER_S,
		.workers = a->workers, .n_workers = r->n_workers,
		.tenants = a->tenants, .n_tenants = n };
	a->status.memory = atomic_load(&tenants_total(r->tenants)->memory);
	a->status.memory_max = atomic_load(&tenants_total(r->tenants)->memory_max);
	fill_renewed(tenants_total(r->tenants), &a->status.renewed);
	revoke_fill(r, &a->status);
	a->status.trust_sequence = anchors_sequence(r->anchors);
	for (unsigned i = 0; i < r->n_workers; i++) {
		a->status.handshakes_failed += q->parts[i].agents_refused;
		a->status.bans += q->parts[i].bans;
		timings_merge(&a->status.timings, &q->parts[i].timings);
	}
}

static void
query_free(struct status_query *q)
{
	for (unsigned i = 0; i < RELAY_WORKERS_MAX; i++)
		free(q->parts[i].tunnels);
	list_del(&q->entry);
	free(q);
}

static void
query_answer(struct relay *r, struct status_query *q)
{
	struct answer *a = NULL;
	bool failed = false;

	for (unsigned i = 0; i < r->n_workers; i++)
		failed = failed || q->parts[i].failed;
	seen_look(r);
	if (!failed)
		a = answer_new(r, q);
	if (a == NULL) {
		admin_fail(q->req, "out of memory");
	} else {
		answer_fill(r, q, a);
		admin_reply_status(q->req, &a->status);
	}
	answer_free(a);
	query_free(q);
}

static void
set_timer(struct door *d)
{
	uint64_t ms = d->admin == NULL ? UINT64_MAX : admin_timeout_ms(d->admin);

	if (ms == UINT64_MAX)
		loop_untimer(d->service->relay->loop, &d->timer);
	else
		loop_timer_in(d->service->relay->loop, &d->timer, ms);
}

void
status_answered(struct relay *r)
{
	set_timer(&r->status->local);
	set_timer(&r->status->tcp);
	set_timer(&r->status->web);
	set_timer(&r->status->remote);
}

void
status_part(struct relay *r, struct status_part *part)
{
	struct status_query *q = part->query;

	if (--q->missing > 0)
		return;
	query_answer(r, q);
	status_answered(r);
}

static void
on_status(struct relay *r, struct admin_request *req)
{
	struct status_service *s = r->status;
	struct status_query *q = calloc(1, sizeof(*q));

	if (q == NULL) {
		admin_fail(req, "out of memory");
		return;
	}
	q->req = req;
	list_init(&q->entry);
	list_add(&s->queries, &q->entry);
	for (unsigned i = 0; i < r->n_workers; i++) {
		struct msg m = { .type = MSG_STATUS, .u.part = &q->parts[i] };

		q->parts[i].query = q;
		if (mailbox_send(r->box, i, &m) == 0)
			q->missing++;
		else
			q->parts[i].failed = true;
	}
	if (q->missing == 0)
		query_answer(r, q);
}

static void
run(struct door *d)
{
	admin_run(d->admin);
	set_timer(d);
}

static void
on_ready(struct watch *w, uint32_t events AX_UNUSED)
{
	run(container_of(w, struct door, watch));
}

static void
on_timer(struct wheel_timer *t)
{
	run(container_of(t, struct door, timer));
}

/* Asked first: a worker without tunnels is drained at once. */
static void
on_drain(struct relay *r, struct admin_request *req)
{
	on_status(r, req);
	control_drain(r);
}

static const struct admin_ops ops = { .status = on_status, .drain = on_drain,
	.upgrade = upgrade_begin, .pending = enrolment_pending,
	.approve = enrolment_approve, .reject = enrolment_reject,
	.expect = enrolment_expect, .voucher = enrolment_voucher,
	.streams = carried_list, .close_stream = carried_close, .kick = kick_agents,
	.plan = reload_plan, .reload = reload_ask, .revoked = revoke_show,
	.revoke = revoke_do, .unrevoke = revoke_undo,
	.trail = { audit_show, audit_decided, audit_entered } };

static int
open_door(struct door *d, struct admin_args *args, struct err *e)
{
	struct relay *r = d->service->relay;
	int rc;

	args->ops = &ops;
	args->relay = r;
	args->log = r->log;
	rc = admin_new(args, &d->admin, e);
	if (rc == 0 && (rc = loop_watch(r->loop, &d->watch, admin_fd(d->admin),
	    LOOP_LEVEL_IN)) < 0)
		err_sys(e, "cannot watch the admin server");
	return rc;
}

/* A listening socket at *at, and what it was bound to. */
static int
listen_at(struct relay *r, const char *at, int *fd, char text[ADDR_TEXT_MAX],
    struct err *e)
{
	struct addr addr;
	struct listen_args listen = { .addr = &addr, .backlog = 16 };
	int rc = addr_parse(at, &addr, e);

	if (rc == 0)
		rc = heir_listen(r, &listen, fd, e);
	if (rc == 0 && sock_local(*fd, &addr) == 0)
		addr_format(&addr, text);
	return rc;
}

static int
open_tcp(struct door *d, const char *at, struct err *e)
{
	struct admin_args args = { 0 };
	char text[ADDR_TEXT_MAX];
	int rc = listen_at(d->service->relay, at, &args.fd, text, e);

	if (rc == 0)
		rc = open_door(d, &args, e);
	if (rc < 0)
		return err_prefix(e, rc, "admin.metrics %s", at);
	log_info(d->service->relay->log, "metrics", LOG_STR("listen", text));
	return 0;
}

static int
open_dashboard(struct status_service *s, const char *at, struct err *e)
{
	struct admin_args args = { .is_dashboard = true };
	char text[ADDR_TEXT_MAX];
	int rc = listen_at(s->relay, at, &args.fd, text, e);

	if (rc == 0 && (rc = dashboard_new(text, s->relay->log, &s->dashboard)) < 0) {
		sock_close(&args.fd);
		(void)err_set(e, rc, "no memory");
	}
	args.dashboard = s->dashboard;
	if (rc == 0)
		rc = open_door(&s->web, &args, e);
	if (rc < 0)
		return err_prefix(e, rc, "admin.dashboard %s", at);
	log_info(s->relay->log, "dashboard", LOG_STR("listen", text));
	return 0;
}

static int
open_remote(struct status_service *s, struct err *e)
{
	struct admin_args args = { .is_remote = true, .names = operators_host };

	return open_door(&s->remote, &args, e);
}

int
status_admit(struct relay *r, int fd, const struct admin_who *who)
{
	int rc = admin_take(r->status->remote.admin, fd, who);

	set_timer(&r->status->remote);
	return rc;
}

static void
door_init(struct door *d, struct status_service *s)
{
	d->service = s;
	watch_init(&d->watch, on_ready);
	wheel_timer_init(&d->timer, on_timer);
}

static void
door_close(struct door *d)
{
	loop_unwatch(d->service->relay->loop, &d->watch);
	loop_untimer(d->service->relay->loop, &d->timer);
	admin_free(&d->admin);
}

/* One that another process has bound at this path, or 0. */
static int
inherited(struct relay *r, const char *path)
{
	char text[ADDR_TEXT_MAX];
	struct str s;

	str_init(&s, text, sizeof(text));
	str_add(&s, "unix:");
	str_add(&s, path);
	return heir_listener(r, text);
}

int
status_begin(struct relay *r, struct err *e)
{
	struct status_service *s = calloc(1, sizeof(*s));
	struct admin_args args = { .socket = r->conf->admin_socket };
	const char *tcp = r->conf->admin_metrics, *web = r->conf->admin_dashboard;
	int rc;

	r->status = s;
	if (s == NULL)
		return err_set(e, AX_E_NOMEM, "no memory for the admin socket");
	s->relay = r;
	list_init(&s->queries);
	list_init(&r->stream_queries);
	door_init(&s->local, s);
	door_init(&s->tcp, s);
	door_init(&s->web, s);
	door_init(&s->remote, s);
	rc = web == NULL || *web == '\0' ? 0 : open_dashboard(s, web, e);
	args.dashboard = s->dashboard;
	args.fd = inherited(r, args.socket);
	if (rc == 0)
		rc = open_door(&s->local, &args, e);
	if (rc == 0 && tcp != NULL && *tcp != '\0')
		rc = open_tcp(&s->tcp, tcp, e);
	if (rc == 0 && r->conf->operators.listen != NULL)
		rc = open_remote(s, e);
	return rc;
}

void
status_listeners(const struct relay *r, int fds[3])
{
	const struct status_service *s = r->status;

	fds[0] = admin_listener(s->local.admin);
	fds[2] = s->web.admin == NULL ? -1 : admin_listener(s->web.admin);
	fds[1] = s->tcp.admin == NULL ? -1 : admin_listener(s->tcp.admin);
}

void
status_frost(struct relay *r, struct frost *f)
{
	dashboard_frost(r->status->dashboard, f);
}

void
status_flush(struct relay *r)
{
	admin_run(r->status->local.admin);
	if (r->status->remote.admin != NULL)
		admin_run(r->status->remote.admin);
	operators_flush(r);
}

void
status_end(struct relay *r)
{
	struct status_service *s = r->status;
	struct list *e;

	if (s == NULL)
		return;
	door_close(&s->local);
	door_close(&s->tcp);
	door_close(&s->web);
	door_close(&s->remote);
	dashboard_free(&s->dashboard);
	reload_forget(r);
	revoke_forget(r);
	while ((e = list_first(&s->queries)) != NULL)
		query_free(container_of(e, struct status_query, entry));
	carried_end(r);
	free(s);
	r->status = NULL;
}

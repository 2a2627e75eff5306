/* control.c — the one writer.
 * Thread: control (main).
 * Invariant: a tunnel is in the tenant table from the answer that lets it in, on
 * the worker where it lives from then on, until MSG_TUNNEL_DOWN; a public port is
 * polled by every worker that has a tunnel lending its service, and by exactly one
 * when there is none.                                                        */
#include "relay/control.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "io/sock.h"
#include "log/validity.h"
#include "relay/audit.h"
#include "relay/carried.h"
#include "relay/anchors.h"
#include "relay/enrolment.h"
#include "relay/exposures.h"
#include "relay/operators.h"
#include "relay/reload.h"
#include "relay/renewals.h"
#include "relay/revoke.h"
#include "relay/seen.h"
#include "relay/spare.h"
#include "relay/status.h"
#include "relay/tunnel.h"
#include "relay/turned.h"
#include "relay/upgrade.h"

void
control_tell(struct relay *r, unsigned worker, const struct msg *m)
{
	int rc = mailbox_send(r->box, worker, m);

	/* The spill holds one message for every agent and port there may be. */
	ax_assert(rc == 0);
}

void
control_tell_all(struct relay *r, const struct msg *m)
{
	for (unsigned i = 0; i < r->n_workers; i++)
		control_tell(r, i, m);
}

#define ATTACH_AGAIN_MS 1000

/* --- ports --------------------------------------------------------------- */

void
control_attach_port(struct relay *r, struct public_port *p, uint64_t wanted)
{
	for (unsigned i = 0; i < r->n_workers; i++) {
		struct msg m = { .type = MSG_LISTEN_ATTACH };
		uint64_t bit = UINT64_C(1) << i;

		if ((wanted & bit) == (p->attached & bit))
			continue;
		if (!(wanted & bit))
			m.type = MSG_LISTEN_DETACH;
		m.u.listen.at = p->at;
		m.u.listen.fd = p->fd;
		control_tell(r, i, &m);
	}
	p->attached = wanted;
}

void
control_attach_new(struct relay *r, struct public_port *p)
{
	control_attach_port(r, p, UINT64_C(1) << (p->at.tenant % r->n_workers));
}

void
control_attach_ports(struct relay *r)
{
	for (size_t i = 0; i < r->n_ports; i++) {
		if (r->ports[i].fd >= 0) /* it may have gone by a reload */
			control_attach_new(r, &r->ports[i]);
	}
}

/* Ports go where the tunnels are: then no visitor changes threads. */
static void
place_ports(struct relay *r, uint32_t tenant)
{
	for (size_t i = 0; i < r->n_ports; i++) {
		struct public_port *p = &r->ports[i];
		const struct agent_entry *e;
		uint64_t wanted = 0;

		if (p->at.tenant != tenant || p->fd < 0)
			continue;
		for (size_t k = 0;
		     (e = tenants_agent(r->tenants, tenant, &k)) != NULL;) {
			if (service_set_has(&e->offers, p->at.service))
				wanted |= UINT64_C(1) << e->ref.worker;
		}
		if (wanted != 0 && wanted != p->attached)
			control_attach_port(r, p, wanted);
	}
}

/* For want of memory a worker cannot poll a port: it is told again. */
static void
on_listen_failed(struct relay *r, const struct msg *m)
{
	for (size_t i = 0; i < r->n_ports; i++) {
		struct public_port *p = &r->ports[i];

		if (p->at.tenant == m->u.listen.at.tenant &&
		    p->at.service == m->u.listen.at.service)
			p->attached &= ~(UINT64_C(1) << m->tunnel.worker);
	}
	if (!wheel_is_set(&r->attach_timer))
		loop_timer_in(r->loop, &r->attach_timer, ATTACH_AGAIN_MS);
}

void
control_attach_again(struct wheel_timer *t)
{
	struct relay *r = container_of(t, struct relay, attach_timer);

	for (size_t i = 0; i < r->n_ports && !r->draining; i++) {
		struct public_port *p = &r->ports[i];

		place_ports(r, p->at.tenant);
		if (p->attached == 0 && p->fd >= 0)
			control_attach_new(r, p);
	}
}

/* Ports, and visitors who wait. */
static void
lead_anew(struct relay *r, uint32_t tenant)
{
	struct msg m = { .type = MSG_ROUTES_CHANGED, .u.tenant = tenant };

	if (!r->draining)
		place_ports(r, tenant);
	if (atomic_load(&tenants_usage(r->tenants, tenant)->waiting) > 0)
		control_tell_all(r, &m);
}

static void
routes_changed(struct relay *r, uint32_t tenant)
{
	lead_anew(r, tenant);
	loop_defer(r->loop, &r->reclaim);
}

/* At the end of a turn: all that went in it goes at once. */
void
control_reclaim(struct task *t)
{
	struct relay *r = container_of(t, struct relay, reclaim);
	uint32_t tenant;

	while (tenants_tidy(r->tenants, &tenant)) {
		exposures_down(r, tenant);
		lead_anew(r, tenant);
	}
	tenants_reclaim(r->tenants);
}

/* --- agents ---------------------------------------------------------------- */

/* Where control may send a tunnel: it has lost its place to a sister twice. */
#define MOVES_MAX 2
#define LANE_SPARE 50u /* per cent of a processor; for one more lane */

static bool
may_share_names(const struct relay *r, uint32_t tenant)
{
	return tenants_conf(r->tenants, tenant)->duplicates ==
	    CONF_DUPLICATES_BALANCE;
}

/* An agent of the same name is the same agent, unless they may share it: the newer
 * process wins, and of one process the newer connection of a lane. */
static void
replace_older(struct relay *r, uint32_t tenant, const struct lane *newer)
{
	const struct agent_entry *e;

	for (size_t i = 0; (e = tenants_namesake(r->tenants, tenant, newer->agent,
	     &i)) != NULL;) {
		struct msg m = { .type = MSG_TUNNEL_EVICT,
			.code = AX_WIRE_REPLACED, .tunnel = e->ref };
		bool sister = lane_is_sister(&e->lane, newer);

		if (sister ? e->lane.index != newer->index :
		    may_share_names(r, tenant))
			continue;
		if (!sister)
			takeovers_add(&r->takeovers, tenant, e->lane.instance,
			    newer->instance);
		log_info(r->log, "a newer connection replaces an agent",
		    LOG_STR("tenant", tenants_conf(r->tenants, tenant)->name),
		    LOG_STR("agent", newer->agent),
		    LOG_U64("lane", newer->index));
		control_tell(r, e->ref.worker, &m);
		/* It takes its time to say so; nobody resumes it meanwhile. */
		tenants_leave(r->tenants, tenant, e->ref);
	}
}

/* A process that was replaced is back, and who replaced it is still there: two
 * machines have the same certificate. Who came last keeps it. */
static bool
is_replaced(const struct relay *r, uint32_t tenant, const struct lane *lane)
{
	const uint8_t *by = may_share_names(r, tenant) ? NULL :
	    takeovers_winner(&r->takeovers, tenant, lane->instance);
	const struct agent_entry *e;

	for (size_t i = 0; by != NULL &&
	     (e = tenants_agent(r->tenants, tenant, &i)) != NULL;) {
		if (memcmp(e->lane.instance, by, INSTANCE_BYTES) == 0 &&
		    e->away_ns == 0)
			return true;
	}
	return false;
}

/* The next tunnel of who said HELLO, of another lane; NULL: there is none left. */
static const struct agent_entry *
next_sister(const struct relay *r, const struct msg *m, size_t *i)
{
	const struct lane *lane = &m->u.hello.lane;
	const struct agent_entry *e;

	while ((e = tenants_namesake(r->tenants, m->u.hello.tenant, lane->agent, i)) != NULL &&
	    (!lane_is_sister(&e->lane, lane) || e->lane.index == lane->index))
		continue;
	return e;
}

/* The worker where a tunnel is to live: the one that accepted it, or the next one
 * without a sister of it. */
static unsigned
find_place(const struct relay *r, const struct msg *m)
{
	const struct agent_entry *e;
	uint64_t taken = 0;

	for (size_t i = 0; (e = next_sister(r, m, &i)) != NULL;)
		taken |= UINT64_C(1) << e->ref.worker;
	for (unsigned i = 0; i < r->n_workers; i++) {
		unsigned at = (m->tunnel.worker + i) % r->n_workers;

		if (!(taken & UINT64_C(1) << at))
			return at;
	}
	return m->tunnel.worker;
}

/* One more lane gains nothing while a worker of those that there are has time left, or
 * where no processor has: what they carry together costs less. */
static bool
has_enough_lanes(const struct relay *r, const struct msg *m)
{
	const struct agent_entry *e;

	if (m->u.hello.lane.index == 0 || r->conf->lane_load == 0)
		return false;
	if (spare_percent(r) < LANE_SPARE)
		return true;
	for (size_t i = 0; (e = next_sister(r, m, &i)) != NULL;) {
		if (worker_busy(&r->workers[e->ref.worker]) < r->conf->lane_load)
			return true;
	}
	return false;
}

static uint16_t
refuse_hello(struct relay *r, const struct msg *m, const char *why, uint64_t limit)
{
	log_warn(r->log, why, LOG_STR("tenant",
	    tenants_conf(r->tenants, m->u.hello.tenant)->name),
	    LOG_STR("agent", m->u.hello.lane.agent), LOG_U64("limit", limit));
	return AX_WIRE_RESOURCE;
}

/* A new agent needs a place that is taken: one that is away has less right to it.
 * True: there is one free now. */
static bool
evict_away(struct relay *r, uint32_t tenant)
{
	uint32_t of;
	const struct agent_entry *e = tenants_oldest_away(r->tenants, tenant, &of);
	struct msg m = { .type = MSG_TUNNEL_EVICT, .code = AX_WIRE_RESOURCE };

	if (e == NULL)
		return false;
	m.tunnel = e->ref;
	log_info(r->log, "an agent that is away makes room for another",
	    LOG_STR("tenant", tenants_conf(r->tenants, of)->name),
	    LOG_STR("agent", e->lane.agent));
	control_tell(r, e->ref.worker, &m);
	tenants_leave(r->tenants, of, e->ref);
	return true;
}

static bool
has_place(struct relay *r, uint32_t tenant)
{
	uint32_t most = tenants_conf(r->tenants, tenant)->limits.agents;

	while (tenants_agents(r->tenants, tenant) >= most) {
		if (!evict_away(r, tenant))
			return false;
	}
	while (tenants_all_agents(r->tenants) >= r->conf->limits.agents) {
		if (!evict_away(r, TENANTS_ALL))
			return false;
	}
	return true;
}

/* Answers HELLO that resumes with where the session lives. */
static uint16_t
judge_resume(struct relay *r, const struct msg *m, struct msg *answer)
{
	const struct agent_entry *e = tenants_find(
	    r->tenants, m->u.hello.tenant, &m->u.hello.lane);

	if (r->draining)
		return AX_WIRE_DRAINING;
	if (e == NULL)
		return AX_WIRE_UNKNOWN_SESSION;
	answer->u.verdict.worker = e->ref.worker;
	answer->u.verdict.heir = e->ref;
	return 0;
}

/* Answers HELLO with a code, or with where to live: there it is asked for again,
 * and until then control knows nothing of it. */
static uint16_t
judge_hello(struct relay *r, const struct msg *m, struct msg *answer)
{
	uint32_t tenant = m->u.hello.tenant;
	const struct conf_limits *c = &tenants_conf(r->tenants, tenant)->limits;
	const struct lane *lane = &m->u.hello.lane;
	unsigned lanes = MIN(MIN(r->conf->lanes, r->n_workers),
	    m->u.hello.lanes_wanted);
	unsigned place = m->u.hello.moves < MOVES_MAX ?
	    find_place(r, m) : m->tunnel.worker;

	answer->u.verdict.worker = (uint16_t)place;
	answer->u.verdict.lanes = (uint8_t)lanes;
	if (r->draining)
		return AX_WIRE_DRAINING;
	if (is_replaced(r, tenant, lane)) {
		log_warn(r->log, "agent refused: another machine came later with the "
		    "same certificate; give each its own", LOG_STR("tenant",
		    tenants_conf(r->tenants, tenant)->name),
		    LOG_STR("agent", lane->agent));
		return AX_WIRE_REPLACED;
	}
	if (lane->index >= lanes)
		return refuse_hello(r, m, "agent refused: it has as many lanes "
		    "as it may have", lanes);
	answer->u.verdict.enough = has_enough_lanes(r, m);
	if (answer->u.verdict.enough)
		return AX_WIRE_RESOURCE;
	if (!tenants_has_agent(r->tenants, tenant, lane,
	    !may_share_names(r, tenant)) &&
	    !has_place(r, tenant))
		return refuse_hello(r, m, "agent refused: as many agents as "
		    "allowed are up", MIN(c->agents, r->conf->limits.agents));
	if (place != m->tunnel.worker)
		return 0;
	replace_older(r, tenant, lane);
	return tenants_put(r->tenants, tenant, m->tunnel, lane,
	    &answer->u.verdict.load) < 0 ? AX_WIRE_RESOURCE : 0;
}

static void
on_hello(struct relay *r, const struct msg *m)
{
	struct msg answer = { .type = MSG_TUNNEL_VERDICT, .tunnel = m->tunnel };

	if (tenants_conf(r->tenants, m->u.hello.tenant)->gone)
		answer.code = AX_WIRE_AUTH_IDENTITY;
	else
		answer.code = m->u.hello.resumes ? judge_resume(r, m, &answer) :
						   judge_hello(r, m, &answer);
	control_tell(r, m->tunnel.worker, &answer);
	loop_defer(r->loop, &r->reclaim);
}

/* What it lends would never be said again: it has to come anew. */
static void
out_of_memory(struct relay *r, const struct msg *m)
{
	struct msg evict = { .type = MSG_TUNNEL_EVICT, .code = AX_WIRE_RESOURCE,
		.tunnel = m->tunnel };

	log_warn(r->log, "out of memory: an agent has to come again",
	    LOG_STR("tenant", tenants_conf(r->tenants, m->u.services.tenant)->name));
	control_tell(r, m->tunnel.worker, &evict);
}

static void
on_services(struct relay *r, const struct msg *m)
{
	struct service_set offers = m->u.services.offers;
	struct service_set healthy = m->u.services.healthy;
	uint32_t tenant = m->u.services.tenant;
	int rc;

	exposures_mask(r, tenant, m->tunnel, &offers);
	exposures_mask(r, tenant, m->tunnel, &healthy);
	rc = tenants_offer(r->tenants, tenant, m->tunnel, &offers, &healthy);
	if (rc == 0)
		routes_changed(r, tenant);
	else if (rc == AX_E_NOMEM)
		out_of_memory(r, m);
}

static void
on_here(struct relay *r, const struct msg *m)
{
	uint32_t tenant = m->u.here.tenant;
	const struct agent_entry *e =
	    tenants_set_away(r->tenants, tenant, m->tunnel, 0);
	char address[ADDR_TEXT_MAX];

	if (e == NULL)
		return;
	addr_format_ip(m->u.here.ip, m->u.here.addr_len, m->u.here.port, address);
	seen_up(r, tenant, e->lane.agent, address);
	if (m->u.here.was_away)
		routes_changed(r, tenant);
}

static void
on_away(struct relay *r, const struct msg *m)
{
	if (tenants_set_away(r->tenants, m->u.tenant, m->tunnel, loop_now(r->loop)) != NULL)
		routes_changed(r, m->u.tenant);
}

static void
on_down(struct relay *r, const struct msg *m)
{
	const struct agent_entry *e =
	    tenants_remove(r->tenants, m->u.down.tenant, m->tunnel);

	if (e == NULL)
		return;
	seen_down(r, m->u.down.tenant, e->lane.agent, m->u.down.why, m->code);
	loop_defer(r->loop, &r->reclaim);
}

/* --- stopping --------------------------------------------------------------- */

static void
stop(struct relay *r)
{
	struct msg m = { .type = MSG_STOP };

	loop_untimer(r->loop, &r->drain_timer);
	control_tell_all(r, &m);
	loop_stop(r->loop);
}

void
control_drain(struct relay *r)
{
	struct msg m = { .type = MSG_DRAIN };

	if (r->draining)
		return;
	notify_say(&r->notify, "STOPPING=1\nSTATUS=draining");
	log_info(r->log, "draining: no new connections; a second signal stops at once",
	    LOG_U64("seconds", r->conf->drain_ms / 1000));
	r->draining = true;
	upgrade_end(r); /* workers that end cannot park */
	control_tell_all(r, &m);
	/* Or visitors would wait in the kernel's queue until we are gone. The
	 * descriptors stay: workers may be at them right now. */
	for (size_t i = 0; i < r->n_ports; i++) {
		if (r->ports[i].fd >= 0)
			sock_deafen(r->ports[i].fd);
	}
	for (unsigned i = 0; i < r->n_workers; i++)
		sock_deafen(r->workers[i].agent_fd);
	loop_timer_in(r->loop, &r->drain_timer, r->conf->drain_ms);
}

void
control_drain_over(struct wheel_timer *t)
{
	struct relay *r = container_of(t, struct relay, drain_timer);

	log_info(r->log, "drain time is over: cutting what is left");
	stop(r);
}

static void
on_drained(struct relay *r)
{
	if (++r->drained == r->n_workers)
		stop(r);
}

/* --- signals ------------------------------------------------------------------ */

#define DAY_S 86400
#define WARN_DAYS 14

static void
report_end(struct relay *r, const char *what, int64_t until)
{
	int64_t left = until - clock_wall_s();

	if (left < WARN_DAYS * DAY_S)
		log_warn(r->log, "is about to expire, or has: make a new one and "
		    "reload", LOG_STR("what", what),
		    LOG_I64("days_left", left / DAY_S));
	else
		log_info(r->log, "valid", LOG_STR("what", what),
		    LOG_I64("days_left", left / DAY_S));
}

void
control_report_validity(struct relay *r)
{
	uint64_t number;
	int64_t from, until;

	tls_ctx_validity(r->tls, &from, &until);
	log_validity(r->log, "the relay's certificate", from, until);
	if (tls_ctx_crl(r->tls, &number, &until))
		report_end(r, "the agents' revocation list", until);
	loop_timer_in(r->loop, &r->validity_timer, VALIDITY_REPORT_MS);
}

void
control_validity_due(struct wheel_timer *t)
{
	control_report_validity(container_of(t, struct relay, validity_timer));
}

int
control_take_tls(struct relay *r, struct tls_ctx *ctx, struct err *e)
{
	struct tls_ctx *clones[RELAY_WORKERS_MAX] = { NULL };
	unsigned n = 0;
	int rc = tls_ctx_follows(r->tls, ctx, e);

	while (rc == 0 && n < r->n_workers)
		rc = tls_ctx_clone(ctx, &clones[n++], e);
	if (rc < 0) {
		for (unsigned i = 0; i < n; i++)
			tls_ctx_free(&clones[i]);
		tls_ctx_free(&ctx);
		return rc;
	}
	for (unsigned i = 0; i < r->n_workers; i++) {
		struct msg m = { .type = MSG_TLS, .u.tls = clones[i] };

		control_tell(r, i, &m);
	}
	tls_ctx_free(&r->tls);
	r->tls = ctx;
	control_report_validity(r);
	return 0;
}

int
control_renew(struct relay *r, const struct conf_relay *c, struct err *e)
{
	struct tls_files files = { .certificate = c->certificate, .key = c->key,
		.ca = c->agent_ca, .crl = c->crl };
	struct tls_ctx *ctx = NULL;
	int rc;

	if (c->crl != NULL) /* or the next line says what is missing */
		revoke_crl_looked_at(r, c->crl);
	rc = tls_ctx_new(TLS_RELAY, &files, &ctx, e);
	if (rc == 0)
		rc = control_take_tls(r, ctx, e);
	if (rc == 0) {
		log_info(r->log, "certificates and CRL read again");
		revoke_crl_taken(r, REVOKE_CRL, r->tls);
	}
	audit_certificates(r, c, rc == 0 ? NULL : e);
	if (rc == 0 || c == r->conf)
		revoke_alarm(r, REVOKE_TLS, rc == 0 ? NULL : e);
	return rc;
}

static int
take_crl(struct relay *r, struct err *e)
{
	struct tls_ctx *ctx = NULL;
	int rc;

	revoke_crl_looked_at(r, r->conf->crl);
	rc = tls_ctx_new_crl(r->tls, r->conf->crl, &ctx, e);
	return rc < 0 ? rc : control_take_tls(r, ctx, e);
}

void
control_read_crl(struct relay *r)
{
	struct err e = { 0 };

	/* The list may be what was wrong with all of them. */
	if (revoke_has_alarm(r, REVOKE_TLS) && control_renew(r, r->conf, &e) == 0) {
		enrolment_renew(r);
		operators_renew(r);
		anchors_read(r);
		return;
	}
	if (take_crl(r, &e) < 0) {
		log_error(r->log, "the revocation list has changed and cannot be used; "
		    "the one from before stays in force", LOG_STR("reason", e.text));
		revoke_alarm(r, REVOKE_CRL, &e);
		audit_crl(r, &e);
		return;
	}
	log_info(r->log, "the revocation list has changed and was read");
	audit_crl(r, NULL);
	revoke_crl_taken(r, REVOKE_CRL, r->tls);
}

void
control_signal(struct signals *s, int signo)
{
	struct relay *r = container_of(s, struct relay, signals);

	audit_signal(r, signo);
	if (signo == SIGHUP) {
		reload_signal(r);
		revoke_read_again(r);
	} else if ((signo == SIGTERM || signo == SIGINT) && r->draining) {
		stop(r);
	} else if (signo == SIGTERM || signo == SIGINT) {
		control_drain(r);
	}
}

void
control_mail(void *relay, const struct msg *m)
{
	struct relay *r = relay;

	switch (m->type) {
	case MSG_TUNNEL_HELLO:
		on_hello(r, m);
		break;
	case MSG_TUNNEL_SERVICES:
		on_services(r, m);
		break;
	case MSG_TUNNEL_HERE:
		on_here(r, m);
		break;
	case MSG_TUNNEL_AWAY:
		on_away(r, m);
		break;
	case MSG_TUNNEL_DOWN:
		on_down(r, m);
		break;
	case MSG_LISTEN_FAILED:
		on_listen_failed(r, m);
		break;
	case MSG_RENEW:
		renewals_queue(r, m->u.renewal);
		break;
	case MSG_TURNED_AWAY:
		turned_note(r, m->u.turned);
		break;
	case MSG_EXPOSE:
		exposures_judge(r, m->u.exposing);
		break;
	case MSG_LISTEN_CLOSED:
		exposures_closed(r, m);
		break;
	case MSG_STATUS_PART:
		status_part(r, m->u.part);
		break;
	case MSG_STREAMS_PART:
		carried_part(r, m->u.streams);
		break;
	case MSG_DENIED_DONE:
		revoke_done(r, m);
		break;
	case MSG_DRAINED:
		on_drained(r);
		break;
	case MSG_RELOADED:
		reload_done(r);
		break;
	case MSG_PAUSED:
		upgrade_paused(r);
		break;
	case MSG_TUNNEL_VERDICT:
	case MSG_TUNNEL_EVICT:
	case MSG_LISTEN_ATTACH:
	case MSG_LISTEN_DETACH:
	case MSG_ROUTES_CHANGED:
	case MSG_TLS:
	case MSG_RELOAD:
	case MSG_DENIED:
	case MSG_TRUST:
	case MSG_CERTIFICATE:
	case MSG_EXPOSED:
	case MSG_LISTEN_CLOSE:
	case MSG_STATUS:
	case MSG_STREAMS:
	case MSG_DRAIN:
	case MSG_PAUSE:
	case MSG_PARK:
	case MSG_STOP:
	case MSG_HANDOFF:
	case MSG_TUNNEL_MOVE:
		ax_assert(!"a worker's mail at control");
	}
}

/* tunnel.c — an agent's link, from accept to the end.
 * Thread: its worker's.
 * Invariant: a tunnel is on its worker's list and in its slot from accept until
 * it is freed, but on its way to another worker, when only the message has it;
 * control knows it at most while announced. What other threads hold
 * is {worker, slot, gen}, and gen changes when the slot is used again.        */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/rng.h"
#include "base/str.h"
#include "io/sock.h"
#include "proto/session.h"
#include "relay/anchors.h"
#include "relay/denied.h"
#include "relay/exposures.h"
#include "relay/ingress.h"
#include "relay/renewals.h"
#include "relay/tunnel_impl.h"

#define RETRY_LIMIT_MS 5000

static const char *
code_text(uint16_t code)
{
	switch (code) {
#define TEXT(name, number, text) case number: return text;
	AX_WIRE_ERRORS(TEXT)
#undef TEXT
	default: return "unknown reason";
	}
}

/* --- slots --------------------------------------------------------------- */

int
tunnel_take_slot(struct worker *w, struct tunnel *t)
{
	uint32_t i = w->free_slot;

	if (i == UINT32_MAX) {
		uint32_t n = w->n_slots == 0 ? 64 : w->n_slots * 2;
		struct tunnel_slot *more = realloc(w->slots, n * sizeof(*more));

		if (more == NULL)
			return AX_E_NOMEM;
		for (uint32_t k = n; k-- > w->n_slots;) {
			more[k] = (struct tunnel_slot){ .next_free = w->free_slot };
			w->free_slot = k;
		}
		w->slots = more;
		w->n_slots = n;
		i = w->free_slot;
	}
	w->free_slot = w->slots[i].next_free;
	w->slots[i].tunnel = t;
	t->ref = (struct tunnel_ref){ .worker = (uint16_t)w->index, .slot = i,
		.gen = w->slots[i].gen };
	return 0;
}

static void
slot_give(struct worker *w, struct tunnel *t)
{
	struct tunnel_slot *s = &w->slots[t->ref.slot];

	s->tunnel = NULL;
	s->gen++;
	s->next_free = w->free_slot;
	w->free_slot = t->ref.slot;
}

struct tunnel *
tunnel_find(struct worker *w, struct tunnel_ref ref)
{
	if (ref.worker != w->index || ref.slot >= w->n_slots ||
	    w->slots[ref.slot].gen != ref.gen)
		return NULL;
	return w->slots[ref.slot].tunnel;
}

/* --- what the link reports ------------------------------------------------ */

void
tunnel_session_args(struct tunnel *t, struct session_args *a)
{
	const struct conf_tunnel *c = &t->worker->conf->tunnel;

	*a = (struct session_args){
		.role = SESSION_RELAY,
		.alloc = &t->memory.base,
		.wall_ms = clock_wall_ms(),
		.max_streams = 1, /* agents open none yet; the wire wants one */
		.window_init = (uint32_t)c->window,
		.window_max = AX_CREDIT_AHEAD_MAX,
		.budget = c->budget,
		.max_frame = AX_FRAME_MAX,
		.ring_max = (size_t)c->ring,
		.ping_ms = (uint32_t)c->heartbeat_ms,
		.dead_ms = (uint32_t)c->dead_after_ms,
		.resume_s = conf_resume_s(c),
		.renews = t->worker->conf->signer != NULL,
		.trusts = true,
		.exposes = true, /* also where nothing is granted: it may be later */
	};
	rng_secret(a->session_id, sizeof(a->session_id));
	rng_secret(&a->seed, sizeof(a->seed));
	memcpy(a->self.id, t->worker->relay_id, sizeof(a->self.id));
	str_copy(a->self.software, sizeof(a->self.software), "atlax");
}

const char *
tunnel_why_revoked(const struct worker *w, const struct tls_peer *peer)
{
	return tls_ctx_is_revoked(w->tls, slice_of(peer->id.serial,
	    peer->id.serial_len)) ? "certificate revoked" :
	    denied_why(w->denied, &peer->id, peer->spki_sha256);
}

static uint16_t
on_authenticated(struct link *l, const struct tls_peer *peer,
    struct session_args *args, const char **reason)
{
	struct tunnel *t = link_owner(l);
	struct worker *w = t->worker;
	int tenant = tenants_index(w->tenants, peer->id.tenant);

	/* The handshake began under the list of its first moment. */
	*reason = tunnel_why_revoked(w, peer);
	if (*reason != NULL)
		return AX_WIRE_AUTH_REVOKED;
	if (tenant < 0) {
		*reason = "tenant is not in the relay's configuration";
		return AX_WIRE_AUTH_IDENTITY;
	}
	if (session_memory_init(
		&t->memory, w->tenants, (uint32_t)tenant) < 0) {
		*reason = "no memory left for this tenant";
		return AX_WIRE_RESOURCE;
	}
	t->tenant = (uint32_t)tenant;
	t->known = true;
	link_move(l, worker_share(w, (uint32_t)tenant));
	str_copy(t->lane.agent, sizeof(t->lane.agent), peer->id.agent);
	tunnel_session_args(t, args);
	return 0;
}

/* Asks control, which judges where the tunnel is now. */
static void
announce(struct tunnel *t)
{
	struct msg m = { .type = MSG_TUNNEL_HELLO, .tunnel = t->ref };

	m.u.hello.tenant = t->tenant;
	m.u.hello.lane = t->lane;
	m.u.hello.lanes_wanted = t->lanes_wanted;
	m.u.hello.moves = t->moves;
	m.u.hello.resumes = t->resumes;
	t->announced = true;
	worker_tell_control(t->worker, &m);
}

static void
refuse(struct tunnel *t, uint16_t code)
{
	session_reject(link_session(t->link), code, code_text(code),
	    code == AX_WIRE_UNKNOWN_SESSION || code == AX_WIRE_REPLACED ? 0 :
	    code == AX_WIRE_DRAINING ? TUNNEL_RECONNECT_MS : RETRY_LIMIT_MS);
	link_kick(t->link);
}

static void
on_hello(struct link *l, const struct session_hello *h)
{
	struct tunnel *t = link_owner(l);
	struct str s;

	if (t->worker->draining) {
		refuse(t, AX_WIRE_DRAINING);
		return;
	}
	memcpy(t->lane.instance, h->id, sizeof(t->lane.instance));
	t->lane.index = h->lane;
	t->lanes_wanted = h->lanes;
	t->resumes = h->resumes;
	t->claim = h->claim;
	str_init(&s, t->software, sizeof(t->software));
	str_add_n(&s, (const char *)h->software.p, h->software.n);
	str_init(&s, t->hostname, sizeof(t->hostname));
	str_add_n(&s, (const char *)h->hostname.p, h->hostname.n);
	announce(t);
}

static void
on_open(struct link *l, struct stream *st, const struct session_open *o AX_UNUSED)
{
	/* A relay lends nothing: streams are opened towards agents. */
	session_reset(link_session(l), st, AX_WIRE_REFUSED);
	session_release(link_session(l), st);
}

static void
forget_services(struct tunnel *t)
{
	if (t->lends != NULL)
		alloc_put(&t->memory.base, t->lends, t->n_lends * sizeof(*t->lends));
	t->lends = NULL;
	t->n_lends = 0;
}

/* Keeps them, for the day when another of them has a public port. */
static bool
keep_services(struct tunnel *t, const struct session_event *ev)
{
	size_t n = ev->n_services * sizeof(*t->lends);

	forget_services(t);
	if (n == 0)
		return true;
	t->lends = alloc_get(&t->memory.base, n);
	if (t->lends == NULL)
		return false;
	memcpy(t->lends, ev->services, n);
	t->n_lends = ev->n_services;
	return true;
}

void
tunnel_tell_services(struct tunnel *t)
{
	struct msg m = { .type = MSG_TUNNEL_SERVICES, .tunnel = t->ref };
	struct service_set unproven = { 0 };

	m.u.services.tenant = t->tenant;
	for (size_t i = 0; i < t->n_lends; i++) {
		const struct session_service *s = &t->lends[i];
		int k = tenants_service(
		    t->worker->tenants, t->tenant, slice_str(s->name));

		if (k < 0) {
			log_debug(t->worker->log, "agent lends a service that has "
			    "no public port", LOG_STR("service", s->name),
			    LOG_STR("agent", t->lane.agent));
			continue;
		}
		service_set_add(&m.u.services.offers, (unsigned)k);
		if (s->health != 3)
			service_set_add(&m.u.services.healthy, (unsigned)k);
		if (s->health == 0)
			service_set_add(&unproven, (unsigned)k);
	}
	t->offers = m.u.services.offers;
	t->healthy = m.u.services.healthy;
	t->unproven = unproven;
	worker_tell_control(t->worker, &m);
}

static void
on_event(struct link *l, const struct session_event *ev)
{
	struct tunnel *t = link_owner(l);

	if (ev->type == SESSION_EV_RENEW)
		renewal_ask(t, ev->data);
	if (ev->type == SESSION_EV_TRUST)
		anchors_offer(t);
	if (ev->type == SESSION_EV_EXPOSE)
		exposures_ask(t, ev->data);
	if (ev->type != SESSION_EV_SERVICES || !t->announced)
		return;
	if (keep_services(t, ev))
		tunnel_tell_services(t);
	else
		link_close(l, AX_WIRE_RESOURCE, "no memory left for this tenant");
}

static void
log_down(struct tunnel *t, const struct link_down *why)
{
	struct worker *w = t->worker;
	char addr[ADDR_TEXT_MAX];

	addr_format(link_peer_addr(t->link), addr);
	log_info(w->log, "tunnel down",
	    LOG_STR("tenant", tenants_conf(w->tenants, t->tenant)->name),
	    LOG_STR("agent", t->lane.agent), LOG_STR("peer", addr),
	    LOG_STR("reason", why->err.text), LOG_U64("code", why->wire),
	    LOG_BOOL("by_peer", why->by_peer));
}

/* It never came up. Not to blame is who proved who he is, and for whom there was no
 * memory. */
static void
tell_refused(struct tunnel *t, const struct link_down *why)
{
	struct worker *w = t->worker;

	refused_agent(w, &(struct refused_agent){
	    .peer = link_peer_addr(t->link), .source = &t->source,
	    .blame = !t->known && why->wire != AX_WIRE_RESOURCE && !w->draining,
	    .tenant = t->known ? tenants_conf(w->tenants, t->tenant)->name : "",
	    .agent = t->lane.agent,
	    .reason = t->refused != NULL ? t->refused : why->err.text,
	    .code = why->wire });
}

static void
tell_away(struct tunnel *t)
{
	struct msg m = { .type = MSG_TUNNEL_AWAY, .tunnel = t->ref };

	m.u.tenant = t->tenant;
	worker_tell_control(t->worker, &m);
}

static void
tell_here(struct tunnel *t, bool was_away)
{
	const struct addr *peer = link_peer_addr(t->link);
	struct msg m = { .type = MSG_TUNNEL_HERE, .tunnel = t->ref };

	m.u.here.tenant = t->tenant;
	m.u.here.was_away = was_away;
	m.u.here.port = addr_port(peer);
	m.u.here.addr_len = (uint8_t)addr_ip(peer, m.u.here.ip);
	worker_tell_control(t->worker, &m);
}

static void
on_away(struct link *l, const struct link_down *why)
{
	struct tunnel *t = link_owner(l);
	struct worker *w = t->worker;

	log_info(w->log, "tunnel away: its streams wait",
	    LOG_STR("tenant", tenants_conf(w->tenants, t->tenant)->name),
	    LOG_STR("agent", t->lane.agent), LOG_U64("lane", t->lane.index),
	    LOG_STR("reason", why->err.text), LOG_BOOL("by_peer", why->by_peer));
	tell_away(t);
	if (w->draining)
		link_close(l, AX_WIRE_DRAINING, "the relay is going away");
}

static void
half_open_over(struct tunnel *t)
{
	if (t->half_open)
		worker_half_open_less(t->worker);
	if (t->counted)
		per_source_leave(t->worker->per_source, &t->source);
	t->half_open = t->counted = false;
}

/* Off its worker; control does not know it, or was told. */
static void
unlist(struct tunnel *t)
{
	half_open_over(t);
	slot_give(t->worker, t);
	list_del(&t->entry);
}

void
tunnel_discard(struct tunnel *t)
{
	link_free(&t->link);
	if (t->known) {
		forget_services(t);
		session_memory_fini(&t->memory);
	}
	free(t);
}

void
tunnel_free(struct tunnel *t, uint16_t code, const char *why)
{
	struct worker *w = t->worker;
	struct msg m = { .type = MSG_TUNNEL_DOWN, .code = code, .tunnel = t->ref };

	tunnel_meter(t);
	link_free(&t->link);
	if (t->announced) {
		m.u.down.tenant = t->tenant;
		(void)str_copy(m.u.down.why, sizeof(m.u.down.why), why);
		worker_tell_control(w, &m);
	}
	unlist(t);
	tunnel_discard(t);
	worker_check_drained(w);
}

static void
on_down(struct link *l, const struct link_down *why)
{
	struct tunnel *t = link_owner(l);

	if (t->up)
		log_down(t, why);
	else if (!t->enough)
		tell_refused(t, why);
	tunnel_free(t, why->wire, why->err.text);
}

const struct link_ops tunnel_ops = {
	.authenticated = on_authenticated,
	.hello = on_hello,
	.open = on_open,
	.event = on_event,
	.down = on_down,
	.away = on_away,
	.thaw = ingress_thaw_carried,
};

/* --- what the worker asks ------------------------------------------------- */

/* Before a byte of his is read. */
static bool
may_try(struct worker *w, const struct addr *peer, struct source *source, bool *counted)
{
	const struct conf_per_source *c = &w->conf->per_source;
	struct service_ref here = { .tenant = PER_SOURCE_AGENTS };
	struct per_source_answer a;
	uint8_t ip[16];

	source_of(here, ip, addr_ip(peer, ip), source);
	if (!per_source_is_set(c))
		return true;
	a = per_source_enter(w->per_source, source, c, loop_now(w->loop));
	*counted = a.counted;
	if (a.verdict != PER_SOURCE_OK)
		refused_source(w, here, &a, peer);
	return a.verdict == PER_SOURCE_OK;
}

/* Nothing came of it. */
static void
drop(struct tunnel *t, int fd, struct worker *w)
{
	if (t != NULL && t->counted)
		per_source_leave(w->per_source, &t->source);
	sock_abort(&fd);
	free(t);
}

void
tunnel_accept(struct worker *w, int fd, const struct addr *peer)
{
	struct tunnel *t = calloc(1, sizeof(*t));
	struct link_args args = {
		.loop = w->loop, .share = &w->strangers,
		.scratch = w->scratch, .tls = w->tls, .fd = fd,
		.peer = *peer, .ops = &tunnel_ops, .owner = t,
		.handshake_ms = 10000, .hello_gate_ms = 3000,
		.dead_ms = (uint32_t)(w->conf->tunnel.dead_after_ms +
		    w->conf->tunnel.heartbeat_ms),
	};

	if (t == NULL || !may_try(w, peer, &t->source, &t->counted) ||
	    tunnel_take_slot(w, t) < 0) {
		drop(t, fd, w);
		return;
	}
	t->worker = w;
	t->since_ns = loop_now(w->loop);
	list_init(&t->entry);
	if (link_new(&args, &t->link) < 0) {
		slot_give(w, t);
		drop(t, -1, w); /* link_new has taken fd */
		return;
	}
	list_add(&w->tunnels, &t->entry);
	t->half_open = true;
	w->half_open++;
}

/* Nothing is lost on the way: whoever evicts, drains or revokes meanwhile finds
 * it where it arrives, and control asked for nothing yet. */
static void
leave(struct tunnel *t, unsigned to)
{
	struct msg m = { .type = MSG_TUNNEL_MOVE, .u.moving = t };
	struct worker *w = t->worker;

	if (!link_leave(t->link))
		return; /* its end is near */
	unlist(t);
	t->announced = false;
	t->worker = NULL;
	if (mailbox_send(w->box, to, &m) < 0) {
		log_warn(w->log, "agent cut off: a worker is overloaded",
		    LOG_STR("agent", t->lane.agent), LOG_U64("worker", to));
		tunnel_discard(t);
	}
	worker_check_drained(w);
}

void
tunnel_arrive(struct worker *w, struct tunnel *t)
{
	t->worker = w;
	t->moves++;
	if (w->paused || tunnel_take_slot(w, t) < 0) {
		tunnel_discard(t);
		return;
	}
	list_add(&w->tunnels, &t->entry);
	if (link_enter(t->link, w->loop, worker_share(w, t->tenant), w->scratch,
	    w->tls) < 0)
		tunnel_free(t, AX_WIRE_RESOURCE, "no memory");
	else if ((t->refused = tunnel_why_revoked(w, link_peer(t->link))) != NULL)
		refuse(t, AX_WIRE_AUTH_REVOKED);
	else if (w->draining)
		refuse(t, AX_WIRE_DRAINING);
	else
		announce(t);
}

/* It is what it wanted to be. */
static void
tell_time(const struct tunnel *t)
{
	histogram_add(&t->worker->timings.handshake,
	    (loop_now(t->worker->loop) - t->since_ns) / AX_NS_PER_US);
}

static void
welcome(struct tunnel *t, const struct msg *m)
{
	struct worker *w = t->worker;
	char addr[ADDR_TEXT_MAX];

	t->load = m->u.verdict.load;
	if (session_accept(link_session(t->link), (uint8_t)w->index,
	    m->u.verdict.lanes, loop_now(w->loop)) < 0) {
		refuse(t, AX_WIRE_RESOURCE);
		return;
	}
	link_kick(t->link);
	t->up = true;
	tell_here(t, false);
	tell_time(t);
	half_open_over(t);
	addr_format(link_peer_addr(t->link), addr);
	log_info(w->log, "tunnel up",
	    LOG_STR("tenant", tenants_conf(w->tenants, t->tenant)->name),
	    LOG_STR("agent", t->lane.agent), LOG_U64("lane", t->lane.index),
	    LOG_STR("peer", addr), LOG_STR("host", t->hostname),
	    LOG_STR("software", t->software),
	    LOG_STR("cipher", link_cipher(t->link)));
}

/* What a refusal tells the agent does not depend on why. */
static void
refuse_session(struct tunnel *t, const char *why)
{
	t->refused = why;
	refuse(t, AX_WIRE_UNKNOWN_SESSION);
}

/* t's connection is for the session of another tunnel of its agent, which lives
 * here. */
static void
resume(struct tunnel *t, struct tunnel_ref heir)
{
	struct worker *w = t->worker;
	struct tunnel *old = tunnel_find(w, heir);
	uint64_t since = old == NULL ? 0 : link_away_since_ns(old->link);
	const char *why = old == NULL || !old->up ? "it has just ended" :
	    link_take(old->link, t->link, &t->claim);
	char addr[ADDR_TEXT_MAX];

	if (why != NULL) {
		refuse_session(t, why);
		return;
	}
	tell_time(t);
	w->timings.resumed++;
	t->announced = false; /* control never had it */
	tunnel_free(t, AX_WIRE_NO_ERROR, "");
	tell_here(old, since != 0);
	addr_format(link_peer_addr(old->link), addr);
	log_info(w->log, "tunnel goes on",
	    LOG_STR("tenant", tenants_conf(w->tenants, old->tenant)->name),
	    LOG_STR("agent", old->lane.agent), LOG_U64("lane", old->lane.index),
	    LOG_STR("peer", addr), LOG_U64("away_ms",
	    since == 0 ? 0 : (loop_now(w->loop) - since) / AX_NS_PER_MS));
}

void
tunnel_verdict(struct worker *w, const struct msg *m)
{
	struct tunnel *t = tunnel_find(w, m->tunnel);

	if (t == NULL)
		return;
	if (m->code == AX_WIRE_UNKNOWN_SESSION)
		refuse_session(t, "it has no session here");
	else if (m->code != 0) {
		t->enough = m->u.verdict.enough;
		refuse(t, m->code);
	}
	else if (m->u.verdict.worker != w->index)
		leave(t, m->u.verdict.worker);
	else if (t->resumes)
		resume(t, m->u.verdict.heir);
	else
		welcome(t, m);
}

void
tunnel_evict(struct worker *w, struct tunnel_ref ref, uint16_t code)
{
	struct tunnel *t = tunnel_find(w, ref);

	if (t != NULL)
		link_close(t->link, code, code == AX_WIRE_NO_ERROR ?
		    "closed by the operator" : code_text(code));
}

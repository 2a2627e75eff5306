/* ingress.c — visitors.
 * Thread: the worker's.
 * Invariant: an admitted visitor is in exactly one place: waiting here, carried
 * by a tunnel of this worker (struct carried), or in a message to another
 * worker. Whoever ends it calls admit_leave once.                            */
#include "relay/ingress.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "io/sock.h"
#include "relay/carried.h"
#include "relay/tunnel.h"

/* A route can be out of date by the time a visitor arrives; after this many
 * moves it waits where it is instead. */
#define HOPS_MAX 2
/* Then it looks again: who named another worker may not change any more. */
#define AGAIN_MS 10

struct listener {
	struct list entry;
	struct watch watch;
	struct task accept; /* of the tenant's share */
	struct worker *worker;
	struct service_ref at;
};

struct waiting {
	struct list entry; /* worker's waiting, oldest first */
	struct wheel_timer timer;
	uint64_t until_ns;
	struct worker *worker;
	struct visitor visitor;
};

_Static_assert(sizeof(struct waiting) + 64 <= WAITING_COST, "see footprint.h");

static void route(struct worker *w, struct visitor *v);
static bool dispatch(struct worker *w, const struct visitor *v);

static const char *
service_name(struct worker *w, struct service_ref at)
{
	return tenants_service_name(tenants_conf(w->tenants, at.tenant), at.service);
}

/* Gives back what he was counted for. */
static void
leave(struct worker *w, struct service_ref at, bool counted, const uint8_t *ip,
    size_t len)
{
	struct source who;

	admit_leave(w->tenants, at.tenant);
	if (!counted)
		return;
	source_of(at, ip, len, &who);
	per_source_leave(w->per_source, &who);
}

/* One who was admitted by another process. Returns whether his source was counted. */
static bool
admit_heir(struct worker *w, struct service_ref at, const uint8_t *ip, size_t len)
{
	const struct conf_tenant *t = tenants_conf(w->tenants, at.tenant);
	struct source who;

	admit_again(w->tenants, at.tenant);
	if (at.service == SERVICE_GONE || w->per_source == NULL ||
	    !per_source_is_set(&t->services[at.service].per_source))
		return false;
	source_of(at, ip, len, &who);
	return per_source_again(w->per_source, &who, loop_now(w->loop));
}

/* Ends a visitor that no tunnel carries. */
static void
turn_away(struct worker *w, struct visitor *v, const char *why)
{
	log_info(w->log, "visitor turned away",
	    LOG_STR("tenant", tenants_conf(w->tenants, v->at.tenant)->name),
	    LOG_STR("service", service_name(w, v->at)), LOG_STR("reason", why));
	sock_close(&v->fd);
	leave(w, v->at, v->counted, v->client, v->addr_len);
}

/* --- carried by a tunnel --------------------------------------------------- */

static void
on_closed(struct splice *s, uint16_t code, bool by_peer)
{
	struct carried *c = container_of(s, struct carried, splice);
	struct tunnel *t = c->tunnel;
	struct worker *w = t->worker;

	log_debug(w->log, "connection ended",
	    LOG_STR("tenant", tenants_conf(w->tenants, t->tenant)->name),
	    LOG_STR("service", service_name(w, c->at)),
	    LOG_U64("bytes_in", s->bytes_in), LOG_U64("bytes_out", s->bytes_out),
	    LOG_U64("code", code), LOG_BOOL("by_peer", by_peer));
	atomic_fetch_sub_explicit(t->load, 1, memory_order_relaxed);
	leave(w, c->at, c->counted, c->client, c->addr_len);
	carried_less(w, c);
	alloc_put(&t->memory.base, c, sizeof(*c));
	tunnel_check_drained(t);
}

static void
describe_carried(struct carried *c, struct frost *f)
{
	frost_u64(f, &c->since_ns);
	frost_u16(f, &c->client_port);
	frost_u8(f, &c->addr_len);
	frost_copy(f, c->client, sizeof(c->client));
	frost_require(f, c->addr_len == 0 || c->addr_len == 4 || c->addr_len == 16);
}

static bool
is_gone(struct worker *w, struct service_ref at)
{
	return at.service == SERVICE_GONE ||
	    tenants_conf(w->tenants, at.tenant)->services[at.service].gone;
}

/* By name: another configuration may count its services otherwise. One that was
 * taken out has none: its connections stay, here as there. */
static void
on_freeze(struct splice *s, struct frost *f)
{
	struct carried *c = container_of(s, struct carried, splice);
	struct worker *w = c->tunnel->worker;
	char name[AX_SERVICE_NAME_MAX + 1];

	str_copy(name, sizeof(name), is_gone(w, c->at) ? "" : service_name(w, c->at));
	frost_text(f, name, sizeof(name));
	describe_carried(c, f);
}

static struct brake *
its_brake(struct splice *s)
{
	return &container_of(s, struct carried, splice)->brake;
}

static void
on_opened(struct splice *s)
{
	struct carried *c = container_of(s, struct carried, splice);
	struct worker *w = c->tunnel->worker;

	histogram_add(&w->timings.dial,
	    (loop_now(w->loop) - c->since_ns) / AX_NS_PER_US);
}

static const struct splice_ops splice_ops = { .opened = on_opened, .closed = on_closed,
	.freeze = on_freeze, .brake = its_brake };

/* Opens a stream for the visitor. Fails: AX_E_LIMIT, AX_E_CLOSED, AX_E_NOMEM;
 * the visitor is untouched. */
static int
carry(struct tunnel *t, const struct visitor *v)
{
	struct session_open o = {
		.service = slice_str(service_name(t->worker, v->at)),
		.addr_len = v->addr_len,
		.client_port = v->client_port,
		.local_port = v->local_port,
	};
	struct carried *c = alloc_get(&t->memory.base, sizeof(*c));
	struct stream *st;
	int r;

	if (c == NULL)
		return AX_E_NOMEM;
	memcpy(o.client, v->client, sizeof(o.client));
	memcpy(o.local, v->local, sizeof(o.local));
	r = session_open(link_session(t->link), &o, NULL, &st);
	if (r < 0) {
		alloc_put(&t->memory.base, c, sizeof(*c));
		return r;
	}
	c->tunnel = t;
	c->at = v->at;
	c->counted = v->counted;
	c->client_port = v->client_port;
	c->addr_len = v->addr_len;
	memcpy(c->client, v->client, sizeof(c->client));
	carried_more(t->worker, c);
	atomic_fetch_add_explicit(t->load, 1, memory_order_relaxed);
	c->brake = (struct brake){ .splice = NULL };
	splice_init(&c->splice, &splice_ops);
	carried_brake(t->worker, c);
	splice_join(&c->splice, t->link, st);
	splice_attach(&c->splice, v->fd);
	link_kick(t->link);
	return 0;
}

/* --- waiting for an agent --------------------------------------------------- */

static void
waiting_end(struct waiting *p)
{
	loop_untimer(p->worker->loop, &p->timer);
	list_del(&p->entry);
	atomic_fetch_sub(&tenants_usage(p->worker->tenants,
	    p->visitor.at.tenant)->waiting, 1);
	free(p);
}

static void
on_waited(struct wheel_timer *timer)
{
	struct waiting *p = container_of(timer, struct waiting, timer);
	struct worker *w = p->worker;
	struct visitor v = p->visitor;

	if (loop_now(w->loop) < p->until_ns) {
		if (dispatch(w, &v))
			waiting_end(p);
		else
			loop_timer(w->loop, timer, p->until_ns);
		return;
	}
	waiting_end(p);
	refused_count(w, v.at, REFUSED_NO_AGENT);
	turn_away(w, &v, "no agent is connected that lends this service");
}

static void
wait_for_agent(struct worker *w, const struct visitor *v)
{
	struct waiting *p = calloc(1, sizeof(*p));
	struct visitor copy = *v;

	if (p == NULL) {
		atomic_fetch_sub(
		    &tenants_usage(w->tenants, v->at.tenant)->waiting, 1);
		turn_away(w, &copy, "out of memory");
		return;
	}
	p->worker = w;
	p->visitor = *v;
	p->visitor.hops = 0;
	p->until_ns = loop_now(w->loop) + w->conf->wait_ms * AX_NS_PER_MS;
	wheel_timer_init(&p->timer, on_waited);
	list_add(&w->waiting, &p->entry);
	loop_timer(w->loop, &p->timer, v->hops == 0 ? p->until_ns :
	    MIN(p->until_ns, loop_now(w->loop) + AGAIN_MS * AX_NS_PER_MS));
}

/* --- finding the way --------------------------------------------------------- */

/* Tries to send v on its way. False: nobody lends the service now. */
static bool
dispatch(struct worker *w, const struct visitor *v)
{
	struct msg m = { .type = MSG_HANDOFF };
	struct visitor copy = *v;
	struct visitor_place from = { w->index, v->hops > 0 };
	struct tunnel_ref ref;
	struct tunnel *t;
	int r;

	if (w->paused || !tenants_pick(w->tenants, v->at, from, &ref))
		return false;
	if (ref.worker != w->index) {
		if (v->hops >= HOPS_MAX)
			return false;
		m.u.visitor = *v;
		m.u.visitor.hops++;
		if (mailbox_send(w->box, ref.worker, &m) < 0)
			turn_away(w, &copy, "its worker is overloaded");
		return true;
	}
	t = tunnel_find(w, ref);
	if (t == NULL || !t->up)
		return false;
	r = carry(t, v);
	if (r == AX_E_CLOSED)
		return false;
	if (r == AX_E_NOMEM)
		refused_count(w, v->at, REFUSED_MEMORY);
	if (r < 0)
		turn_away(w, &copy, r == AX_E_LIMIT ?
		    "the agent carries as many streams as it takes" :
		    "no memory is left for its tenant (limits.memory)");
	return true;
}

static void
route(struct worker *w, struct visitor *v)
{
	atomic_uint *waiting;

	if (dispatch(w, v))
		return;
	if (w->draining) {
		turn_away(w, v, "the relay is going away");
		return;
	}
	/* First be seen waiting, then look again: control publishes a route,
	 * then looks who waits. One of the two sees the other. */
	waiting = &tenants_usage(w->tenants, v->at.tenant)->waiting;
	atomic_fetch_add(waiting, 1);
	if (dispatch(w, v)) {
		atomic_fetch_sub(waiting, 1);
		return;
	}
	wait_for_agent(w, v);
}

void
ingress_handoff(struct worker *w, const struct visitor *v)
{
	struct visitor copy = *v;

	share_charge(worker_share(w, v->at.tenant), ACCEPT_WORK);
	route(w, &copy);
}

void
ingress_routes_changed(struct worker *w, uint32_t tenant)
{
	struct list *e, *tmp;

	list_foreach_safe(e, tmp, &w->waiting) {
		struct waiting *p = container_of(e, struct waiting, entry);

		if (p->visitor.at.tenant == tenant && dispatch(w, &p->visitor))
			waiting_end(p);
	}
}

/* --- from one process to the next ---------------------------------------------- */

struct splice *
ingress_thaw_carried(struct link *l, struct frost *f)
{
	struct tunnel *t = link_owner(l);
	struct worker *w = t->worker;
	char name[AX_SERVICE_NAME_MAX + 1];
	struct carried *c;
	int found;
	uint32_t service;

	frost_text(f, name, sizeof(name));
	found = tenants_service(w->tenants, t->tenant, slice_str(name));
	if (f->bad || (found < 0 && name[0] != '\0'))
		return NULL;
	service = found < 0 ? SERVICE_GONE : (uint32_t)found;
	c = alloc_get(&t->memory.base, sizeof(*c));
	if (c == NULL)
		return NULL;
	c->tunnel = t;
	c->at = (struct service_ref){ t->tenant, service };
	carried_more(w, c);
	describe_carried(c, f);
	atomic_fetch_add_explicit(t->load, 1, memory_order_relaxed);
	c->counted = admit_heir(w, c->at, c->client, c->addr_len);
	c->brake = (struct brake){ .splice = NULL };
	splice_init(&c->splice, &splice_ops);
	carried_brake(w, c);
	return &c->splice;
}

/* Where one waits who waited in another process. */
static void
place(struct frost *f, struct worker *w, struct service_ref *at)
{
	char tenant[IDENTITY_LABEL_MAX + 1], name[AX_SERVICE_NAME_MAX + 1];
	int i, k = -1;

	if (!frost_reads(f)) {
		str_copy(tenant, sizeof(tenant),
		    tenants_conf(w->tenants, at->tenant)->name);
		str_copy(name, sizeof(name), service_name(w, *at));
	}
	frost_text(f, tenant, sizeof(tenant));
	frost_text(f, name, sizeof(name));
	i = tenants_index(w->tenants, tenant);
	if (i >= 0)
		k = tenants_service(w->tenants, (uint32_t)i, slice_str(name));
	frost_require(f, k >= 0);
	if (k >= 0)
		*at = (struct service_ref){ (uint32_t)i, (uint32_t)k };
}

static void
describe(struct frost *f, struct worker *w, struct visitor *v)
{
	place(f, w, &v->at);
	frost_u16(f, &v->client_port);
	frost_u16(f, &v->local_port);
	frost_u8(f, &v->addr_len);
	frost_copy(f, v->client, sizeof(v->client));
	frost_copy(f, v->local, sizeof(v->local));
	frost_require(f, v->addr_len == 0 || v->addr_len == 4 || v->addr_len == 16);
	frost_fd(f, &v->fd);
}

void
ingress_freeze(struct worker *w, struct frost *f)
{
	uint64_t n = 0;
	struct list *e;

	list_foreach(e, &w->waiting)
		n++;
	frost_u64(f, &n);
	list_foreach(e, &w->waiting)
		describe(f, w, &container_of(e, struct waiting, entry)->visitor);
}

/* Each waits anew: it is a matter of seconds. */
int
ingress_thaw(struct worker *w, struct frost *f, struct err *e)
{
	uint64_t n = 0;

	for (frost_u64(f, &n); !f->bad && n > 0; n--) {
		struct visitor v = { .fd = -1 };

		describe(f, w, &v);
		if (f->bad)
			break;
		v.counted = admit_heir(w, v.at, v.client, v.addr_len);
		atomic_fetch_add(&tenants_usage(w->tenants, v.at.tenant)->waiting, 1);
		wait_for_agent(w, &v);
	}
	return f->bad ? err_set(e, AX_E_SYNTAX, "a visitor who waits is for no "
	    "service of this configuration, or not whole") : 0;
}

/* --- public ports -------------------------------------------------------------- */

static void
name_local(struct visitor *v)
{
	struct addr local;
	size_t n;

	if (sock_local(v->fd, &local) < 0)
		return;
	n = addr_ip(&local, v->local);
	if (n == v->addr_len)
		v->local_port = addr_port(&local);
}

/* Before anything is counted for his tenant. */
static bool
may_come(struct worker *w, struct visitor *v, const struct addr *peer)
{
	const struct conf_per_source *c = &tenants_conf(w->tenants,
	    v->at.tenant)->services[v->at.service].per_source;
	struct per_source_answer a;
	struct source who;

	if (!tenants_may_come(w->tenants, v->at, peer)) {
		refused_visitor(w, v->at, REFUSED_SOURCE,
		    "the service's allow and deny", peer);
		return false;
	}
	if (w->per_source == NULL || !per_source_is_set(c))
		return true;
	source_of(v->at, v->client, v->addr_len, &who);
	a = per_source_enter(w->per_source, &who, c, loop_now(w->loop));
	v->counted = a.counted;
	if (a.verdict != PER_SOURCE_OK)
		refused_source(w, v->at, &a, peer);
	return a.verdict == PER_SOURCE_OK;
}

static enum refusal
why_not(enum admit_verdict v)
{
	if (v == ADMIT_TENANT_QUOTA)
		return REFUSED_QUOTA;
	return v == ADMIT_TENANT_RATE || v == ADMIT_RELAY_RATE ? REFUSED_RATE :
								 REFUSED_LIMIT;
}

/* Has his tenant a place for him? */
static bool
is_admitted(struct worker *w, const struct visitor *v, const struct addr *peer)
{
	enum admit_verdict verdict = admit_visitor(
	    w->tenants, v->at.tenant, w->conf, loop_now(w->loop));
	struct source who;

	if (verdict == ADMIT_OK)
		return true;
	refused_visitor(w, v->at, why_not(verdict), admit_text(verdict), peer);
	if (v->counted) {
		source_of(v->at, v->client, v->addr_len, &who);
		per_source_leave(w->per_source, &who);
	}
	return false;
}

static void
welcome(struct listener *l, int fd, const struct addr *peer)
{
	struct worker *w = l->worker;
	struct visitor v = { .fd = fd, .at = l->at };

	v.addr_len = (uint8_t)addr_ip(peer, v.client);
	v.client_port = addr_port(peer);
	if (!may_come(w, &v, peer) || !is_admitted(w, &v, peer)) {
		sock_abort(&fd);
		return;
	}
	atomic_fetch_add_explicit(&tenants_tally(w->tenants, l->at)->accepted, 1,
	    memory_order_relaxed);
	name_local(&v);
	route(w, &v);
}

/* The port is watched by level: whoever is left over is reported again. */
static void
accept_visitors(struct task *t)
{
	struct listener *l = container_of(t, struct listener, accept);
	struct worker *w = l->worker;
	struct share *share = worker_share(w, l->at.tenant);
	struct addr peer;
	int fd;

	while (share_is_left(share)) {
		int r = sock_accept(l->watch.fd, &w->spare_fd, &fd, &peer);

		share_charge(share, ACCEPT_WORK);
		if (r == AX_E_CLOSED)
			continue;
		if (r == AX_E_LIMIT)
			worker_out_of_fds(w);
		if (r < 0)
			return;
		welcome(l, fd, &peer);
	}
}

static void
on_visitor(struct watch *watch, uint32_t events AX_UNUSED)
{
	struct listener *l = container_of(watch, struct listener, watch);

	share_defer(worker_share(l->worker, l->at.tenant), &l->accept);
}

static struct listener *
find_listener(struct worker *w, struct service_ref at)
{
	struct list *e;

	list_foreach(e, &w->listeners) {
		struct listener *l = container_of(e, struct listener, entry);

		if (l->at.tenant == at.tenant && l->at.service == at.service)
			return l;
	}
	return NULL;
}

static void
listener_end(struct listener *l)
{
	loop_unwatch(l->worker->loop, &l->watch);
	loop_undefer(&l->accept);
	list_del(&l->entry);
	free(l);
}

void
ingress_attach(struct worker *w, struct service_ref at, int fd)
{
	struct listener *l;

	if (w->draining || w->paused || find_listener(w, at) != NULL)
		return;
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		goto fail;
	l->worker = w;
	l->at = at;
	list_init(&l->entry);
	watch_init(&l->watch, on_visitor);
	task_init(&l->accept, accept_visitors);
	if (loop_watch(w->loop, &l->watch, fd, LOOP_SHARED_IN) < 0)
		goto fail;
	list_add(&w->listeners, &l->entry);
	return;
fail:
	free(l);
	log_error(w->log, "cannot watch a public port; trying again",
	    LOG_STR("service", service_name(w, at)));
	worker_tell_control(w, &(struct msg){ .type = MSG_LISTEN_FAILED,
	    .tunnel.worker = (uint16_t)w->index, .u.listen.at = at });
}

void
ingress_detach(struct worker *w, struct service_ref at)
{
	struct listener *l = find_listener(w, at);

	if (l != NULL)
		listener_end(l);
}

void
ingress_close(struct worker *w, struct service_ref at, int fd)
{
	struct msg m = { .type = MSG_LISTEN_CLOSED };
	struct list *e, *tmp;

	ingress_detach(w, at);
	list_foreach_safe(e, tmp, &w->waiting) {
		struct waiting *p = container_of(e, struct waiting, entry);
		struct visitor v = p->visitor;

		if (v.at.tenant != at.tenant || v.at.service != at.service)
			continue;
		waiting_end(p);
		turn_away(w, &v, "it is not exposed any more");
	}
	m.u.listen.at = at;
	m.u.listen.fd = fd;
	worker_tell_control(w, &m);
}

void
ingress_detach_all(struct worker *w)
{
	struct list *e;

	while ((e = list_first(&w->listeners)) != NULL)
		listener_end(container_of(e, struct listener, entry));
}

void
ingress_reload(struct worker *w)
{
	struct list *e, *tmp;

	list_foreach_safe(e, tmp, &w->waiting) {
		struct waiting *p = container_of(e, struct waiting, entry);
		struct visitor v = p->visitor;
		const struct conf_tenant *t = tenants_conf(w->tenants, v.at.tenant);

		if (!t->gone && !t->services[v.at.service].gone)
			continue;
		waiting_end(p);
		turn_away(w, &v, "the service was taken out of the configuration");
	}
}

void
ingress_stop(struct worker *w)
{
	struct list *e;

	while ((e = list_first(&w->waiting)) != NULL) {
		struct waiting *p = container_of(e, struct waiting, entry);
		struct visitor v = p->visitor;

		waiting_end(p);
		turn_away(w, &v, "the relay is going away");
	}
}

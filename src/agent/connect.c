/* connect.c — from OPEN to a local socket.
 * Thread: the agent's.
 * Invariant: a connection owns its splice; while dialling it also owns fd and
 * watch and is counted in its service's dials. Those beyond max_dials wait for
 * their turn, oldest first; the timer runs from OPEN until the service answers.
 * on_closed is the only end.                                                 */
#include "agent/connect.h"

#include <errno.h>
#include <stdlib.h>

#include "io/sock.h"
#include "link/splice.h"

struct connection {
	struct splice splice;
	struct agent *agent;
	struct uplink *uplink;
	struct service *service;
	struct list waiting; /* its service's */
	struct watch watch;  /* while dialling */
	struct wheel_timer timer;
	int fd;
	bool dialling;
};

/* Also when the dial had not begun. */
static void
dial_done(struct connection *c)
{
	struct agent *a = c->agent;

	list_del(&c->waiting);
	loop_untimer(a->loop, &c->timer);
	if (!c->dialling)
		return;
	c->dialling = false;
	c->service->dials--;
	loop_unwatch(a->loop, &c->watch);
	if (!list_is_empty(&c->service->waiting))
		loop_defer(a->loop, &a->dials);
}

static void
on_closed(struct splice *s, uint16_t code, bool by_peer)
{
	struct connection *c = container_of(s, struct connection, splice);

	dial_done(c);
	sock_close(&c->fd);
	log_debug(c->agent->log, "connection ended",
	    LOG_STR("service", c->service->name),
	    LOG_U64("bytes_in", s->bytes_in), LOG_U64("bytes_out", s->bytes_out),
	    LOG_U64("code", code), LOG_BOOL("by_peer", by_peer));
	c->service->connections--;
	uplink_left(c->uplink);
	free(c);
}

static const struct splice_ops ops = { .closed = on_closed };

static void
judge_health(struct connection *c, enum service_health h)
{
	if (service_set_health(c->service, h))
		agent_announce(c->agent);
}

static uint16_t
wire_code(int sys)
{
	switch (sys) {
	case ECONNREFUSED:
	case ENOENT: /* no such Unix socket */
		return AX_WIRE_CONN_REFUSED;
	case ETIMEDOUT:
		return AX_WIRE_CONN_TIMEOUT;
	case ENETUNREACH:
	case EHOSTUNREACH:
		return AX_WIRE_UNREACHABLE;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
	case EAGAIN: /* a Unix socket's full backlog */
		return AX_WIRE_OVERLOAD;
	default:
		return AX_WIRE_LOCAL_IO;
	}
}

static void
dial_failed(struct connection *c, uint16_t code, const char *why)
{
	char target[ADDR_TEXT_MAX];

	addr_format(&c->service->target, target);
	log_info(c->agent->log, "local service does not answer",
	    LOG_STR("service", c->service->name), LOG_STR("target", target),
	    LOG_STR("reason", why));
	if (code != AX_WIRE_OVERLOAD)
		judge_health(c, HEALTH_DEAD);
	splice_abort(&c->splice, code); /* ends in on_closed */
}

static void
dial_succeeded(struct connection *c)
{
	int fd = c->fd;

	c->fd = -1;
	dial_done(c);
	judge_health(c, HEALTH_OK);
	session_opened(link_session(c->splice.link), c->splice.stream);
	link_kick(c->splice.link);
	splice_attach(&c->splice, fd);
}

static void
on_connected(struct watch *w, uint32_t events)
{
	struct connection *c = container_of(w, struct connection, watch);
	struct err e = { 0 };

	if (!(events & (LOOP_OUT | LOOP_ERR | LOOP_HUP)))
		return;
	if (sock_connected(c->fd, &e) < 0)
		dial_failed(c, wire_code(e.sys), e.text);
	else
		dial_succeeded(c);
}

static void
on_timeout(struct wheel_timer *t)
{
	struct connection *c = container_of(t, struct connection, timer);

	dial_failed(c, AX_WIRE_CONN_TIMEOUT, "no answer in time");
}

static void
dial(struct connection *c)
{
	struct loop *loop = c->agent->loop;
	struct err e = { 0 };
	int r;

	c->dialling = true;
	c->service->dials++;
	r = sock_connect(&c->service->target, &c->fd, &e);
	if (r == 0) {
		dial_succeeded(c);
		return;
	}
	if (r != AX_E_AGAIN) {
		dial_failed(c, wire_code(e.sys), e.text);
		return;
	}
	if (loop_watch(loop, &c->watch, c->fd, LOOP_EDGE) < 0)
		dial_failed(c, AX_WIRE_OVERLOAD, "cannot watch the connection");
}

static bool
may_dial(const struct service *v)
{
	return v->dials < v->max_dials;
}

/* Not from within dial_done: a dial may fail at once and end in there again. */
void
connect_next(struct task *t)
{
	struct agent *a = container_of(t, struct agent, dials);

	for (size_t i = 0; i < a->services.n; i++) {
		struct service *v = a->services.all[i];
		struct list *e;

		while (may_dial(v) && (e = list_pop(&v->waiting)) != NULL)
			dial(container_of(e, struct connection, waiting));
	}
}

static void
refuse(struct uplink *u, struct stream *st, uint16_t code, const char *why,
    struct slice service)
{
	struct session *s = link_session(u->link);

	log_info(u->agent->log, "stream refused", LOG_SLICE("service", service),
	    LOG_STR("reason", why));
	session_reset(s, st, code);
	session_release(s, st);
	link_kick(u->link);
}

/* NULL: as many as there may be, or no memory. */
static struct connection *
connection_new(struct uplink *u, struct service *v)
{
	struct agent *a = u->agent;
	struct connection *c = a->connections < a->conf->max_streams ?
	    calloc(1, sizeof(*c)) : NULL;

	if (c == NULL)
		return NULL;
	uplink_joined(u);
	c->agent = a;
	c->uplink = u;
	c->service = v;
	v->connections++;
	c->fd = -1;
	list_init(&c->waiting);
	watch_init(&c->watch, on_connected);
	wheel_timer_init(&c->timer, on_timeout);
	splice_init(&c->splice, &ops);
	return c;
}

void
connect_open(struct uplink *u, struct stream *st, const struct session_open *o)
{
	struct service *v = service_map_find(&u->agent->services, o->service);
	struct connection *c;

	if (v == NULL || o->kind != 0) {
		refuse(u, st, AX_WIRE_REFUSED, "not in this agent's services",
		    o->service);
		return;
	}
	c = connection_new(u, v);
	if (c == NULL) {
		refuse(u, st, AX_WIRE_OVERLOAD,
		    "no memory, or agent.max_streams", o->service);
		return;
	}
	splice_join(&c->splice, u->link, st);
	loop_timer_in(c->agent->loop, &c->timer, v->dial_timeout_ms);
	/* A burst of visitors is no reason to turn any of them away. */
	if (may_dial(v) && list_is_empty(&v->waiting))
		dial(c);
	else
		list_add(&v->waiting, &c->waiting);
}

/* uplink.c — one link to a relay: from the handshake to the end.
 * Thread: the agent's.
 * Invariant: on the agent's list from uplink_new until freed; agent->current is
 * the one that the dialer made, if any; the others have a lane.             */
#include "agent/uplink.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "agent/anchors.h"
#include "agent/connect.h"
#include "atlax/version.h"
#include "base/clock.h"
#include "base/rng.h"
#include "base/str.h"
#include "io/sock.h"

static void
name_self(struct session_self *self)
{
	struct utsname u;

	str_copy(self->software, sizeof(self->software), "atlax " AX_VERSION);
	if (uname(&u) < 0)
		return;
	str_copy(self->hostname, sizeof(self->hostname), u.nodename);
	str_copy(self->os, sizeof(self->os), u.sysname);
}

static uint16_t
on_authenticated(struct link *l, const struct tls_peer *peer AX_UNUSED,
    struct session_args *args, const char **reason AX_UNUSED)
{
	struct uplink *u = link_owner(l);
	const struct conf_agent *c = u->agent->conf;

	*args = (struct session_args){
		.role = SESSION_AGENT,
		.alloc = alloc_libc(),
		.wall_ms = clock_wall_ms(),
		.max_streams = (uint16_t)c->max_streams,
		.window_init = (uint32_t)c->tunnel.window,
		.window_max = AX_CREDIT_AHEAD_MAX,
		.budget = c->tunnel.budget,
		.max_frame = AX_FRAME_MAX,
		.ring_max = (size_t)c->tunnel.ring,
		.ping_ms = (uint32_t)c->tunnel.heartbeat_ms,
		.dead_ms = (uint32_t)c->tunnel.dead_after_ms,
		.resume_s = conf_resume_s(&c->tunnel),
		.renews = renewer_is_able(),
		.trusts = anchors_is_able(),
		.exposes = u->lane == NULL && exposer_is_able(),
	};
	args->lane = u->lane == NULL ? 0 : u->lane->index;
	args->lanes = (uint8_t)c->lanes;
	rng_secret(&args->seed, sizeof(args->seed));
	memcpy(args->self.id, u->agent->instance, sizeof(args->self.id));
	name_self(&args->self);
	return 0;
}

/* --- places ------------------------------------------------------------------ */

/* Where it is noted as what its lane uses now. */
static struct uplink **
place_of(struct uplink *u)
{
	return u->lane != NULL ? &u->lane->uplink : &u->agent->current;
}

/* Where it is noted who goes on over the lane's next connection. */
static struct uplink **
heir_at(struct uplink *u)
{
	return u->lane != NULL ? &u->lane->heir : &u->agent->heir;
}

bool
uplink_is_heir(struct uplink *u)
{
	return *heir_at(u) == u;
}

static bool
is_movable(const struct uplink *u)
{
	return u->up && session_is_resumable(link_session(u->link));
}

bool
uplink_move(struct uplink *u, uint64_t delay_ms)
{
	if (*place_of(u) != u || !is_movable(u))
		return false;
	if (u->lane != NULL)
		lanes_move(u, delay_ms);
	else
		agent_move(u->agent, u, delay_ms);
	return true;
}

/* --- what the link reports ---------------------------------------------------- */

static void
on_up(struct link *l, const struct session_hello *h)
{
	struct uplink *u = link_owner(l);
	struct agent *a = u->agent;
	struct uplink *old;
	char addr[ADDR_TEXT_MAX];
	int64_t skew = (int64_t)clock_wall_ms() - (int64_t)h->wall_ms;

	u->up = true;
	renewer_hurry(&a->renewer);
	anchors_tell(u);
	u->well_ns = loop_now(a->loop);
	if (u->lane == NULL)
		backoff_success(&a->backoff);
	lanes_up(u, h);
	addr_format(link_peer_addr(l), addr);
	log_info(a->log, "tunnel up", LOG_STR("relay", addr),
	    LOG_U64("lane", u->lane == NULL ? 0 : u->lane->index),
	    LOG_SLICE("software", h->software), LOG_STR("cipher", link_cipher(l)),
	    LOG_U64("services", service_map_count(&a->services)));
	notify_say(&a->notify, "STATUS=tunnel up");
	if (skew > 300000 || skew < -300000)
		log_warn(a->log, "this machine's clock and the relay's differ; "
		    "certificates depend on them", LOG_I64("ms", skew));
	old = *heir_at(u);
	if (old != NULL) { /* it could not go on over this connection */
		old->retired = true;
		uplink_close(old, AX_WIRE_NO_ERROR, "begun anew elsewhere");
	}
	if (uplink_announce(u) < 0)
		link_close(l, AX_WIRE_RESOURCE, "out of memory");
	if (u->lane == NULL)
		exposer_say(&a->exposer);
}

static void
on_resumed(struct uplink *u)
{
	struct agent *a = u->agent;
	uint64_t now = loop_now(a->loop);
	struct session_stats s;
	char addr[ADDR_TEXT_MAX];

	backoff_success(u->lane != NULL ? &u->lane->backoff : &a->backoff);
	addr_format(link_peer_addr(u->link), addr);
	session_stats(link_session(u->link), &s);
	log_info(a->log, "tunnel goes on", LOG_STR("relay", addr),
	    LOG_U64("lane", u->lane == NULL ? 0 : u->lane->index),
	    LOG_U64("streams", s.streams), LOG_U64("away_ms",
	    u->lost_ns == 0 ? 0 : (now - u->lost_ns) / AX_NS_PER_MS));
	notify_say(&a->notify, "STATUS=tunnel up");
	u->asking = false;
	u->lost_ns = 0;
	u->well_ns = now;
	/* What became of services meanwhile. */
	if (uplink_announce(u) < 0)
		link_close(u->link, AX_WIRE_RESOURCE, "out of memory");
	if (u->lane == NULL)
		exposer_say(&a->exposer);
}

static void
on_away(struct link *l, const struct link_down *why)
{
	struct uplink *u = link_owner(l);
	struct agent *a = u->agent;
	uint64_t now = loop_now(a->loop), delay;
	char addr[ADDR_TEXT_MAX];

	addr_format(link_peer_addr(l), addr);
	log_warn(a->log, "connection lost; its streams wait for another",
	    LOG_STR("relay", addr),
	    LOG_U64("lane", u->lane == NULL ? 0 : u->lane->index),
	    LOG_STR("reason", why->err.text));
	a->renewer.expired |= why->err.code == AX_E_EXPIRED;
	/* At once, unless that has just failed. */
	delay = u->asking || now - u->well_ns <
	    a->conf->retry_min_ms * AX_NS_PER_MS ? AGENT_BACKOFF : 0;
	if (u->lost_ns == 0)
		u->lost_ns = now;
	if (!uplink_move(u, delay) && !uplink_is_heir(u))
		link_close(l, AX_WIRE_NO_ERROR, "nobody dials for it");
}

/* Another connection is tried while this one may still live. */
static void
on_doubt(struct link *l)
{
	struct uplink *u = link_owner(l);

	if (uplink_move(u, 0))
		log_info(u->agent->log, "the relay does not answer; "
		    "trying another connection beside this one",
		    LOG_U64("lane", u->lane == NULL ? 0 : u->lane->index));
}

static struct link *
heir(struct link *l)
{
	struct uplink *u = link_owner(l), *old = *heir_at(u);

	return old != NULL && old->relay == u->relay && is_movable(old) ?
	    old->link : NULL;
}

static void
on_open(struct link *l, struct stream *st, const struct session_open *o)
{
	connect_open(link_owner(l), st, o);
}

static void
on_goaway(struct uplink *u, const struct session_event *ev)
{
	if (u->retired)
		return;
	u->retired = true;
	log_info(u->agent->log, "the relay is going away; streams end in peace, "
	    "new ones go elsewhere",
	    LOG_U64("reconnect_in_ms", ev->goaway->reconnect_in_ms));
	if (uplink_is_heir(u))
		*heir_at(u) = NULL; /* what is being dialled is another tunnel */
	else if (u->lane == NULL)
		agent_leave(u->agent, u, ev->goaway->reconnect_in_ms);
	else
		lanes_forget(u);
}

static void
on_event(struct link *l, const struct session_event *ev)
{
	struct uplink *u = link_owner(l);

	if (ev->type == SESSION_EV_GOAWAY)
		on_goaway(u, ev);
	else if (ev->type == SESSION_EV_REFUSED)
		u->retry_after_ms = ev->retry_after_ms;
	else if (ev->type == SESSION_EV_RESUMED)
		on_resumed(u);
	else if (ev->type == SESSION_EV_CERTIFICATE)
		renewer_answer(&u->agent->renewer, u, ev);
	else if (ev->type == SESSION_EV_TRUST)
		anchors_take(u, ev->data);
	else if (ev->type == SESSION_EV_EXPOSED)
		exposer_answer(&u->agent->exposer, u, ev);
}

/* By another process, since this one dials anew only when it has let go. */
static bool
was_replaced(const struct link_down *why)
{
	return why->by_peer && why->wire == AX_WIRE_REPLACED;
}

/* It has given its connection to the heir. */
static void
on_given(struct uplink *u)
{
	struct uplink *old = *heir_at(u);

	*heir_at(u) = NULL;
	*place_of(u) = old;
	old->asking = true;
	uplink_free(u);
}

/* How long to wait before the next try. */
static uint64_t
patience(const struct uplink *u, const struct link_down *why)
{
	/* Two who take the name from each other would serve nobody. */
	if (was_replaced(why))
		return u->agent->conf->retry_max_ms;
	if (u->retry_after_ms != 0)
		return u->retry_after_ms;
	/* The relay is there, but has not kept the session. */
	return u->asking ? 0 : AGENT_BACKOFF;
}

static void
on_down(struct link *l, const struct link_down *why)
{
	struct uplink *u = link_owner(l);
	struct agent *a = u->agent;
	char addr[ADDR_TEXT_MAX];

	if (why->err.code == 0) {
		on_given(u);
		return;
	}
	addr_format(link_peer_addr(l), addr);
	if (u->retired || a->stopping)
		log_info(a->log, "tunnel ended", LOG_STR("relay", addr));
	else if (u->lane != NULL && !u->up && why->by_peer && why->wire == AX_WIRE_RESOURCE)
		log_info(a->log, "the relay has no further lane for this agent now",
		    LOG_STR("relay", addr));
	else
		log_warn(a->log, u->up ? "tunnel down" : "cannot bring up a tunnel",
		    LOG_STR("relay", addr), LOG_STR("reason", why->err.text),
		    LOG_U64("code", why->wire), LOG_BOOL("by_peer", why->by_peer));
	a->renewer.expired |= why->err.code == AX_E_EXPIRED;
	if (was_replaced(why) && *place_of(u) == u)
		log_error(a->log, "another machine uses this agent's certificate; "
		    "give each its own");
	if (u->lane != NULL) {
		lanes_down(u, patience(u, why));
	} else if (a->current == u) {
		a->next_relay = a->heir != NULL ? a->heir->relay :
		    u->asking ? u->relay : u->up ? 0 : u->relay + 1;
		agent_redial(a, u, patience(u, why));
	}
	uplink_free(u);
	agent_uplink_gone(a);
}

static const struct link_ops ops = {
	.authenticated = on_authenticated,
	.hello = on_up,
	.open = on_open,
	.event = on_event,
	.down = on_down,
	.away = on_away,
	.heir = heir,
	.doubt = on_doubt,
};

int
uplink_new(struct agent *a, const struct uplink_args *x, struct uplink **out)
{
	struct uplink *u = calloc(1, sizeof(*u));
	struct link_args args = {
		.loop = a->loop, .share = &a->share, .scratch = a->scratch, .tls = a->tls,
		.host = x->host, .fd = x->fd, .peer = *x->peer, .ops = &ops, .owner = u,
		.handshake_ms = 10000,
		.dead_ms = (uint32_t)(a->conf->tunnel.dead_after_ms +
		    a->conf->tunnel.heartbeat_ms),
	};
	int r;

	if (u == NULL) {
		sock_close(&args.fd);
		return AX_E_NOMEM;
	}
	u->agent = a;
	u->lane = x->lane;
	u->relay = a->dialer.relay % a->dialer.n_relays;
	list_init(&u->entry);
	/* Streams wait: better try again than wait for packets that are sent
	 * again ever more slowly. */
	if (*heir_at(u) != NULL)
		args.handshake_ms = 4000;
	r = link_new(&args, &u->link);
	if (r < 0) {
		free(u);
		return r;
	}
	list_add(&a->uplinks, &u->entry);
	*out = u;
	return 0;
}

void
uplink_close(struct uplink *u, uint16_t code, const char *reason)
{
	link_close(u->link, code, reason);
}

int
uplink_announce(struct uplink *u)
{
	struct session *s = link_session(u->link);
	int r = u->withdrawn ? session_services(s, NULL, 0) :
			       service_map_announce(&u->agent->services, s);

	link_kick(u->link);
	return r;
}

static void
end_if_unused(struct uplink *u)
{
	if (u->lane != NULL && u->retired && u->connections == 0)
		uplink_close(u, AX_WIRE_NO_ERROR, "not needed any more");
}

void
uplink_retire(struct uplink *u)
{
	u->retired = u->withdrawn = true;
	if (uplink_announce(u) < 0)
		uplink_close(u, AX_WIRE_RESOURCE, "out of memory");
	end_if_unused(u);
}

void
uplink_joined(struct uplink *u)
{
	u->agent->connections++;
	if (++u->connections == LANES_FROM)
		lanes_watch(u->agent);
}

void
uplink_left(struct uplink *u)
{
	u->agent->connections--;
	u->connections--;
	end_if_unused(u);
}

void
uplink_free(struct uplink *u)
{
	if (*place_of(u) == u)
		*place_of(u) = NULL;
	if (uplink_is_heir(u))
		*heir_at(u) = NULL;
	renewer_forget(&u->agent->renewer, u);
	link_free(&u->link);
	list_del(&u->entry);
	free(u);
}

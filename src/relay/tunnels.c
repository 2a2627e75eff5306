/* tunnels.c — what happens to all tunnels of a worker at once.
 * Thread: its worker's.                                                      */
#include "base/clock.h"
#include "relay/denied.h"
#include "relay/tunnel_impl.h"

/* Closes who is revoked; returns how many. link_close only begins the end, so
 * walking the list is safe. Who is in the middle of a handshake is looked at when
 * it is over. */
static uint32_t
cut_revoked(struct worker *w)
{
	uint32_t n = 0;
	struct list *e;

	list_foreach(e, &w->tunnels) {
		struct tunnel *t = container_of(e, struct tunnel, entry);
		const char *why = t->known ? tunnel_why_revoked(w, link_peer(t->link)) : NULL;

		if (why == NULL)
			continue;
		link_close(t->link, AX_WIRE_AUTH_REVOKED, why);
		n++;
	}
	return n;
}

void
tunnels_renew(struct worker *w, struct tls_ctx *ctx)
{
	tls_ctx_free(&w->tls);
	w->tls = ctx;
	(void)cut_revoked(w);
}

void
tunnels_deny(struct worker *w, const struct msg *m)
{
	struct msg done = { .type = MSG_DENIED_DONE };

	denied_unref(&w->denied);
	w->denied = m->u.denied.list;
	done.u.denied.order = m->u.denied.order;
	done.u.denied.sessions = cut_revoked(w);
	worker_tell_control(w, &done);
}

void
tunnels_reload(struct worker *w)
{
	struct list *e;

	list_foreach(e, &w->tunnels) {
		struct tunnel *t = container_of(e, struct tunnel, entry);

		if (!t->known)
			continue;
		if (tenants_conf(w->tenants, t->tenant)->gone)
			link_close(t->link, AX_WIRE_AUTH_IDENTITY,
			    "its tenant was taken out of the relay's configuration");
		else if (t->announced && t->n_lends > 0)
			tunnel_tell_services(t);
	}
}

/* Who is there goes before who may come back. */
static void
make_room(struct worker *w)
{
	struct tunnel *oldest = NULL;
	uint64_t since = UINT64_MAX;
	struct list *e;

	list_foreach(e, &w->tunnels) {
		struct tunnel *t = container_of(e, struct tunnel, entry);
		uint64_t at = link_away_since_ns(t->link);

		if (at == 0 || at >= since || !session_memory_is_short(&t->memory))
			continue;
		oldest = t;
		since = at;
	}
	if (oldest != NULL)
		link_close(oldest->link, AX_WIRE_RESOURCE,
		    "memory is short, and its agent away");
}

/* Round trips change by heartbeats, which come every 15 s or so. */
#define SWEEPS_PER_LOOK 16u

static void
look(struct worker *w, const struct tunnel *t)
{
	struct session_stats s;

	if (!t->up || link_away_since_ns(t->link) != 0 ||
	    (t->ref.slot + w->sweeps) % SWEEPS_PER_LOOK != 0)
		return;
	session_stats(link_session(t->link), &s);
	if (s.rtt_us == 0)
		return;
	histogram_add(&w->timings.rtt, s.rtt_us);
	histogram_add(&w->timings.queueing,
	    s.rtt_us > s.rtt_min_us ? s.rtt_us - s.rtt_min_us : 0);
}

void
tunnel_meter(struct tunnel *t)
{
	struct session_stats s;
	uint64_t all;

	if (!t->up)
		return;
	session_stats(link_session(t->link), &s);
	all = s.data_sent + s.data_received;
	if (all != t->metered)
		atomic_fetch_add_explicit(
		    &tenants_usage(t->worker->tenants, t->tenant)->moved,
		    all - t->metered, memory_order_relaxed);
	t->metered = all;
}

void
tunnels_sweep(struct worker *w)
{
	int64_t now = clock_wall_s();
	struct list *e;

	list_foreach(e, &w->tunnels) {
		struct tunnel *t = container_of(e, struct tunnel, entry);

		if (t->known && link_peer(t->link)->id.not_after < now)
			link_close(t->link, AX_WIRE_AUTH_EXPIRED,
			    "certificate expired");
		tunnel_meter(t);
		look(w, t);
	}
	w->sweeps++;
	make_room(w);
}

void
tunnel_check_drained(struct tunnel *t)
{
	if (t->worker->draining && !t->worker->stopping &&
	    (t->load == NULL || atomic_load(t->load) == 0))
		link_close(t->link, AX_WIRE_DRAINING, "the relay is going away");
}

void
tunnels_drain(struct worker *w)
{
	struct session_goaway g = {
		.reconnect_in_ms = TUNNEL_RECONNECT_MS,
		.try_for_ms = 60000,
		.deadline_ms = (uint32_t)w->conf->drain_ms,
	};
	struct list *e;

	list_foreach(e, &w->tunnels) {
		struct tunnel *t = container_of(e, struct tunnel, entry);

		if (t->up) {
			session_goaway(link_session(t->link), AX_WIRE_DRAINING, &g);
			link_kick(t->link);
		}
		if (link_away_since_ns(t->link) != 0) /* it cannot be told */
			link_close(t->link, AX_WIRE_DRAINING,
			    "the relay is going away");
		tunnel_check_drained(t);
	}
}

void
tunnels_suspend(struct worker *w)
{
	struct list *e, *tmp;

	list_foreach_safe(e, tmp, &w->tunnels) {
		struct tunnel *t = container_of(e, struct tunnel, entry);

		if (!t->up || !link_suspend(t->link))
			tunnel_free(t, AX_WIRE_NO_ERROR, "cut off by an upgrade");
	}
}

void
tunnels_stop(struct worker *w)
{
	struct list *e;

	while ((e = list_first(&w->tunnels)) != NULL)
		tunnel_free(container_of(e, struct tunnel, entry), AX_WIRE_NO_ERROR,
		    "the relay stopped");
}

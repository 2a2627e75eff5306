/* lanes.c — when there is one more lane, and when one less.
 * Thread: the agent's.
 * Invariant: see struct lane; a lane is dialled only while the first one is up, or
 * has an heir, and never at another relay than it. An agent whose lanes have one
 * connection or none, and that has one lane, is not woken by this.            */
#include "agent/lanes.h"

#include <stdlib.h>
#include <string.h>

#include "agent/uplink.h"
#include "base/rng.h"
#include "base/str.h"
#include "io/sock.h"

#define LOOK_MS 1000
#define CONNECT_MS 5000
/* A lane that does so much in a second (io/share.h: a byte that passes counts
 * twice, a system call 2 KiB) is on its way to fill a core of a small machine:
 * 16 MB, or some thousand short connections. */
#define BUSY (UINT64_C(32) << 20)
#define BUSY_S 2  /* then there is one more */
#define PAUSE_S 60 /* after a relay refused one: it may need none yet */
#define IDLE_S 60 /* then there is one less */
#define REGROW_S 600 /* and for so long no more: who is busy stays where he is */
#define LEAVE_S 2 /* from the last word about services to the end */

/* --- dialling -------------------------------------------------------------- */

static bool
first_is_up(const struct agent *a)
{
	return a->current != NULL && a->current->up;
}

static void
stop_dialling(struct lane *l)
{
	loop_unwatch(l->agent->loop, &l->watch);
	loop_untimer(l->agent->loop, &l->timer);
	sock_close(&l->fd);
}

static void
drop(struct lane *l)
{
	struct uplink *heir = l->heir;

	stop_dialling(l);
	l->wanted = false;
	l->uplink = l->heir = NULL;
	if (heir != NULL)
		uplink_close(heir, AX_WIRE_NO_ERROR, "nobody dials for it");
}

static void
try_later(struct lane *l, uint64_t delay_ms)
{
	stop_dialling(l);
	if (delay_ms == AGENT_BACKOFF)
		delay_ms = backoff_next(&l->backoff);
	loop_timer_in(l->agent->loop, &l->timer, delay_ms);
}

static void
connected(struct lane *l)
{
	struct lanes *s = &l->agent->lanes;
	int fd = l->fd;

	l->fd = -1;
	loop_unwatch(l->agent->loop, &l->watch);
	loop_untimer(l->agent->loop, &l->timer);
	if (uplink_new(l->agent, &(struct uplink_args){ l, fd, s->host, &s->at },
	    &l->uplink) < 0)
		try_later(l, AGENT_BACKOFF);
}

static void
on_writable(struct watch *w, uint32_t events)
{
	struct lane *l = container_of(w, struct lane, watch);
	struct err e;

	if (!(events & (LOOP_OUT | LOOP_ERR | LOOP_HUP)))
		return;
	if (sock_connected(l->fd, &e) < 0)
		try_later(l, AGENT_BACKOFF);
	else
		connected(l);
}

static void
dial(struct lane *l)
{
	struct agent *a = l->agent;
	struct err e;
	int r = sock_connect(&a->lanes.at, &l->fd, &e);

	if (r == 0)
		connected(l);
	else if (r == AX_E_AGAIN &&
	    loop_watch(a->loop, &l->watch, l->fd, LOOP_EDGE) == 0)
		loop_timer_in(a->loop, &l->timer, CONNECT_MS);
	else
		try_later(l, AGENT_BACKOFF);
}

static void
on_timer(struct wheel_timer *t)
{
	struct lane *l = container_of(t, struct lane, timer);

	if (l->fd >= 0)
		try_later(l, AGENT_BACKOFF); /* no answer */
	else if (first_is_up(l->agent) || l->heir != NULL)
		dial(l);
	else
		drop(l);
}

/* --- how many -------------------------------------------------------------- */

static void
add(struct lanes *s)
{
	struct lane *l = s->all;

	while (l < s->all + s->n && l->wanted)
		l++;
	if (l == s->all + s->n)
		return;
	log_info(s->agent->log, "the lanes are busy: one more",
	    LOG_U64("lane", l->index));
	l->wanted = true;
	dial(l);
}

static unsigned
count(const struct lanes *s)
{
	unsigned n = 1;

	for (unsigned i = 0; i < s->n; i++)
		n += s->all[i].wanted;
	return n;
}

static struct lane *
last(struct lanes *s)
{
	unsigned i = s->n;

	while (i > 0 && !s->all[i - 1].wanted)
		i--;
	return i == 0 ? NULL : &s->all[i - 1];
}

static bool
is_busy(struct uplink *u)
{
	uint64_t worked = link_worked(u->link), before = u->worked;

	u->worked = worked;
	return u->up && u->connections >= LANES_FROM && worked - before >= BUSY;
}

/* Every one there is to be is up, and has enough to do. */
static bool
all_are_busy(struct lanes *s)
{
	unsigned busy = 0;
	struct list *e;

	list_foreach(e, &s->agent->uplinks) {
		struct uplink *u = container_of(e, struct uplink, entry);

		busy += is_busy(u) && !u->retired;
	}
	return busy == count(s);
}

/* First the relay hears that nothing is lent here, then time passes for visitors
 * who are on their way, then it ends. */
static void
look_at_idle(struct lanes *s)
{
	struct lane *l = last(s);
	struct uplink *u = l == NULL ? NULL : l->uplink;

	if (u == NULL || !u->up) {
		s->idle_s = 0;
		return;
	}
	s->idle_s = u->connections == 0 ? s->idle_s + 1 : 0;
	if (u->withdrawn != (s->idle_s >= IDLE_S)) {
		u->withdrawn = !u->withdrawn;
		agent_announce(s->agent);
	}
	if (s->idle_s < IDLE_S + LEAVE_S)
		return;
	s->idle_s = 0;
	s->busy_s = -REGROW_S;
	drop(l);
	uplink_retire(u);
}

static void
on_look(struct wheel_timer *t)
{
	struct lanes *s = container_of(t, struct lanes, look);
	bool busy = all_are_busy(s);

	s->busy_s = s->busy_s < 0 ? s->busy_s + 1 : busy ? s->busy_s + 1 : 0;
	look_at_idle(s);
	if (s->busy_s >= BUSY_S && count(s) < s->granted) {
		s->busy_s = 0;
		add(s);
	}
	if (count(s) > 1 || s->agent->connections >= LANES_FROM)
		loop_timer_in(s->agent->loop, &s->look, LOOK_MS);
}

void
lanes_watch(struct agent *a)
{
	if (a->lanes.granted > 1 && !wheel_is_set(&a->lanes.look))
		loop_timer_in(a->loop, &a->lanes.look, LOOK_MS);
}

/* --- the uplinks ------------------------------------------------------------ */

void
lanes_aim(struct agent *a, const char *host, const struct addr *at)
{
	str_copy(a->lanes.host, sizeof(a->lanes.host), host);
	a->lanes.at = *at;
}

static bool
is_relay(const struct lanes *s, const struct session_hello *h)
{
	return memcmp(s->relay, h->id, sizeof(s->relay)) == 0;
}

static void
first_up(struct lanes *s, const struct session_hello *h)
{
	s->granted = MIN((unsigned)h->lanes, s->n + 1);
	if (is_relay(s, h))
		return;
	memcpy(s->relay, h->id, sizeof(s->relay));
	for (unsigned i = 0; i < s->n; i++) {
		struct uplink *u = s->all[i].uplink;

		drop(&s->all[i]);
		if (u != NULL && u->up)
			uplink_retire(u);
		else if (u != NULL)
			uplink_close(u, AX_WIRE_NO_ERROR, "the relay has changed");
	}
}

void
lanes_up(struct uplink *u, const struct session_hello *h)
{
	struct lanes *s = &u->agent->lanes;

	if (u->lane == NULL) {
		first_up(s, h);
	} else if (is_relay(s, h)) {
		backoff_success(&u->lane->backoff);
		lanes_watch(u->agent);
	} else {
		lanes_forget(u);
		uplink_retire(u);
		s->busy_s = -PAUSE_S;
	}
}

void
lanes_forget(struct uplink *u)
{
	if (u->lane->uplink == u)
		drop(u->lane);
}

void
lanes_move(struct uplink *u, uint64_t delay_ms)
{
	u->lane->uplink = NULL;
	u->lane->heir = u;
	try_later(u->lane, delay_ms);
}

void
lanes_down(struct uplink *u, uint64_t delay_ms)
{
	struct lane *l = u->lane;

	if (l->uplink != u)
		return;
	l->uplink = NULL;
	if (u->up || l->heir != NULL) {
		try_later(l, delay_ms);
		return;
	}
	drop(l);
	u->agent->lanes.busy_s = -PAUSE_S;
}

void
lanes_hurry(struct agent *a)
{
	for (unsigned i = 0; i < a->lanes.n; i++) {
		struct lane *l = &a->lanes.all[i];

		if (l->wanted && l->uplink == NULL)
			try_later(l, 0);
	}
}

void
lanes_stop(struct agent *a)
{
	if (a->lanes.all == NULL)
		return; /* it never began */
	for (unsigned i = 0; i < a->lanes.n; i++)
		drop(&a->lanes.all[i]);
	loop_untimer(a->loop, &a->lanes.look);
	a->lanes.busy_s = a->lanes.idle_s = 0;
}

/* --- begin and end ---------------------------------------------------------- */

int
lanes_init(struct lanes *s, struct agent *a)
{
	uint64_t seed;

	s->agent = a;
	wheel_timer_init(&s->look, on_look);
	s->all = calloc(a->conf->lanes, sizeof(*s->all));
	if (s->all == NULL)
		return AX_E_NOMEM;
	s->n = a->conf->lanes - 1;
	for (unsigned i = 0; i < s->n; i++) {
		struct lane *l = &s->all[i];

		*l = (struct lane){ .agent = a, .fd = -1, .index = (uint8_t)(i + 1) };
		rng_secret(&seed, sizeof(seed));
		backoff_init(&l->backoff, seed, a->conf->retry_min_ms,
		    a->conf->retry_max_ms);
		watch_init(&l->watch, on_writable);
		wheel_timer_init(&l->timer, on_timer);
	}
	return 0;
}

void
lanes_fini(struct lanes *s)
{
	free(s->all);
	s->all = NULL;
	s->n = 0;
}

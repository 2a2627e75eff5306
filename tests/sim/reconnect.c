/* reconnect.c — breaks connections and makes new ones. Thread: owner.
 * Invariant: an end that has a connection holds its path; a path without holders
 * is unused. The agent dials exactly while its session is suspended.         */
#include "reconnect.h"

#include <stdlib.h>

#include "base/assert.h"
#include "sim.h"

#define CODE_REJECTED 12
#define CODE_UNKNOWN 11

/* --- keys ----------------------------------------------------------------- */

/* Stands for HKDF and HMAC; the simulator is about the order of things. */
static uint64_t
mix(uint64_t a, uint64_t b)
{
	uint64_t x = (a ^ (b * 0x9e3779b97f4a7c15u)) + 0x2545f4914f6cdd1du;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static void
seal_claim(struct session_claim *c, uint64_t key, uint64_t binder, int side)
{
	uint64_t mac = mix(mix(key, binder), mix(c->epoch, c->received) + side);

	memset(c->mac, 0, sizeof(c->mac));
	memcpy(c->mac, &mac, sizeof(mac));
}

static bool
is_proven(const struct session_claim *c, uint64_t key, uint64_t binder, int side)
{
	struct session_claim ours = *c;

	seal_claim(&ours, key, binder, side);
	return memcmp(ours.mac, c->mac, sizeof(c->mac)) == 0;
}

static void
change_keys(struct endpoint *e, unsigned age, uint64_t binder)
{
	uint64_t proved = e->key[age];

	e->key[1] = proved;
	e->key[0] = mix(proved, binder);
}

void
reconnect_keys_begin(struct endpoint *e)
{
	e->key[0] = mix(e->path->binder, 1);
}

/* --- paths ---------------------------------------------------------------- */

/* NULL: as many as there may be are held. */
static struct path *
path_open(struct sim *sim)
{
	struct path *p = sim->re.path;

	while (p < sim->re.path + PATHS && (p->held[0] || p->held[1]))
		p++;
	if (p == sim->re.path + PATHS)
		return NULL;
	p->binder = rng_u64(&sim->rng);
	for (int side = 0; side < 2; side++) {
		pipe_init(&p->pipe[side], &sim->net[side], &sim->rng);
		/* HELLOs may arrive in another order than they were said. */
		if (sim->re.hasty_percent > 0)
			p->pipe[side].args.delay_ns +=
			    rng_below(&sim->rng, 2 * sim_rtt_ns(sim));
		p->held[side] = true;
		p->loses_ns[side] = AX_NEVER;
	}
	p->door = NULL;
	return p;
}

/* The path that an end uses, or NULL. */
static struct path *
path_of(struct sim *sim, int side)
{
	return sim->end[side].path;
}

static void
path_drop(struct endpoint *e)
{
	e->path = NULL;
	e->in = e->out = NULL;
}

/* This end closes it; the other one hears of it a little later, unless it was
 * cut: behind everything that was sent.                                      */
static void
path_leave(struct sim *sim, struct path *p, int side)
{
	struct endpoint *e = &sim->end[side];

	if (!p->held[side])
		return;
	if (e->path == p)
		path_drop(e);
	p->held[side] = false;
	p->loses_ns[side] = AX_NEVER;
	if (side == 0)
		session_free(&p->door);
	if (p->held[!side] && !p->pipe[side].lost)
		p->loses_ns[!side] = MIN(p->loses_ns[!side],
		    sim->report.now_ns + 1 + sim_rtt_ns(sim) +
		    rng_below(&sim->rng, AX_NS_PER_S));
	if (p->held[!side])
		return;
	pipe_fini(&p->pipe[0]);
	pipe_fini(&p->pipe[1]);
}

static void
path_use(struct sim *sim, struct path *p, int side)
{
	struct endpoint *e = &sim->end[side];

	e->out = &p->pipe[side];
	e->in = &p->pipe[!side];
	e->path = p;
}

/* The line breaks. Who is told, by a reset or by silence? */
static void
path_cut(struct sim *sim, struct path *p)
{
	for (int side = 0; side < 2; side++) {
		uint64_t now = sim->report.now_ns, delay;

		pipe_cut(&p->pipe[side]);
		delay = rng_below(&sim->rng, 3) == 0 ? AX_NEVER :
		    rng_below(&sim->rng, 2 * AX_NS_PER_S);
		if (rng_below(&sim->rng, 3) == 0)
			delay = 0;
		p->loses_ns[side] = delay == AX_NEVER ? AX_NEVER :
		    MIN(p->loses_ns[side], now + 1 + delay);
	}
}

/* --- losing --------------------------------------------------------------- */

static void
lose(struct sim *sim, int side)
{
	struct endpoint *e = &sim->end[side];
	struct path *p = path_of(sim, side);

	if (session_is_resumable(e->s))
		session_suspend(e->s, sim->report.now_ns);
	else if (!session_is_closing(e->s))
		session_close(e->s, 0, "the connection is lost");
	endpoint_check(e);
	if (p != NULL)
		path_leave(sim, p, side);
}

/* Losses that are noticed now; a session may also have noticed by itself. */
static bool
lose_due(struct sim *sim)
{
	uint64_t now = sim->report.now_ns;
	bool moved = false;

	for (struct path *p = sim->re.path; p < sim->re.path + PATHS; p++) {
		for (int side = 0; side < 2; side++) {
			if (!p->held[side] || p->loses_ns[side] > now)
				continue;
			if (path_of(sim, side) == p)
				lose(sim, side);
			path_leave(sim, p, side);
			moved = true;
		}
	}
	for (int side = 0; side < 2; side++) {
		if (path_of(sim, side) != NULL &&
		    session_is_suspended(sim->end[side].s)) {
			path_leave(sim, path_of(sim, side), side);
			moved = true;
		}
	}
	return moved;
}

/* --- the agent ------------------------------------------------------------ */

/* Over p. */
static void
dial(struct sim *sim, struct path *p, bool mbb)
{
	struct endpoint *agent = &sim->end[1];
	struct session_args args = sim->end[0].args;
	struct session_claim claim;
	int r;

	args.alloc = alloc_libc();
	r = session_new(&args, sim->report.now_ns, &p->door);
	report_check(&sim->report, r == 0, "no door");
	path_use(sim, p, 1);
	session_claim(agent->s, NULL, &claim);
	seal_claim(&claim, agent->key[0], p->binder, 1);
	session_reconnect(agent->s, &claim, mbb, sim->report.now_ns);
	sim->re.attempts++;
	report_say(&sim->report, "attempt %u, epoch %u%s", sim->re.attempts,
	    claim.epoch, mbb ? ", old connection well" : "");
	if (rng_below(&sim->rng, 100) < sim->re.hasty_percent)
		sim->re.hasty_ns = sim->report.now_ns + 1 +
		    rng_below(&sim->rng, 2 * sim_rtt_ns(sim) + AX_NS_PER_MS);
}

static bool
dial_due(struct sim *sim)
{
	struct reconnect *re = &sim->re;
	struct endpoint *agent = &sim->end[1];
	uint64_t now = sim->report.now_ns;
	struct path *p;

	if (re->hasty_ns <= now) { /* gives up, unless it has worked */
		re->hasty_ns = AX_NEVER;
		if (agent->out != NULL && !session_is_up(agent->s))
			lose(sim, 1);
	}
	if (!session_is_suspended(agent->s))
		return false;
	if (re->dial_ns == AX_NEVER)
		re->dial_ns = now + (rng_below(&sim->rng, 2) == 0 ? 0 :
		    rng_below(&sim->rng, AX_NS_PER_S));
	if (re->dial_ns > now)
		return false;
	p = path_open(sim);
	re->dial_ns = p == NULL ? now + AX_NS_PER_S : AX_NEVER;
	if (p != NULL)
		dial(sim, p, false);
	return true;
}

void
reconnect_resumed(struct endpoint *e, const struct session_hello *h)
{
	uint16_t code;

	report_check(e->report, is_proven(&h->claim, e->key[0], e->path->binder, 0),
	    "the relay resumes under another key");
	code = session_resume(e->s, &h->claim, NULL, e->report->now_ns);
	report_check(e->report, code == 0, "the agent cannot resume: %u", code);
	change_keys(e, 0, e->path->binder);
}

/* --- the relay ------------------------------------------------------------ */

/* Which key proves it; -1: none. */
static int
judge(struct endpoint *relay, const struct session_claim *c, uint64_t binder)
{
	if (!session_claim_is_new(relay->s, c))
		return -1;
	if (is_proven(c, relay->key[0], binder, 1))
		return 0;
	if (session_is_unconfirmed(relay->s) &&
	    is_proven(c, relay->key[1], binder, 1))
		return 1;
	return -1;
}

static void
answer(struct sim *sim, struct path *p, const struct session_hello *h)
{
	struct endpoint *relay = &sim->end[0];
	struct path *old = path_of(sim, 0);
	struct session_claim claim = h->claim, own;
	int age = judge(relay, &claim, p->binder);
	uint16_t code;

	report_check(&sim->report, h->resumes &&
	    session_is_claimed(relay->s, &claim), "HELLO for another session");
	/* Only an attempt that the agent has given up may be refused. */
	report_check(&sim->report, age >= 0 || path_of(sim, 1) != p,
	    "epoch %u was refused", claim.epoch);
	if (age < 0 || !session_is_resumable(relay->s)) {
		sim->re.refused++;
		path_leave(sim, p, 0);
		return;
	}
	session_suspend(relay->s, sim->report.now_ns);
	if (old != NULL)
		path_leave(sim, old, 0);
	session_claim(relay->s, &claim, &own);
	seal_claim(&own, relay->key[age], p->binder, 0);
	code = session_resume(relay->s, &claim, &own, sim->report.now_ns);
	report_check(&sim->report, code == 0, "the relay cannot resume: %u", code);
	change_keys(relay, (unsigned)age, p->binder);
	session_free(&p->door);
	path_use(sim, p, 0);
	endpoint_check(relay);
}

/* What arrives where nobody is known yet. */
static bool
listen_at(struct sim *sim, struct path *p)
{
	struct slice piece = pipe_peek(&p->pipe[1]);
	struct session_event ev;

	if (p->door == NULL || piece.n == 0)
		return false;
	session_feed(p->door, piece, sim->report.now_ns);
	if (session_next(p->door, &ev)) {
		report_check(&sim->report, ev.type == SESSION_EV_HELLO,
		    "event %d at the door", ev.type);
		pipe_drop(&p->pipe[1], piece.n);
		answer(sim, p, ev.hello);
		return true;
	}
	report_check(&sim->report, !session_is_closing(p->door), "a bad HELLO");
	pipe_drop(&p->pipe[1], piece.n);
	return true;
}

static bool
listen_all(struct sim *sim)
{
	struct endpoint *relay = &sim->end[0];
	bool moved = false;

	if (!session_is_unconfirmed(relay->s))
		relay->key[1] = 0; /* who needs it now is lost */
	for (struct path *p = sim->re.path; p < sim->re.path + PATHS; p++)
		while (p->held[0] && listen_at(sim, p))
			moved = true;
	return moved;
}

/* --- the whole ------------------------------------------------------------ */

void
reconnect_init(struct sim *sim)
{
	sim->re.cut_ns = sim->re.dial_ns = sim->re.hasty_ns = AX_NEVER;
}

void
reconnect_start(struct sim *sim)
{
	struct path *p = path_open(sim);

	ax_assert(p != NULL);
	path_use(sim, p, 0);
	path_use(sim, p, 1);
}

void
reconnect_fini(struct sim *sim)
{
	for (struct path *p = sim->re.path; p < sim->re.path + PATHS; p++)
		for (int side = 0; side < 2; side++)
			path_leave(sim, p, side);
}

void
reconnect_cut(struct sim *sim)
{
	struct endpoint *agent = &sim->end[1];
	struct path *p = path_of(sim, 1), *next;

	if (p == NULL || !session_is_resumable(sim->end[0].s) ||
	    !session_is_resumable(agent->s))
		return;
	if (rng_below(&sim->rng, 100) >= sim->re.mbb_percent) {
		report_say(&sim->report, "cut");
		path_cut(sim, p);
		return;
	}
	next = path_open(sim);
	if (next == NULL)
		return;
	/* The old one is left behind, well or not, its end not yet closed. */
	session_suspend(agent->s, sim->report.now_ns);
	path_drop(agent);
	p->loses_ns[1] = sim->report.now_ns + 1 + rng_below(&sim->rng, AX_NS_PER_S);
	dial(sim, next, true);
}

bool
reconnect_is_whole(struct sim *sim)
{
	const struct path *p = path_of(sim, 1);

	return p != NULL && path_of(sim, 0) == p && !p->pipe[0].lost &&
	    !p->pipe[1].lost && session_is_up(sim->end[0].s) &&
	    session_is_up(sim->end[1].s);
}

static bool
cut_due(struct sim *sim)
{
	struct reconnect *re = &sim->re;

	if (re->cuts > 0 && re->cut_ns == AX_NEVER && sim->end[1].up)
		re->cut_ns = sim->report.now_ns + rng_below(&sim->rng, re->gap_ns);
	if (re->cut_ns > sim->report.now_ns)
		return false;
	re->cut_ns = AX_NEVER;
	re->cuts--;
	reconnect_cut(sim);
	return true;
}

bool
reconnect_turn(struct sim *sim)
{
	bool moved;

	if (sim_is_dead(sim))
		return false;
	moved = cut_due(sim);
	moved |= lose_due(sim);
	moved |= dial_due(sim);
	return listen_all(sim) || moved;
}

uint64_t
reconnect_next_ns(const struct sim *sim)
{
	const struct reconnect *re = &sim->re;
	bool dead = sim_is_dead(sim); /* nobody does anything any more */
	uint64_t next = dead ? AX_NEVER :
	    MIN(re->cut_ns, MIN(re->dial_ns, re->hasty_ns));

	for (const struct path *p = re->path; p < re->path + PATHS; p++) {
		for (int side = 0; side < 2; side++) {
			if (p->held[0] || p->held[1])
				next = MIN(next, pipe_next_ns(&p->pipe[side]));
			if (p->held[side] && !dead)
				next = MIN(next, p->loses_ns[side]);
		}
	}
	return next;
}

void
reconnect_advance(struct sim *sim)
{
	for (struct path *p = sim->re.path; p < sim->re.path + PATHS; p++)
		for (int side = 0; side < 2; side++)
			if (p->held[0] || p->held[1])
				pipe_advance(&p->pipe[side], sim->report.now_ns);
}

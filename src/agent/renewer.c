/* renewer.c — the next certificate.
 * Thread: the agent's.
 * Invariant: the timer is set from the first plan until the end; KEY.next on the
 * disk is the key of the request while somebody is asked.                    */
#include "agent/renewer.h"

#include "agent/agent.h"
#include "agent/anchors.h"
#include "agent/uplink.h"
#include "atlax/error.h"
#include "base/clock.h"
#include "base/rng.h"
#include "base/validity.h"
#include "io/sock.h"
#include "pki/pair.h"
#include "pki/renewal.h"

#define LOOK_S 3600 /* the wall clock may jump, and machines sleep */
#define ANSWER_S 30
#define CLOCK_S 60 /* the CA's may be ahead by so much */

bool
renewer_is_able(void)
{
	return true;
}

static struct pair_paths
paths(const struct conf_agent *c)
{
	return (struct pair_paths){ c->certificate, c->key };
}

int
renewer_settle(const struct conf_agent *c, struct err *e)
{
	struct pair_paths p = paths(c);
	int r = pair_settle(&p, e);

	return MIN(r, 0);
}

/* --- when --------------------------------------------------------------------- */

int64_t
renewer_due(int64_t not_before, int64_t not_after, uint16_t random)
{
	int64_t life = not_after - not_before;
	int64_t around = life / 5 * random / UINT16_MAX - life / 10;

	return not_before + life * 2 / 3 + around;
}

int64_t
renewer_patience(int64_t not_after, int64_t now)
{
	int64_t part = (not_after - now) / 10;

	return part < 1 ? 1 : MIN(part, (int64_t)LOOK_S);
}

static void
look_in(struct renewer *n, int64_t seconds)
{
	loop_timer_in(n->agent->loop, &n->timer,
	    (uint64_t)MIN(MAX(seconds, (int64_t)0), (int64_t)LOOK_S) * 1000);
}

void
renewer_plan(struct renewer *n, int64_t not_before, int64_t not_after)
{
	uint16_t random;

	rng_secret(&random, sizeof(random));
	n->not_before = not_before;
	n->not_after = not_after;
	n->due_s = renewer_due(not_before, not_after, random);
	n->expired = not_after < clock_wall_s();
	n->knock_s = 0;
	look_in(n, n->due_s - clock_wall_s());
}

void
renewer_hasten(struct renewer *n)
{
	n->due_s = MIN(n->due_s, clock_wall_s());
	renewer_hurry(n);
}

void
renewer_hurry(struct renewer *n)
{
	if (n->asked == NULL && clock_wall_s() >= n->due_s)
		look_in(n, 0);
}

/* --- what does not work -------------------------------------------------------- */

static void
stop_asking(struct renewer *n)
{
	n->asked = NULL;
	buf_fini(&n->certificate);
}

/* least_s: no earlier than that. */
static void
try_later(struct renewer *n, int64_t least_s, const char *reason)
{
	int64_t now = clock_wall_s(), wait = renewer_patience(n->not_after, now);
	enum validity v = validity_of(n->not_before, n->not_after, now);

	stop_asking(n);
	wait = MAX(wait, least_s);
	n->due_s = now + wait;
	LOG_AT(n->agent->log, v >= VALIDITY_LATE ? LOG_ERROR : LOG_WARN,
	    "the certificate cannot be renewed now", LOG_STR("reason", reason),
	    LOG_I64("seconds_left", n->not_after - now),
	    LOG_I64("next_try_in_s", wait));
	look_in(n, wait);
}

static const char *
refusal_text(uint16_t why)
{
	switch (why) {
#define REFUSAL(name, number, text) case number: return "the relay: " text;
	AX_RENEW_REFUSALS(REFUSAL)
#undef REFUSAL
	default: return "the relay does not say in words that we know";
	}
}

/* --- asking ---------------------------------------------------------------------- */

/* The request, once the key for it is on the disk. */
static int
prepare(struct renewer *n, struct buf *request, struct err *e)
{
	struct pair_paths p = paths(n->agent->conf);
	struct pair now;
	struct key next = { 0 };
	int r = pair_settle(&p, e);

	if (r >= 0)
		r = pair_read(&p, &now, e);
	if (r < 0)
		return r;
	r = key_generate(now.key.public.type, &next, e);
	if (r == 0)
		r = pair_prepare(&p, &next, e);
	if (r == 0)
		r = renewal_write(buf_slice(&now.certificate), &now.key, &next,
		    request, e);
	n->key = next.public;
	n->certificate = now.certificate;
	buf_init(&now.certificate);
	key_forget(&next);
	pair_fini(&now);
	return r;
}

static void
ask(struct renewer *n, struct uplink *u)
{
	struct session *s = link_session(u->link);
	struct buf request;
	struct err e;
	int r;

	stop_asking(n);
	buf_init(&request);
	r = prepare(n, &request, &e);
	if (r == 0 && (r = session_renew(s, buf_slice(&request))) < 0)
		err_set(&e, r, "no memory, or the request is too long");
	buf_fini(&request);
	if (r < 0) {
		try_later(n, 0, e.text);
		return;
	}
	log_debug(n->agent->log, "asking for the next certificate");
	n->asked = u;
	link_kick(u->link);
	look_in(n, ANSWER_S);
}

static void
on_timer(struct wheel_timer *t)
{
	struct renewer *n = container_of(t, struct renewer, timer);
	struct uplink *u = n->agent->current;
	int64_t left = n->due_s - clock_wall_s();

	if (n->agent->stopping)
		return;
	if (n->asked != NULL) {
		/* Its answer may still come, and is of use then. */
		log_warn(n->agent->log, "no answer about the next certificate yet");
		look_in(n, LOOK_S);
	} else if (left > 0)
		look_in(n, left);
	else if (u == NULL || !u->up || u->retired ||
	    !session_may_renew(link_session(u->link)))
		/* Without a relay that renews, log_validity says what is to be said. */
		look_in(n, n->not_after < clock_wall_s() ? LOOK_S :
		    renewer_patience(n->not_after, clock_wall_s()));
	else
		ask(n, u);
}

/* --- the answer ------------------------------------------------------------------ */

static int
take(struct renewer *n, struct slice certificate, struct err *e)
{
	struct pair_paths p = paths(n->agent->conf);
	struct renewal q = { .key = n->key };
	struct identity id;
	int r = identity_agent(buf_slice(&n->certificate), &q.id, e);

	if (r == 0)
		r = renewal_fits(&q, certificate, e);
	if (r == 0)
		r = identity_agent(certificate, &id, e);
	if (r == 0) {
		r = anchors_vouch(n->agent->conf, certificate, e);
		if (r == AX_E_NOTFOUND && slice_eq(id.issuer, q.id.issuer))
			r = 0; /* the name is all that we know */
	}
	if (r == 0 && (id.not_before > clock_wall_s() + CLOCK_S ||
	    id.not_after <= clock_wall_s()))
		r = err_set(e, AX_E_IDENTITY, "the new certificate is not valid by "
		    "this machine's clock, which may be wrong");
	return r < 0 ? r : pair_commit(&p, certificate, e);
}

static bool
take_into_use(struct renewer *n, struct slice certificate)
{
	struct err e;

	if (take(n, certificate, &e) < 0) {
		try_later(n, 0, e.text);
		return false;
	}
	stop_asking(n);
	log_info(n->agent->log, "the certificate is renewed");
	look_in(n, LOOK_S); /* should it not be taken into use */
	agent_renew(n->agent);
	return true;
}

void
renewer_answer(struct renewer *n, struct uplink *u, const struct session_event *ev)
{
	if (n->asked != u)
		return;
	if (ev->code != 0)
		try_later(n, ev->retry_after_ms / 1000, refusal_text(ev->code));
	else
		(void)take_into_use(n, ev->data);
}

/* --- when it is over ------------------------------------------------------------- */

uint16_t
renewer_port(struct renewer *n)
{
	bool now = n->expired && clock_wall_s() >= n->knock_s;

	n->expired = false; /* a tunnel is tried next, and shows whether it is */
	return now ? (uint16_t)n->agent->conf->enrol_port : 0;
}

static void
on_answered(struct knock *k, const struct knock_answer *a, const struct err *e)
{
	struct renewer *n = container_of(k, struct renewer, knock);
	bool well = false;

	if (a == NULL)
		try_later(n, 0, e->text);
	else if (a->why == 0)
		well = take_into_use(n, a->der);
	else
		try_later(n, a->retry_s > 0 ? a->retry_s : LOOK_S,
		    refusal_text(a->why));
	if (!well)
		n->knock_s = n->due_s;
	agent_redial(n->agent, NULL, well ? 0 : AGENT_BACKOFF);
}

void
renewer_knock(struct renewer *n, int fd, const char *host)
{
	struct buf request;
	struct err e;
	int r;

	stop_asking(n);
	n->knock.loop = n->agent->loop;
	buf_init(&request);
	r = prepare(n, &request, &e);
	if (r < 0)
		sock_close(&fd);
	else
		r = knock_begin(&n->knock, n->agent->tls, fd, host,
		    buf_slice(&request), &e);
	buf_fini(&request);
	if (r == 0)
		return;
	try_later(n, 0, e.text);
	agent_redial(n->agent, NULL, AGENT_BACKOFF);
}

void
renewer_forget(struct renewer *n, const struct uplink *u)
{
	if (n->asked == u && n->agent->stopping)
		stop_asking(n);
	else if (n->asked == u)
		try_later(n, 0, "the tunnel has ended");
}

void
renewer_init(struct renewer *n, struct agent *a)
{
	n->agent = a;
	wheel_timer_init(&n->timer, on_timer);
	buf_init(&n->certificate);
	n->knock.answered = on_answered;
	knock_init(&n->knock);
}

void
renewer_fini(struct renewer *n)
{
	knock_fini(&n->knock);
	if (n->agent->loop != NULL)
		loop_untimer(n->agent->loop, &n->timer);
	stop_asking(n);
}

/* link_resume.c — a link from one connection to the next: what it drops with the
 * one, and how it proves itself on the other (doc/PROTOCOL 7.5 to 7.11).
 *
 * Thread: the loop's.
 * Invariant: keys.key[1] is of use only while the agent may not have the newest;
 * a link without a connection has neither socket nor TLS, nor bytes for them.  */
#include "base/assert.h"
#include "io/sock.h"
#include "link/pump.h"

int
link_keys_begin(struct link *l)
{
	static const struct session_claim nobody;
	struct session_claim c;

	if (!session_is_resumable(l->session))
		return 0;
	ax_assert(l->ops->away != NULL);
	session_claim(l->session, &nobody, &c);
	return resume_keys_begin(&l->keys, l->tls, c.id);
}

void
link_leave_connection(struct link *l)
{
	int fd = l->watch.fd;

	loop_unwatch(l->loop, &l->watch);
	sock_close(&fd);
	tls_conn_free(&l->tls);
	link_drop_backlog(l);
	l->readable = l->until_end = l->blocked = l->more = false;
}

/* --- claims --------------------------------------------------------------- */

static struct resume_claim
signed_by(enum tls_role by, const struct session_claim *c)
{
	return (struct resume_claim){ .by = by, .session = c->id,
		.epoch = c->epoch, .received = c->received };
}

static bool
is_proven(const struct link *l, unsigned age, const struct tls_conn *over,
    enum tls_role by, const struct session_claim *c)
{
	struct resume_claim said = signed_by(by, c);

	return resume_mac_matches(&l->keys, age, over, &said, c->mac);
}

static int
prove(const struct link *l, unsigned age, const struct tls_conn *over,
    enum tls_role by, struct session_claim *c)
{
	struct resume_claim said = signed_by(by, c);

	return resume_mac(&l->keys, age, over, &said, c->mac);
}

/* Relay: may who said this on another connection have the session? *age: by which
 * key it is proven. */
static const char *
judge(struct link *l, const struct tls_conn *over, const struct session_claim *c,
    unsigned *age)
{
	if (!session_is_resumable(l->session))
		return "the session has ended";
	if (!session_is_claimed(l->session, c))
		return "it has another name";
	if (!session_claim_is_new(l->session, c))
		return "the same was said before";
	if (!session_is_unconfirmed(l->session))
		resume_keys_forget_old(&l->keys);
	*age = 0;
	if (is_proven(l, 0, over, TLS_AGENT, c))
		return NULL;
	*age = 1;
	if (session_is_unconfirmed(l->session) &&
	    is_proven(l, 1, over, TLS_AGENT, c))
		return NULL;
	return "it is not proven";
}

/* --- from one link to another ---------------------------------------------- */

/* from's connection, as it is. */
static int
move_connection(struct link *l, struct link *from)
{
	int fd = from->watch.fd, r;

	link_leave_connection(l);
	loop_unwatch(from->loop, &from->watch);
	l->tls = from->tls;
	from->tls = NULL;
	l->backlog = from->backlog; /* what the handshake left, if anything */
	buf_init(&from->backlog);
	l->peer = from->peer;
	l->proven = from->proven;
	l->cipher = from->cipher;
	l->lowat = from->lowat;
	l->blocked = from->blocked;
	l->gulp = LINK_GULP_MIN;
	l->burst = LINK_BURST_MIN;
	r = loop_watch(l->loop, &l->watch, fd, LOOP_EDGE);
	if (r < 0)
		sock_close(&fd);
	return r;
}

/* Back among the living, or lost at once. */
static void
go_on(struct link *l, struct link *from)
{
	struct err e;

	l->state = LINK_UP;
	l->doubted = false;
	l->away_ns = 0;
	if (move_connection(l, from) < 0) {
		(void)err_sys(&e, "cannot watch the connection");
		link_lose(l, false, &e);
	}
	share_defer(l->share, &l->pump);
}

/* The agent has left the connection that l still had. */
static void
suspend(struct link *l)
{
	if (l->state != LINK_UP)
		return;
	session_suspend(l->session, loop_now(l->loop));
	l->state = LINK_AWAY;
	l->why = (struct link_down){ .by_peer = !l->is_agent };
	(void)err_set(&l->why.err, AX_E_CLOSED, "left for another connection");
	share_defer(l->share, &l->pump);
}

static const char *
take_as_relay(struct link *l, struct link *from, const struct session_claim *peer)
{
	uint64_t now = loop_now(l->loop);
	struct session_claim own;
	unsigned age = 0;
	const char *why = judge(l, from->tls, peer, &age);

	if (why != NULL)
		return why;
	session_claim(l->session, peer, &own);
	if (prove(l, age, from->tls, TLS_RELAY, &own) < 0)
		return "its answer cannot be proven";
	suspend(l);
	if (session_resume(l->session, peer, &own, now) != AX_WIRE_NO_ERROR)
		return "bytes are missing";
	if (resume_keys_change(&l->keys, age, from->tls) < 0)
		session_close(l->session, AX_WIRE_INTERNAL, NULL);
	return NULL;
}

static const char *
take_as_agent(struct link *l, struct link *from)
{
	bool mbb = l->state == LINK_UP;
	struct session_claim own;

	if (!session_is_resumable(l->session))
		return "the session has ended";
	suspend(l);
	session_claim(l->session, NULL, &own);
	if (prove(l, 0, from->tls, TLS_AGENT, &own) < 0)
		return "the session cannot be proven";
	session_reconnect(l->session, &own, mbb, loop_now(l->loop));
	return NULL;
}

const char *
link_take(struct link *l, struct link *from, const struct session_claim *claim)
{
	const char *why;

	ax_assert(!l->pumping && !from->pumping && l->loop == from->loop);
	if (from->state != LINK_HANDSHAKE)
		return "the new connection is lost as well";
	why = l->is_agent ? take_as_agent(l, from) : take_as_relay(l, from, claim);
	if (why == NULL)
		go_on(l, from);
	return why;
}

/* --- the agent's side of it ------------------------------------------------- */

void
link_give(struct link *l)
{
	struct link *heir = l->heir;
	const char *why;

	l->heir = NULL;
	if (l->state != LINK_HANDSHAKE)
		return; /* it did not last so long */
	why = link_take(heir, l, NULL);
	l->why = (struct link_down){ .err = { .code = 0 } };
	if (why != NULL)
		(void)err_set(&l->why.err, AX_E_CLOSED, "%s", why);
	l->state = LINK_DOWN;
}

void
link_on_resumed(struct link *l, const struct session_event *ev)
{
	const struct session_claim *c = &ev->hello->claim;
	struct err e;

	if (!is_proven(l, 0, l->tls, TLS_RELAY, c)) {
		(void)err_set(&e, AX_E_PEER, "the relay does not prove the session");
		link_lose(l, false, &e);
		return;
	}
	if (session_resume(l->session, c, NULL, loop_now(l->loop)) !=
	    AX_WIRE_NO_ERROR)
		session_close(l->session, AX_WIRE_RESUME_GAP, NULL);
	else if (resume_keys_change(&l->keys, 0, l->tls) < 0)
		session_close(l->session, AX_WIRE_INTERNAL, NULL);
	resume_keys_forget_old(&l->keys);
	if (l->ops->event != NULL && !session_is_closing(l->session))
		l->ops->event(l, ev);
}

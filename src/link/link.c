/* link.c — one tunnel's life: birth, time, closing, and the pump that calls the
 * rest in order.
 *
 * Thread: the loop's.
 * Invariant: down() runs at most once, as the last thing the pump does; from
 * then on the link owns no socket, timer, task or splice.                    */
#include "link/link.h"

#include <stdlib.h>

#include "base/assert.h"
#include "io/sock.h"
#include "link/pump.h"

#define CLOSE_MS 1000 /* for the last words, all told */
#define REVOKED_MS 250 /* to one who need not be polite */

int
link_scratch_new(struct link_scratch **out)
{
	/* calloc gets this from mmap: pages cost nothing until used. */
	struct link_scratch *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return AX_E_NOMEM;
	*out = x;
	return 0;
}

void
link_scratch_free(struct link_scratch **xp)
{
	struct link_scratch *x = *xp;

	if (x == NULL)
		return;
	buf_fini(&x->out);
	free(x);
	*xp = NULL;
}

/* --- time ----------------------------------------------------------------- */

/* When to ask the owner whether this connection is still any good. */
static uint64_t
doubt_at(const struct link *l)
{
	if (l->state != LINK_UP || l->ops->doubt == NULL || l->doubted)
		return AX_NEVER;
	return session_doubt_at(l->session);
}

static uint64_t
next_deadline(const struct link *l)
{
	uint64_t at = l->session == NULL ? AX_NEVER : session_deadline(l->session);

	if (l->state == LINK_UP || l->state == LINK_AWAY)
		return MIN(at, doubt_at(l));
	if (l->state >= LINK_CLOSING)
		return l->deadline_ns;
	return MIN(at, MIN(l->deadline_ns, l->gate_ns));
}

/* Deadlines mostly move away: then the timer fires early, finds nothing to do
 * and is set again. That is cheaper than moving it with every frame. */
static void
set_timer(struct link *l)
{
	uint64_t at = next_deadline(l);

	if (at >= l->timer_ns)
		return;
	loop_timer(l->loop, &l->timer, at);
	l->timer_ns = at;
}

static void
on_timer(struct wheel_timer *t)
{
	struct link *l = container_of(t, struct link, timer);

	l->timer_ns = AX_NEVER;
	share_defer(l->share, &l->pump);
}

static void
handshake_timeout(struct link *l)
{
	struct err e;

	(void)err_set(&e, AX_E_TIMEOUT, "%s not in time",
	    l->gate_ns != AX_NEVER ? "ClientHello" :
	    l->session == NULL     ? "TLS handshake" :
	    l->is_agent            ? "HELLO_OK" :
				     "HELLO");
	if (l->session != NULL)
		session_close(l->session, AX_WIRE_HELLO_TIMEOUT, e.text);
	link_fail(l, l->session == NULL ? 0 : AX_WIRE_HELLO_TIMEOUT, false, &e);
}

static bool
is_late(const struct link *l)
{
	return loop_now(l->loop) >= next_deadline(l);
}

static void
check_time(struct link *l)
{
	uint64_t now = loop_now(l->loop);

	if (!is_late(l))
		return;
	if (l->state >= LINK_CLOSING && l->state != LINK_AWAY)
		l->state = LINK_DOWN;
	else if (l->state == LINK_HANDSHAKE &&
	    now >= MIN(l->deadline_ns, l->gate_ns))
		handshake_timeout(l);
	else
		session_tick(l->session, now);
}

/* --- closing -------------------------------------------------------------- */

static bool
may_go_away(const struct link *l, uint16_t wire)
{
	return wire == 0 && l->state == LINK_UP && session_is_resumable(l->session);
}

void
link_fail(struct link *l, uint16_t wire, bool by_peer, const struct err *e)
{
	if (l->state >= LINK_CLOSING && l->state != LINK_AWAY)
		return;
	l->why = (struct link_down){ .wire = wire, .by_peer = by_peer, .err = *e };
	if (may_go_away(l, wire)) {
		session_suspend(l->session, loop_now(l->loop));
		l->state = LINK_AWAY;
		return;
	}
	l->state = l->state == LINK_AWAY ? LINK_DOWN : LINK_CLOSING;
	l->deadline_ns = loop_now(l->loop) +
	    (wire == AX_WIRE_AUTH_REVOKED ? REVOKED_MS : CLOSE_MS) * AX_NS_PER_MS;
}

void
link_lose(struct link *l, bool by_peer, const struct err *e)
{
	if (l->state == LINK_AWAY)
		return;
	link_fail(l, 0, by_peer, e);
	if (l->state != LINK_AWAY)
		l->state = LINK_DOWN;
}

/* What the session thinks of itself becomes the link's state. */
static void
follow_session(struct link *l)
{
	struct err e;
	const char *text;
	uint16_t wire;

	if (l->session == NULL)
		return;
	if (l->state == LINK_HANDSHAKE && session_is_up(l->session)) {
		l->state = LINK_UP;
		l->up_since_ns = loop_now(l->loop);
		if (link_keys_begin(l) < 0)
			session_close(l->session, AX_WIRE_INTERNAL, NULL);
	}
	if (session_is_closing(l->session)) {
		wire = session_why(l->session, &text);
		(void)err_set(&e, AX_E_CLOSED, "%s", text);
		link_fail(l, wire, false, &e);
	} else if (l->state == LINK_UP && session_is_suspended(l->session)) {
		(void)err_set(&e, AX_E_TIMEOUT, "the peer does not answer");
		link_fail(l, 0, false, &e);
	}
}

/* Takes it off its loop; the socket is adrift. */
static void
unloop(struct link *l)
{
	l->adrift = l->watch.fd;
	loop_unwatch(l->loop, &l->watch);
	loop_untimer(l->loop, &l->timer);
	loop_undefer(&l->pump);
}

/* Lets go of everything that the loop or an owner of a splice could reach. */
static void
cut(struct link *l)
{
	l->state = LINK_DOWN;
	splice_lose_all(l);
	if (l->loop != NULL)
		unloop(l);
	sock_close(&l->adrift);
}

void
link_close(struct link *l, uint16_t code, const char *reason)
{
	struct err e;

	if (l->session != NULL)
		session_close(l->session, code, reason);
	(void)err_set(&e, AX_E_CLOSED, "%s", reason != NULL ? reason : "closed");
	link_fail(l, code, false, &e);
	share_defer(l->share, &l->pump);
}

static void
tell_away(struct link *l)
{
	link_leave_connection(l);
	l->away_ns = loop_now(l->loop);
	l->ops->away(l, &l->why);
}

bool
link_suspend(struct link *l)
{
	struct err e;

	ax_assert(!l->pumping);
	if (l->state == LINK_UP && may_go_away(l, 0)) {
		(void)err_set(&e, AX_E_CLOSED, "left for another process");
		link_lose(l, false, &e);
	}
	if (l->state != LINK_AWAY)
		return false;
	if (l->away_ns == 0)
		tell_away(l);
	splice_end_stillborn(l);
	return link_is_freezable(l);
}

/* --- the pump ------------------------------------------------------------- */

static void
tell_doubt(struct link *l)
{
	if (loop_now(l->loop) < doubt_at(l))
		return;
	l->doubted = true;
	l->ops->doubt(l);
}

static void
tell_down(struct link *l)
{
	struct link_down why = l->why;

	cut(l);
	l->ops->down(l, &why); /* l may be gone now */
}

static void
pump(struct task *t)
{
	struct link *l = container_of(t, struct link, pump);
	struct share *share = l->share; /* it may have moved at the end */

	l->pumping = true;
	l->work = 0;
	/* What has come is read first, whether the loop has said so or not: a process
	 * that did not run for a while has missed the time, but not the answer. */
	if (l->state == LINK_UP && is_late(l))
		l->readable = true;
	link_receive(l);
	check_time(l);
	follow_session(l);
	if (l->state >= LINK_CLOSING && l->state != LINK_AWAY)
		splice_lose_all(l);
	loop_undefer(&l->pump); /* what was kicked until now is sent now */
	link_transmit(l);
	l->pumping = false;
	share_charge(share, l->work);
	l->worked += l->work;
	if (l->heir != NULL)
		link_give(l);
	tell_doubt(l);
	if (l->state == LINK_AWAY && l->away_ns == 0)
		tell_away(l);
	if (l->state == LINK_DOWN) {
		tell_down(l);
		return;
	}
	set_timer(l);
	if (l->readable || l->more)
		share_defer(l->share, &l->pump);
}

void
link_kick(struct link *l)
{
	if (l->watch.fd >= 0 || l->state == LINK_AWAY)
		share_defer(l->share, &l->pump);
}

static void
on_socket(struct watch *w, uint32_t events)
{
	struct link *l = container_of(w, struct link, watch);

	if ((events & (LOOP_IN | LOOP_HUP | LOOP_ERR)) != 0)
		l->readable = true;
	if ((events & (LOOP_HUP | LOOP_ERR | LOOP_URGENT)) != 0)
		l->until_end = true;
	if ((events & LOOP_OUT) != 0)
		l->blocked = false;
	share_defer(l->share, &l->pump);
}

/* --- birth ---------------------------------------------------------------- */

struct link *
link_alloc(const struct link_args *a)
{
	struct link *l = calloc(1, sizeof(*l));
	uint64_t now = loop_now(a->loop);

	if (l == NULL)
		return NULL;
	l->loop = a->loop;
	l->share = a->share;
	l->scratch = a->scratch;
	l->ops = a->ops;
	l->owner = a->owner;
	l->peer = a->peer;
	l->is_agent = a->host != NULL;
	l->gulp = LINK_GULP_MIN;
	l->burst = LINK_TURN;
	l->alloc = alloc_libc();
	l->lowat = LINK_LOWAT;
	l->adrift = -1;
	l->timer_ns = AX_NEVER;
	l->deadline_ns = now + a->handshake_ms * AX_NS_PER_MS;
	l->gate_ns = l->is_agent ? AX_NEVER : now + a->hello_gate_ms * AX_NS_PER_MS;
	list_init(&l->splices);
	list_init(&l->dirty);
	buf_init(&l->backlog);
	task_init(&l->pump, pump);
	watch_init(&l->watch, on_socket);
	wheel_timer_init(&l->timer, on_timer);
	return l;
}

int
link_new(const struct link_args *a, struct link **out)
{
	struct link *l = link_alloc(a);
	int fd = a->fd, r = AX_E_NOMEM;

	if (l == NULL)
		goto fail;
	r = tls_conn_new(a->tls, a->host, &l->tls);
	if (r < 0)
		goto fail;
	r = loop_watch(a->loop, &l->watch, fd, LOOP_EDGE);
	if (r < 0)
		goto fail;
	sock_notsent_lowat(fd, l->lowat);
	sock_user_timeout(fd, a->dead_ms);
	share_defer(l->share, &l->pump);
	*out = l;
	return 0;
fail:
	sock_close(&fd);
	link_free(&l);
	return r;
}

void
link_free(struct link **lp)
{
	struct link *l = *lp;

	if (l == NULL)
		return;
	ax_assert(!l->pumping);
	cut(l);
	session_free(&l->session);
	tls_conn_free(&l->tls);
	link_drop_backlog(l);
	resume_keys_fini(&l->keys);
	free(l);
	*lp = NULL;
}

/* --- from loop to loop ---------------------------------------------------- */

bool
link_leave(struct link *l)
{
	ax_assert(!l->pumping && l->session != NULL && list_is_empty(&l->splices));
	if (l->state >= LINK_CLOSING)
		return false;
	unloop(l);
	tls_conn_leave(l->tls);
	l->timer_ns = AX_NEVER;
	l->loop = NULL;
	l->share = NULL;
	l->scratch = NULL;
	return true;
}

int
link_enter(struct link *l, struct loop *loop, struct share *share,
    struct link_scratch *scratch, struct tls_ctx *tls)
{
	int r;

	ax_assert(l->loop == NULL);
	r = loop_watch(loop, &l->watch, l->adrift, LOOP_EDGE);
	if (r < 0)
		return r;
	l->adrift = -1;
	l->loop = loop;
	l->share = share;
	l->scratch = scratch;
	tls_conn_enter(l->tls, tls);
	share_defer(share, &l->pump);
	return 0;
}

/* --- looking in ----------------------------------------------------------- */

void *
link_owner(const struct link *l)
{
	return l->owner;
}

struct loop *
link_loop(const struct link *l)
{
	return l->loop;
}

void
link_move(struct link *l, struct share *to)
{
	l->share = to;
}

struct session *
link_session(const struct link *l)
{
	return l->session;
}

const struct tls_peer *
link_peer(const struct link *l)
{
	return &l->proven;
}

const struct addr *
link_peer_addr(const struct link *l)
{
	return &l->peer;
}

const char *
link_cipher(const struct link *l)
{
	return l->cipher;
}

uint64_t
link_up_since_ns(const struct link *l)
{
	return l->up_since_ns;
}

bool
link_is_stranded(const struct link *l)
{
	return l->watch.fd >= 0 && !sock_has_address(l->watch.fd);
}

uint64_t
link_worked(const struct link *l)
{
	return l->worked;
}

uint64_t
link_away_since_ns(const struct link *l)
{
	return l->away_ns;
}

/* operators.c — from a TCP connection to a request of somebody who is known.
 *
 * Thread: control. TLS ends here; what comes out goes through a socket pair to admin,
 * which takes it for one of its own connections.
 * Invariant: a caller is half-open until its handshake is done, and of those there
 * are few, none for longer than OPERATORS_HALF_OPEN_MS; admin never sees one of them.
 * Afterwards it holds one record each way, and reads on when that is gone.   */
#include "relay/operators.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "admin/remote.h"
#include "base/clock.h"
#include "io/sock.h"
#include "relay/audit.h"
#include "relay/heir.h"
#include "relay/per_source.h"
#include "relay/revoke.h"
#include "relay/status.h"
#include "relay/watched.h"

#define ACCEPTS_A_TURN 16
#define BACKLOG 64
#define REFUSALS_SAID 5 /* in a second */
#define LINGER_MS 5000	/* for the last bytes */
#define USER_TIMEOUT_MS 30000

struct caller {
	struct list link;
	struct operators *home;
	struct watch outer, inner;
	struct wheel_timer timer; /* half-open, or lingering: the end */
	int fd, inner_fd; /* inner: to admin; -1: half-open, or admin has closed it */
	struct tls_conn *tls;
	struct source source;
	char from[ADDR_TEXT_MAX];
	struct buf out, in; /* to the operator, sealed; to admin */
	bool counted, established, over;
};

struct operators {
	struct relay *relay;
	struct tls_ctx *tls;
	struct watch watch;
	int fd, spare;
	struct watched crl;
	struct list callers;
	unsigned n, half_open, tokens, said;
	uint64_t second_ns, left_out;
	uint8_t cipher[TLS_READ_MIN], plain[TLS_READ_MIN];
};

/* --- the end of a caller --------------------------------------------------------- */

static void
caller_free(struct caller *c)
{
	struct operators *o = c->home;

	o->half_open -= !c->established;
	o->n--;
	if (c->counted)
		per_source_leave(o->relay->per_source, &c->source);
	list_del(&c->link);
	loop_unwatch(o->relay->loop, &c->outer);
	loop_unwatch(o->relay->loop, &c->inner);
	loop_untimer(o->relay->loop, &c->timer);
	sock_close(&c->fd);
	sock_close(&c->inner_fd);
	tls_conn_free(&c->tls);
	buf_fini(&c->out);
	buf_fini(&c->in);
	free(c);
}

static void
next_second(struct operators *o)
{
	uint64_t now = loop_now(o->relay->loop);

	if (now < o->second_ns + AX_NS_PER_S)
		return;
	o->second_ns = now;
	o->tokens = OPERATORS_RATE;
	o->said = 0;
}

/* A flood of them is few lines. */
static void
say_refused(struct operators *o, const struct caller *c, const char *why)
{
	const struct tls_peer *peer = c->established ? tls_conn_peer(c->tls) : NULL;
	struct admin_who who = { .uid = (uid_t)-1 };

	next_second(o);
	if (o->said++ >= REFUSALS_SAID) {
		o->left_out++;
		return;
	}
	(void)str_copy(who.from, sizeof(who.from), c->from);
	if (peer != NULL)
		(void)str_copy(who.operator, sizeof(who.operator), peer->id.agent);
	log_warn(o->relay->log, "operator refused", LOG_STR("from", c->from),
	    LOG_STR("operator", who.operator), LOG_STR("reason", why),
	    LOG_U64("left_out", o->left_out));
	audit_entered(o->relay, &who, why);
	o->left_out = 0;
}

/* --- both directions --------------------------------------------------------------- */

/* Sends what it can of b. False: fd takes nothing any more, ever. */
static bool
push(int fd, struct buf *b)
{
	struct slice s;
	ssize_t n;

	while ((s = buf_slice(b)).n > 0) {
		n = send(fd, s.p, s.n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		buf_consume(b, (size_t)n);
	}
	buf_trim(b);
	return true;
}

/* The n > 0 bytes that came; 0: none now; -1: none any more. */
static ssize_t
pull(int fd, uint8_t *p, size_t cap)
{
	ssize_t n;

	do
		n = recv(fd, p, cap, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return 0;
	return n == 0 ? -1 : n;
}

/* Admin is done with it: what is left to send has a moment. */
static void
part(struct caller *c)
{
	struct operators *o = c->home;

	loop_unwatch(o->relay->loop, &c->inner);
	sock_close(&c->inner_fd);
	tls_conn_close(c->tls, &c->out);
	loop_timer_in(o->relay->loop, &c->timer, LINGER_MS);
}

/* All the records that were lent. */
static void
open_records(struct caller *c)
{
	struct operators *o = c->home;
	uint64_t now = loop_now(o->relay->loop);
	size_t n;
	int r;

	while ((r = tls_conn_read(c->tls, o->plain, sizeof(o->plain), &n, &c->out, now,
	    NULL)) == 0) {
		if (buf_append(&c->in, o->plain, n) < 0)
			c->over = true;
	}
	c->over = c->over || r != AX_E_AGAIN;
}

static bool
take_outer(struct caller *c)
{
	struct operators *o = c->home;
	ssize_t n;

	if (c->inner_fd < 0 || buf_len(&c->in) > 0)
		return false;
	n = pull(c->fd, o->cipher, sizeof(o->cipher));
	if (n == 0)
		return false;
	c->over = n < 0;
	if (n > 0) {
		tls_conn_feed(c->tls, slice_of(o->cipher, (size_t)n));
		open_records(c);
	}
	return !c->over;
}

static bool
take_inner(struct caller *c)
{
	struct operators *o = c->home;
	ssize_t n;

	if (c->inner_fd < 0 || buf_len(&c->out) > 0)
		return false;
	n = pull(c->inner_fd, o->plain, TLS_RECORD_MAX);
	if (n > 0 && tls_conn_write(c->tls, o->plain, (size_t)n, &c->out, NULL) < 0)
		c->over = true;
	if (n < 0)
		part(c);
	return n != 0;
}

/* Until nothing moves. It ends: admin, at the other end of the pair, does not run
 * meanwhile, so no more than the pair holds goes either way.                 */
static void
carry(struct caller *c)
{
	bool moved = true;

	while (moved && !c->over) {
		c->over = !push(c->fd, &c->out);
		if (c->inner_fd >= 0 && !push(c->inner_fd, &c->in))
			part(c);
		moved = !c->over && take_outer(c);
		moved = (!c->over && take_inner(c)) || moved;
	}
	if (c->over)
		(void)push(c->fd, &c->out); /* the alert */
	if (c->over || (c->inner_fd < 0 && buf_len(&c->out) == 0))
		caller_free(c);
}

static void
on_inner(struct watch *w, uint32_t events AX_UNUSED)
{
	carry(container_of(w, struct caller, inner));
}

/* --- coming in ---------------------------------------------------------------------- */

/* Why somebody whose certificate is good may not come in, or not stay. */
static const char *
objection(const struct operators *o, const struct caller *c)
{
	const struct tls_peer *peer = tls_conn_peer(c->tls);
	const struct identity *id = &peer->id;

	if (tls_ctx_is_revoked(o->tls, slice_of(id->serial, id->serial_len)))
		return "the certificate has been revoked";
	if (id->not_after < clock_wall_s())
		return "the certificate has expired";
	return denied_why(revoke_list(o->relay), id, peer->spki_sha256);
}

/* To admin. Fails: AX_E_SYS, AX_E_LIMIT, AX_E_NOMEM. */
static int
introduce(struct caller *c)
{
	struct relay *r = c->home->relay;
	struct admin_who who = { .uid = (uid_t)-1 };
	int pair[2], rc;

	(void)str_copy(who.operator, sizeof(who.operator), tls_conn_peer(c->tls)->id.agent);
	(void)str_copy(who.from, sizeof(who.from), c->from);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
		return AX_E_SYS;
	c->inner_fd = pair[0];
	rc = status_admit(r, pair[1], &who);
	return rc < 0 ? rc : loop_watch(r->loop, &c->inner, c->inner_fd, LOOP_EDGE);
}

static void
let_in(struct caller *c)
{
	struct operators *o = c->home;
	const char *why;

	c->established = true;
	o->half_open--;
	loop_untimer(o->relay->loop, &c->timer);
	why = objection(o, c);
	if (why == NULL && introduce(c) < 0)
		why = "as many operators ask already as may, or memory is short";
	if (why != NULL) {
		say_refused(o, c, why);
		tls_conn_close(c->tls, &c->out);
		(void)push(c->fd, &c->out);
		c->over = true;
	} else {
		log_debug(o->relay->log, "operator connected",
		    LOG_STR("operator", tls_conn_peer(c->tls)->id.agent),
		    LOG_STR("from", c->from));
		open_records(c); /* what came with the last flight */
	}
	carry(c);
}

/* The gate and the guards of TLS bound how often this goes on. */
static void
shake(struct caller *c)
{
	struct operators *o = c->home;
	struct err e;
	ssize_t n;
	int r;

	for (;;) {
		n = pull(c->fd, o->cipher, sizeof(o->cipher));
		if (n == 0)
			return;
		if (n < 0)
			break; /* a look whether the port is open is no news */
		tls_conn_feed(c->tls, slice_of(o->cipher, (size_t)n));
		r = tls_conn_handshake(c->tls, &c->out, loop_now(o->relay->loop), &e);
		if (!push(c->fd, &c->out))
			break;
		if (r == 0) {
			let_in(c);
			return;
		}
		if (r != AX_E_AGAIN) {
			say_refused(o, c, e.text);
			break;
		}
	}
	caller_free(c);
}

static void
on_outer(struct watch *w, uint32_t events AX_UNUSED)
{
	struct caller *c = container_of(w, struct caller, outer);

	if (c->established)
		carry(c);
	else
		shake(c);
}

static void
on_late(struct wheel_timer *t)
{
	struct caller *c = container_of(t, struct caller, timer);

	if (!c->established)
		say_refused(c->home, c, "it has not shaken hands in time");
	caller_free(c);
}

/* --- the door ------------------------------------------------------------------------- */

/* A flood costs an accept and a close each, and few handshakes. */
static bool
may_enter(struct operators *o, const struct addr *peer, struct caller *c)
{
	const struct conf_per_source limits = { .connections = OPERATORS_SOURCE_MAX,
		.connections_per_second = OPERATORS_SOURCE_RATE };
	const struct service_ref here = { .tenant = PER_SOURCE_OPERATORS };
	struct per_source_answer a;
	uint8_t ip[16];
	size_t n = addr_ip(peer, ip);

	next_second(o);
	if (o->tokens == 0 || o->half_open >= OPERATORS_HALF_OPEN_MAX ||
	    o->n >= OPERATORS_CALLERS_MAX)
		return false;
	source_of(here, ip, n, &c->source);
	a = per_source_enter(
	    o->relay->per_source, &c->source, &limits, loop_now(o->relay->loop));
	c->counted = a.counted;
	o->tokens -= a.verdict == PER_SOURCE_OK;
	return a.verdict == PER_SOURCE_OK;
}

static void
enter(struct operators *o, int fd, const struct addr *peer)
{
	struct caller *c = calloc(1, sizeof(*c));

	if (c == NULL || !may_enter(o, peer, c)) {
		o->left_out++;
		free(c);
		sock_close(&fd);
		return;
	}
	c->home = o;
	c->fd = fd;
	c->inner_fd = -1;
	addr_format(peer, c->from);
	buf_init(&c->out);
	buf_init(&c->in);
	watch_init(&c->outer, on_outer);
	watch_init(&c->inner, on_inner);
	wheel_timer_init(&c->timer, on_late);
	list_init(&c->link);
	list_add(&o->callers, &c->link);
	o->n++;
	o->half_open++;
	sock_user_timeout(fd, USER_TIMEOUT_MS);
	loop_timer_in(o->relay->loop, &c->timer, OPERATORS_HALF_OPEN_MS);
	if (tls_conn_new(o->tls, NULL, &c->tls) < 0 ||
	    loop_watch(o->relay->loop, &c->outer, fd, LOOP_EDGE) < 0)
		caller_free(c);
}

static void
on_accept(struct watch *w, uint32_t events AX_UNUSED)
{
	struct operators *o = container_of(w, struct operators, watch);
	struct addr peer;
	int fd, r;

	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		r = sock_accept(o->fd, &o->spare, &fd, &peer);
		if (r == AX_E_AGAIN)
			return;
		if (r == 0)
			enter(o, fd, &peer);
	}
}

bool
operators_host(struct relay *r, const char *host)
{
	return tls_ctx_names(r->operators->tls, host);
}

/* --- certificates and revocation -------------------------------------------------------- */

static int
make_tls(const struct conf_relay *c, struct tls_ctx **out, struct err *e)
{
	const struct conf_operators *o = &c->operators;
	struct tls_files files = { .certificate = c->certificate, .key = c->key,
		.ca = o->ca, .crl = o->crl };
	int rc = tls_ctx_new_operators(TLS_RELAY, &files, out, e);

	return rc < 0 ? err_prefix(e, rc, "admin.remote") : 0;
}

/* Takes next, unless rc says that there is none. */
static void
take_tls(struct operators *o, int rc, struct tls_ctx *next, struct err *e)
{
	if (rc == 0)
		rc = tls_ctx_follows(o->tls, next, e);
	if (rc < 0) {
		revoke_alarm(o->relay, REVOKE_OPERATORS, e);
		log_error(o->relay->log, "what tells who is an operator cannot be used; "
		    "it stays as it was", LOG_STR("reason", e->text));
		tls_ctx_free(&next);
		return;
	}
	tls_ctx_free(&o->tls);
	o->tls = next;
	revoke_crl_taken(o->relay, REVOKE_OPERATORS, next);
}

void
operators_renew(struct relay *r)
{
	struct tls_ctx *next = NULL;
	struct err e = { 0 };

	if (r->operators == NULL)
		return;
	watched_mark(&r->operators->crl, r->conf->operators.crl);
	take_tls(r->operators, make_tls(r->conf, &next, &e), next, &e);
	operators_look(r);
}

static void
read_crl(struct operators *o)
{
	const char *crl = o->relay->conf->operators.crl;
	struct tls_ctx *next = NULL;
	struct err e = { 0 };
	int rc;

	if (revoke_has_alarm(o->relay, REVOKE_OPERATORS)) { /* it may be more than that */
		operators_renew(o->relay);
		return;
	}
	watched_mark(&o->crl, crl);
	rc = tls_ctx_new_crl(o->tls, crl, &next, &e);
	take_tls(o, rc, next, &e);
	if (o->tls == next)
		log_info(o->relay->log, "the operators' revocation list was read");
}

unsigned
operators_look(struct relay *r)
{
	struct operators *o = r->operators;
	struct list *l, *tmp;
	unsigned cut = 0;

	if (o == NULL)
		return 0;
	if (watched_look(&o->crl))
		read_crl(o);
	list_foreach_safe(l, tmp, &o->callers) {
		struct caller *c = container_of(l, struct caller, link);
		const char *why = c->established ? objection(o, c) : NULL;

		if (why == NULL)
			continue;
		say_refused(o, c, why);
		loop_unwatch(r->loop, &c->outer);
		sock_abort(&c->fd);
		caller_free(c);
		cut++;
	}
	return cut;
}

/* --- life --------------------------------------------------------------------------- */

static int
open_port(struct operators *o, struct err *e)
{
	struct relay *r = o->relay;
	const char *at = r->conf->operators.listen;
	struct addr addr;
	struct listen_args listen = { .addr = &addr, .backlog = BACKLOG };
	char text[ADDR_TEXT_MAX];
	int rc = addr_parse(at, &addr, e);

	if (rc == 0)
		rc = heir_listen(r, &listen, &o->fd, e);
	if (rc == 0)
		rc = sock_local(o->fd, &addr);
	if (rc == 0 &&
	    (rc = loop_watch(r->loop, &o->watch, o->fd, LOOP_LEVEL_IN)) < 0)
		(void)err_sys(e, "cannot watch the operators' port");
	if (rc < 0)
		return err_prefix(e, rc, "admin.remote.listen %s", at);
	addr_format(&addr, text);
	log_info(r->log, "operators manage from elsewhere", LOG_STR("listen", text));
	return 0;
}

int
operators_begin(struct relay *r, struct err *e)
{
	struct operators *o;
	int rc;

	if (r->conf->operators.listen == NULL)
		return 0;
	o = calloc(1, sizeof(*o));
	if (o == NULL)
		return err_set(e, AX_E_NOMEM, "no memory for the operators' port");
	r->operators = o;
	o->relay = r;
	o->fd = -1;
	o->spare = sock_spare();
	list_init(&o->callers);
	watch_init(&o->watch, on_accept);
	watched_mark(&o->crl, r->conf->operators.crl);
	rc = make_tls(r->conf, &o->tls, e);
	if (rc == 0)
		rc = revoke_newest_crl(r, REVOKE_OPERATORS, &o->tls, e);
	return rc < 0 ? rc : open_port(o, e);
}

int
operators_check(const struct conf_relay *c, struct err *e)
{
	struct tls_ctx *tls = NULL;
	int rc = c->operators.listen == NULL ? 0 : make_tls(c, &tls, e);

	tls_ctx_free(&tls);
	return rc;
}

int
operators_listener(const struct relay *r)
{
	return r->operators == NULL ? -1 : r->operators->fd;
}

void
operators_flush(struct relay *r)
{
	struct list *l, *tmp;

	if (r->operators == NULL)
		return;
	list_foreach_safe(l, tmp, &r->operators->callers) {
		struct caller *c = container_of(l, struct caller, link);

		if (c->established)
			carry(c);
	}
}

void
operators_end(struct relay *r)
{
	struct operators *o = r->operators;
	struct list *l;

	if (o == NULL)
		return;
	status_flush(r); /* whoever asked for the end is told */
	while ((l = list_first(&o->callers)) != NULL)
		caller_free(container_of(l, struct caller, link));
	loop_unwatch(r->loop, &o->watch);
	sock_close(&o->fd);
	sock_close(&o->spare);
	tls_ctx_free(&o->tls);
	free(o);
	r->operators = NULL;
}

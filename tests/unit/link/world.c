/* world.c — see world.h.
 *
 * Thread: the only one.
 * Invariant: flows[i] is the i-th stream that the relay opens and the i-th that
 * the agent is asked for, because one ordered connection carries them.       */
#include "world.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rng.h"

#define PATIENCE_NS (20 * AX_NS_PER_S)

/* --- certificates --------------------------------------------------------- */

static void
run(const char *cmd)
{
	ck_assert_msg(system(cmd) == 0, "%s", cmd);
}

static void
load(struct world *w, const char *dir)
{
	char path[4][128];
	static const char *const names[] = { "relay", "agent" };
	struct tls_ctx **to[] = { &w->relay_tls, &w->agent_tls };
	struct err e;

	snprintf(path[2], sizeof(path[2]), "%s/ca.pem", dir);
	snprintf(path[3], sizeof(path[3]), "%s/crl.pem", dir);
	for (int i = 0; i < 2; i++) {
		struct tls_files files = { .certificate = path[0],
			.key = path[1], .ca = path[2],
			.crl = i == 0 ? path[3] : NULL };

		snprintf(path[0], sizeof(path[0]), "%s/%s.pem", dir, names[i]);
		snprintf(path[1], sizeof(path[1]), "%s/%s.key", dir, names[i]);
		ck_assert_msg(tls_ctx_new(i == 0 ? TLS_RELAY : TLS_AGENT, &files,
		    to[i], &e) == 0, "%s", e.text);
	}
}

static void
make_contexts(struct world *w)
{
	const char *src = getenv("top_srcdir");
	char dir[] = "/tmp/atlax-link-XXXXXX", cmd[512];
	struct err e;

	ck_assert_msg(tls_boot(&e) == 0, "%s", e.text);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(cmd, sizeof(cmd), "sh %s/tests/unit/link/certs.sh %s",
	    src != NULL ? src : "..", dir);
	run(cmd);
	load(w, dir);
	snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
	run(cmd);
}

/* --- splices -------------------------------------------------------------- */

static void
on_closed(struct splice *s, uint16_t code, bool by_peer)
{
	struct tap *t = container_of(s, struct tap, splice);

	ck_assert_int_eq(t->closed, 0);
	t->closed = 1;
	t->code = code;
	t->by_peer = by_peer;
}

static void
on_splice_opened(struct splice *s)
{
	container_of(s, struct tap, splice)->opened++;
}

static const struct splice_ops tap_ops = { .closed = on_closed,
	.opened = on_splice_opened };

void
world_agent_attach(struct flow *f)
{
	session_opened(link_session(f->agent.splice.link), f->agent.splice.stream);
	splice_attach(&f->agent.splice, f->held_fd);
	f->held_fd = -1;
}

/* --- links ---------------------------------------------------------------- */

static uint16_t
on_authenticated(struct link *l, const struct tls_peer *peer,
    struct session_args *args, const char **reason)
{
	struct end *e = link_owner(l);

	ck_assert(e->args.role == SESSION_AGENT ||
	    strcmp(peer->id.tenant, "acme") == 0);
	*args = e->args;
	*reason = "not today";
	return e->refuse;
}

static void
on_hello(struct link *l, const struct session_hello *h)
{
	struct end *e = link_owner(l);

	if (h->resumes && e->reject == 0) {
		e->claim = h->claim;
		e->asked++;
		if (!e->later)
			loop_defer(e->world->loop, &e->answer);
		return;
	}
	if (e->reject != 0)
		session_reject(link_session(l), e->reject, "not you", 1234);
	else if (e->args.role == SESSION_RELAY && !e->later &&
	    session_accept(link_session(l), 0, 1, loop_now(link_loop(l))) < 0)
		session_close(link_session(l), AX_WIRE_RESOURCE, "no memory");
	e->ups++;
}

static void
on_open(struct link *l, struct stream *st, const struct session_open *o)
{
	struct end *e = link_owner(l);
	struct world *w = e->world;
	struct flow *f = &w->flows[w->n_opened++];
	int fd[2];

	ck_assert(slice_eq(o->service, slice_str("echo")));
	ck_assert_ptr_eq(e, &w->agent);
	tcp_pair(fd);
	f->service = fd[0];
	f->held_fd = fd[1];
	splice_init(&f->agent.splice, &tap_ops);
	splice_join(&f->agent.splice, l, st);
	if (!f->hold)
		world_agent_attach(f);
}

static void
on_event(struct link *l, const struct session_event *ev)
{
	struct end *e = link_owner(l);

	e->events++;
	e->last_event = ev->type;
	e->resumes += ev->type == SESSION_EV_RESUMED;
}

static void
on_down(struct link *l, const struct link_down *why)
{
	struct end *e = link_owner(l);

	if (l == e->fresh) {
		link_free(&e->fresh);
		return;
	}
	e->downs++;
	e->why = *why;
	link_free(&e->link);
}

static void
on_away(struct link *l, const struct link_down *why)
{
	struct end *e = link_owner(l);

	ck_assert_ptr_eq(l, e->link);
	ck_assert_uint_ne(link_away_since_ns(l), 0);
	e->aways++;
	e->why = *why;
}

static struct link *
heir(struct link *l)
{
	struct end *e = link_owner(l);

	return e->args.role == SESSION_AGENT && l == e->fresh ? e->link : NULL;
}

static void
on_doubt(struct link *l)
{
	struct end *e = link_owner(l);

	e->doubts++;
}

/* Outside of any link's callback. */
static void
answer(struct task *t)
{
	struct end *e = container_of(t, struct end, answer);

	if (e->fresh == NULL)
		return;
	e->refused = e->link == NULL ? "it is gone" :
	    link_take(e->link, e->fresh, &e->claim);
	if (e->refused == NULL) {
		ck_assert_uint_eq(link_away_since_ns(e->link), 0);
		e->resumes++;
		link_free(&e->fresh);
		return;
	}
	e->refusals++;
	session_reject(link_session(e->fresh), AX_WIRE_UNKNOWN_SESSION,
	    "no such session", 0);
	link_kick(e->fresh);
}

static const struct link_ops link_ops = { on_authenticated, on_hello, on_open,
	on_event, on_down, on_away, heir, on_doubt, NULL };

static void
end_init(struct end *e, struct world *w, enum session_role role)
{
	e->world = w;
	share_init(&e->own, w->loop);
	task_init(&e->answer, answer);
	e->share = &e->own;
	alloc_counting_init(&e->alloc, alloc_libc(), SIZE_MAX);
	e->args = (struct session_args){
		.role = role,
		.alloc = &e->alloc.base,
		.seed = 1,
		.max_streams = WORLD_STREAMS,
		.window_init = 64 << 10,
		.window_max = 4 << 20,
		.budget = 32 << 20,
		.max_frame = AX_FRAME_MAX,
		.ring_max = 4 << 20,
		.ping_ms = 15000,
		.dead_ms = 10000,
		.session_id = { 's' },
	};
}

static void
ends_init(struct world *w)
{
	struct rng rng;

	rng_seed(&rng, 1);
	for (size_t i = 0; i < PATTERN_LEN; i++)
		w->pattern[i] = w->pattern[i + PATTERN_LEN] =
		    (uint8_t)rng_u64(&rng);
	end_init(&w->relay, w, SESSION_RELAY);
	end_init(&w->agent, w, SESSION_AGENT);
	for (size_t i = 0; i < WORLD_STREAMS; i++)
		w->flows[i].app = w->flows[i].service = w->flows[i].held_fd = -1;
}

void
world_init(struct world *w)
{
	struct err e;

	*w = (struct world){ .handshake_ms = 10000, .gate_ms = 3000 };
	ck_assert_int_eq(loop_new(&w->loop, &e), 0);
	ck_assert_int_eq(link_scratch_new(&w->scratch), 0);
	make_contexts(w);
	ends_init(w);
}

void
world_join(struct world *w, const struct world *first)
{
	*w = (struct world){ .handshake_ms = 10000, .gate_ms = 3000 };
	w->loop = first->loop;
	w->scratch = first->scratch;
	w->relay_tls = first->relay_tls;
	w->agent_tls = first->agent_tls;
	ends_init(w);
}

static void
start(struct world *w, struct end *e, int fd, struct link **out)
{
	bool agent = e == &w->agent;

	ck_assert_int_eq(link_new(&(struct link_args){
		.loop = w->loop,
		.share = e->share,
		.scratch = w->scratch,
		.tls = agent ? w->agent_tls : w->relay_tls,
		.host = agent ? "localhost" : NULL,
		.fd = fd,
		.ops = &link_ops,
		.owner = e,
		.handshake_ms = w->handshake_ms,
		.hello_gate_ms = w->gate_ms,
		.dead_ms = 15000,
	}, out), 0);
}

void
world_connect_over(struct world *w, int relay_fd, int agent_fd)
{
	if (relay_fd >= 0)
		start(w, &w->relay, relay_fd, &w->relay.link);
	if (agent_fd >= 0)
		start(w, &w->agent, agent_fd, &w->agent.link);
}

void
world_reconnect(struct world *w, int relay_fd, int agent_fd)
{
	loop_undefer(&w->relay.answer);
	link_free(&w->relay.fresh); /* of an attempt that was given up */
	link_free(&w->agent.fresh);
	start(w, &w->relay, relay_fd, &w->relay.fresh);
	start(w, &w->agent, agent_fd, &w->agent.fresh);
}

void
world_connect(struct world *w)
{
	int fd[2];

	tcp_pair(fd);
	world_connect_over(w, fd[0], fd[1]);
}

void
world_up(struct world *w)
{
	world_init(w);
	world_connect(w);
	world_until(w, &w->relay.ups, 1);
	world_until(w, &w->agent.ups, 1);
}

void
world_forget(struct world *w)
{
	for (size_t i = 0; i < w->n_flows; i++) {
		struct flow *f = &w->flows[i];

		ck_assert_int_eq(f->relay.closed, 1);
		ck_assert(i >= w->n_opened || f->agent.closed == 1);
		sock_close(&f->app);
		sock_close(&f->service);
		sock_close(&f->held_fd);
		f->relay.closed = f->agent.closed = 0;
	}
	w->n_flows = w->n_opened = 0;
	w->relay.ups = w->agent.ups = 0;
	ck_assert_uint_eq(w->relay.alloc.bytes, 0);
	ck_assert_uint_eq(w->agent.alloc.bytes, 0);
}

void
world_leave(struct world *w)
{
	link_free(&w->relay.link);
	link_free(&w->agent.link);
	link_free(&w->relay.fresh);
	link_free(&w->agent.fresh);
	loop_undefer(&w->relay.answer);
	share_fini(&w->relay.own);
	share_fini(&w->agent.own);
	world_forget(w);
}

void
world_fini(struct world *w)
{
	world_leave(w);
	tls_ctx_free(&w->relay_tls);
	tls_ctx_free(&w->agent_tls);
	link_scratch_free(&w->scratch);
	loop_free(&w->loop);
	tls_thread_fini();
	tls_shutdown();
}

/* --- turns ---------------------------------------------------------------- */

void
world_until(struct world *w, const int *n, int at_least)
{
	uint64_t limit = clock_mono_ns() + PATIENCE_NS;

	while (*n < at_least) {
		loop_turn(w->loop, 10 * AX_NS_PER_MS);
		ck_assert_msg(clock_mono_ns() < limit, "nothing came");
	}
}

void
world_spin(struct world *w, int n)
{
	while (n-- > 0)
		loop_turn(w->loop, 0);
}

struct flow *
world_try_open(struct world *w)
{
	static const struct session_open what = { .service = { (const uint8_t *)"echo", 4 } };
	struct flow *f = &w->flows[w->n_flows];
	struct stream *st;
	int fd[2];

	splice_init(&f->relay.splice, &tap_ops);
	if (session_open(link_session(w->relay.link), &what, &f->relay.splice,
		&st) < 0)
		return NULL;
	w->n_flows++;
	f->hold = w->hold_next;
	tcp_pair(fd);
	f->app = fd[0];
	splice_join(&f->relay.splice, w->relay.link, st);
	splice_attach(&f->relay.splice, fd[1]);
	link_kick(w->relay.link);
	return f;
}

struct flow *
world_open(struct world *w)
{
	struct flow *f = world_try_open(w);

	ck_assert_ptr_nonnull(f);
	return f;
}

struct flow *
world_flow(struct world *w)
{
	struct flow *f = world_open(w);

	while (w->n_opened < w->n_flows)
		loop_turn(w->loop, 10 * AX_NS_PER_MS);
	if (!f->hold)
		world_until(w, &f->relay.opened, 1);
	return f;
}

/* --- sockets -------------------------------------------------------------- */

void
tcp_pair(int fd[2])
{
	struct addr at, peer;
	struct pollfd p;
	int listener, spare = -1, r;

	ck_assert_int_eq(addr_parse("127.0.0.1:0", &at, NULL), 0);
	ck_assert_int_eq(sock_listen(&(struct listen_args){ .addr = &at,
	    .backlog = 1 }, &listener, NULL), 0);
	ck_assert_int_eq(sock_local(listener, &at), 0);
	r = sock_connect(&at, &fd[0], NULL);
	ck_assert(r == 0 || r == AX_E_AGAIN);
	p = (struct pollfd){ .fd = listener, .events = POLLIN };
	ck_assert_int_eq(poll(&p, 1, 5000), 1);
	ck_assert_int_eq(sock_accept(listener, &spare, &fd[1], &peer), 0);
	sock_close(&listener);
}

void
world_write(struct world *w, int fd, const void *p, size_t n)
{
	const uint8_t *at = p;
	uint64_t limit = clock_mono_ns() + PATIENCE_NS;

	while (n > 0) {
		ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);

		ck_assert(sent > 0 || errno == EAGAIN);
		ck_assert_msg(clock_mono_ns() < limit, "%zu bytes stuck", n);
		if (sent > 0) {
			at += sent;
			n -= (size_t)sent;
		}
		loop_turn(w->loop, sent > 0 ? 0 : AX_NS_PER_MS);
	}
}

void
world_read(struct world *w, int fd, void *p, size_t n)
{
	uint8_t *at = p;
	uint64_t limit = clock_mono_ns() + PATIENCE_NS;

	while (n > 0) {
		ssize_t got = recv(fd, at, n, 0);

		ck_assert_msg(got > 0 || (got < 0 && errno == EAGAIN),
		    "read: %zd, %s", got, strerror(errno));
		ck_assert_msg(clock_mono_ns() < limit, "%zu bytes missing", n);
		if (got > 0) {
			at += got;
			n -= (size_t)got;
		} else {
			loop_turn(w->loop, AX_NS_PER_MS);
		}
	}
}

int
world_read_end(struct world *w, int fd)
{
	uint64_t limit = clock_mono_ns() + PATIENCE_NS;
	char c;

	for (;;) {
		ssize_t got = recv(fd, &c, 1, 0);

		ck_assert_msg(got <= 0, "a byte where the end should be");
		if (got == 0)
			return 0;
		if (errno != EAGAIN)
			return errno;
		ck_assert_msg(clock_mono_ns() < limit, "no end came");
		loop_turn(w->loop, AX_NS_PER_MS);
	}
}

void
transfer_init(struct transfer *t, const struct world *w, struct flow *f,
    bool down, size_t n)
{
	*t = (struct transfer){
		.pattern = w->pattern,
		.from = down ? f->service : f->app,
		.to = down ? f->app : f->service,
		.n = n,
	};
}

static void
send_some(struct transfer *t)
{
	while (t->sent < t->n) {
		size_t n = MIN(t->n - t->sent, (size_t)PATTERN_LEN);
		ssize_t r = send(t->from, t->pattern + t->sent % PATTERN_LEN, n,
		    MSG_NOSIGNAL);

		ck_assert_msg(r > 0 || errno == EAGAIN, "%s", strerror(errno));
		if (r < 0)
			return;
		t->sent += (size_t)r;
	}
}

static void
receive_some(struct transfer *t)
{
	uint8_t got[PATTERN_LEN];

	while (t->received < t->n) {
		ssize_t r = recv(t->to, got, sizeof(got), 0);

		ck_assert_msg(r > 0 || errno == EAGAIN, "%zd: %s", r, strerror(errno));
		if (r < 0)
			return;
		ck_assert_uint_le((size_t)r, t->n - t->received);
		ck_assert_msg(memcmp(got, t->pattern + t->received % PATTERN_LEN,
		    (size_t)r) == 0, "wrong bytes near %zu", t->received);
		t->received += (size_t)r;
	}
}

bool
transfer_step(struct transfer *t)
{
	send_some(t);
	receive_some(t);
	return t->received == t->n;
}

void
world_transfer(struct world *w, struct transfer *t, size_t n)
{
	uint64_t limit = clock_mono_ns() + 3 * PATIENCE_NS;
	size_t done;

	do {
		done = 0;
		for (size_t i = 0; i < n; i++)
			done += transfer_step(&t[i]);
		loop_turn(w->loop, done < n ? AX_NS_PER_MS : 0);
		ck_assert_msg(clock_mono_ns() < limit, "%zu of %zu", done, n);
	} while (done < n);
}

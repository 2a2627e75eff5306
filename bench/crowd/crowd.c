/* crowd.c — the life of one agent, many times. One thread, one loop. Invariant:
 * of a member that was sent exactly one holds: its dialer runs, its link is
 * there, or its retry timer is set. up counts the members that are up.       */
#include "crowd/crowd.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "crowd/certs.h"
#include "io/sock.h"

/* As agents have it by default (src/conf/schema.def). */
#define RETRY_MIN_MS 250
#define RETRY_MAX_MS 30000
#define HANDSHAKE_MS 10000
#define PING_MS 15000
#define DEAD_MS 10000

static void
try_later(struct member *m)
{
	uint64_t ms = m->retry_ms > 0 ? m->retry_ms : backoff_next(&m->backoff);

	m->retry_ms = 0;
	loop_timer_in(m->crowd->loop, &m->retry, ms);
}

static void
on_retry(struct wheel_timer *t)
{
	dialer_start(&container_of(t, struct member, retry)->dialer, 0);
}

static void
note_failure(struct member *m, const struct err *e)
{
	m->crowd->failures++;
	m->crowd->why = *e;
}

/* --- the link --------------------------------------------------------------- */

static uint16_t
on_authenticated(struct link *l, const struct tls_peer *peer AX_UNUSED,
    struct session_args *args, const char **reason AX_UNUSED)
{
	const struct member *m = link_owner(l);

	*args = (struct session_args){ .role = SESSION_AGENT,
		.alloc = alloc_libc(), .wall_ms = clock_wall_ms(),
		.self = { .software = "atlax-crowd", .hostname = "bench",
		    .os = "Linux" },
		.max_streams = 4096, .window_init = 16u << 10,
		.window_max = AX_CREDIT_AHEAD_MAX, .budget = 32u << 20,
		.max_frame = AX_FRAME_MAX, .ring_max = 4u << 20,
		.ping_ms = PING_MS, .dead_ms = DEAD_MS };
	rng_secret(&args->seed, sizeof(args->seed));
	memcpy(args->self.id, &m, sizeof(m)); /* each another one */
	return 0;
}

static void
announce(struct link *l)
{
	static const struct session_service bench = { .name = "bench", .health = 1 };
	const struct member *m = link_owner(l);

	if (m->crowd->lends && session_services(link_session(l), &bench, 1) < 0)
		link_close(l, AX_WIRE_INTERNAL, "out of memory");
}

static void
on_up(struct link *l, const struct session_hello *h AX_UNUSED)
{
	struct member *m = link_owner(l);
	struct crowd *c = m->crowd;

	m->up = true;
	c->up++;
	c->arrivals++;
	hist_add(&c->latency, clock_mono_ns() - m->since_ns);
	backoff_success(&m->backoff);
	announce(l);
	if (c->leaving)
		link_close(l, AX_WIRE_NO_ERROR, "enough");
}

static void
on_closed(struct splice *s, uint16_t code AX_UNUSED, bool by_peer AX_UNUSED)
{
	free(s);
}

/* The service is on this machine: to connect takes no time. */
static int
to_service(const struct crowd *c)
{
	struct err e;
	int fd;

	if (!c->lends || net_connect_wait(&c->service, 1000, &fd, &e) < 0)
		return -1;
	if (fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
		return fd;
	close(fd);
	return -1;
}

static void
on_open(struct link *l, struct stream *st, const struct session_open *o AX_UNUSED)
{
	static const struct splice_ops lent = { .closed = on_closed };
	const struct member *m = link_owner(l);
	struct splice *s = malloc(sizeof(*s));
	int fd = to_service(m->crowd);

	if (s == NULL || fd < 0) {
		if (fd >= 0)
			close(fd);
		free(s);
		session_reset(link_session(l), st, AX_WIRE_REFUSED);
		session_release(link_session(l), st);
		return;
	}
	splice_init(s, &lent);
	splice_join(s, l, st);
	session_opened(link_session(l), st);
	splice_attach(s, fd);
}

static void
on_event(struct link *l, const struct session_event *ev)
{
	struct member *m = link_owner(l);

	if (ev->type == SESSION_EV_REFUSED)
		m->retry_ms = ev->retry_after_ms;
}

static void
on_down(struct link *l, const struct link_down *why)
{
	struct member *m = link_owner(l);
	struct crowd *c = m->crowd;
	bool was_up = m->up;

	link_free(&m->link);
	m->up = false;
	c->up -= was_up;
	if (was_up && c->leaving) {
		crowd_send(c, (size_t)(m - c->v), clock_mono_ns());
		return;
	}
	if (was_up) {
		c->lost++;
		c->lost_ms = clock_wall_ms();
	}
	note_failure(m, &why->err);
	try_later(m);
}

static const struct link_ops ops = {
	.authenticated = on_authenticated,
	.hello = on_up,
	.open = on_open,
	.event = on_event,
	.down = on_down,
};

/* --- the dialer ------------------------------------------------------------- */

static void
on_connected(struct dialer *d, int fd, const char *host, const struct addr *peer)
{
	struct member *m = container_of(d, struct member, dialer);
	struct link_args args = { .loop = m->crowd->loop,
		.share = &m->crowd->share, .scratch = m->crowd->scratch,
		.tls = m->tls, .host = host,
		.fd = fd, .peer = *peer, .ops = &ops, .owner = m,
		.handshake_ms = HANDSHAKE_MS, .dead_ms = PING_MS + DEAD_MS };
	struct err e;

	if (link_new(&args, &m->link) == 0)
		return;
	(void)err_set(&e, AX_E_NOMEM, "no memory for a link");
	note_failure(m, &e);
	try_later(m);
}

static void
on_failed(struct dialer *d, const char *relay AX_UNUSED, const struct err *e)
{
	note_failure(container_of(d, struct member, dialer), e);
}

static void
on_exhausted(struct dialer *d)
{
	try_later(container_of(d, struct member, dialer));
}

/* --- all of them ------------------------------------------------------------ */

static void
member_init(struct member *m, struct crowd *c)
{
	uint64_t seed;

	m->crowd = c;
	rng_secret(&seed, sizeof(seed));
	backoff_init(&m->backoff, seed, RETRY_MIN_MS, RETRY_MAX_MS);
	wheel_timer_init(&m->retry, on_retry);
	m->dialer = (struct dialer){ .loop = c->loop, .resolver = c->resolver,
		.relays = &c->relay, .n_relays = 1, .connected = on_connected,
		.failed = on_failed, .exhausted = on_exhausted };
	dialer_init(&m->dialer);
}

static int
make_members(struct crowd *c, const struct crowd_args *a, struct err *e)
{
	struct certs certs;
	char name[64];
	size_t i;
	int r;

	r = certs_open(&certs, a->pki, e);
	for (i = 0; i < a->n && r == 0; i++) {
		snprintf(name, sizeof(name), a->tenants ? "t%zu/agent" :
		    "crowd/a%zu", i + 1);
		member_init(&c->v[i], c);
		c->n++;
		r = certs_agent(&certs, name, &c->v[i].tls, e);
	}
	certs_close(&certs);
	return r;
}

int
crowd_open(struct crowd *c, const struct crowd_args *a, struct err *e)
{
	int r;

	*c = (struct crowd){ 0 };
	c->v = calloc(a->n, sizeof(*c->v));
	c->relay = strdup(a->relay != NULL ? a->relay : "");
	if (c->v == NULL || c->relay == NULL ||
	    link_scratch_new(&c->scratch) < 0)
		return err_set(e, AX_E_NOMEM, "out of memory");
	c->lends = a->service != NULL;
	r = c->lends ? net_parse(a->service, &c->service, e) : 0;
	if (r == 0)
		r = tls_boot(e);
	if (r == 0)
		r = loop_new(&c->loop, e);
	if (r == 0)
		share_init(&c->share, c->loop);
	if (r == 0)
		r = resolver_new(c->loop, &c->resolver, e);
	if (r == 0)
		r = make_members(c, a, e);
	crowd_reset(c);
	return r;
}

void
crowd_send(struct crowd *c, size_t i, uint64_t since_ns)
{
	c->v[i].since_ns = since_ns;
	dialer_start(&c->v[i].dialer, 0);
}

void
crowd_cut(struct crowd *c)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		struct member *m = &c->v[i];

		dialer_cancel(&m->dialer);
		loop_untimer(c->loop, &m->retry);
		link_free(&m->link);
		m->up = false;
	}
	c->up = 0;
}

void
crowd_reset(struct crowd *c)
{
	c->arrivals = c->failures = c->lost = c->lost_ms = 0;
	hist_init(&c->latency);
}

void
crowd_close(struct crowd *c)
{
	size_t i;

	crowd_cut(c);
	for (i = 0; i < c->n; i++)
		tls_ctx_free(&c->v[i].tls);
	resolver_free(&c->resolver);
	link_scratch_free(&c->scratch);
	if (c->loop != NULL)
		share_fini(&c->share);
	loop_free(&c->loop);
	free(c->relay);
	free(c->v);
	tls_shutdown();
}

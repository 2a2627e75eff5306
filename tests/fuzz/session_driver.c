/* session_driver.c — interprets an input as what the peer sends and what the
 * application does, in any order that session.h allows. The peer may say
 * anything; the application keeps the contract. After each step the session
 * checks itself, and its memory and credit are within their bounds.
 * Thread: owner. Invariant: slot[i].st is live exactly while it is not NULL. */
#include "session_driver.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/err.h"
#include "peer_frames.h"
#include "proto/session_expose.h"
#include "../sim/endpoint.h"

#define SLOTS 24
#define IOV 8
#define FRAME_MAX 20000

struct slot {
	struct stream *st;
	uint64_t unread;  /* DATA seen, not consumed */
	bool by_peer, opened, fin_sent, fin_seen, reset;
};

struct driver {
	struct choices *c;
	struct session_args args;
	struct memory memory;
	struct session *s;
	struct slot slot[SLOTS];
	struct peer peer;
	uint64_t now_ns;
	bool asked;	/* HELLO came and was not answered */
	bool owes_certificate, wants_certificate;
};

/* --- events -------------------------------------------------------------- */

static struct slot *
free_slot(struct driver *d)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (d->slot[i].st == NULL)
			return &d->slot[i];
	return NULL;
}

static void
on_open(struct driver *d, const struct session_event *ev)
{
	struct slot *k = free_slot(d);

	ax_assert(ev->open->service.n >= 1 &&
	    ev->open->service.n <= AX_SERVICE_NAME_MAX && ev->open->prio <= 3);
	if (k == NULL) {
		session_reset(d->s, ev->stream, 0x108);
		session_release(d->s, ev->stream);
		return;
	}
	*k = (struct slot){ .st = ev->stream, .by_peer = true };
	stream_set_user(ev->stream, k);
}

static void
on_stream(struct slot *k, const struct session_event *ev)
{
	ax_assert(k != NULL && k->st == ev->stream && !k->reset);
	ax_assert(!(k->fin_seen && ev->type != SESSION_EV_RESET));
	if (ev->type == SESSION_EV_DATA) {
		ax_assert(ev->data.n > 0);
		k->unread += ev->data.n;
	}
	k->fin_seen |= ev->type == SESSION_EV_FIN;
	k->reset |= ev->type == SESSION_EV_RESET;
	if (ev->type == SESSION_EV_OPENED) {
		ax_assert(!k->by_peer && !k->opened);
		k->opened = true;
	}
}

/* What is lent is a whole list. */
static void
on_list(struct driver *d, const struct session_event *ev)
{
	struct slice rest = ev->data;
	struct session_expose x;
	struct session_exposed y;

	ax_assert((d->args.role == SESSION_RELAY) == (ev->type == SESSION_EV_EXPOSE));
	while (ev->type == SESSION_EV_EXPOSE ? session_expose_next(&rest, &x) :
					       session_exposed_next(&rest, &y))
		;
	ax_assert(rest.n == 0);
}

static void
drain(struct driver *d)
{
	struct session_event ev;

	while (session_next(d->s, &ev)) {
		switch (ev.type) {
		case SESSION_EV_HELLO:
			ax_assert(d->args.role == SESSION_RELAY);
			d->asked = true;
			break;
		case SESSION_EV_OPEN:
			on_open(d, &ev);
			break;
		case SESSION_EV_OPENED:
		case SESSION_EV_DATA:
		case SESSION_EV_FIN:
		case SESSION_EV_RESET:
			on_stream(stream_user(ev.stream), &ev);
			break;
		case SESSION_EV_SERVICES:
			ax_assert(d->args.role == SESSION_RELAY &&
			    ev.n_services <= AX_SERVICES_MAX);
			break;
		case SESSION_EV_RENEW:
			ax_assert(d->args.role == SESSION_RELAY &&
			    !d->owes_certificate && ev.data.n > 0 &&
			    ev.data.n <= SESSION_REQUEST_MAX);
			d->owes_certificate = true;
			break;
		case SESSION_EV_CERTIFICATE:
			ax_assert(d->args.role == SESSION_AGENT &&
			    d->wants_certificate && (ev.code == 0) == (ev.data.n > 0));
			d->wants_certificate = false;
			break;
		case SESSION_EV_TRUST:
			ax_assert((d->args.role == SESSION_AGENT) == (ev.data.n > 0));
			break;
		case SESSION_EV_EXPOSE:
		case SESSION_EV_EXPOSED:
			on_list(d, &ev);
			break;
		case SESSION_EV_RESUMED:
			ax_assert(d->args.role == SESSION_AGENT &&
			    ev.hello->resumes);
			if (session_resume(d->s, &ev.hello->claim, NULL,
				d->now_ns) != AX_WIRE_NO_ERROR)
				session_close(d->s, AX_WIRE_RESUME_GAP, NULL);
			d->peer.resumes = false;
			break;
		case SESSION_EV_UP:
		case SESSION_EV_REFUSED:
			ax_assert(d->args.role == SESSION_AGENT);
			break;
		case SESSION_EV_GOAWAY:
		case SESSION_EV_CLOSE:
			break;
		}
	}
}

/* A copy of exactly that size: a read past it is seen. */
static void
feed(struct driver *d, struct slice in)
{
	uint8_t *copy;

	if (in.n == 0)
		return;
	copy = malloc(in.n);
	ax_assert(copy != NULL);
	memcpy(copy, in.p, in.n);
	session_feed(d->s, slice_of(copy, in.n), d->now_ns);
	drain(d);
	free(copy);
}

/* --- steps: the peer ----------------------------------------------------- */

static void
step_raw(struct driver *d)
{
	feed(d, choose_bytes(d->c, 1u + choose_u8(d->c)));
}

static void
feed_written(struct driver *d, const struct writer *w)
{
	size_t n = writer_len(w), first = choose_u8(d->c);

	ax_assert(!w->bad);
	if (first < n) { /* torn in two */
		feed(d, slice_of(w->start, first));
		feed(d, slice_of(w->start + first, n - first));
	} else
		feed(d, slice_of(w->start, n));
}

static void
step_frame(struct driver *d)
{
	uint8_t mem[FRAME_MAX];
	struct session_stats st;
	struct writer w;

	session_stats(d->s, &st);
	d->peer.heard = st.sent;
	writer_init(&w, mem, sizeof(mem));
	peer_frame(&d->peer, d->c, &w);
	feed_written(d, &w);
}

static void
step_hello(struct driver *d)
{
	uint8_t mem[256];
	struct writer w;

	writer_init(&w, mem, sizeof(mem));
	peer_hello(&d->peer, d->c, &w);
	feed_written(d, &w);
}

/* The connection breaks; over the next one the peer claims something that may
 * be.                                                                        */
static void
step_lose(struct driver *d)
{
	struct session_claim claim, own;

	if (!session_is_resumable(d->s))
		return;
	session_suspend(d->s, d->now_ns);
	d->asked = false;
	session_claim(d->s, &(struct session_claim){ 0 }, &claim);
	if (choose_u8(d->c) % 4 == 0)
		return; /* not yet */
	if (d->args.role == SESSION_AGENT) {
		session_reconnect(d->s, &claim, choose_u8(d->c) & 1, d->now_ns);
		d->peer.resumes = true;
		d->peer.epoch = claim.epoch;
		return;
	}
	claim.epoch = ++d->peer.epoch;
	claim.received = d->peer.heard - MIN(d->peer.heard, choose_u16(d->c));
	ax_assert(session_is_claimed(d->s, &claim) &&
	    session_claim_is_new(d->s, &claim));
	session_claim(d->s, &claim, &own);
	(void)session_resume(d->s, &claim, &own, d->now_ns);
}

/* --- steps: the application ---------------------------------------------- */

static void
step_answer(struct driver *d)
{
	if (!d->asked)
		return;
	d->asked = false;
	if (choose_u8(d->c) % 16 == 15)
		session_reject(d->s, 10, "no", 1000);
	else if (session_accept(d->s, 0, 1, d->now_ns) < 0)
		session_close(d->s, 19, NULL);
}

static void
step_open(struct driver *d)
{
	struct session_open o = { .service = slice_str("web"),
		.prio = choose_u8(d->c) & 3 };
	struct slot *k = free_slot(d);
	struct stream *st = NULL;

	if (k == NULL)
		return;
	if (session_open(d->s, &o, k, &st) < 0)
		return;
	*k = (struct slot){ .st = st };
	ax_assert(stream_user(st) == k && stream_id(st) != 0);
}

static struct slot *
live_slot(struct driver *d)
{
	struct slot *k = &d->slot[choose_below(d->c, SLOTS)];

	return k->st == NULL ? NULL : k;
}

static void
step_opened(struct driver *d)
{
	struct slot *k = live_slot(d);

	if (k == NULL || !k->by_peer || k->opened || k->reset)
		return;
	k->opened = true;
	session_opened(d->s, k->st);
}

static void
step_ready(struct driver *d)
{
	struct slot *k = live_slot(d);

	if (k != NULL && !k->fin_sent && !k->reset)
		session_ready(d->s, k->st, choose_u8(d->c) % 4 != 0);
}

static void
step_fin(struct driver *d)
{
	struct slot *k = live_slot(d);

	if (k == NULL || k->fin_sent || k->reset)
		return;
	session_ready(d->s, k->st, false);
	k->fin_sent = true;
	session_fin(d->s, k->st);
}

static void
step_reset(struct driver *d)
{
	struct slot *k = live_slot(d);

	if (k == NULL)
		return;
	session_reset(d->s, k->st, (uint16_t)(0x100 + choose_below(d->c, 12)));
	k->reset = true;
}

static void
step_release(struct driver *d)
{
	struct slot *k = live_slot(d);

	if (k == NULL)
		return;
	session_release(d->s, k->st);
	k->st = NULL;
}

static void
step_consume(struct driver *d)
{
	struct slot *k = live_slot(d);
	uint64_t n;

	if (k == NULL || k->unread == 0)
		return;
	n = 1 + (uint64_t)choose_u16(d->c) % k->unread;
	k->unread -= n;
	session_consumed(d->s, k->st, (size_t)n, d->now_ns);
}

static void
step_fill(struct driver *d)
{
	struct iovec iov[IOV];
	size_t quantum = 0, room = 0, len, n;
	struct stream *st = session_sender(d->s, &quantum, d->now_ns);
	struct slot *k;

	if (st == NULL)
		return;
	k = stream_user(st);
	ax_assert(k != NULL && k->st == st && !k->reset && !k->fin_sent);
	n = session_reserve(d->s, st, quantum, iov, IOV);
	if (n == 0)
		return;
	for (size_t i = 0; i < n; i++) {
		memset(iov[i].iov_base, 0x5a, iov[i].iov_len);
		room += iov[i].iov_len;
	}
	ax_assert(n <= IOV && room > 0 && room <= quantum);
	len = choose_u16(d->c);
	session_commit(d->s, st, len > room ? room : len);
	if (len == 0)
		session_ready(d->s, st, false);
}

static void
step_pull(struct driver *d)
{
	bool wants = session_wants_send(d->s);
	struct iovec iov[IOV];
	size_t n = session_pull(d->s, iov, IOV, d->now_ns), sum = 0, len;

	for (size_t i = 0; i < n; i++)
		sum += iov[i].iov_len;
	ax_assert(wants || sum == 0);
	ax_assert(sum > 0 || !session_wants_send(d->s));
	if (sum == 0)
		return;
	len = choose_u8(d->c) < 200 ? sum : 1 + choose_u16(d->c) % sum;
	session_sent(d->s, len, d->now_ns);
}

static void
step_time(struct driver *d)
{
	uint64_t next = session_deadline(d->s);

	if (choose_u8(d->c) % 4 == 0 && next != AX_NEVER)
		d->now_ns = MAX(d->now_ns, next);
	else
		d->now_ns += (uint64_t)choose_u16(d->c) << choose_below(d->c, 20);
	if (session_deadline(d->s) <= d->now_ns)
		session_tick(d->s, d->now_ns);
	ax_assert(session_deadline(d->s) > d->now_ns);
}

/* Asks for a certificate, or gives one. */
static void
step_certificate(struct driver *d)
{
	struct session_certificate c = { .der = slice_str("certificate") };

	if (d->args.role == SESSION_RELAY) {
		if (session_certify(d->s, &c) == 0)
			d->owes_certificate = false;
	} else if (session_renew(d->s, slice_str("request")) == 0) {
		ax_assert(!d->wants_certificate);
		d->wants_certificate = true;
	}
}

/* Says what it wants exposed, or what came of it. */
static void
step_expose(struct driver *d)
{
	struct session_expose want[] = { { .id = 1 }, { .id = 2, .port = 22 } };
	struct session_exposed told[] = {
		{ .id = 1, .port = 80, .text = slice_str("*:80") },
		{ .id = 2, .why = AX_EXPOSE_TAKEN, .text = slice_str("no") } };
	size_t n = choose_below(d->c, 3);

	if (d->args.role == SESSION_RELAY)
		(void)!session_exposed(d->s, told, n);
	else
		(void)!session_expose(d->s, want, n);
}

static void
step_rare(struct driver *d)
{
	static const struct session_service web = { .name = "web", .health = 1 };
	struct session_goaway g = { .reconnect_in_ms = 1 };

	switch (choose_below(d->c, 8)) {
	case 0:
		session_close(d->s, choose_u8(d->c), "enough");
		break;
	case 1:
		if (session_is_up(d->s))
			session_goaway(d->s, 15, &g);
		break;
	case 2:
		if (session_is_up(d->s) && d->args.role == SESSION_AGENT &&
		    session_services(d->s, &web, 1) < 0)
			ax_assert(d->memory.failed > 0 || session_is_closing(d->s));
		break;
	case 3:
		step_certificate(d);
		break;
	case 4:
		step_expose(d);
		break;
	default:
		session_probe(d->s, d->now_ns);
	}
}

/* --- a run --------------------------------------------------------------- */

static void
check(struct driver *d)
{
	struct session_stats st;
	const char *text = NULL;

	session_check(d->s);
	session_stats(d->s, &st);
	ax_assert(st.credit_out <=
	    d->args.budget + (uint64_t)d->args.window_init * SLOTS);
	ax_assert(st.ring_bytes <= SIM_RING_MOST(d->args.ring_max));
	ax_assert(st.streams <= (uint32_t)d->args.max_streams + st.peer_max_streams);
	(void)session_why(d->s, &text);
	ax_assert(text != NULL);
}

static void
step(struct driver *d)
{
	static void (*const steps[])(struct driver *) = { step_raw, step_frame,
		step_frame, step_frame, step_frame, step_hello, step_answer, step_open,
		step_opened, step_ready, step_ready, step_fin, step_reset, step_release,
		step_consume, step_consume, step_fill, step_fill, step_pull, step_pull,
		step_time, step_rare, step_lose };

	steps[choose_below(d->c, ARRAY_LEN(steps))](d);
	check(d);
}

static void
arguments(struct driver *d, enum session_role role)
{
	d->args = (struct session_args){ .role = role, .alloc = &d->memory.base,
		.seed = 42, .self = { .software = "fuzz", .hostname = "h", .os = "o" },
		.max_streams = (uint16_t)(1 + choose_below(d->c, 16)),
		.window_init = 16384u << choose_below(d->c, 3),
		.window_max = 1u << 20, .max_frame = 16376, .ring_max = 65536,
		.ping_ms = 5000, .dead_ms = 5000 };
	d->args.ring_max <<= choose_below(d->c, 3);
	d->args.budget = 65536;
	d->memory.fail_at = choose_u8(d->c);
	d->peer.is_agent = role == SESSION_RELAY;
	d->args.resume_s = 30; /* if the peer wants it as well */
	d->args.renews = d->args.trusts = d->args.exposes = true; /* the same */
	memset(d->args.session_id, 0x5e, sizeof(d->args.session_id));
}

void
session_drive(enum session_role role, const uint8_t *data, size_t size)
{
	struct choices c = { data, data + size };
	struct driver d = { .c = &c, .now_ns = AX_NS_PER_S };

	memory_init(&d.memory);
	arguments(&d, role);
	if (session_new(&d.args, d.now_ns, &d.s) < 0) {
		ax_assert(d.memory.failed > 0 && d.memory.bytes == 0);
		return;
	}
	while (choices_left(&c))
		step(&d);
	session_free(&d.s);
	ax_assert(d.s == NULL && d.memory.bytes == 0);
}

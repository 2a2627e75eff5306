/* session.c — one tunnel's protocol state: its life, its streams, its clock.
 *
 * Thread: owner. Pure.
 * Invariant: phases only go forward, but for a session that is suspended and
 * goes on. Composition only: this file and its sisters (session_hello.c,
 * session_resume.c, session_rx.c, session_tx.c) decide who is asked, never how
 * windows, ids, bytes or replay offsets work.                                */
#include "proto/session_impl.h"

#define HELLO_NS (5 * AX_NS_PER_S)	  /* relay: from TLS to HELLO */
#define HELLO_OK_NS (10 * AX_NS_PER_S) /* agent: a round trip more */

/* --- life ----------------------------------------------------------------- */

static bool
is_within(uint64_t v, uint64_t least, uint64_t most)
{
	return v >= least && v <= most;
}

static bool
is_text(const char *s, size_t cap)
{
	size_t n = 0;

	for (; n < cap && s[n] != '\0'; n++)
		if (s[n] < 0x20 || s[n] > 0x7e)
			return false;
	return n < cap;
}

static bool
is_zero_id(const uint8_t id[16])
{
	static const uint8_t zero[16];

	return memcmp(id, zero, sizeof(zero)) == 0;
}

static bool
args_are_valid(const struct session_args *a)
{
	const struct session_self *me = &a->self;

	return a->max_streams >= 1 &&
	    is_within(a->window_init, CONTROL_WINDOW_MIN, CONTROL_WINDOW_MAX) &&
	    is_within(a->window_max, 1, AX_CREDIT_AHEAD_MAX) &&
	    is_within(a->max_frame, AX_FRAME_MAX_FLOOR, AX_FRAME_MAX) &&
	    is_within(a->ring_max, CONTROL_RING_MIN, CONTROL_RING_MAX) &&
	    is_within(a->ping_ms, CONTROL_PING_MIN_MS, CONTROL_PING_MAX_MS) &&
	    a->dead_ms >= 1 && a->lane < CONTROL_LANES_MAX &&
	    a->lanes <= CONTROL_LANES_MAX &&
	    (a->role == SESSION_AGENT || a->resume_s == 0 ||
		!is_zero_id(a->session_id)) && is_text(me->software, sizeof(me->software)) &&
	    is_text(me->hostname, sizeof(me->hostname)) &&
	    is_text(me->os, sizeof(me->os));
}

static void
init_credit(struct session *s, const struct session_args *a)
{
	credit_pool_init(&s->pool, a->alloc, a->budget, a->window_init,
	    a->window_max);
	streams_init(&s->streams, a->alloc, a->seed,
	    a->role == SESSION_RELAY ? 1 : 0, a->max_streams);
}

int
session_new(
    const struct session_args *a, uint64_t now_ns, struct session **out)
{
	struct session *s;

	if (!args_are_valid(a))
		return AX_E_RANGE;
	s = alloc_get(a->alloc, sizeof(*s));
	if (s == NULL)
		return AX_E_NOMEM;
	s->alloc = a->alloc;
	s->role = a->role;
	s->now_ns = now_ns;
	s->self = a->self;
	s->wall_ms = a->wall_ms - now_ns / AX_NS_PER_MS;
	s->resume.ttl_s = a->resume_s;
	s->resume.until_ns = AX_NEVER;
	memcpy(s->resume.id, a->session_id, sizeof(s->resume.id));
	s->ping_ms = a->ping_ms;
	s->lane = a->lane;
	s->lanes = a->lanes;
	s->ring = (uint32_t)a->ring_max;
	s->why_text = "open";
	s->hello_by_ns = now_ns +
	    (a->role == SESSION_RELAY ? HELLO_NS : HELLO_OK_NS);
	deframer_init(&s->deframer, a->alloc, a->max_frame);
	init_credit(s, a);
	acks_init(&s->acks, 0);
	keepalive_init(&s->keepalive, a->ping_ms, a->dead_ms);
	sendq_init(&s->sendq);
	replay_init(&s->replay, a->alloc, a->ring_max);
	rate_init(&s->rate);
	services_init(&s->services, a->alloc);
	session_affairs_init(s, a);
	if (s->role == SESSION_AGENT)
		session_say_hello(s, 0, NULL);
	SESSION_VERIFY(s);
	*out = s;
	return 0;
}

void
session_free(struct session **sp)
{
	struct session *s = *sp;

	if (s == NULL)
		return;
	*sp = NULL;
	deframer_fini(&s->deframer);
	streams_fini(&s->streams);
	credit_pool_fini(&s->pool);
	replay_fini(&s->replay);
	services_fini(&s->services);
	session_affairs_fini(s);
	alloc_put(s->alloc, s, sizeof(*s));
}

void
session_goaway(
    struct session *s, uint16_t code, const struct session_goaway *g)
{
	struct control c = { .type = AX_CTL_GOAWAY };

	if (s->phase != PHASE_UP)
		return;
	c.goaway.code = code;
	c.goaway.when = *g;
	c.goaway.when.last_id = s->streams.last_peer_id;
	s->goaway_sent = true;
	if (session_write(s, &c) < 0)
		session_end(s, PHASE_ABORTING, AX_WIRE_RESOURCE,
		    "no room for GOAWAY");
	SESSION_VERIFY(s);
}

void
session_end(struct session *s, enum session_phase phase, uint16_t code,
    const char *text)
{
	if (session_is_over(s))
		return;
	s->phase = phase;
	s->why_code = code;
	s->why_text = text;
}

struct slice
session_cut_reason(const char *reason)
{
	struct slice text = slice_str(reason == NULL ? "" : reason);

	text.n = MIN(text.n, (size_t)AX_REASON_MAX);
	return text;
}

void
session_close(struct session *s, uint16_t code, const char *reason)
{
	struct slice text = session_cut_reason(reason);

	if (session_is_over(s))
		return;
	memcpy(s->close_reason, text.p, text.n);
	s->close_reason_len = text.n;
	/* Behind what is committed, where that can be sent. */
	session_end(s, s->phase == PHASE_SUSPENDED ? PHASE_CLOSED :
	    s->phase == PHASE_UP ? PHASE_CLOSING : PHASE_ABORTING, code,
	    "closed by this side");
	SESSION_VERIFY(s);
}

bool
session_is_closing(const struct session *s)
{
	return session_is_over(s);
}

bool
session_is_up(const struct session *s)
{
	return s->phase == PHASE_UP;
}

uint16_t
session_why(const struct session *s, const char **text)
{
	if (text != NULL)
		*text = s->why_text;
	return s->why_code;
}

/* --- streams -------------------------------------------------------------- */

void
session_update(struct session *s, struct stream *st)
{
	if (stream_has_ended(st) || !stream_may_send(st))
		sendq_remove(&s->sendq, st);
	else
		sendq_set(&s->sendq, st, stream_has(st, STREAM_READY) &&
			credit_tx_room(&st->tx) > 0);
	streams_note_control(&s->streams, st);
	streams_settle(&s->streams, st, s->replay.end, s->settled);
}

int
session_open(struct session *s, const struct session_open *o, void *user,
    struct stream **out)
{
	struct control c = { .type = AX_CTL_OPEN };
	struct stream *st;
	int r;

	ax_assert(control_is_name(o->service) && o->kind == 0 && o->prio <= 3);
	ax_assert(o->addr_len == 0 || o->addr_len == 4 || o->addr_len == 16);
	if (s->phase != PHASE_UP || s->goaway_sent || s->goaway_seen)
		return AX_E_CLOSED;
	r = streams_open(&s->streams, o->prio, &st);
	if (r < 0)
		return r;
	c.open.id = st->id;
	c.open.what = *o;
	r = credit_rx_start(&st->rx, &s->pool, s->now_ns) ?
	    session_write(s, &c) : AX_E_NOMEM;
	if (r < 0)
		goto fail;
	st->tx.limit = s->peer_window;
	st->user = user;
	*out = st;
	SESSION_VERIFY(s);
	return 0;
fail:
	credit_rx_close(&st->rx, &s->pool);
	streams_undo(&s->streams, st);
	SESSION_VERIFY(s);
	return r;
}

void
session_opened(struct session *s, struct stream *st)
{
	stream_tx_opened(st);
	session_update(s, st);
	SESSION_VERIFY(s);
}

void
stream_set_user(struct stream *st, void *user)
{
	st->user = user;
}

void *
stream_user(const struct stream *st)
{
	return st->user;
}

uint32_t
stream_id(const struct stream *st)
{
	return st->id;
}

void
session_fin(struct session *s, struct stream *st)
{
	stream_tx_fin(st);
	session_update(s, st);
	SESSION_VERIFY(s);
}

void
session_reset(struct session *s, struct stream *st, uint16_t code)
{
	stream_tx_reset(st, &s->pool, code);
	session_update(s, st);
	SESSION_VERIFY(s);
}

void
session_release(struct session *s, struct stream *st)
{
	streams_release(&s->streams, st, &s->pool);
	session_update(s, st);
	SESSION_VERIFY(s);
}

void
session_ready(struct session *s, struct stream *st, bool ready)
{
	if (ready)
		st->bits |= STREAM_READY;
	else
		st->bits = (uint16_t)(st->bits & ~STREAM_READY);
	session_update(s, st);
	SESSION_VERIFY(s);
}

/* --- services ------------------------------------------------------------- */

int
session_services(
    struct session *s, const struct session_service *list, size_t n)
{
	int r;

	ax_assert(s->role == SESSION_AGENT);
	if (session_is_over(s))
		return 0;
	r = services_set(&s->services, list, n);
	SESSION_VERIFY(s);
	return r;
}

/* --- time ----------------------------------------------------------------- */

uint64_t
session_deadline(const struct session *s)
{
	uint64_t at = MIN(s->hello_by_ns, s->replay.trim_ns);

	if (session_is_over(s))
		return AX_NEVER;
	at = MIN(at, s->resume.until_ns);
	at = MIN(at, keepalive_deadline(&s->keepalive));
	at = MIN(at, acks_deadline(&s->acks));
	/* A list that waits for room waits for an ACK, not for time. */
	if (services_due(&s->services) > s->now_ns)
		at = MIN(at, services_due(&s->services));
	return at;
}

/* The peer is silent: another connection may bring it back. */
static void
give_up(struct session *s, uint16_t code, const char *text)
{
	if (session_is_resumable(s))
		session_suspend(s, s->now_ns);
	else
		session_end(s, PHASE_ABORTING, code, text);
}

void
session_tick(struct session *s, uint64_t now_ns)
{
	session_set_now(s, now_ns);
	if (session_is_over(s))
		return;
	replay_trim(&s->replay, s->now_ns);
	acks_tick(&s->acks, s->now_ns);
	if (s->now_ns >= s->resume.until_ns)
		session_end(s, PHASE_CLOSED, AX_WIRE_KEEPALIVE,
		    "the connection was lost and did not come back");
	else if (s->now_ns >= s->hello_by_ns)
		give_up(s, AX_WIRE_HELLO_TIMEOUT, "no HELLO in time");
	else if (!keepalive_tick(&s->keepalive, s->now_ns))
		give_up(s, AX_WIRE_KEEPALIVE, "the peer does not answer");
	SESSION_VERIFY(s);
}

void
session_probe(struct session *s, uint64_t now_ns)
{
	session_set_now(s, now_ns);
	keepalive_probe(&s->keepalive, s->now_ns);
	SESSION_VERIFY(s);
}

/* --- looking in ----------------------------------------------------------- */

void
session_stats(const struct session *s, struct session_stats *out)
{
	*out = (struct session_stats){
		.rtt_us = s->keepalive.rtt_ns / AX_NS_PER_US,
		.rtt_min_us = s->keepalive.rtt_min_ns / AX_NS_PER_US,
		.sent = s->replay.sent,
		.received = s->acks.received,
		.data_sent = s->data_sent,
		.data_received = s->data_received,
		.streams = s->streams.own + s->streams.peers,
		.streams_total = s->streams.total,
		.ring_bytes = s->replay.mem,
		.credit_out = s->pool.out,
		.integrity_errors = s->integrity_errors,
		.peer_max_streams = s->streams.own_max,
		.resumed = s->resume.count,
	};
}

uint64_t
session_frames(const struct session *s)
{
	return s->frames;
}

void
session_check(const struct session *s)
{
	deframer_check(&s->deframer);
	replay_check(&s->replay);
	sendq_check(&s->sendq);
	streams_check(&s->streams, &s->pool);
	ax_assert(s->acks.told <= s->acks.received);
	ax_assert(s->outbox.head <= s->outbox.tail &&
	    s->outbox.tail <= OUTBOX_SIZE);
	ax_assert(s->outbox.head == 0 ||
	    (s->outbox.sealed && s->outbox.cut <= s->replay.sent));
	ax_assert(s->settled <= s->replay.acked);
	session_affairs_check(s);
	if (s->phase < PHASE_UP && !session_is_away(s))
		ax_assert(s->replay.end == 0 && s->streams.total == 0);
	if (s->phase == PHASE_SUSPENDED)
		ax_assert(session_is_away(s) && !session_wants_send(s) &&
		    s->deframer.cap == 0);
}

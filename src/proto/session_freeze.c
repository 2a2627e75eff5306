/* session_freeze.c — a session from one process to the next.
 *
 * Thread: owner. Pure.
 * Invariant: whatever is read, what comes of it passes session_check, or nothing
 * comes of it. What a suspended session has forgotten anyway is not described:
 * outbox, torn frame, measurements of the path, whose turn it is.            */
#include "proto/session_freeze.h"

#include "proto/session_impl.h"

#define RENEW_AGAIN_S 1
#define OFFSET_MAX (UINT64_C(1) << 62) /* sums do not wrap */

bool
session_is_freezable(const struct session *s)
{
	return s->role == SESSION_RELAY && s->phase == PHASE_SUSPENDED &&
	    session_is_resumable(s) && replay_is_whole(&s->replay);
}

/* --- what session_new is told ------------------------------------------------ */

static void
limits(struct frost *f, struct session_args *a)
{
	uint64_t ring = a->ring_max;

	frost_u16(f, &a->max_streams);
	frost_u32(f, &a->window_init);
	frost_u32(f, &a->window_max);
	frost_u64(f, &a->budget);
	frost_u32(f, &a->max_frame);
	frost_u64(f, &ring);
	frost_u32(f, &a->ping_ms);
	frost_u32(f, &a->dead_ms);
	frost_u16(f, &a->resume_s);
	frost_copy(f, a->session_id, sizeof(a->session_id));
	frost_require(f, ring <= CONTROL_RING_MAX && a->resume_s > 0 &&
	    a->budget <= OFFSET_MAX && a->window_max >= a->window_init);
	a->ring_max = (size_t)ring;
}

static void
limits_of(const struct session *s, struct session_args *a)
{
	*a = (struct session_args){
		.max_streams = (uint16_t)s->streams.peers_max,
		.window_init = s->pool.init,
		.window_max = s->pool.max,
		.budget = s->pool.shared,
		.max_frame = s->deframer.max_frame,
		.ring_max = s->replay.max,
		.ping_ms = s->ping_ms,
		.dead_ms = (uint32_t)(s->keepalive.dead_ns / AX_NS_PER_MS),
		.resume_s = s->resume.ttl_s,
	};
	memcpy(a->session_id, s->resume.id, sizeof(a->session_id));
}

/* --- what has become of it --------------------------------------------------- */

static void
resumption(struct frost *f, struct session *s)
{
	struct resumption *r = &s->resume;

	frost_u32(f, &r->epoch);
	frost_u32(f, &r->count);
	frost_u64(f, &r->until_ns);
	frost_bool(f, &r->unconfirmed);
	frost_require(f, r->until_ns <= s->now_ns + r->ttl_s * AX_NS_PER_S);
}

static void
peer(struct frost *f, struct session *s)
{
	frost_u8(f, &s->worker);
	frost_u8(f, &s->lanes);
	frost_u32(f, &s->peer_window);
	frost_u64(f, &s->acks.received);
	frost_u32(f, &s->acks.every);
	frost_u64(f, &s->glitch.mpoints);
	frost_u64(f, &s->glitch.at_ns);
	frost_u64(f, &s->keepalive.rtt_ns);
	frost_u64(f, &s->keepalive.rtt_min_ns);
	frost_require(f, s->peer_window <= CONTROL_WINDOW_MAX &&
	    s->lanes <= CONTROL_LANES_MAX && s->acks.received <= OFFSET_MAX &&
	    s->acks.every >= ACKS_EVERY_MIN && s->acks.every <= ACKS_EVERY_MAX &&
	    s->glitch.mpoints <= GLITCH_FULL * 1000u &&
	    s->keepalive.rtt_ns <= OFFSET_MAX &&
	    s->keepalive.rtt_min_ns <= OFFSET_MAX);
	s->acks.told = s->acks.received; /* the claim tells it */
}

/* A request whose answer is not made yet: whoever made it is not there any more. */
static void
answer_again(struct frost *f, struct session *s)
{
	const struct session_certificate again = { .why = AX_RENEW_AWAY,
		.retry_s = RENEW_AGAIN_S };

	if (!f->bad && session_certify(s, &again) < 0)
		f->bad = true;
}

static void
affairs(struct frost *f, struct session *s)
{
	session_affairs_frost(s, f);
	frost_bool(f, &s->renewal_asked);
	frost_u64(f, &s->trusted);
	frost_require(f, !s->renewal_asked || s->affairs[AFFAIR_RENEW].agreed);
	if (frost_reads(f))
		answer_again(f, s);
}

static void
counts(struct frost *f, struct session *s)
{
	frost_u64(f, &s->data_sent);
	frost_u64(f, &s->data_received);
	frost_u64(f, &s->integrity_errors);
	frost_u64(f, &s->frames);
}

/* --- streams ------------------------------------------------------------------ */

static void
stream(struct frost *f, struct stream *st)
{
	frost_u32(f, &st->id);
	frost_u16(f, &st->bits);
	frost_u16(f, &st->reset_code);
	frost_u8(f, &st->q.prio);
	frost_u64(f, &st->linger_seq);
	frost_u64(f, &st->tx.limit);
	frost_u64(f, &st->tx.sent);
	frost_u64(f, &st->rx.limit);
	frost_u64(f, &st->rx.received);
	frost_u64(f, &st->rx.consumed);
	frost_u64(f, &st->rx.mark);
	frost_u64(f, &st->rx.mark_ns);
	frost_u32(f, &st->rx.window);
	frost_bool(f, &st->rx.finished);
	frost_bool(f, &st->rx.closed);
	frost_require(f, st->q.prio <= 3 && st->tx.limit <= OFFSET_MAX &&
	    st->rx.limit <= OFFSET_MAX);
}

static void
freeze_streams(struct frost *f, const struct streams *m)
{
	uint64_t n = m->map.used;
	struct stream *st;
	struct list *l;
	size_t at = 0;

	frost_u64(f, &n);
	list_foreach(l, &m->linger) /* in the order of their acknowledgement */
		stream(f, container_of(l, struct stream, control_entry));
	while ((st = idmap_next(&m->map, &at)) != NULL) {
		if (st->linger_seq == 0)
			stream(f, st);
	}
}

static int
thaw_streams(struct frost *f, struct session *s)
{
	struct stream st;
	uint64_t n;
	int r = 0;

	frost_u64(f, &n);
	for (; n > 0 && r == 0; n--) {
		st = (struct stream){ .id = 0 };
		stream(f, &st);
		if (f->bad || st.linger_seq > s->replay.end)
			return AX_E_SYNTAX;
		r = streams_thaw(&s->streams, &st, &s->pool);
	}
	if (r == 0 && (s->streams.own > s->streams.own_max ||
	    s->streams.peers > s->streams.peers_max ||
	    s->streams.held > s->streams.peers_max))
		r = AX_E_SYNTAX;
	return r;
}

static void
table(struct frost *f, struct streams *m)
{
	frost_u32(f, &m->next_id);
	frost_u32(f, &m->last_peer_id);
	frost_u32(f, &m->own_max);
	frost_u64(f, &m->total);
	frost_require(f, (m->next_id & 1) == 1 && m->next_id <= STREAMS_ID_MAX + 2 &&
	    m->last_peer_id <= STREAMS_ID_MAX && (m->last_peer_id & 1) == 0 &&
	    m->own_max >= 1 && m->own_max <= UINT16_MAX);
}

struct stream *
session_handle(const struct session *s, uint32_t id)
{
	struct stream *st = streams_find(&s->streams, id);

	return st == NULL || stream_has(st, STREAM_RELEASED) ? NULL : st;
}

size_t
session_handles(const struct session *s)
{
	const struct stream *st;
	size_t n = 0, at = 0;

	while ((st = idmap_next(&s->streams.map, &at)) != NULL)
		n += !stream_has(st, STREAM_RELEASED);
	return n;
}

/* --- all of it ------------------------------------------------------------------ */

static void
state(struct frost *f, struct session *s)
{
	resumption(f, s);
	peer(f, s);
	counts(f, s);
	affairs(f, s);
	table(f, &s->streams);
	replay_frost(&s->replay, f);
	frost_u64(f, &s->settled);
	frost_require(f, s->settled <= s->replay.acked);
}

void
session_freeze(struct session *s, struct frost *f)
{
	struct session_args a;

	ax_assert(session_is_freezable(s));
	limits_of(s, &a);
	limits(f, &a);
	state(f, s);
	freeze_streams(f, &s->streams);
}

/* As session_suspend leaves one. */
static void
lie_down(struct session *s)
{
	s->phase = PHASE_SUSPENDED;
	s->hello_by_ns = AX_NEVER;
	s->resume.agreed = true;
	s->services.seen_ns = AX_NEVER;
}

int
session_thaw(const struct session_args *args, struct frost *f, uint64_t now_ns,
    struct session **out)
{
	struct session_args a = { .role = SESSION_RELAY, .alloc = args->alloc,
		.seed = args->seed, .self = args->self, .wall_ms = args->wall_ms };
	struct session *s = NULL;
	int r = AX_E_SYNTAX;

	limits(f, &a);
	if (!f->bad)
		r = session_new(&a, now_ns, &s);
	if (r < 0)
		return r == AX_E_NOMEM ? r : AX_E_SYNTAX;
	lie_down(s);
	state(f, s);
	r = f->bad ? AX_E_SYNTAX : thaw_streams(f, s);
	if (r < 0) {
		session_free(&s);
		return r;
	}
	SESSION_VERIFY(s);
	*out = s;
	return 0;
}

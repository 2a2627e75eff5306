/* session_tx.c — the sending half of a session: who may send, and the order in
 * which everything leaves.
 *
 * Thread: owner. Pure.
 * Invariant: on the wire, frames are whole and an unsequenced message never
 * overtakes a control message written before it: the outbox waits until the
 * ring has been sent up to its cut. The peer relies on it (streams.c).       */
#include "proto/session_impl.h"

#define COMPANY_NS (100 * AX_NS_PER_MS)
#define COMPANY_BURST (64u << 10)
#define COMPANY_RING (256u << 10)

/* --- control -------------------------------------------------------------- */

int
session_write(struct session *s, const struct control *c)
{
	uint8_t frame[CONTROL_OPEN_MAX], *at;
	struct writer w;

	writer_init(&w, frame, sizeof(frame));
	control_put(&w, c);
	ax_assert(!w.bad);
	if (!replay_has_room(&s->replay, writer_len(&w)))
		return AX_E_LIMIT;
	at = replay_append(&s->replay, writer_len(&w));
	if (at == NULL)
		return AX_E_NOMEM;
	memcpy(at, frame, writer_len(&w));
	return 0;
}

static bool
has_control_room(const struct session *s)
{
	return replay_has_room(&s->replay, 3 * CONTROL_SMALL_MAX);
}

static bool
services_are_due(const struct session *s)
{
	return s->phase == PHASE_UP &&
	    s->now_ns >= services_due(&s->services) &&
	    replay_has_room(&s->replay, s->services.len);
}

static int
write_services(struct session *s)
{
	uint8_t *at = replay_append(&s->replay, s->services.len);

	if (at == NULL)
		return AX_E_NOMEM;
	services_take(&s->services, at, s->now_ns);
	return 0;
}

static int
write_stream_control(struct session *s, struct stream *st)
{
	struct control c;
	int r = 0;

	list_del(&st->control_entry);
	while (r == 0 && stream_take_control(st, &s->pool, &c))
		r = session_write(s, &c);
	if (r == 0)
		session_update(s, st);
	else
		streams_note_control(&s->streams, st); /* for the checks */
	return r;
}

void
session_flush_control(struct session *s)
{
	struct stream *st;
	int r = 0;

	if (s->phase != PHASE_UP && s->phase != PHASE_CLOSING)
		return;
	while (r == 0 && has_control_room(s) &&
	    (st = streams_next_control(&s->streams)) != NULL)
		r = write_stream_control(s, st);
	if (r == 0 && services_are_due(s))
		r = write_services(s);
	if (r == 0 && s->phase == PHASE_UP)
		r = session_affairs_write(s);
	if (r < 0 && s->phase == PHASE_CLOSING)
		s->phase = PHASE_ABORTING; /* what waits cannot be written */
	else if (r < 0)
		session_end(s, PHASE_ABORTING, AX_WIRE_RESOURCE,
		    "out of memory");
}

static bool
ring_may_leave(const struct session *s)
{
	return s->phase == PHASE_UP || s->phase == PHASE_CLOSING;
}

static bool
outbox_is_empty(const struct session *s)
{
	return s->outbox.head == s->outbox.tail;
}

bool
session_post(struct session *s, const struct control *c)
{
	struct outbox *o = &s->outbox;
	struct writer w;

	writer_init(&w, o->mem + o->tail, OUTBOX_SIZE - o->tail);
	control_put(&w, c);
	if (w.bad)
		return false;
	o->tail += writer_len(&w);
	if (o->sealed)
		return true;
	o->cut = replay_boundary(&s->replay);
	if (ring_may_leave(s))
		o->cut = MAX(o->cut, s->replay.barrier);
	return true;
}

static void
post_pings(struct session *s)
{
	struct keepalive *k = &s->keepalive;
	struct control c;

	if (k->want_ping) {
		c = (struct control){ .type = AX_CTL_PING };
		c.ping.opaque = keepalive_ping(k, s->now_ns);
		(void)session_post(s, &c);
	}
	if (k->want_pong) {
		c = (struct control){ .type = AX_CTL_PONG };
		c.ping.opaque = k->pong_opaque;
		c.ping.seq = acks_tell(&s->acks);
		c.ping.hold_us = keepalive_pong(k, s->now_ns);
		(void)session_post(s, &c);
	}
}

static void
post_ack(struct session *s)
{
	struct control c = { .type = AX_CTL_ACK };
	bool company = !outbox_is_empty(s) || replay_unsent(&s->replay) > 0;

	if (!s->acks.due && !(company && acks_may_ride(&s->acks, s->now_ns)))
		return;
	c.ping.seq = acks_tell(&s->acks);
	(void)session_post(s, &c);
}

static void
post_close(struct session *s)
{
	struct control c = { .type = AX_CTL_CLOSE };

	c.close.code = s->why_code;
	c.close.reason = slice_of(s->close_reason, s->close_reason_len);
	if (s->close_reason_len == 0)
		c.close.reason = slice_str(s->why_text);
	if (session_post(s, &c))
		s->phase = PHASE_CLOSED;
}

/* Serialises what is due. Once the first byte of the outbox is out, and while
 * HELLO_OK is in it, it takes nothing more but a CLOSE: the cut stays.       */
static void
fill_outbox(struct session *s)
{
	size_t room = OUTBOX_SIZE - s->outbox.tail;

	if (s->phase == PHASE_UP && !s->outbox.sealed &&
	    room >= 3 * CONTROL_SMALL_MAX + CONTROL_CLOSE_MAX) {
		post_pings(s);
		post_ack(s);
	}
	if (s->phase == PHASE_ABORTING ||
	    (s->phase == PHASE_CLOSING && replay_unsent(&s->replay) == 0))
		post_close(s);
}

/* --- whose turn ----------------------------------------------------------- */

/* A small message went out beside bulk data a moment ago, and another is likely:
 * what is ahead of it is what it will wait for. Where nobody waits, more at a
 * time is cheaper.                                                           */
static bool
in_company(const struct session *s)
{
	return s->now_ns < s->company_ns;
}

static void
note_company(struct session *s, const struct stream *st, size_t len)
{
	if (st->q.sparse && len > 0 && len < SENDQ_SPARSE &&
	    s->sendq.runnable > 1)
		s->company_ns = s->now_ns + COMPANY_NS;
}

/* How many bytes may wait unsent. */
static size_t
burst_now(const struct session *s)
{
	size_t burst = rate_burst(&s->rate);

	return in_company(s) ? MIN(burst, (size_t)COMPANY_BURST) : burst;
}

/* How many bytes a stream may send before the next has its turn: a millisecond of
 * the path. Each turn is a system call at both ends, and wakes somebody up.  */
static size_t
turn_now(const struct session *s)
{
	return in_company(s) ? 0 : rate_times(&s->rate, AX_NS_PER_MS);
}

/* How many bytes may be on their way: in company, not many more than the path
 * needs to be full.                                                          */
static size_t
room_on_the_way(const struct session *s)
{
	size_t room = replay_room(&s->replay), most, used;

	if (!in_company(s))
		return room;
	most = MAX(2 * rate_times(&s->rate, s->keepalive.rtt_min_ns),
	    (size_t)COMPANY_RING);
	used = replay_used(&s->replay);
	return used + REPLAY_ROOM_MIN > most ? 0 : MIN(room, most - used);
}

/* How many bytes of payload may be committed now, whoever sends them. */
static size_t
room_to_commit(struct session *s, size_t burst)
{
	size_t unsent = replay_unsent(&s->replay);
	size_t room = room_on_the_way(s);

	if (room == 0) {
		if (!in_company(s))
			replay_blocked(&s->replay, s->now_ns);
		return 0;
	}
	if (unsent > burst - burst / 4)
		return 0;
	return MIN(room, burst - unsent);
}

struct stream *
session_sender(struct session *s, size_t *quantum, uint64_t now_ns)
{
	struct stream *st;
	uint64_t most;
	size_t burst;

	session_set_now(s, now_ns);
	if (s->phase != PHASE_UP)
		return NULL;
	if (s->sendq.runnable == 0) {
		rate_idle(&s->rate);
		return NULL;
	}
	session_flush_control(s);
	if (s->phase != PHASE_UP)
		return NULL;
	burst = burst_now(s);
	most = room_to_commit(s, burst);
	if (most == 0)
		return NULL;
	st = sendq_pick(&s->sendq, turn_now(s), quantum);
	if (st == NULL)
		return NULL;
	most = MIN(most, credit_tx_room(&st->tx));
	*quantum = (size_t)MIN(*quantum, most);
	SESSION_VERIFY(s);
	return st;
}

size_t
session_reserve(struct session *s, struct stream *st, size_t quantum,
    struct iovec *iov, size_t n)
{
	ax_assert(s->phase == PHASE_UP && stream_may_send(st));
	ax_assert(quantum <= credit_tx_room(&st->tx));
	return replay_reserve(&s->replay, quantum, iov, n);
}

void
session_commit(struct session *s, struct stream *st, size_t len)
{
	note_company(s, st, len);
	replay_commit(&s->replay, st->id, len, s->now_ns);
	credit_tx_use(&st->tx, len);
	sendq_charge(&st->q, len);
	s->data_sent += len;
	session_update(s, st);
	SESSION_VERIFY(s);
}

/* --- out ------------------------------------------------------------------ */

size_t
session_pull(struct session *s, struct iovec *iov, size_t n, uint64_t now_ns)
{
	struct replay *r = &s->replay;
	struct outbox *o = &s->outbox;
	uint64_t from = r->sent;
	size_t k = 0;

	session_set_now(s, now_ns);
	session_flush_control(s);
	fill_outbox(s);
	if (!outbox_is_empty(s)) {
		if (from < o->cut)
			k = replay_peek(r, from, o->cut, iov, n);
		from = MAX(from, o->cut);
		if (k < n) {
			iov[k].iov_base = o->mem + o->head;
			iov[k++].iov_len = o->tail - o->head;
		}
	}
	if (ring_may_leave(s) && k < n)
		k += replay_peek(r, from, r->end, iov + k, n - k);
	SESSION_VERIFY(s);
	return k;
}

/* What the outbox, and the ring in front of it, take of len bytes. */
static size_t
sent_with_outbox(struct session *s, size_t len)
{
	struct outbox *o = &s->outbox;
	size_t ring = 0, box;

	if (o->cut > s->replay.sent)
		ring = (size_t)MIN(len, o->cut - s->replay.sent);
	replay_sent(&s->replay, ring);
	box = MIN(len - ring, o->tail - o->head);
	o->head += box;
	o->sealed |= o->head > 0;
	if (outbox_is_empty(s)) {
		o->head = o->tail = 0;
		o->sealed = false;
	}
	return ring + box;
}

void
session_sent(struct session *s, size_t len, uint64_t now_ns)
{
	session_set_now(s, now_ns);
	if (s->replay.sent == s->replay.acked)
		s->owed_ns = s->now_ns;
	if (!outbox_is_empty(s))
		len -= sent_with_outbox(s, len);
	if (len > 0)
		replay_sent(&s->replay, len);
	SESSION_VERIFY(s);
}

bool
session_wants_send(const struct session *s)
{
	if (!outbox_is_empty(s) || s->phase == PHASE_CLOSING ||
	    s->phase == PHASE_ABORTING)
		return true;
	if (s->phase != PHASE_UP)
		return false;
	return replay_unsent(&s->replay) > 0 || s->acks.due ||
	    s->keepalive.want_ping || s->keepalive.want_pong ||
	    (!list_is_empty(&s->streams.control) && has_control_room(s)) ||
	    services_are_due(s) || session_affairs_are_due(s);
}

/* streams.c — the table of streams.
 *
 * Thread: owner. Pure.
 * Invariant: a stream is in the map from its OPEN until both halves have ended,
 * its handle is released, and the peer cannot send anything about it any more:
 * a RESET is its last word; behind a FIN it may still send CREDIT or RESET until
 * it has read our last word, which its ACK tells (an ACK never overtakes
 * control messages). A frame about an id that is not in the map is therefore
 * always a violation, never a race.                                          */
#include "proto/streams.h"

#include "base/assert.h"
#include "base/err.h"

void
streams_init(struct streams *m, struct alloc *a, uint64_t key, unsigned parity,
    uint32_t peers_max)
{
	*m = (struct streams){
		.alloc = a,
		.next_id = parity == 1 ? 1 : 2,
		.peers_max = peers_max,
	};
	idmap_init(&m->map, a, key);
	list_init(&m->control);
	list_init(&m->linger);
}

void
streams_fini(struct streams *m)
{
	struct stream *st;
	size_t at = 0;

	while ((st = idmap_next(&m->map, &at)) != NULL)
		alloc_put(m->alloc, st, sizeof(*st));
	idmap_fini(&m->map);
}

struct stream *
streams_find(const struct streams *m, uint32_t id)
{
	return idmap_get(&m->map, id);
}

static int
add(struct streams *m, uint32_t id, uint8_t prio, struct stream **out)
{
	struct stream *st = alloc_get(m->alloc, sizeof(*st));
	int r;

	if (st == NULL)
		return AX_E_NOMEM;
	r = idmap_put(&m->map, id, st);
	if (r < 0) {
		alloc_put(m->alloc, st, sizeof(*st));
		return r;
	}
	st->id = id;
	st->bits = STREAM_SLOT;
	list_init(&st->control_entry);
	sendq_entry_init(&st->q, prio);
	m->total++;
	*out = st;
	return 0;
}

static bool
too_many_linger(const struct streams *m)
{
	return m->lingering >= m->own_max + m->peers_max + STREAMS_LINGER;
}

int
streams_open(struct streams *m, uint8_t prio, struct stream **out)
{
	int r;

	if (m->own >= m->own_max || too_many_linger(m))
		return AX_E_LIMIT;
	if (m->next_id > STREAMS_ID_MAX)
		return AX_E_CLOSED;
	r = add(m, m->next_id, prio, out);
	if (r < 0)
		return r;
	(*out)->bits |= STREAM_OWN;
	m->next_id += 2;
	m->own++;
	return 0;
}

uint16_t
streams_judge(const struct streams *m, uint32_t id)
{
	if (id == 0 || id > STREAMS_ID_MAX || id <= m->last_peer_id ||
	    (id & 1) == (m->next_id & 1))
		return AX_WIRE_STREAM_ID;
	if (m->peers >= m->peers_max)
		return AX_WIRE_STREAM_LIMIT;
	if (too_many_linger(m))
		return AX_WIRE_RESOURCE;
	return AX_WIRE_NO_ERROR;
}

int
streams_accept(
    struct streams *m, uint32_t id, uint8_t prio, struct stream **out)
{
	int r = add(m, id, prio, out);

	if (r < 0)
		return r;
	m->last_peer_id = id;
	m->peers++;
	m->held++;
	return 0;
}

static void
give_back_slot(struct streams *m, struct stream *st)
{
	if (!stream_has(st, STREAM_SLOT))
		return;
	st->bits = (uint16_t)(st->bits & ~STREAM_SLOT);
	if (stream_has(st, STREAM_OWN))
		m->own--;
	else
		m->peers--;
}

static void
forget(struct streams *m, struct stream *st)
{
	give_back_slot(m, st);
	m->lingering -= st->linger_seq != 0;
	list_del(&st->control_entry);
	ax_assert(list_is_empty(&st->q.link));
	idmap_del(&m->map, st->id);
	alloc_put(m->alloc, st, sizeof(*st));
}

void
streams_undo(struct streams *m, struct stream *st)
{
	ax_assert(stream_has(st, STREAM_OWN));
	m->next_id -= 2;
	m->total--;
	forget(m, st);
}

void
streams_release(struct streams *m, struct stream *st, struct credit_pool *p)
{
	ax_assert(!stream_has(st, STREAM_RELEASED));
	stream_release(st, p);
	if (!stream_has(st, STREAM_OWN))
		m->held--;
}

void
streams_note_control(struct streams *m, struct stream *st)
{
	if (stream_has(st, STREAM_WANTS) && list_is_empty(&st->control_entry))
		list_add(&m->control, &st->control_entry);
}

struct stream *
streams_next_control(struct streams *m)
{
	struct list *l = list_first(&m->control);

	return l == NULL ? NULL :
			   container_of(l, struct stream, control_entry);
}

void
streams_settle(
    struct streams *m, struct stream *st, uint64_t end, uint64_t acked)
{
	bool released = stream_has(st, STREAM_RELEASED);

	if (!stream_has_ended(st))
		return;
	/* The opener may count the stream as gone once it has seen both ends;
	 * we, as the other side, see them no later than its next OPEN. Our own
	 * streams give their slot back only when the handle is gone as well. */
	if (released || !stream_has(st, STREAM_OWN))
		give_back_slot(m, st);
	if (!released)
		return;
	if (stream_has(st, STREAM_RX_RESET) || acked == end) {
		forget(m, st);
		return;
	}
	if (list_is_empty(&st->control_entry)) {
		st->linger_seq = end;
		m->lingering++;
		list_add(&m->linger, &st->control_entry);
	}
}

void
streams_acked(struct streams *m, uint64_t acked)
{
	struct list *l;

	while ((l = list_first(&m->linger)) != NULL) {
		struct stream *st = container_of(l, struct stream, control_entry);

		if (st->linger_seq > acked)
			return;
		forget(m, st);
	}
}

/* --- from another process --------------------------------------------------- */

static bool
fits(const struct streams *m, const struct stream *st)
{
	bool own = stream_has(st, STREAM_OWN), ended = stream_has_ended(st);
	bool gone = ended && stream_has(st, STREAM_RELEASED);
	struct list *last = m->linger.prev;

	if (own != ((st->id & 1) == (m->next_id & 1)) ||
	    st->id >= (own ? m->next_id : m->last_peer_id + 1))
		return false;
	/* See streams_settle. */
	if (stream_has(st, STREAM_SLOT) == (gone || (ended && !own)))
		return false;
	if (st->linger_seq == 0)
		return true;
	return gone && !stream_has(st, STREAM_RX_RESET | STREAM_WANTS) &&
	    (last == &m->linger || st->linger_seq >= container_of(last,
		struct stream, control_entry)->linger_seq);
}

static void
enlist(struct streams *m, struct stream *st)
{
	bool released = stream_has(st, STREAM_RELEASED);

	if (stream_has(st, STREAM_SLOT) && stream_has(st, STREAM_OWN))
		m->own++;
	else if (stream_has(st, STREAM_SLOT))
		m->peers++;
	if (!stream_has(st, STREAM_OWN) && !released)
		m->held++;
	m->lingering += st->linger_seq != 0;
	if (st->linger_seq != 0)
		list_add(&m->linger, &st->control_entry);
	/* One that has ended waited there to be settled. */
	else if (stream_has(st, STREAM_WANTS) || (released && stream_has_ended(st)))
		list_add(&m->control, &st->control_entry);
}

int
streams_thaw(struct streams *m, const struct stream *as, struct credit_pool *p)
{
	uint64_t total = m->total;
	struct stream *st;
	int r;

	if (!stream_is_sound(as) || (as->bits & ~STREAM_BITS) != 0 ||
	    !fits(m, as) || streams_find(m, as->id) != NULL)
		return AX_E_SYNTAX;
	r = add(m, as->id, as->q.prio, &st);
	if (r < 0)
		return r;
	m->total = total; /* it was counted where it began */
	st->bits = (uint16_t)(as->bits & ~STREAM_READY); /* to be seen anew */
	st->reset_code = as->reset_code;
	st->linger_seq = as->linger_seq;
	st->tx = as->tx;
	st->rx = as->rx;
	enlist(m, st);
	return credit_rx_thaw(&st->rx, p) ? 0 : AX_E_SYNTAX;
}

void
streams_check(const struct streams *m, const struct credit_pool *p)
{
	uint32_t own = 0, peers = 0, held = 0, lingering = 0;
	uint64_t out = 0;
	const struct stream *st;
	size_t at = 0;

	while ((st = idmap_next(&m->map, &at)) != NULL) {
		bool is_own = stream_has(st, STREAM_OWN);

		stream_check(st, p);
		if (stream_has(st, STREAM_SLOT) && is_own)
			own++;
		if (stream_has(st, STREAM_SLOT) && !is_own)
			peers++;
		if (!is_own && !stream_has(st, STREAM_RELEASED))
			held++;
		lingering += st->linger_seq != 0;
		if (stream_has(st, STREAM_WANTS))
			ax_assert(!list_is_empty(&st->control_entry));
		out += credit_rx_out(&st->rx);
	}
	ax_assert(own == m->own && peers == m->peers && held == m->held);
	ax_assert(lingering == m->lingering);
	ax_assert(m->peers <= m->peers_max && m->held <= m->peers_max);
	ax_assert(out == p->out && p->used <= p->shared);
	ax_assert(p->windows + p->used <= p->held);
}

/* replay.c — what was sent and is not acknowledged, kept as whole frames.
 *
 * Thread: owner. Pure.
 * Invariant: the segments from head to tail hold exactly [head->seq, end),
 * head holds acked, or sent if it forgets (or the ring is empty and owns no segment),
 * and between replay_reserve and replay_commit empty segments may hang behind tail.
 * Data stop at limit, control at max; the difference is at least a quarter of
 * max or 64 KiB, so data can never keep control out.                         */
#include "proto/replay.h"

#include "base/assert.h"
#include "proto/wire.h"

struct segment {
	struct segment *next;
	uint64_t seq;  /* of data[0] */
	uint32_t fill; /* bytes committed */
	uint32_t cap;
	uint8_t data[];
};

#define SLOT_MIN 1024u /* a shorter rest of a segment is left unused */
#define SMALL_CAP (REPLAY_SEGMENT_SMALL - sizeof(struct segment))
#define CONTROL_RESERVE (64u << 10)

static size_t
data_max(const struct replay *r)
{
	return r->max - MIN(r->max / 4, CONTROL_RESERVE);
}

void
replay_init(struct replay *r, struct alloc *a, size_t max)
{
	*r = (struct replay){
		.alloc = a,
		.max = max,
		.frame_max = AX_FRAME_MAX,
		.blocked_ns = AX_NEVER,
		.trim_ns = AX_NEVER,
	};
	r->limit = MIN(data_max(r), REPLAY_LIMIT_FIRST);
}

/* --- segments ------------------------------------------------------------- */

static struct segment *
segment_get(struct replay *r, size_t cap)
{
	struct segment **spare = cap == REPLAY_SEGMENT ? &r->spare : &r->small;
	struct segment *g = *spare;

	if (g != NULL) {
		*spare = g->next;
		if (cap == REPLAY_SEGMENT)
			r->n_spare--;
		g->next = NULL;
		return g;
	}
	g = alloc_get_raw(r->alloc, sizeof(*g) + cap);
	if (g == NULL)
		return NULL;
	memset(g, 0, sizeof(*g));
	g->cap = (uint32_t)cap;
	r->mem += sizeof(*g) + cap;
	return g;
}

static void
segment_free(struct replay *r, struct segment *g)
{
	r->mem -= sizeof(*g) + g->cap;
	alloc_put(r->alloc, g, sizeof(*g) + g->cap);
}

/* An allocator clears what it gives, which for a busy ring would cost as much
 * as a copy of everything sent: a few segments go round instead. Of small ones
 * there is only one at a time: who receives sends a CREDIT now and then.     */
static void
segment_put(struct replay *r, struct segment *g)
{
	bool large = g->cap == REPLAY_SEGMENT;
	struct segment **spare = large ? &r->spare : &r->small;

	if (large ? r->n_spare == REPLAY_SPARES : r->small != NULL) {
		segment_free(r, g);
		return;
	}
	g->fill = 0;
	g->next = *spare;
	*spare = g;
	r->n_spare += large;
}

static void
free_chain(struct replay *r, struct segment *g)
{
	struct segment *next;

	for (; g != NULL; g = next) {
		next = g->next;
		segment_free(r, g);
	}
}

static void
free_spares(struct replay *r)
{
	free_chain(r, r->spare);
	free_chain(r, r->small);
	r->spare = r->small = NULL;
	r->n_spare = 0;
	r->trim_ns = AX_NEVER;
}

void
replay_fini(struct replay *r)
{
	free_chain(r, r->head);
	r->head = r->tail = r->sending = NULL;
	free_spares(r);
}

static void
note_idle(struct replay *r, uint64_t now_ns)
{
	if (r->head == NULL && (r->spare != NULL || r->small != NULL) &&
	    r->trim_ns == AX_NEVER)
		r->trim_ns = now_ns + REPLAY_SPARE_NS;
}

/* A new segment behind g (NULL: the first). An idle session that says a few
 * words gets by with a small one.                                            */
static struct segment *
segment_after(struct replay *r, struct segment *g, size_t want)
{
	struct segment *n;
	bool small = g == NULL && want <= SMALL_CAP;

	ax_assert(g == NULL || g->next == NULL);
	n = segment_get(r, small ? SMALL_CAP : REPLAY_SEGMENT);
	if (n == NULL)
		return NULL;
	if (g != NULL) {
		g->next = n;
	} else {
		r->head = r->tail = n;
		n->seq = r->end;
	}
	return n;
}

static size_t
segment_room(const struct segment *g)
{
	return g == NULL ? 0 : g->cap - g->fill;
}

/* From here on g is the one being filled. */
static void
advance_tail(struct replay *r, struct segment *g)
{
	if (r->tail != g) {
		g->seq = r->end;
		r->tail = g;
	}
}

/* --- control -------------------------------------------------------------- */

bool
replay_has_room(const struct replay *r, size_t n)
{
	return replay_used(r) + n <= r->max;
}

uint8_t *
replay_append(struct replay *r, size_t n)
{
	struct segment *g = r->tail;
	uint8_t *at;

	ax_assert(r->reserved == 0 && replay_has_room(r, n));
	if (g == NULL || segment_room(g) < n) {
		g = segment_after(r, g, n);
		if (g == NULL)
			return NULL;
		advance_tail(r, g);
	}
	ax_assert(segment_room(g) >= n);
	at = g->data + g->fill;
	g->fill += (uint32_t)n;
	r->end += n;
	r->barrier = r->end;
	r->trim_ns = AX_NEVER;
	return at;
}

/* --- data ----------------------------------------------------------------- */

size_t
replay_room(const struct replay *r)
{
	size_t n = replay_used(r);

	if (n + REPLAY_ROOM_MIN > r->limit)
		return 0;
	/* Headers are not counted: a quantum overdraws by a few hundred bytes
	 * at most, out of what is kept for control.                          */
	return r->limit - n;
}

void
replay_blocked(struct replay *r, uint64_t now_ns)
{
	if (r->blocked_ns != AX_NEVER)
		return;
	r->blocked_ns = now_ns;
	r->blocked_mark = r->acked + r->limit / 2;
}

/* The next slot: at fill bytes of *g, or at the start of the segment behind.
 * The walk is the same in reserve and commit, so nothing has to be noted.    */
struct walk {
	struct segment *g;
	uint32_t fill;
};

static struct walk
walk_start(const struct replay *r)
{
	return (struct walk){ r->tail, r->tail == NULL ? 0 : r->tail->fill };
}

static uint8_t *
walk_slot(const struct replay *r, struct walk *w, size_t left, uint32_t *len)
{
	uint32_t room, want = (uint32_t)MIN(left, r->frame_max);

	room = w->g->cap - w->fill;
	ax_assert(room >= AX_HEADER_LEN + MIN(want, SLOT_MIN));
	*len = MIN(want, room - AX_HEADER_LEN);
	return w->g->data + w->fill;
}

static bool
walk_fits(const struct replay *r, const struct walk *w, size_t left)
{
	size_t want = MIN(left, MIN(r->frame_max, SLOT_MIN));

	return w->g != NULL && w->g->cap - w->fill >= AX_HEADER_LEN + want;
}

/* Data leave as much memory to others as they have: however many rings fill
 * because their peers do not acknowledge, something is left for control. An empty
 * ring may have a small segment all the same, or its streams would stand still for
 * as long as others hold what they have.                                     */
static bool
may_grow(const struct replay *r)
{
	return r->spare != NULL || alloc_left(r->alloc) > r->mem + REPLAY_SEGMENT;
}

size_t
replay_reserve(struct replay *r, size_t quantum, struct iovec *iov, size_t n)
{
	struct walk w = walk_start(r);
	size_t left = quantum, k = 0;
	uint32_t len;

	ax_assert(r->reserved == 0 && quantum > 0);
	while (left > 0 && k < n) {
		if (!walk_fits(r, &w, left)) {
			if (!may_grow(r)) {
				if (w.g != NULL)
					break;
				quantum = left = MIN(left, SMALL_CAP - AX_HEADER_LEN);
			}
			w.g = segment_after(r, w.g, AX_HEADER_LEN + left);
			w.fill = 0;
			if (w.g == NULL)
				break;
		}
		iov[k].iov_base = walk_slot(r, &w, left, &len) + AX_HEADER_LEN;
		iov[k++].iov_len = len;
		w.fill += AX_HEADER_LEN + len;
		left -= len;
	}
	r->reserved = quantum;
	r->reserved_slots = k;
	if (k == 0)
		r->reserved = 0;
	return k;
}

/* Takes back the empty segments behind the one being filled. */
static void
drop_unused(struct replay *r)
{
	struct segment *next, *g = r->tail;

	if (g == NULL)
		return;
	if (g->fill == 0 && g == r->head) {
		r->head = r->tail = r->sending = NULL;
	} else {
		next = g->next;
		g->next = NULL;
		g = next;
	}
	for (; g != NULL; g = next) {
		next = g->next;
		segment_put(r, g);
	}
}

void
replay_commit(struct replay *r, uint32_t id, size_t len, uint64_t now_ns)
{
	struct walk w = walk_start(r);
	size_t left = r->reserved;
	uint32_t slot;
	uint8_t *at;

	r->reserved = 0;
	for (size_t k = 0; len > 0; k++) {
		ax_assert(k < r->reserved_slots);
		if (!walk_fits(r, &w, left)) {
			w.g = w.g->next;
			w.fill = 0;
		}
		at = walk_slot(r, &w, left, &slot);
		left -= slot;
		slot = (uint32_t)MIN(slot, len);
		wire_head_put(at, id, slot);
		advance_tail(r, w.g);
		w.fill += AX_HEADER_LEN + slot;
		w.g->fill = w.fill;
		r->end += AX_HEADER_LEN + slot;
		len -= slot;
		r->trim_ns = AX_NEVER;
	}
	drop_unused(r);
	note_idle(r, now_ns);
}

/* --- sending -------------------------------------------------------------- */

size_t
replay_peek(const struct replay *r, uint64_t from, uint64_t to,
    struct iovec *iov, size_t n)
{
	const struct segment *g = r->sending != NULL ? r->sending : r->head;
	size_t k = 0;

	ax_assert(r->sent <= from && to <= r->end);
	for (; g != NULL && from < to && k < n; g = g->next) {
		size_t skip = (size_t)(from - g->seq);
		size_t len;

		if (skip >= g->fill)
			continue;
		len = MIN(g->fill - skip, (size_t)(to - from));
		iov[k].iov_base = (uint8_t *)(uintptr_t)g->data + skip;
		iov[k++].iov_len = len;
		from += len;
	}
	return k;
}

/* Steps over the frames of one segment; returns how many of len bytes it took. */
static size_t
step(struct replay *r, const struct segment *g, size_t len)
{
	size_t took = 0;

	while (took < len && r->sent < g->seq + g->fill) {
		size_t n;

		if (r->frame_left == 0)
			r->frame_left = AX_HEADER_LEN +
			    wire_head_get(g->data + (r->sent - g->seq)).len;
		n = MIN(r->frame_left, len - took);
		r->frame_left -= (uint32_t)n;
		r->sent += n;
		took += n;
	}
	return took;
}

/* Segments that hold nothing from seq on go. */
static void
drop_before(struct replay *r, uint64_t seq)
{
	struct segment *g;

	while ((g = r->head) != NULL && g->seq + g->fill <= seq) {
		if (g == r->sending)
			r->sending = NULL;
		r->head = g->next;
		segment_put(r, g);
	}
	if (r->head == NULL)
		r->tail = NULL;
}

void
replay_sent(struct replay *r, size_t len)
{
	ax_assert(len <= replay_unsent(r));
	if (r->sending == NULL)
		r->sending = r->head;
	while (len > 0) {
		len -= step(r, r->sending, len);
		if (len > 0)
			r->sending = r->sending->next;
	}
	if (r->forgets)
		drop_before(r, r->sent);
}

/* Half of a full ring was acknowledged within a round trip: the path carries
 * more than fits, the ring is what holds it up. (Half, because the limit has to
 * be twice the product of bandwidth and delay to keep the path full.) A round
 * trip is the shortest seen: what a full ring makes of it would let the ring
 * grow to its end wherever the peer is slower than the path, and all that is on
 * its way waits in front of a keystroke.                                     */
static void
maybe_grow(struct replay *r, uint64_t now_ns, uint64_t rtt_ns)
{
	if (r->blocked_ns == AX_NEVER || r->acked < r->blocked_mark)
		return;
	rtt_ns = MAX(rtt_ns, REPLAY_RTT_MIN_NS);
	if (now_ns - r->blocked_ns <= rtt_ns + rtt_ns / 2)
		r->limit = MIN(r->limit * 2, data_max(r));
	r->blocked_ns = AX_NEVER;
}

bool
replay_ack(struct replay *r, uint64_t seq, uint64_t now_ns, uint64_t rtt_ns)
{
	if (seq < r->acked || seq > r->sent)
		return false;
	r->acked = seq;
	drop_before(r, seq);
	note_idle(r, now_ns);
	maybe_grow(r, now_ns, rtt_ns);
	return true;
}

/* --- from one connection to the next --------------------------------------- */

void
replay_rest(struct replay *r)
{
	free_spares(r);
	r->frame_left = 0;	  /* nobody waits for the end of it */
	r->blocked_ns = AX_NEVER; /* how long it took says nothing of the path */
}

/* Every segment begins with a frame, so only one has to be walked. */
static bool
frame_begins_at(const struct replay *r, uint64_t seq)
{
	const struct segment *g = r->head;
	uint64_t at;

	while (g != NULL && g->seq + g->fill <= seq)
		g = g->next;
	if (g == NULL)
		return seq == r->end;
	for (at = g->seq; at < seq;)
		at += AX_HEADER_LEN + wire_head_get(g->data + (at - g->seq)).len;
	return at == seq;
}

bool
replay_rewind(struct replay *r, uint64_t seq, uint64_t now_ns)
{
	if (seq < r->acked || seq > r->sent || !frame_begins_at(r, seq))
		return false;
	r->sent = seq;
	r->sending = NULL;
	r->frame_left = 0;
	return replay_ack(r, seq, now_ns, 0);
}

bool
replay_is_whole(const struct replay *r)
{
	return frame_begins_at(r, r->acked);
}

static void
freeze(const struct replay *r, struct frost *f)
{
	for (struct segment *g = r->head; g != NULL; g = g->next) {
		size_t skip = r->acked > g->seq ? (size_t)(r->acked - g->seq) : 0;

		if (skip < g->fill)
			frost_copy(f, g->data + skip, g->fill - skip);
	}
}

/* The next frame, out of left bytes. */
static void
thaw_frame(struct replay *r, struct frost *f, uint64_t left)
{
	uint8_t head[AX_HEADER_LEN], *at;
	struct wire_head h;

	frost_copy(f, head, sizeof(head));
	h = wire_head_get(head);
	frost_require(f, h.len >= 1 && h.len <= AX_FRAME_MAX &&
	    h.len + sizeof(head) <= left);
	if (f->bad)
		return;
	at = replay_append(r, sizeof(head) + h.len);
	if (at == NULL) {
		f->bad = true;
		return;
	}
	memcpy(at, head, sizeof(head));
	frost_copy(f, at + sizeof(head), h.len);
}

static void
thaw(struct replay *r, struct frost *f, uint64_t end)
{
	frost_require(f, r->acked <= r->sent && r->sent <= end &&
	    end - r->acked <= r->max);
	for (r->end = r->acked; !f->bad && r->end < end;)
		thaw_frame(r, f, end - r->end);
}

void
replay_frost(struct replay *r, struct frost *f)
{
	uint64_t end = r->end, barrier = r->barrier, limit = r->limit;
	uint32_t frame_max = r->frame_max;

	frost_u32(f, &frame_max);
	frost_u64(f, &limit);
	frost_u64(f, &r->acked);
	frost_u64(f, &r->sent);
	frost_u64(f, &end);
	frost_u64(f, &barrier);
	if (!frost_reads(f)) {
		freeze(r, f);
		return;
	}
	frost_require(f, frame_max >= AX_FRAME_MAX_FLOOR && frame_max <= AX_FRAME_MAX &&
	    limit >= r->limit && limit <= data_max(r) && barrier <= end &&
	    end <= UINT64_MAX / 4);
	if (f->bad)
		r->acked = r->sent = 0;
	else
		thaw(r, f, end);
	r->frame_max = frame_max;
	r->limit = (size_t)limit;
	r->barrier = barrier;
}

void
replay_trim(struct replay *r, uint64_t now_ns)
{
	if (now_ns >= r->trim_ns)
		free_spares(r);
}

void
replay_check(const struct replay *r)
{
	const struct segment *g;
	uint64_t at = r->head == NULL ? r->end : r->head->seq;
	size_t mem = 0, n = 0;

	ax_assert(r->acked <= r->sent && r->sent <= r->end);
	ax_assert(at <= (r->forgets ? r->sent : r->acked) && r->barrier <= r->end);
	ax_assert(replay_used(r) <= r->max && r->limit <= data_max(r));
	for (g = r->head; g != NULL; g = g->next) {
		ax_assert(r->reserved > 0 || (g->seq == at && g->fill > 0));
		ax_assert(g->fill <= g->cap);
		at += g->fill;
		mem += sizeof(*g) + g->cap;
	}
	ax_assert(at == r->end);
	for (g = r->spare; g != NULL; g = g->next, n++)
		mem += sizeof(*g) + g->cap;
	ax_assert(n == r->n_spare && n <= REPLAY_SPARES);
	if (r->small != NULL)
		mem += sizeof(*g) + r->small->cap;
	ax_assert(mem == r->mem);
	/* Every frame but the last of a segment leaves less than SLOT_MIN, or
	 * less than a large SERVICES, unused.                                */
	ax_assert(r->mem <= r->max + r->max / 3 +
		(REPLAY_SPARES + 4) * (REPLAY_SEGMENT + sizeof(*g)));
}

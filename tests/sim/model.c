/* model.c — applications and the oracle. Bytes are a function of flow, side
 * and offset, so that a lost, doubled, swapped or foreign byte is seen where it
 * happens, without keeping a copy of what was sent. Thread: owner.
 * Invariant: see struct socket.                                              */
#include "model.h"

#include <stdlib.h>

#include "base/assert.h"

void
model_init(struct model *m, struct report *r, unsigned n_flows)
{
	*m = (struct model){ .report = r, .n_flows = n_flows };
	m->flows = calloc(MAX(n_flows, 1u), sizeof(*m->flows));
	ax_assert(m->flows != NULL);
	for (unsigned i = 0; i < n_flows; i++) {
		struct flow *f = &m->flows[i];

		f->index = i;
		for (int side = 0; side < 2; side++) {
			struct socket *k = &f->end[side];

			list_init(&k->link);
			k->flow = f;
			k->side = side;
			k->read_ns = k->dial_ns = k->release_ns = AX_NEVER;
		}
	}
}

void
model_fini(struct model *m)
{
	free(m->flows);
}

/* --- bytes --------------------------------------------------------------- */

static uint64_t
pattern_word(const struct flow *f, int side, uint64_t word)
{
	uint64_t x = f->key + (uint64_t)side * 0x9e3779b97f4a7c15u + word;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

void
pattern_fill(
    const struct flow *f, int side, uint64_t offset, void *out, size_t n)
{
	uint8_t *p = out;

	while (n > 0) {
		uint64_t w = pattern_word(f, side, offset / 8);
		size_t at = offset % 8, len = MIN(n, 8 - at);

		memcpy(p, (uint8_t *)&w + at, len);
		p += len;
		offset += len;
		n -= len;
	}
}

static bool
pattern_matches(
    const struct flow *f, int side, uint64_t offset, struct slice data)
{
	uint8_t want[4096];
	size_t len;

	for (; data.n > 0; data = slice_skip(data, len), offset += len) {
		len = MIN(data.n, sizeof(want));
		pattern_fill(f, side, offset, want, len);
		if (memcmp(want, data.p, len) != 0)
			return false;
	}
	return true;
}

/* --- applications -------------------------------------------------------- */

static void
stamp_add(struct socket *k, uint64_t now_ns)
{
	unsigned at = k->stamp_tail % SOCKET_STAMPS;

	if (k->stamp_tail - k->stamp_head == SOCKET_STAMPS)
		return;
	k->stamp[at].offset = k->produced;
	k->stamp[at].at_ns = now_ns;
	k->stamp_tail++;
}

void
socket_produce(struct model *m, struct socket *k, struct rng *rng)
{
	uint64_t now = m->report->now_ns, left = k->plan.total - k->produced;
	uint64_t n = left;

	if (k->plan.echo) {
		k->produced = MIN(k->plan.total, k->seen);
		return;
	}
	if (k->plan.manual || left == 0 || now < k->produce_ns)
		return;
	if (k->plan.after_fin && !k->fin_seen)
		return;
	if (k->plan.burst != 0)
		n = 1 + rng_below(rng, k->plan.burst);
	k->produced += MIN(n, left);
	if (k->plan.gap_ns != 0)
		k->produce_ns = now + 1 + rng_below(rng, k->plan.gap_ns);
	if (k->plan.timed)
		stamp_add(k, now);
}

static uint64_t
reader_rate_allows(struct socket *k, uint64_t now, uint64_t waiting)
{
	uint64_t tick = 5 * AX_NS_PER_MS;

	k->read_ns = now + tick;
	return MIN(waiting, 1 + k->plan.read_rate * tick / AX_NS_PER_S);
}

static uint64_t
reader_pauses(struct socket *k, uint64_t now, uint64_t waiting)
{
	uint64_t n = waiting;

	if (k->consumed < k->plan.pause_at)
		n = MIN(n, k->plan.pause_at - k->consumed);
	if (k->consumed + n == k->plan.pause_at) {
		k->plan.reader = READER_LATE;
		k->read_ns = now + k->plan.pause_ns;
	}
	return n;
}

uint64_t
socket_drain(struct model *m, struct socket *k, struct rng *rng)
{
	uint64_t now = m->report->now_ns, waiting = k->seen - k->consumed;
	uint64_t n = waiting;

	if (now < k->read_ns)
		return 0;
	k->read_ns = AX_NEVER;
	if (waiting == 0)
		return 0;
	switch (k->plan.reader) {
	case READER_NEVER:
		return 0;
	case READER_SLOW:
		n = reader_rate_allows(k, now, waiting);
		break;
	case READER_PAUSE:
		n = reader_pauses(k, now, waiting);
		break;
	case READER_LATE:
		n = 1 + rng_below(rng, waiting);
		k->read_ns = now + 1 + rng_below(rng, AX_NS_PER_MS);
		break;
	case READER_FAST:
		break;
	}
	k->consumed += n;
	m->progress_ns = now;
	return n;
}

bool
socket_is_complete(const struct socket *k)
{
	return k->committed == k->plan.total &&
	    (!k->plan.after_fin || k->fin_seen);
}

bool
socket_breaks_off(const struct socket *k)
{
	return k->plan.ending != END_FIN && k->dialled &&
	    (k->committed >= k->plan.end_at || k->seen >= k->plan.end_at);
}

bool
socket_is_over(const struct socket *k)
{
	if (k->reset_sent || k->reset_seen)
		return true;
	return k->fin_sent && k->fin_seen && k->consumed == k->seen;
}

/* Who breaks off at once may be the only one who ever knew of the stream: the
 * other session may refuse it before its application hears of it.            */
static bool
socket_is_done(const struct socket *k)
{
	const struct socket *opener = &k->flow->end[k->flow->opener];

	return k->released || k->flow->failed ||
	    (!k->was_open && opener->released && opener->reset_sent);
}

bool
flow_is_done(const struct flow *f)
{
	return socket_is_done(&f->end[0]) && socket_is_done(&f->end[1]);
}

bool
flow_is_stalled(const struct flow *f)
{
	return f->end[0].plan.reader == READER_NEVER ||
	    f->end[1].plan.reader == READER_NEVER;
}

void
model_unstall(struct model *m)
{
	for (unsigned i = 0; i < 2 * m->n_flows; i++) {
		struct socket *k = &m->flows[i / 2].end[i % 2];

		if (k->plan.reader != READER_NEVER)
			continue;
		k->plan.reader = READER_FAST;
		k->read_ns = m->report->now_ns;
	}
}

uint64_t
socket_next_ns(const struct socket *k)
{
	const struct plan *p = &k->plan;
	uint64_t next = MIN(k->dial_ns, k->release_ns);

	if (!k->dialled || socket_is_over(k))
		return next;
	if (k->produced < p->total && !p->echo && !p->manual &&
	    (!p->after_fin || k->fin_seen))
		next = MIN(next, k->produce_ns);
	if (k->consumed < k->seen && p->reader != READER_NEVER)
		next = MIN(next, k->read_ns);
	return next;
}

/* --- oracle -------------------------------------------------------------- */

static void
latency_note(struct latencies *l, uint64_t ns)
{
	l->second_ns = MAX(l->second_ns, MIN(ns, l->max_ns));
	l->max_ns = MAX(l->max_ns, ns);
	l->sum_ns += ns;
	l->count++;
}

/* Bytes up to offset were seen: by the other side, or, with an echo, by the
 * side that measures.                                                        */
static void
stamps_met(struct model *m, struct socket *timed, uint64_t offset)
{
	while (timed->stamp_head != timed->stamp_tail) {
		unsigned at = timed->stamp_head % SOCKET_STAMPS;

		if (timed->stamp[at].offset > offset)
			return;
		latency_note(&m->latency,
		    m->report->now_ns - timed->stamp[at].at_ns);
		timed->stamp_head++;
	}
}

void
socket_saw_data(struct model *m, struct socket *k, struct slice data)
{
	struct socket *from = socket_other(k);
	struct report *r = m->report;
	unsigned i = k->flow->index;

	report_check(r, data.n > 0, "flow %u: empty DATA", i);
	report_check(r, !k->fin_seen, "flow %u: DATA after FIN", i);
	report_check(r, k->seen + data.n <= from->committed,
	    "flow %u: %llu bytes arrived, only %llu were sent", i,
	    (unsigned long long)(k->seen + data.n),
	    (unsigned long long)from->committed);
	report_check(r, pattern_matches(k->flow, from->side, k->seen, data),
	    "flow %u: wrong bytes at offset %llu of side %d", i,
	    (unsigned long long)k->seen, from->side);
	k->seen += data.n;
	m->progress_ns = r->now_ns;
	if (k->plan.timed && from->plan.echo)
		stamps_met(m, k, k->seen);
	else if (from->plan.timed && !k->plan.echo)
		stamps_met(m, from, k->seen);
}

void
socket_saw_fin(struct model *m, struct socket *k)
{
	struct socket *from = socket_other(k);
	unsigned i = k->flow->index;

	report_check(m->report, !k->fin_seen, "flow %u: two FINs", i);
	report_check(m->report, from->fin_sent, "flow %u: FIN out of nothing", i);
	report_check(m->report, k->seen == from->committed,
	    "flow %u: FIN after %llu of %llu bytes", i,
	    (unsigned long long)k->seen, (unsigned long long)from->committed);
	k->fin_seen = true;
	m->progress_ns = m->report->now_ns;
}

void
socket_saw_reset(struct model *m, struct socket *k, uint16_t code)
{
	struct socket *from = socket_other(k);
	unsigned i = k->flow->index;

	report_check(m->report, from->reset_sent, "flow %u: RESET out of nothing", i);
	report_check(m->report, code == from->reset_code,
	    "flow %u: RESET with code %#x, sent with %#x", i, code,
	    from->reset_code);
	k->reset_seen = true;
	m->progress_ns = m->report->now_ns;
}

void
flow_check(const struct model *m, const struct flow *f)
{
	bool cancelled = f->failed;

	for (int side = 0; side < 2; side++)
		cancelled |= f->end[side].reset_sent;
	report_check(m->report, flow_is_done(f), "flow %u: not done", f->index);
	if (cancelled)
		return;
	for (int side = 0; side < 2; side++) {
		const struct socket *k = &f->end[side];

		report_check(m->report, k->committed == k->plan.total && k->fin_sent,
		    "flow %u: side %d sent %llu of %llu", f->index, side,
		    (unsigned long long)k->committed,
		    (unsigned long long)k->plan.total);
		report_check(m->report, k->fin_seen &&
		    k->seen == f->end[!side].committed,
		    "flow %u: side %d saw %llu of %llu", f->index, side,
		    (unsigned long long)k->seen,
		    (unsigned long long)f->end[!side].committed);
	}
}

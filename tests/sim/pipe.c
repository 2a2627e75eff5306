/* pipe.c — a link of limited rate and constant delay in virtual time. A write
 * is cut into segments of about a millisecond of the link, so that the unsent
 * amount falls smoothly, as a kernel's does. Thread: owner.
 * Invariant: bytes = all segments' lengths + what has arrived; arrival times
 * never decrease.                                                            */
#include "pipe.h"

#include <stdlib.h>

#include "base/assert.h"

#define SEGMENT_MIN 1448u
#define SEGMENT_MAX 65536u

void
pipe_init(struct pipe *p, const struct pipe_args *args, struct rng *rng)
{
	*p = (struct pipe){ .args = *args, .rng = rng };
	buf_init(&p->bytes);
}

void
pipe_fini(struct pipe *p)
{
	buf_fini(&p->bytes);
	free(p->seg);
}

void
pipe_advance(struct pipe *p, uint64_t now_ns)
{
	while (p->departed < p->tail && p->seg[p->departed].depart_ns <= now_ns)
		p->unsent -= p->seg[p->departed++].len;
	while (!p->cut && p->head < p->departed &&
	    p->seg[p->head].arrive_ns <= now_ns)
		p->arrived += p->seg[p->head++].len;
	if (p->head == p->tail)
		p->head = p->departed = p->tail = 0;
}

bool
pipe_is_writable(const struct pipe *p)
{
	return p->unsent < p->args.unsent_max;
}

static struct segment *
segment_add(struct pipe *p)
{
	if (p->tail == p->cap && p->head > p->cap / 2) {
		memmove(p->seg, p->seg + p->head,
		    (p->tail - p->head) * sizeof(*p->seg));
		p->tail -= p->head;
		p->departed -= p->head;
		p->head = 0;
	}
	if (p->tail == p->cap) {
		p->cap = p->cap == 0 ? 64 : p->cap * 2;
		p->seg = realloc(p->seg, p->cap * sizeof(*p->seg));
		ax_assert(p->seg != NULL);
	}
	return &p->seg[p->tail++];
}

static void
segment_send(struct pipe *p, size_t len, uint64_t now_ns)
{
	struct segment *s = segment_add(p);
	uint64_t rate = p->args.bytes_per_s, travel = p->args.delay_ns;

	s->len = len;
	s->depart_ns = MAX(p->link_free_ns, now_ns);
	if (rate != 0)
		s->depart_ns += (len * AX_NS_PER_S + rate - 1) / rate;
	p->link_free_ns = s->depart_ns;
	if (p->args.jitter_ns != 0)
		travel += rng_below(p->rng, p->args.jitter_ns);
	s->arrive_ns = MAX(s->depart_ns + travel, p->last_arrival_ns);
	p->last_arrival_ns = s->arrive_ns;
	p->unsent += len;
}

void
pipe_write(struct pipe *p, const void *bytes, size_t n, uint64_t now_ns)
{
	size_t most = (size_t)(p->args.bytes_per_s / 1000), len;

	if (p->lost)
		return;
	most = most == 0 ? SEGMENT_MAX : MIN(MAX(most, SEGMENT_MIN), SEGMENT_MAX);
	ax_assert(buf_append(&p->bytes, bytes, n) == 0);
	for (; n > 0; n -= len) {
		len = MIN(n, most);
		segment_send(p, len, now_ns);
	}
	pipe_advance(p, now_ns);
}

struct slice
pipe_peek(struct pipe *p)
{
	size_t n = p->args.piece_min;

	n += rng_below(p->rng, p->args.piece_max - p->args.piece_min + 1);
	return slice_of(buf_slice(&p->bytes).p, MIN(n, p->arrived));
}

void
pipe_drop(struct pipe *p, size_t n)
{
	ax_assert(n <= p->arrived);
	p->arrived -= n;
	buf_consume(&p->bytes, n);
}

uint64_t
pipe_next_ns(const struct pipe *p)
{
	uint64_t next = AX_NEVER;

	if (p->departed < p->tail)
		next = p->seg[p->departed].depart_ns;
	if (p->head < p->departed && !p->cut)
		next = MIN(next, p->seg[p->head].arrive_ns);
	return next;
}

void
pipe_cut(struct pipe *p)
{
	size_t left = buf_len(&p->bytes) - p->arrived, i;

	if (p->lost)
		return;
	p->lost = true;
	left = (size_t)rng_below(p->rng, left + 1);
	for (i = p->head; i < p->tail && left > 0; i++) {
		p->seg[i].len = MIN(p->seg[i].len, left);
		left -= p->seg[i].len;
	}
	p->tail = i;
	p->departed = MIN(p->departed, i);
	p->unsent = 0;
	for (i = p->departed; i < p->tail; i++)
		p->unsent += p->seg[i].len;
}

bool
pipe_is_empty(const struct pipe *p)
{
	return buf_len(&p->bytes) == 0;
}

/* credit.c — windows and the pool they draw from.
 *
 * Thread: owner. Pure.
 * Invariant: consumed <= received <= limit; used is the sum over open streams of
 * what they hold beyond the initial window; used <= shared, and used + windows <=
 * held. An initial window is always there, so a stream whose consumer keeps up is
 * never starved by others.                                                   */
#include "proto/credit.h"

#include "atlax/wire.h"
#include "base/assert.h"

#define RTT_UNKNOWN_NS (100 * AX_NS_PER_MS)
/* Below this the scheduling of the two programs, not the path, is the delay. */
#define RTT_FLOOR_NS (1 * AX_NS_PER_MS)
#define STALL_NS (200 * AX_NS_PER_MS)
#define PIECE (64u << 10)

void
credit_pool_init(struct credit_pool *p, struct alloc *a, uint64_t budget,
    uint32_t init, uint32_t max)
{
	*p = (struct credit_pool){ .alloc = a, .shared = budget, .init = init,
		.max = MAX(init, max) };
}

void
credit_pool_fini(struct credit_pool *p)
{
	alloc_unreserve(p->alloc, p->held);
	p->held = 0;
}

/* Makes held follow what is promised. False: it had to grow and could not. Two
 * pieces are kept in hand, so that the counters that sessions share do not move
 * with every grant; a session without streams keeps none.                    */
static bool
cover(struct credit_pool *p)
{
	uint64_t need = p->windows + p->used;
	uint64_t want = (need + PIECE - 1) / PIECE * PIECE;

	if (need > p->held) {
		if (!alloc_reserve(p->alloc, want - p->held))
			return false;
		p->held = want;
	} else if (p->held > want + 2 * PIECE || need == 0) {
		alloc_unreserve(p->alloc, p->held - want);
		p->held = want;
	}
	return true;
}

uint64_t
credit_rx_out(const struct credit_rx *c)
{
	if (c->closed)
		return 0;
	return (c->finished ? c->received : c->limit) - c->consumed;
}

/* What the stream draws from the pool. */
static uint64_t
drawn(const struct credit_rx *c, const struct credit_pool *p)
{
	uint64_t out = credit_rx_out(c);

	return out > p->init ? out - p->init : 0;
}

/* Brackets a change of *c: takes its old share out, puts the new one in. */
static void
draw_begin(const struct credit_rx *c, struct credit_pool *p)
{
	p->used -= drawn(c, p);
	p->out -= credit_rx_out(c);
}

static void
draw_end(const struct credit_rx *c, struct credit_pool *p)
{
	p->used += drawn(c, p);
	p->out += credit_rx_out(c);
	ax_assert(p->used <= p->shared);
}

bool
credit_rx_start(struct credit_rx *c, struct credit_pool *p, uint64_t now_ns)
{
	*c = (struct credit_rx){
		.limit = p->init,
		.window = p->init,
		.mark_ns = now_ns,
	};
	p->windows += p->init;
	if (!cover(p)) {
		p->windows -= p->init;
		c->closed = true;
		return false;
	}
	p->out += c->limit;
	return true;
}

bool
credit_rx_receive(struct credit_rx *c, size_t n)
{
	if (n > c->limit - c->received)
		return false;
	c->received += n;
	return true;
}

/* Two round trips drained half of a window: a larger one would be used as
 * well. Much slower than that: the memory is better lent to others.          */
static void
tune(struct credit_rx *c, const struct credit_pool *p, uint64_t now_ns,
    uint64_t rtt_ns)
{
	uint64_t took_ns = now_ns - c->mark_ns;

	rtt_ns = rtt_ns == 0 ? RTT_UNKNOWN_NS : MAX(rtt_ns, RTT_FLOOR_NS);
	if (c->consumed - c->mark >= c->window / 2) {
		if (took_ns < 2 * rtt_ns)
			c->window = MIN(c->window * 2, p->max);
	} else if (took_ns > 4 * rtt_ns + STALL_NS) {
		c->window = MAX(c->window / 2, p->init);
	} else {
		return;
	}
	c->mark = c->consumed;
	c->mark_ns = now_ns;
}

/* How far ahead of consumed the stream may be now: its window, cut to what the
 * dynamic threshold (Choudhury and Hahne) leaves it, beyond the initial window
 * half of what stays free: a third of what is free now and what it has. However
 * many hogs there are, newcomers find something.                             */
static uint64_t
reach(const struct credit_rx *c, const struct credit_pool *p)
{
	uint64_t free = p->shared - p->used;
	uint64_t left = alloc_left(p->alloc), slack = p->held - p->windows - p->used;

	/* Hogs of other sessions count as well. */
	if (left < free)
		free = MIN(free, left + slack);

	return MIN(c->window, p->init + (free + drawn(c, p)) / 3);
}

bool
credit_rx_consume(struct credit_rx *c, struct credit_pool *p, size_t n,
    uint64_t now_ns, uint64_t rtt_ns)
{
	uint64_t far;

	if (c->closed)
		return false;
	ax_assert(n <= c->received - c->consumed);
	draw_begin(c, p);
	c->consumed += n;
	draw_end(c, p);
	(void)cover(p);
	tune(c, p, now_ns, rtt_ns);
	far = reach(c, p);
	/* Granting at every read would double the frames on the wire. */
	return !c->finished && c->consumed + far >= c->limit + far / 4;
}

static void
set_limit(struct credit_rx *c, struct credit_pool *p, uint64_t limit)
{
	draw_begin(c, p);
	c->limit = limit;
	draw_end(c, p);
}

bool
credit_rx_grant(struct credit_rx *c, struct credit_pool *p)
{
	uint64_t to = c->consumed + reach(c, p), old = c->limit;

	if (c->closed || c->finished || to <= old)
		return false;
	set_limit(c, p, to);
	/* Another session was quicker: what needs no more memory. */
	if (!cover(p))
		set_limit(c, p, MAX(old, MIN(to, c->consumed + p->init)));
	return c->limit > old;
}

void
credit_rx_finish(struct credit_rx *c, struct credit_pool *p)
{
	draw_begin(c, p);
	c->finished = true;
	draw_end(c, p);
	(void)cover(p);
}

void
credit_rx_close(struct credit_rx *c, struct credit_pool *p)
{
	if (c->closed)
		return;
	draw_begin(c, p);
	c->closed = true;
	draw_end(c, p);
	p->windows -= p->init;
	(void)cover(p);
}

static bool
is_sound(const struct credit_rx *c, const struct credit_pool *p)
{
	return c->consumed <= c->received && c->received <= c->limit &&
	    c->mark <= c->consumed && c->window >= p->init &&
	    c->window <= p->max && (c->closed || c->limit - c->consumed <= p->max);
}

bool
credit_rx_thaw(const struct credit_rx *c, struct credit_pool *p)
{
	if (!is_sound(c, p) || drawn(c, p) > p->shared - p->used)
		return false;
	if (c->closed)
		return true;
	p->windows += p->init;
	draw_end(c, p);
	return cover(p);
}

void
credit_rx_check(const struct credit_rx *c, const struct credit_pool *p)
{
	ax_assert(is_sound(c, p));
}

void
credit_tx_use(struct credit_tx *c, size_t n)
{
	ax_assert(n <= credit_tx_room(c));
	c->sent += n;
}

bool
credit_tx_grant(struct credit_tx *c, uint64_t limit, bool same_ok)
{
	if (limit < c->limit || (limit == c->limit && !same_ok))
		return false;
	if (limit - c->sent > AX_CREDIT_AHEAD_MAX)
		return false;
	c->limit = limit;
	return true;
}

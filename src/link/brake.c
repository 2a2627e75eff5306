/* brake.c — moves a little, rests, and goes on.
 *
 * Thread: the loop's.
 * Invariant: while up_ns is set the stream is not ready; while down_ns is set
 * everything that the socket takes is owed. The timer is set to the earlier one. */
#include "link/brake.h"

#include "base/assert.h"
#include "link/pump.h"
#include "link/splice.h"

#define PIECES_PER_S 16 /* a stream alone rests so often */
#define PIECE_MIN 1024

static struct bucket *
side(struct brake_rates *r, bool up)
{
	return up ? &r->up : &r->down;
}

/* How much to move at a time: of the slowest rate. */
static uint64_t
piece(const struct brake *b, bool up)
{
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < BRAKE_RATES && b->rates[i] != NULL; i++) {
		uint64_t rate = bucket_rate(side(b->rates[i], up));

		if (rate != 0)
			least = MIN(least, MAX(rate / PIECES_PER_S, PIECE_MIN));
	}
	return least;
}

/* Returns until when to rest; 0: not at all. */
static uint64_t
use(struct brake *b, bool up, uint64_t n)
{
	uint64_t now = loop_now(b->splice->link->loop), until = 0;

	for (size_t i = 0; i < BRAKE_RATES && b->rates[i] != NULL; i++) {
		uint64_t paid = bucket_use(side(b->rates[i], up), n, now);

		until = MAX(until, paid);
	}
	return until > now ? until : 0;
}

static void
set_timer(struct brake *b)
{
	struct loop *l = b->splice->link->loop;
	uint64_t up = b->up_ns == 0 ? AX_NEVER : b->up_ns;
	uint64_t down = b->down_ns == 0 ? AX_NEVER : b->down_ns;

	loop_timer(l, &b->timer, MIN(up, down));
}

static void
give(struct brake *b, uint64_t n)
{
	struct link *l = b->splice->link;

	b->owed -= n;
	session_consumed(l->session, b->splice->stream, n, loop_now(l->loop));
	link_kick(l);
}

static void
give_some(struct brake *b)
{
	while (b->owed > 0 && b->down_ns == 0) {
		uint64_t n = MIN(b->owed, piece(b, false));

		give(b, n);
		b->down_ns = use(b, false, n);
	}
}

static void
on_timer(struct wheel_timer *t)
{
	struct brake *b = container_of(t, struct brake, timer);
	struct link *l = b->splice->link;
	uint64_t now = loop_now(l->loop);

	if (b->up_ns != 0 && b->up_ns <= now) {
		b->up_ns = 0;
		splice_wake(b->splice);
	}
	if (b->down_ns != 0 && b->down_ns <= now) {
		b->down_ns = 0;
		give_some(b);
	}
	set_timer(b);
}

void
brake_on(struct brake *b, struct splice *s)
{
	ax_assert(b->splice == NULL);
	wheel_timer_init(&b->timer, on_timer);
	b->splice = s;
	b->up_ns = b->down_ns = b->owed = 0;
	splice_set_braked(s, true);
}

void
brake_off(struct brake *b)
{
	struct splice *s = b->splice;
	bool rested = b->up_ns != 0;

	brake_settle(b);
	brake_end(b);
	if (rested)
		splice_wake(s);
}

size_t
brake_quantum(const struct brake *b, size_t quantum)
{
	return b->up_ns != 0 ? 0 : (size_t)MIN(quantum, piece(b, true));
}

void
brake_read(struct brake *b, size_t n)
{
	struct splice *s = b->splice;

	b->up_ns = use(b, true, n);
	if (b->up_ns == 0)
		return;
	session_ready(s->link->session, s->stream, false);
	set_timer(b);
}

void
brake_wrote(struct brake *b, size_t n)
{
	b->owed += n;
	give_some(b);
	set_timer(b);
}

void
brake_settle(struct brake *b)
{
	if (b->owed > 0)
		give(b, b->owed);
}

void
brake_end(struct brake *b)
{
	loop_untimer(b->splice->link->loop, &b->timer);
	splice_set_braked(b->splice, false);
	b->splice = NULL;
}

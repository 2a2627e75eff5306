/* wheel.c — a hierarchical timing wheel.
 *
 * Thread: owner. Pure: time is an argument.
 * Invariant: a timer sits on the lowest level on which its tick is less than
 * 64 slots ahead of now, so on levels above 0 it is never in now's own slot;
 * when now reaches the first tick of such a slot its timers move down. Beyond
 * the top level (12 days) they wait in its last slot and are looked at again.
 * A bit in used may be stale after a cancel: then somebody wakes for nothing. */
#include "base/wheel.h"

#include "base/assert.h"

#define BITS 6

static struct list *
slot_of(struct wheel *w, unsigned level, uint64_t block)
{
	return &w->slots[level][block % WHEEL_SLOTS];
}

void
wheel_init(struct wheel *w, uint64_t now_ns)
{
	*w = (struct wheel){ .now = now_ns / AX_NS_PER_MS };
	for (unsigned l = 0; l < WHEEL_LEVELS; l++)
		for (unsigned s = 0; s < WHEEL_SLOTS; s++)
			list_init(&w->slots[l][s]);
	list_init(&w->due);
}

void
wheel_timer_init(struct wheel_timer *t, void (*fire)(struct wheel_timer *))
{
	*t = (struct wheel_timer){ .fire = fire };
	list_init(&t->link);
}

/* Level and block (slot number before wrapping) for a tick that is not past. */
static unsigned
place(const struct wheel *w, uint64_t tick, uint64_t *block)
{
	for (unsigned l = 0; l < WHEEL_LEVELS; l++) {
		*block = tick >> BITS * l;
		if (*block - (w->now >> BITS * l) < WHEEL_SLOTS)
			return l;
	}
	*block = (w->now >> BITS * (WHEEL_LEVELS - 1)) + WHEEL_SLOTS - 1;
	return WHEEL_LEVELS - 1;
}

static void
insert(struct wheel *w, struct wheel_timer *t)
{
	uint64_t block;
	unsigned l = place(w, t->tick, &block);

	list_add(slot_of(w, l, block), &t->link);
	w->used[l] |= UINT64_C(1) << block % WHEEL_SLOTS;
}

void
wheel_set(struct wheel *w, struct wheel_timer *t, uint64_t deadline_ns)
{
	uint64_t tick = deadline_ns / AX_NS_PER_MS;

	wheel_cancel(w, t);
	if (deadline_ns == AX_NEVER)
		return;
	if (deadline_ns % AX_NS_PER_MS != 0)
		tick++; /* late rather than early */
	t->tick = MAX(tick, w->now);
	insert(w, t);
	w->count++;
}

void
wheel_cancel(struct wheel *w, struct wheel_timer *t)
{
	if (!wheel_is_set(t))
		return;
	list_del(&t->link);
	w->count--;
}

/* The first tick from now on at which some slot begins that may hold timers;
 * AX_NEVER when there is none. */
static uint64_t
next_tick(const struct wheel *w)
{
	uint64_t best = AX_NEVER;

	for (unsigned l = 0; l < WHEEL_LEVELS; l++) {
		uint64_t at = w->now >> BITS * l, bits = w->used[l];
		unsigned turn = at % WHEEL_SLOTS;

		if (bits == 0)
			continue;
		if (turn != 0)
			bits = bits >> turn | bits << (WHEEL_SLOTS - turn);
		at = (at + (unsigned)__builtin_ctzll(bits)) << BITS * l;
		best = MIN(best, at);
	}
	return best;
}

static void
mark_empty(struct wheel *w, unsigned level, uint64_t block)
{
	w->used[level] &= ~(UINT64_C(1) << block % WHEEL_SLOTS);
}

/* Empties the slots that begin now: the upper ones downwards, the lowest onto
 * the list of what is due. The lowest last, because some fall all the way. */
static void
turn_to(struct wheel *w, uint64_t tick)
{
	struct list moving, *e;

	w->now = tick;
	for (unsigned l = WHEEL_LEVELS - 1; l > 0; l--) {
		if (tick % (UINT64_C(1) << BITS * l) != 0)
			continue;
		list_init(&moving);
		list_splice(&moving, slot_of(w, l, tick >> BITS * l));
		mark_empty(w, l, tick >> BITS * l);
		while ((e = list_pop(&moving)) != NULL)
			insert(w, container_of(e, struct wheel_timer, link));
	}
	list_splice(&w->due, slot_of(w, 0, tick));
	mark_empty(w, 0, tick);
}

void
wheel_advance(struct wheel *w, uint64_t now_ns)
{
	uint64_t target = MAX(now_ns / AX_NS_PER_MS, w->now), tick;
	struct list *e;

	/* Collect first, fire after: callbacks then see a wheel at rest, and
	 * what they set cannot be due again in this call. */
	while ((tick = next_tick(w)) <= target)
		turn_to(w, tick);
	w->now = target;
	while ((e = list_pop(&w->due)) != NULL) {
		struct wheel_timer *t;

		t = container_of(e, struct wheel_timer, link);
		w->count--;
		t->fire(t);
	}
}

uint64_t
wheel_next_ns(const struct wheel *w)
{
	if (w->count == 0)
		return AX_NEVER;
	if (!list_is_empty(&w->due))
		return w->now * AX_NS_PER_MS;
	return next_tick(w) * AX_NS_PER_MS;
}

static size_t
check_slot(const struct wheel *w, unsigned level, unsigned slot)
{
	const struct list *head = &w->slots[level][slot], *e;
	uint64_t block;
	size_t n = 0;

	list_foreach(e, head) {
		const struct wheel_timer *t = (const void *)((const char *)e -
		    offsetof(struct wheel_timer, link));

		ax_assert(t->tick >= w->now);
		ax_assert(place(w, t->tick, &block) <= level);
		ax_assert(e->next->prev == e && e->prev->next == e);
		n++;
	}
	ax_assert(n == 0 || (w->used[level] >> slot & 1) != 0);
	return n;
}

void
wheel_check(const struct wheel *w)
{
	const struct list *e;
	size_t n = 0;

	for (unsigned l = 0; l < WHEEL_LEVELS; l++)
		for (unsigned s = 0; s < WHEEL_SLOTS; s++)
			n += check_slot(w, l, s);
	list_foreach(e, &w->due)
		n++;
	ax_assert(n == w->count);
}

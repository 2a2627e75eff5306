/* wheel.h — many timers, cheap to set and to cancel: a hierarchical timing
 * wheel (Varghese and Lauck 1987). Resolution 1 ms; a timer never fires early,
 * and at most one tick late. Thread: owner.                                  */
#ifndef ATLAX_BASE_WHEEL_H
#define ATLAX_BASE_WHEEL_H

#include "base/list.h"

#define WHEEL_LEVELS 5
#define WHEEL_SLOTS 64

struct wheel_timer {
	struct list link;
	uint64_t tick; /* when, in ticks */
	void (*fire)(struct wheel_timer *t);
};

struct wheel {
	uint64_t now; /* in ticks: everything before it has fired */
	size_t count;
	uint64_t used[WHEEL_LEVELS]; /* bit per slot that may hold timers */
	struct list slots[WHEEL_LEVELS][WHEEL_SLOTS];
	struct list due; /* taken out by advance, about to fire */
};

void wheel_init(struct wheel *w, uint64_t now_ns);
void wheel_timer_init(
    struct wheel_timer *t, void (*fire)(struct wheel_timer *));
/* Sets or moves the timer. A deadline in the past fires at the next advance;
 * AX_NEVER cancels. Units: ns of the clock that wheel_advance is given.      */
void wheel_set(struct wheel *w, struct wheel_timer *t, uint64_t deadline_ns);
/* Harmless if unset. */
void wheel_cancel(struct wheel *w, struct wheel_timer *t);

static inline bool
wheel_is_set(const struct wheel_timer *t)
{
	return !list_is_empty(&t->link);
}

/* Fires what is due, in order of ticks. A callback may set and cancel any
 * timer, its own included; one set to now or earlier waits for the next call. */
void wheel_advance(struct wheel *w, uint64_t now_ns);
/* Not after the next timer is due; AX_NEVER when there is none. May be early
 * (then advance fires nothing and the answer is better).                     */
uint64_t wheel_next_ns(const struct wheel *w);
void wheel_check(const struct wheel *w); /* asserts the invariants */

#endif

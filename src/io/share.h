/* share.h — what one party (a tenant, or all strangers together) may do in a turn
 * of a loop, however much it asks for. Its tasks wait in a line of their own and
 * run in that order until the work that they report has used up the share; the
 * others wait for the next turn. Deficit round robin: what was done beyond the share
 * is missing in the turns that follow, what was not used is not saved.
 *
 * Thread: the loop's.
 * Units: work is counted, not timed: bytes moved, and what else costs as much as
 * moving so many bytes.                                                      */
#ifndef ATLAX_IO_SHARE_H
#define ATLAX_IO_SHARE_H

#include "io/loop.h"

/* A quarter of a millisecond, or so. */
#define SHARE_TURN (512 << 10)

struct share {
	struct task turn;
	struct loop *loop;
	struct list waiting;
	int64_t left; /* of this turn's; negative: a debt */
};

/* Borrows l. At the end no task may be deferred any more. */
void share_init(struct share *s, struct loop *l);
/* As loop_defer; a turn ends early when the share is used up. loop_undefer takes
 * t off again.                                                               */
void share_defer(struct share *s, struct task *t);
/* So much was done for the party; also outside of its tasks. */
void share_charge(struct share *s, uint64_t work);
/* Asked by a task that has more to do: may it go on in this turn? */
bool share_is_left(const struct share *s);
void share_fini(struct share *s);

#endif

/* share.c — deficit round robin over the parties of a loop.
 *
 * Thread: the loop's.
 * Invariant: the turn is deferred while a task waits, and left <= SHARE_TURN. The
 * loop runs every share once in a turn, which is the round.                  */
#include "io/share.h"

#include "base/assert.h"

static void
run(struct task *turn)
{
	struct share *s = container_of(turn, struct share, turn);
	struct list batch, *e;

	s->left = MIN(s->left + SHARE_TURN, SHARE_TURN);
	/* A task that defers itself again waits for the next turn, as it would
	 * on the loop; but behind those that have had none in this one.      */
	list_init(&batch);
	list_splice(&batch, &s->waiting);
	while (s->left > 0 && (e = list_pop(&batch)) != NULL) {
		struct task *t = container_of(e, struct task, link);

		t->run(t);
	}
	list_splice(&batch, &s->waiting);
	list_splice(&s->waiting, &batch);
	/* A task that deferred itself may have been taken off again. */
	if (!list_is_empty(&s->waiting))
		loop_defer(s->loop, &s->turn);
	else
		loop_undefer(&s->turn);
}

void
share_init(struct share *s, struct loop *l)
{
	*s = (struct share){ .loop = l };
	task_init(&s->turn, run);
	list_init(&s->waiting);
}

void
share_fini(struct share *s)
{
	ax_assert(list_is_empty(&s->waiting));
	loop_undefer(&s->turn);
}

void
share_defer(struct share *s, struct task *t)
{
	if (!list_is_empty(&t->link))
		return;
	list_add(&s->waiting, &t->link);
	loop_defer(s->loop, &s->turn);
}

void
share_charge(struct share *s, uint64_t work)
{
	s->left -= (int64_t)work;
}

bool
share_is_left(const struct share *s)
{
	return s->left > 0;
}

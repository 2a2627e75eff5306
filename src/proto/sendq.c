/* sendq.c — sparse streams first, then deficit round robin.
 *
 * Thread: owner. Pure.
 * Invariant: a runnable stream is on one of the two lists. One that stops being
 * runnable stays on bulk until its turn comes: a stream that is ready every
 * other moment would else be new every time and could starve the others.
 * Every step is O(1), or takes a stream off a list.                          */
#include "proto/sendq.h"

#include "base/assert.h"

void
sendq_init(struct sendq *q)
{
	list_init(&q->sparse);
	list_init(&q->bulk);
	q->runnable = 0;
}

void
sendq_entry_init(struct sendq_entry *e, uint8_t prio)
{
	*e = (struct sendq_entry){ .prio = prio };
	list_init(&e->link);
}

static bool
is_listed(const struct sendq_entry *e)
{
	return !list_is_empty(&e->link);
}

static void
move_to_bulk(struct sendq *q, struct sendq_entry *e)
{
	list_del(&e->link);
	list_add(&q->bulk, &e->link);
	e->sparse = false;
}

void
sendq_set(struct sendq *q, struct stream *st, bool runnable)
{
	struct sendq_entry *e = &st->q;

	if (e->runnable == runnable)
		return;
	e->runnable = runnable;
	if (runnable)
		q->runnable++;
	else
		q->runnable--;
	if (runnable && !is_listed(e)) {
		e->deficit = SENDQ_SPARSE;
		e->sparse = true;
		list_add(&q->sparse, &e->link);
	} else if (!runnable && e->sparse) {
		move_to_bulk(q, e);
	}
}

static struct sendq_entry *
first(struct sendq *q)
{
	struct list *l = list_first(&q->sparse);

	if (l == NULL)
		l = list_first(&q->bulk);
	return l == NULL ? NULL : container_of(l, struct sendq_entry, link);
}

struct stream *
sendq_pick(struct sendq *q, size_t *quantum)
{
	struct sendq_entry *e;

	while ((e = first(q)) != NULL) {
		if (!e->runnable) {
			list_del(&e->link);
			continue;
		}
		if (e->deficit > 0)
			break;
		e->deficit += SENDQ_QUANTUM << e->prio;
		move_to_bulk(q, e);
	}
	if (e == NULL)
		return NULL;
	/* A frame of a few bytes because the deficit says so helps nobody: what
	 * it takes too much is missing in the next round.                    */
	*quantum = (size_t)MAX(e->deficit, SENDQ_SPARSE);
	if (q->runnable == 1 && !e->sparse)
		*quantum = SENDQ_ALONE;
	return container_of(e, struct stream, q);
}

void
sendq_charge(struct sendq_entry *e, size_t n)
{
	int32_t left = e->deficit - (int32_t)n;

	/* What it took while it was alone, it took from nobody. */
	e->deficit = MAX(left, -SENDQ_QUANTUM);
}

void
sendq_remove(struct sendq *q, struct stream *st)
{
	sendq_set(q, st, false);
	list_del(&st->q.link);
}

static size_t
check_list(const struct list *head, bool sparse)
{
	const struct list *l;
	size_t n = 0;

	list_foreach(l, head) {
		const struct sendq_entry *e = container_of(
		    (uintptr_t)l, const struct sendq_entry, link);

		ax_assert(e->sparse == sparse && (e->runnable || !sparse));
		ax_assert(e->deficit <= SENDQ_QUANTUM << 3);
		n += e->runnable;
	}
	return n;
}

void
sendq_check(const struct sendq *q)
{
	size_t n = check_list(&q->sparse, true) + check_list(&q->bulk, false);

	ax_assert(n == q->runnable);
}

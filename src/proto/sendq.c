/* sendq.c — sparse streams first, then deficit round robin.
 *
 * Thread: owner. Pure.
 * Invariant: a runnable stream is on one of the two lists. One that stops being
 * runnable stays on bulk until its turn comes: were it forgotten, a stream that
 * is ready every other moment would be new every time and starve the others.
 * But unlike in fq_codel it may come back to sparse meanwhile, as long as its
 * small quantum lasts, which is refilled once in a round: with frames of 16 KiB
 * a round of eight streams takes 100 ms at 10 Mbit/s, and a keystroke must not
 * wait for it. Every step is O(1), or takes a stream off a list.             */
#include "proto/sendq.h"

#include "base/assert.h"

void
sendq_init(struct sendq *q)
{
	list_init(&q->sparse);
	list_init(&q->bulk);
	q->runnable = 0;
	q->turns = 0;
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
move_to(struct list *list, struct sendq_entry *e, bool sparse)
{
	list_del(&e->link);
	list_add(list, &e->link);
	e->sparse = sparse;
}

/* It has something to say again: in front if it says little, and before those
 * who have not shown yet how much they say.                                  */
static void
wake(struct sendq *q, struct sendq_entry *e)
{
	bool fresh = !is_listed(e);

	if (e->heavy) {
		if (fresh) {
			e->deficit = 0;
			move_to(&q->bulk, e, false);
		}
		return;
	}
	if (fresh || q->turns - e->refilled >= q->runnable) {
		e->deficit = SENDQ_SPARSE;
		e->refilled = q->turns;
	}
	if (e->deficit > 0)
		move_to(fresh ? &q->sparse : q->sparse.next, e, true);
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
	if (runnable)
		wake(q, e);
	else if (e->sparse)
		move_to(&q->bulk, e, false);
}

/* Its turn comes, and it cannot send. If that is for want of credit it stays
 * heavy: it has much to say, whenever it may.                                */
static void
drop(struct sendq_entry *e)
{
	const struct stream *st = container_of(e, struct stream, q);

	list_del(&e->link);
	if (!stream_has(st, STREAM_READY))
		e->heavy = false;
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
sendq_pick(struct sendq *q, size_t share, size_t *quantum)
{
	int32_t turn = (int32_t)MIN(
	    MAX(share, (size_t)SENDQ_QUANTUM), (size_t)SENDQ_ALONE);
	struct sendq_entry *e;

	while ((e = first(q)) != NULL) {
		if (!e->runnable) {
			drop(e);
			continue;
		}
		if (e->deficit > 0)
			break;
		e->deficit += turn << e->prio;
		e->heavy = true;
		q->turns++;
		move_to(&q->bulk, e, false);
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
		ax_assert(e->deficit <= SENDQ_ALONE << 3);
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

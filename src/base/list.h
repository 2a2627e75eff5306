/* list.h — a doubly linked ring with the links inside the elements. An element
 * that is on no list points at itself, so removing twice is harmless.
 * Thread: owner.                                                             */
#ifndef ATLAX_BASE_LIST_H
#define ATLAX_BASE_LIST_H

#include "base/defs.h"

struct list {
	struct list *next, *prev;
};

static inline void
list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool
list_is_empty(const struct list *l)
{
	return l->next == l;
}

static inline void
list_insert_before(struct list *at, struct list *e)
{
	e->prev = at->prev;
	e->next = at;
	at->prev->next = e;
	at->prev = e;
}

/* Appends e at the end of the list whose head is l. */
static inline void
list_add(struct list *l, struct list *e)
{
	list_insert_before(l, e);
}

static inline void
list_del(struct list *e)
{
	e->prev->next = e->next;
	e->next->prev = e->prev;
	list_init(e);
}

static inline struct list *
list_first(struct list *l)
{
	return l->next == l ? NULL : l->next;
}

static inline struct list *
list_pop(struct list *l)
{
	struct list *e = list_first(l);

	if (e != NULL)
		list_del(e);
	return e;
}

/* Moves everything on from to the end of to. */
static inline void
list_splice(struct list *to, struct list *from)
{
	if (list_is_empty(from))
		return;
	from->next->prev = to->prev;
	from->prev->next = to;
	to->prev->next = from->next;
	to->prev = from->prev;
	list_init(from);
}

#define list_foreach(e, l) for ((e) = (l)->next; (e) != (l); (e) = (e)->next)
#define list_foreach_safe(e, tmp, l) \
	for ((e) = (l)->next, (tmp) = (e)->next; (e) != (l); \
	     (e) = (tmp), (tmp) = (e)->next)

#endif

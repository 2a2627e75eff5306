/* pool.c — objects of one size from slabs.
 *
 * Thread: owner.
 * Invariant: an object is either handed out (counted in used) or on the free
 * list; slabs are given back only by pool_fini. Under ASan everything on the
 * free list is poisoned, its first word too: we unpoison before we look.     */
#include "base/pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

#define ALIGN _Alignof(max_align_t)

struct link {
	struct link *next;
};

/* In front of the objects of a slab, and as large as their alignment. */
union slab {
	struct link link;
	max_align_t align;
};

void
pool_init(struct pool *p, size_t size, size_t per_slab, size_t max)
{
	ax_assert(size > 0 && per_slab > 0);
	size = (size + ALIGN - 1) / ALIGN * ALIGN;
	ax_assert(per_slab <= (SIZE_MAX / 2) / size);
	*p = (struct pool){ .size = size, .per_slab = per_slab, .max = max };
}

#ifdef ATLAX_PLAIN_ALLOC

static void *
object_get(struct pool *p)
{
	return malloc(p->size);
}

static void
object_put(struct pool *p AX_UNUSED, void *obj)
{
	free(obj);
}

#else

static void
object_put(struct pool *p, void *obj)
{
	struct link *l = obj;

	l->next = p->free;
	p->free = l;
	POISON(obj, p->size);
}

static bool
slab_add(struct pool *p)
{
	union slab *s = malloc(sizeof(*s) + p->size * p->per_slab);
	char *first;

	if (s == NULL)
		return false;
	s->link.next = p->slabs;
	p->slabs = s;
	first = (char *)(s + 1);
	/* From the end, so that the first objects out are neighbours. */
	for (size_t i = p->per_slab; i-- > 0;)
		object_put(p, first + i * p->size);
	return true;
}

static void *
object_get(struct pool *p)
{
	struct link *l;

	if (p->free == NULL && !slab_add(p))
		return NULL;
	l = p->free;
	UNPOISON(l, p->size);
	p->free = l->next;
	return l;
}

#endif

void
pool_fini(struct pool *p)
{
	struct link *l, *next;

	ax_assert(p->used == 0);
	for (l = p->slabs; l != NULL; l = next) {
		next = l->next;
		UNPOISON(l, sizeof(union slab) + p->size * p->per_slab);
		free(l);
	}
	p->slabs = p->free = NULL;
}

void *
pool_get_raw(struct pool *p)
{
	void *obj;

	if (p->max != 0 && p->used >= p->max)
		return NULL;
	obj = object_get(p);
	if (obj != NULL)
		p->used++;
	return obj;
}

void *
pool_get(struct pool *p)
{
	void *obj = pool_get_raw(p);

	if (obj != NULL)
		memset(obj, 0, p->size);
	return obj;
}

void
pool_put(struct pool *p, void *obj)
{
	if (obj == NULL)
		return;
	ax_assert(p->used > 0);
	p->used--;
	object_put(p, obj);
}

/* pool.h — fixed-size objects from slabs, last freed first used. With
 * --enable-plain-alloc every object is a malloc of its own, so that the
 * sanitizers see it; else free objects are poisoned under ASan.
 * Thread: owner.                                                             */
#ifndef ATLAX_BASE_POOL_H
#define ATLAX_BASE_POOL_H

#include "base/defs.h"

struct pool {
	size_t size;	 /* of one object, bytes */
	size_t per_slab; /* objects */
	size_t max;	 /* objects at once; 0: no limit */
	size_t used;	 /* objects handed out */
	void *free;	 /* list through the first word of free objects */
	void *slabs;	 /* list through the first word of slabs */
};

/* Units: size in bytes, per_slab and max in objects. Allocates nothing yet. */
void pool_init(struct pool *p, size_t size, size_t per_slab, size_t max);
/* Frees the slabs; every object must be back (asserted). */
void pool_fini(struct pool *p);
/* A zeroed object, or NULL when memory or the limit is exhausted. */
void *pool_get(struct pool *p);
/* The same without zeroing: for large buffers. */
void *pool_get_raw(struct pool *p);
/* Takes obj, which may be NULL. */
void pool_put(struct pool *p, void *obj);

#endif

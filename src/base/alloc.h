/* alloc.h — where memory comes from. Pure code allocates only through one of
 * these, so that a test can count, bound and fail every allocation.          */
#ifndef ATLAX_BASE_ALLOC_H
#define ATLAX_BASE_ALLOC_H

#include <string.h>

#include "base/defs.h"

struct alloc {
	/* Returns n bytes of any content, or NULL. n > 0. */
	void *(*get)(struct alloc *a, size_t n);
	/* Takes back what get returned with the same n. p may be NULL. */
	void (*put)(struct alloc *a, void *p, size_t n);
	/* All three NULL: nobody counts. See alloc_reserve. */
	bool (*reserve)(struct alloc *a, size_t n);
	void (*unreserve)(struct alloc *a, size_t n);
	size_t (*left)(struct alloc *a);
};

/* For buffers that will be written before they are read. */
static inline void *
alloc_get_raw(struct alloc *a, size_t n)
{
	return a->get(a, n);
}

/* Zeroed. */
static inline void *
alloc_get(struct alloc *a, size_t n)
{
	void *p = a->get(a, n);

	return p == NULL ? NULL : memset(p, 0, n);
}

static inline void
alloc_put(struct alloc *a, void *p, size_t n)
{
	if (p != NULL)
		a->put(a, p, n);
}

/* Counts n bytes that somebody else will hold on the owner's behalf, before they
 * are promised to him. False: there is not so much; nothing is counted.      */
static inline bool
alloc_reserve(struct alloc *a, size_t n)
{
	return a->reserve == NULL || a->reserve(a, n);
}

static inline void
alloc_unreserve(struct alloc *a, size_t n)
{
	if (a->unreserve != NULL)
		a->unreserve(a, n);
}

/* About what could be reserved now; others may be quicker. */
static inline size_t
alloc_left(struct alloc *a)
{
	return a->left == NULL ? SIZE_MAX : a->left(a);
}

/* malloc/free. Thread: any. The object is constant; the pointer is not const
 * only because get takes its own allocator.                                  */
struct alloc *alloc_libc(void);

/* Counts bytes and calls, refuses beyond a budget and, for fault tests, from
 * the fail_at-th call on (1-based; 0: never). Sits before another allocator.
 * Thread: owner.                                                             */
struct alloc_counting {
	struct alloc base;	/* pass &x.base */
	struct alloc *below;
	size_t bytes, peak;	/* in use now; the most ever in use */
	size_t budget;		/* SIZE_MAX: none */
	uint64_t calls, fail_at;
};

void alloc_counting_init(
    struct alloc_counting *c, struct alloc *below, size_t budget);

#endif

/* alloc.c — the C library as an allocator, and one that counts.
 *
 * Thread: the C library's is for any, a counting one belongs to its owner.
 * Invariant: bytes is the sum of what get returned and put did not take back;
 * bytes <= budget, bytes <= peak.                                            */
#include "base/alloc.h"

#include <stdlib.h>

#include "base/assert.h"

static void *
libc_get(struct alloc *a AX_UNUSED, size_t n)
{
	return malloc(n);
}

static void
libc_put(struct alloc *a AX_UNUSED, void *p, size_t n AX_UNUSED)
{
	free(p);
}

struct alloc *
alloc_libc(void)
{
	static const struct alloc libc = { .get = libc_get, .put = libc_put };

	return (struct alloc *)(uintptr_t)&libc; /* nobody writes to it */
}

static void *
counting_get(struct alloc *a, size_t n)
{
	struct alloc_counting *c = container_of(a, struct alloc_counting, base);
	void *p;

	c->calls++;
	if (c->fail_at != 0 && c->calls >= c->fail_at)
		return NULL;
	if (n > c->budget - c->bytes)
		return NULL;
	p = alloc_get_raw(c->below, n);
	if (p == NULL)
		return NULL;
	c->bytes += n;
	c->peak = MAX(c->peak, c->bytes);
	return p;
}

static void
counting_put(struct alloc *a, void *p, size_t n)
{
	struct alloc_counting *c = container_of(a, struct alloc_counting, base);

	ax_assert(n <= c->bytes);
	c->bytes -= n;
	alloc_put(c->below, p, n);
}

void
alloc_counting_init(
    struct alloc_counting *c, struct alloc *below, size_t budget)
{
	*c = (struct alloc_counting){
		.base = { .get = counting_get, .put = counting_put },
		.below = below,
		.budget = budget,
	};
}

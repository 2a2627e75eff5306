/* memory.c — a failing, counting allocator. Every block is its own calloc, so
 * that the sanitizers see it. put overwrites what it takes back: a reader of
 * freed memory then sees nonsense even without sanitizers. Thread: owner.    */
#include "memory.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

static void *
memory_get(struct alloc *a, size_t n)
{
	struct memory *m = container_of(a, struct memory, base);
	void *p;

	ax_assert(n > 0);
	m->calls++;
	if (m->fail_at != 0 &&
	    (m->calls == m->fail_at || (m->fail_on && m->calls > m->fail_at))) {
		m->failed++;
		return NULL;
	}
	p = calloc(1, n);
	ax_assert(p != NULL);
	m->bytes += n;
	m->peak = MAX(m->peak, m->bytes);
	return p;
}

static void
memory_put(struct alloc *a, void *p, size_t n)
{
	struct memory *m = container_of(a, struct memory, base);

	if (p == NULL)
		return;
	ax_assert(m->bytes >= n);
	m->bytes -= n;
	memset(p, 0xdb, n);
	free(p);
}

void
memory_init(struct memory *m)
{
	*m = (struct memory){ .base = { .get = memory_get, .put = memory_put } };
}

/* ring.c — one producer, one consumer, bytes (Lamport 1983).
 *
 * Invariant: tail <= head <= tail + cap; the producer writes only outside of
 * [tail, head), the consumer reads only inside. A head is published after a
 * whole line, so the consumer never sees a part of one.
 *
 * head is stored with sequential consistency: the producer then looks whether
 * the consumer sleeps, the consumer says so and then looks at head; one of the
 * two must see the other (Dekker).                                           */
#include "log/ring.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/err.h"

int
log_ring_init(struct log_ring *r, size_t cap)
{
	ax_assert(cap > 0 && (cap & (cap - 1)) == 0);
	r->mem = malloc(cap);
	if (r->mem == NULL)
		return AX_E_NOMEM;
	r->cap = cap;
	atomic_init(&r->head, 0);
	atomic_init(&r->tail, 0);
	return 0;
}

void
log_ring_fini(struct log_ring *r)
{
	free(r->mem);
	r->mem = NULL;
}

bool
log_ring_put(struct log_ring *r, const char *p, size_t n)
{
	size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	size_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
	size_t at = head & (r->cap - 1), first = MIN(n, r->cap - at);

	if (n > r->cap - (head - tail))
		return false;
	memcpy(r->mem + at, p, first);
	memcpy(r->mem, p + first, n - first);
	atomic_store(&r->head, head + n);
	return true;
}

size_t
log_ring_peek(const struct log_ring *r, struct iovec out[2])
{
	size_t head = atomic_load(&r->head);
	size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	size_t n = head - tail, at = tail & (r->cap - 1);
	size_t first = MIN(n, r->cap - at);

	out[0] = (struct iovec){ r->mem + at, first };
	out[1] = (struct iovec){ r->mem, n - first };
	return n;
}

void
log_ring_drop(struct log_ring *r, size_t n)
{
	size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	ax_assert(n <= atomic_load_explicit(&r->head, memory_order_relaxed) - tail);
	atomic_store_explicit(&r->tail, tail + n, memory_order_release);
}

bool
log_ring_is_empty(const struct log_ring *r)
{
	return atomic_load(&r->head) ==
	    atomic_load_explicit(&r->tail, memory_order_relaxed);
}

/* buf.c — a growing queue of bytes.
 *
 * Thread: owner.
 * Invariant: head <= tail <= cap, mem is NULL exactly when cap is 0, and an
 * empty buffer has head == tail == 0. Each byte is moved O(1) times: we close
 * the gap at the front only when it is at least as long as what is moved, and
 * new memory has a quarter to spare.                                         */
#include "base/buf.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/err.h"

#define BUF_MIN 64

void
buf_init(struct buf *b)
{
	*b = (struct buf){ 0 };
}

void
buf_fini(struct buf *b)
{
	free(b->mem);
	buf_init(b);
}

static void
close_gap(struct buf *b)
{
	size_t len = buf_len(b);

	memmove(b->mem, b->mem + b->head, len);
	b->head = 0;
	b->tail = len;
}

/* To new memory, with room for n more. Who waits for a slow reader is many, so
 * it is not doubled. */
static int
move(struct buf *b, size_t n)
{
	size_t len = buf_len(b), cap;
	uint8_t *mem;

	if (__builtin_add_overflow(len, n, &cap) || cap > SIZE_MAX / 2)
		return AX_E_NOMEM;
	cap = MAX(cap + cap / 4, (size_t)BUF_MIN);
	mem = malloc(cap);
	if (mem == NULL)
		return AX_E_NOMEM;
	if (len > 0)
		memcpy(mem, b->mem + b->head, len);
	free(b->mem);
	*b = (struct buf){ .mem = mem, .cap = cap, .tail = len };
	return 0;
}

uint8_t *
buf_reserve(struct buf *b, size_t n)
{
	size_t len = buf_len(b);

	if (b->cap - b->tail >= n && b->mem != NULL)
		return b->mem + b->tail;
	if (b->mem != NULL && b->head >= len && b->cap - len >= n)
		close_gap(b);
	else if (move(b, n) < 0)
		return NULL;
	return b->mem + b->tail;
}

void
buf_commit(struct buf *b, size_t n)
{
	ax_assert(n <= b->cap - b->tail);
	b->tail += n;
}

int
buf_append(struct buf *b, const void *p, size_t n)
{
	uint8_t *at;

	if (n == 0)
		return 0;
	at = buf_reserve(b, n);
	if (at == NULL)
		return AX_E_NOMEM;
	memcpy(at, p, n);
	buf_commit(b, n);
	return 0;
}

void
buf_consume(struct buf *b, size_t n)
{
	ax_assert(n <= buf_len(b));
	b->head += n;
	if (b->head == b->tail)
		b->head = b->tail = 0;
}

void
buf_trim(struct buf *b)
{
	if (b->cap > BUF_SMALL && b->cap > 2 * buf_len(b))
		(void)!move(b, 0);
}

void
buf_check(const struct buf *b)
{
	ax_assert(b->head <= b->tail);
	ax_assert(b->tail <= b->cap);
	ax_assert((b->mem == NULL) == (b->cap == 0));
	ax_assert(b->head < b->tail || b->head == 0);
}

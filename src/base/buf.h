/* buf.h — a growing queue of bytes: written at the tail, read at the head.
 * Owns its memory, frees it when told. Thread: owner.                        */
#ifndef ATLAX_BASE_BUF_H
#define ATLAX_BASE_BUF_H

#include "base/slice.h"

#define BUF_SMALL 4096

struct buf {
	uint8_t *mem;
	size_t cap, head, tail; /* head <= tail <= cap */
};

static inline size_t
buf_len(const struct buf *b)
{
	return b->tail - b->head;
}

static inline struct slice
buf_slice(const struct buf *b)
{
	/* Not NULL + 0, see slice_end. */
	return slice_of(b->head == 0 ? b->mem : b->mem + b->head, buf_len(b));
}

void buf_init(struct buf *b); /* empty, no memory */
void buf_fini(struct buf *b); /* frees; may be used again after buf_init */
/* Makes room for n more bytes at the tail and returns where they go, or NULL
 * when out of memory (b unchanged). buf_commit tells how many were written.  */
AX_CHECKED uint8_t *buf_reserve(struct buf *b, size_t n);
void buf_commit(struct buf *b, size_t n);
/* Copies p to the tail. Fails: AX_E_NOMEM, b unchanged. */
AX_CHECKED int buf_append(struct buf *b, const void *p, size_t n);
/* Drops n bytes at the head; an empty buffer starts at the front again. */
void buf_consume(struct buf *b, size_t n);
/* Gives memory back that b has not needed for long: afterwards it has at most
 * twice as much as it holds, or BUF_SMALL. Without memory to move to it stays. */
void buf_trim(struct buf *b);
void buf_check(const struct buf *b); /* asserts the invariant */

#endif

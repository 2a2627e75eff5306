/* cursor.h — reading and writing big-endian fields with a sticky error: check
 * once at the end (Knot's wire_ctx).                                         */
#ifndef ATLAX_BASE_CURSOR_H
#define ATLAX_BASE_CURSOR_H

#include "base/slice.h"

/* Reads. After the first read past the end every read gives zero and bad stays
 * true. Thread: owner.                                                       */
struct reader {
	const uint8_t *p, *end;
	bool bad;
};

static inline void
reader_init(struct reader *r, struct slice s)
{
	*r = (struct reader){ .p = s.p, .end = slice_end(s) };
}

static inline size_t
reader_left(const struct reader *r)
{
	return (size_t)(r->end - r->p);
}

uint8_t reader_u8(struct reader *r);
uint16_t reader_u16(struct reader *r);
uint32_t reader_u24(struct reader *r);
uint32_t reader_u32(struct reader *r);
uint64_t reader_u64(struct reader *r);
/* Borrows: from the input. */
struct slice reader_bytes(struct reader *r, size_t n);
/* Copies; zeroes out on failure. */
void reader_copy(struct reader *r, void *out, size_t n);
void reader_skip(struct reader *r, size_t n);
/* True if nothing went wrong and nothing is left. */
bool reader_done(const struct reader *r);

/* Writes into a buffer of fixed size; bad is set by the first write that does
 * not fit, which writes nothing. Thread: owner.                              */
struct writer {
	uint8_t *start, *p, *end;
	bool bad;
};

static inline void
writer_init(struct writer *w, void *buf, size_t cap)
{
	uint8_t *b = buf;
	uint8_t *end = cap == 0 ? b : b + cap; /* see slice_end */

	*w = (struct writer){ .start = b, .p = b, .end = end };
}

static inline size_t
writer_len(const struct writer *w)
{
	return (size_t)(w->p - w->start);
}

void writer_u8(struct writer *w, uint8_t v);
void writer_u16(struct writer *w, uint16_t v);
void writer_u24(struct writer *w, uint32_t v);
void writer_u32(struct writer *w, uint32_t v);
void writer_u64(struct writer *w, uint64_t v);
void writer_bytes(struct writer *w, const void *p, size_t n);
void writer_zero(struct writer *w, size_t n);

#endif

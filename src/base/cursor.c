/* cursor.c — big-endian fields in and out, with an error that sticks.
 *
 * Thread: owner. Pure.
 * Invariant: start <= p <= end at all times; once bad is true it stays true,
 * reads give zero and writes write nothing, so the caller checks once.       */
#include "base/cursor.h"

/* Steps over n bytes and tells where they are; false when there are fewer. */
static bool
take(struct reader *r, size_t n, const uint8_t **at)
{
	if (r->bad || reader_left(r) < n) {
		r->bad = true;
		return false;
	}
	*at = r->p;
	if (n > 0)
		r->p += n;
	return true;
}

static uint64_t
take_be(struct reader *r, size_t n)
{
	const uint8_t *at;
	uint64_t v = 0;

	if (!take(r, n, &at))
		return 0;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | at[i];
	return v;
}

uint8_t
reader_u8(struct reader *r)
{
	return (uint8_t)take_be(r, 1);
}

uint16_t
reader_u16(struct reader *r)
{
	return (uint16_t)take_be(r, 2);
}

uint32_t
reader_u24(struct reader *r)
{
	return (uint32_t)take_be(r, 3);
}

uint32_t
reader_u32(struct reader *r)
{
	return (uint32_t)take_be(r, 4);
}

uint64_t
reader_u64(struct reader *r)
{
	return take_be(r, 8);
}

struct slice
reader_bytes(struct reader *r, size_t n)
{
	const uint8_t *at;

	if (!take(r, n, &at))
		return slice_of(NULL, 0);
	return slice_of(at, n);
}

void
reader_copy(struct reader *r, void *out, size_t n)
{
	const uint8_t *at;

	if (n == 0)
		return;
	if (take(r, n, &at))
		memcpy(out, at, n);
	else
		memset(out, 0, n);
}

void
reader_skip(struct reader *r, size_t n)
{
	const uint8_t *at;

	(void)take(r, n, &at);
}

bool
reader_done(const struct reader *r)
{
	return !r->bad && r->p == r->end;
}

/* Where the next n bytes go, or NULL when they do not fit. n > 0. */
static uint8_t *
room(struct writer *w, size_t n)
{
	uint8_t *at = w->p;

	if (w->bad || (size_t)(w->end - w->p) < n) {
		w->bad = true;
		return NULL;
	}
	w->p += n;
	return at;
}

static void
put_be(struct writer *w, uint64_t v, size_t n)
{
	uint8_t *at = room(w, n);

	if (at == NULL)
		return;
	for (size_t i = n; i-- > 0; v >>= 8)
		at[i] = (uint8_t)v;
}

void
writer_u8(struct writer *w, uint8_t v)
{
	put_be(w, v, 1);
}

void
writer_u16(struct writer *w, uint16_t v)
{
	put_be(w, v, 2);
}

void
writer_u24(struct writer *w, uint32_t v)
{
	put_be(w, v, 3);
}

void
writer_u32(struct writer *w, uint32_t v)
{
	put_be(w, v, 4);
}

void
writer_u64(struct writer *w, uint64_t v)
{
	put_be(w, v, 8);
}

void
writer_bytes(struct writer *w, const void *p, size_t n)
{
	uint8_t *at = n == 0 ? NULL : room(w, n);

	if (at != NULL)
		memcpy(at, p, n);
}

void
writer_zero(struct writer *w, size_t n)
{
	uint8_t *at = n == 0 ? NULL : room(w, n);

	if (at != NULL)
		memset(at, 0, n);
}

/* deframe.c — cuts the byte stream into frames.
 *
 * Thread: owner. Pure.
 * Invariant: have < length of the torn frame, unless it is lent. The buffer is
 * taken only after the header has been judged, and given back as soon as the
 * input ends on a frame boundary; a bulk transfer whose every record ends
 * inside a frame keeps it and so does not allocate per frame.                */
#include "proto/deframe.h"

#include "base/assert.h"

void
deframer_init(struct deframer *d, struct alloc *a, uint32_t max_frame)
{
	*d = (struct deframer){ .alloc = a, .max_frame = max_frame };
}

static void
give_back(struct deframer *d)
{
	alloc_put(d->alloc, d->torn, d->cap);
	d->torn = NULL;
	d->cap = 0;
}

void
deframer_fini(struct deframer *d)
{
	give_back(d);
}

void
deframer_feed(struct deframer *d, struct slice in)
{
	ax_assert(d->in.n == 0);
	d->in = in;
}

void
deframer_drop(struct deframer *d)
{
	d->in = slice_of(NULL, 0);
	d->have = 0;
	d->lent = false;
	give_back(d);
}

/* Judges the first n bytes of a frame, as far as they go. */
static uint16_t
judge(const struct deframer *d, const uint8_t *p, size_t n)
{
	struct wire_head h;
	uint16_t code;

	if (n < AX_HEADER_LEN)
		return AX_WIRE_NO_ERROR;
	h = wire_head_get(p);
	code = wire_check_head(h, d->max_frame);
	if (code == AX_WIRE_NO_ERROR && n > AX_HEADER_LEN &&
	    h.id == AX_STREAM_CONTROL)
		code = wire_check_control(p[AX_HEADER_LEN], h.len);
	return code;
}

static size_t
frame_size(const uint8_t *p)
{
	return AX_HEADER_LEN + (size_t)wire_head_get(p).len;
}

static void
show(struct frame *f, const uint8_t *p)
{
	struct wire_head h = wire_head_get(p);

	f->id = h.id;
	f->body = slice_of(p + AX_HEADER_LEN, h.len);
}

/* Moves input behind what is there until the torn frame has upto bytes. */
static void
gather(struct deframer *d, uint8_t *to, size_t upto)
{
	size_t n = MIN(upto - d->have, d->in.n);

	if (n == 0)
		return;
	memcpy(to + d->have, d->in.p, n);
	d->have += (uint32_t)n;
	d->in = slice_skip(d->in, n);
}

/* A buffer for a frame of n bytes, with the peeked bytes in it. */
static uint16_t
make_room(struct deframer *d, uint32_t n)
{
	if (d->cap < n) {
		give_back(d);
		d->torn = alloc_get_raw(d->alloc, n);
		if (d->torn == NULL)
			return AX_WIRE_RESOURCE;
		d->cap = n;
	}
	memcpy(d->torn, d->peek, WIRE_PEEK);
	return AX_WIRE_NO_ERROR;
}

/* Goes on with a torn frame: true when it is whole. */
static bool
mend(struct deframer *d, struct frame *f, uint16_t *code)
{
	size_t size;

	if (d->have < WIRE_PEEK) {
		gather(d, d->peek, WIRE_PEEK);
		*code = judge(d, d->peek, d->have);
		if (*code != AX_WIRE_NO_ERROR || d->have < WIRE_PEEK)
			return false;
		*code = make_room(d, (uint32_t)frame_size(d->peek));
		if (*code != AX_WIRE_NO_ERROR)
			return false;
	}
	size = frame_size(d->torn);
	gather(d, d->torn, size);
	if (d->have < size)
		return false;
	show(f, d->torn);
	d->lent = true;
	return true;
}

bool
deframer_next(struct deframer *d, struct frame *f, uint16_t *code)
{
	*code = AX_WIRE_NO_ERROR;
	if (d->lent) {
		d->lent = false;
		d->have = 0;
	}
	if (d->have > 0)
		return mend(d, f, code);
	if (d->in.n == 0) {
		give_back(d);
		return false;
	}
	*code = judge(d, d->in.p, d->in.n);
	if (*code != AX_WIRE_NO_ERROR)
		return false;
	if (d->in.n < WIRE_PEEK || d->in.n < frame_size(d->in.p))
		return mend(d, f, code);
	show(f, d->in.p);
	d->in = slice_skip(d->in, frame_size(d->in.p));
	return true;
}

void
deframer_check(const struct deframer *d)
{
	ax_assert((d->torn == NULL) == (d->cap == 0));
	ax_assert(d->cap <= AX_HEADER_LEN + AX_CONTROL_BIG_MAX);
	if (d->have >= WIRE_PEEK)
		ax_assert(d->torn != NULL && d->have <= d->cap);
	if (d->have >= WIRE_PEEK && !d->lent)
		ax_assert(d->have < frame_size(d->torn));
}

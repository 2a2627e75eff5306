/* parcel.c — a control message that waits.
 *
 * Thread: owner. Pure.
 * Invariant: frame == NULL exactly if len == 0.                              */
#include "proto/parcel.h"

#include "base/assert.h"
#include "base/err.h"

int
parcel_put(struct parcel *p, struct alloc *alloc, const struct control *c,
    size_t body)
{
	size_t len = AX_HEADER_LEN + body;
	struct writer w;
	uint8_t *frame;

	if (body > AX_CONTROL_MAX)
		return AX_E_LIMIT;
	frame = alloc_get(alloc, len);
	if (frame == NULL)
		return AX_E_NOMEM;
	writer_init(&w, frame, len);
	control_put(&w, c);
	ax_assert(!w.bad && writer_len(&w) == len);
	parcel_drop(p, alloc);
	*p = (struct parcel){ frame, len };
	return 0;
}

void
parcel_drop(struct parcel *p, struct alloc *alloc)
{
	alloc_put(alloc, p->frame, p->len);
	*p = (struct parcel){ 0 };
}

bool
parcel_is_due(const struct parcel *p, const struct replay *ring)
{
	return p->frame != NULL && replay_has_room(ring, p->len);
}

int
parcel_write(struct parcel *p, struct alloc *alloc, struct replay *ring)
{
	uint8_t *at = replay_append(ring, p->len);

	if (at == NULL)
		return AX_E_NOMEM;
	memcpy(at, p->frame, p->len);
	parcel_drop(p, alloc);
	return 0;
}

void
parcel_frost(struct parcel *p, struct alloc *alloc, struct frost *f)
{
	uint32_t len = (uint32_t)p->len;

	frost_u32(f, &len);
	frost_require(f, len <= AX_HEADER_LEN + AX_CONTROL_MAX);
	if (f->bad)
		return;
	if (frost_reads(f) && len > 0) {
		p->frame = alloc_get(alloc, len);
		f->bad = p->frame == NULL;
		p->len = f->bad ? 0 : len;
	}
	if (!f->bad && len > 0)
		frost_copy(f, p->frame, len);
}

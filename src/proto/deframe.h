/* deframe.h — bytes in, whole frames out. A frame that lies whole in the fed
 * bytes is lent from there; one that is torn is put together in a buffer that
 * exists only while it is needed. Thread: owner.                             */
#ifndef ATLAX_PROTO_DEFRAME_H
#define ATLAX_PROTO_DEFRAME_H

#include "base/alloc.h"
#include "base/slice.h"
#include "proto/wire.h"

struct deframer {
	struct alloc *alloc;
	struct slice in;    /* borrowed: not looked at yet */
	uint8_t *torn;	    /* cap bytes, or NULL */
	uint32_t cap;
	uint32_t have;	    /* bytes of the torn frame so far */
	uint32_t max_frame; /* of data */
	uint8_t peek[WIRE_PEEK]; /* its first bytes: decide before allocating */
	bool lent;	    /* torn holds the frame given out last */
};

struct frame {
	uint32_t id;
	struct slice body;
};

void deframer_init(struct deframer *d, struct alloc *a, uint32_t max_frame);
void deframer_fini(struct deframer *d);
/* Lends in; what was fed before must be used up (asserted). */
void deframer_feed(struct deframer *d, struct slice in);
/* Forgets what is left of the input. */
void deframer_drop(struct deframer *d);
/* The next whole frame, valid until the next call: true. False with *code
 * AX_WIRE_NO_ERROR: the input is used up. Other codes: AX_WIRE_FRAME_SIZE, or
 * AX_WIRE_RESOURCE (out of memory).                                          */
bool deframer_next(struct deframer *d, struct frame *f, uint16_t *code);
void deframer_check(const struct deframer *d);

#endif

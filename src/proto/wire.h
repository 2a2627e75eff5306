/* wire.h — the eight bytes in front of every frame, and how long what follows
 * may be. Pure. Thread: any.                                                 */
#ifndef ATLAX_PROTO_WIRE_H
#define ATLAX_PROTO_WIRE_H

#include "atlax/error.h"
#include "atlax/wire.h"
#include "base/defs.h"

/* A frame is decidable from this much: header and, for control, the type. Every
 * legal frame is at least this long.                                         */
#define WIRE_PEEK (AX_HEADER_LEN + 1)

struct wire_head {
	uint32_t id;  /* 0: control; bit 31: datagram */
	uint32_t len; /* of the payload */
};

struct wire_head wire_head_get(const uint8_t *p);
void wire_head_put(uint8_t *p, uint32_t id, uint32_t len);

/* May a frame with this header be read on? max_frame: what we announced for
 * data. Returns AX_WIRE_NO_ERROR or AX_WIRE_FRAME_SIZE.                      */
uint16_t wire_check_head(struct wire_head h, uint32_t max_frame);
/* The same for a control message once its type is known. */
uint16_t wire_check_control(uint8_t type, uint32_t len);

/* Does the frame count in the sequence? type: first byte of its payload. */
static inline bool
wire_is_sequenced(uint32_t id, uint8_t type)
{
	if (id == AX_STREAM_CONTROL)
		return (type & AX_CTL_UNSEQUENCED) == 0;
	return (id & AX_STREAM_DGRAM) == 0;
}

#endif

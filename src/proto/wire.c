/* wire.c — frame headers in and out, and the limits of frames.
 *
 * Thread: any. Pure.
 * Invariant: a length is judged before anybody allocates for it, so no header
 * can make us reserve more than AX_FRAME_MAX.                                */
#include "proto/wire.h"

static uint32_t
get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static void
put_u32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

struct wire_head
wire_head_get(const uint8_t *p)
{
	return (struct wire_head){ .id = get_u32(p), .len = get_u32(p + 4) };
}

void
wire_head_put(uint8_t *p, uint32_t id, uint32_t len)
{
	put_u32(p, id);
	put_u32(p + 4, len);
}

uint16_t
wire_check_head(struct wire_head h, uint32_t max_frame)
{
	bool control = h.id == AX_STREAM_CONTROL;
	uint32_t least = control ? AX_CONTROL_MIN : 1;
	uint32_t most = control ? AX_CONTROL_BIG_MAX : max_frame;

	if (h.len < least || h.len > most)
		return AX_WIRE_FRAME_SIZE;
	return AX_WIRE_NO_ERROR;
}

uint16_t
wire_check_control(uint8_t type, uint32_t len)
{
	uint32_t most = AX_CONTROL_MAX;

	if (type == AX_CTL_SERVICES)
		most = AX_CONTROL_BIG_MAX;
	else if (type >= AX_CTL_HELLO && type <= AX_CTL_HELLO_ERR)
		most = AX_HELLO_MAX;
	return len <= most ? AX_WIRE_NO_ERROR : AX_WIRE_FRAME_SIZE;
}

/* peer_frames.c — writes frames for the session fuzzers. Numbers are small and
 * near their limits, because a random 32-bit id never meets a stream.
 * Thread: owner.                                                             */
#include "peer_frames.h"

#include "atlax/wire.h"

static void
head(struct writer *w, size_t len, uint8_t type, uint8_t flags)
{
	writer_u32(w, AX_STREAM_CONTROL);
	writer_u32(w, (uint32_t)len);
	writer_u8(w, type);
	writer_u8(w, flags);
	writer_u16(w, 0);
}

static void
hello_common(struct choices *c, struct writer *w)
{
	writer_u64(w, choose_u8(c) & 10);     /* features */
	for (int i = 0; i < 16; i++)
		writer_u8(w, 0x11);	      /* id */
}

/* What a session is called, how often it went on, and what has arrived. */
static void
hello_claim(const struct peer *p, struct choices *c, struct writer *w)
{
	uint8_t pick = choose_u8(c);

	if (!p->resumes && (p->is_agent || pick < 64)) {
		writer_zero(w, 16 + 4 + 8 + 32);
		return;
	}
	for (int i = 0; i < 16; i++)
		writer_u8(w, pick == 255 ? 0x5f : 0x5e);
	writer_u32(w, p->epoch + (pick == 254));
	writer_u64(w, p->resumes ? p->heard - MIN(p->heard,
	    (uint64_t)choose_u16(c) * (pick & 1)) : 0);
	writer_zero(w, 32);
}

static void
hello_limits(const struct peer *p, struct choices *c, struct writer *w)
{
	static const uint32_t window[] = { 16384, 65536, 1048576, 16383, 1048577 };
	static const uint32_t frame[] = { 16376, 4096, 5000, 4095, 16377 };

	writer_u32(w, window[choose_below(c, ARRAY_LEN(window))]);
	writer_u32(w, frame[choose_below(c, ARRAY_LEN(frame))]);
	writer_u32(w, 65536u << choose_below(c, 11)); /* ring */
	writer_u64(w, 1700000000000u);	      /* clock */
	hello_claim(p, c, w);
}

static void
hello_agent(const struct peer *p, struct choices *c, struct writer *w)
{
	head(w, 122 + 5, AX_CTL_HELLO, p->resumes);
	writer_u32(w, AX_WIRE_MAGIC);
	writer_u16(w, 1);
	writer_u16(w, (uint16_t)(1 + choose_below(c, 2)));
	hello_common(c, w);
	writer_u8(w, 0);
	writer_u8(w, 1);
	writer_u16(w, (uint16_t)(1 + choose_below(c, 20)));
	hello_limits(p, c, w);
	writer_u16(w, 5);
	writer_bytes(w, "\x01\x03" "sim", 5);
}

static void
hello_relay(const struct peer *p, struct choices *c, struct writer *w)
{
	head(w, 126 + 5, AX_CTL_HELLO_OK, p->resumes);
	writer_u32(w, AX_WIRE_MAGIC);
	writer_u16(w, 1);
	writer_u16(w, (uint16_t)(1 + choose_below(c, 20)));
	hello_common(c, w);
	writer_u8(w, 0);
	writer_u8(w, 1);
	writer_u16(w, choose_u8(c));
	hello_limits(p, c, w);
	writer_u32(w, 5000u << choose_below(c, 3));
	writer_u16(w, 5);
	writer_bytes(w, "\x01\x03" "sim", 5);
}

void
peer_hello(const struct peer *p, struct choices *c, struct writer *w)
{
	if (p->is_agent)
		hello_agent(p, c, w);
	else
		hello_relay(p, c, w);
}

/* An id near those in use, of either side. */
static uint32_t
some_id(const struct peer *p, struct choices *c)
{
	uint8_t pick = choose_u8(c);
	uint32_t own = p->is_agent ? 2 : 1;

	if (pick & 0x80)
		return (uint32_t)(pick & 0x1f) + 1; /* either side's */
	return own + 2 * (uint32_t)(pick & 0x0f);
}

static void
open_frame(struct peer *p, struct choices *c, struct writer *w)
{
	uint8_t pick = choose_u8(c);
	uint8_t af = pick & 1 ? (pick & 2 ? 6 : 4) : 0;
	size_t addr = af == 0 ? 0 : af == 4 ? 4 : 16;

	if (p->last_id == 0)
		p->last_id = p->is_agent ? 2 : 1;
	else if ((pick & 0xf0) != 0xf0)
		p->last_id += 2;
	head(w, 16 + 2 * addr + 3 + 1, AX_CTL_OPEN, 0);
	writer_u32(w, p->last_id);
	writer_u8(w, (pick & 0x4c) == 0x4c ? 1 : 0);
	writer_u8(w, pick >> 2 & 3);
	writer_u8(w, 3);
	writer_u8(w, af);
	writer_u16(w, 1234);
	writer_u16(w, 80);
	writer_zero(w, 2 * addr);
	writer_bytes(w, "web", 3);
	writer_u8(w, 0);
}

static void
data_frame(struct peer *p, struct choices *c, struct writer *w)
{
	uint32_t id = some_id(p, c);
	uint8_t pick = choose_u8(c);
	size_t n = pick < 200 ? pick : pick < 240 ? (size_t)pick * 68 : 16376u;

	writer_u32(w, id);
	writer_u32(w, (uint32_t)n);
	writer_zero(w, n);
}

static void
offset_frame(struct peer *p, struct choices *c, struct writer *w, uint8_t type)
{
	bool fin = type == AX_CTL_FIN;

	head(w, fin ? 20 : 16, type, 0);
	writer_u32(w, some_id(p, c));
	writer_u64(w, (uint64_t)choose_u16(c) << choose_below(c, 40));
	if (fin)
		writer_u32(w, 0);
}

static void
reset_frame(struct peer *p, struct choices *c, struct writer *w)
{
	head(w, 12, AX_CTL_RESET, 0);
	writer_u32(w, some_id(p, c));
	writer_u16(w, (uint16_t)(0x100 + choose_below(c, 14)));
	writer_u16(w, 0);
}

static void
ack_frame(struct peer *p, struct choices *c, struct writer *w)
{
	bool pong = choose_u8(c) & 1;
	uint64_t behind = choose_u8(c), heard = p->heard - MIN(p->heard, behind);

	head(w, pong ? 24 : 12, pong ? AX_CTL_PONG : AX_CTL_ACK, 0);
	if (pong)
		writer_u64(w, choose_u8(c));
	writer_u64(w, heard);
	if (pong)
		writer_u32(w, choose_u8(c));
}

static void
services_frame(struct choices *c, struct writer *w)
{
	unsigned n = choose_below(c, 4);

	head(w, 10 + n * 6, AX_CTL_SERVICES, 0);
	writer_u32(w, 1);
	writer_u16(w, (uint16_t)n);
	for (unsigned i = 0; i < n; i++) {
		writer_u8(w, 2);
		writer_u8(w, 's');
		writer_u8(w, (uint8_t)('a' + i));
		writer_u8(w, 0);
		writer_u8(w, (uint8_t)choose_below(c, 5));
		writer_u8(w, 1);
	}
}

static void
small_frame(struct choices *c, struct writer *w)
{
	switch (choose_below(c, 8)) {
	case 0:
		head(w, 12, AX_CTL_PING, 0);
		writer_u64(w, choose_u8(c));
		break;
	case 1:
		head(w, 24, AX_CTL_GOAWAY, 0);
		writer_u32(w, choose_u8(c));
		writer_u16(w, 15);
		writer_u16(w, 0);
		writer_zero(w, 12);
		break;
	case 2:
		head(w, 8, AX_CTL_CLOSE, 0);
		writer_u16(w, choose_u8(c));
		writer_bytes(w, "by", 2);
		break;
	case 3:
		head(w, 7, AX_CTL_RENEW, 0);
		writer_bytes(w, "csr", 3);
		break;
	case 4:
		head(w, 9, AX_CTL_CERTIFICATE, 0);
		writer_u16(w, 0);
		writer_u16(w, 0);
		writer_u8(w, 'c');
		break;
	case 5:
		head(w, 10, AX_CTL_EXPOSE, 0);
		writer_u8(w, 1);
		writer_u16(w, choose_u8(c));
		writer_u8(w, 0);
		writer_u16(w, choose_u8(c));
		break;
	case 6:
		head(w, 14, AX_CTL_EXPOSED, 0);
		writer_u8(w, 1);
		writer_u16(w, choose_u8(c));
		writer_u16(w, 0);
		writer_u16(w, 22);
		writer_u8(w, 2);
		writer_bytes(w, ":x", 2);
		break;
	default:
		head(w, 6, choose_u8(c), choose_u8(c));
		writer_u16(w, 0);
	}
}

void
peer_frame(struct peer *p, struct choices *c, struct writer *w)
{
	switch (choose_below(c, 12)) {
	case 0: case 1:
		open_frame(p, c, w);
		break;
	case 2: case 3: case 4:
		data_frame(p, c, w);
		break;
	case 5:
		offset_frame(p, c, w, AX_CTL_FIN);
		break;
	case 6:
		offset_frame(p, c, w, AX_CTL_CREDIT);
		break;
	case 7:
		offset_frame(p, c, w, AX_CTL_OPENED);
		break;
	case 8:
		reset_frame(p, c, w);
		break;
	case 9:
		ack_frame(p, c, w);
		break;
	case 10:
		services_frame(c, w);
		break;
	default:
		small_frame(c, w);
	}
}

/* control_hello.c — the three messages of the handshake.
 *
 * Thread: any. Pure.
 * Invariant: as in control.c: what is said is in range, printable and complete;
 * whether it fits the session is not judged here.                            */
#include "proto/control_hello.h"

enum { TLV_SOFTWARE = 1, TLV_HOSTNAME, TLV_OS };

static bool
is_printable(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	return true;
}

static bool
hello_tlv(struct control_hello *h, uint8_t type, struct slice value)
{
	struct slice *to = type == TLV_SOFTWARE ? &h->software :
	    type == TLV_HOSTNAME		      ? &h->hostname :
							&h->os;
	size_t most = type == TLV_HOSTNAME ? 64 : 32;

	if (to->n != 0 || value.n == 0 || value.n > most)
		return false;
	*to = value;
	return is_printable(value);
}

static bool
get_hello_tlvs(struct reader *r, struct control *c)
{
	size_t n = reader_u16(r);

	if (n > 512 || n != reader_left(r))
		return false;
	while (!r->bad && reader_left(r) > 0) {
		uint8_t type = reader_u8(r);
		struct slice value = reader_bytes(r, reader_u8(r));

		if (r->bad)
			return false;
		if (type < TLV_SOFTWARE || type > TLV_OS)
			c->strange++;
		else if (!hello_tlv(&c->hello, type, value))
			return false;
	}
	return true;
}

static bool
hello_in_range(const struct control_hello *h)
{
	return h->ver_min >= 1 && h->ver_min <= h->ver_max &&
	    h->max_streams >= 1 && h->init_window >= CONTROL_WINDOW_MIN &&
	    h->init_window <= CONTROL_WINDOW_MAX &&
	    h->max_frame >= AX_FRAME_MAX_FLOOR &&
	    h->max_frame <= AX_FRAME_MAX && h->ring >= CONTROL_RING_MIN &&
	    h->ring <= CONTROL_RING_MAX && h->lanes >= 1 &&
	    h->lanes <= CONTROL_LANES_MAX && h->lane < CONTROL_LANES_MAX;
}

/* Offsets 40 to 119, the same in both. */
static void
get_hello_middle(struct reader *r, struct control_hello *h)
{
	h->init_window = reader_u32(r);
	h->max_frame = reader_u32(r);
	h->ring = reader_u32(r);
	h->wall_ms = reader_u64(r);
	reader_copy(r, h->claim.id, sizeof(h->claim.id));
	h->claim.epoch = reader_u32(r);
	h->claim.received = reader_u64(r);
	reader_copy(r, h->claim.mac, sizeof(h->claim.mac));
}

bool
control_get_hello(struct reader *r, struct control *c)
{
	struct control_hello *h = &c->hello;

	if (reader_u32(r) != AX_WIRE_MAGIC)
		return false;
	h->ver_min = reader_u16(r);
	h->ver_max = reader_u16(r);
	h->features = reader_u64(r);
	reader_copy(r, h->id, sizeof(h->id));
	h->lane = reader_u8(r);
	h->lanes = reader_u8(r);
	h->max_streams = reader_u16(r);
	get_hello_middle(r, h);
	return get_hello_tlvs(r, c) && hello_in_range(h);
}

bool
control_get_hello_ok(struct reader *r, struct control *c)
{
	struct control_hello *h = &c->hello;

	if (reader_u32(r) != AX_WIRE_MAGIC)
		return false;
	h->ver_min = h->ver_max = reader_u16(r);
	h->max_streams = reader_u16(r);
	h->features = reader_u64(r);
	reader_copy(r, h->id, sizeof(h->id));
	h->worker = reader_u8(r);
	h->lanes = reader_u8(r);
	h->resume_ttl_s = reader_u16(r);
	get_hello_middle(r, h);
	h->ping_ms = reader_u32(r);
	return get_hello_tlvs(r, c) && hello_in_range(h) &&
	    h->ping_ms >= CONTROL_PING_MIN_MS &&
	    h->ping_ms <= CONTROL_PING_MAX_MS;
}

static void
put_tlv(struct writer *w, uint8_t type, struct slice value)
{
	if (value.n == 0)
		return;
	writer_u8(w, type);
	writer_u8(w, (uint8_t)value.n);
	writer_bytes(w, value.p, value.n);
}

static void
put_hello_tail(struct writer *w, const struct control_hello *h)
{
	size_t n = 0;

	n += h->software.n == 0 ? 0 : 2 + h->software.n;
	n += h->hostname.n == 0 ? 0 : 2 + h->hostname.n;
	n += h->os.n == 0 ? 0 : 2 + h->os.n;
	writer_u16(w, (uint16_t)n);
	put_tlv(w, TLV_SOFTWARE, h->software);
	put_tlv(w, TLV_HOSTNAME, h->hostname);
	put_tlv(w, TLV_OS, h->os);
}

static void
put_hello_middle(struct writer *w, const struct control_hello *h)
{
	writer_u32(w, h->init_window);
	writer_u32(w, h->max_frame);
	writer_u32(w, h->ring);
	writer_u64(w, h->wall_ms);
	writer_bytes(w, h->claim.id, sizeof(h->claim.id));
	writer_u32(w, h->claim.epoch);
	writer_u64(w, h->claim.received);
	writer_bytes(w, h->claim.mac, sizeof(h->claim.mac));
}

void
control_put_hello(struct writer *w, const struct control *c)
{
	const struct control_hello *h = &c->hello;

	writer_u32(w, AX_WIRE_MAGIC);
	writer_u16(w, h->ver_min);
	writer_u16(w, h->ver_max);
	writer_u64(w, h->features);
	writer_bytes(w, h->id, sizeof(h->id));
	writer_u8(w, h->lane);
	writer_u8(w, h->lanes);
	writer_u16(w, h->max_streams);
	put_hello_middle(w, h);
	put_hello_tail(w, h);
}

void
control_put_hello_ok(struct writer *w, const struct control *c)
{
	const struct control_hello *h = &c->hello;

	writer_u32(w, AX_WIRE_MAGIC);
	writer_u16(w, h->ver_min);
	writer_u16(w, h->max_streams);
	writer_u64(w, h->features);
	writer_bytes(w, h->id, sizeof(h->id));
	writer_u8(w, h->worker);
	writer_u8(w, h->lanes);
	writer_u16(w, h->resume_ttl_s);
	put_hello_middle(w, h);
	writer_u32(w, h->ping_ms);
	put_hello_tail(w, h);
}

bool
control_get_hello_err(struct reader *r, struct control *c)
{
	size_t n;

	if (reader_u32(r) != AX_WIRE_MAGIC)
		return false;
	c->hello_err.code = reader_u16(r);
	c->hello_err.ver_min = reader_u16(r);
	c->hello_err.ver_max = reader_u16(r);
	n = reader_u16(r);
	c->hello_err.retry_ms = reader_u32(r);
	c->hello_err.reason = reader_bytes(r, n);
	return n <= AX_REASON_MAX;
}

void
control_put_hello_err(struct writer *w, const struct control *c)
{
	writer_u32(w, AX_WIRE_MAGIC);
	writer_u16(w, c->hello_err.code);
	writer_u16(w, c->hello_err.ver_min);
	writer_u16(w, c->hello_err.ver_max);
	writer_u16(w, (uint16_t)c->hello_err.reason.n);
	writer_u32(w, c->hello_err.retry_ms);
	writer_bytes(w, c->hello_err.reason.p, c->hello_err.reason.n);
}

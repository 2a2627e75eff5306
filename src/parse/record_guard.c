/* record_guard.c — watches TLS record headers on their way to the library.
 *
 * Thread: owner. Pure. Invariant: the library never sees a header that was not
 * looked at here, and body_left counts exactly the bytes of the record that are
 * still to come.                                                             */
#include "parse/record_guard.h"

#include "base/assert.h"
#include "base/defs.h"

#define HEAD 5
#define TYPE_CCS 20
#define TYPE_ALERT 21
#define TYPE_HANDSHAKE 22
#define TYPE_DATA 23

/* RFC 8446: at most 2^14 in the clear, 2^14 + 256 sealed. The least that a
 * sealed record can be is one byte of type and 16 of tag; with less than that
 * wolfSSL before 5.7.0 reads far outside its buffer (CVE-2024-0901).         */
#define CLEAR_MAX 16384
#define SEALED_MIN 17
#define SEALED_MAX (16384 + 256)

/* A mutual handshake of atlax takes 4 records and less than 3 KiB from a peer;
 * a certificate of the largest size allowed still fits.                      */
#define HANDSHAKE_RECORDS 16
#define HANDSHAKE_BYTES (24 * 1024)

#define IDLE_PER_SECOND 64

void
record_guard_init(struct record_guard *g)
{
	*g = (struct record_guard){ .handshake = true };
}

void
record_guard_established(struct record_guard *g)
{
	g->handshake = false;
	g->records = 0;
}

static int
refuse(struct err *e, const char *what, unsigned n)
{
	return err_set(e, AX_E_PEER, "the peer sent %s (%u)", what, n);
}

static int
check_sizes(uint8_t type, uint32_t len, struct err *e)
{
	if (type == TYPE_DATA && (len < SEALED_MIN || len > SEALED_MAX))
		return refuse(e, "a sealed record of an illegal size", len);
	if (type != TYPE_DATA && (len == 0 || len > CLEAR_MAX))
		return refuse(e, "a record of an illegal size", len);
	return 0;
}

static int
check_handshake(struct record_guard *g, uint8_t type, uint32_t len, struct err *e)
{
	g->handshake_bytes += HEAD + len;
	if (g->records > HANDSHAKE_RECORDS)
		return refuse(e, "too many records in the handshake", g->records);
	if (g->handshake_bytes > HANDSHAKE_BYTES)
		return refuse(
		    e, "too many bytes in the handshake", g->handshake_bytes);
	if (type == TYPE_CCS && ++g->ccs > 1)
		return refuse(e, "ChangeCipherSpec twice", g->ccs);
	return 0;
}

static int
check_head(struct record_guard *g, struct err *e)
{
	uint8_t type = g->head[0];
	uint32_t len = (uint32_t)g->head[3] << 8 | g->head[4];
	int r;

	if (type < TYPE_CCS || type > TYPE_DATA)
		return refuse(e, "something that is not TLS", type);
	if (g->head[1] != 3)
		return refuse(e, "a record of another TLS", g->head[1]);
	r = check_sizes(type, len, e);
	if (r < 0)
		return r;
	g->records++;
	g->body_left = len;
	if (g->handshake)
		return check_handshake(g, type, len, e);
	if (type != TYPE_DATA && type != TYPE_ALERT)
		return refuse(e, "a record in the clear", type);
	return 0;
}

int
record_guard_feed(struct record_guard *g, struct slice in, struct err *e)
{
	size_t n;
	int r;

	while (in.n > 0) {
		if (g->body_left > 0) {
			n = MIN(in.n, g->body_left);
			g->body_left -= (uint32_t)n;
			in = slice_skip(in, n);
			continue;
		}
		n = MIN(in.n, (size_t)(HEAD - g->head_len));
		memcpy(g->head + g->head_len, in.p, n);
		g->head_len = (uint8_t)(g->head_len + n);
		in = slice_skip(in, n);
		if (g->head_len < HEAD)
			return 0;
		g->head_len = 0;
		r = check_head(g, e);
		if (r < 0)
			return r;
	}
	return 0;
}

int
record_guard_productive(struct record_guard *g, uint32_t records,
    uint32_t with_data, uint64_t now_ns, struct err *e)
{
	ax_assert(with_data <= records);
	if (now_ns - g->window_ns >= AX_NS_PER_S) {
		g->window_ns = now_ns;
		g->idle_records = 0;
	}
	g->idle_records += records - with_data;
	if (g->idle_records > IDLE_PER_SECOND)
		return refuse(e, "a flood of records that carry nothing",
		    g->idle_records);
	return 0;
}

/* der_out.c — writes DER from the end backwards.
 *
 * Thread: owner of the struct.
 * Invariant: start <= p <= end; [p, end) is whole elements except for content
 * that waits for its der_out_wrap. Backwards, because forwards every length
 * must be computed before it is known or moved into place after.             */
#include "pki/der_out.h"

#include <time.h>

void
der_out_init(struct der_out *o, void *mem, size_t cap)
{
	uint8_t *b = mem;

	*o = (struct der_out){.start = b, .p = b + cap, .end = b + cap};
}

void
der_out_bytes(struct der_out *o, struct slice s)
{
	if (o->bad || (size_t)(o->p - o->start) < s.n) {
		o->bad = true;
		return;
	}
	o->p -= s.n;
	if (s.n > 0)
		memcpy(o->p, s.p, s.n);
}

static void
put_u8(struct der_out *o, uint8_t v)
{
	der_out_bytes(o, slice_of(&v, 1));
}

static void
put_head(struct der_out *o, uint8_t tag, size_t len)
{
	uint8_t count = 0;

	if (len < 0x80) {
		put_u8(o, (uint8_t)len);
	} else {
		for (; len > 0; len >>= 8, count++)
			put_u8(o, (uint8_t)len);
		put_u8(o, 0x80 | count);
	}
	put_u8(o, tag);
}

void
der_out_tlv(struct der_out *o, uint8_t tag, struct slice content)
{
	der_out_bytes(o, content);
	put_head(o, tag, content.n);
}

size_t
der_out_mark(const struct der_out *o)
{
	return (size_t)(o->end - o->p);
}

void
der_out_wrap(struct der_out *o, uint8_t tag, size_t mark)
{
	put_head(o, tag, der_out_mark(o) - mark);
}

void
der_out_uint(struct der_out *o, struct slice big_endian)
{
	size_t mark = der_out_mark(o);

	while (big_endian.n > 0 && big_endian.p[0] == 0)
		big_endian = slice_skip(big_endian, 1);
	der_out_bytes(o, big_endian);
	if (big_endian.n == 0 || big_endian.p[0] >= 0x80)
		put_u8(o, 0); /* zero itself, or keeps the number positive */
	der_out_wrap(o, DER_INTEGER, mark);
}

void
der_out_u64(struct der_out *o, uint64_t v)
{
	uint8_t be[8];

	for (size_t i = sizeof(be); i-- > 0; v >>= 8)
		be[i] = (uint8_t)v;
	der_out_uint(o, slice_of(be, sizeof(be)));
}

void
der_out_bits(struct der_out *o, struct slice s)
{
	size_t mark = der_out_mark(o);

	der_out_bytes(o, s);
	put_u8(o, 0);
	der_out_wrap(o, DER_BIT_STRING, mark);
}

void
der_out_true(struct der_out *o)
{
	static const uint8_t yes = 0xff;

	der_out_tlv(o, DER_BOOLEAN, slice_of(&yes, 1));
}

void
der_out_time(struct der_out *o, int64_t unix_s)
{
	time_t t = (time_t)unix_s;
	struct slice s;
	char text[32];
	struct tm tm;
	bool utc;

	if (gmtime_r(&t, &tm) == NULL || tm.tm_year < 50 || tm.tm_year > 8099) {
		o->bad = true;
		return;
	}
	if (strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &tm) == 0)
		o->bad = true;
	utc = tm.tm_year < 150;
	s = slice_skip(slice_str(text), utc ? 2 : 0);
	der_out_tlv(o, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME, s);
}

struct slice
der_out_slice(const struct der_out *o)
{
	return o->bad ? slice_of(NULL, 0) : slice_of(o->p, der_out_mark(o));
}

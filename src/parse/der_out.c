/* der_out.c — writes DER from the end backwards.
 *
 * Thread: owner of the struct.
 * Invariant: start <= p <= end; [p, end) is whole elements except for content
 * that waits for its der_out_wrap. Backwards, because forwards every length
 * must be computed before it is known or moved into place after.             */
#include "parse/der_out.h"

#define TIME_1950 INT64_C(-631152000)
#define TIME_10000 INT64_C(253402300800)

void
der_out_init(struct der_out *o, void *mem, size_t cap)
{
	uint8_t *b = mem;

	*o = (struct der_out){ .start = b, .p = b + cap, .end = b + cap };
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
		put_u8(o, (uint8_t)(0x80 | count));
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

static void
put_two(uint8_t *at, unsigned v)
{
	at[0] = (uint8_t)('0' + v / 10);
	at[1] = (uint8_t)('0' + v % 10);
}

/* Year, month and day of a day counted from 1970-01-01; the way back from
 * der.c's days_from_civil.                                                   */
static void
civil(int64_t days, unsigned out[3])
{
	int64_t z = days + 719468, era = z / 146097, doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	out[2] = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
	out[1] = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
	out[0] = (unsigned)(yoe + era * 400 + (out[1] <= 2));
}

void
der_out_time(struct der_out *o, int64_t unix_s)
{
	uint8_t text[] = "YYYYMMDDHHMMSSZ";
	unsigned date[3], s = (unsigned)(((unix_s % 86400) + 86400) % 86400);
	bool utc;

	if (unix_s < TIME_1950 || unix_s >= TIME_10000) {
		o->bad = true;
		return;
	}
	civil((unix_s - s) / 86400, date);
	put_two(text, date[0] / 100);
	put_two(text + 2, date[0] % 100);
	put_two(text + 4, date[1]);
	put_two(text + 6, date[2]);
	put_two(text + 8, s / 3600);
	put_two(text + 10, s / 60 % 60);
	put_two(text + 12, s % 60);
	utc = date[0] < 2050;
	der_out_tlv(o, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME,
	    slice_skip(slice_of(text, sizeof(text) - 1), utc ? 2 : 0));
}

struct slice
der_out_slice(const struct der_out *o)
{
	return o->bad ? slice_of(NULL, 0) : slice_of(o->p, der_out_mark(o));
}

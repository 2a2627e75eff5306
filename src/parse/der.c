/* der.c — a strict DER reader.
 *
 * Thread: any; a struct der belongs to its caller.
 * Invariant: p <= end, both inside the input; once bad, p == end, so that every
 * loop over der_at_end ends by itself.                                       */
#include "parse/der.h"

void
der_init(struct der *d, struct slice in)
{
	*d = (struct der){ .p = in.p, .end = slice_end(in) };
}

static struct slice
fail(struct der *d)
{
	d->bad = true;
	d->p = d->end;
	return slice_of(NULL, 0);
}

static size_t
left(const struct der *d)
{
	return (size_t)(d->end - d->p);
}

/* The length at the front of s: false unless it is definite, minimal and of at
 * most three bytes (16 MiB: more than anything that we read).                */
static bool
read_length(struct slice *s, size_t *out)
{
	size_t first, n, i, len = 0;

	if (s->n == 0)
		return false;
	first = s->p[0];
	*s = slice_skip(*s, 1);
	if (first < 0x80) {
		*out = first;
		return true;
	}
	n = first & 0x7f;
	if (n == 0 || n > 3 || s->n < n || s->p[0] == 0)
		return false;
	for (i = 0; i < n; i++)
		len = len << 8 | s->p[i];
	*s = slice_skip(*s, n);
	*out = len;
	return len >= 0x80;
}

struct slice
der_take(struct der *d, uint8_t tag)
{
	struct slice s = { d->p, left(d) };
	size_t len;

	if (d->bad || s.n == 0 || s.p[0] != tag || (tag & 0x1f) == 0x1f)
		return fail(d);
	s = slice_skip(s, 1);
	if (!read_length(&s, &len) || len > s.n)
		return fail(d);
	d->p = s.p + len;
	return slice_of(s.p, len);
}

struct slice
der_take_whole(struct der *d, uint8_t tag)
{
	const uint8_t *start = d->p;

	(void)der_take(d, tag);
	if (d->bad)
		return slice_of(NULL, 0);
	return slice_of(start, (size_t)(d->p - start));
}

struct der
der_enter(struct der *d, uint8_t tag)
{
	struct slice s = der_take(d, tag);
	struct der child;

	der_init(&child, s);
	child.bad = d->bad;
	return child;
}

bool
der_peek(const struct der *d, uint8_t tag)
{
	return left(d) > 0 && d->p[0] == tag;
}

bool
der_at_end(const struct der *d)
{
	return d->p == d->end;
}

bool
der_done(const struct der *d)
{
	return !d->bad && der_at_end(d);
}

bool
der_bool(struct der *d)
{
	struct slice s = der_take(d, DER_BOOLEAN);

	if (s.n != 1 || (s.p[0] != 0x00 && s.p[0] != 0xff)) {
		(void)fail(d);
		return false;
	}
	return s.p[0] == 0xff;
}

struct slice
der_uint(struct der *d, size_t max)
{
	struct slice s = der_take(d, DER_INTEGER);

	if (s.n == 0 || s.n > max || s.p[0] >= 0x80)
		return fail(d);
	if (s.n == 1 || s.p[0] != 0)
		return s;
	s = slice_skip(s, 1);
	return s.p[0] >= 0x80 ? s : fail(d); /* else that zero was not needed */
}

struct slice
der_oid(struct der *d)
{
	struct slice s = der_take(d, DER_OID);

	if (s.n == 0 || s.p[s.n - 1] >= 0x80)
		return fail(d);
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == 0x80 && (i == 0 || s.p[i - 1] < 0x80))
			return fail(d);
	return s;
}

struct slice
der_bits(struct der *d)
{
	struct slice s = der_take(d, DER_BIT_STRING);

	if (s.n == 0 || s.p[0] != 0)
		return fail(d);
	return slice_skip(s, 1);
}

static bool
all_digits(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return true;
}

static unsigned
two(const uint8_t *p)
{
	return (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
}

static unsigned
days_in(unsigned year, unsigned month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month == 2 && leap ? 29u : days[month - 1];
}

/* Days from 1970-01-01 in the Gregorian calendar, as in H. Hinnant's "chrono-
 * compatible low-level date algorithms": years start in March, so that the leap
 * day is the last one.                                                       */
static int64_t
days_from_civil(int64_t y, unsigned m, unsigned d)
{
	int64_t era, yoe, doy;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * (int64_t)(m > 2 ? m - 3 : m + 9) + 2) / 5 + (int64_t)d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* MMDDHHMMSS at p; false if there is no such moment. */
static bool
moment(unsigned year, const uint8_t *p, int64_t *out)
{
	unsigned mon = two(p), day = two(p + 2), h = two(p + 4),
		 min = two(p + 6), s = two(p + 8);

	if (mon < 1 || mon > 12 || day < 1 || day > days_in(year, mon) ||
	    h > 23 || min > 59 || s > 59)
		return false;
	*out = days_from_civil(year, mon, day) * 86400 +
	    (int64_t)(h * 3600 + min * 60 + s);
	return true;
}

/* RFC 5280 4.1.2.5: seconds and Z are there, no fractions; UTCTime through 2049,
 * GeneralizedTime from 2050 on.                                              */
int64_t
der_time(struct der *d)
{
	bool utc = der_peek(d, DER_UTC_TIME);
	struct slice s = der_take(d, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME);
	size_t digits = utc ? 12 : 14;
	unsigned year;
	int64_t t;

	if (s.n != digits + 1 || s.p[digits] != 'Z' ||
	    !all_digits(slice_of(s.p, digits))) {
		(void)fail(d);
		return 0;
	}
	year = two(s.p);
	if (utc)
		year += year >= 50 ? 1900 : 2000;
	else
		year = year * 100 + two(s.p + 2);
	if ((!utc && year < 2050) || !moment(year, s.p + digits - 10, &t)) {
		(void)fail(d);
		return 0;
	}
	return t;
}

/* host.c — host names and addresses as a certificate knows them. Our own, since
 * this code is pure and since the library's matching has been wrong before
 * (doc/THREATS).
 *
 * Thread: any. Invariant: none, there is no state.                           */
#include "parse/host.h"

#include "base/scan.h"

#define NAME_MAX_BYTES 253
#define LABEL_MAX_BYTES 63

static bool
is_alnum(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z');
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* The bytes before the first dot. */
static struct slice
first_label(struct slice name)
{
	size_t n = 0;

	while (n < name.n && name.p[n] != '.')
		n++;
	return slice_of(name.p, n);
}

static bool
label_ok(struct slice l)
{
	size_t i;

	if (l.n == 0 || l.n > LABEL_MAX_BYTES || !is_alnum(l.p[0]) ||
	    !is_alnum(l.p[l.n - 1]))
		return false;
	for (i = 0; i < l.n; i++)
		if (!is_alnum(l.p[i]) && l.p[i] != '-')
			return false;
	return true;
}

/* Number of labels; 0 if the name is not one. */
static size_t
count_labels(struct slice name)
{
	size_t labels = 0;
	struct slice l;

	if (name.n == 0 || name.n > NAME_MAX_BYTES)
		return 0;
	for (;;) {
		l = first_label(name);
		if (!label_ok(l))
			return 0;
		labels++;
		if (l.n == name.n)
			return labels;
		name = slice_skip(name, l.n + 1);
	}
}

static struct slice
without_root_dot(const char *host)
{
	struct slice s = slice_str(host);

	if (s.n > 0 && s.p[s.n - 1] == '.')
		s.n--;
	return s;
}

bool
host_is_dns(const char *host)
{
	uint8_t ip[16];

	return host_ip(host, ip) == 0 &&
	    count_labels(without_root_dot(host)) > 0;
}

static bool
equal_nocase(struct slice a, struct slice b)
{
	size_t i;

	if (a.n != b.n)
		return false;
	for (i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

bool
host_matches(struct slice pattern, const char *host)
{
	struct slice name = without_root_dot(host), l;
	bool wild = pattern.n > 2 && pattern.p[0] == '*' && pattern.p[1] == '.';

	if (!host_is_dns(host))
		return false;
	if (wild) {
		l = first_label(name);
		if (l.n == name.n)
			return false;
		name = slice_skip(name, l.n + 1);
		pattern = slice_skip(pattern, 2);
	}
	return count_labels(pattern) >= (wild ? 2 : 1) &&
	    equal_nocase(pattern, name);
}

/* Four decimal numbers, dots between them, no leading zero, all of s. */
static bool
parse_ip4(struct slice s, uint8_t out[4])
{
	unsigned part, digits, v;
	size_t i = 0;

	for (part = 0; part < 4; part++) {
		if (part > 0 && (i >= s.n || s.p[i++] != '.'))
			return false;
		v = 0;
		for (digits = 0; i < s.n && s.p[i] >= '0' && s.p[i] <= '9';
		     digits++) {
			if (digits == 3 || (digits > 0 && v == 0))
				return false;
			v = v * 10 + (unsigned)(s.p[i++] - '0');
		}
		if (digits == 0 || v > 255)
			return false;
		out[part] = (uint8_t)v;
	}
	return i == s.n;
}

/* A group of one to four hexadecimal digits at the front of s, as two bytes.
 * Returns how many characters it took, 0 for none.                           */
static size_t
parse_group(struct slice s, uint8_t out[2])
{
	unsigned v = 0;
	size_t n = 0;

	while (n < s.n && n < 4 && scan_hex_digit(s.p[n]) >= 0)
		v = v << 4 | (unsigned)scan_hex_digit(s.p[n++]);
	out[0] = (uint8_t)(v >> 8);
	out[1] = (uint8_t)v;
	return n;
}

/* Groups with colons between them until the end of s; stops at "::", which *rest
 * then starts with. Returns the bytes written, or 17 for nonsense.           */
static size_t
parse_groups(struct slice s, uint8_t out[16], struct slice *rest)
{
	size_t n = 0, took;

	while (s.n > 0) {
		if (s.n >= 2 && s.p[0] == ':' && s.p[1] == ':')
			break;
		if (n > 0) {
			if (s.p[0] != ':')
				return 17;
			s = slice_skip(s, 1);
		}
		if (n <= 12 && parse_ip4(s, out + n)) {
			n += 4;
			s = slice_skip(s, s.n);
			break;
		}
		took = n <= 14 ? parse_group(s, out + n) : 0;
		if (took == 0)
			return 17;
		n += 2;
		s = slice_skip(s, took);
	}
	*rest = s;
	return n;
}

static bool
parse_ip6(struct slice s, uint8_t out[16])
{
	uint8_t tail[16];
	struct slice rest;
	size_t front, back;

	front = parse_groups(s, out, &rest);
	if (front > 16 || rest.n == 0)
		return front == 16;
	back = parse_groups(slice_skip(rest, 2), tail, &rest);
	if (rest.n > 0 || back > 16 || front + back > 14)
		return false;
	memset(out + front, 0, 16 - front - back);
	memcpy(out + 16 - back, tail, back);
	return true;
}

size_t
host_ip(const char *host, uint8_t out[16])
{
	struct slice s = slice_str(host);

	if (parse_ip4(s, out))
		return 4;
	return parse_ip6(s, out) ? 16 : 0;
}

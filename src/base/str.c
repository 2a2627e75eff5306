/* str.c — text in an array of fixed size.
 *
 * Thread: owner. Allocates nothing.
 * Invariant: len < cap and p[len] == 0 after every call. Once something was
 * cut nothing more is added: a text with a hole in the middle would lie.     */
#include "base/str.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"

void
str_init(struct str *s, char *mem, size_t cap)
{
	ax_assert(cap > 0);
	*s = (struct str){ .p = mem, .cap = cap };
	mem[0] = '\0';
}

static size_t
room(const struct str *s)
{
	return s->cut ? 0 : s->cap - 1 - s->len;
}

void
str_add_n(struct str *s, const char *text, size_t n)
{
	size_t fit = MIN(n, room(s));

	if (fit < n)
		s->cut = true;
	if (fit == 0)
		return;
	memcpy(s->p + s->len, text, fit);
	s->len += fit;
	s->p[s->len] = '\0';
}

void
str_add(struct str *s, const char *text)
{
	str_add_n(s, text, strlen(text));
}

void
str_char(struct str *s, char c)
{
	str_add_n(s, &c, 1);
}

void
str_fmt(struct str *s, const char *fmt, ...)
{
	size_t left = room(s);
	va_list ap;
	int n;

	if (s->cut)
		return;
	va_start(ap, fmt);
	n = vsnprintf(s->p + s->len, left + 1, fmt, ap);
	va_end(ap);
	if (n < 0)
		n = 0, s->p[s->len] = '\0', s->cut = true;
	if ((size_t)n > left)
		s->cut = true;
	s->len += MIN((size_t)n, left);
}

/* All of text or nothing: half an escape would be another text. */
static void
add_whole(struct str *s, const char *text, size_t n)
{
	if (n > room(s))
		s->cut = true;
	else
		str_add_n(s, text, n);
}

static void AX_PRINTF(2, 3)
add_whole_fmt(struct str *s, const char *fmt, ...)
{
	char text[16];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ax_assert(n >= 0 && (size_t)n < sizeof(text));
	add_whole(s, text, (size_t)n);
}

/* Length of a UTF-8 sequence by its first byte, 0 for a byte that starts none,
 * the bits of the character in *rune and its smallest value in *least. */
static size_t
sequence(uint8_t b, uint32_t *rune, uint32_t *least)
{
	static const struct {
		uint8_t mask, bits;
		uint32_t least;
	} kinds[] = { { 0x80, 0x00, 0 }, { 0xe0, 0xc0, 0x80 },
		{ 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 } };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if ((b & kinds[i].mask) != kinds[i].bits)
			continue;
		*rune = b & (uint8_t)~kinds[i].mask;
		*least = kinds[i].least;
		return i + 1;
	}
	return 0;
}

size_t
str_rune(struct slice in, uint32_t *rune)
{
	uint32_t r = 0, least = 0;
	size_t n = in.n == 0 ? 0 : sequence(in.p[0], &r, &least);

	if (n == 0 || n > in.n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((in.p[i] & 0xc0) != 0x80)
			return 0;
		r = r << 6 | (in.p[i] & 0x3f);
	}
	if (r < least || r > 0x10ffff || (r >= 0xd800 && r <= 0xdfff))
		return 0;
	*rune = r;
	return n;
}

bool
str_rune_is_plain(uint32_t r)
{
	if (r < 0x20 || (r >= 0x7f && r <= 0x9f))
		return false; /* C0, DEL, C1 */
	if (r == 0x2028 || r == 0x2029)
		return false; /* line and paragraph separator */
	if (r == 0x061c || r == 0x200e || r == 0x200f)
		return false; /* marks of direction */
	return !(r >= 0x202a && r <= 0x202e) && !(r >= 0x2066 && r <= 0x2069);
}

static void
show(struct str *s, struct slice c, size_t n, uint32_t rune)
{
	if (n == 0 || (n == 1 && !str_rune_is_plain(rune)))
		add_whole_fmt(s, "\\x%02x", c.p[0]);
	else if (!str_rune_is_plain(rune))
		add_whole_fmt(s, "\\u%04" PRIx32, rune);
	else if (rune == '\\')
		add_whole(s, "\\\\", 2);
	else
		add_whole(s, (const char *)c.p, n);
}

void
str_untrusted(struct str *s, struct slice in, size_t max)
{
	struct slice left = in;

	while (left.n > 0 && !s->cut) {
		uint32_t rune = 0;
		size_t n = str_rune(left, &rune), step = MAX(n, 1);

		if (in.n - left.n + step > max) {
			str_add(s, "...");
			return;
		}
		show(s, left, n, rune);
		left = slice_skip(left, step);
	}
}

void
str_hex(struct str *s, struct slice in)
{
	for (size_t i = 0; i < in.n; i++)
		add_whole_fmt(s, "%02x", in.p[i]);
}

bool
str_copy(char *out, size_t cap, const char *in)
{
	struct str s;

	str_init(&s, out, cap);
	str_add(&s, in);
	return !s.cut;
}

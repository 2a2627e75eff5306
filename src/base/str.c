/* str.c — text in an array.
 *
 * Thread: owner. Allocates nothing itself: str_heap.c does.
 * Invariant: len < cap and p[len] == 0 after every call. Once something was
 * cut nothing more is added: a text with a hole in the middle would lie.     */
#include "base/str.h"

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

/* How much fits, if n is wanted. */
static AX_NOINLINE size_t
room(struct str *s, size_t n)
{
	if (s->cut)
		return 0;
	if (s->grow != NULL && n > s->cap - 1 - s->len)
		s->grow(s, n);
	return s->cap - 1 - s->len;
}

void
str_add_n(struct str *s, const char *text, size_t n)
{
	size_t fit = MIN(n, room(s, n));

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

AX_NOINLINE char *
str_claim(struct str *s, size_t n)
{
	char *at;

	if (n > room(s, n)) {
		s->cut = true;
		return NULL;
	}
	at = s->p + s->len;
	s->len += n;
	s->p[s->len] = '\0';
	return at;
}

void
str_char(struct str *s, char c)
{
	char *at = str_claim(s, 1);

	if (at != NULL)
		*at = c;
}

void
str_fmt(struct str *s, const char *fmt, ...)
{
	size_t left = room(s, 0);
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
static AX_NOINLINE void
add_whole(struct str *s, const char *text, size_t n)
{
	char *at = str_claim(s, n);

	if (at != NULL)
		memcpy(at, text, n);
}

void
str_u64(struct str *s, uint64_t n)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	add_whole(s, digits + at, sizeof(digits) - at);
}

static void
put_hex(char *out, uint32_t v, unsigned n)
{
	for (; n > 0; v >>= 4)
		out[--n] = "0123456789abcdef"[v & 15];
}

static AX_NOINLINE void
escape(struct str *s, char letter, uint32_t v)
{
	unsigned n = letter == 'x' ? 2 : 4;
	char *at = str_claim(s, n + 2);

	if (at == NULL)
		return;
	at[0] = '\\';
	at[1] = letter;
	put_hex(at + 2, v, n);
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

size_t
str_plain(struct slice in)
{
	size_t n = 0;

	while (n < in.n && in.p[n] >= 0x20 && in.p[n] < 0x7f && in.p[n] != '"' &&
	    in.p[n] != '\\')
		n++;
	return n;
}

/* One character of n bytes, or a byte that is none, for n == 0. */
static void
show(struct str *s, struct slice c, size_t n, uint32_t rune, bool json)
{
	char pair[2] = { '\\', (char)rune };

	if (n == 1 && (rune == '\\' || (json && rune == '"')))
		add_whole(s, pair, 2);
	else if (n > 0 && str_rune_is_plain(rune))
		add_whole(s, (const char *)c.p, n);
	else if (!json && n <= 1)
		escape(s, 'x', c.p[0]);
	else
		escape(s, 'u', n == 0 ? c.p[0] : rune);
}

static AX_NOINLINE void
show_all(struct str *s, struct slice in, size_t max, bool json)
{
	for (;;) {
		uint32_t rune = 0;
		size_t n = MIN(str_plain(in), max), step;

		str_add_n(s, (const char *)in.p, n);
		in = slice_skip(in, n);
		max -= n;
		if (in.n == 0 || s->cut)
			return;
		n = str_rune(in, &rune);
		step = MAX(n, 1);
		if (step > max) {
			str_add(s, "...");
			return;
		}
		show(s, in, n, rune, json);
		in = slice_skip(in, step);
		max -= step;
	}
}

void
str_untrusted(struct str *s, struct slice in, size_t max)
{
	show_all(s, in, max, false);
}

void
str_json(struct str *s, struct slice in, size_t max)
{
	show_all(s, in, max, true);
}

void
str_hex(struct str *s, struct slice in)
{
	char *at;

	for (size_t i = 0; i < in.n && (at = str_claim(s, 2)) != NULL; i++)
		put_hex(at, in.p[i], 2);
}

bool
str_copy(char *out, size_t cap, const char *in)
{
	struct str s;

	str_init(&s, out, cap);
	str_add(&s, in);
	return !s.cut;
}

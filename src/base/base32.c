/* base32.c — five bits, one digit.
 *
 * Thread: any. Pure.                                                         */
#include "base/base32.h"

#include <string.h>

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* The five bits at number i. */
static unsigned
digit(const uint8_t *in, size_t len, size_t i)
{
	size_t bit = i * 5, at = bit / 8;
	unsigned two = at < len ? (unsigned)in[at] << 8 : 0;

	if (at + 1 < len)
		two |= in[at + 1];
	return two >> (11 - bit % 8) & 31;
}

void
base32_write(const uint8_t *in, size_t len, size_t digits, size_t group, char *out)
{
	for (size_t i = 0; i < digits; i++) {
		if (i > 0 && i % group == 0)
			*out++ = '-';
		*out++ = alphabet[digit(in, len, i)];
	}
	*out = '\0';
}

/* 32: none of ours. */
static unsigned
value(char c)
{
	const char *at;

	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c == 'O')
		c = '0';
	if (c == 'I' || c == 'L')
		c = '1';
	at = memchr(alphabet, c, 32);
	return at == NULL ? 32 : (unsigned)(at - alphabet);
}

/* False: a bit of it is beyond the end. */
static bool
put(uint8_t *out, size_t len, size_t i, unsigned v)
{
	size_t bit = i * 5, at = bit / 8;
	unsigned two = v << (11 - bit % 8);

	if (at < len)
		out[at] |= (uint8_t)(two >> 8);
	else if (two >> 8 != 0)
		return false;
	if (at + 1 < len)
		out[at + 1] |= (uint8_t)two;
	return at + 1 < len || (two & 0xff) == 0;
}

bool
base32_read(const char *text, size_t digits, uint8_t *out, size_t len)
{
	size_t n = 0;

	memset(out, 0, len);
	for (; *text != '\0'; text++) {
		unsigned v = value(*text);

		if (*text == '-')
			continue;
		if (v == 32 || n == digits || !put(out, len, n++, v))
			return false;
	}
	return n == digits;
}

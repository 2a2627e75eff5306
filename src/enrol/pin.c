/* pin.c — 125 bits as 25 characters, and back.
 *
 * Thread: any. Pure.                                                         */
#include "enrol/pin.h"

#define DIGITS 25
#define GROUP 5

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* The five bits at number i. */
static unsigned
digit(const struct tls_pin *pin, size_t i)
{
	size_t bit = i * 5, at = bit / 8;
	unsigned two = (unsigned)pin->bits[at] << 8;

	if (at + 1 < TLS_PIN_LEN)
		two |= pin->bits[at + 1];
	return two >> (11 - bit % 8) & 31;
}

void
pin_text(const struct tls_pin *pin, char out[PIN_TEXT])
{
	for (size_t i = 0; i < DIGITS; i++) {
		if (i > 0 && i % GROUP == 0)
			*out++ = '-';
		*out++ = alphabet[digit(pin, i)];
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

static void
put(struct tls_pin *pin, size_t i, unsigned v)
{
	size_t bit = i * 5, at = bit / 8;
	unsigned two = v << (11 - bit % 8);

	pin->bits[at] |= (uint8_t)(two >> 8);
	if (at + 1 < TLS_PIN_LEN)
		pin->bits[at + 1] |= (uint8_t)two;
}

int
pin_parse(const char *text, struct tls_pin *out, struct err *e)
{
	struct tls_pin pin = { { 0 } };
	size_t n = 0;

	for (; *text != '\0'; text++) {
		unsigned v = value(*text);

		if (*text == '-')
			continue;
		if (v == 32 || n == DIGITS)
			break;
		put(&pin, n++, v);
	}
	if (*text != '\0' || n != DIGITS)
		return err_set(e, AX_E_RANGE, "a pin has 25 letters and digits, like "
		    "7Q2M4-KTD9X-WFV3H-AP8RC-2KNE6");
	*out = pin;
	return 0;
}

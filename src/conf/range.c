/* range.c — ranges of addresses.
 *
 * Thread: any.
 * Invariant: no bit of a range's address is set beyond its prefix, so that the file
 * says what is meant.                                                        */
#include "conf/range.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/str.h"

#define V4_BITS 96u /* before an IPv4 address */

/* The address, and how many bits it may have. 0: it is none. */
static unsigned
read_ip(const char *text, uint8_t ip[16])
{
	memset(ip, 0, 16);
	if (inet_pton(AF_INET6, text, ip) == 1)
		return 128;
	memset(ip + 10, 0xff, 2);
	return inet_pton(AF_INET, text, ip + 12) == 1 ? 32 : 0;
}

/* Decimal, no sign, no leading zero, at most max. */
static bool
read_bits(const char *text, unsigned max, unsigned *out)
{
	size_t n = strlen(text);

	if (n < 1 || n > 3 || strspn(text, "0123456789") != n ||
	    (text[0] == '0' && n > 1))
		return false;
	*out = 0;
	for (; *text != '\0'; text++)
		*out = *out * 10 + (unsigned)(*text - '0');
	return *out <= max;
}

static bool
bit(const uint8_t ip[16], unsigned i)
{
	return (ip[i / 8] >> (7 - i % 8)) & 1;
}

int
range_read(const char *text, struct range *out, struct err *e)
{
	const char *slash = strchr(text, '/');
	size_t n = slash == NULL ? strlen(text) : (size_t)(slash - text);
	char ip[64];
	struct str s;
	unsigned all, bits;

	str_init(&s, ip, sizeof(ip));
	str_add_n(&s, text, n);
	all = s.cut ? 0 : read_ip(ip, out->ip);
	if (all == 0)
		return err_set(e, AX_E_CONFIG, "\"%.60s\" is no range of addresses; "
		    "write 192.0.2.0/24, 2001:db8::/32 or one address", text);
	bits = all;
	if (slash != NULL && !read_bits(slash + 1, all, &bits))
		return err_set(e, AX_E_CONFIG, "the prefix is not usable; write a "
		    "number from 0 to %u behind the slash", all);
	out->bits = (uint8_t)(bits + (all == 32 ? V4_BITS : 0));
	for (unsigned i = out->bits; i < 128; i++) {
		if (bit(out->ip, i))
			return err_set(e, AX_E_CONFIG, "%.60s has bits beyond its "
			    "prefix; write the first address of the range, or a longer "
			    "prefix", text);
	}
	return 0;
}

bool
range_has(const struct range *r, const uint8_t ip[16])
{
	unsigned whole = r->bits / 8, rest = r->bits % 8;

	if (memcmp(r->ip, ip, whole) != 0)
		return false;
	return rest == 0 || ((r->ip[whole] ^ ip[whole]) >> (8 - rest)) == 0;
}

/* ustar.c — heads of tar members.
 *
 * Thread: any. Invariant: a head that is read is written again and compared, so that
 * there is one form of each, and every bit of it means something.            */
#include "cmd/ustar.h"

#include <stdio.h>
#include <string.h>

/* Where fields are, and how long. */
enum {
	MODE = 100, UID = 108, GID = 116, SIZE = 124, MTIME = 136, SUM = 148,
	TYPE = 156, MAGIC = 257, USER = 265, MAJOR = 329, MINOR = 337,
	SHORT = 8, LONG = 12
};

static void
put_octal(uint8_t *p, size_t len, uint64_t v)
{
	p[len - 1] = '\0';
	for (size_t i = len - 1; i > 0; i--, v >>= 3)
		p[i - 1] = (uint8_t)('0' + (v & 7));
}

static uint64_t
get_octal(const uint8_t *p, size_t len)
{
	uint64_t v = 0;

	for (size_t i = 0; i + 1 < len; i++)
		v = v << 3 | (p[i] & 7u); /* other digits do not come back equal */
	return v;
}

void
ustar_write(const struct ustar *u, uint8_t out[USTAR_BLOCK])
{
	unsigned sum = 0;

	memset(out, 0, USTAR_BLOCK);
	memcpy(out, u->name, strlen(u->name));
	put_octal(out + MODE, SHORT, u->mode);
	put_octal(out + UID, SHORT, 0);
	put_octal(out + GID, SHORT, 0);
	put_octal(out + SIZE, LONG, u->size);
	put_octal(out + MTIME, LONG, u->mtime);
	memset(out + SUM, ' ', SHORT);
	out[TYPE] = u->directory ? '5' : '0';
	memcpy(out + MAGIC, "ustar\0" "00", SHORT);
	memcpy(out + USER, u->user, strlen(u->user));
	put_octal(out + MAJOR, SHORT, 0);
	put_octal(out + MINOR, SHORT, 0);
	for (size_t i = 0; i < USTAR_BLOCK; i++)
		sum += out[i];
	put_octal(out + SUM, SHORT - 1, sum); /* tar leaves the blank behind it */
}

bool
ustar_read(const uint8_t in[USTAR_BLOCK], struct ustar *out)
{
	struct ustar u = { .directory = in[TYPE] == '5' };
	uint8_t again[USTAR_BLOCK];

	memcpy(u.name, in, USTAR_NAME_MAX);
	memcpy(u.user, in + USER, sizeof(u.user) - 1);
	u.mode = (uint32_t)get_octal(in + MODE, SHORT);
	u.size = get_octal(in + SIZE, LONG);
	u.mtime = get_octal(in + MTIME, LONG);
	ustar_write(&u, again);
	if (memcmp(in, again, USTAR_BLOCK) != 0)
		return false;
	*out = u;
	return true;
}

/* frost.c — records of one description, out and in.
 *
 * Thread: owner. Pure.
 * Invariant: once bad, nothing more is written, and what is read is zero.     */
#include "base/frost.h"

#include <string.h>

void
frost_write(struct frost *f, struct buf *out, struct buf *fds)
{
	*f = (struct frost){ .out = out, .fds = fds };
}

void
frost_read(struct frost *f, struct slice in, struct buf *fds)
{
	*f = (struct frost){ .fds = fds };
	reader_init(&f->in, in);
}

struct slice
frost_take(struct frost *f, size_t n)
{
	struct slice s = slice_of(NULL, 0);

	if (!f->bad)
		s = reader_bytes(&f->in, n);
	f->bad = f->bad || f->in.bad;
	return f->bad ? slice_of(NULL, 0) : s;
}

void
frost_copy(struct frost *f, void *p, size_t n)
{
	struct slice s;

	if (!frost_reads(f)) {
		f->bad = f->bad || (n > 0 && buf_append(f->out, p, n) < 0);
		return;
	}
	s = frost_take(f, n);
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	else if (n > 0)
		memset(p, 0, n);
}

/* The lowest n bytes of *v, the first one first. */
static void
number(struct frost *f, uint64_t *v, size_t n)
{
	uint8_t b[8];

	for (size_t i = 0; i < n; i++)
		b[i] = (uint8_t)(*v >> 8 * (n - 1 - i));
	frost_copy(f, b, n);
	*v = 0;
	for (size_t i = 0; i < n; i++)
		*v = *v << 8 | b[i];
}

void
frost_u8(struct frost *f, uint8_t *v)
{
	frost_copy(f, v, 1);
}

void
frost_u16(struct frost *f, uint16_t *v)
{
	uint64_t x = *v;

	number(f, &x, sizeof(*v));
	*v = (uint16_t)x;
}

void
frost_u32(struct frost *f, uint32_t *v)
{
	uint64_t x = *v;

	number(f, &x, sizeof(*v));
	*v = (uint32_t)x;
}

void
frost_u64(struct frost *f, uint64_t *v)
{
	number(f, v, sizeof(*v));
}

void
frost_bool(struct frost *f, bool *v)
{
	uint8_t x = frost_reads(f) ? 0 : *v;

	frost_copy(f, &x, 1);
	frost_require(f, x <= 1);
	*v = x == 1;
}

void
frost_text(struct frost *f, char *s, size_t cap)
{
	uint16_t n = frost_reads(f) ? 0 : (uint16_t)strlen(s);

	frost_u16(f, &n);
	frost_require(f, n < cap);
	if (f->bad)
		n = 0;
	frost_copy(f, s, n);
	s[n] = '\0';
	frost_require(f, memchr(s, '\0', n) == NULL);
}

void
frost_fd(struct frost *f, int *fd)
{
	if (!frost_reads(f)) {
		f->bad = f->bad || buf_append(f->fds, fd, sizeof(*fd)) < 0;
		return;
	}
	*fd = -1;
	f->bad = f->bad || buf_len(f->fds) < sizeof(*fd);
	if (f->bad)
		return;
	memcpy(fd, buf_slice(f->fds).p, sizeof(*fd));
	buf_consume(f->fds, sizeof(*fd));
}

void
frost_require(struct frost *f, bool so)
{
	if (frost_reads(f) && !so)
		f->bad = true;
}

bool
frost_is_done(const struct frost *f)
{
	return !f->bad && reader_done(&f->in);
}

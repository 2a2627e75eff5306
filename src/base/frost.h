/* frost.h — state on its way from one process to the next: one description of a
 * record serves for writing and for reading it, so that the two cannot differ.
 *
 *	frost_u32(f, &s->epoch);	writes it, or sets it
 *
 * What is read comes from a program that may have crashed while it wrote: the
 * error sticks as in cursor.h, and whoever describes a record judges its values
 * with if, by frost_require. Descriptors travel beside the bytes, in order.
 * Thread: owner.                                                             */
#ifndef ATLAX_BASE_FROST_H
#define ATLAX_BASE_FROST_H

#include "base/buf.h"
#include "base/cursor.h"

struct frost {
	struct buf *out; /* borrowed; NULL: this one reads */
	struct reader in;
	struct buf *fds; /* borrowed; ints. Read: those not taken yet */
	bool bad;	 /* no memory; or torn, or not to be believed */
};

void frost_write(struct frost *f, struct buf *out, struct buf *fds);
void frost_read(struct frost *f, struct slice in, struct buf *fds);

static inline bool
frost_reads(const struct frost *f)
{
	return f->out == NULL;
}

void frost_u8(struct frost *f, uint8_t *v);
void frost_u16(struct frost *f, uint16_t *v);
void frost_u32(struct frost *f, uint32_t *v);
void frost_u64(struct frost *f, uint64_t *v);
void frost_bool(struct frost *f, bool *v);
void frost_copy(struct frost *f, void *p, size_t n);
/* A string with its end, in an array of cap bytes. */
void frost_text(struct frost *f, char *s, size_t cap);
/* Lends n bytes of what is read; empty when there are fewer. */
struct slice frost_take(struct frost *f, size_t n);
/* Written: fd stays the caller's. Read: *fd is the caller's; or -1. */
void frost_fd(struct frost *f, int *fd);
/* What was read must be so; while writing nothing is judged. */
void frost_require(struct frost *f, bool so);
/* Was everything read, and nothing wrong with it? */
bool frost_is_done(const struct frost *f);

#endif

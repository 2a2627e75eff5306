/* slice.h — bytes that belong to somebody else. A slice is always borrowed.
 * Thread: any.                                                               */
#ifndef ATLAX_BASE_SLICE_H
#define ATLAX_BASE_SLICE_H

#include <string.h>

#include "base/defs.h"

struct slice {
	const uint8_t *p;
	size_t n;
};

static inline struct slice
slice_of(const void *p, size_t n)
{
	return (struct slice){ .p = p, .n = n };
}

static inline struct slice
slice_str(const char *s)
{
	return slice_of(s, strlen(s));
}

static inline bool
slice_eq(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* One past the last byte. No arithmetic on NULL, not even plus zero: that is
 * undefined in C, and the sanitizer says so.                                 */
static inline const uint8_t *
slice_end(struct slice s)
{
	return s.n == 0 ? s.p : s.p + s.n;
}

/* Without the first n bytes; n <= s.n. */
static inline struct slice
slice_skip(struct slice s, size_t n)
{
	return n == 0 ? s : slice_of(s.p + n, s.n - n);
}

#endif

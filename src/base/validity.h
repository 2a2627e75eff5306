/* validity.h — how far a certificate is on its way to its end: one measure for all
 * who warn. Pure. Thread: any.                                               */
#ifndef ATLAX_BASE_VALIDITY_H
#define ATLAX_BASE_VALIDITY_H

#include "base/defs.h"

enum validity {
	VALIDITY_GOOD,
	VALIDITY_HALF, /* less than half of its life is left */
	VALIDITY_LATE, /* less than a fifth */
	VALIDITY_OVER
};

/* Units: Unix seconds. */
static inline enum validity
validity_of(int64_t not_before, int64_t not_after, int64_t now)
{
	int64_t life = not_after - not_before, left = not_after - now;

	if (left < 0)
		return VALIDITY_OVER;
	if (left < life / 5)
		return VALIDITY_LATE;
	return left < life / 2 ? VALIDITY_HALF : VALIDITY_GOOD;
}

#endif

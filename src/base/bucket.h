/* bucket.h — a rate that many share, whoever uses it from whichever thread. One says
 * how much he has used, and is told when the next may be: after the time that it
 * takes at this rate, behind everybody who said so before. What was not used for a
 * quarter of a second is not saved up. (GCRA, ITU-T I.371.)
 * Thread: any. Units: of the caller's choice, a second.                      */
#ifndef ATLAX_BASE_BUCKET_H
#define ATLAX_BASE_BUCKET_H

#include <stdatomic.h>

#include "base/defs.h"

/* All zero: no limit. */
struct bucket {
	atomic_uint_least64_t rate; /* 0: no limit */
	atomic_uint_least64_t paid_ns; /* by then what was used is paid for */
};

#define BUCKET_BURST_NS (AX_NS_PER_S / 4)

static inline void
bucket_set(struct bucket *b, uint64_t rate)
{
	atomic_store_explicit(&b->rate, rate, memory_order_relaxed);
}

static inline uint64_t
bucket_rate(const struct bucket *b)
{
	return atomic_load_explicit(&b->rate, memory_order_relaxed);
}

/* n (at most 2^32) were used. Returns when the next may be; now_ns or before: at
 * once. */
uint64_t bucket_use(struct bucket *b, uint64_t n, uint64_t now_ns);

#endif

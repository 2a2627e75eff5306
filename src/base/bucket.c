/* bucket.c — one number: the time by which everything is paid for.
 *
 * Thread: any.                                                               */
#include "base/bucket.h"

#include "base/assert.h"

uint64_t
bucket_use(struct bucket *b, uint64_t n, uint64_t now_ns)
{
	uint64_t rate = bucket_rate(b), was, from, paid;

	ax_assert(n <= (UINT64_C(1) << 32));
	if (rate == 0)
		return now_ns;
	was = atomic_load_explicit(&b->paid_ns, memory_order_relaxed);
	do {
		from = MAX(was, now_ns - MIN(now_ns, BUCKET_BURST_NS));
		paid = from + n * AX_NS_PER_S / rate;
	} while (!atomic_compare_exchange_weak_explicit(&b->paid_ns, &was, paid,
	    memory_order_relaxed, memory_order_relaxed));
	return paid;
}

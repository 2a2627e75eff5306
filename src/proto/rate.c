/* rate.c — the best rate seen in the last seconds.
 *
 * Thread: owner. Pure.
 * The maximum, because a sample is low as soon as we had nothing to send, and
 * that says nothing about the path; two epochs, so that a path which became
 * slow is noticed after a while. The burst starts small: it does not limit
 * throughput, because what was sent makes room at once, and an optimistic start
 * had the first keystroke on a slow path wait for 256 KiB.                   */
#include "proto/rate.h"

#define SAMPLE_MIN_NS (5 * AX_NS_PER_MS)
#define EPOCH_NS (2 * AX_NS_PER_S)

void
rate_init(struct rate *r)
{
	*r = (struct rate){ .since_ns = AX_NEVER };
}

void
rate_acked(struct rate *r, uint64_t n, uint64_t now_ns, uint64_t rtt_ns)
{
	uint64_t took_ns, rate;

	if (r->since_ns == AX_NEVER) {
		r->since_ns = r->epoch_ns = now_ns;
		return;
	}
	r->bytes += n;
	took_ns = now_ns - r->since_ns;
	if (took_ns < MAX(rtt_ns, SAMPLE_MIN_NS))
		return;
	/* Microseconds: bytes times 10^9 would overflow at 18 GB. */
	rate = r->bytes * UINT64_C(1000000) / (took_ns / AX_NS_PER_US);
	r->since_ns = now_ns;
	r->bytes = 0;
	if (now_ns - r->epoch_ns >= EPOCH_NS) {
		r->epoch_ns = now_ns;
		r->last_best = r->best;
		r->best = 0;
	}
	r->best = MAX(r->best, rate);
}

size_t
rate_burst(const struct rate *r)
{
	uint64_t rate = MAX(r->best, r->last_best);

	return (size_t)MIN(MAX(rate / 200, RATE_BURST_MIN), RATE_BURST_MAX);
}

/* rate.c — the best rate seen in the last seconds.
 *
 * Thread: owner. Pure.
 * The best, because a sample is low as soon as we had nothing to send, and that
 * says nothing about the path: such samples can only prove it fast. Two epochs,
 * so that a path which became slow is noticed after a while. The burst does not
 * limit throughput, because what was sent makes room at once; but a large one is
 * cheaper, so it is made small only for a path that is known to be slow. An
 * optimistic start had the first keystroke wait for 256 KiB of a download.   */
#include "proto/rate.h"

#define SAMPLE_MIN_NS (5 * AX_NS_PER_MS)
#define EPOCH_NS (2 * AX_NS_PER_S)
#define BURSTS_PER_S 200

void
rate_init(struct rate *r)
{
	*r = (struct rate){ .since_ns = AX_NEVER };
}

void
rate_idle(struct rate *r)
{
	r->busy = false;
}

static void
note_sample(struct rate *r, uint64_t rate, uint64_t now_ns)
{
	if (now_ns - r->epoch_ns >= EPOCH_NS) {
		r->epoch_ns = now_ns;
		r->before = r->now;
		r->now = (struct rate_epoch){ 0 };
	}
	r->now.best = MAX(r->now.best, rate);
	r->now.proven |= r->busy;
}

void
rate_acked(struct rate *r, uint64_t n, uint64_t now_ns, uint64_t rtt_ns)
{
	uint64_t took_ns = now_ns - r->since_ns;

	r->bytes += n;
	if (r->since_ns == AX_NEVER)
		r->epoch_ns = now_ns;
	else if (took_ns < MAX(rtt_ns, SAMPLE_MIN_NS))
		return;
	else /* in us: bytes times 10^9 would overflow at 18 GB */
		note_sample(r, r->bytes * UINT64_C(1000000) /
			(took_ns / AX_NS_PER_US), now_ns);
	r->since_ns = now_ns;
	r->bytes = 0;
	r->busy = true;
}

static uint64_t
best(const struct rate *r)
{
	return MAX(r->now.best, r->before.best);
}

size_t
rate_times(const struct rate *r, uint64_t ns)
{
	return (size_t)(best(r) / 1000 * MIN(ns, AX_NS_PER_S) / AX_NS_PER_MS);
}

size_t
rate_burst(const struct rate *r)
{
	bool proven = r->now.proven || r->before.proven;
	uint64_t least = proven ? RATE_BURST_MIN : RATE_BURST_FIRST;
	uint64_t n = best(r) / BURSTS_PER_S;

	return (size_t)MIN(MAX(n, least), RATE_BURST_MAX);
}

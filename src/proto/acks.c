/* acks.c — when to acknowledge.
 *
 * Thread: owner. Pure.
 * Invariant: told <= received; due only if told < received.                  */
#include "proto/acks.h"

void
acks_init(struct acks *a, uint32_t ring)
{
	*a = (struct acks){ .since_ns = AX_NEVER };
	a->every = MIN(MAX(ring / 4, ACKS_EVERY_MIN), ACKS_EVERY_MAX);
}

void
acks_received(struct acks *a, size_t n, uint64_t now_ns)
{
	if (a->told == a->received)
		a->since_ns = now_ns;
	a->received += n;
	if (a->received - a->told >= a->every)
		a->due = true;
}

uint64_t
acks_deadline(const struct acks *a)
{
	if (a->due || a->since_ns == AX_NEVER)
		return AX_NEVER;
	return a->since_ns + ACKS_AGE_NS;
}

void
acks_tick(struct acks *a, uint64_t now_ns)
{
	if (now_ns >= acks_deadline(a))
		a->due = true;
}

bool
acks_may_ride(const struct acks *a, uint64_t now_ns)
{
	uint64_t untold = a->received - a->told;

	if (untold == 0)
		return false;
	return a->due || untold >= a->every / 2 ||
	    now_ns - a->since_ns >= ACKS_AGE_NS / 2;
}

uint64_t
acks_tell(struct acks *a)
{
	a->told = a->received;
	a->since_ns = AX_NEVER;
	a->due = false;
	return a->told;
}

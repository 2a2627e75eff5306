/* keepalive.c — the ping schedule.
 *
 * Thread: owner. Pure.
 * Invariant: at most one ping of ours waits for an answer, at most one answer
 * of ours waits to be written; newer ones replace older ones.                */
#include "proto/keepalive.h"

#define PING_GAP_NS AX_NS_PER_S /* the peer counts faster pings against us */

void
keepalive_init(struct keepalive *k, uint32_t ping_ms, uint32_t dead_ms)
{
	*k = (struct keepalive){
		.interval_ns = ping_ms * AX_NS_PER_MS,
		.dead_ns = dead_ms * AX_NS_PER_MS,
		.next_ns = AX_NEVER,
	};
}

void
keepalive_set_interval(struct keepalive *k, uint32_t ping_ms)
{
	k->interval_ns = ping_ms * AX_NS_PER_MS;
}

static void
ask(struct keepalive *k, uint64_t now_ns)
{
	k->want_ping = true;
	k->next_ns = now_ns + k->interval_ns;
	if (!k->waiting) {
		k->waiting = true;
		k->asked_ns = now_ns;
	}
}

void
keepalive_start(struct keepalive *k, uint64_t now_ns)
{
	k->heard_ns = now_ns;
	ask(k, now_ns);
}

void
keepalive_stop(struct keepalive *k)
{
	k->next_ns = AX_NEVER;
	k->want_ping = k->waiting = false;
	k->want_pong = k->pinged = false;
}

void
keepalive_probe(struct keepalive *k, uint64_t now_ns)
{
	if (k->next_ns == AX_NEVER || k->want_ping)
		return;
	if (now_ns - k->opaque >= PING_GAP_NS)
		ask(k, now_ns);
	else
		k->next_ns = MIN(k->next_ns, k->opaque + PING_GAP_NS);
}

void
keepalive_heard(struct keepalive *k, uint64_t now_ns)
{
	k->heard_ns = now_ns;
}

static uint64_t
dead_at(const struct keepalive *k)
{
	if (!k->waiting)
		return AX_NEVER;
	return MAX(k->asked_ns, k->heard_ns) + k->dead_ns;
}

uint64_t
keepalive_deadline(const struct keepalive *k)
{
	return MIN(k->next_ns, dead_at(k));
}

bool
keepalive_tick(struct keepalive *k, uint64_t now_ns)
{
	if (now_ns >= dead_at(k))
		return false;
	if (now_ns >= k->next_ns)
		ask(k, now_ns);
	return true;
}

uint64_t
keepalive_ping(struct keepalive *k, uint64_t now_ns)
{
	k->want_ping = false;
	k->opaque = now_ns;
	return now_ns;
}

bool
keepalive_ponged(struct keepalive *k, uint64_t opaque, uint32_t hold_us,
    uint64_t now_ns)
{
	uint64_t rtt_ns, hold_ns = hold_us * AX_NS_PER_US;

	if (!k->waiting || k->want_ping || opaque != k->opaque)
		return false;
	k->waiting = false;
	rtt_ns = now_ns - opaque;
	rtt_ns = rtt_ns > hold_ns ? rtt_ns - hold_ns : 1;
	if (k->rtt_min_ns == 0 || rtt_ns < k->rtt_min_ns)
		k->rtt_min_ns = rtt_ns;
	/* A quarter, not TCP's eighth: there is one sample in many seconds. */
	k->rtt_ns = k->rtt_ns == 0 ? rtt_ns : (3 * k->rtt_ns + rtt_ns) / 4;
	return true;
}

bool
keepalive_asked(struct keepalive *k, uint64_t opaque, uint64_t now_ns)
{
	bool early = k->pinged && now_ns - k->pinged_ns < PING_GAP_NS;

	k->want_pong = true;
	k->pong_opaque = opaque;
	k->pinged = true;
	k->pinged_ns = now_ns;
	return !early;
}

uint32_t
keepalive_pong(struct keepalive *k, uint64_t now_ns)
{
	uint64_t us = (now_ns - k->pinged_ns) / AX_NS_PER_US;

	k->want_pong = false;
	return (uint32_t)MIN(us, UINT32_MAX);
}

/* acks.h — how far the peer's sequence has been received, and when to tell it.
 * Thread: owner.                                                             */
#ifndef ATLAX_PROTO_ACKS_H
#define ATLAX_PROTO_ACKS_H

#include "base/defs.h"

#define ACKS_EVERY_MIN (16u << 10)
#define ACKS_EVERY_MAX (128u << 10)
#define ACKS_AGE_NS (100 * AX_NS_PER_MS)

struct acks {
	uint64_t received;  /* bytes of complete sequenced frames */
	uint64_t told;	    /* what the last ACK or PONG said */
	uint64_t since_ns;  /* the oldest byte not told of; AX_NEVER: none */
	uint32_t every;	    /* tell after so many bytes */
	bool due;
};

/* ring: what the peer keeps for replay; it must never wait for us to speak
 * while its ring is full, so a quarter of it is told of at the latest.       */
void acks_init(struct acks *a, uint32_t ring);
void acks_received(struct acks *a, size_t n, uint64_t now_ns);
uint64_t acks_deadline(const struct acks *a);
void acks_tick(struct acks *a, uint64_t now_ns);
/* Something else is being sent: is it worth to ride along? */
bool acks_may_ride(const struct acks *a, uint64_t now_ns);
/* An ACK or PONG is being written: its value. */
uint64_t acks_tell(struct acks *a);

#endif

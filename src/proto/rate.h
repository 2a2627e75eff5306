/* rate.h — how fast the path carries our bytes, judged by what the peer
 * acknowledges, and how much may wait unsent because of it. Thread: owner.   */
#ifndef ATLAX_PROTO_RATE_H
#define ATLAX_PROTO_RATE_H

#include "base/defs.h"

#define RATE_BURST_MIN (8u << 10)
#define RATE_BURST_MAX (256u << 10)

struct rate {
	uint64_t since_ns; /* the sample that is being taken; AX_NEVER: none */
	uint64_t bytes;	   /* acknowledged since */
	uint64_t epoch_ns; /* when best began */
	uint64_t best, last_best; /* bytes/s: of this epoch, of the one before */
};

void rate_init(struct rate *r);
void rate_acked(struct rate *r, uint64_t n, uint64_t now_ns, uint64_t rtt_ns);
/* Five milliseconds' worth, between 8 and 256 KiB; the least while unknown.
 * Twice the burst and the low-water mark of the socket is what a keystroke may
 * find ahead of it.                                                          */
size_t rate_burst(const struct rate *r);

#endif

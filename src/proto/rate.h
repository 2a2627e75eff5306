/* rate.h — how fast the path carries our bytes, judged by what the peer
 * acknowledges, and how much may wait unsent because of it. Thread: owner.   */
#ifndef ATLAX_PROTO_RATE_H
#define ATLAX_PROTO_RATE_H

#include "base/defs.h"

#define RATE_BURST_MIN (4u << 10)
#define RATE_BURST_FIRST (8u << 10) /* the least until the path proves slow */
#define RATE_BURST_MAX (256u << 10)

/* The best of some time. */
struct rate_epoch {
	uint64_t best; /* bytes/s */
	bool proven;   /* a sample in which we always had something to send */
};

struct rate {
	uint64_t since_ns; /* the sample that is being taken; AX_NEVER: none */
	uint64_t bytes;	   /* acknowledged since */
	bool busy;	   /* there was always something to send since */
	uint64_t epoch_ns; /* when now began */
	struct rate_epoch now, before;
};

void rate_init(struct rate *r);
/* There is nothing to send: what is measured says little about the path. */
void rate_idle(struct rate *r);
void rate_acked(struct rate *r, uint64_t n, uint64_t now_ns, uint64_t rtt_ns);
/* How much may wait: five milliseconds' worth. Twice as much, and what the
 * socket holds at its low-water mark, is what a keystroke may find ahead.    */
size_t rate_burst(const struct rate *r);
/* What the path carries in that time, by the same judgement. */
size_t rate_times(const struct rate *r, uint64_t ns);

#endif

/* pattern.h — what the load streams carry: bytes that depend on their position,
 * so that a lost, doubled or swapped piece is seen, and that cost nothing to
 * make: the stream is one table repeated, checked with memcmp. The period is a
 * prime, so no buffer or frame size divides it. No byte of it is PATTERN_END,
 * which therefore can mark the end of a stream.
 * Thread: any, after pattern_init; the table is never written again.         */
#ifndef ATLAX_BENCH_PATTERN_H
#define ATLAX_BENCH_PATTERN_H

#include "base/defs.h"

#define PATTERN_PERIOD 65521u
#define PATTERN_RUN (128u << 10) /* bytes that can be had in one piece */
#define PATTERN_END 0xff

struct pattern {
	uint8_t bytes[PATTERN_PERIOD + PATTERN_RUN];
};

void pattern_init(struct pattern *p);
/* Borrows PATTERN_RUN bytes, those of a stream from position at on. */
const uint8_t *pattern_at(const struct pattern *p, uint64_t at);
/* Whether in holds the n bytes of a stream from position at on; any n. */
bool pattern_matches(
    const struct pattern *p, uint64_t at, const uint8_t *in, size_t n);

#endif

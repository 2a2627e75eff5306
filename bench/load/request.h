/* request.h — how a load client tells the service what it wants: sixteen bytes
 * at the start of a connection. HTTP requests need none: their first byte, a
 * 'G', is no operation. One port of the service therefore serves every load.
 * Thread: any.                                                               */
#ifndef ATLAX_BENCH_REQUEST_H
#define ATLAX_BENCH_REQUEST_H

#include "base/slice.h"

#define REQUEST_LEN 16
#define RECEIPT_LEN 16

enum request_op {
	REQUEST_ECHO = 'E',   /* everything back, until the client closes */
	REQUEST_ONCE = 'O',   /* count bytes back, then the service closes */
	REQUEST_SINK = 'U',   /* takes a pattern up to its PATTERN_END, then
			       * answers with a receipt */
	REQUEST_SOURCE = 'D', /* sends count bytes of the pattern, then closes;
			       * count 0: until the client closes */
};

struct request {
	uint8_t op;
	bool verify;	 /* the sink compares what it gets */
	uint32_t stream; /* chooses where in the pattern the stream begins */
	uint64_t count;
};

/* What a sink saw. */
struct receipt {
	uint64_t bytes;
	uint64_t bad; /* pieces that were not what they should be */
};

void request_write(const struct request *rq, uint8_t out[REQUEST_LEN]);
struct request request_read(const uint8_t in[REQUEST_LEN]);
void receipt_write(const struct receipt *rp, uint8_t out[RECEIPT_LEN]);
struct receipt receipt_read(const uint8_t in[RECEIPT_LEN]);

/* The position in the pattern where a stream begins: no two of the first
 * thousands of streams carry the same bytes, so a mix-up is seen.            */
static inline uint64_t
request_start(uint32_t stream)
{
	return (uint64_t)stream * 7919;
}

#endif

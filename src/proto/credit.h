/* credit.h — flow-control windows. Offsets are absolute and count the bytes of
 * one direction of a stream from its beginning; a limit never decreases.
 *
 * What we may receive is bounded twice: per stream by a window that follows the
 * product of bandwidth and delay, and per session by a pool from which every
 * stream's share beyond the initial window is drawn, so that
 *	sum of (limit - consumed) over all streams <= budget + streams * init.
 * All of it is reserved with the session's allocator before it is granted, in
 * pieces of 64 KiB, so that sessions which share memory share it as they need it.
 * A stream whose initial window cannot be reserved is not opened; one that is open
 * has it for life.
 * Thread: owner. Units: bytes; times in ns.                                  */
#ifndef ATLAX_PROTO_CREDIT_H
#define ATLAX_PROTO_CREDIT_H

#include "base/alloc.h"

/* The receive credit of a session. */
struct credit_pool {
	struct alloc *alloc; /* borrowed; where it is reserved */
	uint64_t shared; /* to draw from, beyond initial windows */
	uint64_t used;	 /* drawn */
	uint64_t windows; /* the initial windows of open streams */
	uint64_t held;	 /* reserved: windows + used, in pieces */
	uint64_t out;	 /* outstanding credit of all streams: for statistics */
	uint32_t init, max;
};

struct credit_rx {
	uint64_t limit;	   /* the peer may send up to here */
	uint64_t received;
	uint64_t consumed; /* its consumer took so much */
	uint64_t mark;	   /* consumed at mark_ns: the tuner's stretch */
	uint64_t mark_ns;
	uint32_t window;   /* W: how far ahead of consumed to grant */
	bool finished;	   /* nothing more will come */
	bool closed;	   /* what comes is thrown away; holds no credit */
};

struct credit_tx {
	uint64_t limit; /* the peer granted */
	uint64_t sent;
};

void credit_pool_init(struct credit_pool *p, struct alloc *a, uint64_t budget,
    uint32_t init, uint32_t max);
void credit_pool_fini(struct credit_pool *p);

/* A stream's window, at the initial one. False: there is no memory for it; it is
 * as good as closed.                                                         */
AX_CHECKED bool credit_rx_start(
    struct credit_rx *c, struct credit_pool *p, uint64_t now_ns);
/* n bytes came. False: more than granted; nothing has changed. */
bool credit_rx_receive(struct credit_rx *c, size_t n);
/* The consumer took n bytes (<= received - consumed). True: a grant is worth a
 * message now. rtt_ns: 0 if unknown.                                         */
bool credit_rx_consume(struct credit_rx *c, struct credit_pool *p, size_t n,
    uint64_t now_ns, uint64_t rtt_ns);
/* Raises the limit as far as window and pool allow; false: not at all. */
bool credit_rx_grant(struct credit_rx *c, struct credit_pool *p);
/* The peer will send no more: credit that it did not use comes back. */
void credit_rx_finish(struct credit_rx *c, struct credit_pool *p);
/* Nobody will consume: all credit comes back. May be called twice. */
void credit_rx_close(struct credit_rx *c, struct credit_pool *p);
/* It comes from another process, where it was so: takes its share. False: it cannot
 * be, or there is no memory for it.                                          */
AX_CHECKED bool credit_rx_thaw(const struct credit_rx *c, struct credit_pool *p);
/* What the stream still holds of the budget. */
uint64_t credit_rx_out(const struct credit_rx *c);
void credit_rx_check(const struct credit_rx *c, const struct credit_pool *p);

static inline uint64_t
credit_tx_room(const struct credit_tx *c)
{
	return c->limit - c->sent;
}

/* n <= room. */
void credit_tx_use(struct credit_tx *c, size_t n);
/* The peer's grant: the new absolute limit. False: it does not raise the limit
 * (same_ok: it may repeat it), or runs too far ahead of what was sent.       */
bool credit_tx_grant(struct credit_tx *c, uint64_t limit, bool same_ok);

#endif

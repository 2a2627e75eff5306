/* pipe.h — one direction of a network path in virtual time: bytes go in, wait
 * for their turn on a link of limited rate, travel, and come out in order and
 * in pieces. What a TCP connection does to bytes, without its losses.
 * Thread: owner.  Units: bytes, ns of the simulated clock.                   */
#ifndef ATLAX_TESTS_SIM_PIPE_H
#define ATLAX_TESTS_SIM_PIPE_H

#include "base/buf.h"
#include "base/rng.h"

struct pipe_args {
	uint64_t delay_ns;    /* one way */
	uint64_t jitter_ns;   /* added, uniform; order is kept */
	uint64_t bytes_per_s; /* 0: no limit */
	size_t unsent_max;    /* taken, not yet on the wire: the low-water mark */
	size_t piece_min, piece_max; /* what one read gives */
};

struct segment {
	size_t len;
	uint64_t depart_ns; /* its last byte has left the sender */
	uint64_t arrive_ns;
};

struct pipe {
	struct pipe_args args;
	struct rng *rng;	 /* borrowed */
	struct buf bytes;	 /* in flight, and arrived but not read */
	struct segment *seg;	 /* queue: head..tail */
	size_t head, tail, cap;
	size_t departed;	 /* index of the first that has not left */
	size_t unsent;		 /* bytes that have not left */
	size_t arrived;		 /* bytes that may be read now */
	uint64_t link_free_ns, last_arrival_ns;
	bool cut;		 /* nothing arrives any more */
	bool lost;		 /* nothing is taken any more: pipe_cut */
};

void pipe_init(struct pipe *p, const struct pipe_args *args, struct rng *rng);
void pipe_fini(struct pipe *p);
/* Lets the time pass: segments leave and arrive. */
void pipe_advance(struct pipe *p, uint64_t now_ns);
/* True while less than the low-water mark waits to be sent. One write may go
 * past the mark, as a TLS record does.                                       */
bool pipe_is_writable(const struct pipe *p);
void pipe_write(struct pipe *p, const void *bytes, size_t n, uint64_t now_ns);
/* The next piece, to be dropped with pipe_drop; empty when nothing is there. */
struct slice pipe_peek(struct pipe *p);
void pipe_drop(struct pipe *p, size_t n);
/* When something will change; AX_NEVER: only a write can change anything. */
uint64_t pipe_next_ns(const struct pipe *p);
bool pipe_is_empty(const struct pipe *p);
/* The line is cut: some of what is on its way still arrives, the rest and what is
 * written from now on never.                                                 */
void pipe_cut(struct pipe *p);

#endif

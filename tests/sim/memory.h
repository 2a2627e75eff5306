/* memory.h — an allocator for tests: counts, bounds, and fails where it is
 * told. Unlike base's counting allocator it can fail once and then recover,
 * which is where a session must prove that nothing was half done.
 * Thread: owner.                                                             */
#ifndef ATLAX_TESTS_SIM_MEMORY_H
#define ATLAX_TESTS_SIM_MEMORY_H

#include "base/alloc.h"

/* The memory of a ring: what it may hold, rests of segments that nothing fits
 * into (at most a 32nd), one at each end, and four that wait for use.         */
#define SIM_RING_MOST(max) ((max) + (max) / 32 + 6 * (65u << 10))

struct memory {
	struct alloc base; /* pass &x.base */
	size_t bytes, peak;
	uint64_t calls;	   /* to get */
	uint64_t fail_at;  /* the call that fails, from 1; 0: none */
	bool fail_on;	   /* and every one after it */
	uint64_t failed;   /* how many did */
};

void memory_init(struct memory *m);

#endif

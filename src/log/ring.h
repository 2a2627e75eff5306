/* ring.h — bytes from one thread to one other, whole lines at a time, without
 * a lock. Inside log only.                                                   */
#ifndef ATLAX_LOG_RING_H
#define ATLAX_LOG_RING_H

#include <stdalign.h>
#include <stdatomic.h>
#include <sys/uio.h>

#include "base/defs.h"

struct log_ring {
	char *mem;
	size_t cap; /* power of two */
	/* Both only grow; head - tail bytes are in the ring. Lines of their own
	 * in the cache: the two threads would fight over one.                */
	alignas(64) atomic_size_t head; /* written by the producer */
	alignas(64) atomic_size_t tail; /* written by the consumer */
};

/* Thread: before it is shared. Fails: AX_E_NOMEM. */
AX_CHECKED int log_ring_init(struct log_ring *r, size_t cap);
void log_ring_fini(struct log_ring *r);
/* Copies all n bytes, or nothing and returns false: there is no room.
 * Thread: producer.                                                          */
bool log_ring_put(struct log_ring *r, const char *p, size_t n);
/* What is in the ring, in one or two pieces (0: nothing); they stay until
 * dropped. Thread: consumer.                                                 */
size_t log_ring_peek(const struct log_ring *r, struct iovec out[2]);
void log_ring_drop(struct log_ring *r, size_t n);
/* Thread: any; a producer's bytes may appear right after. */
bool log_ring_is_empty(const struct log_ring *r);

#endif

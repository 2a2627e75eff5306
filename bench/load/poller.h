/* poller.h — epoll, level-triggered, for one thread. Not io/loop.h: what
 * measures must not share the code of what is measured. Thread: owner.       */
#ifndef ATLAX_BENCH_POLLER_H
#define ATLAX_BENCH_POLLER_H

#include <sys/epoll.h>

#include "base/err.h"

struct poller {
	int fd;
};

/* Sits inside the object that owns the descriptor. */
struct handler {
	int fd; /* -1: none */
	uint32_t events;
	/* May drop itself and free its object, but no other object. */
	void (*ready)(struct handler *h, uint32_t events);
};

AX_CHECKED int poller_open(struct poller *p, struct err *e);
void poller_close(struct poller *p);
/* h->fd and h->ready are set. Fails: AX_E_SYS, AX_E_NOMEM; the descriptor stays
 * the caller's.                                                              */
AX_CHECKED int poller_add(
    struct poller *p, struct handler *h, uint32_t events, struct err *e);
void poller_want(struct poller *p, struct handler *h, uint32_t events);
/* Closes the descriptor. Harmless when there is none. */
void poller_drop(struct handler *h);
/* Waits for events, not past until_ns of the monotonic clock, and handles
 * them. AX_NEVER: waits as long as it takes.                                 */
void poller_turn(struct poller *p, uint64_t until_ns);

#endif

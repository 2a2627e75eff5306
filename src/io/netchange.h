/* netchange.h — tells that addresses or routes of the machine have changed, or that it
 * has slept: what went by the old ones, or came meanwhile, may be lost. Linux (rtnetlink,
 * timerfd).
 * Thread: the loop's.                                                        */
#ifndef ATLAX_IO_NETCHANGE_H
#define ATLAX_IO_NETCHANGE_H

#include "io/loop.h"

struct netchange {
	struct watch network, clock;
	struct wheel_timer timer;
	struct loop *loop;
	void (*fn)(struct netchange *n);
	uint64_t told_ns;
};

/* fn is called a moment after a change, once for all that come within it, and four
 * times in a second at most. Borrows l. Fails: AX_E_SYS: the kernel or a sandbox does not
 * allow it; fn is called for less, or never, and netchange_fini is harmless.  */
AX_CHECKED int netchange_init(
    struct netchange *n, struct loop *l, void (*fn)(struct netchange *));
void netchange_fini(struct netchange *n);

#endif

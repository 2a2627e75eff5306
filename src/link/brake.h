/* brake.h — slows a splice down to rates that it shares with others, each way. It
 * moves a little, then rests until that is paid for: resting, it leaves its socket
 * unread, or keeps the credit back for what its socket took. Nothing is dropped, and
 * what cannot be sent waits where it is: at the visitor, or at the service.
 *
 * Thread: the loop's.                                                        */
#ifndef ATLAX_LINK_BRAKE_H
#define ATLAX_LINK_BRAKE_H

#include "base/bucket.h"
#include "base/wheel.h"

struct splice;

/* Rates in bytes a second: up is from the socket into the tunnel. */
struct brake_rates {
	struct bucket up, down;
};

#define BRAKE_RATES 2

struct brake {
	struct splice *splice;	  /* NULL: it brakes nobody */
	struct brake_rates *rates[BRAKE_RATES]; /* all hold, up to a NULL. Borrowed */
	struct wheel_timer timer;
	uint64_t up_ns, down_ns; /* it rests until then; 0: it does not */
	uint64_t owed;		 /* bytes the socket took, credit not given yet */
};

/* From now on s keeps to b, which is zero but for rates, and which the brake() of its
 * ops returns; until brake_off, or until s ends. */
void brake_on(struct brake *b, struct splice *s);
void brake_off(struct brake *b); /* credit that is owed is given now */

static inline bool
brake_is_on(const struct brake *b)
{
	return b->splice != NULL;
}

/* Between a splice and its brake. How much it may read; 0: it rests. */
size_t brake_quantum(const struct brake *b, size_t quantum);
void brake_read(struct brake *b, size_t n);
void brake_wrote(struct brake *b, size_t n);
/* What is owed is given now, whatever the rates are. */
void brake_settle(struct brake *b);
/* The splice ends: no more timers. */
void brake_end(struct brake *b);

#endif

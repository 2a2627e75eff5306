/* wake.h — waking another thread's loop (eventfd). */
#ifndef ATLAX_IO_WAKE_H
#define ATLAX_IO_WAKE_H

#include "io/loop.h"

struct wake {
	struct watch watch;
	void (*fn)(struct wake *w);
};

/* Fails: AX_E_SYS. Thread: the loop's own. */
AX_CHECKED int wake_init(struct wake *w, struct loop *l, void (*fn)(struct wake *));
void wake_fini(struct wake *w, struct loop *l);
/* Thread: any. */
void wake_up(struct wake *w);

#endif

/* signal.h — signals as events of a loop (signalfd). Blocks them in the calling
 * thread; call before any other thread starts. SIGPIPE and
 * SIGXFSZ are ignored.                                                       */
#ifndef ATLAX_IO_SIGNAL_H
#define ATLAX_IO_SIGNAL_H

#include "io/loop.h"

struct signals {
	struct watch watch;
	void (*fn)(struct signals *s, int signo);
	uint32_t uid, pid; /* who sent the one that fn was called for */
};

/* Listens to SIGTERM, SIGINT, SIGHUP and SIGUSR1. Thread: boot.
 * Fails: AX_E_SYS.                                                           */
AX_CHECKED int signals_init(
    struct signals *s, struct loop *l, void (*fn)(struct signals *, int));
void signals_fini(struct signals *s, struct loop *l);

#endif

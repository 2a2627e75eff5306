/* sandbox.h — what a program gives up, for the day on which somebody else's code runs
 * in it: capabilities, and system calls that it has no use for. With
 * configure --disable-sandbox, and below a sanitizer, it gives up nothing.   */
#ifndef ATLAX_IO_SANDBOX_H
#define ATLAX_IO_SANDBOX_H

#include "base/err.h"

enum sandbox {
	SANDBOX_SIGNER, /* Unix sockets and files */
	SANDBOX_AGENT,	/* IP, too, and to hear that addresses change */
	SANDBOX_RELAY	/* IP, threads, and executing the next program */
};

#if defined(ATLAX_SANDBOX) && ATLAX_SANDBOX
/* Gives up all capabilities for ever, but those that it has and needs: the relay's
 * for ports below 1024; and as root, relay and agent, that for files of the user
 * atlax. What it executes can get no others. From here on a call that is refused is
 * said on standard error, also where it was another process that gave it up.
 * Thread: boot, before other threads.                                        */
void sandbox_drop(enum sandbox who);

/* From now on, in all threads and in what they execute, any call that is not on the
 * program's list (sandbox.c) is refused with EPERM; one that is newer than the list,
 * with ENOSYS. After sandbox_drop. Nothing is allocated. Thread: any.
 * Fails: AX_E_SYS, AX_E_UNSUPPORTED: the kernel, or atlax for this kind of processor,
 * cannot; nothing has changed.                                               */
AX_CHECKED int sandbox_enter(enum sandbox who, struct err *e);
#else
static inline void
sandbox_drop(enum sandbox who AX_UNUSED)
{
}

static inline int
sandbox_enter(enum sandbox who AX_UNUSED, struct err *e AX_UNUSED)
{
	return 0;
}
#endif

#endif

/* assert.h — checks of our own invariants. They ship; they are never used on
 * bytes that came from outside (those are checked with if).                  */
#ifndef ATLAX_BASE_ASSERT_H
#define ATLAX_BASE_ASSERT_H

#include "base/defs.h"

/* Ends the process after printing what was violated and where. */
#define ax_assert(cond) \
	(__builtin_expect(!!(cond), 1) ? (void)0 : \
	    ax_panic(__FILE__, __LINE__, __func__, #cond))

/* Prints "file:line: func: what" to standard error and aborts.
 * Thread: any.                                                               */
AX_NORETURN void ax_panic(
    const char *file, int line, const char *func, const char *what);

#endif

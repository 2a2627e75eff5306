/* assert.h — checks of our own invariants. They ship; they are never used on
 * bytes that came from outside (those are checked with if).                  */
#ifndef ATLAX_BASE_ASSERT_H
#define ATLAX_BASE_ASSERT_H

#include "base/defs.h"

/* Ends the process after printing what was violated and where. Where every byte of
 * the program counts (contrib/edge.sh), file and line are enough to look it up. */
#ifdef AX_ASSERT_BRIEF
#define AX_ASSERT_TEXT(cond) "an invariant is violated"
#else
#define AX_ASSERT_TEXT(cond) #cond
#endif
#define ax_assert(cond) \
	(__builtin_expect(!!(cond), 1) ? (void)0 : \
	    ax_panic(__FILE__, __LINE__, __func__, AX_ASSERT_TEXT(cond)))

/* Prints "file:line: func: what" to standard error and aborts.
 * Thread: any.                                                               */
AX_NORETURN void ax_panic(
    const char *file, int line, const char *func, const char *what);

#endif

/* calls.h — the n-th system call of a run fails, for every n: what the programs ask
 * of the kernel is counted, and one of them gets an error that such a call may give.
 * Thread: main.                                                              */
#ifndef ATLAX_TESTS_WORLD_CALLS_H
#define ATLAX_TESTS_WORLD_CALLS_H

#include "base/defs.h"

enum call { CALL_READ, CALL_WRITE, CALL_ACCEPT, CALL_CONNECT, CALL_WATCH, CALLS };

/* From here on: the n-th fails with the which-th error of its kind; 0: none does. */
void calls_arm(uint64_t n, unsigned which);
bool calls_are_armed(void);
/* So many were made since. */
uint64_t calls_made(void);
/* The one that failed may do so with the next error, too. */
bool calls_have_more(void);
/* A program makes one. True: it fails, with errno. */
bool call_fails(enum call kind);

#endif

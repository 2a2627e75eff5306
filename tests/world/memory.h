/* memory.h — malloc and its family, wrapped: what is not given back is counted, and
 * within a window the programs of the world now and then get nothing.
 * Thread: main.                                                              */
#ifndef ATLAX_TESTS_WORLD_MEMORY_H
#define ATLAX_TESTS_WORLD_MEMORY_H

#include "base/defs.h"

/* Blocks not given back. */
int64_t memory_live(void);
/* Of so many calls one fails, by the dice; 0: none. */
void memory_fail(unsigned one_in);
uint64_t memory_failed(void);
/* A program runs: from here on its calls may fail. Pairs do not nest. */
void memory_program(bool runs);
/* The world itself needs memory in the middle of a program's turn; these nest. */
void memory_hold(void);
bool memory_is_held(void);
void memory_release(void);

#endif

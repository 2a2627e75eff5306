/* loop.h — what the world asks of a loop, beyond io/loop.h. Thread: main. */
#ifndef ATLAX_TESTS_WORLD_LOOP_H
#define ATLAX_TESTS_WORLD_LOOP_H

#include "io/loop.h"
#include "kernel.h"

/* By its place among those of a process. */
struct loop *loop_of(struct list *of_proc);

/* Would it not sleep now? */
bool loop_is_due(struct loop *l);
uint64_t loop_next_ns(struct loop *l);
/* Somebody has called loop_stop. */
bool loop_is_stopped(const struct loop *l);

#endif

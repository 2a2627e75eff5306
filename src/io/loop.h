/* loop.h — the event loop: one per thread, passed explicitly. Readiness, not
 * completion: the scheduler reads a socket straight into the replay ring when
 * its turn comes, so no buffer may be tied up while it waits
 * (doc/decisions/0004).
 *
 * Thread: the loop's own, for every function here.
 *
 * A turn: wait, run the callbacks of what is ready, fire timers, run the tasks
 * that were deferred until then, repeat. A task deferred by a task runs in the
 * next turn, which then does not sleep.                                      */
#ifndef ATLAX_IO_LOOP_H
#define ATLAX_IO_LOOP_H

#include "base/err.h"
#include "base/list.h"
#include "base/wheel.h"

struct loop;

/* What happened. A callback gets every bit that holds. */
#define LOOP_IN 1u	/* bytes, or the end, can be read */
#define LOOP_OUT 2u	/* there is room to write */
#define LOOP_HUP 4u	/* the other side will send no more, or is gone */
#define LOOP_ERR 8u	/* getsockopt(SO_ERROR) tells */
#define LOOP_URGENT 16u /* a read stops short at TCP's urgent mark */

enum loop_mode {
	LOOP_EDGE,	/* everything, each time the state changes: read and write
			 * until EAGAIN (or a short count without HUP, URGENT) */
	LOOP_LEVEL_IN,	/* in, as long as it holds */
	LOOP_SHARED_IN,	/* in, for a listener that several loops watch:
			 * wakes one of them (EPOLLEXCLUSIVE) */
};

struct watch {
	void (*fn)(struct watch *w, uint32_t events);
	int fd; /* -1: not watched. The fd is the owner's, not the loop's. */
};

struct task {
	struct list link;
	void (*run)(struct task *t);
};

/* Around the only place where a thread sleeps (for RCU and wake flags).
 * before_wait is called when it is going to sleep; returning false turns the
 * wait into a poll. after_wait is called in every turn, slept or not.        */
struct loop_hooks {
	bool (*before_wait)(void *arg);
	void (*after_wait)(void *arg);
	void *arg;
};

/* Fails: AX_E_SYS, AX_E_NOMEM. */
AX_CHECKED int loop_new(struct loop **out, struct err *e);
void loop_free(struct loop **l); /* asserts that nothing is watched any more */
void loop_set_hooks(struct loop *l, const struct loop_hooks *h); /* copies */

/* Start and stop watching. w->fn must be set; after loop_unwatch the callback
 * is not called again, not even for events of the current turn, and w may be
 * freed. Unwatch before closing the fd. Fails: AX_E_SYS (ENOSPC, ENOMEM).    */
AX_CHECKED int loop_watch(
    struct loop *l, struct watch *w, int fd, enum loop_mode mode);
void loop_unwatch(struct loop *l, struct watch *w); /* harmless if not watched */

void watch_init(struct watch *w, void (*fn)(struct watch *, uint32_t));
void task_init(struct task *t, void (*run)(struct task *));
/* Runs t once at the end of this turn (the next, if called outside of one or by
 * a task). Deferring twice is once.                                          */
void loop_defer(struct loop *l, struct task *t);
void loop_undefer(struct task *t);

/* Timers: wheel.h over the monotonic clock. */
void loop_timer(struct loop *l, struct wheel_timer *t, uint64_t deadline_ns);
void loop_timer_in(struct loop *l, struct wheel_timer *t, uint64_t delay_ms);
void loop_untimer(struct loop *l, struct wheel_timer *t);

/* Monotonic ns, read once per turn after waking. */
uint64_t loop_now(const struct loop *l);

/* One turn; waits at most max_wait_ns. */
void loop_turn(struct loop *l, uint64_t max_wait_ns);
/* Turns until loop_stop. */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);

#endif

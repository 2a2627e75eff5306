/* loop.c — io/loop.h and io/wake.h over the world's kernel: the same turn as
 * loop_epoll.c, but sleeping is left to the world. Thread: main.
 * Invariant: what a callback takes off is not called any more.               */
#include "loop.h"

#include <stdlib.h>

#include "base/assert.h"
#include "calls.h"
#include "io/sock.h"
#include "io/wake.h"
#include "memory.h"
#include "world.h"

#define BATCH 256

struct loop {
	struct list of_proc;
	struct proc *proc;
	struct list entries, deferred;
	struct loop_hooks hooks;
	struct wheel wheel;
	uint64_t now_ns;
	uint64_t timer_ns; /* the wheel's next; 0: to be asked */
	bool stopped, awake;
	struct entry *batch[BATCH]; /* of the turn; NULL: taken off */
	unsigned n_batch;
};

int
loop_new(struct loop **out, struct err *e)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return err_set(e, AX_E_NOMEM, "no memory for an event loop");
	l->proc = kernel_running();
	list_init(&l->of_proc);
	list_add(&l->proc->loops, &l->of_proc);
	list_init(&l->entries);
	list_init(&l->deferred);
	l->now_ns = world_now();
	l->awake = true;
	wheel_init(&l->wheel, l->now_ns);
	*out = l;
	return 0;
}

void
loop_free(struct loop **lp)
{
	struct loop *l = *lp;

	if (l == NULL)
		return;
	ax_assert(list_is_empty(&l->entries));
	list_del(&l->of_proc);
	free(l);
	*lp = NULL;
}

void
loop_set_hooks(struct loop *l, const struct loop_hooks *h)
{
	l->hooks = *h;
}

void
watch_init(struct watch *w, void (*fn)(struct watch *, uint32_t))
{
	*w = (struct watch){ .fn = fn, .fd = -1 };
}

int
loop_watch(struct loop *l, struct watch *w, int fd, enum loop_mode mode)
{
	struct entry *e = call_fails(CALL_WATCH) ? NULL : calloc(1, sizeof(*e));

	ax_assert(w->fn != NULL && w->fd < 0);
	if (e == NULL)
		return AX_E_SYS;
	e->watch = w;
	e->mode = mode;
	e->proc = l->proc;
	list_init(&e->of_loop);
	list_add(&l->entries, &e->of_loop);
	file_watch(fd, e);
	w->fd = fd;
	return 0;
}

static struct entry *
find_entry(struct loop *l, const struct watch *w)
{
	struct list *i;

	list_foreach(i, &l->entries) {
		struct entry *e = container_of(i, struct entry, of_loop);

		if (e->watch == w)
			return e;
	}
	ax_assert(!"watched by another loop");
	return NULL;
}

void
loop_unwatch(struct loop *l, struct watch *w)
{
	struct entry *e;

	if (w->fd < 0)
		return;
	e = find_entry(l, w);
	w->fd = -1;
	list_del(&e->of_loop);
	list_del(&e->of_file);
	for (unsigned i = 0; i < l->n_batch; i++)
		if (l->batch[i] == e)
			l->batch[i] = NULL;
	free(e);
}

void
task_init(struct task *t, void (*run)(struct task *))
{
	t->run = run;
	list_init(&t->link);
}

void
loop_defer(struct loop *l, struct task *t)
{
	if (list_is_empty(&t->link))
		list_add(&l->deferred, &t->link);
}

void
loop_undefer(struct task *t)
{
	list_del(&t->link);
}

void
loop_timer(struct loop *l, struct wheel_timer *t, uint64_t deadline_ns)
{
	wheel_set(&l->wheel, t, deadline_ns);
	l->timer_ns = 0;
}

void
loop_timer_in(struct loop *l, struct wheel_timer *t, uint64_t delay_ms)
{
	wheel_set(&l->wheel, t, l->now_ns + delay_ms * AX_NS_PER_MS);
	l->timer_ns = 0;
}

void
loop_untimer(struct loop *l, struct wheel_timer *t)
{
	wheel_cancel(&l->wheel, t);
	l->timer_ns = 0;
}

uint64_t
loop_now(const struct loop *l)
{
	return l->now_ns;
}

void
loop_stop(struct loop *l)
{
	l->stopped = true;
}

struct loop *
loop_of(struct list *of_proc)
{
	return container_of(of_proc, struct loop, of_proc);
}

bool
loop_is_stopped(const struct loop *l)
{
	return l->stopped;
}

/* --- the turn ------------------------------------------------------------------- */

static bool
is_due(const struct entry *e)
{
	if (e->mode == LOOP_EDGE)
		return e->pending && file_readiness(e->file) != 0;
	return (file_readiness(e->file) & LOOP_IN) != 0;
}

static uint64_t
timer_ns(struct loop *l)
{
	if (l->timer_ns == 0)
		l->timer_ns = wheel_next_ns(&l->wheel);
	return l->timer_ns;
}

bool
loop_is_due(struct loop *l)
{
	struct list *i;

	if (l->stopped)
		return false;
	if (l->awake || !list_is_empty(&l->deferred) ||
	    timer_ns(l) <= world_now())
		return true;
	list_foreach(i, &l->entries)
		if (is_due(container_of(i, struct entry, of_loop)))
			return true;
	return false;
}

uint64_t
loop_next_ns(struct loop *l)
{
	return l->stopped ? AX_NEVER : timer_ns(l);
}

static void
gather(struct loop *l)
{
	struct list *i;

	l->n_batch = 0;
	list_foreach(i, &l->entries) {
		struct entry *e = container_of(i, struct entry, of_loop);

		if (l->n_batch < BATCH && is_due(e))
			l->batch[l->n_batch++] = e;
	}
}

static void
dispatch(struct loop *l)
{
	for (unsigned i = 0; i < l->n_batch; i++) {
		struct entry *e = l->batch[i];
		uint32_t events;

		if (e == NULL)
			continue;
		l->batch[i] = NULL; /* the kernel has told it */
		events = file_readiness(e->file);
		e->pending = false;
		if (e->mode != LOOP_EDGE)
			events &= LOOP_IN;
		if (events != 0)
			e->watch->fn(e->watch, events);
	}
	l->n_batch = 0;
}

static void
run_deferred(struct loop *l)
{
	struct list batch, *e;

	list_init(&batch);
	list_splice(&batch, &l->deferred);
	while ((e = list_pop(&batch)) != NULL) {
		struct task *t = container_of(e, struct task, link);

		t->run(t);
	}
}

/* The hooks are around the sleep, which lies between two turns here. */
void
loop_turn(struct loop *l, uint64_t max_wait_ns AX_UNUSED)
{
	const struct loop_hooks *h = &l->hooks;

	l->now_ns = world_now();
	gather(l);
	if (h->after_wait != NULL)
		h->after_wait(h->arg);
	dispatch(l);
	wheel_advance(&l->wheel, l->now_ns);
	l->timer_ns = 0;
	run_deferred(l);
	l->awake = list_is_empty(&l->deferred) && h->before_wait != NULL &&
	    !h->before_wait(h->arg);
}

void
loop_run(struct loop *l AX_UNUSED)
{
	ax_assert(!"the world turns the loops");
}

/* --- waking ----------------------------------------------------------------------- */

static void
on_counter(struct watch *watch, uint32_t events AX_UNUSED)
{
	struct wake *w = container_of(watch, struct wake, watch);

	wake_count(watch->fd, false);
	w->fn(w);
}

int
wake_init(struct wake *w, struct loop *l, void (*fn)(struct wake *))
{
	int fd, r;

	memory_hold();
	fd = wake_open();
	memory_release();
	watch_init(&w->watch, on_counter);
	w->fn = fn;
	r = loop_watch(l, &w->watch, fd, LOOP_LEVEL_IN);
	if (r < 0)
		sock_close(&fd);
	return r;
}

void
wake_fini(struct wake *w, struct loop *l)
{
	int fd = w->watch.fd;

	loop_unwatch(l, &w->watch);
	sock_close(&fd);
}

void
wake_up(struct wake *w)
{
	if (w->watch.fd >= 0) /* as eventfd_write after wake_fini */
		wake_count(w->watch.fd, true);
}

/* loop_epoll.c — the event loop over epoll.
 *
 * Thread: the loop's own.
 * Invariant: a watch is in the kernel's set exactly while its fd is >= 0, and
 * no event of the batch at hand names a watch that was taken off: callbacks
 * take off and free each other's watches.                                    */
#include "io/loop.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/clock.h"

#define BATCH 256 /* events a turn; the rest waits in the kernel, in order */

struct loop {
	int epfd;
	bool stopping;
	uint64_t now_ns;
	size_t watched;
	struct list deferred;
	struct loop_hooks hooks;
	struct wheel wheel;
	int at, n_events; /* the batch at hand; at == n_events: none */
	struct epoll_event events[BATCH];
};

int
loop_new(struct loop **out, struct err *e)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return err_set(e, AX_E_NOMEM, "no memory for an event loop");
	l->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (l->epfd < 0) {
		free(l);
		return err_sys(e, "epoll_create1");
	}
	list_init(&l->deferred);
	l->now_ns = clock_mono_ns();
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
	ax_assert(l->watched == 0);
	(void)close(l->epfd);
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
	static const uint32_t masks[] = {
		[LOOP_EDGE] = EPOLLET | EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI,
		[LOOP_LEVEL_IN] = EPOLLIN,
		[LOOP_SHARED_IN] = EPOLLIN | EPOLLEXCLUSIVE,
	};
	struct epoll_event ev = { .events = masks[mode], .data.ptr = w };

	ax_assert(w->fn != NULL && w->fd < 0 && fd >= 0);
	if (epoll_ctl(l->epfd, EPOLL_CTL_ADD, fd, &ev) < 0)
		return AX_E_SYS;
	w->fd = fd;
	l->watched++;
	return 0;
}

void
loop_unwatch(struct loop *l, struct watch *w)
{
	struct epoll_event ev = { 0 };

	if (w->fd < 0)
		return;
	/* Not left to close(2): a duplicate of the descriptor would keep it in
	 * the set, and events would name a watch that is gone. */
	(void)epoll_ctl(l->epfd, EPOLL_CTL_DEL, w->fd, &ev);
	w->fd = -1;
	l->watched--;
	for (int i = l->at; i < l->n_events; i++)
		if (l->events[i].data.ptr == w)
			l->events[i].data.ptr = NULL;
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
}

void
loop_timer_in(struct loop *l, struct wheel_timer *t, uint64_t delay_ms)
{
	wheel_set(&l->wheel, t, l->now_ns + delay_ms * AX_NS_PER_MS);
}

void
loop_untimer(struct loop *l, struct wheel_timer *t)
{
	wheel_cancel(&l->wheel, t);
}

uint64_t
loop_now(const struct loop *l)
{
	return l->now_ns;
}

/* How long the turn may sleep, in the milliseconds of epoll_wait, rounded up:
 * a millisecond early would be a turn for nothing, and then another. */
static int
wait_ms(const struct loop *l, uint64_t max_wait_ns)
{
	uint64_t next = wheel_next_ns(&l->wheel), ns = max_wait_ns;

	if (l->stopping || !list_is_empty(&l->deferred))
		return 0;
	if (next != AX_NEVER)
		ns = MIN(ns, next > l->now_ns ? next - l->now_ns : 0);
	if (ns == AX_NEVER)
		return -1;
	ns = ns / AX_NS_PER_MS + (ns % AX_NS_PER_MS != 0);
	return (int)MIN(ns, (uint64_t)INT_MAX);
}

static void
wait_events(struct loop *l, uint64_t max_wait_ns)
{
	const struct loop_hooks *h = &l->hooks;
	int ms, n;

	l->now_ns = clock_mono_ns();
	ms = wait_ms(l, max_wait_ns);
	if (ms != 0 && h->before_wait != NULL && !h->before_wait(h->arg))
		ms = 0;
	n = epoll_wait(l->epfd, l->events, BATCH, ms);
	ax_assert(n >= 0 || errno == EINTR);
	/* Before the hook: it may unwatch what an event is for. */
	l->at = 0;
	l->n_events = MAX(n, 0);
	if (ms != 0)
		l->now_ns = clock_mono_ns();
	if (h->after_wait != NULL)
		h->after_wait(h->arg);
}

static uint32_t
translate(uint32_t ev)
{
	return ((ev & EPOLLIN) != 0 ? LOOP_IN : 0) |
	    ((ev & EPOLLOUT) != 0 ? LOOP_OUT : 0) |
	    ((ev & (EPOLLRDHUP | EPOLLHUP)) != 0 ? LOOP_HUP : 0) |
	    ((ev & EPOLLPRI) != 0 ? LOOP_URGENT : 0) |
	    ((ev & EPOLLERR) != 0 ? LOOP_ERR : 0);
}

static void
dispatch(struct loop *l)
{
	while (l->at < l->n_events) {
		const struct epoll_event *ev = &l->events[l->at++];
		struct watch *w = ev->data.ptr;

		if (w != NULL)
			w->fn(w, translate(ev->events));
	}
}

static void
run_deferred(struct loop *l)
{
	struct list batch, *e;

	/* What these tasks defer is for the next turn: a task that defers
	 * itself again is how the busy yield to the others. */
	list_init(&batch);
	list_splice(&batch, &l->deferred);
	while ((e = list_pop(&batch)) != NULL) {
		struct task *t = container_of(e, struct task, link);

		t->run(t);
	}
}

void
loop_turn(struct loop *l, uint64_t max_wait_ns)
{
	wait_events(l, max_wait_ns);
	dispatch(l);
	wheel_advance(&l->wheel, l->now_ns);
	run_deferred(l);
}

void
loop_run(struct loop *l)
{
	while (!l->stopping)
		loop_turn(l, AX_NEVER);
}

void
loop_stop(struct loop *l)
{
	l->stopping = true;
}

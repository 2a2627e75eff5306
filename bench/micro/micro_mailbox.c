/* micro_mailbox.c — what a message between two threads of the relay costs: the
 * ring alone, with a receiver that never sleeps, and with one that has to be
 * woken. Thread: main sends; the receiver is started and ended by each run.
 * Invariant: while the receiver runs, nobody else touches got but through it. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "base/assert.h"
#include "micro/bench.h"
#include "relay/mailbox.h"

#define SPILL 1024

struct world {
	struct mail_system *system;
	struct mailbox *box[2];
	struct loop *loop[2];
	uint64_t want;
	_Alignas(64) atomic_uint_least64_t got;
};

static void
on_mail(void *arg, const struct msg *m AX_UNUSED)
{
	struct world *w = arg;

	atomic_fetch_add_explicit(&w->got, 1, memory_order_release);
}

static uint64_t
got(struct world *w)
{
	return atomic_load_explicit(&w->got, memory_order_acquire);
}

static void
begin(struct world *w, uint64_t want)
{
	atomic_store(&w->got, 0);
	w->want = want;
}

static void
post(struct world *w, uint64_t i)
{
	struct msg m = { .type = MSG_ROUTES_CHANGED, .u.tenant = (uint32_t)i };

	/* Full: what spilled moves on when the sender looks at its mail. */
	while (mailbox_send(w->box[0], 1, &m) < 0) {
		mailbox_receive(w->box[0]);
		sched_yield();
	}
}

static uint64_t
same_thread(void *context, uint64_t n)
{
	struct world *w = context;
	uint64_t i;

	begin(w, n);
	for (i = 0; i < n; i++) {
		post(w, i);
		mailbox_receive(w->box[1]);
	}
	return got(w);
}

static void *
receive_awake(void *arg)
{
	struct world *w = arg;

	while (got(w) < w->want)
		mailbox_receive(w->box[1]);
	return NULL;
}

static uint64_t
two_threads(void *context, uint64_t n)
{
	struct world *w = context;
	pthread_t t;
	uint64_t i;

	begin(w, n);
	ax_assert(pthread_create(&t, NULL, receive_awake, w) == 0);
	for (i = 0; i < n; i++)
		post(w, i);
	while (got(w) < n)
		mailbox_receive(w->box[0]);
	ax_assert(pthread_join(t, NULL) == 0);
	return n;
}

static bool
before_wait(void *arg)
{
	return mailbox_before_sleep(((struct world *)arg)->box[1]);
}

static void
after_wait(void *arg)
{
	struct world *w = arg;

	mailbox_after_sleep(w->box[1]);
	mailbox_receive(w->box[1]);
}

static void *
receive_asleep(void *arg)
{
	struct world *w = arg;

	while (got(w) < w->want)
		loop_turn(w->loop[1], AX_NEVER);
	return NULL;
}

/* One message at a time, so that the receiver sleeps before each. */
static uint64_t
woken(void *context, uint64_t n)
{
	struct world *w = context;
	pthread_t t;
	uint64_t i;

	begin(w, n);
	ax_assert(pthread_create(&t, NULL, receive_asleep, w) == 0);
	for (i = 0; i < n; i++) {
		post(w, i);
		while (got(w) <= i)
			sched_yield();
	}
	ax_assert(pthread_join(t, NULL) == 0);
	return n;
}

static void
world_init(struct world *w)
{
	struct loop_hooks hooks = { before_wait, after_wait, w };
	struct err e;
	unsigned i;

	ax_assert(mail_system_new(2, SPILL, &w->system) == 0);
	for (i = 0; i < 2; i++) {
		w->box[i] = mail_system_box(w->system, i);
		ax_assert(loop_new(&w->loop[i], &e) == 0);
		ax_assert(mailbox_open(
		    w->box[i], w->loop[i], on_mail, w) == 0);
	}
	loop_set_hooks(w->loop[1], &hooks);
}

int
main(void)
{
	static const struct bench rows[] = {
		{ "mailbox/same-thread", same_thread, sizeof(struct msg), NULL },
		{ "mailbox/two-threads", two_threads, sizeof(struct msg), NULL },
		{ "mailbox/woken", woken, sizeof(struct msg), NULL },
	};
	static struct world w;
	size_t i;

	world_init(&w);
	for (i = 0; i < ARRAY_LEN(rows); i++)
		bench_print(&rows[i], &w);
	for (i = 0; i < 2; i++) {
		mailbox_close(w.box[i]);
		loop_free(&w.loop[i]);
	}
	mail_system_free(&w.system);
	return 0;
}

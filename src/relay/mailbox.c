/* mailbox.c — ck_ring between every pair of threads.
 * Thread: each box belongs to one; a ring to the two of its pair.
 * Invariant: messages of a pair arrive in order, so once something has spilled,
 * everything later spills behind it. The receiver publishes "asleep", looks once
 * more, then sleeps; the sender enqueues, then looks at "asleep": with a full
 * fence on both sides one of them sees the other.                            */
#include "relay/mailbox.h"

#include <ck_pr.h>
#include <ck_ring.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/assert.h"

#if defined(__SANITIZE_THREAD__)
#define MAIL_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MAIL_TSAN 1
#endif
#endif
#ifdef MAIL_TSAN
/* ck's fences are inline assembly that ThreadSanitizer cannot see. */
void __tsan_acquire(void *addr);
void __tsan_release(void *addr);
#define MAIL_ACQUIRE(p) __tsan_acquire(p)
#define MAIL_RELEASE(p) __tsan_release(p)
#else
#define MAIL_ACQUIRE(p) ((void)(p))
#define MAIL_RELEASE(p) ((void)(p))
#endif

#define RING_SIZE 256

CK_RING_PROTOTYPE(mail, msg)

struct pair {
	/* written by the sender and the receiver, through ck */
	ck_ring_t ring;
	struct msg slots[RING_SIZE];
	/* touched by the sender only */
	struct msg *spill; /* circular, spill_cap */
	size_t spill_head, spill_len;
};

struct mailbox {
	/* touched by this thread only */
	struct mail_system *sys;
	unsigned self;
	struct loop *loop;
	void (*handle)(void *arg, const struct msg *m);
	void *arg;
	size_t spilled_now;
	uint64_t spilled;
	struct task retry;
	struct wake wake;
	/* written by others */
	_Alignas(64) atomic_bool asleep;
};

struct mail_system {
	unsigned n;
	size_t spill_cap;
	struct mailbox *boxes;
	struct pair *pairs; /* [from * n + to] */
};

int
mail_system_new(unsigned n, size_t spill, struct mail_system **out)
{
	struct mail_system *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return AX_E_NOMEM;
	s->n = n;
	s->spill_cap = spill;
	s->boxes = aligned_alloc(64, n * sizeof(*s->boxes));
	s->pairs = calloc((size_t)n * n, sizeof(*s->pairs));
	if (s->boxes == NULL || s->pairs == NULL)
		goto fail;
	memset(s->boxes, 0, n * sizeof(*s->boxes));
	for (unsigned i = 0; i < n; i++) {
		s->boxes[i].sys = s;
		s->boxes[i].self = i;
	}
	for (size_t i = 0; i < (size_t)n * n; i++) {
		ck_ring_init(&s->pairs[i].ring, RING_SIZE);
		s->pairs[i].spill = calloc(spill, sizeof(struct msg));
		if (s->pairs[i].spill == NULL)
			goto fail;
	}
	*out = s;
	return 0;
fail:
	mail_system_free(&s);
	return AX_E_NOMEM;
}

void
mail_system_free(struct mail_system **sp)
{
	struct mail_system *s = *sp;

	if (s == NULL)
		return;
	for (size_t i = 0; s->pairs != NULL && i < (size_t)s->n * s->n; i++)
		free(s->pairs[i].spill);
	free(s->pairs);
	free(s->boxes);
	free(s);
	*sp = NULL;
}

struct mailbox *
mail_system_box(struct mail_system *s, unsigned i)
{
	ax_assert(i < s->n);
	return &s->boxes[i];
}

static struct pair *
pair_of(struct mail_system *s, unsigned from, unsigned to)
{
	return &s->pairs[(size_t)from * s->n + to];
}

static bool
pair_put(struct pair *l, const struct msg *m)
{
	struct msg copy = *m;

	MAIL_RELEASE(&l->ring);
	return CK_RING_ENQUEUE_SPSC(mail, &l->ring, l->slots, &copy);
}

static bool
pair_take(struct pair *l, struct msg *m)
{
	if (!CK_RING_DEQUEUE_SPSC(mail, &l->ring, l->slots, m))
		return false;
	MAIL_ACQUIRE(&l->ring);
	return true;
}

static void
rouse(struct mailbox *to)
{
	ck_pr_fence_memory();
	if (atomic_load_explicit(&to->asleep, memory_order_relaxed) &&
	    atomic_exchange(&to->asleep, false))
		wake_up(&to->wake);
}

static void
on_wake(struct wake *w AX_UNUSED)
{
	/* The loop's turn receives; waking is all that was needed. */
}

/* Moves what spilled into the rings, as far as they take it. */
static void
retry(struct task *t)
{
	struct mailbox *b = container_of(t, struct mailbox, retry);

	for (unsigned to = 0; to < b->sys->n && b->spilled_now > 0; to++) {
		struct pair *l = pair_of(b->sys, b->self, to);
		size_t before = l->spill_len;

		while (l->spill_len > 0 && pair_put(l, &l->spill[l->spill_head])) {
			l->spill_head = (l->spill_head + 1) % b->sys->spill_cap;
			l->spill_len--;
			b->spilled_now--;
		}
		if (l->spill_len < before)
			rouse(&b->sys->boxes[to]);
	}
}

int
mailbox_open(struct mailbox *b, struct loop *l,
    void (*handle)(void *arg, const struct msg *m), void *arg)
{
	b->loop = l;
	b->handle = handle;
	b->arg = arg;
	task_init(&b->retry, retry);
	return wake_init(&b->wake, l, on_wake);
}

void
mailbox_close(struct mailbox *b)
{
	if (b->loop == NULL)
		return;
	loop_undefer(&b->retry);
	wake_fini(&b->wake, b->loop);
	b->loop = NULL;
}

int
mailbox_send(struct mailbox *b, unsigned to, const struct msg *m)
{
	struct pair *l = pair_of(b->sys, b->self, to);

	ax_assert(to < b->sys->n);
	if (l->spill_len == 0 && pair_put(l, m)) {
		rouse(&b->sys->boxes[to]);
		return 0;
	}
	if (l->spill_len == b->sys->spill_cap)
		return AX_E_LIMIT;
	l->spill[(l->spill_head + l->spill_len) % b->sys->spill_cap] = *m;
	l->spill_len++;
	b->spilled_now++;
	b->spilled++;
	return 0;
}

void
mailbox_receive(struct mailbox *b)
{
	struct msg m;

	for (unsigned from = 0; from < b->sys->n; from++) {
		struct pair *l = pair_of(b->sys, from, b->self);

		/* One ring's worth at most: a busy sender must not starve
		 * the loop.                                           */
		for (int i = 0; i < RING_SIZE && pair_take(l, &m); i++)
			b->handle(b->arg, &m);
	}
	if (b->spilled_now > 0)
		retry(&b->retry);
}

bool
mailbox_before_sleep(struct mailbox *b)
{
	if (b->spilled_now > 0)
		return false;
	atomic_store(&b->asleep, true);
	ck_pr_fence_memory();
	for (unsigned from = 0; from < b->sys->n; from++) {
		if (ck_ring_size(&pair_of(b->sys, from, b->self)->ring) > 0) {
			atomic_store(&b->asleep, false);
			return false;
		}
	}
	return true;
}

void
mailbox_after_sleep(struct mailbox *b)
{
	atomic_store_explicit(&b->asleep, false, memory_order_relaxed);
}

bool
mailbox_is_flushed(const struct mailbox *b)
{
	return b->spilled_now == 0;
}

uint64_t
mailbox_spilled(const struct mailbox *b)
{
	return b->spilled;
}

/* queue_freeze.c — requests go from one process to the next.
 * Thread: owner. Pure but for memory.                                        */
#include <stdlib.h>

#include "enrol/queue.h"

static void
bytes(struct frost *f, struct buf *b)
{
	uint16_t n = (uint16_t)buf_len(b);
	struct slice s = buf_slice(b);

	frost_u16(f, &n);
	frost_require(f, n <= ENROL_MESSAGE_MAX);
	if (!frost_reads(f)) {
		frost_copy(f, (void *)(uintptr_t)s.p, n);
		return;
	}
	s = frost_take(f, n);
	if (s.n > 0 && buf_append(b, s.p, s.n) < 0)
		f->bad = true;
}

static void
describe(struct queue_entry *e, struct frost *f)
{
	uint8_t state = (uint8_t)e->state;

	frost_u32(f, &e->id);
	frost_u8(f, &state);
	frost_u64(f, &e->asked_ns);
	frost_copy(f, e->spki, sizeof(e->spki));
	frost_copy(f, e->source, sizeof(e->source));
	frost_text(f, e->name, sizeof(e->name));
	frost_text(f, e->words, sizeof(e->words));
	frost_text(f, e->address, sizeof(e->address));
	bytes(f, &e->csr);
	bytes(f, &e->certificate);
	frost_require(f, state <= QUEUE_REJECTED);
	e->state = state;
}

static void
read_entry(struct queue *q, struct frost *f)
{
	struct queue_entry *e = calloc(1, sizeof(*e));

	if (e == NULL) {
		f->bad = true;
		return;
	}
	describe(e, f);
	frost_require(f, queue_find_key(q, e->spki) == NULL &&
	    queue_find(q, e->id) == NULL);
	list_init(&e->link);
	list_add(&q->entries, &e->link);
	q->n++;
}

static void
counts(struct queue_counts *c, struct frost *f)
{
	frost_u64(f, &c->asked);
	frost_u64(f, &c->full);
	frost_u64(f, &c->source);
	frost_u64(f, &c->rate);
	frost_u64(f, &c->approved);
	frost_u64(f, &c->rejected);
	frost_u64(f, &c->expired);
}

void
queue_frost(struct queue *q, struct frost *f)
{
	uint64_t n = q->n;
	struct list *l;

	counts(&q->counts, f);
	frost_u32(f, &q->last_id);
	frost_u64(f, &n);
	frost_require(f, n <= QUEUE_MAX + QUEUE_AWAITED);
	for (; frost_reads(f) && n > 0 && !f->bad; n--)
		read_entry(q, f);
	if (frost_reads(f))
		return;
	list_foreach(l, &q->entries)
		describe(container_of(l, struct queue_entry, link), f);
}

/* queue.c — who waits.
 *
 * Thread: owner. Pure but for memory.
 * Invariant: at most QUEUE_MAX entries and QUEUE_AWAITED, no two of one key; an
 * entry that was decided stays, so that an agent which was away then hears of it,
 * until its time is over or its place is needed.                             */
#include "enrol/queue.h"

#include <stdlib.h>

#include "base/str.h"

static struct queue_entry *
entry_of(struct list *l)
{
	return container_of(l, struct queue_entry, link);
}

void
queue_init(struct queue *q, uint64_t ttl_ns)
{
	*q = (struct queue){ .ttl_ns = ttl_ns };
	list_init(&q->entries);
}

void
queue_remove(struct queue *q, struct queue_entry *entry)
{
	list_del(&entry->link);
	q->n--;
	buf_fini(&entry->csr);
	buf_fini(&entry->certificate);
	free(entry);
}

void
queue_fini(struct queue *q)
{
	struct list *l;

	while ((l = list_first(&q->entries)) != NULL)
		queue_remove(q, entry_of(l));
}

struct queue_entry *
queue_find(struct queue *q, uint32_t id)
{
	struct list *l;

	list_foreach(l, &q->entries)
		if (entry_of(l)->id == id)
			return entry_of(l);
	return NULL;
}

struct queue_entry *
queue_find_key(struct queue *q, const uint8_t spki[SPKI_HASH_LEN])
{
	struct list *l;

	list_foreach(l, &q->entries)
		if (memcmp(entry_of(l)->spki, spki, SPKI_HASH_LEN) == 0)
			return entry_of(l);
	return NULL;
}

uint32_t
queue_number(struct queue *q)
{
	return ++q->last_id;
}

/* --- asking ---------------------------------------------------------------- */

static int
judge_source(struct queue *q, const uint8_t source[QUEUE_SOURCE_LEN], uint64_t now_ns)
{
	unsigned waiting = 0;
	struct list *l;

	list_foreach(l, &q->entries) {
		const struct queue_entry *e = entry_of(l);

		if (memcmp(e->source, source, QUEUE_SOURCE_LEN) != 0)
			continue;
		if (now_ns < e->asked_ns + QUEUE_GAP_NS) {
			q->counts.rate++;
			return ENROL_RATE;
		}
		waiting += e->state == QUEUE_PENDING;
	}
	if (waiting < QUEUE_SOURCE_MAX)
		return 0;
	q->counts.source++;
	return ENROL_SOURCE;
}

/* The oldest that nobody is being told of; NULL: there is none. */
static struct queue_entry *
oldest(struct queue *q, enum queue_state state)
{
	struct list *l;

	list_foreach(l, &q->entries)
		if (entry_of(l)->state == state && entry_of(l)->visit == NULL)
			return entry_of(l);
	return NULL;
}

/* Those that were decided give way; who was approved, and is away for a moment, after
 * all who were rejected: these may be the work of somebody who makes new ones. */
static int
make_room(struct queue *q, bool awaited)
{
	struct queue_entry *e;

	if (q->n < QUEUE_MAX + (awaited ? QUEUE_AWAITED : 0))
		return 0;
	e = oldest(q, QUEUE_REJECTED);
	if (e == NULL)
		e = oldest(q, QUEUE_APPROVED);
	if (e != NULL) {
		queue_remove(q, e);
		return 0;
	}
	q->counts.full++;
	return ENROL_FULL;
}

/* What may be another each time. */
static int
renew(struct queue_entry *e, const struct queue_ask *ask)
{
	struct buf csr;

	buf_init(&csr);
	if (buf_append(&csr, ask->csr.p, ask->csr.n) < 0)
		return AX_E_NOMEM;
	buf_fini(&e->csr);
	e->csr = csr;
	(void)str_copy(e->words, sizeof(e->words), ask->words);
	(void)str_copy(e->address, sizeof(e->address), ask->address);
	return 0;
}

static int
add(struct queue *q, const struct queue_ask *ask, uint64_t now_ns,
    struct queue_entry **out)
{
	struct queue_entry *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return AX_E_NOMEM;
	spki_hash(ask->key, e->spki);
	memcpy(e->source, ask->source, QUEUE_SOURCE_LEN);
	memcpy(e->name, ask->name.p, MIN(ask->name.n, sizeof(e->name) - 1));
	e->asked_ns = now_ns;
	if (renew(e, ask) < 0) {
		free(e);
		return AX_E_NOMEM;
	}
	e->id = queue_number(q);
	list_add(&q->entries, &e->link);
	q->n++;
	q->counts.asked++;
	*out = e;
	return 0;
}

int
queue_ask(struct queue *q, const struct queue_ask *ask, uint64_t now_ns,
    struct queue_entry **out)
{
	uint8_t spki[SPKI_HASH_LEN];
	struct queue_entry *known;
	int r;

	spki_hash(ask->key, spki);
	known = queue_find_key(q, spki);
	if (known != NULL && known->state == QUEUE_REJECTED)
		return ENROL_REJECTED;
	if (known != NULL) {
		*out = known;
		return renew(known, ask);
	}
	r = ask->awaited ? 0 : judge_source(q, ask->source, now_ns);
	if (r == 0)
		r = make_room(q, ask->awaited);
	return r == 0 ? add(q, ask, now_ns, out) : r;
}

/* --- deciding --------------------------------------------------------------- */

static int
find_pending(struct queue *q, uint32_t id, struct queue_entry **out, struct err *e)
{
	struct queue_entry *entry = queue_find(q, id);

	if (entry == NULL)
		return err_set(e, AX_E_NOTFOUND, "no request has the number %u: see "
		    "atlax pending", (unsigned)id);
	if (entry->state != QUEUE_PENDING)
		return err_set(e, AX_E_EXIST, "request %u was %s already",
		    (unsigned)id, entry->state == QUEUE_APPROVED ? "approved" :
								   "rejected");
	*out = entry;
	return 0;
}

int
queue_approve(struct queue *q, uint32_t id, struct slice certificate,
    struct queue_entry **out, struct err *e)
{
	struct queue_entry *entry;
	int r = find_pending(q, id, &entry, e);

	if (r < 0)
		return r;
	if (buf_append(&entry->certificate, certificate.p, certificate.n) < 0)
		return err_set(e, AX_E_NOMEM, "out of memory");
	entry->state = QUEUE_APPROVED;
	q->counts.approved++;
	*out = entry;
	return 0;
}

int
queue_reject(struct queue *q, uint32_t id, struct queue_entry **out, struct err *e)
{
	int r = find_pending(q, id, out, e);

	if (r < 0)
		return r;
	(*out)->state = QUEUE_REJECTED;
	q->counts.rejected++;
	return 0;
}

/* --- time ------------------------------------------------------------------- */

uint64_t
queue_next_ns(const struct queue *q)
{
	if (list_is_empty(&q->entries))
		return AX_NEVER;
	return entry_of(q->entries.next)->asked_ns + q->ttl_ns;
}

struct queue_entry *
queue_expired(struct queue *q, uint64_t now_ns)
{
	struct queue_entry *e;

	if (list_is_empty(&q->entries) || now_ns < queue_next_ns(q))
		return NULL;
	e = entry_of(q->entries.next);
	q->counts.expired += e->state == QUEUE_PENDING;
	return e;
}

uint32_t
queue_left_s(
    const struct queue *q, const struct queue_entry *entry, uint64_t now_ns)
{
	uint64_t end = entry->asked_ns + q->ttl_ns;

	return now_ns >= end ? 0 : (uint32_t)((end - now_ns) / AX_NS_PER_S);
}

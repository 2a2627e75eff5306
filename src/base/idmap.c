/* idmap.c — id → pointer with linear probing.
 *
 * Thread: owner.
 * Invariant: from the home slot of an id to the slot it sits in there is no
 * free slot, so a search may stop at the first free one; deletion shifts the
 * followers back instead of leaving tombstones, which a peer that opens and
 * closes streams all day would pile up. At most three quarters are in use.   */
#include "base/idmap.h"

#include "base/assert.h"
#include "base/err.h"

#define IDMAP_MIN 8

/* The key goes in twice, around a multiplication: with one addition alone two
 * ids that collide under one key would collide under all of them.            */
static size_t
home(const struct idmap *m, uint32_t id)
{
	uint64_t x = (id ^ m->key) * UINT64_C(0xbf58476d1ce4e5b9);

	x ^= x >> 32;
	x = (x ^ (m->key >> 32 | m->key << 32)) * UINT64_C(0x94d049bb133111eb);
	x ^= x >> 29;
	return (size_t)(x & (m->cap - 1));
}

/* The slot of id, or the free one where it belongs. cap > 0. */
static struct idmap_slot *
find(const struct idmap *m, uint32_t id)
{
	size_t i = home(m, id);

	while (m->slots[i].id != 0 && m->slots[i].id != id)
		i = (i + 1) & (m->cap - 1);
	return &m->slots[i];
}

void
idmap_init(struct idmap *m, struct alloc *a, uint64_t key)
{
	*m = (struct idmap){ .alloc = a, .key = key };
}

void
idmap_fini(struct idmap *m)
{
	alloc_put(m->alloc, m->slots, m->cap * sizeof(*m->slots));
	m->slots = NULL;
	m->cap = m->used = 0;
}

void *
idmap_get(const struct idmap *m, uint32_t id)
{
	if (m->cap == 0 || id == 0)
		return NULL;
	return find(m, id)->value;
}

static int
resize(struct idmap *m, size_t cap)
{
	struct idmap old = *m;
	struct idmap_slot *slots;

	slots = alloc_get(m->alloc, cap * sizeof(*slots));
	if (slots == NULL)
		return AX_E_NOMEM;
	m->slots = slots;
	m->cap = cap;
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i].id != 0)
			*find(m, old.slots[i].id) = old.slots[i];
	alloc_put(m->alloc, old.slots, old.cap * sizeof(*slots));
	return 0;
}

int
idmap_put(struct idmap *m, uint32_t id, void *value)
{
	struct idmap_slot *s;

	ax_assert(id != 0 && value != NULL);
	if ((m->used + 1) * 4 > m->cap * 3) {
		int r = resize(m, MAX(m->cap * 2, IDMAP_MIN));

		if (r < 0)
			return r;
	}
	s = find(m, id);
	ax_assert(s->id == 0);
	*s = (struct idmap_slot){ .id = id, .value = value };
	m->used++;
	return 0;
}

/* Frees slot i and moves back whoever can no longer be found past it. */
static void
close_hole(struct idmap *m, size_t hole)
{
	size_t mask = m->cap - 1;

	for (size_t i = (hole + 1) & mask; m->slots[i].id != 0;
	     i = (i + 1) & mask) {
		size_t from_home = (i - home(m, m->slots[i].id)) & mask;

		if (from_home < ((i - hole) & mask))
			continue;
		m->slots[hole] = m->slots[i];
		hole = i;
	}
	m->slots[hole] = (struct idmap_slot){ 0 };
}

void *
idmap_del(struct idmap *m, uint32_t id)
{
	struct idmap_slot *s;
	void *value;

	if (m->cap == 0 || id == 0)
		return NULL;
	s = find(m, id);
	if (s->id == 0)
		return NULL;
	value = s->value;
	close_hole(m, (size_t)(s - m->slots));
	m->used--;
	/* Without memory to shrink we stay large: nothing is lost. */
	if (m->cap > IDMAP_MIN && m->used * 8 < m->cap)
		(void)!resize(m, m->cap / 2);
	return value;
}

void *
idmap_next(const struct idmap *m, size_t *at)
{
	while (*at < m->cap) {
		const struct idmap_slot *s = &m->slots[(*at)++];

		if (s->id != 0)
			return s->value;
	}
	return NULL;
}

/* idmap.h — 32-bit id → pointer, open addressing, grows and shrinks by itself.
 * The hash is keyed, because the ids come from a peer. Id 0 is not allowed.
 * Thread: owner.                                                             */
#ifndef ATLAX_BASE_IDMAP_H
#define ATLAX_BASE_IDMAP_H

#include "base/alloc.h"

struct idmap_slot {
	uint32_t id; /* 0: free */
	void *value;
};

struct idmap {
	struct alloc *alloc;
	struct idmap_slot *slots;
	size_t cap; /* power of two, or 0 */
	size_t used;
	uint64_t key;
};

void idmap_init(struct idmap *m, struct alloc *a, uint64_t key);
void idmap_fini(struct idmap *m); /* values are the caller's */
void *idmap_get(const struct idmap *m, uint32_t id); /* NULL: not there */
/* value is not NULL; id must not be there yet. Fails: AX_E_NOMEM, unchanged. */
AX_CHECKED int idmap_put(struct idmap *m, uint32_t id, void *value);
void *idmap_del(struct idmap *m, uint32_t id); /* the value, or NULL */
/* Walks in no order: start with *at = 0; NULL at the end. The map must not
 * change in between: collect first, delete after.                           */
void *idmap_next(const struct idmap *m, size_t *at);

#endif

/* str_heap.c — a str in memory from malloc.
 *
 * Thread: owner. Invariant: s.p is first, or from malloc.                     */
#include "base/str_heap.h"

#include <stdlib.h>
#include <string.h>

#define SMALLEST ((size_t)512)

static void
grow(struct str *s, size_t n)
{
	struct str_heap *h = container_of(s, struct str_heap, s);
	size_t cap = MAX(s->cap, SMALLEST);
	char *p;

	while (cap - s->len <= n)
		cap *= 2;
	p = realloc(s->p == h->first ? NULL : s->p, cap);
	if (p == NULL)
		return; /* str.c cuts */
	if (s->p == h->first)
		p[0] = '\0';
	s->p = p;
	s->cap = cap;
}

void
str_heap_init(struct str_heap *h)
{
	str_init(&h->s, h->first, sizeof(h->first));
	h->s.grow = grow;
}

char *
str_heap_take(struct str_heap *h)
{
	char *p = h->s.p == h->first ? NULL : h->s.p, *whole;

	if (h->s.cut) {
		free(p);
		return NULL;
	}
	whole = realloc(p, h->s.len + 1); /* what it does not need goes back */
	if (p == NULL && whole != NULL)
		whole[0] = '\0';
	return whole == NULL ? p : whole;
}

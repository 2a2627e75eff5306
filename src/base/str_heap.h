/* str_heap.h — a str that grows, for documents of any length. Without memory it is
 * cut, which str_heap_take tells. Thread: owner.                             */
#ifndef ATLAX_BASE_STR_HEAP_H
#define ATLAX_BASE_STR_HEAP_H

#include "base/str.h"

struct str_heap {
	struct str s;  /* write to this */
	char first[1]; /* its memory, as long as it is empty */
};

/* Empty. h stays where it is, and owns memory until str_heap_take. */
void str_heap_init(struct str_heap *h);
/* The whole text, for free(); h is nothing afterwards. NULL: out of memory. */
AX_CHECKED char *str_heap_take(struct str_heap *h);

#endif

/* top_text.h — what atlax top shows: two status documents and the time between
 * them, as one screen. Thread: any.                                          */
#ifndef ATLAX_CMD_TOP_TEXT_H
#define ATLAX_CMD_TOP_TEXT_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "base/defs.h"

enum top_what { TOP_AGENTS, TOP_TENANTS, TOP_SERVICES };
enum top_sort { TOP_BY_NAME, TOP_BY_IN, TOP_BY_OUT, TOP_BY_STREAMS, TOP_BY_RTT };

struct top_view {
	enum top_what what;
	enum top_sort sort;
	size_t first; /* line of the list; brought into range */
	unsigned columns;
	unsigned lines; /* 0: as many as it takes, and no help below */
	bool bold;	/* the heading, for a terminal */
};

/* before: NULL, or an earlier document of the same relay, ms ago: then rates are
 * known. Everything is cut to the view; nothing a terminal obeys is let through
 * but what bold asks for. Returns false when out of memory.                  */
AX_CHECKED bool top_text(const json_t *before, const json_t *now, uint64_t ms,
    struct top_view *v, FILE *out);
/* All of it as a document; rates are per second. NULL: out of memory. */
json_t *top_doc(const json_t *before, const json_t *now, uint64_t ms);
/* What key means, if it is about the view; false: it is not. */
bool top_key(struct top_view *v, int key);

#endif

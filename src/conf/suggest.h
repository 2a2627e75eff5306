/* suggest.h — "did you mean": the nearest of a few known words.
 * Thread: owner.                                                             */
#ifndef ATLAX_CONF_SUGGEST_H
#define ATLAX_CONF_SUGGEST_H

#include "base/slice.h"

struct suggest {
	struct slice word;	/* what was written; borrowed */
	const char *best;	/* NULL: nothing is near */
	size_t distance;
};

void suggest_init(struct suggest *s, struct slice word);
/* Offers one known word; best borrows it. */
void suggest_offer(struct suggest *s, const char *known);

#endif

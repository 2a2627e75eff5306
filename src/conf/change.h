/* change.h — from one configuration of the relay to the next: what is different,
 * and the next one with everything that stays in its old place.
 * Thread: any; pure.                                                         */
#ifndef ATLAX_CONF_CHANGE_H
#define ATLAX_CONF_CHANGE_H

#include "conf/conf.h"

enum conf_change_kind { CONF_ADDED, CONF_REMOVED, CONF_CHANGED };

struct conf_change {
	enum conf_change_kind kind;
	bool restart;	     /* a running relay cannot do that */
	const char *path;    /* of the key; NULL: a whole tenant or service */
	const char *tenant;  /* NULL: the relay's; borrowed, as service is */
	const char *service; /* NULL: the tenant's */
	char *before, *after; /* as the file says it; NULL: there is none */
};

struct conf_diff {
	struct conf_change *all; /* in the order of the manual, then of the file */
	size_t n, cap;
};

/* What has to change to come from a to b. Tenants and services are known by their
 * names; what is gone in a counts as not there. out borrows from both.
 * Fails: AX_E_NOMEM.                                                         */
AX_CHECKED int conf_relay_diff(const struct conf_relay *a,
    const struct conf_relay *b, struct conf_diff *out, struct err *e);
void conf_diff_free(struct conf_diff *d);

/* So many different tenants may have been there. */
#define CONF_PLACES_MAX 65536

/* Moves the tenants and services of next to the places that those of the same
 * names have in now; new ones come behind. A place that next does not fill is kept,
 * marked gone: an index stands for one name for ever. On failure next is only good
 * for conf_relay_free.
 * Fails: AX_E_LIMIT too many names so far; AX_E_NOMEM.                       */
AX_CHECKED int conf_relay_follow(
    const struct conf_relay *now, struct conf_relay *next, struct err *e);

#endif

/* plan.h — what another configuration would change, and what of it was changed:
 *	POST /v1/plan	{"file": "/absolute", "digest": ""}, both may be left out
 *	POST /v1/reload	the same; the file must be the relay's own
 * Thread: control.                                                           */
#ifndef ATLAX_ADMIN_PLAN_H
#define ATLAX_ADMIN_PLAN_H

#include "base/err.h"

struct admin_request;

struct admin_wish { /* empty: nothing was said */
	char file[4096];
	char digest[17]; /* of a plan: the file must still say the same */
};

struct admin_change {
	const char *action; /* "add", "remove", "change" */
	const char *key;    /* NULL: a whole tenant or service */
	const char *tenant, *service, *before, *after; /* NULL: none */
	bool restart; /* needs one */
	uint64_t agents, connections; /* that it ends */
};

struct admin_plan {
	const char *file, *digest;
	bool applied;
	const struct admin_change *changes;
	size_t n;
};

/* Takes req. */
void admin_reply_plan(struct admin_request *req, const struct admin_plan *p);

/* The document of it; freed by the caller. NULL: no memory. */
char *admin_plan_text(const struct admin_plan *p);

#endif

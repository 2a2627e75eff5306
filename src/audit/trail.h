/* trail.h — a file to which lines are added, each with the hash of the one before
 * (chain.h). Nothing in it is ever changed or taken away. It goes on from what is in
 * the file when the first line is written, not when it is opened: so a process may
 * open it while the one before it still writes.
 * Thread: owner.                                                             */
#ifndef ATLAX_AUDIT_TRAIL_H
#define ATLAX_AUDIT_TRAIL_H

#include "audit/chain.h"

struct trail;

/* Opens, or makes (0600), a regular file. Fails: AX_E_SYS, AX_E_CONFIG (it is
 * something else), AX_E_NOMEM.                                               */
AX_CHECKED int trail_open(const char *path, struct trail **out, struct err *e);
void trail_close(struct trail **t); /* accepts NULL, nulls */

struct trail_event {
	uint64_t wall_ms;
	const char *name;     /* lower-case letters and dots */
	struct slice members; /* of the JSON object, as in "\"id\":1"; may be empty */
};

/* Adds a line, in one write. What could not be written is counted, and "missed" says
 * so in the file as soon as that can be. Fails: AX_E_SYS, AX_E_NOMEM.        */
AX_CHECKED int trail_add(struct trail *t, const struct trail_event *ev, struct err *e);
/* On the disk, what was added. Fails: AX_E_SYS. */
AX_CHECKED int trail_sync(struct trail *t, struct err *e);
/* The file at the path may be another one by now: adds to that from now on. What was
 * added last is where its chain goes on. Fails: as trail_open; the old file stays. */
AX_CHECKED int trail_reopen(struct trail *t, struct err *e);

struct trail_state {
	const char *path; /* borrowed */
	char last[CHAIN_HASH_TEXT]; /* of the last line; empty: none was written */
	uint64_t missed; /* lines, since the last that could be written */
};
void trail_look(const struct trail *t, struct trail_state *out);

#endif

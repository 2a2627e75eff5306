/* kept.h — a file of the state directory that is written now and then: what a crash
 * may forget the last minute of. One that cannot be used is no reason to serve nobody.
 * Thread: control.                                                           */
#ifndef ATLAX_RELAY_KEPT_H
#define ATLAX_RELAY_KEPT_H

#include "base/buf.h"
#include "relay/revoke.h"

struct kept {
	const char *file, *rejected; /* rejected: the copy of one that is not understood */
	enum revoke_what alarm;	     /* while it cannot be written */
	const char *unread, *unwritten; /* sentences for the log */
	/* Of what it holds, of: as ledger_parse and ledger_print. */
	int (*parse)(void *of, const char *name, struct slice text, struct err *e);
	int (*print)(const void *of, struct buf *out);
};

/* Reads it, if it is there. One that cannot be used is copied aside, and said.
 * Fails: AX_E_NOMEM.                                                         */
AX_CHECKED int kept_read(
    struct relay *r, const struct kept *k, void *of, struct err *e);
/* Writes it; false: it cannot, which is said once and an alarm until it can. */
bool kept_write(struct relay *r, const struct kept *k, const void *of);

#endif

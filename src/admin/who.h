/* who.h — who asks, and what came of it: for the relay's audit trail (doc/AUDIT).
 * Thread: control.                                                           */
#ifndef ATLAX_ADMIN_WHO_H
#define ATLAX_ADMIN_WHO_H

#include <sys/types.h>

#include "base/defs.h"

struct admin_request;
struct relay;

/* The user and process at the other end of the Unix socket; on the dashboard, those
 * who asked for the link. From elsewhere: the operator, and his address.     */
struct admin_who {
	uid_t uid; /* -1: not known */
	pid_t pid;
	bool is_dashboard;
	char operator[64]; /* empty: it is not one, or nobody knows which */
	char from[160]; /* empty: from this machine */
};

/* A request that decides something, answered. Texts are JSON on one line. */
struct admin_decision {
	struct admin_who who;
	const char *page; /* "/v1/pending/%u/approve" */
	uint32_t id;	  /* of the page's %u, or 0 */
	const char *request, *answer; /* NULL: none, or not for a record */
	unsigned code;
};

/* Any may be NULL: nothing is written down. */
struct admin_trail {
	/* Where: answer with admin_reply_audit. */
	void (*show)(struct relay *relay, struct admin_request *req);
	/* A request that decides something was answered. d is borrowed. */
	void (*decided)(struct relay *relay, const struct admin_decision *d);
	/* Somebody may not ask, or came onto the dashboard (why is NULL). */
	void (*entered)(
	    struct relay *relay, const struct admin_who *who, const char *why);
};

struct admin_audit { /* the answer of GET /v1/audit */
	const char *file, *last; /* last: hash of its last line, or empty */
	uint64_t missed; /* lines that could not be written */
};

/* Takes req. */
void admin_reply_audit(struct admin_request *req, const struct admin_audit *a);

#endif

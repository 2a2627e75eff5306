/* pages.h — the table of pages: doc/openapi.yaml says what each is. Inside admin only.
 * Thread: control.                                                           */
#ifndef ATLAX_ADMIN_PAGES_H
#define ATLAX_ADMIN_PAGES_H

#include "base/defs.h"

#define PAGE_JSON "application/json"

struct admin;
struct admin_request;
struct admin_status;

struct page {
	const char *path; /* %u: the number of a request for a certificate */
	const char *method;
	void (*ask)(struct admin *a, struct admin_request *req);
	/* Of the status; NULL: who is asked makes the answer. */
	char *(*render)(const struct admin_status *s);
	const char *type;     /* of the answer; errors are JSON */
	bool takes_body;
	bool takes_json;      /* a body, and no other */
	bool is_public;	      /* for who comes over TCP, too */
	bool on_dashboard;    /* for who has a session there, too */
	bool gone_with_drain; /* 503 while draining: load balancers look elsewhere */
	bool only_looks;      /* a POST that changes nothing: not for the audit trail */
	bool is_secret;	      /* the answer is nothing for it */
	/* For who accepts this type by name; NULL: there is no other. */
	char *(*other_render)(const struct admin_status *s);
	const char *other_type;
	char *(*own_render)(const struct admin_status *s); /* for request_own */
};

/* Who comes: to our socket, over TCP, or with a session of the dashboard. */
enum page_door { DOOR_OWNER, DOOR_PUBLIC, DOOR_DASHBOARD };

/* The page of this path, if it is open to who comes, and the number in the path. */
const struct page *page_find(enum page_door door, const char *url, uint32_t *id);

#endif

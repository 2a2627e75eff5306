/* audit.c — requests and answers as they stand in the audit trail.
 *
 * Thread: control.                                                           */
#include "admin/audit.h"

#include <jansson.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"

/* The answer's line without its end; NULL: there is none. Freed by the caller. */
static char *
one_line(const char *doc)
{
	size_t n = doc == NULL ? 0 : strcspn(doc, "\n");

	return n == 0 || (doc[n] == '\n' && doc[n + 1] != '\0') ? NULL : strndup(doc, n);
}

void
audit_tell(const struct admin_ops *ops, struct relay *relay,
    struct admin_decision *d, struct slice body, const char *doc)
{
	json_t *asked = body.n == 0 ? NULL :
	    json_loadb((const char *)body.p, body.n, 0, NULL);
	char *request = asked == NULL ? NULL : json_dumps(asked, JSON_COMPACT);
	char *answer = one_line(doc);

	d->request = request;
	d->answer = answer;
	ops->trail.decided(relay, d);
	free(request);
	free(answer);
	json_decref(asked);
}

void
audit_ask(struct admin *a AX_UNUSED, struct admin_request *req)
{
	struct relay *relay;
	const struct admin_ops *ops = request_ops(req, &relay);

	ops->trail.show(relay, req);
}

void
admin_reply_audit(struct admin_request *req, const struct admin_audit *a)
{
	json_t *o = json_pack("{s:s, s:s, s:I}", "file", a->file, "last", a->last,
	    "missed", (json_int_t)a->missed);
	char *doc = o == NULL ? NULL : json_dumps(o, JSON_COMPACT), *line = NULL;

	if (doc != NULL && asprintf(&line, "%s\n", doc) < 0)
		line = NULL;
	free(doc);
	json_decref(o);
	request_answer(req, MHD_HTTP_OK, line);
}

/* audit.c — requests and answers as they stand in the audit trail.
 *
 * Thread: control.                                                           */
#include "admin/audit.h"

#include <jansson.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/render.h"

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
	struct render r;

	render_begin(&r);
	json_text(&r.j, "file", slice_str(a->file), SIZE_MAX);
	json_text(&r.j, "last", slice_str(a->last), SIZE_MAX);
	render_number(&r.j, "missed", a->missed);
	request_answer(req, MHD_HTTP_OK, render_end(&r));
}

/* plan.c — the pages about another configuration: reads what is asked for,
 * strictly, and hands it to the relay.
 *
 * Thread: control.                                                           */
#include "admin/plan.h"

#include <microhttpd.h>

#include "admin/admin.h"
#include "admin/body.h"
#include "admin/render.h"
#include "admin/request.h"
#include "base/str.h"

/* Nothing but an object with members of these names; an empty body is an empty one. */
static int
decode(struct slice body, struct admin_wish *out, struct err *e)
{
	const char *file = "", *digest = "";
	json_t *doc = body_read(body.n == 0 ? slice_str("{}") : body, e, "{s?s, s?s}",
	    "file", &file, "digest", &digest);
	int r = 0;

	*out = (struct admin_wish){ .file = "" };
	if (doc == NULL)
		r = AX_E_SYNTAX;
	else if (file[0] != '\0' && file[0] != '/')
		r = err_set(e, AX_E_SYNTAX, "file: the path must be absolute");
	else if (!str_copy(out->file, sizeof(out->file), file) ||
	    !str_copy(out->digest, sizeof(out->digest), digest))
		r = err_set(e, AX_E_RANGE, "file or digest is too long");
	json_decref(doc);
	return r;
}

static void
ask(struct admin_request *req, bool to_do_it)
{
	struct admin_wish wish;
	struct err e;
	struct relay *relay;
	const struct admin_ops *ops = request_ops(req, &relay);

	if (decode(request_body(req), &wish, &e) < 0)
		request_answer(req, MHD_HTTP_BAD_REQUEST, render_error(e.text));
	else if (to_do_it)
		ops->reload(relay, req, &wish);
	else
		ops->plan(relay, req, &wish);
}

void
plan_ask(struct admin *a AX_UNUSED, struct admin_request *req)
{
	ask(req, false);
}

void
plan_ask_reload(struct admin *a AX_UNUSED, struct admin_request *req)
{
	ask(req, true);
}

char *
admin_plan_text(const struct admin_plan *p)
{
	return render_plan(p);
}

void
admin_reply_plan(struct admin_request *req, const struct admin_plan *p)
{
	request_answer(req, MHD_HTTP_OK, render_plan(p));
}

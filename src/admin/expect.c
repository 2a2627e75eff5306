/* expect.c — the page that approves a key before it asks.
 *
 * Thread: control.                                                           */
#include "admin/expect.h"

#include <microhttpd.h>

#include "admin/admin.h"
#include "admin/body.h"
#include "admin/render.h"
#include "admin/request.h"

void
expect_ask(struct admin *a AX_UNUSED, struct admin_request *req)
{
	struct admin_expect what;
	json_int_t for_s = 0;
	struct relay *relay;
	struct err e;
	const struct admin_ops *ops = request_ops(req, &relay);
	json_t *doc = body_read(request_body(req), &e, "{s:s, s:I}", "certificate",
	    &what.certificate, "for_s", &for_s);

	if (doc == NULL || body_check_for_s(for_s, ADMIN_EXPECT_MAX_S, &e) < 0) {
		request_answer(req, MHD_HTTP_BAD_REQUEST, render_error(e.text));
	} else {
		what.for_s = for_s;
		ops->expect(relay, req, &what);
	}
	json_decref(doc);
}

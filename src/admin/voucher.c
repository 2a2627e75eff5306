/* voucher.c — the page that is asked before a voucher is made.
 *
 * Thread: control.                                                           */
#include "admin/voucher.h"

#include <microhttpd.h>

#include "admin/admin.h"
#include "admin/body.h"
#include "admin/render.h"
#include "admin/request.h"

void
voucher_ask(struct admin *a AX_UNUSED, struct admin_request *req)
{
	struct admin_voucher what;
	json_int_t for_s = 0;
	struct relay *relay;
	struct err e;
	const struct admin_ops *ops = request_ops(req, &relay);
	json_t *doc = body_read(request_body(req), &e, "{s:s, s:I}", "as",
	    &what.as, "for_s", &for_s);

	if (doc == NULL || body_check_for_s(for_s, ADMIN_VOUCHER_MAX_S, &e) < 0) {
		request_answer(req, MHD_HTTP_BAD_REQUEST, render_error(e.text));
	} else {
		what.for_s = for_s;
		ops->voucher(relay, req, &what);
	}
	json_decref(doc);
}

void
admin_reply_voucher(struct admin_request *req, const struct admin_vouchers *v)
{
	struct render r;

	render_begin(&r);
	render_text(&r.j, "listen", v->listen);
	render_text(&r.j, "pin", v->pin);
	json_bool(&r.j, "tenant_known", v->tenant_known);
	request_answer(req, MHD_HTTP_OK, render_end(&r));
}

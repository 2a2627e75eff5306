/* voucher.c — the page that is asked before a voucher is made.
 *
 * Thread: control.                                                           */
#include "admin/voucher.h"

#include <jansson.h>
#include <microhttpd.h>

#include "admin/admin.h"
#include "admin/render.h"
#include "admin/request.h"

/* *doc is the caller's to json_decref; out borrows from it. */
static int
decode(struct slice body, json_t **doc, struct admin_voucher *out, struct err *e)
{
	json_error_t why = { .text = "" };
	json_int_t for_s = 0;

	*doc = json_loadb((const char *)body.p, body.n, JSON_REJECT_DUPLICATES, &why);
	if (*doc == NULL || json_unpack_ex(*doc, &why, JSON_STRICT, "{s:s, s:I}",
	    "as", &out->as, "for_s", &for_s) < 0)
		return err_set(e, AX_E_SYNTAX, "the body is not what it has to be: "
		    "%.160s", why.text);
	if (for_s < 1 || for_s > ADMIN_VOUCHER_MAX_S)
		return err_set(e, AX_E_RANGE, "for_s is a number from 1 to %d",
		    ADMIN_VOUCHER_MAX_S);
	out->for_s = for_s;
	return 0;
}

void
voucher_ask(struct admin *a AX_UNUSED, struct admin_request *req)
{
	struct admin_voucher what;
	json_t *doc = NULL;
	struct relay *relay;
	struct err e;
	const struct admin_ops *ops = request_ops(req, &relay);

	if (decode(request_body(req), &doc, &what, &e) < 0)
		request_answer(req, MHD_HTTP_BAD_REQUEST, render_error(e.text));
	else
		ops->voucher(relay, req, &what);
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

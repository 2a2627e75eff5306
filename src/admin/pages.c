/* pages.c — what there is to ask for, and who answers it.
 *
 * Thread: control.                                                           */
#include "admin/pages.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/audit.h"
#include "admin/logs.h"
#include "admin/metrics.h"
#include "admin/render.h"
#include "admin/request.h"
#include "admin/revoke.h"
#include "admin/web.h"

static void
ask_status(struct admin *a AX_UNUSED, struct admin_request *req)
{
	struct relay *r;
	const struct admin_ops *ops = request_ops(req, &r);

	ops->status(r, req);
}

static void
ask_pending(struct admin *a AX_UNUSED, struct admin_request *req)
{
	struct relay *r;
	const struct admin_ops *ops = request_ops(req, &r);

	ops->pending(r, req);
}

static void
ask_approve(struct admin *a AX_UNUSED, struct admin_request *req)
{
	struct relay *r;
	const struct admin_ops *ops = request_ops(req, &r);

	ops->approve(r, req, request_id(req), request_body(req));
}

static void
ask_reject(struct admin *a AX_UNUSED, struct admin_request *req)
{
	struct relay *r;
	const struct admin_ops *ops = request_ops(req, &r);

	ops->reject(r, req, request_id(req));
}

static void
ask_drain(struct admin *a AX_UNUSED, struct admin_request *req)
{
	struct relay *r;
	const struct admin_ops *ops = request_ops(req, &r);

	ops->drain(r, req);
}

static void
ask_revoked(struct admin *a AX_UNUSED, struct admin_request *req)
{
	struct relay *r;
	const struct admin_ops *ops = request_ops(req, &r);

	ops->revoked(r, req);
}

static void
decide(struct relay *relay, struct admin_request *req,
    void (*op)(struct relay *, struct admin_request *, const struct admin_revoke *))
{
	struct admin_revoke what;
	json_t *doc = NULL;
	struct err e;

	if (revoke_decode(request_body(req), &doc, &what, &e) < 0)
		request_answer(req, MHD_HTTP_BAD_REQUEST, render_error(e.text));
	else
		op(relay, req, &what);
	json_decref(doc);
}

static void
ask_revoke(struct admin *a AX_UNUSED, struct admin_request *req)
{
	struct relay *r;
	const struct admin_ops *ops = request_ops(req, &r);

	decide(r, req, ops->revoke);
}

static void
ask_unrevoke(struct admin *a AX_UNUSED, struct admin_request *req)
{
	struct relay *r;
	const struct admin_ops *ops = request_ops(req, &r);

	decide(r, req, ops->unrevoke);
}

static void
ask_upgrade(struct admin *a AX_UNUSED, struct admin_request *req)
{
	struct relay *r;
	const struct admin_ops *ops = request_ops(req, &r);

	ops->upgrade(r, req);
}

static char *
render_metrics(const struct admin_status *s)
{
	return metrics_render(s, false);
}

static char *
render_open_metrics(const struct admin_status *s)
{
	return metrics_render(s, true);
}

/* The status, of which there are several views, asks every worker: one that hangs
 * is missed.                                                                 */
static const struct page pages[] = {
	{ "/v1/status", MHD_HTTP_METHOD_GET, ask_status, render_status, PAGE_JSON,
	  .own_render = render_shown, .on_dashboard = true },
	{ "/v1/drain", MHD_HTTP_METHOD_POST, ask_drain, render_status, PAGE_JSON,
	  .is_public = false },
	{ "/v1/upgrade", MHD_HTTP_METHOD_POST, ask_upgrade, NULL, PAGE_JSON,
	  .is_public = false },
	{ "/v1/health", MHD_HTTP_METHOD_GET, ask_status, render_health, PAGE_JSON,
	  .is_public = true },
	{ "/v1/ready", MHD_HTTP_METHOD_GET, ask_status, render_health, PAGE_JSON,
	  .is_public = true, .gone_with_drain = true },
	{ "/metrics", MHD_HTTP_METHOD_GET, ask_status, render_metrics, METRICS_TEXT,
	  .is_public = true, .other_render = render_open_metrics,
	  .other_type = METRICS_OPEN },
	{ "/v1/pending", MHD_HTTP_METHOD_GET, ask_pending, NULL, PAGE_JSON,
	  .on_dashboard = true },
	{ "/v1/pending/%u/approve", MHD_HTTP_METHOD_POST, ask_approve, NULL, PAGE_JSON,
	  .takes_body = true },
	{ "/v1/pending/%u/reject", MHD_HTTP_METHOD_POST, ask_reject, NULL, PAGE_JSON,
	  .on_dashboard = true },
	{ "/v1/expected", MHD_HTTP_METHOD_POST, expect_ask, NULL, PAGE_JSON,
	  .takes_body = true, .takes_json = true },
	{ "/v1/vouchers", MHD_HTTP_METHOD_POST, voucher_ask, NULL, PAGE_JSON,
	  .takes_body = true, .takes_json = true },
	{ "/v1/streams", MHD_HTTP_METHOD_GET, live_ask_streams, NULL, PAGE_JSON,
	  .on_dashboard = true },
	{ "/v1/streams/close", MHD_HTTP_METHOD_POST, live_ask_close, NULL, PAGE_JSON,
	  .takes_body = true, .takes_json = true, .on_dashboard = true },
	{ "/v1/kick", MHD_HTTP_METHOD_POST, live_ask_kick, NULL, PAGE_JSON,
	  .takes_body = true, .takes_json = true, .on_dashboard = true },
	{ "/v1/plan", MHD_HTTP_METHOD_POST, plan_ask, NULL, PAGE_JSON,
	  .takes_body = true, .takes_json = true, .only_looks = true },
	{ "/v1/reload", MHD_HTTP_METHOD_POST, plan_ask_reload, NULL, PAGE_JSON,
	  .takes_body = true, .takes_json = true },
	{ "/v1/dashboard", MHD_HTTP_METHOD_POST, web_ask_link, NULL, PAGE_JSON,
	  .is_secret = true },
	{ "/v1/logs", MHD_HTTP_METHOD_GET, logs_ask, NULL, "text/plain; charset=utf-8",
	  .is_public = false },
	{ "/v1/audit", MHD_HTTP_METHOD_GET, audit_ask, NULL, PAGE_JSON,
	  .is_public = false },
	{ "/v1/revoked", MHD_HTTP_METHOD_GET, ask_revoked, NULL, PAGE_JSON,
	  .is_public = false },
	{ "/v1/revoke", MHD_HTTP_METHOD_POST, ask_revoke, NULL, PAGE_JSON,
	  .takes_body = true, .takes_json = true },
	{ "/v1/revoke/undo", MHD_HTTP_METHOD_POST, ask_unrevoke, NULL, PAGE_JSON,
	  .takes_body = true, .takes_json = true },
};

/* Is url this path? Its number, if the path has one, goes to *id. */
static bool
matches(const char *path, const char *url, uint32_t *id)
{
	const char *mark = strstr(path, "%u");
	size_t n = mark == NULL ? 0 : (size_t)(mark - path);
	unsigned long v;
	char *end;

	if (mark == NULL)
		return strcmp(path, url) == 0;
	if (strncmp(path, url, n) != 0 || url[n] < '1' || url[n] > '9')
		return false;
	errno = 0;
	v = strtoul(url + n, &end, 10);
	if (errno != 0 || v > UINT32_MAX || strcmp(end, mark + 2) != 0)
		return false;
	*id = (uint32_t)v;
	return true;
}

const struct page *
page_find(enum page_door door, const char *url, uint32_t *id)
{
	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		const struct page *p = &pages[i];
		bool open = door == DOOR_DASHBOARD ? p->on_dashboard :
						     door == DOOR_OWNER || p->is_public;

		if (open && matches(p->path, url, id))
			return p;
	}
	return NULL;
}

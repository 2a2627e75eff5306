/* server.c — HTTP over the admin socket, with libmicrohttpd on the owner's
 * loop: it brings no thread of its own.
 *
 * Thread: control. Life of a request: made when its header was read, asked when
 * the whole of it was, suspended until the answer comes, freed by
 * libmicrohttpd's "completed".
 * Invariant: every request on a->open was asked and not answered yet.        */
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/metrics.h"
#include "admin/render.h"
#include "admin/socket.h"
#include "base/assert.h"
#include "base/list.h"
#include "parse/host.h"

#define CONNECTIONS_MAX 16u /* at once; more wait in the backlog */
#define IDLE_SECONDS 10u
#define REQUEST_BYTES ((size_t)16 << 10) /* memory for one connection */

/* What can be read. Each of them asks every worker: one that hangs is missed. */
static const struct page {
	const char *url, *type;
	char *(*render)(const struct admin_status *s);
	bool secret;	     /* not for who comes over TCP */
	bool gone_with_drain; /* 503 while draining: load balancers look elsewhere */
} pages[] = {
	{ "/v1/status", "application/json", render_status, true, false },
	{ "/v1/health", "application/json", render_health, false, false },
	{ "/v1/ready", "application/json", render_health, false, true },
	{ "/metrics", "text/plain; version=0.0.4; charset=utf-8", metrics_render,
	  false, false },
};

struct admin {
	struct admin_args args; /* of which socket and fd are used up */
	struct admin_socket socket;
	struct MHD_Daemon *http;
	struct list open;
	int fd;
	bool is_public; /* TCP: whoever is on this machine may ask */
	bool resumed; /* MHD_run is due, though no descriptor says so */
};

struct admin_request {
	struct list link; /* admin.open */
	struct admin *admin;
	const struct page *page;
	struct MHD_Connection *conn;
	struct MHD_Response *answer; /* NULL: none yet */
	unsigned code;
	bool asked, suspended;
};

/* --- answers ------------------------------------------------------------- */

/* Takes doc; NULL becomes an answer without a body. */
static struct MHD_Response *
response(char *doc, const char *type)
{
	struct MHD_Response *r;

	if (doc == NULL)
		return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	r = MHD_create_response_from_buffer(strlen(doc), doc, MHD_RESPMEM_MUST_FREE);
	if (r == NULL) {
		free(doc);
		return NULL;
	}
	(void)MHD_add_response_header(r, "Content-Type", type);
	(void)MHD_add_response_header(r, "Cache-Control", "no-store");
	return r;
}

/* Takes r. MHD_NO closes the connection, all there is left without memory. */
static enum MHD_Result
queue(struct MHD_Connection *c, unsigned code, struct MHD_Response *r)
{
	enum MHD_Result ok;

	if (r == NULL)
		return MHD_NO;
	if (code == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)MHD_add_response_header(r, "Allow", "GET");
	ok = MHD_queue_response(c, code, r);
	MHD_destroy_response(r);
	return ok;
}

static enum MHD_Result
refuse(struct MHD_Connection *c, unsigned code, const char *sentence)
{
	return queue(c, code, response(render_error(sentence), "application/json"));
}

static void
answer(struct admin_request *req, unsigned code, char *doc, const char *type)
{
	ax_assert(req->asked && req->answer == NULL);
	req->code = doc == NULL ? MHD_HTTP_INTERNAL_SERVER_ERROR : code;
	req->answer = response(doc, type);
	list_del(&req->link);
	if (req->suspended) {
		MHD_resume_connection(req->conn);
		req->admin->resumed = true;
	}
	req->suspended = false;
}

void
admin_reply_status(struct admin_request *req, const struct admin_status *s)
{
	const struct page *p = req->page;

	answer(req, p->gone_with_drain && s->draining ? MHD_HTTP_SERVICE_UNAVAILABLE :
	    MHD_HTTP_OK, p->render(s), p->type);
}

void
admin_fail(struct admin_request *req, const char *sentence)
{
	answer(req, MHD_HTTP_SERVICE_UNAVAILABLE, render_error(sentence),
	    "application/json");
}

/* --- questions ------------------------------------------------------------ */

static bool
has_body(struct MHD_Connection *c)
{
	const char *n = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Length");

	return (n != NULL && strcmp(n, "0") != 0) ||
	    MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Transfer-Encoding") != NULL;
}

static const struct page *
find_page(const struct admin *a, const char *url)
{
	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		if (strcmp(url, pages[i].url) == 0 &&
		    (!a->is_public || !pages[i].secret))
			return &pages[i];
	}
	return NULL;
}

/* Why the request is not answered: a status and a sentence, or 0. */
static unsigned
wrong(struct MHD_Connection *c, const struct page *p, const char *method,
    const char **why)
{
	if (p == NULL) {
		*why = "no such page";
		return MHD_HTTP_NOT_FOUND;
	}
	if (strcmp(method, "GET") != 0) {
		*why = "this page can only be read; use GET";
		return MHD_HTTP_METHOD_NOT_ALLOWED;
	}
	if (has_body(c)) {
		*why = "the request has a body; send none";
		return MHD_HTTP_CONTENT_TOO_LARGE;
	}
	return 0;
}

/* A page of another site can make a browser on this machine ask us, by a name of
 * its own that leads here; not by an address, nor as localhost.              */
static bool
is_addressed_to_us(struct MHD_Connection *c)
{
	const char *text = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Host");
	char host[64];
	uint8_t ip[16];
	bool bracket;
	size_t n;

	if (text == NULL)
		return false;
	bracket = *text == '[';
	text += bracket;
	n = strcspn(text, bracket ? "]" : ":");
	snprintf(host, sizeof(host), "%.*s", (int)MIN(n, sizeof(host)), text);
	return strcmp(host, "localhost") == 0 || host_ip(host, ip) != 0;
}

static bool
may(const struct admin *a, struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	uid_t who = (uid_t)-1;

	if (info != NULL && admin_socket_may(info->connect_fd, &who))
		return true;
	log_warn(a->args.log, "admin request refused", LOG_U64("uid", who));
	return false;
}

/* The header is here. */
static enum MHD_Result
begin(struct admin *a, struct MHD_Connection *c, const char *url,
    const char *method, void **slot)
{
	const struct page *page = find_page(a, url);
	struct admin_request *req;
	const char *why = NULL;
	unsigned code;

	if (a->is_public && !is_addressed_to_us(c))
		return refuse(c, MHD_HTTP_MISDIRECTED_REQUEST,
		    "ask for localhost or an address, not for a name");
	if (!a->is_public && !may(a, c))
		return refuse(c, MHD_HTTP_FORBIDDEN,
		    "only root and the relay's own user may ask");
	code = wrong(c, page, method, &why);
	if (code != 0)
		return refuse(c, code, why);
	req = calloc(1, sizeof(*req));
	if (req == NULL)
		return MHD_NO;
	req->admin = a;
	req->page = page;
	req->conn = c;
	list_init(&req->link);
	*slot = req;
	return MHD_YES;
}

/* The whole request is here. Suspends it unless the answer came at once. */
static void
ask(struct admin *a, struct admin_request *req)
{
	req->asked = true;
	list_add(&a->open, &req->link);
	a->args.ops->status(a->args.arg, req);
	req->suspended = !list_is_empty(&req->link);
	if (req->suspended)
		MHD_suspend_connection(req->conn);
}

static enum MHD_Result
reply(struct admin_request *req)
{
	struct MHD_Response *r = req->answer;

	req->answer = NULL;
	return queue(req->conn, req->code, r);
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *c, const char *url, const char *method,
    const char *version, const char *data, size_t *n, void **slot)
{
	struct admin *a = arg;
	struct admin_request *req = *slot;

	(void)version;
	(void)data;
	if (req == NULL)
		return begin(a, c, url, method, slot);
	if (*n > 0)
		return MHD_NO; /* a body that no header announced */
	if (!req->asked)
		ask(a, req);
	return req->suspended ? MHD_YES : reply(req);
}

static void
on_completed(void *arg, struct MHD_Connection *c, void **slot,
    enum MHD_RequestTerminationCode why)
{
	struct admin_request *req = *slot;

	(void)arg;
	(void)c;
	(void)why;
	*slot = NULL;
	if (req == NULL)
		return;
	ax_assert(list_is_empty(&req->link)); /* suspended ones do not complete */
	if (req->answer != NULL)
		MHD_destroy_response(req->answer);
	free(req);
}

/* --- the server ----------------------------------------------------------- */

static int
start(struct admin *a, struct err *e)
{
	const union MHD_DaemonInfo *info;

	a->http = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0,
	    NULL, NULL, on_request, a,
	    MHD_OPTION_LISTEN_SOCKET, a->socket.fd,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
	    MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
	    MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, REQUEST_BYTES, MHD_OPTION_END);
	if (a->http == NULL)
		return err_set(e, AX_E_SYS, "cannot start the admin server");
	a->socket.fd = -1; /* libmicrohttpd closes it */
	info = MHD_get_daemon_info(a->http, MHD_DAEMON_INFO_EPOLL_FD);
	if (info == NULL || info->epoll_fd < 0)
		return err_set(e, AX_E_SYS, "the admin server cannot be watched");
	a->fd = info->epoll_fd;
	return 0;
}

int
admin_new(const struct admin_args *args, struct admin **out, struct err *e)
{
	struct admin *a = calloc(1, sizeof(*a));
	int r = 0;

	if (a == NULL && args->socket == NULL)
		(void)close(args->fd);
	if (a == NULL)
		return err_set(e, AX_E_NOMEM, "no memory for the admin server");
	a->args = *args;
	a->fd = a->socket.fd = -1;
	list_init(&a->open);
	a->is_public = args->socket == NULL;
	if (a->is_public)
		a->socket.fd = args->fd;
	else
		r = admin_socket_open(args->socket, &a->socket, e);
	if (r == 0)
		r = start(a, e);
	if (r < 0)
		admin_free(&a);
	else
		*out = a;
	return r;
}

void
admin_free(struct admin **a)
{
	struct admin *admin = *a;
	struct list *l;

	*a = NULL;
	if (admin == NULL)
		return;
	while ((l = list_first(&admin->open)) != NULL)
		admin_fail(container_of(l, struct admin_request, link),
		    "the relay is stopping");
	if (admin->http != NULL) {
		(void)MHD_run(admin->http); /* sends what was just said */
		MHD_stop_daemon(admin->http);
	}
	admin_socket_close(&admin->socket);
	free(admin);
}

int
admin_fd(const struct admin *a)
{
	return a->fd;
}

void
admin_run(struct admin *a)
{
	a->resumed = false;
	(void)MHD_run(a->http);
}

uint64_t
admin_timeout_ms(const struct admin *a)
{
	MHD_UNSIGNED_LONG_LONG ms;

	/* MHD 0.9.75 does not count a resumed connection as work to do. */
	if (a->resumed)
		return 0;
	return MHD_get_timeout(a->http, &ms) == MHD_YES ? ms : UINT64_MAX;
}

/* server.c — HTTP over the admin socket, with libmicrohttpd on the owner's
 * loop: it brings no thread of its own.
 *
 * Thread: control. Life of a request: made when its header was read, asked when
 * the whole of it was, suspended until the answer comes, freed by
 * libmicrohttpd's "completed".
 * Invariant: every request on a->open was asked and not answered yet.        */
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/audit.h"
#include "admin/logs.h"
#include "admin/pages.h"
#include "admin/remote.h"
#include "admin/render.h"
#include "admin/request.h"
#include "admin/revoke.h"
#include "admin/socket.h"
#include "admin/visits.h"
#include "admin/web.h"
#include "base/assert.h"
#include "base/buf.h"
#include "base/list.h"
#include "base/str.h"
#include "parse/host.h"

#define CONNECTIONS_MAX 16u /* at once; more wait in the backlog */
#define VIEWERS_CONNECTIONS 48u /* a browser keeps several, and one for events */
#define IDLE_SECONDS 10u /* without a byte; visits.h has what a connection gets in all */
#define REQUEST_BYTES ((size_t)16 << 10) /* memory for one connection */
#define BODY_MAX ((size_t)16 << 10)

struct admin {
	struct admin_args args; /* of which socket and fd are used up */
	struct admin_socket socket;
	struct MHD_Daemon *http;
	struct list open;
	int fd;
	bool is_public; /* TCP: whoever is on this machine may ask */
	bool stopping; /* whom to ask may be gone */
	bool resumed; /* MHD_run is due, though no descriptor says so */
	struct logs logs;
	struct visits visits;
};

struct admin_request {
	struct list link; /* admin.open */
	struct admin *admin;
	const struct page *page;
	struct admin_who who;
	uint32_t id; /* the page's number of a request; 0: it has none */
	struct buf body;
	struct MHD_Connection *conn; /* NULL: one of our own, answered to done */
	void (*done)(void *arg, unsigned code, char *doc);
	void *done_arg;
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
	ok = MHD_queue_response(c, code, r);
	MHD_destroy_response(r);
	return ok;
}

static enum MHD_Result
refuse(struct MHD_Connection *c, unsigned code, const char *sentence)
{
	return queue(c, code, response(render_error(sentence), PAGE_JSON));
}

static enum MHD_Result
refuse_method(struct MHD_Connection *c, const char *allowed, const char *sentence)
{
	struct MHD_Response *r = response(render_error(sentence), PAGE_JSON);

	if (r != NULL)
		(void)MHD_add_response_header(r, "Allow", allowed);
	return queue(c, MHD_HTTP_METHOD_NOT_ALLOWED, r);
}

static enum page_door
door(const struct admin *a)
{
	return a->args.is_dashboard ? DOOR_DASHBOARD :
	    a->is_public ? DOOR_PUBLIC : DOOR_OWNER;
}

/* --- answering ------------------------------------------------------------ */

/* What was decided, for the audit trail. A status is no news. */
static void
tell(struct admin_request *req, unsigned code, const char *doc)
{
	const struct admin_args *args = &req->admin->args;
	const struct page *page = req->page;
	struct admin_decision d = { .who = req->who, .page = page->path, .id = req->id,
		.code = code };
	bool dull = code == MHD_HTTP_OK && (page->render != NULL || page->is_secret);

	if (args->ops->trail.decided != NULL && !page->only_looks &&
	    strcmp(page->method, MHD_HTTP_METHOD_POST) == 0)
		audit_tell(args->ops, args->relay, &d, buf_slice(&req->body),
		    dull ? NULL : doc);
}

/* Of types, the name decides, up to its parameters; which of several its sender likes
 * best (q=) does not: who names this one has read what it is. */
static bool
wants_other(const struct admin_request *req)
{
	const char *type = req->page->other_type;
	const char *accept = type == NULL || req->conn == NULL ? NULL :
	    MHD_lookup_connection_value(req->conn, MHD_HEADER_KIND, "Accept");
	char name[64];

	if (accept == NULL)
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(type, ";"), type);
	return strstr(accept, name) != NULL;
}

void
request_answer(struct admin_request *req, unsigned code, char *doc)
{
	ax_assert(req->asked && req->answer == NULL);
	if (req->done != NULL) {
		list_del(&req->link);
		req->done(req->done_arg, code, doc);
		free(req);
		return;
	}
	tell(req, code, doc);
	req->code = doc == NULL ? MHD_HTTP_INTERNAL_SERVER_ERROR : code;
	req->answer = response(doc, code != MHD_HTTP_OK ? PAGE_JSON :
	    wants_other(req) ? req->page->other_type : req->page->type);
	list_del(&req->link);
	if (req->suspended) {
		MHD_resume_connection(req->conn);
		req->admin->resumed = true;
	}
	req->suspended = false;
}

struct MHD_Connection *
request_connection(const struct admin_request *req)
{
	return req->conn;
}

void
request_stream(struct admin_request *req, struct MHD_Response *r)
{
	ax_assert(req->asked && req->answer == NULL && !req->suspended);
	if (r != NULL) {
		(void)MHD_add_response_header(r, "Content-Type", req->page->type);
		(void)MHD_add_response_header(r, "Cache-Control", "no-store");
	}
	req->code = MHD_HTTP_OK;
	req->answer = r;
	list_del(&req->link);
}

struct logs *
request_logs(struct admin *a)
{
	return &a->logs;
}

const char *
request_argument(const struct admin_request *req, const char *name)
{
	return MHD_lookup_connection_value(req->conn, MHD_GET_ARGUMENT_KIND, name);
}

const struct admin_who *
request_who(const struct admin_request *req)
{
	return &req->who;
}

void
request_entered(const struct admin *a, const struct admin_who *who, const char *why)
{
	if (a->args.ops->trail.entered != NULL)
		a->args.ops->trail.entered(a->args.relay, who, why);
}

uint32_t
request_id(const struct admin_request *req)
{
	return req->id;
}

struct slice
request_body(const struct admin_request *req)
{
	return buf_slice(&req->body);
}

const struct admin_ops *
request_ops(const struct admin_request *req, struct relay **relay)
{
	*relay = req->admin->args.relay;
	return req->admin->args.ops;
}

struct dashboard *
request_dashboard(const struct admin_request *req)
{
	return req->admin->args.dashboard;
}

struct admin_request *
request_own(struct admin *a, const char *path,
    void (*done)(void *arg, unsigned code, char *doc), void *arg)
{
	struct admin_request *req = calloc(1, sizeof(*req));

	if (req == NULL)
		return NULL;
	req->admin = a;
	req->page = page_find(door(a), path, &req->id);
	req->done = done;
	req->done_arg = arg;
	req->asked = true;
	ax_assert(req->page != NULL);
	list_init(&req->link);
	list_add(&a->open, &req->link);
	return req;
}

void
admin_wake(struct admin *a)
{
	a->resumed = true;
}

void
admin_reply_status(struct admin_request *req, const struct admin_status *s)
{
	bool gone = req->page->gone_with_drain && s->draining;
	char *(*render)(const struct admin_status *) = req->done != NULL ?
	    req->page->own_render : wants_other(req) ? req->page->other_render :
	    req->page->render;

	request_answer(req, gone ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK, render(s));
}

void
admin_reply_pending(struct admin_request *req, const struct admin_enrolment *e)
{
	request_answer(req, MHD_HTTP_OK, render_pending(e));
}

void
admin_reply_decided(struct admin_request *req, const struct admin_decided *d)
{
	request_answer(req, MHD_HTTP_OK, render_decided(d));
}

void
admin_reply_revoked(struct admin_request *req, const struct admin_revoked_list *a)
{
	request_answer(req, MHD_HTTP_OK, revoke_render_list(a));
}

void
admin_reply_revocation(struct admin_request *req, const struct admin_revocation *a)
{
	request_answer(req, MHD_HTTP_OK, revoke_render(a));
}

void
admin_reply_upgraded(struct admin_request *req, const struct admin_upgraded *u)
{
	request_answer(req, MHD_HTTP_OK, render_upgraded(u));
}

void
admin_refuse(struct admin_request *req, const char *sentence)
{
	request_answer(req, MHD_HTTP_CONFLICT, render_error(sentence));
}

void
admin_fail(struct admin_request *req, const char *sentence)
{
	request_answer(req, MHD_HTTP_SERVICE_UNAVAILABLE, render_error(sentence));
}

/* --- which page ----------------------------------------------------------- */

static bool
has_body(struct MHD_Connection *c)
{
	const char *n = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Length");

	return (n != NULL && strcmp(n, "0") != 0) ||
	    MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Transfer-Encoding") != NULL;
}

/* A form of another site's page cannot say so. */
static bool
is_json(struct MHD_Connection *c)
{
	const char *type = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Type");

	return type != NULL && strcasecmp(type, PAGE_JSON) == 0;
}

/* Why the request is not answered: a status and a sentence, or 0. */
static unsigned
wrong(struct MHD_Connection *c, const struct page *page, const char *method,
    const char **why)
{
	if (page == NULL) {
		*why = "no such page";
		return MHD_HTTP_NOT_FOUND;
	}
	if (strcmp(method, page->method) != 0) {
		*why = strcmp(page->method, MHD_HTTP_METHOD_GET) == 0 ?
		    "this page can only be read; use GET" :
		    "this page decides something; use POST";
		return MHD_HTTP_METHOD_NOT_ALLOWED;
	}
	if (!page->takes_body && has_body(c)) {
		*why = "the request has a body; send none";
		return MHD_HTTP_CONTENT_TOO_LARGE;
	}
	if (page->takes_json && !is_json(c)) {
		*why = "say Content-Type: application/json";
		return MHD_HTTP_UNSUPPORTED_MEDIA_TYPE;
	}
	return 0;
}

/* A page of another site can make a browser on this machine ask us, by a name of
 * its own that leads here; not by an address, nor as localhost.              */
static bool
is_addressed_to_us(struct MHD_Connection *c)
{
	char host[256];
	uint8_t ip[16];

	return remote_host(c, host) &&
	    (strcmp(host, "localhost") == 0 || host_ip(host, ip) != 0);
}

static bool
may(const struct admin *a, struct MHD_Connection *c, struct admin_who *who)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);

	if (info != NULL && admin_socket_may(info->connect_fd, who))
		return true;
	log_warn(a->args.log, "admin request refused", LOG_U64("uid", who->uid));
	request_entered(a, who, "not root, nor the relay's own user");
	return false;
}

/* The header is here. */
static enum MHD_Result
begin(struct admin *a, struct MHD_Connection *c, const char *url,
    const char *method, void **slot)
{
	struct admin_request *req;
	struct admin_who who = { .uid = (uid_t)-1 };
	const struct page *page;
	const char *why = NULL;
	enum MHD_Result done;
	uint32_t id = 0;
	unsigned code;

	if (a->is_public && !is_addressed_to_us(c))
		return refuse(c, MHD_HTTP_MISDIRECTED_REQUEST,
		    "ask for localhost or an address, not for a name");
	if (a->args.is_remote && (code = remote_judge(&a->args, c, &who, &why)) != 0)
		return refuse(c, code, why);
	if (!a->is_public && !a->args.is_remote && !may(a, c, &who))
		return refuse(c, MHD_HTTP_FORBIDDEN,
		    "only root and the relay's own user may ask");
	if (a->args.is_dashboard && web_serves(a->args.dashboard, c, url, method, &done))
		return done;
	page = page_find(door(a), url, &id);
	code = wrong(c, page, method, &why);
	if (code == MHD_HTTP_METHOD_NOT_ALLOWED)
		return refuse_method(c, page->method, why);
	if (code != 0)
		return refuse(c, code, why);
	req = calloc(1, sizeof(*req));
	if (req == NULL)
		return MHD_NO;
	req->admin = a;
	req->conn = c;
	req->page = page;
	req->id = id;
	req->who = who;
	if (a->args.is_dashboard)
		web_who(a->args.dashboard, c, &req->who);
	buf_init(&req->body);
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
	visit_gets(req->conn, VISIT_ANSWER_MS);
	if (a->stopping)
		admin_fail(req, "the relay is stopping");
	else
		req->page->ask(a, req);
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
	if (req == NULL)
		return begin(a, c, url, method, slot);
	if (*n > 0) {
		/* One that no header announced, or too long a one. */
		if (!req->page->takes_body || buf_len(&req->body) + *n > BODY_MAX ||
		    buf_append(&req->body, data, *n) < 0)
			return MHD_NO;
		*n = 0;
		return MHD_YES;
	}
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
	(void)why;
	*slot = NULL;
	visit_gets(c, VISIT_ASK_MS);
	if (req == NULL)
		return;
	ax_assert(list_is_empty(&req->link)); /* suspended ones do not complete */
	if (req->answer != NULL)
		MHD_destroy_response(req->answer);
	buf_fini(&req->body);
	free(req);
}

int
admin_take(struct admin *a, int fd, const struct admin_who *who)
{
	ax_assert(a->args.is_remote);
	return visits_add(&a->visits, a->http, fd, who);
}

/* --- the server ----------------------------------------------------------- */

static int
start(struct admin *a, struct err *e)
{
	const union MHD_DaemonInfo *info;

	a->http = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME |
	    (a->args.is_remote ? MHD_USE_NO_LISTEN_SOCKET : 0), 0,
	    NULL, NULL, on_request, a,
	    MHD_OPTION_NOTIFY_CONNECTION, visits_notify, &a->visits,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
	    MHD_OPTION_CONNECTION_LIMIT, a->visits.max,
	    MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, REQUEST_BYTES,
	    a->args.is_remote ? MHD_OPTION_END : MHD_OPTION_LISTEN_SOCKET, a->socket.fd,
	    MHD_OPTION_END);
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

	if (a == NULL && !args->is_remote && (args->socket == NULL || args->fd > 0))
		(void)close(args->fd);
	if (a == NULL)
		return err_set(e, AX_E_NOMEM, "no memory for the admin server");
	a->args = *args;
	a->fd = a->socket.fd = -1;
	list_init(&a->open);
	logs_init(&a->logs, a, args->log);
	visits_init(&a->visits, args->is_dashboard || args->is_remote ?
	    VIEWERS_CONNECTIONS : CONNECTIONS_MAX);
	a->is_public = args->socket == NULL && !args->is_remote;
	if (a->args.is_dashboard)
		web_begin(a->args.dashboard, a);
	if (a->is_public || args->fd > 0)
		a->socket.fd = args->fd;
	if (!a->is_public && args->fd > 0)
		(void)str_copy(a->socket.path, sizeof(a->socket.path), args->socket);
	else if (!a->is_public && !args->is_remote)
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
	admin->stopping = true;
	while ((l = list_first(&admin->open)) != NULL)
		admin_fail(container_of(l, struct admin_request, link),
		    "the relay is stopping");
	if (admin->args.is_dashboard)
		web_stop(admin->args.dashboard);
	logs_stop(&admin->logs);
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

int
admin_listener(const struct admin *a)
{
	const union MHD_DaemonInfo *info =
	    MHD_get_daemon_info(a->http, MHD_DAEMON_INFO_LISTEN_FD);

	return info == NULL ? -1 : info->listen_fd;
}

/* MHD takes its listener out of the epoll set when as many are there as may be, and
 * puts it back in the first run after one of them has left; with nothing else to do
 * there would be no such run, and nobody could ever connect again.           */
static unsigned
count_connections(const struct admin *a)
{
	const union MHD_DaemonInfo *info =
	    MHD_get_daemon_info(a->http, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

	return info == NULL ? 0 : info->num_connections;
}

void
admin_run(struct admin *a)
{
	unsigned before;

	a->resumed = false;
	do {
		before = count_connections(a);
		(void)MHD_run(a->http);
	} while (count_connections(a) < before);
	if (a->args.is_dashboard)
		web_run(a->args.dashboard);
	logs_run(&a->logs);
	visits_run(&a->visits);
}

uint64_t
admin_timeout_ms(const struct admin *a)
{
	uint64_t wait = a->args.is_dashboard ? web_wait_ms(a->args.dashboard) : UINT64_MAX;
	MHD_UNSIGNED_LONG_LONG ms;

	wait = MIN(wait, logs_wait_ms(&a->logs));
	wait = MIN(wait, visits_wait_ms(&a->visits));
	/* MHD 0.9.75 does not count a resumed connection as work to do. */
	if (a->resumed)
		return 0;
	return MHD_get_timeout(a->http, &ms) == MHD_YES ? MIN(ms, wait) : wait;
}

/* request.h — a question that came by HTTP, for the pages of this directory. Inside
 * admin only. Thread: control.                                               */
#ifndef ATLAX_ADMIN_REQUEST_H
#define ATLAX_ADMIN_REQUEST_H

#include "base/slice.h"

struct admin;
struct admin_request;
struct admin_ops;
struct admin_who;
struct dashboard;
struct relay;

/* What follows the "?" under this name, or NULL. Borrows: until the answer. */
const char *request_argument(const struct admin_request *req, const char *name);
const struct admin_who *request_who(const struct admin_request *req);
uint32_t request_id(const struct admin_request *req); /* the number in its path */
struct slice request_body(const struct admin_request *req);
const struct admin_ops *request_ops(const struct admin_request *req, struct relay **relay);
struct dashboard *request_dashboard(const struct admin_request *req);
/* For a page that answers bit by bit, from libmicrohttpd itself. Takes req and r; NULL:
 * out of memory.                                                             */
struct MHD_Response;
struct MHD_Connection *request_connection(const struct admin_request *req);
void request_stream(struct admin_request *req, struct MHD_Response *r);
struct logs *request_logs(struct admin *a);
/* A question that nobody sent, for the page of this path: to be asked by the caller,
 * and answered to done, which owns doc. NULL: out of memory.                 */
struct admin_request *request_own(struct admin *a, const char *path,
    void (*done)(void *arg, unsigned code, char *doc), void *arg);
/* A connection was resumed: admin_run is due. */
void admin_wake(struct admin *a);
/* Somebody came in, or may not (why). */
void request_entered(
    const struct admin *a, const struct admin_who *who, const char *why);
/* Takes req and doc, which may be NULL: out of memory. */
void request_answer(struct admin_request *req, unsigned code, char *doc);

/* live.c: the pages of live.h. */
void live_ask_streams(struct admin *a, struct admin_request *req);
void live_ask_close(struct admin *a, struct admin_request *req);
void live_ask_kick(struct admin *a, struct admin_request *req);
/* expect.c */
void expect_ask(struct admin *a, struct admin_request *req);
/* plan.c: those of plan.h. */
void plan_ask(struct admin *a, struct admin_request *req);
void plan_ask_reload(struct admin *a, struct admin_request *req);

#endif

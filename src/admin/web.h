/* web.h — the dashboard's door: who may pass, and what is behind it beside the pages
 * of server.c. Inside admin only. Thread: control.                           */
#ifndef ATLAX_ADMIN_WEB_H
#define ATLAX_ADMIN_WEB_H

#include <microhttpd.h>

#include "admin/dashboard.h"
#include "admin/who.h"

struct admin;
struct admin_request;

/* A file of the page; built from src/admin/web. */
struct web_file {
	const char *path, *type;
	const unsigned char *data;
	size_t n;
};
extern const struct web_file web_files[];
extern const size_t web_n_files;

/* A request's header came through the door. True: it was answered, *out is for
 * libmicrohttpd. False: it may go on to the page it asks for.                */
bool web_serves(struct dashboard *d, struct MHD_Connection *c, const char *url,
    const char *method, enum MHD_Result *out);
/* Who has the session that the request names, if there is one. */
void web_who(const struct dashboard *d, struct MHD_Connection *c, struct admin_who *out);
/* The door that it is; before the first request. */
void web_begin(struct dashboard *d, struct admin *a);
void web_run(struct dashboard *d);
uint64_t web_wait_ms(const struct dashboard *d);
void web_stop(struct dashboard *d);
/* The page POST /v1/dashboard: a link that is good once. */
void web_ask_link(struct admin *a, struct admin_request *req);

#endif

/* web.c — files, links, sessions and what a browser has to say before it may ask.
 *
 * Thread: control. Invariant: nothing but files and the link is answered without
 * a session; nothing is changed by GET, but that the link is used up by opening
 * it; no answer of ours lets another site's page read it (no CORS).          */
#include "admin/web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "admin/admin.h"
#include "admin/feed.h"
#include "admin/keys.h"
#include "admin/render.h"
#include "admin/request.h"
#include "admin/visits.h"
#include "base/clock.h"
#include "base/str.h"

#define LINK_SECONDS 60u
#define SESSION_SECONDS 43200u /* twelve hours */
#define COOKIE "atlax"

struct dashboard {
	char at[80];
	struct log *log;
	struct keys links, sessions;
	struct feed feed;
};

/* --- answers --------------------------------------------------------------------- */

/* Takes r; adds what keeps a browser from doing more than it should with it. */
static enum MHD_Result
send_off(struct MHD_Connection *c, unsigned code, struct MHD_Response *r)
{
	static const char *const headers[][2] = {
		{ "Content-Security-Policy", "default-src 'none'; script-src 'self'; "
		    "style-src 'self'; img-src 'self'; connect-src 'self'; "
		    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "X-Frame-Options", "DENY" },
		{ "Referrer-Policy", "no-referrer" },
		{ "Cross-Origin-Opener-Policy", "same-origin" },
		{ "Cross-Origin-Resource-Policy", "same-origin" },
		{ "Cache-Control", "no-store" },
	};
	enum MHD_Result ok;

	if (r == NULL)
		return MHD_NO;
	for (size_t i = 0; i < ARRAY_LEN(headers); i++)
		(void)MHD_add_response_header(r, headers[i][0], headers[i][1]);
	visit_gets(c, VISIT_ANSWER_MS);
	ok = MHD_queue_response(c, code, r);
	MHD_destroy_response(r);
	return ok;
}

static enum MHD_Result
say(struct MHD_Connection *c, unsigned code, const char *sentence)
{
	char *doc = render_error(sentence);
	struct MHD_Response *r;

	if (doc == NULL)
		return MHD_NO;
	r = MHD_create_response_from_buffer(strlen(doc), doc, MHD_RESPMEM_MUST_FREE);
	if (r == NULL)
		free(doc);
	else
		(void)MHD_add_response_header(r, "Content-Type", "application/json");
	return send_off(c, code, r);
}

static enum MHD_Result
send_file(struct MHD_Connection *c, const struct web_file *f)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(
	    f->n, (void *)(uintptr_t)f->data, MHD_RESPMEM_PERSISTENT);

	if (r != NULL)
		(void)MHD_add_response_header(r, "Content-Type", f->type);
	return send_off(c, MHD_HTTP_OK, r);
}

/* --- links and sessions -------------------------------------------------------------- */

static enum MHD_Result
open_session(struct dashboard *d, struct MHD_Connection *c)
{
	const char *token = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "token");
	struct admin_who who = { .uid = (uid_t)-1, .is_dashboard = true };
	struct MHD_Response *r;
	char key[KEY_TEXT], cookie[160];

	if (!keys_use_up(&d->links, token, clock_mono_ms(), &who)) {
		log_warn(d->log, "dashboard: a link was refused");
		request_entered(d->feed.admin, &who, "the link is not good");
		return say(c, MHD_HTTP_FORBIDDEN, "the link is unknown, older than a "
		    "minute, or was used: atlax dashboard prints another one");
	}
	who.is_dashboard = true;
	keys_add(&d->sessions, clock_mono_ms() + SESSION_SECONDS * 1000u, &who, key);
	log_info(d->log, "dashboard: a session begins");
	request_entered(d->feed.admin, &who, NULL);
	(void)snprintf(cookie, sizeof(cookie), COOKIE "=%s; HttpOnly; SameSite=Strict; "
	    "Path=/; Max-Age=%u", key, SESSION_SECONDS);
	r = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	if (r != NULL) {
		(void)MHD_add_response_header(r, "Set-Cookie", cookie);
		(void)MHD_add_response_header(r, "Location", "/");
	}
	return send_off(c, MHD_HTTP_SEE_OTHER, r);
}

void
web_ask_link(struct admin *a AX_UNUSED, struct admin_request *req)
{
	struct dashboard *d = request_dashboard(req);
	char key[KEY_TEXT], link[160];

	if (request_who(req)->operator[0] != '\0') {
		admin_refuse(req, "the dashboard answers on the relay's own machine: ask "
		    "there, and come from elsewhere with ssh -L");
		return;
	}
	if (d == NULL) {
		admin_refuse(req, "there is no dashboard: set admin.dashboard in the "
		    "relay's configuration, such as \"127.0.0.1:9443\"");
		return;
	}
	keys_add(&d->links, clock_mono_ms() + LINK_SECONDS * 1000u, request_who(req), key);
	(void)snprintf(link, sizeof(link), "http://%s/login?token=%s", d->at, key);
	request_answer(req, MHD_HTTP_OK, render_link(link, LINK_SECONDS));
}

/* --- the door ------------------------------------------------------------------------ */

static const char *
header(struct MHD_Connection *c, const char *name)
{
	return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

/* Is it another site's page that asks? Browsers tell; others say nothing. */
static bool
is_foreign(struct MHD_Connection *c)
{
	const char *origin = header(c, "Origin"), *host = header(c, "Host");
	const char *site = header(c, "Sec-Fetch-Site");

	if (site != NULL && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
		return true;
	return origin != NULL && (host == NULL || strncmp(origin, "http://", 7) != 0 ||
	    strcmp(origin + 7, host) != 0);
}

/* Why it may not ask: a status and a sentence, or 0. */
static unsigned
judge(struct dashboard *d, struct MHD_Connection *c, const char *method, const char **why)
{
	const char *key = MHD_lookup_connection_value(c, MHD_COOKIE_KIND, COOKIE);
	const char *type = header(c, "Content-Type");

	if (is_foreign(c)) {
		*why = "another site's page may not ask";
		return MHD_HTTP_FORBIDDEN;
	}
	if (keys_until(&d->sessions, key, clock_mono_ms()) == 0) {
		*why = "there is no session: atlax dashboard prints a link";
		return MHD_HTTP_UNAUTHORIZED;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) == 0)
		return 0;
	if (header(c, "Origin") == NULL) {
		*why = "say the Origin of the page that asks";
		return MHD_HTTP_FORBIDDEN;
	}
	if (type == NULL || strcasecmp(type, "application/json") != 0) {
		*why = "say Content-Type: application/json";
		return MHD_HTTP_UNSUPPORTED_MEDIA_TYPE;
	}
	return 0;
}

bool
web_serves(struct dashboard *d, struct MHD_Connection *c, const char *url,
    const char *method, enum MHD_Result *out)
{
	const char *key = MHD_lookup_connection_value(c, MHD_COOKIE_KIND, COOKIE);
	bool get = strcmp(method, MHD_HTTP_METHOD_GET) == 0;
	const char *why = NULL;
	unsigned code;

	for (size_t i = 0; get && i < web_n_files; i++) {
		if (strcmp(url, web_files[i].path) == 0) {
			*out = send_file(c, &web_files[i]);
			return true;
		}
	}
	if (get && strcmp(url, "/login") == 0) {
		*out = open_session(d, c);
		return true;
	}
	code = judge(d, c, method, &why);
	if (code != 0)
		*out = say(c, code, why);
	else if (!get || strcmp(url, "/v1/events") != 0)
		return false;
	else if (feed_is_full(&d->feed))
		*out = say(c, MHD_HTTP_SERVICE_UNAVAILABLE,
		    "as many look already as may");
	else
		*out = feed_join(&d->feed, c, keys_until(&d->sessions, key, clock_mono_ms()));
	return true;
}

void
web_who(const struct dashboard *d, struct MHD_Connection *c, struct admin_who *out)
{
	const char *key = MHD_lookup_connection_value(c, MHD_COOKIE_KIND, COOKIE);

	if (!keys_who(&d->sessions, key, clock_mono_ms(), out))
		*out = (struct admin_who){ .uid = (uid_t)-1, .is_dashboard = true };
}

/* --- life ---------------------------------------------------------------------------- */

int
dashboard_new(const char *at, struct log *log, struct dashboard **out)
{
	struct dashboard *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return AX_E_NOMEM;
	(void)str_copy(d->at, sizeof(d->at), at);
	d->log = log;
	feed_init(&d->feed);
	*out = d;
	return 0;
}

void
dashboard_free(struct dashboard **d)
{
	if (*d != NULL)
		feed_fini(&(*d)->feed);
	free(*d);
	*d = NULL;
}

void
dashboard_frost(struct dashboard *d, struct frost *f)
{
	struct dashboard nobody = { .log = NULL };

	if (d == NULL)
		d = &nobody;
	keys_frost(&d->links, f);
	keys_frost(&d->sessions, f);
	explicit_bzero(&nobody, sizeof(nobody));
}

void
web_begin(struct dashboard *d, struct admin *a)
{
	d->feed.admin = a;
}

void
web_run(struct dashboard *d)
{
	feed_run(&d->feed, clock_mono_ms());
}

uint64_t
web_wait_ms(const struct dashboard *d)
{
	return feed_wait_ms(&d->feed, clock_mono_ms());
}

void
web_stop(struct dashboard *d)
{
	feed_stop(&d->feed);
}

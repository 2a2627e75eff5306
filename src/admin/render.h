/* render.h — what admin.h declares as JSON text. Inside admin only. Thread: any. */
#ifndef ATLAX_ADMIN_RENDER_H
#define ATLAX_ADMIN_RENDER_H

#include "admin/admin.h"
#include "base/json_out.h"
#include "base/str_heap.h"

/* The document, ended by a line break, from malloc; NULL: out of memory. */
char *render_status(const struct admin_status *s);
/* The same for the dashboard: what it does not show of agents, half of all bytes, is
 * not in it.                                                                 */
char *render_shown(const struct admin_status *s);
char *render_upgraded(const struct admin_upgraded *u);
/* {"ok": true}, or false while draining. */
char *render_health(const struct admin_status *s);
char *render_pending(const struct admin_enrolment *e);
char *render_decided(const struct admin_decided *d);
char *render_streams(const struct admin_streams *s);
char *render_link(const char *link, unsigned seconds);
char *render_closed(uint64_t n); /* {"closed": n} */
char *render_plan(const struct admin_plan *p);
char *render_error(const char *sentence); /* {"error": sentence} */

/* For documents that stand elsewhere: an object, what is in it, and the same end. */
struct render {
	struct str_heap text;
	struct json_out j;
};

void render_begin(struct render *r);
/* A text from a peer or a file, made harmless for a terminal (str_untrusted). */
void render_text(struct json_out *j, const char *key, const char *value);
/* A number that readers take for a signed one: not above INT64_MAX. */
void render_number(struct json_out *j, const char *key, uint64_t n);
AX_CHECKED char *render_end(struct render *r);

#endif

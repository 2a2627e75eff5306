/* render.h — the status as JSON text. Inside admin only. Thread: any. */
#ifndef ATLAX_ADMIN_RENDER_H
#define ATLAX_ADMIN_RENDER_H

#include "admin/admin.h"

/* The document, ended by a line break, from malloc; NULL: out of memory. */
char *render_status(const struct admin_status *s);
/* {"ok": true}, or false while draining; the same. */
char *render_upgraded(const struct admin_upgraded *u);
char *render_health(const struct admin_status *s);
char *render_pending(const struct admin_enrolment *e);
char *render_decided(const struct admin_decided *d);
char *render_streams(const struct admin_streams *s);
char *render_link(const char *link, unsigned seconds);
char *render_closed(uint64_t n); /* {"closed": n} */
char *render_plan(const struct admin_plan *p);
/* {"error": sentence}; the same. */
char *render_error(const char *sentence);

#endif

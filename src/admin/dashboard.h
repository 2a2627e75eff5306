/* dashboard.h — the page on which an operator sees the relay live, in a browser on
 * this machine: what its door (admin.h) and the Unix socket, where links to it
 * are asked for, have in common. doc/DASHBOARD.
 *
 * Thread: control, for everything here.                                      */
#ifndef ATLAX_ADMIN_DASHBOARD_H
#define ATLAX_ADMIN_DASHBOARD_H

#include "base/defs.h"

struct dashboard;
struct log;

/* at: the address and port that it listens on. Borrows: log, for life; may be NULL.
 * Fails: AX_E_NOMEM.                                                         */
AX_CHECKED int dashboard_new(const char *at, struct log *log, struct dashboard **out);
/* Links and sessions go to the process that takes over: who looks goes on looking.
 * NULL: there are none, and those that are read are forgotten.                */
struct frost;
void dashboard_frost(struct dashboard *d, struct frost *f);
/* After both doors. Accepts NULL, nulls. */
void dashboard_free(struct dashboard **d);

#endif

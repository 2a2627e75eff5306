/* remote.h — requests of operators on other machines: who they are was proven at the
 * relay's own door, before a byte of theirs came here. Thread: control.      */
#ifndef ATLAX_ADMIN_REMOTE_H
#define ATLAX_ADMIN_REMOTE_H

#include <microhttpd.h>

#include "admin/who.h"
#include "base/err.h"

struct admin;
struct admin_args;

/* Serves who over fd, a connected Unix stream socket: taken, also on failure. who is
 * copied. a: is_remote. Fails: AX_E_LIMIT: there are too many.                */
AX_CHECKED int admin_take(struct admin *a, int fd, const struct admin_who *who);

/* --- inside admin ----------------------------------------------------------- */

/* The host that a request is addressed to. False: it does not say. */
bool remote_host(struct MHD_Connection *c, char out[256]);
/* May it be answered? 0, and who asks; else a status and a sentence. */
unsigned remote_judge(const struct admin_args *args, struct MHD_Connection *c,
    struct admin_who *who, const char **why);

#endif

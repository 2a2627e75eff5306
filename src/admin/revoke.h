/* revoke.h — what atlax revoke sends, read strictly, and what it gets. Inside
 * admin only. Thread: any.                                                   */
#ifndef ATLAX_ADMIN_REVOKE_H
#define ATLAX_ADMIN_REVOKE_H

#include <jansson.h>

#include "admin/admin.h"

/* A body: {"name": "TENANT[/AGENT]"} or {"key": "SHA256"}, and nothing else. *doc
 * is the caller's to json_decref; out borrows from it. Fails: AX_E_SYNTAX.   */
AX_CHECKED int revoke_decode(
    struct slice body, json_t **doc, struct admin_revoke *out, struct err *e);
/* The documents; the caller's to free. NULL: no memory. */
char *revoke_render(const struct admin_revocation *a);
char *revoke_render_list(const struct admin_revoked_list *a);

#endif

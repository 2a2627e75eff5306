/* newer.h — what a backup must not bring back to an older state: who is refused, which
 * certificates are revoked, what the CA has made, what tenants have used, the audit
 * trail.
 * Thread: the only one.                                                      */
#ifndef ATLAX_CMD_NEWER_H
#define ATLAX_CMD_NEWER_H

#include <jansson.h>

#include "base/err.h"

/* Below a directory that is in use (is) and one that is to take its place (next).
 * Puts into next what is newer, or only there, of is, and says so: to standard
 * output, or as an object with "file" and "why" in the list "kept" of own (doc.h), if not NULL.
 * Fails: AX_E_SYS, AX_E_NOMEM, AX_E_LIMIT.                                   */
AX_CHECKED int newer_keep(const char *is, const char *next, json_t **own,
    struct err *e);

#endif

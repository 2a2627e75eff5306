/* body.h — the small JSON object that a request brings. Inside admin only.
 * Thread: any.                                                               */
#ifndef ATLAX_ADMIN_BODY_H
#define ATLAX_ADMIN_BODY_H

#include <jansson.h>

#include "base/err.h"
#include "base/slice.h"

/* What fmt names, as json_unpack(3) does, and nothing else; no member twice. The
 * document, from which all that was read borrows, is the caller's to json_decref.
 * NULL: AX_E_SYNTAX.                                                         */
AX_CHECKED json_t *body_read(struct slice body, struct err *e, const char *fmt, ...);
/* for_s, which was read from one. Fails: AX_E_RANGE. */
AX_CHECKED int body_check_for_s(json_int_t for_s, json_int_t most, struct err *e);

#endif

/* cmd_pki_rotate.h — atlax pki rotate. Thread: the only one. */
#ifndef ATLAX_CMD_CMD_PKI_ROTATE_H
#define ATLAX_CMD_CMD_PKI_ROTATE_H

#include <jansson.h>

#include "base/err.h"

struct rotate_args {
	const char *dir, *kind, *step, *socket; /* as typed */
	int64_t now_s;
	bool force;
	json_t **doc; /* says it in there (doc.h); NULL: to standard output */
};

/* One step; says what to do next. Fails: AX_E_RANGE (a word), AX_E_CONFIG (not now),
 * as rotate_to.                                                              */
AX_CHECKED int cmd_pki_rotate(const struct rotate_args *a, struct err *e);

#endif

/* ls_text.h — what atlax ls prints. Thread: any. */
#ifndef ATLAX_CMD_LS_TEXT_H
#define ATLAX_CMD_LS_TEXT_H

#include <jansson.h>
#include <stdio.h>

#include "base/defs.h"

/* {"services": [...], "agents": [...]} of the document of GET /v1/status; a new
 * reference, or NULL: out of memory.                                         */
json_t *ls_list(const json_t *doc);
/* The same for people. Returns false when out of memory. */
AX_CHECKED bool ls_text(const json_t *list, FILE *out);

#endif

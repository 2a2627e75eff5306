/* status_text.h — the relay's status document for people. Thread: any. */
#ifndef ATLAX_CMD_STATUS_TEXT_H
#define ATLAX_CMD_STATUS_TEXT_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "base/defs.h"

/* Prints the document of GET /v1/status. What is missing in it shows as "-" or
 * 0: an older relay says less. now_s: Unix time, for certificates. Returns
 * false when out of memory.                                                  */
AX_CHECKED bool status_text(const json_t *doc, int64_t now_s, FILE *out);

#endif

/* doc.h — members of a document that the relay sent: nothing in it is taken for
 * granted. Thread: any.                                                      */
#ifndef ATLAX_CMD_DOC_H
#define ATLAX_CMD_DOC_H

#include <jansson.h>

#include "base/defs.h"

/* Borrows. Empty: there is no such text. */
static inline const char *
doc_text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s == NULL ? "" : s;
}

/* 0: there is no such number, or it is below. */
static inline uint64_t
doc_number(const json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	return n < 0 ? 0 : (uint64_t)n;
}

#endif

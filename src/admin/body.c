/* body.c — reading the small JSON object that a request brings.
 *
 * Thread: any.                                                               */
#include "admin/body.h"

#include <stdarg.h>

json_t *
body_read(struct slice body, struct err *e, const char *fmt, ...)
{
	json_error_t why = { .text = "" };
	json_t *doc = json_loadb(
	    (const char *)body.p, body.n, JSON_REJECT_DUPLICATES, &why);
	va_list ap;
	int r = -1;

	va_start(ap, fmt);
	if (doc != NULL)
		r = json_vunpack_ex(doc, &why, JSON_STRICT, fmt, ap);
	va_end(ap);
	if (r == 0)
		return doc;
	(void)err_set(e, AX_E_SYNTAX, "the body is not what it has to be: %.160s",
	    why.text);
	json_decref(doc);
	return NULL;
}

int
body_check_for_s(json_int_t for_s, json_int_t most, struct err *e)
{
	return for_s >= 1 && for_s <= most ? 0 :
	    err_set(e, AX_E_RANGE, "for_s is a number from 1 to %lld", (long long)most);
}

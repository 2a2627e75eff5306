/* err.h — errors are values: 0 or a negative AX_E_ code; struct err carries
 * the sentence for people from where it happened to where it is logged.      */
#ifndef ATLAX_BASE_ERR_H
#define ATLAX_BASE_ERR_H

#include "base/defs.h"

enum ax_error {
#define ERR(name, number, cls, text) name = number,
#include "base/err.def"
#undef ERR
};

enum ax_error_class {
	AX_CLASS_LOCAL,
	AX_CLASS_FLOW,
	AX_CLASS_PEER,
	AX_CLASS_CONFIG
};

struct err {
	int code;	/* AX_E_ or 0 */
	int sys;	/* errno, or 0 */
	char text[240];	/* one sentence, no line break, always terminated */
};

/* Name ("AX_E_PEER"), standard text and class of a code; unknown codes get a
 * fixed text. Thread: any.                                                   */
const char *err_name(int code);
const char *err_text(int code);
enum ax_error_class err_class(int code);

/* Fill e (may be NULL) and return code, so that a failure is one line:
 *	return err_set(e, AX_E_SYNTAX, "port %u is taken", port);
 * err_sys appends ": " and strerror(errno) and keeps errno in e->sys; its code
 * is AX_E_NOMEM for ENOMEM, else AX_E_SYS. Longer texts are cut.
 * Thread: any.                                                               */
int err_set(struct err *e, int code, const char *fmt, ...) AX_PRINTF(3, 4);
int err_sys(struct err *e, const char *fmt, ...) AX_PRINTF(2, 3);

/* Puts "prefix: " before the text of e (may be NULL). Returns e's code. */
int err_prefix(struct err *e, int code, const char *fmt, ...) AX_PRINTF(3, 4);

#endif

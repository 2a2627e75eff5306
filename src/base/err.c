/* err.c — names, texts and classes of error codes, and the sentence that
 * travels with one.
 *
 * Thread: any; the tables are constant, a struct err belongs to its caller.
 * Invariant: err.def is the only list of codes; text is always terminated and
 * never holds a line break.                                                  */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct row {
	const char *name, *text;
} rows[] = {
#define ERR(name, number, cls, text) [-(number)] = { #name, text },
#include "base/err.def"
#undef ERR
};

static const struct row *
find(int code)
{
	static const struct row ok = { "AX_OK", "no error" };
	static const struct row unknown = { "AX_E_?", "unknown error" };

	if (code == 0)
		return &ok;
	if (code > 0 || code <= -(int)ARRAY_LEN(rows) ||
	    rows[-code].name == NULL)
		return &unknown;
	return &rows[-code];
}

const char *
err_name(int code)
{
	return find(code)->name;
}

const char *
err_text(int code)
{
	return find(code)->text;
}

enum ax_error_class
err_class(int code)
{
	switch (code) {
#define ERR(name, number, cls, text) \
	case name: \
		return AX_CLASS_##cls;
#include "base/err.def"
#undef ERR
	default:
		return AX_CLASS_LOCAL;
	}
}

/* Texts come from many hands; one that holds a line break would forge a line
 * in somebody's log. */
static void
flatten(char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = ' ';
}

static void append(struct err *e, const char *fmt, ...) AX_PRINTF(2, 3);

static void
append(struct err *e, const char *fmt, ...)
{
	size_t len = strlen(e->text);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(e->text + len, sizeof(e->text) - len, fmt, ap);
	va_end(ap);
}

int
err_set(struct err *e, int code, const char *fmt, ...)
{
	char text[sizeof(e->text)];
	va_list ap;

	if (e == NULL)
		return code;
	/* Formatted aside, because an argument may be e->text itself. */
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	flatten(text);
	e->code = code;
	e->sys = 0;
	memcpy(e->text, text, sizeof(text));
	return code;
}

int
err_sys(struct err *e, const char *fmt, ...)
{
	int sys = errno, code = sys == ENOMEM ? AX_E_NOMEM : AX_E_SYS;
	char text[sizeof(e->text)];
	va_list ap;

	if (e == NULL)
		return code;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(e, code, "%s", text);
	/* Thread-safe in glibc since 2.32 and in musl, whose strerror_r is
	 * another one than glibc's.                                          */
	append(e, ": %s", strerror(sys));
	e->sys = sys;
	return code;
}

int
err_prefix(struct err *e, int code, const char *fmt, ...)
{
	char text[sizeof(e->text)], old[sizeof(e->text)];
	va_list ap;

	if (e == NULL)
		return code;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	flatten(text);
	memcpy(old, e->text, sizeof(old));
	memcpy(e->text, text, sizeof(text));
	append(e, ": %s", old);
	e->code = code;
	return code;
}

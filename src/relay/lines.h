/* lines.h — the text of a file that the relay keeps: a first line that says what it
 * is, a line for each entry, and how many these are, so that half a file is noticed:
 *	atlax-used 1
 *	acme 2026-11 123456 warned
 *	end 1
 * Thread: any.                                                               */
#ifndef ATLAX_RELAY_LINES_H
#define ATLAX_RELAY_LINES_H

#include "base/buf.h"
#include "base/err.h"

struct lines {
	const char *first;
	const char *entry; /* what each line between has, for a sentence */
};

/* Calls take for each line between the first and the last, until one fails. name is
 * for sentences. Fails: AX_E_SYNTAX ("name:line: ..."), AX_E_NOMEM, as take.  */
AX_CHECKED int lines_parse(const struct lines *l, const char *name, struct slice text,
    int (*take)(void *of, struct slice line), void *of, struct err *e);
/* The next word of a line, and the blank behind it. False: there is none, or it is too
 * long; no number.                                                           */
bool lines_word(struct slice *line, char *out, size_t cap);
bool lines_number(struct slice *line, uint64_t *out);

/* Append the first line, and the last one behind n others. Fails: AX_E_NOMEM. */
AX_CHECKED int lines_begin(const struct lines *l, struct buf *out);
AX_CHECKED int lines_end(size_t n, struct buf *out);

#endif

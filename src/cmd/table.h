/* table.h — text in aligned columns. Thread: owner. */
#ifndef ATLAX_CMD_TABLE_H
#define ATLAX_CMD_TABLE_H

#include <stdio.h>

#include "base/str.h"

struct table {
	char **cells; /* row by row */
	size_t n, cap, columns;
	bool failed; /* out of memory; table_print says so */
};

/* The first row is the heading. */
void table_init(struct table *t, size_t columns);
/* With a heading already: a column for each of the n names. */
void table_begin(struct table *t, const char *const *names, size_t n);
void table_fini(struct table *t);
/* The next cell, copied; what a terminal would obey becomes '?'. */
void table_cell(struct table *t, const char *text);
/* The same, of a number as one of human.h shows it. */
void table_human(
    struct table *t, void (*show)(struct str *, uint64_t), uint64_t n);
void table_number(struct table *t, uint64_t n);
bool table_is_empty(const struct table *t); /* nothing but the heading */
/* Whole rows only. Returns false when memory had run out: nothing is printed. */
AX_CHECKED bool table_print(const struct table *t, FILE *out);
/* A blank line and the table, unless it is empty; its end in any case. Returns as
 * table_print.                                                               */
AX_CHECKED bool table_finish(struct table *t, FILE *out);

#endif

/* table.c — text in aligned columns, two blanks apart.
 *
 * Thread: owner. Errors are sticky: cells are added freely, and one look at the
 * end tells whether all of them are there.                                   */
#include "cmd/table.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/str.h"

void
table_init(struct table *t, size_t columns)
{
	*t = (struct table){ .columns = columns };
}

void
table_begin(struct table *t, const char *const *names, size_t n)
{
	table_init(t, n);
	for (size_t i = 0; i < n; i++)
		table_cell(t, names[i]);
}

void
table_fini(struct table *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->cells[i]);
	free(t->cells);
	*t = (struct table){ .columns = t->columns };
}

/* A copy in which a terminal finds nothing to obey. */
static char *
harmless(const char *text)
{
	struct slice left = slice_str(text);
	char *copy = malloc(left.n + 1), *p = copy;

	while (copy != NULL && left.n > 0) {
		uint32_t rune = 0;
		size_t n = str_rune(left, &rune);

		if (n == 0 || !str_rune_is_plain(rune))
			*p++ = '?';
		else
			p = (char *)memcpy(p, left.p, n) + n;
		left = slice_skip(left, MAX(n, 1));
	}
	if (copy != NULL)
		*p = '\0';
	return copy;
}

void
table_cell(struct table *t, const char *text)
{
	char **cells;

	if (!t->failed && t->n == t->cap) {
		t->cap = t->cap == 0 ? 64 : t->cap * 2;
		cells = realloc(t->cells, t->cap * sizeof(*cells));
		t->failed = cells == NULL;
		t->cells = cells == NULL ? t->cells : cells;
	}
	if (t->failed)
		return;
	t->cells[t->n] = harmless(text);
	t->failed = t->cells[t->n] == NULL;
	t->n += !t->failed;
}

void
table_human(struct table *t, void (*show)(struct str *, uint64_t), uint64_t n)
{
	char mem[32];
	struct str s;

	str_init(&s, mem, sizeof(mem));
	show(&s, n);
	table_cell(t, mem);
}

void
table_number(struct table *t, uint64_t n)
{
	table_human(t, str_u64, n);
}

bool
table_is_empty(const struct table *t)
{
	return t->n <= t->columns;
}

/* Characters, not bytes; good enough for names and numbers. */
static size_t
width(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static size_t
column_width(const struct table *t, size_t column)
{
	size_t widest = 0;

	for (size_t i = column; i < t->n; i += t->columns)
		widest = MAX(widest, width(t->cells[i]));
	return widest;
}

bool
table_print(const struct table *t, FILE *out)
{
	size_t *widths = calloc(t->columns, sizeof(*widths));

	if (t->failed || widths == NULL) {
		free(widths);
		return false;
	}
	ax_assert(t->n % t->columns == 0);
	for (size_t c = 0; c < t->columns; c++)
		widths[c] = column_width(t, c);
	for (size_t i = 0; i < t->n; i++) {
		size_t c = i % t->columns;

		fputs(t->cells[i], out);
		if (c + 1 == t->columns)
			putc('\n', out); /* no blanks at the end of a line */
		else
			fprintf(out, "%*s", (int)(widths[c] - width(t->cells[i]) + 2), "");
	}
	free(widths);
	return true;
}

bool
table_finish(struct table *t, FILE *out)
{
	bool ok = true;

	if (!table_is_empty(t)) {
		putc('\n', out);
		ok = table_print(t, out);
	}
	table_fini(t);
	return ok;
}

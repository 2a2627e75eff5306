/* schema.c — walking a table of rows.
 *
 * Thread: any; nothing here changes.
 * Invariant: every row's enclosing mapping stands in the table, before it. The
 * walks are linear: sixty rows, read once per configuration.                 */
#include "conf/schema.h"

#include <stdio.h>

#include "base/assert.h"

/* The length of the part of path that names the enclosing mapping. */
static size_t
parent_len(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot == NULL ? 0 : (size_t)(dot - path);
}

const char *
row_name(const struct conf_row *row)
{
	size_t n = parent_len(row->path);

	return n == 0 ? row->path : row->path + n + 1;
}

const struct conf_row *
schema_row(const struct schema *schema, size_t index)
{
	return index < schema->n ? &schema->rows[index] : NULL;
}

const struct conf_row *
schema_next(const struct schema *schema, const char *path, const struct conf_row *at)
{
	size_t n = strlen(path);

	for (at = at == NULL ? schema->rows : at + 1; at < schema->rows + schema->n; at++)
		if (parent_len(at->path) == n && memcmp(at->path, path, n) == 0)
			return at;
	return NULL;
}

const struct conf_row *
schema_find(const struct schema *schema, const char *path, struct slice name)
{
	const struct conf_row *row = NULL;

	while ((row = schema_next(schema, path, row)) != NULL)
		if (slice_eq(slice_str(row_name(row)), name))
			return row;
	return NULL;
}

void
row_inside(const struct conf_row *row, char out[CONF_PATH_MAX])
{
	int n = snprintf(out, CONF_PATH_MAX, "%s%s", row->path,
	    row->kind == CONF_LIST ? "[]" : "");

	ax_assert(n > 0 && n < CONF_PATH_MAX);
}

static bool
is_wide(const struct conf_row *row)
{
	return row->kind == CONF_DURATION || row->kind == CONF_SIZE ||
	    row->kind == CONF_MEMORY;
}

/* Members of three integer types stand behind one interface; memcpy is how C
 * reads an object whose type only a table knows. */
uint64_t
row_get(const struct conf_row *row, const void *base)
{
	const char *m = (const char *)base + row->offset;
	uint64_t wide;
	uint32_t narrow;

	ax_assert(kind_is_number(row->kind));
	if (is_wide(row)) {
		memcpy(&wide, m, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, m, sizeof(narrow));
	return narrow;
}

void
row_set(const struct conf_row *row, void *base, uint64_t v)
{
	char *m = (char *)base + row->offset;
	uint32_t narrow = (uint32_t)v;

	_Static_assert(sizeof(int) == sizeof(uint32_t), "a choice is an int");
	ax_assert(kind_is_number(row->kind));
	if (is_wide(row))
		memcpy(m, &v, sizeof(v));
	else
		memcpy(m, &narrow, sizeof(narrow));
}

char *
row_text(const struct conf_row *row, const void *base)
{
	char *text;

	ax_assert(kind_is_text(row->kind));
	memcpy(&text, (const char *)base + row->offset, sizeof(text));
	return text;
}

void
row_text_set(const struct conf_row *row, void *base, char *text)
{
	ax_assert(kind_is_text(row->kind));
	memcpy((char *)base + row->offset, &text, sizeof(text));
}

void *
row_list(const struct conf_row *row, const void *base, size_t *n)
{
	void *items;

	ax_assert(row->item > 0);
	memcpy(&items, (const char *)base + row->offset, sizeof(items));
	memcpy(n, (const char *)base + row->count, sizeof(*n));
	return items;
}

void
row_list_set(const struct conf_row *row, void *base, void *items, size_t n)
{
	ax_assert(row->item > 0);
	memcpy((char *)base + row->offset, &items, sizeof(items));
	memcpy((char *)base + row->count, &n, sizeof(n));
}

/* parse.c — fills a configuration from a tree, guided by the table.
 *
 * Thread: any. Invariant: after conf_fill every key of the table has a value:
 * the file's, its default, or there was an error. Lists are allocated once, at
 * their final size, so that the places of members stay true.                 */
#include "conf/parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "conf/suggest.h"

#define KEYS_MAX 64 /* in one mapping of the table; a bit for each */

static int
fail_at(const struct conf_source *s, struct place at, struct err *e, int code)
{
	return err_prefix(e, code, "%s:%u:%u", s->name, at.line, at.column);
}

int
conf_fail(const struct conf_source *s, const void *member, struct err *e,
    const char *fmt, ...)
{
	struct place at = { 1, 1 };
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < s->n; i++)
		if (s->places[i].member == member)
			at = s->places[i].at;
	return err_set(e, AX_E_CONFIG, "%s:%u:%u: %s", s->name, at.line, at.column, text);
}

static int
remember(struct conf_source *s, const void *member, struct place at, struct err *e)
{
	size_t cap = s->cap == 0 ? 64 : s->cap * 2;
	struct conf_place *p;

	if (s->n == s->cap) {
		p = realloc(s->places, cap * sizeof(*p));
		if (p == NULL)
			return err_set(e, AX_E_NOMEM, "%s: out of memory", s->name);
		s->places = p;
		s->cap = cap;
	}
	s->places[s->n++] = (struct conf_place){ .member = member, .at = at };
	return 0;
}

/* --- values ------------------------------------------------------------- */

static int
out_of_memory(const struct conf_source *s, struct err *e)
{
	return err_set(e, AX_E_NOMEM, "%s: out of memory", s->name);
}

/* A copy of text; paths made absolute. */
static char *
own_text(const struct conf_source *s, enum conf_kind kind, const char *text)
{
	char *copy = NULL;

	if (kind != CONF_PATH || text[0] == '/')
		return strdup(text);
	if (asprintf(&copy, "%s/%s", strcmp(s->dir, "/") == 0 ? "" : s->dir, text) < 0)
		return NULL;
	return copy;
}

static int
set_value(const struct conf_source *s, const struct conf_row *row,
    const char *text, void *base, struct err *e)
{
	char *copy;
	uint64_t v = 0;
	int r = value_read(row, text, &v, e);

	if (r < 0)
		return r;
	if (kind_is_number(row->kind)) {
		row_set(row, base, v);
		return 0;
	}
	copy = own_text(s, row->kind, text);
	if (copy == NULL)
		return out_of_memory(s, e);
	free(row_text(row, base));
	row_text_set(row, base, copy);
	return 0;
}

static const char *
kind_name(enum node_kind k)
{
	return k == NODE_SCALAR ? "a single value" :
	    k == NODE_LIST ? "a list" : "a mapping of keys";
}

static int
want(const struct conf_source *s, const struct node *n, enum node_kind kind,
    const struct conf_row *row, struct err *e)
{
	if (n->kind != kind) {
		err_set(e, AX_E_SYNTAX, "%s must be %s, this is %s",
		    row == NULL ? "the file" : row->path, kind_name(kind), kind_name(n->kind));
		return fail_at(s, n->at, e, AX_E_SYNTAX);
	}
	if (kind == NODE_SCALAR && (n->text[0] == '\0' || strcmp(n->text, "~") == 0)) {
		err_set(e, AX_E_SYNTAX, "%s has no value; write one, or leave out the key",
		    row->path);
		return fail_at(s, n->at, e, AX_E_SYNTAX);
	}
	return 0;
}

static int
fill_scalar(struct conf_source *s, const struct conf_row *row,
    const struct node *n, void *base, struct err *e)
{
	int r = want(s, n, NODE_SCALAR, row, e);

	if (r < 0)
		return r;
	r = set_value(s, row, n->text, base, e);
	if (r < 0 && r != AX_E_NOMEM) {
		err_prefix(e, r, "%s", row->path);
		return fail_at(s, n->at, e, r);
	}
	return r < 0 ? r : remember(s, (char *)base + row->offset, n->at, e);
}

/* --- lists --------------------------------------------------------------- */

static int fill_mapping(struct conf_source *s, const char *inside,
    const struct node *n, void *base, struct err *e);

static int
fill_words(struct conf_source *s, const struct conf_row *row,
    const struct node *n, char **words, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < n->n && r == 0; i++) {
		const struct node *kid = &n->kids[i];

		r = want(s, kid, NODE_SCALAR, row, e);
		if (r == 0)
			r = value_read(row, kid->text, &(uint64_t){ 0 }, e);
		if (r == AX_E_CONFIG) {
			err_prefix(e, r, "%s", row->path);
			r = fail_at(s, kid->at, e, r);
		}
		if (r < 0)
			return r;
		words[i] = strdup(kid->text);
		r = words[i] == NULL ? out_of_memory(s, e) :
		    remember(s, &words[i], kid->at, e);
	}
	return r;
}

static int
fill_list(struct conf_source *s, const struct conf_row *row,
    const struct node *n, void *base, struct err *e)
{
	char inside[CONF_PATH_MAX];
	char *items;
	int r = want(s, n, NODE_LIST, row, e);

	if (r < 0)
		return r;
	r = remember(s, (char *)base + row->offset, n->at, e);
	if (r < 0 || n->n == 0)
		return r;
	items = calloc(n->n, row->item);
	if (items == NULL)
		return out_of_memory(s, e);
	row_list_set(row, base, items, n->n);
	if (row->kind == CONF_WORDS)
		return fill_words(s, row, n, (char **)(void *)items, e);
	row_inside(row, inside);
	for (size_t i = 0; i < n->n && r == 0; i++) {
		r = want(s, &n->kids[i], NODE_MAPPING, row, e);
		if (r == 0)
			r = fill_mapping(s, inside, &n->kids[i], items + i * row->item, e);
	}
	return r;
}

/* --- mappings ------------------------------------------------------------ */

static int
fill_section(struct conf_source *s, const struct conf_row *row,
    const struct node *n, void *base, struct err *e)
{
	int r = want(s, n, NODE_MAPPING, row, e);

	return r < 0 ? r : fill_mapping(s, row->path, n, (char *)base + row->offset, e);
}

static int
unknown_key(const struct conf_source *s, const char *inside,
    const struct node *key, struct err *e)
{
	const struct conf_row *row = NULL;
	struct suggest near;
	char list[160], shown[128];
	struct str known, word;

	suggest_init(&near, slice_str(key->text));
	str_init(&known, list, sizeof(list));
	str_init(&word, shown, sizeof(shown));
	str_untrusted(&word, slice_str(key->text), 40);
	while ((row = schema_next(s->schema, inside, row)) != NULL) {
		suggest_offer(&near, row_name(row));
		str_fmt(&known, "%s%s", known.len > 0 ? ", " : "", row_name(row));
	}
	if (near.best != NULL)
		err_set(e, AX_E_SYNTAX, "unknown key \"%s\"; did you mean \"%s\"?",
		    shown, near.best);
	else
		err_set(e, AX_E_SYNTAX, "unknown key \"%s\"; known here: %s", shown, list);
	return fail_at(s, key->at, e, AX_E_SYNTAX);
}

static int
fill_value(struct conf_source *s, const struct conf_row *row,
    const struct node *n, void *base, struct err *e)
{
	if (row->kind == CONF_SECTION)
		return fill_section(s, row, n, base, e);
	if (row->kind == CONF_LIST || row->kind == CONF_WORDS)
		return fill_list(s, row, n, base, e);
	return fill_scalar(s, row, n, base, e);
}

/* The position of row in its mapping. */
static uint64_t
bit(const struct conf_source *s, const char *inside, const struct conf_row *row)
{
	const struct conf_row *at = NULL;
	unsigned i = 0;

	while ((at = schema_next(s->schema, inside, at)) != row)
		i++;
	ax_assert(i < KEYS_MAX);
	return UINT64_C(1) << i;
}

/* Gives base the default of a key that the file leaves out. */
static int
fill_default(struct conf_source *s, const struct conf_row *row,
    const struct node *n, void *base, struct err *e)
{
	int r;

	if (row->kind == CONF_SECTION)
		return fill_mapping(s, row->path,
		    &(struct node){ .kind = NODE_MAPPING, .at = n->at },
		    (char *)base + row->offset, e);
	if (row->kind == CONF_LIST || row->kind == CONF_WORDS)
		return 0;
	if (row->fallback == NULL) {
		err_set(e, AX_E_CONFIG, "%s is missing; add it", row->path);
		return fail_at(s, n->at, e, AX_E_CONFIG);
	}
	if (row->fallback[0] == '\0')
		return 0;
	r = set_value(s, row, row->fallback, base, e);
	ax_assert(r == 0 || r == AX_E_NOMEM); /* a default is always right */
	return r;
}

static int
fill_mapping(struct conf_source *s, const char *inside,
    const struct node *n, void *base, struct err *e)
{
	const struct conf_row *row = NULL;
	uint64_t seen = 0, b;
	int r = 0;

	for (size_t i = 0; i + 1 < n->n && r == 0; i += 2) {
		const struct node *key = &n->kids[i];

		row = schema_find(s->schema, inside, slice_str(key->text));
		if (row == NULL)
			return unknown_key(s, inside, key, e);
		b = bit(s, inside, row);
		if ((seen & b) != 0) {
			err_set(e, AX_E_SYNTAX, "%s is given twice; remove one", row->path);
			return fail_at(s, key->at, e, AX_E_SYNTAX);
		}
		seen |= b;
		r = fill_value(s, row, &n->kids[i + 1], base, e);
	}
	row = NULL;
	while (r == 0 && (row = schema_next(s->schema, inside, row)) != NULL)
		if ((seen & bit(s, inside, row)) == 0)
			r = fill_default(s, row, n, base, e);
	return r;
}

int
conf_fill(struct conf_source *s, const struct node *root, void *base, struct err *e)
{
	int r = want(s, root, NODE_MAPPING, NULL, e);

	return r < 0 ? r : fill_mapping(s, "", root, base, e);
}

/* --- the end of it ------------------------------------------------------- */

static void
wipe_list(const struct schema *schema, const struct conf_row *row, void *base)
{
	char inside[CONF_PATH_MAX];
	size_t n;
	char *items = row_list(row, base, &n);

	row_inside(row, inside);
	for (size_t i = 0; i < n; i++) {
		if (row->kind == CONF_WORDS)
			free(((char **)(void *)items)[i]);
		else
			conf_wipe(schema, inside, items + i * row->item);
	}
	free(items);
	row_list_set(row, base, NULL, 0);
}

void
conf_wipe(const struct schema *schema, const char *inside, void *base)
{
	const struct conf_row *row = NULL;

	while ((row = schema_next(schema, inside, row)) != NULL) {
		if (row->kind == CONF_SECTION) {
			conf_wipe(schema, row->path, (char *)base + row->offset);
		} else if (row->kind == CONF_LIST || row->kind == CONF_WORDS) {
			wipe_list(schema, row, base);
		} else if (kind_is_text(row->kind)) {
			free(row_text(row, base));
			row_text_set(row, base, NULL);
		}
	}
}

/* diff.c — what is different between two configurations, by the table.
 *
 * Thread: any.                                                               */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/change.h"
#include "conf/schema.h"

/* What a running relay takes over; by a dot at the end, all that is inside. Any
 * other key was opened, allocated or promised at the start.                  */
static const char *const live[] = { "relay.lane_load", "relay.drain", "relay.wait",
	"relay.per_source.", "tls.", "enrol.relay_ca", "enrol.vouchers",
	"admin.remote.operator_ca", "admin.remote.crl", "limits.", "tunnel.",
	"tenants[].", "log.level" };

/* One walk over two mappings; base is NULL on the side where there is none. */
struct walk {
	struct conf_diff *out;
	const char *tenant, *service;
};

static int walk_mapping(const struct walk *w, const char *inside, const char *a,
    const char *b);

static bool
is_live(const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(live); i++) {
		size_t n = strlen(live[i]);

		if (strncmp(live[i], path, n) == 0 &&
		    (path[n] == '\0' || live[i][n - 1] == '.'))
			return true;
	}
	return false;
}

/* Takes before and after. Fails: AX_E_NOMEM. */
static int
add(const struct walk *w, enum conf_change_kind kind, const char *path,
    char *before, char *after)
{
	struct conf_diff *d = w->out;

	if (d->n == d->cap) {
		size_t cap = d->cap == 0 ? 16 : d->cap * 2;
		struct conf_change *more = realloc(d->all, cap * sizeof(*more));

		if (more == NULL) {
			free(before);
			free(after);
			return AX_E_NOMEM;
		}
		d->all = more;
		d->cap = cap;
	}
	d->all[d->n++] = (struct conf_change){ .kind = kind, .path = path,
		.restart = path != NULL && !is_live(path), .tenant = w->tenant,
		.service = w->service, .before = before, .after = after };
	return 0;
}

/* A list of texts as one; NULL: no memory. */
static char *
show_words(const struct conf_row *row, const void *base)
{
	size_t n, len = 0;
	char *const *words = row_list(row, base, &n);
	char *out;
	FILE *f = open_memstream(&out, &len);

	if (f == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%s%s", i > 0 ? ", " : "", words[i]);
	return fclose(f) == 0 ? out : NULL;
}

static void
show_ranges(FILE *f, const char *what, char *const *texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(f, " %s %s", what, texts[i]);
}

static bool
is_grants(const struct conf_row *row)
{
	return strcmp(row->path, "tenants[].grants") == 0;
}

/* They have no names: all of a tenant's are one text. NULL: no memory. */
static char *
show_grants(const struct conf_row *row, const void *base)
{
	size_t n, len = 0;
	const struct conf_grant *g = row_list(row, base, &n);
	char *out;
	FILE *f = open_memstream(&out, &len);

	if (f == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		fprintf(f, "%s%s", i > 0 ? ", " : "", g[i].listen);
		if (g[i].agent != NULL)
			fprintf(f, " agent %s", g[i].agent);
		show_ranges(f, "allow", g[i].allow, g[i].n_allow);
		show_ranges(f, "deny", g[i].deny, g[i].n_deny);
	}
	return fclose(f) == 0 ? out : NULL;
}

/* What the file would say. *out is NULL for what is left out. */
static int
show(const struct conf_row *row, const void *base, char **out)
{
	char mem[64];
	const char *text = mem;
	struct str s;

	*out = NULL;
	if (row->kind == CONF_WORDS) {
		*out = show_words(row, base);
		return *out == NULL ? AX_E_NOMEM : 0;
	}
	if (row->kind == CONF_LIST) {
		*out = show_grants(row, base);
		return *out == NULL ? AX_E_NOMEM : 0;
	}
	if (kind_is_text(row->kind)) {
		text = row_text(row, base);
	} else {
		str_init(&s, mem, sizeof(mem));
		value_show(row, row_get(row, base), &s);
	}
	if (text != NULL && (*out = strdup(text)) == NULL)
		return AX_E_NOMEM;
	return 0;
}

static int
compare(const struct walk *w, const struct conf_row *row, const void *a,
    const void *b)
{
	char *before = NULL, *after = NULL;
	int r = show(row, a, &before);

	if (r == 0)
		r = show(row, b, &after);
	if (r == 0 && (before == NULL || after == NULL ? before != after :
							 strcmp(before, after) != 0))
		return add(w, CONF_CHANGED, row->path, before, after);
	free(before);
	free(after);
	return r;
}

/* --- tenants and services ------------------------------------------------------ */

static bool
is_tenants(const struct conf_row *row)
{
	return strcmp(row->path, "tenants") == 0;
}

/* The name of an item, or NULL if it is gone, or a grant's, which is compared itself. */
static const char *
item_name(const struct conf_row *row, const char *item)
{
	const struct conf_tenant *t = (const void *)item;
	const struct conf_service *s = (const void *)item;

	if (is_tenants(row))
		return t->gone ? NULL : t->name;
	return s->gone || s->grant != NULL ? NULL : s->name;
}

struct items {
	const char *first;
	size_t n, size;
};

struct named {
	const char *name, *item;
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

/* Those that are there, sorted; NULL: no memory. */
static struct named *
index_items(const struct conf_row *row, const struct items *l, size_t *n)
{
	struct named *names = calloc(l->n + 1, sizeof(*names));

	*n = 0;
	for (size_t i = 0; names != NULL && i < l->n; i++) {
		const char *item = l->first + i * l->size;

		if (item_name(row, item) != NULL)
			names[(*n)++] = (struct named){ item_name(row, item), item };
	}
	if (*n > 0)
		qsort(names, *n, sizeof(*names), by_name);
	return names;
}

static const char *
find_item(const struct named *names, size_t n, const char *name)
{
	struct named wanted = { name, NULL };
	const struct named *f = n == 0 ? NULL :
	    bsearch(&wanted, names, n, sizeof(*names), by_name);

	return f == NULL ? NULL : f->item;
}

/* An item that only one side has, and what is inside. */
static int
one_sided(const struct walk *w, const struct conf_row *row, const char *a,
    const char *b)
{
	const struct conf_service *s = (const void *)(a != NULL ? a : b);
	char inside[CONF_PATH_MAX];
	char *listen = NULL;
	int r;

	if (!is_tenants(row) && (listen = strdup(s->listen)) == NULL)
		return AX_E_NOMEM;
	r = add(w, a == NULL ? CONF_ADDED : CONF_REMOVED, NULL,
	    a != NULL ? listen : NULL, a == NULL ? listen : NULL);
	row_inside(row, inside);
	return r < 0 ? r : walk_mapping(w, inside, a, b);
}

/* Items of one side; what is in both is compared from b's only. */
static int
walk_items(const struct walk *outer, const struct conf_row *row,
    const struct items *l, bool is_b, const struct named *others, size_t n)
{
	char inside[CONF_PATH_MAX];
	int r = 0;

	row_inside(row, inside);
	for (size_t i = 0; r == 0 && i < l->n; i++) {
		const char *item = l->first + i * l->size;
		const char *name = item_name(row, item), *other;
		struct walk w = *outer;

		if (name == NULL)
			continue;
		*(is_tenants(row) ? &w.tenant : &w.service) = name;
		other = find_item(others, n, name);
		if (other == NULL)
			r = one_sided(&w, row, is_b ? NULL : item, is_b ? item : NULL);
		else if (is_b)
			r = walk_mapping(&w, inside, other, item);
	}
	return r;
}

static struct items
items_of(const struct conf_row *row, const char *base)
{
	struct items l = { .size = row->item };

	if (base != NULL)
		l.first = row_list(row, base, &l.n);
	return l;
}

static int
walk_list(const struct walk *w, const struct conf_row *row, const char *a,
    const char *b)
{
	struct items la = items_of(row, a), lb = items_of(row, b);
	size_t na, nb;
	struct named *names_a = index_items(row, &la, &na);
	struct named *names_b = index_items(row, &lb, &nb);
	int r = names_a == NULL || names_b == NULL ? AX_E_NOMEM : 0;

	if (r == 0)
		r = walk_items(w, row, &la, false, names_b, nb);
	if (r == 0)
		r = walk_items(w, row, &lb, true, names_a, na);
	free(names_a);
	free(names_b);
	return r;
}

static int
walk_mapping(const struct walk *w, const char *inside, const char *a, const char *b)
{
	const struct conf_row *row = NULL;
	int r = 0;

	while (r == 0 && (row = schema_next(&schema_relay, inside, row)) != NULL) {
		if (row->kind == CONF_LIST && !is_grants(row))
			r = walk_list(w, row, a, b);
		else if (a == NULL || b == NULL)
			continue;
		else if (row->kind == CONF_SECTION)
			r = walk_mapping(w, row->path, a + row->offset,
			    b + row->offset);
		else
			r = compare(w, row, a, b);
	}
	return r;
}

int
conf_relay_diff(const struct conf_relay *a, const struct conf_relay *b,
    struct conf_diff *out, struct err *e)
{
	struct walk w = { .out = out };
	int r;

	*out = (struct conf_diff){ .n = 0 };
	r = walk_mapping(&w, "", (const char *)a, (const char *)b);
	if (r == 0)
		return 0;
	conf_diff_free(out);
	return err_set(e, r, "out of memory");
}

void
conf_diff_free(struct conf_diff *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->all[i].before);
		free(d->all[i].after);
	}
	free(d->all);
	*d = (struct conf_diff){ .n = 0 };
}

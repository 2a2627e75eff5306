/* dump.c — a configuration as YAML that loads again, by the table.
 *
 * Thread: any. Every text is quoted: no value can be taken for something else. */
#include <stdio.h>

#include "conf/conf.h"
#include "conf/schema.h"

struct dump {
	FILE *out;
	const struct schema *schema;
};

static void
indent(FILE *out, int depth)
{
	fprintf(out, "%*s", depth * 2, "");
}

/* In double quotes. Control characters were refused when it was read. */
static void
quoted(FILE *out, const char *text)
{
	putc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', out);
		putc(*text, out);
	}
	putc('"', out);
}

static void mapping(
    const struct dump *d, const char *inside, const void *base, int depth);

/* The first key of an item follows its dash, the others stand below it. */
static void
list(const struct dump *d, const struct conf_row *row, const void *base, int depth)
{
	char inside[CONF_PATH_MAX];
	size_t n;
	const char *items = row_list(row, base, &n);

	fprintf(d->out, "%s:%s\n", row_name(row), n == 0 ? " []" : "");
	row_inside(row, inside);
	for (size_t i = 0; i < n; i++) {
		indent(d->out, depth + 1);
		fputs("- ", d->out);
		if (row->kind == CONF_WORDS) {
			quoted(d->out, ((const char *const *)(const void *)items)[i]);
			putc('\n', d->out);
		} else {
			mapping(d, inside, items + i * row->item, depth + 2);
		}
	}
}

static void
scalar(const struct dump *d, const struct conf_row *row, const void *base)
{
	char text[32];
	struct str s;

	fprintf(d->out, "%s: ", row_name(row));
	if (kind_is_text(row->kind)) {
		quoted(d->out, row_text(row, base));
	} else {
		str_init(&s, text, sizeof(text));
		value_show(row, row_get(row, base), &s);
		fputs(text, d->out);
	}
	putc('\n', d->out);
}

/* Has no default, and was left out; or a section of nothing else. */
static bool
is_left_out(const struct dump *d, const struct conf_row *row, const void *base)
{
	const struct conf_row *in = NULL;

	if (row->kind != CONF_SECTION)
		return kind_is_text(row->kind) && row_text(row, base) == NULL;
	base = (const char *)base + row->offset;
	while ((in = schema_next(d->schema, row->path, in)) != NULL) {
		if (!is_left_out(d, in, base))
			return false;
	}
	return true;
}

static void
mapping(const struct dump *d, const char *inside, const void *base, int depth)
{
	const struct conf_row *row = NULL;
	bool item = inside[0] != '\0' && inside[strlen(inside) - 1] == ']';

	while ((row = schema_next(d->schema, inside, row)) != NULL) {
		if (is_left_out(d, row, base))
			continue;
		if (!item)
			indent(d->out, depth);
		item = false;
		if (row->kind == CONF_SECTION) {
			fprintf(d->out, "%s:\n", row_name(row));
			mapping(d, row->path, (const char *)base + row->offset, depth + 1);
		} else if (row->kind == CONF_LIST || row->kind == CONF_WORDS) {
			list(d, row, base, depth);
		} else {
			scalar(d, row, base);
		}
	}
}

void
conf_relay_dump(const struct conf_relay *c, FILE *out)
{
	mapping(&(struct dump){ .out = out, .schema = &schema_relay }, "", c, 0);
}

void
conf_agent_dump(const struct conf_agent *c, FILE *out)
{
	mapping(&(struct dump){ .out = out, .schema = &schema_agent }, "", c, 0);
}

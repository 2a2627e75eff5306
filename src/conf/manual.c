/* manual.c — the table as mdoc(7): one subsection for each mapping of the file.
 *
 * Thread: any. Help texts are plain sentences; mdoc wants each on a line.    */
#include <stdio.h>

#include "conf/conf.h"
#include "conf/schema.h"

/* Each sentence on a line of its own. No help text begins with a dot. */
static void
sentences(FILE *out, const char *help)
{
	for (; *help != '\0'; help++) {
		putc(*help, out);
		if (*help == '.' && help[1] == ' ') {
			putc('\n', out);
			help++;
		}
	}
	putc('\n', out);
}

static const char *
argument(enum conf_kind k)
{
	static const char *const names[] = {
		[CONF_DURATION] = "duration",
		[CONF_SIZE] = "size",
		[CONF_COUNT] = "number",
		[CONF_WORKERS] = "number",
		[CONF_MEMORY] = "size",
		[CONF_CHOICE] = "word",
		[CONF_PATH] = "path",
		[CONF_ADDRESS] = "address",
		[CONF_HOSTPORT] = "host:port",
		[CONF_TARGET] = "target",
		[CONF_LABEL] = "name",
		[CONF_SERVICE] = "name",
		[CONF_RANGE] = "range",
		[CONF_PORTS] = "address:ports",
	};

	return names[k];
}

/* Words of least, each marked up: "One of newest or least-loaded." */
static void
choices(FILE *out, const char *words)
{
	fputs("One of\n", out);
	while (*words != '\0') {
		size_t n = strcspn(words, " ");
		bool last = words[n] == '\0';

		fprintf(out, ".Cm %.*s%s\n", (int)n, words, last ? " ." : " ,");
		words += n + !last;
	}
}

static void
range(FILE *out, const struct conf_row *row)
{
	if (row->kind == CONF_CHOICE)
		choices(out, row->least);
	else if (kind_is_number(row->kind))
		fprintf(out, "From %s to %s.\n", row->least, row->most);
	if (row->fallback == NULL)
		fputs("Must be given.\n", out);
	else if (row->fallback[0] != '\0')
		fprintf(out, "The default is\n.Ql %s .\n", row->fallback);
	else
		fputs("May be left out.\n", out);
}

static void
key(FILE *out, const struct conf_row *row, const char *help)
{
	if (row->kind == CONF_WORDS)
		fprintf(out, ".It Cm %s : Bq Ar %s , ...\n", row_name(row),
		    argument(row->word));
	else
		fprintf(out, ".It Cm %s : Ar %s\n", row_name(row), argument(row->kind));
	sentences(out, help);
	if (row->kind == CONF_WORDS)
		fputs("Must be given.\n", out);
	else
		range(out, row);
}

static void
mapping(FILE *out, const struct schema *schema, const struct conf_row *section)
{
	const struct conf_row *row = NULL;
	char inside[CONF_PATH_MAX];

	row_inside(section, inside);
	fprintf(out, ".Ss %s\n", section->path);
	sentences(out, row_help(schema, section));
	if (section->kind == CONF_LIST)
		fputs("A list; every item has these keys:\n", out);
	fputs(".Bl -tag -width Ds\n", out);
	while ((row = schema_next(schema, inside, row)) != NULL) {
		if (row->kind == CONF_SECTION || row->kind == CONF_LIST)
			fprintf(out, ".It Cm %s :\nSee below.\n", row_name(row));
		else
			key(out, row, row_help(schema, row));
	}
	fputs(".El\n", out);
}

static void
manual(FILE *out, const struct schema *schema)
{
	const struct conf_row *row;

	for (size_t i = 0; (row = schema_row(schema, i)) != NULL; i++)
		if (row->kind == CONF_SECTION || row->kind == CONF_LIST)
			mapping(out, schema, row);
}

void
conf_relay_manual(FILE *out)
{
	manual(out, &schema_relay);
}

void
conf_agent_manual(FILE *out)
{
	manual(out, &schema_agent);
}

/* Tests of conf/manual.c: the manual says what the table says. */
#include "conf/conf.h"

#include "conf/schema.h"

#include "../check_main.h"

static const char *
manual(void (*print)(FILE *))
{
	static char mem[65536];
	FILE *f = fmemopen(mem, sizeof(mem), "w");

	ck_assert_ptr_nonnull(f);
	print(f);
	fclose(f);
	return mem;
}

static void
every_key_is_in(const char *text, const struct schema *schema)
{
	const struct conf_row *row;
	char want[160];

	for (size_t i = 0; (row = schema_row(schema, i)) != NULL; i++) {
		bool heading = row->kind == CONF_SECTION || row->kind == CONF_LIST;

		snprintf(want, sizeof(want), heading ? "\n.Ss %s\n" : "\n.It Cm %s : ",
		    heading ? row->path : row_name(row));
		/* the very first line has no line break before it */
		ck_assert_msg(strstr(text, want) != NULL ||
		    strncmp(text, want + 1, strlen(want) - 1) == 0, "%s", want);
		if (row->fallback == NULL || row->fallback[0] == '\0')
			continue;
		snprintf(want, sizeof(want), "The default is\n.Ql %s .\n", row->fallback);
		ck_assert_msg(strstr(text, want) != NULL, "%s", want);
	}
}

START_TEST(every_key_and_default_is_in_the_manual)
{
	every_key_is_in(manual(conf_relay_manual), &schema_relay);
	every_key_is_in(manual(conf_agent_manual), &schema_agent);
}
END_TEST

START_TEST(no_line_is_taken_for_a_request_by_mistake)
{
	static const char *const known[] = { ".Ss ", ".Bl -tag", ".It Cm ", ".El",
		".Ql ", ".Cm " };
	char *save = NULL, *copy = strdup(manual(conf_relay_manual));

	ck_assert_ptr_nonnull(copy);
	for (char *l = strtok_r(copy, "\n", &save); l != NULL; l = strtok_r(NULL, "\n", &save)) {
		size_t i = 0;

		ck_assert_msg(l[0] != '\'', "%s", l);
		if (l[0] != '.')
			continue;
		while (i < ARRAY_LEN(known) && strncmp(l, known[i], strlen(known[i])) != 0)
			i++;
		ck_assert_msg(i < ARRAY_LEN(known), "%s", l);
	}
	free(copy);
}
END_TEST

CHECK_MAIN("conf/manual", every_key_and_default_is_in_the_manual,
    no_line_is_taken_for_a_request_by_mistake)

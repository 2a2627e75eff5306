/* Tests of conf/schema.c and conf/help.c: the tables themselves are right. */
#include "conf/schema.h"

#include "../check_main.h"

static void
check_row(const struct schema *schema, const struct conf_row *row)
{
	const char *help = row_help(schema, row);
	uint64_t v, least = 0, most = 0;

	ck_assert_msg(help[strlen(help) - 1] == '.', "%s", row->path);
	ck_assert_msg(help[0] >= 'A' && help[0] <= 'Z', "%s", row->path);
	if (kind_is_number(row->kind) && row->kind != CONF_CHOICE) {
		ck_assert_msg(value_read(row, row->least, &least, NULL) == 0, "%s", row->path);
		ck_assert_msg(value_read(row, row->most, &most, NULL) == 0, "%s", row->path);
		ck_assert_msg(least < most, "%s", row->path);
	}
	if (row->kind < CONF_DURATION || row->fallback == NULL || row->fallback[0] == '\0')
		return;
	ck_assert_msg(value_read(row, row->fallback, &v, NULL) == 0, "%s", row->path);
}

START_TEST(every_row_has_a_default_within_its_range_and_a_sentence)
{
	const struct schema *both[] = { &schema_relay, &schema_agent };
	const struct conf_row *row;

	for (size_t w = 0; w < 2; w++)
		for (size_t i = 0; (row = schema_row(both[w], i)) != NULL; i++)
			check_row(both[w], row);
}
END_TEST

static size_t
walk(const struct schema *schema, const char *inside)
{
	const struct conf_row *row = NULL;
	char below[CONF_PATH_MAX];
	size_t n = 0;

	while ((row = schema_next(schema, inside, row)) != NULL) {
		n++;
		ck_assert_ptr_eq(schema_find(schema, inside, slice_str(row_name(row))), row);
		if (row->kind != CONF_SECTION && row->kind != CONF_LIST)
			continue;
		row_inside(row, below);
		n += walk(schema, below);
	}
	return n;
}

/* A row whose path is misspelt could not be reached. */
START_TEST(every_row_is_reached_from_the_top_by_a_name_of_its_own)
{
	const struct schema *both[] = { &schema_relay, &schema_agent };

	for (size_t w = 0; w < 2; w++) {
		size_t n = 0;

		while (schema_row(both[w], n) != NULL)
			n++;
		ck_assert_uint_gt(n, 10);
		ck_assert_uint_eq(walk(both[w], ""), n);
	}
}
END_TEST

START_TEST(a_program_does_not_see_the_keys_of_the_other)
{
	ck_assert_ptr_null(schema_find(&schema_agent, "", slice_str("tenants")));
	ck_assert_ptr_null(schema_find(&schema_relay, "tls", slice_str("relay_ca")));
	ck_assert_ptr_nonnull(schema_find(&schema_relay, "tls", slice_str("agent_ca")));
}
END_TEST

CHECK_MAIN("conf/schema", every_row_has_a_default_within_its_range_and_a_sentence,
    every_row_is_reached_from_the_top_by_a_name_of_its_own,
    a_program_does_not_see_the_keys_of_the_other)

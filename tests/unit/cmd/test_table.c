/* Tests of cmd/table.c. */
#include "cmd/table.h"

#include "../check_main.h"

static const char *
printed(const struct table *t)
{
	static char mem[1024];
	FILE *f = fmemopen(mem, sizeof(mem), "w");

	ck_assert_ptr_nonnull(f);
	ck_assert(table_print(t, f));
	fclose(f);
	return mem;
}

START_TEST(columns_are_as_wide_as_their_widest_cell)
{
	struct table t;

	table_init(&t, 2);
	table_cell(&t, "NAME");
	table_cell(&t, "WHERE");
	ck_assert(table_is_empty(&t));
	table_cell(&t, "a");
	table_cell(&t, "here");
	table_cell(&t, "longer");
	table_cell(&t, "there and back");
	ck_assert(!table_is_empty(&t));
	ck_assert_str_eq(printed(&t),
	    "NAME    WHERE\na       here\nlonger  there and back\n");
	table_fini(&t);
}
END_TEST

START_TEST(a_cell_cannot_command_the_terminal)
{
	struct table t;

	table_init(&t, 1);
	table_cell(&t, "\x1b[2Jx\n\xff\xe2\x80\xaey");
	ck_assert_str_eq(printed(&t), "?[2Jx???y\n");
	table_fini(&t);
}
END_TEST

START_TEST(characters_count_not_bytes)
{
	struct table t;

	table_init(&t, 2);
	table_cell(&t, "ü");
	table_cell(&t, "1");
	table_cell(&t, "uu");
	table_cell(&t, "2");
	ck_assert_str_eq(printed(&t), "ü   1\nuu  2\n");
	table_fini(&t);
}
END_TEST

CHECK_MAIN("cmd/table", columns_are_as_wide_as_their_widest_cell,
    a_cell_cannot_command_the_terminal, characters_count_not_bytes)

/* Tests of base/str_heap.c. */
#include "base/str_heap.h"

#include <stdlib.h>
#include <string.h>

#include "../check_main.h"

START_TEST(str_heap_grows_with_what_is_added)
{
	struct str_heap s;
	char *text;

	str_heap_init(&s);
	for (unsigned i = 0; i < 100000; i++) {
		str_add(&s.s, "ab");
		str_u64(&s.s, i % 10);
	}
	ck_assert(!s.s.cut);
	ck_assert_uint_eq(s.s.len, 300000);
	text = str_heap_take(&s);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_eq(strlen(text), 300000);
	ck_assert_int_eq(strncmp(text, "ab0ab1ab2", 9), 0);
	ck_assert_str_eq(text + 299997, "ab9");
	free(text);
}
END_TEST

START_TEST(str_heap_takes_one_long_piece)
{
	char *piece = calloc(1, 70001), *text;
	struct str_heap s;

	memset(piece, 'x', 70000);
	str_heap_init(&s);
	str_add(&s.s, piece);
	text = str_heap_take(&s);
	ck_assert_str_eq(text, piece);
	free(text);
	free(piece);
}
END_TEST

START_TEST(str_heap_is_an_empty_text_at_first)
{
	struct str_heap s;
	char *text;

	str_heap_init(&s);
	text = str_heap_take(&s);
	ck_assert_str_eq(text, "");
	free(text);
}
END_TEST

/* As it is when realloc fails. */
START_TEST(str_heap_that_was_cut_is_no_text)
{
	struct str_heap s;

	str_heap_init(&s);
	str_add(&s.s, "half a docu");
	s.s.cut = true;
	ck_assert_ptr_null(str_heap_take(&s));
}
END_TEST

CHECK_MAIN("str_heap", str_heap_grows_with_what_is_added,
    str_heap_takes_one_long_piece, str_heap_is_an_empty_text_at_first,
    str_heap_that_was_cut_is_no_text)

/* Tests of base/json_out.c. */
#include "base/json_out.h"

#include "../check_main.h"

/* One object with one text in it. */
static const char *
text(const char *value, size_t n, size_t max)
{
	static char mem[256];
	struct str s;
	struct json_out j;

	str_init(&s, mem, sizeof(mem));
	json_begin(&j, &s);
	json_text(&j, "k", slice_of(value, n), max);
	json_end(&j);
	return mem;
}

START_TEST(json_writes_every_kind_of_value)
{
	char mem[256];
	struct str s;
	struct json_out j;

	str_init(&s, mem, sizeof(mem));
	json_begin(&j, &s);
	json_text(&j, "name", slice_str("a b"), 100);
	json_u64(&j, "big", UINT64_MAX);
	json_i64(&j, "small", INT64_MIN);
	json_bool(&j, "yes", true);
	json_bool(&j, "no", false);
	json_end(&j);
	ck_assert_str_eq(mem,
	    "{\"name\":\"a b\",\"big\":18446744073709551615,"
	    "\"small\":-9223372036854775808,\"yes\":true,\"no\":false}");
}
END_TEST

START_TEST(json_writes_an_empty_object)
{
	char mem[8];
	struct str s;
	struct json_out j;

	str_init(&s, mem, sizeof(mem));
	json_begin(&j, &s);
	json_end(&j);
	ck_assert_str_eq(mem, "{}");
}
END_TEST

START_TEST(json_escapes_quotes_and_backslashes)
{
	ck_assert_str_eq(text("a\"b\\c", 5, 99), "{\"k\":\"a\\\"b\\\\c\"}");
}
END_TEST

START_TEST(json_escapes_control_characters)
{
	ck_assert_str_eq(text("\n\0\x1b\x7f", 4, 99),
	    "{\"k\":\"\\u000a\\u0000\\u001b\\u007f\"}");
}
END_TEST

START_TEST(json_keeps_utf8_and_shows_what_is_none)
{
	ck_assert_str_eq(text("\xc3\xa9\xff", 3, 99),
	    "{\"k\":\"\xc3\xa9\\u00ff\"}");
	ck_assert_str_eq(text("\xe2\x80\xae", 3, 99), "{\"k\":\"\\u202e\"}");
}
END_TEST

START_TEST(json_cuts_between_characters)
{
	ck_assert_str_eq(text("ab\xc3\xa9", 4, 3), "{\"k\":\"ab...\"}");
	ck_assert_str_eq(text("ab\xc3\xa9", 4, 4), "{\"k\":\"ab\xc3\xa9\"}");
}
END_TEST

CHECK_MAIN("json_out", json_writes_every_kind_of_value,
    json_writes_an_empty_object, json_escapes_quotes_and_backslashes,
    json_escapes_control_characters, json_keeps_utf8_and_shows_what_is_none,
    json_cuts_between_characters)

/* Tests of base/json_out.c. */
#include "base/json_out.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

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

START_TEST(json_nests)
{
	char mem[128];
	struct str s;
	struct json_out j;

	str_init(&s, mem, sizeof(mem));
	json_begin(&j, &s);
	json_open_array(&j, "a");
	json_u64(&j, NULL, 1);
	json_open_object(&j, NULL);
	json_bool(&j, "b", true);
	json_end(&j);
	json_open_array(&j, NULL);
	json_end(&j);
	json_text(&j, NULL, slice_str("c"), 9);
	json_end(&j);
	json_open_object(&j, "d");
	json_i64(&j, "e", -1);
	json_end(&j);
	json_end(&j);
	ck_assert_str_eq(mem, "{\"a\":[1,{\"b\":true},[],\"c\"],\"d\":{\"e\":-1}}");
	ck_assert_uint_eq(j.depth, 0);
}
END_TEST

/* Below an object and an array that are open. */
static struct json_out
opened(char *mem, size_t n, struct str *s)
{
	struct json_out j;

	str_init(s, mem, n);
	json_begin(&j, s);
	json_open_array(&j, "a");
	return j;
}

static void
name_in_an_array(struct json_out *j)
{
	json_u64(j, "n", 1);
}

static void
no_name_in_an_object(struct json_out *j)
{
	json_end(j);
	json_u64(j, NULL, 1);
}

static void
too_many_ends(struct json_out *j)
{
	for (unsigned i = 0; i < 3; i++)
		json_end(j);
}

static void
too_deep(struct json_out *j)
{
	for (unsigned i = 0; i < JSON_DEPTH_MAX; i++)
		json_open_array(j, NULL);
}

START_TEST(json_that_would_be_wrong_is_a_bug)
{
	void (*const bugs[])(struct json_out *) = { name_in_an_array,
		no_name_in_an_object, too_many_ends, too_deep };

	for (size_t i = 0; i < ARRAY_LEN(bugs); i++) {
		int status = 0;
		pid_t pid = fork();

		ck_assert_int_ge(pid, 0);
		if (pid == 0) {
			char mem[128];
			struct str s;
			struct json_out j = opened(mem, sizeof(mem), &s);

			signal(SIGABRT, SIG_DFL); /* not the sanitizer's */
			bugs[i](&j);
			_exit(0);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT,
		    "bug %zu passes", i);
	}
}
END_TEST

START_TEST(json_that_has_no_room_is_cut)
{
	char mem[12];
	struct str s;
	struct json_out j = opened(mem, sizeof(mem), &s);

	json_u64(&j, NULL, 1);
	json_u64(&j, NULL, 22222222);
	ck_assert(s.cut);
}
END_TEST

CHECK_MAIN("json_out", json_nests, json_that_would_be_wrong_is_a_bug,
    json_that_has_no_room_is_cut, json_writes_every_kind_of_value,
    json_writes_an_empty_object, json_escapes_quotes_and_backslashes,
    json_escapes_control_characters, json_keeps_utf8_and_shows_what_is_none,
    json_cuts_between_characters)

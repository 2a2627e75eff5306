/* Tests of base/str.c. */
#include "base/str.h"

#include "../check_main.h"

/* in as str_untrusted shows it. */
static const char *
shown(const char *in, size_t n, size_t max)
{
	static char mem[256];
	struct str s;

	str_init(&s, mem, sizeof(mem));
	str_untrusted(&s, slice_of(in, n), max);
	return mem;
}

START_TEST(str_builds_text_piece_by_piece)
{
	char mem[64];
	struct str s;

	str_init(&s, mem, sizeof(mem));
	ck_assert_str_eq(mem, "");
	str_add(&s, "ab");
	str_add_n(&s, "cdef", 2);
	str_char(&s, '-');
	str_fmt(&s, "%d%s", 42, "!");
	str_hex(&s, slice_of("\x00\xff", 2));
	ck_assert_str_eq(mem, "abcd-42!00ff");
	ck_assert_uint_eq(s.len, 12);
	ck_assert(!s.cut);
}
END_TEST

START_TEST(str_marks_a_cut)
{
	char mem[5];
	struct str s;

	str_init(&s, mem, sizeof(mem));
	str_add(&s, "abcd");
	ck_assert(!s.cut);
	str_char(&s, 'e');
	ck_assert(s.cut);
	ck_assert_str_eq(mem, "abcd");
	str_init(&s, mem, sizeof(mem));
	str_fmt(&s, "%d", 123456);
	ck_assert(s.cut);
	ck_assert_str_eq(mem, "1234");
	ck_assert_uint_eq(s.len, 4);
}
END_TEST

START_TEST(str_adds_nothing_after_a_cut)
{
	char mem[6];
	struct str s;

	str_init(&s, mem, sizeof(mem));
	str_hex(&s, slice_of("\1\2\3", 3)); /* 0102 fits, 03 does not */
	ck_assert(s.cut);
	str_char(&s, 'x');
	str_fmt(&s, "y");
	ck_assert_str_eq(mem, "0102");
}
END_TEST

START_TEST(str_of_one_byte_holds_nothing)
{
	char mem[1];
	struct str s;

	str_init(&s, mem, 1);
	str_add(&s, "");
	ck_assert(!s.cut);
	str_fmt(&s, "a");
	ck_assert(s.cut);
	ck_assert_str_eq(mem, "");
}
END_TEST

START_TEST(str_untrusted_leaves_harmless_text_alone)
{
	ck_assert_str_eq(shown("Hej v\xc3\xa4rlden \xf0\x9f\x9a\x80", 17, 99),
	    "Hej v\xc3\xa4rlden \xf0\x9f\x9a\x80");
}
END_TEST

START_TEST(str_untrusted_escapes_what_a_terminal_obeys)
{
	ck_assert_str_eq(shown("\x1b[2J\r\n\0\x7f", 8, 99),
	    "\\x1b[2J\\x0d\\x0a\\x00\\x7f");
	ck_assert_str_eq(shown("\xc2\x9b", 2, 99), "\\u009b");
	ck_assert_str_eq(shown("\xe2\x80\xa8\xe2\x80\xae\xe2\x81\xa6", 9, 99),
	    "\\u2028\\u202e\\u2066");
}
END_TEST

START_TEST(str_untrusted_doubles_a_backslash)
{
	ck_assert_str_eq(shown("\\x41", 4, 99), "\\\\x41");
}
END_TEST

START_TEST(str_untrusted_shows_invalid_utf8_as_bytes)
{
	ck_assert_str_eq(shown("\xc0\xaf", 2, 99), "\\xc0\\xaf");
	ck_assert_str_eq(shown("\xed\xa0\x80", 3, 99), "\\xed\\xa0\\x80");
	ck_assert_str_eq(shown("\xf4\x90\x80\x80", 4, 99),
	    "\\xf4\\x90\\x80\\x80");
	ck_assert_str_eq(shown("a\xe2\x82", 3, 99), "a\\xe2\\x82");
	ck_assert_str_eq(shown("\xff" "b", 2, 99), "\\xffb");
}
END_TEST

START_TEST(str_untrusted_cuts_between_characters)
{
	ck_assert_str_eq(shown("abcdef", 6, 3), "abc...");
	ck_assert_str_eq(shown("ab\xc3\xa4z", 5, 3), "ab...");
	ck_assert_str_eq(shown("abc", 3, 3), "abc");
	ck_assert_str_eq(shown("", 0, 0), "");
}
END_TEST

START_TEST(str_untrusted_never_shows_half_an_escape)
{
	char mem[6];
	struct str s;

	str_init(&s, mem, sizeof(mem));
	str_untrusted(&s, slice_of("\1\1", 2), 99);
	ck_assert(s.cut);
	ck_assert_str_eq(mem, "\\x01");
}
END_TEST

START_TEST(str_untrusted_is_printable_whatever_comes_in)
{
	struct rng r;

	rng_seed(&r, test_seed());
	for (int round = 0; round < 5000; round++) {
		uint8_t in[40];
		size_t n = rng_below(&r, sizeof(in) + 1);
		struct slice left;
		uint32_t rune;

		for (size_t i = 0; i < n; i++)
			in[i] = (uint8_t)rng_u64(&r);
		left = slice_str(shown((char *)in, n, rng_below(&r, 50)));
		while (left.n > 0) {
			size_t step = str_rune(left, &rune);

			ck_assert_uint_gt(step, 0);
			ck_assert(str_rune_is_plain(rune));
			left = slice_skip(left, step);
		}
	}
}
END_TEST

START_TEST(str_copy_tells_when_it_had_to_cut)
{
	char out[4];

	ck_assert(str_copy(out, sizeof(out), "abc"));
	ck_assert_str_eq(out, "abc");
	ck_assert(!str_copy(out, sizeof(out), "abcd"));
	ck_assert_str_eq(out, "abc");
}
END_TEST

START_TEST(str_json_escapes_what_json_forbids)
{
	char mem[64];
	struct str s;

	str_init(&s, mem, sizeof(mem));
	str_json(&s, slice_of("a\"\\\n\xff\xe2\x80\xae\xc3\xa9", 10), 99);
	ck_assert_str_eq(mem, "a\\\"\\\\\\u000a\\u00ff\\u202e\xc3\xa9");
}
END_TEST

START_TEST(str_u64_is_whole_or_not_there)
{
	char mem[24];
	struct str s;

	str_init(&s, mem, sizeof(mem));
	str_u64(&s, 0);
	str_u64(&s, UINT64_MAX);
	ck_assert_str_eq(mem, "018446744073709551615");
	str_u64(&s, 1234);
	ck_assert_str_eq(mem, "018446744073709551615");
	ck_assert(s.cut);
}
END_TEST

START_TEST(str_plain_ends_at_the_first_that_means_something)
{
	ck_assert_uint_eq(str_plain(slice_str("a ~b")), 4);
	ck_assert_uint_eq(str_plain(slice_str("a\"b")), 1);
	ck_assert_uint_eq(str_plain(slice_str("ab\\")), 2);
	ck_assert_uint_eq(str_plain(slice_str("\n")), 0);
	ck_assert_uint_eq(str_plain(slice_str("ab\x7f")), 2);
	ck_assert_uint_eq(str_plain(slice_str("ab\xc3\xa9")), 2);
}
END_TEST

CHECK_MAIN("str", str_json_escapes_what_json_forbids, str_u64_is_whole_or_not_there,
    str_plain_ends_at_the_first_that_means_something,
    str_builds_text_piece_by_piece, str_marks_a_cut,
    str_adds_nothing_after_a_cut, str_of_one_byte_holds_nothing,
    str_untrusted_leaves_harmless_text_alone,
    str_untrusted_escapes_what_a_terminal_obeys,
    str_untrusted_doubles_a_backslash,
    str_untrusted_shows_invalid_utf8_as_bytes,
    str_untrusted_cuts_between_characters,
    str_untrusted_never_shows_half_an_escape,
    str_untrusted_is_printable_whatever_comes_in,
    str_copy_tells_when_it_had_to_cut)

/* test_scan.c — lines, words, hexadecimal digits. */
#include "base/scan.h"

#include "../check_main.h"

static void
is(struct slice s, const char *text)
{
	ck_assert(slice_eq(s, slice_str(text)));
}

START_TEST(lines_come_one_by_one)
{
	struct slice text = slice_str("one\n\nthree"), line;

	ck_assert(scan_line(&text, &line));
	is(line, "one");
	ck_assert(scan_line(&text, &line));
	is(line, "");
	ck_assert(!scan_line(&text, &line));
	is(line, "three");
	ck_assert_uint_eq(text.n, 0);
	ck_assert(!scan_line(&text, &line));
	is(line, "");
}
END_TEST

START_TEST(nothing_has_no_line)
{
	struct slice text = slice_of(NULL, 0), line;

	ck_assert(!scan_line(&text, &line));
	ck_assert_uint_eq(line.n, 0);
}
END_TEST

START_TEST(word_ends_before_a_blank)
{
	struct slice line = slice_str("one two\tthree");
	char word[6];

	ck_assert(scan_word(&line, word, sizeof(word)));
	ck_assert_str_eq(word, "one");
	is(line, " two\tthree");
	ck_assert(!scan_word(&line, word, sizeof(word)));
	line = slice_skip(line, 1);
	ck_assert(scan_word(&line, word, sizeof(word)));
	ck_assert_str_eq(word, "two");
	line = slice_skip(line, 1);
	ck_assert(!scan_word(&line, word, sizeof("five") ));
	is(line, "three");
	ck_assert(scan_word(&line, word, sizeof(word)));
	ck_assert_str_eq(word, "three");
	ck_assert(!scan_word(&line, word, sizeof(word)));
}
END_TEST

START_TEST(hex_is_pairs_of_digits)
{
	static const char *const bad[] = { "", "0", "00112", "001122", "00g1", "0 11",
		"00/1", "00:1", "00@1", "00`1", "0x11" };
	uint8_t two[2] = { 1, 1 };

	ck_assert(scan_hex(slice_str("00fF"), two, sizeof(two)));
	ck_assert_uint_eq(two[0], 0);
	ck_assert_uint_eq(two[1], 255);
	ck_assert(scan_hex(slice_str("9aA0"), two, sizeof(two)));
	ck_assert_uint_eq(two[0], 0x9a);
	ck_assert_uint_eq(two[1], 0xa0);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_msg(!scan_hex(slice_str(bad[i]), two, sizeof(two)), "%s", bad[i]);
}
END_TEST

START_TEST(digits_are_those_of_strtol)
{
	for (int c = 0; c < 256; c++) {
		const char text[] = { (char)c, '\0' };
		char *end;
		long v = strtol(text, &end, 16);

		/* It skips blanks, and takes a sign, for itself. */
		ck_assert_int_eq(scan_hex_digit((uint8_t)c), end == text ? -1 : (int)v);
	}
}
END_TEST

CHECK_MAIN("base/scan", lines_come_one_by_one, nothing_has_no_line,
    word_ends_before_a_blank, hex_is_pairs_of_digits, digits_are_those_of_strtol)

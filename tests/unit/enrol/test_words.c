/* test_words.c — the same on both ends, and nowhere else. */
#include "enrol/words.h"

#include "../check_main.h"

START_TEST(words_are_those_of_the_document)
{
	uint8_t binding[TLS_BINDING_LEN], spki[SPKI_HASH_LEN];
	char text[WORDS_TEXT];

	memset(binding, 1, sizeof(binding));
	memset(spki, 2, sizeof(spki));
	words_of(slice_of(binding, sizeof(binding)), spki, text);
	ck_assert_str_eq(text, "kikum tujak zubip lunoj");
}
END_TEST

START_TEST(words_change_with_connection_and_key)
{
	uint8_t binding[TLS_BINDING_LEN] = { 0 }, spki[SPKI_HASH_LEN] = { 0 };
	char text[3][WORDS_TEXT];

	words_of(slice_of(binding, sizeof(binding)), spki, text[0]);
	binding[31] ^= 1;
	words_of(slice_of(binding, sizeof(binding)), spki, text[1]);
	binding[31] ^= 1;
	spki[0] ^= 1;
	words_of(slice_of(binding, sizeof(binding)), spki, text[2]);
	ck_assert_str_ne(text[0], text[1]);
	ck_assert_str_ne(text[0], text[2]);
	ck_assert_str_ne(text[1], text[2]);
}
END_TEST

START_TEST(words_of_a_key_are_others)
{
	uint8_t spki[SPKI_HASH_LEN];
	char text[WORDS_TEXT];

	memset(spki, 2, sizeof(spki));
	words_of_key(spki, text);
	ck_assert_str_eq(text, "duvib jirok faror buvif");
}
END_TEST

CHECK_MAIN("words", words_of_a_key_are_others, words_are_those_of_the_document,
    words_change_with_connection_and_key)

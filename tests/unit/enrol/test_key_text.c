/* test_key_text.c — 52 characters and a key. */
#include "enrol/key_text.h"

#include "../check_main.h"

START_TEST(key_text_is_crockfords_base32)
{
	struct pubkey key = { .type = IDENTITY_ED25519, .len = 32 };
	char text[KEY_TEXT_MAX];

	key.bytes[31] = 1;
	ck_assert_int_eq(key_text(&key, text, NULL), 0);
	ck_assert_str_eq(text, "0000-0000-0000-0000-0000-0000-0000-0000-0000-0000-"
	    "0000-0000-000G");
	key.type = IDENTITY_P256;
	ck_assert_int_eq(key_text(&key, text, NULL), AX_E_UNSUPPORTED);
}
END_TEST

START_TEST(key_text_comes_back_as_it_went)
{
	struct pubkey key = { .type = IDENTITY_ED25519, .len = 32 }, back;
	char text[KEY_TEXT_MAX];
	struct rng rng;

	rng_seed(&rng, test_seed());
	for (int i = 0; i < 1000; i++) {
		for (size_t k = 0; k < 32; k++)
			key.bytes[k] = (uint8_t)rng_u64(&rng);
		ck_assert_int_eq(key_text(&key, text, NULL), 0);
		for (char *p = text; i % 2 == 1 && *p != '\0'; p++)
			if (*p >= 'A' && *p <= 'Z')
				*p = (char)(*p - 'A' + 'a');
		ck_assert_int_eq(key_text_parse(text, &back, NULL), 0);
		ck_assert(pubkey_eq(&key, &back));
	}
}
END_TEST

START_TEST(what_is_no_key_is_refused)
{
	static const char zeros[] =
	    "0000000000000000000000000000000000000000000000000000";
	struct pubkey key;
	char text[80];

	ck_assert_int_eq(key_text_parse(zeros, &key, NULL), 0);
	ck_assert_int_eq(key_text_parse(zeros + 1, &key, NULL), AX_E_RANGE);
	(void)snprintf(text, sizeof(text), "%s0", zeros);
	ck_assert_int_eq(key_text_parse(text, &key, NULL), AX_E_RANGE);
	ck_assert_int_eq(key_text_parse("", &key, NULL), AX_E_RANGE);
	for (size_t i = 0; i < 52; i++) {
		(void)snprintf(text, sizeof(text), "%s", zeros);
		text[i] = 'U';
		ck_assert_int_eq(key_text_parse(text, &key, NULL), AX_E_RANGE);
	}
	/* 260 digits' bits for 256: the last four are no key's. */
	for (const char *p = "1248F"; *p != '\0'; p++) {
		(void)snprintf(text, sizeof(text), "%s", zeros);
		text[51] = *p;
		ck_assert_int_eq(key_text_parse(text, &key, NULL), AX_E_RANGE);
	}
}
END_TEST

CHECK_MAIN("key_text", key_text_is_crockfords_base32, key_text_comes_back_as_it_went,
    what_is_no_key_is_refused)

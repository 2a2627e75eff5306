/* test_pin.c — 25 characters and 125 bits. */
#include "enrol/pin.h"

#include "../check_main.h"

START_TEST(pin_is_crockfords_base32)
{
	/* 0x00443214c74254b635cf84653a56d7c675be77d8: the alphabet in order, the
	 * first 25 digits of it. */
	static const struct tls_pin order = { { 0x00, 0x44, 0x32, 0x14, 0xc7, 0x42,
	    0x54, 0xb6, 0x35, 0xcf, 0x84, 0x65, 0x3a, 0x56, 0xd7, 0xc0 } };
	static const struct tls_pin none;
	char text[PIN_TEXT];

	pin_text(&order, text);
	ck_assert_str_eq(text, "01234-56789-ABCDE-FGHJK-MNPQR");
	pin_text(&none, text);
	ck_assert_str_eq(text, "00000-00000-00000-00000-00000");
}
END_TEST

START_TEST(pin_comes_back_as_it_went)
{
	struct tls_pin pin, back;
	char text[PIN_TEXT];
	struct rng rng;

	rng_seed(&rng, test_seed());
	for (int i = 0; i < 1000; i++) {
		for (size_t k = 0; k < TLS_PIN_LEN; k++)
			pin.bits[k] = (uint8_t)rng_u64(&rng);
		pin.bits[TLS_PIN_LEN - 1] &= 0xf8;
		pin_text(&pin, text);
		ck_assert_int_eq(pin_parse(text, &back, NULL), 0);
		ck_assert_mem_eq(&pin, &back, sizeof(pin));
	}
}
END_TEST

START_TEST(pin_forgives_what_people_do)
{
	struct tls_pin a, b;

	ck_assert_int_eq(pin_parse("0123456789ABCDEFGHJK1MN0Q", &a, NULL), 0);
	ck_assert_int_eq(
	    pin_parse("o123-45678-9abcdefghjklmnoq", &b, NULL), 0);
	ck_assert_mem_eq(&a, &b, sizeof(a));
}
END_TEST

START_TEST(pin_is_refused_when_it_is_none)
{
	static const char *const bad[] = { "", "-", "01234-56789-ABCDE-FGHJK-MNPQ",
		"01234-56789-ABCDE-FGHJK-MNPQRS", "01234-56789-ABCDE-FGHJK-MNPQU",
		"01234 56789 ABCDE FGHJK MNPQR" };
	struct tls_pin pin;
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_int_eq(pin_parse(bad[i], &pin, &e), AX_E_RANGE);
}
END_TEST

CHECK_MAIN("pin", pin_is_crockfords_base32, pin_comes_back_as_it_went,
    pin_forgives_what_people_do, pin_is_refused_when_it_is_none)

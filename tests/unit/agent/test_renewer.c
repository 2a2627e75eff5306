/* test_renewer.c — when an agent asks for its next certificate. The rest of it is
 * in tests/integration/renews-itself.test.                                   */
#include "agent/renewer.h"

#include "../check_main.h"

#define DAY INT64_C(86400)

START_TEST(renewer_asks_after_two_thirds_of_a_life)
{
	const int64_t from = INT64_C(1790000000), life = 90 * DAY;

	ck_assert_int_eq(renewer_due(from, from + life, 0), from + 51 * DAY);
	ck_assert_int_eq(
	    renewer_due(from, from + life, UINT16_MAX), from + 69 * DAY);
	for (unsigned random = 0; random <= UINT16_MAX; random += 257) {
		int64_t due = renewer_due(from, from + life, (uint16_t)random);

		ck_assert_int_ge(due, from + 51 * DAY);
		ck_assert_int_le(due, from + 69 * DAY);
	}
}
END_TEST

/* A signer makes nothing for who comes before half of the life is over. */
START_TEST(renewer_asks_in_the_second_half_of_short_lives)
{
	for (int64_t life = 2; life < 4000; life++)
		for (unsigned random = 0; random <= UINT16_MAX; random += 0x5555) {
			int64_t due = renewer_due(77, 77 + life, (uint16_t)random);

			ck_assert_int_ge(due, 77 + life / 2);
			ck_assert_int_lt(due, 77 + life);
		}
}
END_TEST

START_TEST(renewer_tries_more_often_towards_the_end)
{
	ck_assert_int_eq(renewer_patience(90 * DAY, 0), 3600);
	ck_assert_int_eq(renewer_patience(7200, 0), 720);
	ck_assert_int_eq(renewer_patience(20, 0), 2);
	ck_assert_int_eq(renewer_patience(3, 0), 1);
	ck_assert_int_eq(renewer_patience(0, 100), 1);
}
END_TEST

CHECK_MAIN("renewer", renewer_asks_after_two_thirds_of_a_life,
    renewer_asks_in_the_second_half_of_short_lives,
    renewer_tries_more_often_towards_the_end)

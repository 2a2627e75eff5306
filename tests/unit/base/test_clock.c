/* Tests of base/clock.c. */
#include "base/clock.h"

#include <time.h>

#include "../check_main.h"

START_TEST(clock_mono_never_goes_back)
{
	uint64_t last = clock_mono_ns();

	for (int i = 0; i < 10000; i++) {
		uint64_t now = clock_mono_ns();

		ck_assert_uint_ge(now, last);
		last = now;
	}
}
END_TEST

START_TEST(clock_wall_agrees_with_the_calendar)
{
	uint64_t before = (uint64_t)time(NULL);
	uint64_t ms = clock_wall_ms();

	/* time() may lag by a tick of the kernel's coarse clock. */
	ck_assert_uint_ge(ms / 1000 + 1, before);
	ck_assert_uint_le(ms / 1000, (uint64_t)time(NULL) + 1);
}
END_TEST

START_TEST(clock_text_is_a_date)
{
	char text[CLOCK_TEXT];

	ck_assert(clock_text(0, text));
	ck_assert_str_eq(text, "1970-01-01T00:00:00");
	ck_assert(clock_text(951782399, text));
	ck_assert_str_eq(text, "2000-02-28T23:59:59");
	ck_assert(clock_text(-1, text));
	ck_assert_str_eq(text, "1969-12-31T23:59:59");
	ck_assert(clock_text(253402300799, text));
	ck_assert_str_eq(text, "9999-12-31T23:59:59");
}
END_TEST

START_TEST(clock_text_of_a_year_with_five_digits_is_none)
{
	char text[CLOCK_TEXT];

	ck_assert(!clock_text(253402300800, text));
	ck_assert_str_eq(text, "?");
	ck_assert(!clock_text(INT64_MAX, text));
	ck_assert(!clock_text(INT64_MIN, text));
	ck_assert_str_eq(text, "?");
}
END_TEST

CHECK_MAIN("clock", clock_mono_never_goes_back,
    clock_wall_agrees_with_the_calendar, clock_text_is_a_date,
    clock_text_of_a_year_with_five_digits_is_none)

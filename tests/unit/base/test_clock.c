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

CHECK_MAIN("clock", clock_mono_never_goes_back,
    clock_wall_agrees_with_the_calendar)

/* test_refused.c — how much is said about refusals. */
#include "relay/refused.h"

#include "../check_main.h"

START_TEST(a_cause_is_said_so_often_in_a_second)
{
	struct refused_lines l = { .bans = 0 };
	uint64_t unsaid;

	for (unsigned i = 0; i < REFUSED_LINES; i++) {
		ck_assert(refused_may_say(&l, REFUSED_RATE, 5 * AX_NS_PER_S, &unsaid));
		ck_assert_uint_eq(unsaid, 0);
	}
	for (int i = 0; i < 7; i++)
		ck_assert(!refused_may_say(&l, REFUSED_RATE, 5 * AX_NS_PER_S, &unsaid));
	/* Another cause does not wait for it. */
	ck_assert(refused_may_say(&l, REFUSALS, 5 * AX_NS_PER_S, &unsaid));
	ck_assert(refused_may_say(&l, REFUSED_RATE, 6 * AX_NS_PER_S, &unsaid));
	ck_assert_uint_eq(unsaid, 7);
	ck_assert(refused_may_say(&l, REFUSED_RATE, 6 * AX_NS_PER_S, &unsaid));
	ck_assert_uint_eq(unsaid, 0);
}
END_TEST

CHECK_MAIN("relay/refused", a_cause_is_said_so_often_in_a_second)

/* Tests of conf/suggest.c. */
#include "conf/suggest.h"

#include "../check_main.h"

static const char *
best(const char *word)
{
	static const char *const known[] = { "relay", "agent", "heartbeat",
		"dead_after", "ring", "name", "pki" };
	struct suggest s;

	suggest_init(&s, slice_str(word));
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		suggest_offer(&s, known[i]);
	return s.best == NULL ? "nothing" : s.best;
}

START_TEST(slips_of_fingers_are_understood)
{
	ck_assert_str_eq(best("heartbeet"), "heartbeat");
	ck_assert_str_eq(best("haertbeat"), "heartbeat");
	ck_assert_str_eq(best("heart-beat"), "heartbeat");
	ck_assert_str_eq(best("dead-after"), "dead_after");
	ck_assert_str_eq(best("realy"), "relay");
	ck_assert_str_eq(best("nmae"), "name");
	ck_assert_str_eq(best("agents"), "agent");
	ck_assert_str_eq(best("pik"), "pki");
}
END_TEST

START_TEST(another_word_is_not_guessed)
{
	ck_assert_str_eq(best("colour"), "nothing");
	ck_assert_str_eq(best("x"), "nothing");
	ck_assert_str_eq(best(""), "nothing");
	ck_assert_str_eq(best("relayrelayrelayrelayrelayrelayrelayrelayrelay"), "nothing");
}
END_TEST

CHECK_MAIN("conf/suggest", slips_of_fingers_are_understood, another_word_is_not_guessed)

/* test_takeovers.c — who was replaced by whom. */
#include "relay/takeovers.h"

#include "../check_main.h"

static const uint8_t a[INSTANCE_BYTES] = "a", b[INSTANCE_BYTES] = "b",
	c[INSTANCE_BYTES] = "c";

START_TEST(takeovers_know_who_was_replaced_by_whom)
{
	struct takeovers t;

	ck_assert_int_eq(takeovers_init(&t), 0);
	ck_assert_ptr_null(takeovers_winner(&t, 1, a));
	takeovers_add(&t, 1, a, b);
	ck_assert_mem_eq(takeovers_winner(&t, 1, a), b, INSTANCE_BYTES);
	ck_assert_ptr_null(takeovers_winner(&t, 2, a));
	ck_assert_ptr_null(takeovers_winner(&t, 1, b));
	takeovers_fini(&t);
}
END_TEST

START_TEST(takeovers_of_three_name_the_last)
{
	struct takeovers t;

	ck_assert_int_eq(takeovers_init(&t), 0);
	takeovers_add(&t, 0, a, b);
	takeovers_add(&t, 0, b, c);
	ck_assert_mem_eq(takeovers_winner(&t, 0, a), c, INSTANCE_BYTES);
	ck_assert_mem_eq(takeovers_winner(&t, 0, b), c, INSTANCE_BYTES);
	ck_assert_ptr_null(takeovers_winner(&t, 0, c));
	takeovers_fini(&t);
}
END_TEST

START_TEST(takeovers_forget_that_a_winner_once_lost)
{
	struct takeovers t;

	ck_assert_int_eq(takeovers_init(&t), 0);
	takeovers_add(&t, 0, a, b);
	takeovers_add(&t, 0, b, a); /* b was gone for a while */
	ck_assert_ptr_null(takeovers_winner(&t, 0, a));
	ck_assert_mem_eq(takeovers_winner(&t, 0, b), a, INSTANCE_BYTES);
	takeovers_fini(&t);
}
END_TEST

START_TEST(takeovers_forget_the_oldest)
{
	struct takeovers t;
	uint8_t one[INSTANCE_BYTES] = { 0 };

	ck_assert_int_eq(takeovers_init(&t), 0);
	takeovers_add(&t, 0, a, b);
	for (unsigned i = 0; i < TAKEOVERS_MAX; i++) {
		ck_assert_ptr_nonnull(takeovers_winner(&t, 0, a));
		one[0] = (uint8_t)i;
		one[1] = (uint8_t)(i >> 8);
		one[2] = 1;
		takeovers_add(&t, 0, one, c);
	}
	ck_assert_ptr_null(takeovers_winner(&t, 0, a));
	ck_assert_mem_eq(takeovers_winner(&t, 0, one), c, INSTANCE_BYTES);
	takeovers_fini(&t);
}
END_TEST

CHECK_MAIN("takeovers", takeovers_know_who_was_replaced_by_whom,
    takeovers_of_three_name_the_last, takeovers_forget_that_a_winner_once_lost,
    takeovers_forget_the_oldest)

/* Tests of admin/keys.c. */
#include "admin/keys.h"

#include <string.h>

#include "../check_main.h"

static const struct admin_who someone = { .uid = 7, .pid = 8 };

START_TEST(a_key_is_good_until_its_end)
{
	struct keys k = { 0 };
	char a[KEY_TEXT], b[KEY_TEXT];

	keys_add(&k, 1000, &someone, a);
	keys_add(&k, 2000, &someone, b);
	ck_assert_uint_eq(strlen(a), 32);
	ck_assert_str_ne(a, b);
	ck_assert_uint_eq(keys_until(&k, a, 999), 1000);
	ck_assert_uint_eq(keys_until(&k, a, 1000), 0);
	ck_assert_uint_eq(keys_until(&k, b, 1000), 2000);
}
END_TEST

START_TEST(a_key_is_used_up_once)
{
	struct keys k = { 0 };
	struct admin_who who = { 0 };
	char a[KEY_TEXT];

	keys_add(&k, 1000, &someone, a);
	ck_assert(!keys_who(&k, a, 1000, &who));
	ck_assert(keys_who(&k, a, 999, &who) && who.uid == 7 && who.pid == 8);
	ck_assert(!keys_use_up(&k, a, 1000, &who));
	ck_assert(keys_use_up(&k, a, 999, &who));
	ck_assert(!keys_use_up(&k, a, 999, &who));
	ck_assert_uint_eq(keys_until(&k, a, 0), 0);
}
END_TEST

START_TEST(what_is_no_key_is_none)
{
	struct keys k = { 0 };
	char a[KEY_TEXT], other[64];

	ck_assert_uint_eq(keys_until(&k, "", 0), 0);
	ck_assert_uint_eq(keys_until(&k, NULL, 0), 0);
	keys_add(&k, 1000, &someone, a);
	snprintf(other, sizeof(other), "%s0", a);
	ck_assert_uint_eq(keys_until(&k, other, 0), 0);
	ck_assert_uint_eq(keys_until(&k, a + 1, 0), 0);
	for (size_t i = 0; i < 32; i++) {
		memcpy(other, a, KEY_TEXT);
		other[i] ^= 1;
		ck_assert_uint_eq(keys_until(&k, other, 0), 0);
	}
	memset(other, 0, sizeof(other)); /* a free place */
	ck_assert_uint_eq(keys_until(&k, other, 0), 0);
}
END_TEST

START_TEST(the_one_that_ends_first_makes_room)
{
	struct keys k = { 0 };
	char all[KEYS_MAX + 1][KEY_TEXT];

	for (size_t i = 0; i < KEYS_MAX + 1; i++)
		keys_add(&k, i == 5 ? 50 : 100 + i, &someone, all[i]);
	for (size_t i = 0; i < KEYS_MAX + 1; i++)
		ck_assert_int_eq(keys_until(&k, all[i], 1) != 0, i != 5);
}
END_TEST

CHECK_MAIN("admin/keys", a_key_is_good_until_its_end, a_key_is_used_up_once,
    what_is_no_key_is_none, the_one_that_ends_first_makes_room)

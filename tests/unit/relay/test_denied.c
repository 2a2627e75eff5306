/* Tests of relay/denied.c. */
#include "relay/denied.h"

#include <string.h>

#include "../check_main.h"

#define KEY "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"

static struct denied *
parsed(const char *text)
{
	struct denied *d = NULL;
	struct err e = { .text = "" };

	ck_assert_msg(denied_parse("state/denied", slice_str(text), &d, &e) == 0, "%s",
	    e.text);
	return d;
}

static const char *
judged(const struct denied *d, const char *tenant, const char *agent, int64_t made)
{
	static const uint8_t key[DENIED_KEY_LEN] = { 9 };
	struct identity id = { .not_before = made };

	memcpy(id.tenant, tenant, strlen(tenant) + 1);
	memcpy(id.agent, agent, strlen(agent) + 1);
	return denied_why(d, &id, key);
}

/* 2026-01-01T00:00:00Z */
#define T INT64_C(1767225600)

START_TEST(denied_name_covers_what_was_made_until_then)
{
	struct denied *d = parsed("name home/nas 2026-01-01T00:00:00Z\n");

	ck_assert_ptr_nonnull(judged(d, "home", "nas", T - 3600));
	ck_assert_ptr_nonnull(judged(d, "home", "nas", T));
	ck_assert_ptr_null(judged(d, "home", "nas", T + 1));
	ck_assert_ptr_null(judged(d, "home", "nas2", T));
	ck_assert_ptr_null(judged(d, "home", "", T));
	ck_assert_ptr_null(judged(d, "hom", "nas", T));
	ck_assert_ptr_null(judged(d, "nas", "home", T));
	denied_unref(&d);
}
END_TEST

START_TEST(denied_tenant_covers_all_of_his_agents)
{
	struct denied *d = parsed("name home 2026-01-01T00:00:00Z\n"
				  "name home/pi 2027-01-01T00:00:00Z\n");

	ck_assert_ptr_nonnull(judged(d, "home", "nas", T));
	ck_assert_ptr_nonnull(judged(d, "home", "", T));
	ck_assert_ptr_null(judged(d, "home", "nas", T + 1));
	ck_assert_ptr_nonnull(judged(d, "home", "pi", T + 1));
	denied_unref(&d);
}
END_TEST

START_TEST(denied_key_is_refused_for_ever)
{
	struct denied *d = parsed("key " KEY " 2026-01-01T00:00:00Z\n");
	struct identity id = { .tenant = "home", .not_before = T + 100000000 };
	uint8_t key[DENIED_KEY_LEN];

	for (unsigned i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i + 1);
	ck_assert_ptr_nonnull(denied_why(d, &id, key));
	key[31] ^= 1;
	ck_assert_ptr_null(denied_why(d, &id, key));
	denied_unref(&d);
}
END_TEST

START_TEST(denied_list_says_what_it_was_told)
{
	static const char text[] = "# a remark\n\nname b 2026-01-01T00:00:00Z\n"
	    "key " KEY " 2026-01-01T00:00:00Z\nname a/x 2026-01-01T00:00:00Z\n"
	    "name b 2026-01-02T00:00:00Z";
	struct denied *d = parsed(text), *again;
	struct buf out;

	ck_assert_uint_eq(denied_count(d), 3);
	buf_init(&out);
	ck_assert_int_eq(denied_print(d, &out), 0);
	ck_assert_int_eq(buf_append(&out, "", 1), 0);
	ck_assert_str_eq(strchr((const char *)buf_slice(&out).p, '\n') + 1,
	    "key " KEY " 2026-01-01T00:00:00Z\nname a/x 2026-01-01T00:00:00Z\n"
	    "name b 2026-01-02T00:00:00Z\n");
	again = parsed((const char *)buf_slice(&out).p);
	ck_assert_uint_eq(denied_count(again), 3);
	buf_fini(&out);
	denied_unref(&d);
	denied_unref(&again);
}
END_TEST

START_TEST(denied_mistake_is_named_with_its_line)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "name home\n", "state/denied:1: not three words" },
		{ "\n#\nname home 2026-01-01\n", "state/denied:3: not a time" },
		{ "name home 2026-02-31T00:00:00Z\n", "state/denied:1: not a time" },
		{ "name a 2026-01-01T00:00:00Z\nnmae b 2026-01-01T00:00:00Z\n",
		  "state/denied:2: neither name nor key" },
		{ "name Home 2026-01-01T00:00:00Z", "state/denied:1: not TENANT" },
		{ "name a/b/c 2026-01-01T00:00:00Z", "state/denied:1: not TENANT" },
		{ "key 0102 2026-01-01T00:00:00Z", "state/denied:1: a key" },
		{ "name a 2026-01-01T00:00:00Z more", "state/denied:1: not three" },
		{ "name a 2026-01-01T00:00:00Z\r\n", "state/denied:1: not three" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct denied *d = NULL;
		struct err e;

		ck_assert_int_eq(denied_parse("state/denied", slice_str(rows[i].text),
				     &d, &e), AX_E_SYNTAX);
		ck_assert_ptr_null(d);
		ck_assert_msg(strncmp(e.text, rows[i].says, strlen(rows[i].says)) == 0,
		    "%s", e.text);
	}
}
END_TEST

START_TEST(denied_entry_comes_and_goes)
{
	struct denied *d = parsed(""), *next;
	struct denied_entry nas, key;
	struct err e;

	ck_assert_int_eq(denied_name("home/nas", &nas, &e), 0);
	ck_assert_int_eq(denied_key(KEY, &key, &e), 0);
	nas.at = T;
	ck_assert_int_eq(denied_with(d, &nas, &next, &e), 0);
	denied_unref(&d);
	ck_assert_ptr_nonnull(judged(next, "home", "nas", T));
	nas.at = T + 5; /* again, later */
	ck_assert_int_eq(denied_with(next, &nas, &d, &e), 0);
	denied_unref(&next);
	ck_assert_uint_eq(denied_count(d), 1);
	ck_assert_ptr_nonnull(judged(d, "home", "nas", T + 5));
	ck_assert_int_eq(denied_with(d, &key, &next, &e), 0);
	ck_assert_uint_eq(denied_count(next), 2);
	denied_unref(&d);
	ck_assert_int_eq(denied_without(next, &nas, &d, &e), 0);
	denied_unref(&next);
	ck_assert_ptr_null(judged(d, "home", "nas", T));
	ck_assert_int_eq(denied_without(d, &nas, &next, &e), AX_E_NOTFOUND);
	ck_assert_uint_eq(denied_count(d), 1);
	denied_unref(&d);
}
END_TEST

START_TEST(denied_operator_is_neither_tenant_nor_key)
{
	struct denied *d = parsed("name operator:nas 2026-01-01T00:00:00Z\n"
				  "key 00000000000000000000000000000000"
				  "00000000000000000000000000000000 "
				  "2026-01-01T00:00:00Z\n");
	struct denied_entry one;
	struct buf text;
	struct err e;

	ck_assert_ptr_nonnull(judged(d, "", "nas", T));
	ck_assert_ptr_null(judged(d, "", "nas", T + 1));
	ck_assert_ptr_null(judged(d, "", "tv", T));
	ck_assert_ptr_null(judged(d, "nas", "", T));
	ck_assert_ptr_null(judged(d, "nas", "nas", T));
	buf_init(&text);
	ck_assert_int_eq(denied_print(d, &text), 0);
	ck_assert_int_eq(buf_append(&text, "", 1), 0);
	ck_assert_ptr_nonnull(strstr((const char *)buf_slice(&text).p,
	    "\nname operator:nas 2026-01-01T00:00:00Z\n"));
	buf_fini(&text);
	ck_assert_int_eq(denied_name("operator:nas", &one, &e), 0);
	ck_assert(denied_is_operator(&one) && !denied_is_key(&one));
	ck_assert_int_eq(denied_name("operator:", &one, &e), AX_E_RANGE);
	ck_assert_int_eq(denied_name("operator:a/b", &one, &e), AX_E_RANGE);
	denied_unref(&d);
}
END_TEST

START_TEST(denied_list_has_an_end)
{
	struct denied *d = NULL, *next;
	struct denied_entry one;
	struct buf text;
	char line[64];
	struct err e;

	buf_init(&text);
	for (unsigned i = 0; i < DENIED_MAX; i++) {
		int n = snprintf(line, sizeof(line), "name t%u 2026-01-01T00:00:00Z\n", i);

		ck_assert_int_eq(buf_append(&text, line, (size_t)n), 0);
	}
	ck_assert_int_eq(denied_parse("x", buf_slice(&text), &d, &e), 0);
	ck_assert_uint_eq(denied_count(d), DENIED_MAX);
	ck_assert_ptr_nonnull(judged(d, "t65535", "a", T));
	ck_assert_int_eq(denied_name("more", &one, &e), 0);
	ck_assert_int_eq(denied_with(d, &one, &next, &e), AX_E_LIMIT);
	ck_assert_int_eq(denied_name("t7", &one, &e), 0);
	ck_assert_int_eq(denied_with(d, &one, &next, &e), 0);
	denied_unref(&next);
	denied_unref(&d);
	ck_assert_int_eq(buf_append(&text, line, strlen(line)), 0);
	ck_assert_int_eq(denied_parse("x", buf_slice(&text), &d, &e), AX_E_LIMIT);
	buf_fini(&text);
}
END_TEST

CHECK_MAIN("denied", denied_name_covers_what_was_made_until_then,
    denied_tenant_covers_all_of_his_agents, denied_key_is_refused_for_ever,
    denied_list_says_what_it_was_told, denied_mistake_is_named_with_its_line,
    denied_entry_comes_and_goes, denied_operator_is_neither_tenant_nor_key,
    denied_list_has_an_end)

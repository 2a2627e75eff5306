/* Tests of admin/revoke.c. */
#include "admin/revoke.h"

#include <string.h>

#include "../check_main.h"

static int
decoded(const char *body, json_t **doc, struct admin_revoke *out)
{
	struct err e;

	return revoke_decode(slice_str(body), doc, out, &e);
}

START_TEST(revoke_takes_a_name_or_a_key)
{
	struct admin_revoke a;
	json_t *doc;

	ck_assert_int_eq(decoded("{\"name\": \"home/nas\"}", &doc, &a), 0);
	ck_assert_str_eq(a.name, "home/nas");
	ck_assert_ptr_null(a.key);
	json_decref(doc);
	ck_assert_int_eq(decoded("{\"key\":\"00\"}", &doc, &a), 0);
	ck_assert_ptr_null(a.name);
	ck_assert_str_eq(a.key, "00");
	json_decref(doc);
}
END_TEST

START_TEST(revoke_takes_nothing_else)
{
	static const char *const bodies[] = { "", "{}", "[]", "\"home\"", "null",
		"{\"name\":\"a\",\"key\":\"b\"}", "{\"name\":\"a\",\"force\":true}",
		"{\"name\":7}", "{\"name\":null}", "{\"name\":[\"a\"]}",
		"{\"name\":\"a\"} more", "{\"name\":\"a\",\"name\":\"b\"}",
		"{\"name\":\"a\\u0000b\"}", "{\"name\":\"\xff\"}" };

	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct admin_revoke a;
		json_t *doc;

		ck_assert_msg(decoded(bodies[i], &doc, &a) == AX_E_SYNTAX, "%s",
		    bodies[i]);
		json_decref(doc);
	}
}
END_TEST

START_TEST(revoke_says_what_came_of_it)
{
	struct admin_revocation a = { .what = "home/nas", .at = 7, .sessions = 2,
		.tenant_known = true, .crl = "/etc/atlax/agent.crl" };
	struct admin_revoked v[] = { { "home", false, 1 }, { "00ff", true, 2 } };
	char *doc = revoke_render(&a);

	ck_assert_str_eq(doc, "{\"who\":\"home/nas\",\"at\":7,\"sessions\":2,"
	    "\"tenant_known\":true,\"crl\":\"/etc/atlax/agent.crl\"}\n");
	free(doc);
	doc = revoke_render_list(&(struct admin_revoked_list){ "f", v, 2 });
	ck_assert_str_eq(doc, "{\"file\":\"f\",\"entries\":[{\"name\":\"home\",\"at\":1},"
	    "{\"key\":\"00ff\",\"at\":2}]}\n");
	free(doc);
}
END_TEST

CHECK_MAIN("revoke", revoke_takes_a_name_or_a_key, revoke_takes_nothing_else,
    revoke_says_what_came_of_it)

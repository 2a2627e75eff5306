/* Tests of cmd/doc.h: a document of our own, when memory is short. */
#include "cmd/doc.h"

#include <stdlib.h>
#include <string.h>

#include "../check_main.h"

static int left; /* calls until one fails, and all after it */

static void *
some(size_t n)
{
	return left-- > 0 ? malloc(n) : NULL;
}

static json_t *
make(void)
{
	json_t *own = json_object();

	doc_add(&own, json_pack("{s:s s:I}", "ca", "agents", "step", (json_int_t)2));
	doc_append(&own, "lines", json_pack("{s:s}", "name", "one"));
	doc_append(&own, "lines", json_pack("{s:s}", "name", "two"));
	return own;
}

START_TEST(doc_is_whole_or_lost)
{
	char *text = NULL;
	int n = 0;

	json_set_alloc_funcs(some, free);
	do {
		json_t *own;

		left = n++;
		own = make();
		left = 1000;
		if (own != NULL)
			text = json_dumps(own, JSON_COMPACT);
		json_decref(own);
	} while (text == NULL && n < 1000);
	ck_assert_str_eq(text,
	    "{\"ca\":\"agents\",\"step\":2,\"lines\":[{\"name\":\"one\"},{\"name\":\"two\"}]}");
	ck_assert_int_gt(n, 10);
	free(text);
	json_set_alloc_funcs(malloc, free);
}
END_TEST

CHECK_MAIN("cmd/doc", doc_is_whole_or_lost)

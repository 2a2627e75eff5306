/* revoke.c — the JSON of atlax revoke, with jansson.
 *
 * Thread: any. What is shown was a name, a key or a path before, so it is UTF-8 or
 * jansson refuses it, and the document is NULL.                              */
#include "admin/revoke.h"

#include <stdio.h>
#include <stdlib.h>

int
revoke_decode(struct slice body, json_t **doc, struct admin_revoke *out, struct err *e)
{
	struct admin_revoke a = { .name = NULL };
	json_error_t why = { .text = "" };

	*doc = json_loadb((const char *)body.p, body.n, JSON_REJECT_DUPLICATES, &why);
	if (*doc == NULL || json_unpack_ex(*doc, &why, JSON_STRICT, "{s?:s, s?:s}",
	    "name", &a.name, "key", &a.key) < 0)
		return err_set(e, AX_E_SYNTAX, "the body is not what it has to be: %s",
		    why.text);
	if ((a.name == NULL) == (a.key == NULL))
		return err_set(e, AX_E_SYNTAX,
		    "the body has to have a name or a key, and not both");
	*out = a;
	return 0;
}

/* Takes o. */
static char *
print(json_t *o)
{
	char *doc = o == NULL ? NULL : json_dumps(o, JSON_COMPACT), *line = NULL;

	if (doc != NULL && asprintf(&line, "%s\n", doc) < 0)
		line = NULL;
	free(doc);
	json_decref(o);
	return line;
}

char *
revoke_render(const struct admin_revocation *a)
{
	return print(json_pack("{s:s, s:I, s:I, s:b, s:s}", "who", a->what, "at",
	    (json_int_t)a->at, "sessions", (json_int_t)a->sessions, "tenant_known",
	    a->tenant_known, "crl", a->crl));
}

char *
revoke_render_list(const struct admin_revoked_list *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < a->n; i++)
		if (json_array_append_new(list, json_pack("{s:s, s:I}",
		    a->v[i].is_key ? "key" : "name", a->v[i].what, "at",
		    (json_int_t)a->v[i].at)) < 0) {
			json_decref(list);
			return NULL;
		}
	return print(json_pack("{s:s, s:o}", "file", a->file, "entries", list));
}

/* revoke.c — the JSON of atlax revoke.
 *
 * Thread: any.                                                               */
#include "admin/revoke.h"

#include "admin/body.h"
#include "admin/render.h"

int
revoke_decode(struct slice body, json_t **doc, struct admin_revoke *out, struct err *e)
{
	struct admin_revoke a = { .name = NULL };

	*doc = body_read(body, e, "{s?:s, s?:s}", "name", &a.name, "key", &a.key);
	if (*doc == NULL)
		return AX_E_SYNTAX;
	if ((a.name == NULL) == (a.key == NULL))
		return err_set(e, AX_E_SYNTAX,
		    "the body has to have a name or a key, and not both");
	*out = a;
	return 0;
}

char *
revoke_render(const struct admin_revocation *a)
{
	struct render r;

	render_begin(&r);
	json_text(&r.j, "who", slice_str(a->what), SIZE_MAX);
	json_i64(&r.j, "at", a->at);
	render_number(&r.j, "sessions", a->sessions);
	json_bool(&r.j, "tenant_known", a->tenant_known);
	json_text(&r.j, "crl", slice_str(a->crl), SIZE_MAX);
	return render_end(&r);
}

char *
revoke_render_list(const struct admin_revoked_list *a)
{
	struct render r;

	render_begin(&r);
	json_text(&r.j, "file", slice_str(a->file), SIZE_MAX);
	json_open_array(&r.j, "entries");
	for (size_t i = 0; i < a->n; i++) {
		json_open_object(&r.j, NULL);
		json_text(&r.j, a->v[i].is_key ? "key" : "name",
		    slice_str(a->v[i].what), SIZE_MAX);
		json_i64(&r.j, "at", a->v[i].at);
		json_end(&r.j);
	}
	json_end(&r.j);
	return render_end(&r);
}

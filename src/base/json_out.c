/* json_out.c — JSON, written straight into a str.
 *
 * Thread: owner. Allocates nothing.
 * Invariant: whatever bytes come in, what comes out is valid JSON in valid
 * UTF-8 on one line, unless the str had no room (str.cut tells) or levels were
 * left open.                                                                 */
#include "base/json_out.h"

#include <string.h>

#include "base/assert.h"

static bool
in_array(const struct json_out *j)
{
	return (j->arrays >> j->depth & 1) != 0;
}

/* What comes before a value. */
static void
key(struct json_out *j, const char *name)
{
	size_t n = name == NULL ? 0 : strlen(name);
	char *at = str_claim(j->s, (name == NULL ? 0 : n + 3) + j->any);

	ax_assert((name == NULL) == in_array(j));
	if (at == NULL)
		return;
	if (j->any)
		*at++ = ',';
	j->any = true;
	if (name == NULL)
		return;
	*at++ = '"';
	memcpy(at, name, n);
	at[n] = '"';
	at[n + 1] = ':';
}

static void
open(struct json_out *j, bool is_array)
{
	ax_assert(j->depth < JSON_DEPTH_MAX);
	j->depth++;
	j->arrays = (j->arrays & ~(1u << j->depth)) | (uint32_t)is_array << j->depth;
	j->any = false;
	str_char(j->s, is_array ? '[' : '{');
}

void
json_begin(struct json_out *j, struct str *s)
{
	*j = (struct json_out){ .s = s };
	open(j, false);
}

void
json_open_object(struct json_out *j, const char *name)
{
	key(j, name);
	open(j, false);
}

void
json_open_array(struct json_out *j, const char *name)
{
	key(j, name);
	open(j, true);
}

void
json_text(struct json_out *j, const char *name, struct slice value, size_t max)
{
	key(j, name);
	str_char(j->s, '"');
	str_json(j->s, value, max);
	str_char(j->s, '"');
}

void
json_u64(struct json_out *j, const char *name, uint64_t value)
{
	key(j, name);
	str_u64(j->s, value);
}

void
json_i64(struct json_out *j, const char *name, int64_t value)
{
	key(j, name);
	if (value < 0)
		str_char(j->s, '-');
	str_u64(j->s, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void
json_bool(struct json_out *j, const char *name, bool value)
{
	key(j, name);
	str_add(j->s, value ? "true" : "false");
}

void
json_end(struct json_out *j)
{
	ax_assert(j->depth > 0);
	str_char(j->s, in_array(j) ? ']' : '}');
	j->depth--;
	j->any = true;
}

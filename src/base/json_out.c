/* json_out.c — one flat JSON object, written straight into a str.
 *
 * Thread: owner. Allocates nothing.
 * Invariant: whatever bytes come in, what comes out is valid JSON in valid
 * UTF-8 on one line, unless the str had no room (str.cut tells).             */
#include "base/json_out.h"

#include <inttypes.h>

static void
escape(struct str *s, uint32_t rune)
{
	if (rune == '"' || rune == '\\')
		str_fmt(s, "\\%c", (int)rune);
	else
		str_fmt(s, "\\u%04" PRIx32, rune);
}

/* Writes the character at the front of in; returns its length. A byte that is
 * no UTF-8 is shown as the character of its number. */
static size_t
one(struct str *s, struct slice in)
{
	uint32_t rune;
	size_t n = str_rune(in, &rune);

	if (n == 0) {
		escape(s, in.p[0]);
		return 1;
	}
	if (!str_rune_is_plain(rune) || rune == '"' || rune == '\\')
		escape(s, rune);
	else
		str_add_n(s, (const char *)in.p, n);
	return n;
}

static void
quoted(struct str *s, struct slice in, size_t max)
{
	struct slice left = in;
	size_t n;

	str_char(s, '"');
	while (left.n > 0) {
		uint32_t rune;

		n = str_rune(left, &rune);
		if (in.n - left.n + MAX(n, 1) > max) {
			str_add(s, "...");
			break;
		}
		left = slice_skip(left, one(s, left));
	}
	str_char(s, '"');
}

static void
key(struct json_out *j, const char *name)
{
	if (j->any)
		str_char(j->s, ',');
	j->any = true;
	quoted(j->s, slice_str(name), SIZE_MAX);
	str_char(j->s, ':');
}

void
json_begin(struct json_out *j, struct str *s)
{
	*j = (struct json_out){ .s = s };
	str_char(s, '{');
}

void
json_text(struct json_out *j, const char *name, struct slice value, size_t max)
{
	key(j, name);
	quoted(j->s, value, max);
}

void
json_u64(struct json_out *j, const char *name, uint64_t value)
{
	key(j, name);
	str_fmt(j->s, "%" PRIu64, value);
}

void
json_i64(struct json_out *j, const char *name, int64_t value)
{
	key(j, name);
	str_fmt(j->s, "%" PRId64, value);
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
	str_char(j->s, '}');
}

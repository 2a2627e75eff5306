/* format.c — records to lines.
 *
 * Thread: any. Allocates nothing.
 * Invariant: exactly one line break, at the end, whatever the fields hold; JSON
 * lines are valid JSON even when something did not fit.                      */
#include "log/format.h"

#include <inttypes.h>

#include "base/assert.h"
#include "base/clock.h"

#define TAIL 32 /* kept free for the end of the line */

static const char *const level_names[] = {
	[LOG_ERROR] = "error",
	[LOG_WARN] = "warn",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

static void
stamp(uint64_t wall_ms, char out[32])
{
	char seconds[CLOCK_TEXT];
	struct str s;

	str_init(&s, out, 32);
	(void)clock_text((int64_t)(wall_ms / 1000), seconds);
	str_fmt(&s, "%s.%03" PRIu64 "Z", seconds, wall_ms % 1000);
}

/* A text from anywhere. Quotes only where a reader needs them to see where the
 * value ends. */
static void
text_value(struct str *s, struct slice in)
{
	char mem[LOG_FIELD_MAX * 4 + 8];
	struct str shown;
	size_t plain;

	str_init(&shown, mem, sizeof(mem));
	str_untrusted(&shown, in, LOG_FIELD_MAX);
	plain = strcspn(mem, " \"=\\");
	if (shown.len > 0 && plain == shown.len) {
		str_add(s, mem);
		return;
	}
	str_char(s, '"');
	for (const char *p = mem; *p != '\0'; p++) {
		if (*p == '"')
			str_char(s, '\\');
		str_char(s, *p);
	}
	str_char(s, '"');
}

static void
text_field(struct str *s, const struct log_field *f)
{
	str_fmt(s, " %s=", f->key);
	switch (f->kind) {
	case LOG_END:
		break;
	case LOG_K_SLICE:
		text_value(s, f->text);
		break;
	case LOG_K_U64:
		str_fmt(s, "%" PRIu64, f->v.u64);
		break;
	case LOG_K_I64:
		str_fmt(s, "%" PRId64, f->v.i64);
		break;
	case LOG_K_BOOL:
		str_add(s, f->v.flag ? "true" : "false");
		break;
	}
}

void
log_json_field(struct json_out *j, const struct log_field *f)
{
	switch (f->kind) {
	case LOG_END:
		break;
	case LOG_K_SLICE:
		json_text(j, f->key, f->text, LOG_FIELD_MAX);
		break;
	case LOG_K_U64:
		json_u64(j, f->key, f->v.u64);
		break;
	case LOG_K_I64:
		json_i64(j, f->key, f->v.i64);
		break;
	case LOG_K_BOOL:
		json_bool(j, f->key, f->v.flag);
		break;
	}
}

/* Undoes what did not fit, back to length mark. */
static void
roll_back(struct str *s, size_t mark)
{
	s->len = mark;
	s->p[mark] = '\0';
	s->cut = false;
}

static void
text_line(const struct log_record *r, const char *ts, struct str *s)
{
	str_fmt(s, "%s %-5s %s: %s", ts, level_names[r->level], r->thread, r->msg);
	for (size_t i = 0; i < r->n; i++) {
		size_t mark = s->len;

		text_field(s, &r->fields[i]);
		if (!s->cut)
			continue;
		roll_back(s, mark);
		s->cap += TAIL;
		str_add(s, " cut=true");
		return;
	}
	s->cap += TAIL;
}

static void
json_line(const struct log_record *r, const char *ts, struct str *s)
{
	struct json_out j;
	bool cut = false;

	json_begin(&j, s);
	json_text(&j, "ts", slice_str(ts), 32);
	json_text(&j, "level", slice_str(level_names[r->level]), 8);
	json_text(&j, "thread", slice_str(r->thread), 64);
	json_text(&j, "msg", slice_str(r->msg), LOG_FIELD_MAX);
	for (size_t i = 0; i < r->n && !cut; i++) {
		size_t mark = s->len;

		log_json_field(&j, &r->fields[i]);
		cut = s->cut;
		if (cut)
			roll_back(s, mark);
	}
	s->cap += TAIL;
	if (cut)
		json_bool(&j, "cut", true);
	json_end(&j);
}

size_t
log_line(const struct log_record *r, enum log_format format, char out[LOG_LINE_MAX])
{
	struct str s;
	char ts[32];

	stamp(r->wall_ms, ts);
	str_init(&s, out, LOG_LINE_MAX - TAIL);
	if (format == LOG_JSON)
		json_line(r, ts, &s);
	else
		text_line(r, ts, &s);
	str_char(&s, '\n');
	ax_assert(!s.cut); /* our own messages are short */
	return s.len;
}

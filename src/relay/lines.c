/* lines.c — see lines.h. Thread: any. */
#include "relay/lines.h"

#include "base/scan.h"
#include "base/str.h"

bool
lines_word(struct slice *line, char *out, size_t cap)
{
	if (!scan_word(line, out, cap))
		return false;
	*line = slice_skip(*line, line->n > 0 && line->p[0] == ' ');
	return true;
}

bool
lines_number(struct slice *line, uint64_t *out)
{
	char text[20]; /* nobody moves ten exabytes */
	uint64_t n = 0;

	if (!lines_word(line, text, sizeof(text)))
		return false;
	for (const char *p = text; *p != '\0'; p++) {
		if (*p < '0' || *p > '9')
			return false;
		n = 10 * n + (uint64_t)(*p - '0');
	}
	*out = n;
	return true;
}

static bool
is_end(struct slice line, size_t n)
{
	char text[32];
	struct str s;

	str_init(&s, text, sizeof(text));
	str_fmt(&s, "end %zu", n);
	return slice_eq(line, slice_str(text));
}

int
lines_parse(const struct lines *l, const char *name, struct slice text,
    int (*take)(void *of, struct slice line), void *of, struct err *e)
{
	struct slice line;
	size_t n = 0;
	int r = 0;

	if (!scan_line(&text, &line) || !slice_eq(line, slice_str(l->first)))
		return err_set(e, AX_E_SYNTAX, "%s:1: it does not begin with \"%s\", so "
		    "another version of atlax has written it", name, l->first);
	while (r == 0) {
		if (!scan_line(&text, &line))
			return err_set(e, AX_E_SYNTAX, "%s: it is torn", name);
		if (is_end(line, n) && text.n == 0)
			return 0;
		r = take(of, line);
		n++;
	}
	return r == AX_E_NOMEM ? err_set(e, r, "no memory for %s", name) :
	    err_set(e, r, "%s:%zu: not %s", name, n + 1, l->entry);
}

int
lines_begin(const struct lines *l, struct buf *out)
{
	int r = buf_append(out, l->first, strlen(l->first));

	return r < 0 ? r : buf_append(out, "\n", 1);
}

int
lines_end(size_t n, struct buf *out)
{
	char text[32];
	struct str s;

	str_init(&s, text, sizeof(text));
	str_fmt(&s, "end %zu\n", n);
	return buf_append(out, s.p, s.len);
}

/* denied.c — the list of whom a relay refuses.
 *
 * Thread: any; the count of references is atomic, the rest is constant.
 * Invariant: entries are sorted (keys first, then names) and no two are of the
 * same name or key, so a lookup is three binary searches, however long the list. */
#include "relay/denied.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/scan.h"
#include "base/str.h"
#include "pki/db.h"
#include "pki/names.h"

struct denied {
	atomic_uint refs;
	size_t n;
	struct denied_entry v[];
};

/* --- one entry --------------------------------------------------------------- */

#define OPERATOR "operator:"

bool
denied_is_key(const struct denied_entry *d)
{
	return d->tenant[0] == '\0' && d->agent[0] == '\0';
}

bool
denied_is_operator(const struct denied_entry *d)
{
	return d->tenant[0] == '\0' && d->agent[0] != '\0';
}

static int
operator_name(const char *word, struct denied_entry *out, struct err *e)
{
	struct agent_name name;
	int r = operator_name_parse(word, &name, e);

	if (r < 0)
		return r;
	*out = (struct denied_entry){ .at = 0 };
	(void)str_copy(out->agent, sizeof(out->agent), name.text);
	return 0;
}

int
denied_name(const char *word, struct denied_entry *out, struct err *e)
{
	struct agent_name name;
	int r;

	if (strncmp(word, OPERATOR, strlen(OPERATOR)) == 0)
		return operator_name(word + strlen(OPERATOR), out, e);
	r = agent_name_parse(word, &name, e);
	if (r < 0)
		return r;
	*out = (struct denied_entry){ .at = 0 };
	(void)str_copy(out->tenant, sizeof(out->tenant), name.tenant);
	(void)str_copy(out->agent, sizeof(out->agent), name.agent);
	return 0;
}

int
denied_key(const char *word, struct denied_entry *out, struct err *e)
{
	struct denied_entry d = { .at = 0 };

	if (!scan_hex(slice_str(word), d.key, sizeof(d.key)))
		return err_set(e, AX_E_RANGE, "a key is named by the %d hexadecimal "
		    "digits of its SHA-256, not by \"%.80s\"", 2 * DENIED_KEY_LEN, word);
	*out = d;
	return 0;
}

void
denied_text(const struct denied_entry *d, char out[DENIED_TEXT])
{
	struct str s;

	str_init(&s, out, DENIED_TEXT);
	if (denied_is_key(d))
		str_hex(&s, slice_of(d->key, DENIED_KEY_LEN));
	else if (denied_is_operator(d))
		str_fmt(&s, OPERATOR "%s", d->agent);
	else
		str_fmt(&s, "%s%s%s", d->tenant, d->agent[0] == '\0' ? "" : "/",
		    d->agent);
}

static int
compare(const void *x, const void *y)
{
	const struct denied_entry *a = x, *b = y;
	int c = strcmp(a->tenant, b->tenant);

	if (c == 0)
		c = strcmp(a->agent, b->agent);
	return c != 0 ? c : memcmp(a->key, b->key, DENIED_KEY_LEN);
}

/* --- the list ------------------------------------------------------------------ */

static struct denied *
list_new(size_t cap)
{
	struct denied *d = malloc(sizeof(*d) + cap * sizeof(d->v[0]));

	if (d != NULL) {
		atomic_init(&d->refs, 1);
		d->n = 0;
	}
	return d;
}

static int
no_memory(struct err *e)
{
	return err_set(e, AX_E_NOMEM, "no memory for the list of who is refused");
}

static int
too_many(struct err *e)
{
	return err_set(e, AX_E_LIMIT, "more than %d entries: undo those whose "
	    "certificates have expired or are on the revocation list", DENIED_MAX);
}

static const struct denied_entry *
find(const struct denied *d, const struct denied_entry *what)
{
	return bsearch(what, d->v, d->n, sizeof(d->v[0]), compare);
}

int
denied_with(const struct denied *d, const struct denied_entry *more,
    struct denied **out, struct err *e)
{
	struct denied *next;
	size_t i = 0;

	if (d->n == DENIED_MAX && find(d, more) == NULL)
		return too_many(e);
	next = list_new(d->n + 1);
	if (next == NULL)
		return no_memory(e);
	while (i < d->n && compare(&d->v[i], more) < 0)
		next->v[next->n++] = d->v[i++];
	next->v[next->n++] = *more;
	if (i < d->n && compare(&d->v[i], more) == 0)
		i++;
	while (i < d->n)
		next->v[next->n++] = d->v[i++];
	*out = next;
	return 0;
}

int
denied_without(const struct denied *d, const struct denied_entry *less,
    struct denied **out, struct err *e)
{
	const struct denied_entry *it = find(d, less);
	char text[DENIED_TEXT];
	struct denied *next;

	denied_text(less, text);
	if (it == NULL)
		return err_set(e, AX_E_NOTFOUND, "%s is not refused by name or key: "
		    "see atlax revoke ls", text);
	next = list_new(d->n);
	if (next == NULL)
		return no_memory(e);
	for (size_t i = 0; i < d->n; i++)
		if (&d->v[i] != it)
			next->v[next->n++] = d->v[i];
	*out = next;
	return 0;
}

struct denied *
denied_ref(struct denied *d)
{
	unsigned before = atomic_fetch_add(&d->refs, 1);

	ax_assert(before > 0);
	return d;
}

void
denied_unref(struct denied **p)
{
	struct denied *d = *p;

	*p = NULL;
	if (d != NULL && atomic_fetch_sub(&d->refs, 1) == 1)
		free(d);
}

size_t
denied_count(const struct denied *d)
{
	return d->n;
}

const struct denied_entry *
denied_at(const struct denied *d, size_t i)
{
	ax_assert(i < d->n);
	return &d->v[i];
}

/* --- its text -------------------------------------------------------------------- */

/* The next word of a line into out. False: there is none, or it is too long. */
static bool
take_word(struct slice *line, char *out, size_t cap)
{
	while (line->n > 0 && (line->p[0] == ' ' || line->p[0] == '\t'))
		*line = slice_skip(*line, 1);
	return scan_word(line, out, cap);
}

static int
parse_line(struct slice line, struct denied_entry *d, struct err *e)
{
	char kind[8], what[DENIED_TEXT], at[DB_TIME_TEXT], more[2];
	int r;

	if (!take_word(&line, kind, sizeof(kind)) ||
	    !take_word(&line, what, sizeof(what)) ||
	    !take_word(&line, at, sizeof(at)) || take_word(&line, more, sizeof(more)) ||
	    line.n > 0)
		return err_set(e, AX_E_SYNTAX,
		    "not three words: name or key, which, since when");
	if (strcmp(kind, "name") == 0)
		r = denied_name(what, d, e);
	else if (strcmp(kind, "key") == 0)
		r = denied_key(what, d, e);
	else
		return err_set(e, AX_E_SYNTAX, "neither name nor key: \"%s\"", kind);
	if (r == 0 && !db_time_parse(slice_str(at), &d->at))
		return err_set(e, AX_E_SYNTAX,
		    "not a time like 2026-01-31T12:00:00Z: \"%s\"", at);
	return r;
}

/* The later of two entries of the same name counts. */
static void
sort(struct denied *d)
{
	size_t n = 0;

	if (d->n == 0)
		return;
	qsort(d->v, d->n, sizeof(d->v[0]), compare);
	for (size_t i = 1; i < d->n; i++) {
		if (compare(&d->v[n], &d->v[i]) != 0)
			d->v[++n] = d->v[i];
		else if (d->v[i].at > d->v[n].at)
			d->v[n] = d->v[i];
	}
	d->n = n + 1;
}

int
denied_parse(const char *name, struct slice text, struct denied **out, struct err *e)
{
	struct slice rest = text, line;
	struct denied *d;
	size_t lines = 0, at = 0;
	int r = 0;

	while (rest.n > 0) {
		(void)scan_line(&rest, &line);
		lines += line.n > 0 && line.p[0] != '#';
	}
	if (lines > DENIED_MAX)
		return err_prefix(e, too_many(e), "%s", name);
	d = list_new(lines);
	if (d == NULL)
		return no_memory(e);
	for (rest = text; rest.n > 0 && r == 0; at++) {
		(void)scan_line(&rest, &line);
		if (line.n > 0 && line.p[0] != '#')
			r = parse_line(line, &d->v[d->n++], e);
	}
	if (r < 0) {
		free(d);
		r = err_prefix(e, r, "%s:%zu", name, at);
		if (e != NULL)
			e->code = AX_E_SYNTAX;
		return r == AX_E_NOMEM ? r : AX_E_SYNTAX;
	}
	sort(d);
	*out = d;
	return 0;
}

int
denied_print(const struct denied *d, struct buf *out)
{
	static const char head[] =
	    "# Whom this relay refuses: atlax revoke writes here, and so may you.\n";
	int r = buf_append(out, head, sizeof(head) - 1);

	for (size_t i = 0; i < d->n && r == 0; i++) {
		const struct denied_entry *it = &d->v[i];
		char what[DENIED_TEXT], at[DB_TIME_TEXT], mem[256];
		struct str s;

		denied_text(it, what);
		db_time_text(it->at, at);
		str_init(&s, mem, sizeof(mem));
		str_fmt(&s, "%s %s %s\n", denied_is_key(it) ? "key" : "name",
		    what, at);
		r = buf_append(out, s.p, s.len);
	}
	return r;
}

/* --- judging ------------------------------------------------------------------------ */

static bool
is_older(const struct denied *d, const struct denied_entry *name, int64_t not_before)
{
	const struct denied_entry *it = find(d, name);

	return it != NULL && not_before <= it->at;
}

const char *
denied_why(const struct denied *d, const struct identity *id,
    const uint8_t key[DENIED_KEY_LEN])
{
	struct denied_entry what = { .at = 0 };

	if (d->n == 0)
		return NULL;
	memcpy(what.key, key, DENIED_KEY_LEN);
	if (find(d, &what) != NULL)
		return "its key was revoked on this relay (atlax revoke ls)";
	what = (struct denied_entry){ .at = 0 };
	memcpy(what.tenant, id->tenant, sizeof(what.tenant));
	if (id->tenant[0] != '\0' && is_older(d, &what, id->not_before))
		return "its tenant was revoked on this relay after the certificate "
		       "was made (atlax revoke ls)";
	memcpy(what.agent, id->agent, sizeof(what.agent));
	if (id->agent[0] != '\0' && is_older(d, &what, id->not_before))
		return "it was revoked on this relay after the certificate was "
		       "made (atlax revoke ls)";
	return NULL;
}

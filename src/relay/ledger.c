/* ledger.c — use by tenant and month.
 *
 * Thread: owner.
 * Invariant: entries are sorted by tenant, and no two are of one. What is counted is
 * never less than before, but when a third month pushes out the older of two.   */
#include "relay/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "relay/lines.h"

static const struct lines format = { "atlax-used 1",
	"a tenant, a month, a number of bytes and what was said" };

static const char *const said[] = { "-", "warned", "spent" };

void
ledger_init(struct ledger *l)
{
	*l = (struct ledger){ .v = NULL };
}

void
ledger_fini(struct ledger *l)
{
	free(l->v);
	ledger_init(l);
}

void
ledger_name(int64_t unix_s, char out[sizeof("2026-11")])
{
	char text[CLOCK_TEXT];

	/* A clock beyond the year 9999 has one month. */
	if (!clock_text(unix_s, text))
		(void)str_copy(text, sizeof(text), "0000-00");
	(void)memcpy(out, text, sizeof("2026-11"));
	out[sizeof("2026-11") - 1] = '\0';
}

/* --- entries ------------------------------------------------------------------ */

/* Where it is, or would be. */
static size_t
place(const struct ledger *l, const char *tenant, bool *found)
{
	size_t low = 0, high = l->n;

	*found = false;
	while (low < high && !*found) {
		size_t mid = low + (high - low) / 2;
		int c = strcmp(tenant, l->v[mid].tenant);

		if (c == 0)
			*found = true;
		if (c <= 0)
			high = mid;
		else
			low = mid + 1;
	}
	return *found ? high : low;
}

static struct ledger_month *
month_of(struct ledger_entry *x, const char *month)
{
	for (size_t i = 0; i < LEDGER_KEPT; i++) {
		if (strcmp(x->of[i].name, month) == 0)
			return &x->of[i];
	}
	return NULL;
}

struct ledger_month *
ledger_find(const struct ledger *l, const char *tenant, const char *month)
{
	bool found;
	size_t i = place(l, tenant, &found);

	return found ? month_of(&l->v[i], month) : NULL;
}

static int
insert(struct ledger *l, size_t i, const char *tenant)
{
	if (l->n == l->cap) {
		size_t cap = l->cap == 0 ? 16 : 2 * l->cap;
		struct ledger_entry *more = realloc(l->v, cap * sizeof(*more));

		if (more == NULL)
			return AX_E_NOMEM;
		l->v = more;
		l->cap = cap;
	}
	memmove(&l->v[i + 1], &l->v[i], (l->n - i) * sizeof(*l->v));
	l->n++;
	l->v[i] = (struct ledger_entry){ .tenant = "" };
	(void)str_copy(l->v[i].tenant, sizeof(l->v[i].tenant), tenant);
	return 0;
}

int
ledger_open(struct ledger *l, const char *tenant, const char *month,
    struct ledger_month **out)
{
	bool found;
	size_t i = place(l, tenant, &found);
	struct ledger_entry *x;

	if (!found && insert(l, i, tenant) < 0)
		return AX_E_NOMEM;
	x = &l->v[i];
	if (strcmp(x->of[0].name, month) != 0) {
		struct ledger_month was = x->of[0];

		x->of[0] = x->of[1];
		x->of[1] = was;
	}
	if (strcmp(x->of[0].name, month) != 0) {
		x->of[0] = (struct ledger_month){ .said = LEDGER_NOTHING };
		(void)str_copy(x->of[0].name, sizeof(x->of[0].name), month);
	}
	*out = &x->of[0];
	return 0;
}

void
ledger_forget(struct ledger *l, const char *tenant)
{
	bool found;
	size_t i = place(l, tenant, &found);

	if (!found)
		return;
	l->n--;
	memmove(&l->v[i], &l->v[i + 1], (l->n - i) * sizeof(*l->v));
}

/* --- quotas ------------------------------------------------------------------- */

static enum ledger_said
level(uint64_t bytes, uint64_t quota)
{
	if (quota == 0 || bytes < quota - quota / 5)
		return LEDGER_NOTHING;
	return bytes < quota ? LEDGER_WARNED : LEDGER_SPENT;
}

enum ledger_said
ledger_judge(struct ledger_month *m, uint64_t quota)
{
	enum ledger_said is = level(m->bytes, quota);
	bool more = is > m->said;

	m->said = (uint8_t)is;
	return more ? is : LEDGER_NOTHING;
}

/* --- text --------------------------------------------------------------------- */

static bool
is_month(const char *s)
{
	static const char like[] = "dddd-dd";

	for (size_t i = 0; i < sizeof(like); i++) {
		if (like[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != like[i])
			return false;
	}
	return true;
}

static int
parse_line(void *ledger, struct slice line)
{
	struct ledger *l = ledger;
	char tenant[IDENTITY_LABEL_MAX + 1], month[sizeof("2026-11")], word[8];
	struct ledger_month *m;
	uint64_t bytes;
	uint8_t k = 0;

	if (!lines_word(&line, tenant, sizeof(tenant)) ||
	    !lines_word(&line, month, sizeof(month)) || !is_month(month) ||
	    !lines_number(&line, &bytes) || !lines_word(&line, word, sizeof(word)) ||
	    line.n > 0)
		return AX_E_SYNTAX;
	while (k < ARRAY_LEN(said) && strcmp(said[k], word) != 0)
		k++;
	if (k == ARRAY_LEN(said))
		return AX_E_SYNTAX;
	if (ledger_open(l, tenant, month, &m) < 0)
		return AX_E_NOMEM;
	m->bytes = MAX(m->bytes, bytes);
	m->said = MAX(m->said, k);
	return 0;
}

int
ledger_parse(struct ledger *l, const char *name, struct slice text, struct err *e)
{
	int r = lines_parse(&format, name, text, parse_line, l, e);

	if (r < 0)
		ledger_fini(l);
	return r;
}

int
ledger_print(const struct ledger *l, struct buf *out)
{
	char mem[160];
	struct str s;
	size_t n = 0;
	int r = lines_begin(&format, out);

	for (size_t i = 0; i < l->n; i++) {
		/* Backwards: who reads them one after the other has the same order. */
		for (size_t k = LEDGER_KEPT; k-- > 0 && r == 0;) {
			const struct ledger_month *m = &l->v[i].of[k];

			if (m->name[0] == '\0')
				continue;
			str_init(&s, mem, sizeof(mem));
			str_fmt(&s, "%s %s ", l->v[i].tenant, m->name);
			str_u64(&s, m->bytes);
			str_fmt(&s, " %s\n", said[m->said]);
			r = buf_append(out, s.p, s.len);
			n++;
		}
	}
	return r < 0 ? r : lines_end(n, out);
}

/* --- two of them -------------------------------------------------------------- */

static int
merge_month(struct ledger *l, const char *tenant, const struct ledger_month *x)
{
	bool found;
	size_t i = place(l, tenant, &found);
	struct ledger_month *m = ledger_find(l, tenant, x->name);

	/* A third one, which is over for longer than both. */
	if (m == NULL && found && strcmp(x->name, l->v[i].of[0].name) < 0 &&
	    strcmp(x->name, l->v[i].of[1].name) < 0)
		return 0;
	if (m == NULL && ledger_open(l, tenant, x->name, &m) < 0)
		return AX_E_NOMEM;
	m->said = x->bytes > m->bytes ? x->said : m->said;
	m->bytes = MAX(m->bytes, x->bytes);
	return 0;
}

int
ledger_merge(struct ledger *l, const struct ledger *other)
{
	int r = 0;

	for (size_t i = 0; i < other->n; i++) {
		for (size_t k = LEDGER_KEPT; k-- > 0 && r == 0;) {
			if (other->v[i].of[k].name[0] != '\0')
				r = merge_month(l, other->v[i].tenant,
				    &other->v[i].of[k]);
		}
	}
	return r;
}

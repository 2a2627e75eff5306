/* roll.c — who was seen.
 *
 * Thread: owner.
 * Invariant: entries are sorted by tenant and agent, and no two are of one agent. An
 * entry stays where it is in memory; what is sorted are pointers, for agents come in
 * any order, and by the thousand.                                            */
#include "relay/roll.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "pki/names.h"
#include "relay/lines.h"

#define DAY_S INT64_C(86400)

static const struct lines format = { "atlax-seen 1",
	"an agent, when it was there, its address and why it went" };

void
roll_init(struct roll *r)
{
	*r = (struct roll){ .v = NULL };
}

void
roll_fini(struct roll *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->v[i]);
	free(r->v);
	roll_init(r);
}

/* --- entries ------------------------------------------------------------------ */

/* Where an agent is, or would be. */
static size_t
place(const struct roll *r, const char *tenant, const char *agent, bool *found)
{
	size_t low = 0, high = r->n;

	*found = false;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = strcmp(tenant, r->v[mid]->tenant);

		c = c != 0 ? c : strcmp(agent, r->v[mid]->agent);
		*found |= c == 0;
		if (c <= 0)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

static struct roll_entry *
insert(struct roll *r, size_t i, const char *tenant, const char *agent)
{
	struct roll_entry *x = calloc(1, sizeof(*x));

	if (x != NULL && r->n == r->cap) {
		size_t cap = r->cap == 0 ? 16 : 2 * r->cap;
		struct roll_entry **more = realloc(r->v, cap * sizeof(struct roll_entry *));

		if (more == NULL) {
			free(x);
			return NULL;
		}
		r->v = more;
		r->cap = cap;
	}
	if (x == NULL)
		return NULL;
	memmove(&r->v[i + 1], &r->v[i], (r->n - i) * sizeof(struct roll_entry *));
	r->n++;
	r->v[i] = x;
	(void)str_copy(x->tenant, sizeof(x->tenant), tenant);
	(void)str_copy(x->agent, sizeof(x->agent), agent);
	return x;
}

struct roll_entry *
roll_open(struct roll *r, const char *tenant, const char *agent)
{
	bool found;
	size_t i = place(r, tenant, agent, &found);

	return found ? r->v[i] : insert(r, i, tenant, agent);
}

struct roll_entry *const *
roll_of(const struct roll *r, const char *tenant, size_t *n)
{
	bool found;
	size_t from = place(r, tenant, "", &found), to = from;

	while (to < r->n && strcmp(r->v[to]->tenant, tenant) == 0)
		to++;
	*n = to - from;
	return r->v == NULL ? NULL : &r->v[from];
}

/* --- forgetting --------------------------------------------------------------- */

static void
drop(struct roll_entry **at)
{
	free(*at);
	*at = NULL;
}

/* Closes the gaps. */
static void
close_up(struct roll *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		if (r->v[i] != NULL)
			r->v[n++] = r->v[i];
	r->n = n;
}

static int
by_age(const void *x, const void *y)
{
	const struct roll_entry *a = **(struct roll_entry **const *)x;
	const struct roll_entry *b = **(struct roll_entry **const *)y;

	return a->last_s < b->last_s ? -1 : a->last_s > b->last_s;
}

/* Of those from v[0] to v[n - 1] that are not here, the oldest beyond max. Without
 * memory they stay until the next time. */
static void
drop_oldest(struct roll_entry **v, size_t n, size_t max)
{
	struct roll_entry ***gone;
	size_t n_gone = 0, k = 0;

	for (size_t i = 0; i < n; i++)
		n_gone += !v[i]->here;
	if (n_gone <= max || (gone = calloc(n_gone, sizeof(*gone))) == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		if (!v[i]->here)
			gone[k++] = &v[i];
	qsort(gone, n_gone, sizeof(*gone), by_age);
	for (size_t i = 0; i < n_gone - max; i++)
		drop(gone[i]);
	free(gone);
}

void
roll_trim(struct roll *r, int64_t now_s,
    bool (*over)(void *arg, const struct roll_entry *x), void *arg)
{
	for (size_t i = 0; i < r->n; i++) {
		struct roll_entry *x = r->v[i];

		if (!x->here && (x->last_s < now_s - ROLL_DAYS * DAY_S || over(arg, x)))
			drop(&r->v[i]);
	}
	close_up(r);
	for (size_t i = 0, to = 0; i < r->n; i = to) {
		while (to < r->n && strcmp(r->v[to]->tenant, r->v[i]->tenant) == 0)
			to++;
		drop_oldest(&r->v[i], to - i, ROLL_TENANT_MAX);
	}
	close_up(r);
	drop_oldest(r->v, r->n, ROLL_MAX);
	close_up(r);
}

/* --- text --------------------------------------------------------------------- */

/* What is shown to people, and is on one line. */
static bool
is_sentence(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return s.n < ROLL_WHY_MAX;
}

static int
parse_line(void *roll, struct slice line)
{
	char text[sizeof(((struct agent_name *)NULL)->text)];
	struct agent_name name;
	char address[sizeof(((struct roll_entry *)NULL)->address)];
	struct roll_entry *x;
	uint64_t last_s;
	struct err e;

	if (!lines_word(&line, text, sizeof(text)) ||
	    agent_name_parse(text, &name, &e) < 0 ||
	    !lines_number(&line, &last_s) || last_s > INT64_MAX ||
	    !lines_word(&line, address, sizeof(address)) ||
	    !is_sentence(line))
		return AX_E_SYNTAX;
	x = roll_open(roll, name.tenant, name.agent);
	if (x == NULL)
		return AX_E_NOMEM;
	x->last_s = (int64_t)last_s;
	(void)str_copy(x->address, sizeof(x->address),
	    strcmp(address, "-") == 0 ? "" : address);
	memset(x->why, 0, sizeof(x->why));
	if (line.n > 0)
		memcpy(x->why, line.p, line.n);
	return 0;
}

int
roll_parse(struct roll *r, const char *name, struct slice text, struct err *e)
{
	int rc = lines_parse(&format, name, text, parse_line, r, e);

	if (rc < 0)
		roll_fini(r);
	return rc;
}

int
roll_print(const struct roll *r, struct buf *out)
{
	char mem[512];
	struct str s;
	int rc = lines_begin(&format, out);

	for (size_t i = 0; i < r->n && rc == 0; i++) {
		const struct roll_entry *x = r->v[i];

		str_init(&s, mem, sizeof(mem));
		str_fmt(&s, "%s%s%s ", x->tenant, x->agent[0] == '\0' ? "" : "/",
		    x->agent);
		str_u64(&s, x->last_s < 0 ? 0 : (uint64_t)x->last_s);
		str_fmt(&s, " %s%s%s\n", x->address[0] == '\0' ? "-" : x->address,
		    x->why[0] == '\0' ? "" : " ", x->why);
		rc = buf_append(out, s.p, s.len);
	}
	return rc < 0 ? rc : lines_end(r->n, out);
}

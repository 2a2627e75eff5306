/* top_text.c — the list of atlax top: agents, tenants or services with what goes
 * through them per second.
 *
 * Thread: any. Invariant: nothing in the documents is taken for granted. A count
 * that is smaller than before belongs to somebody who began anew: then it is
 * itself the difference.                                                     */
#include "cmd/top_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cmd/doc.h"
#include "cmd/health.h"
#include "cmd/human.h"

#define NAME_MAX_SHOWN 130
#define ROW(n) "%-*.*s %-9s %9" n " %11s %11s %9s  %s"
#define SERVICE_ROW(n) "%-*.*s %-9s %9" n " %9" n "  %s"
#define HEAD_LINES 4u /* summary, blank, heading; and help at the end */

struct row {
	char name[NAME_MAX_SHOWN], state[12], more[176];
	uint64_t in, out; /* per second */
	uint64_t streams, rtt_us, away;
};

struct rows {
	struct row *all;
	size_t n, cap;
	bool failed;
};

struct sample {
	const json_t *before; /* "tenant/agent" or "tenant service" → object; or NULL */
	uint64_t ms;
};

/* --- rates ------------------------------------------------------------------- */

static void
key_of(const json_t *tenant, const char *between, const char *name, char key[288])
{
	(void)snprintf(key, 288, "%.140s%s%.140s", doc_text(tenant, "name"), between, name);
}

/* Where to find agents and services of a document; NULL: out of memory. */
static json_t *
index_of(const json_t *doc)
{
	json_t *index = json_object(), *tenant, *x;
	size_t i, k;
	char key[288];
	int bad = index == NULL;

	json_array_foreach(json_object_get(doc, "tenants"), i, tenant) {
		json_array_foreach(json_object_get(tenant, "agents"), k, x) {
			key_of(tenant, "/", doc_text(x, "agent"), key);
			bad |= json_object_set_nocheck(index, key, x) < 0 && json_is_object(x);
		}
		json_array_foreach(json_object_get(tenant, "services"), k, x) {
			key_of(tenant, " ", doc_text(x, "name"), key);
			bad |= json_object_set_nocheck(index, key, x) < 0 && json_is_object(x);
		}
	}
	if (bad == 0)
		return index;
	json_decref(index);
	return NULL;
}

static uint64_t
rate(const struct sample *s, const json_t *o, const char *key, const char *what)
{
	uint64_t now = doc_number(o, what);
	uint64_t then = doc_number(json_object_get(s->before, key), what);

	if (s->before == NULL || s->ms == 0)
		return 0;
	now -= now < then ? 0 : then;
	return (uint64_t)((double)now * 1000 / (double)s->ms);
}

/* --- rows ---------------------------------------------------------------------- */

/* What a terminal can show of it, ASCII only: then a cut is a cut. */
static void
plain(char *out, size_t cap, const char *in)
{
	size_t n = 0;

	for (; *in != '\0' && n + 1 < cap; in++)
		out[n++] = *in >= ' ' && *in <= '~' ? *in : '?';
	out[n] = '\0';
}

static struct row *
row_add(struct rows *r, const char *name)
{
	static const struct row empty;
	struct row *more;

	if (r->n == r->cap && !r->failed) {
		more = realloc(r->all, (r->cap * 2 + 64) * sizeof(*more));
		r->failed = more == NULL;
		r->all = more == NULL ? r->all : more;
		r->cap = more == NULL ? r->cap : r->cap * 2 + 64;
	}
	if (r->failed)
		return NULL;
	r->all[r->n] = empty;
	plain(r->all[r->n].name, sizeof(r->all[r->n].name), name);
	return &r->all[r->n++];
}

static void
add_agent(struct rows *r, const struct sample *s, const json_t *tenant, const json_t *a)
{
	char key[288];
	struct row *row;

	key_of(tenant, "/", doc_text(a, "agent"), key);
	row = row_add(r, key);
	if (row == NULL)
		return;
	str_copy(row->state, sizeof(row->state), doc_state(a));
	row->in = rate(s, a, key, "bytes_in");
	row->out = rate(s, a, key, "bytes_out");
	row->streams = doc_number(a, "streams");
	row->rtt_us = doc_number(a, "rtt_us");
	plain(row->more, sizeof(row->more), doc_text(a, "address"));
}

static void
add_tenant(struct rows *r, const struct sample *s, const json_t *tenant)
{
	struct row *row = row_add(r, doc_text(tenant, "name"));
	const json_t *agents = json_object_get(tenant, "agents"), *a;
	size_t i, up = 0;
	char key[288];

	if (row == NULL)
		return;
	json_array_foreach(agents, i, a) {
		key_of(tenant, "/", doc_text(a, "agent"), key);
		row->in += rate(s, a, key, "bytes_in");
		row->out += rate(s, a, key, "bytes_out");
		row->rtt_us = MAX(row->rtt_us, doc_number(a, "rtt_us"));
		up += json_is_true(json_object_get(a, "connected"));
	}
	row->streams = doc_number(tenant, "streams");
	(void)snprintf(row->state, sizeof(row->state), "%zu of %zu", up,
	    json_array_size(agents));
}

static void
add_service(struct rows *r, const struct sample *s, const json_t *tenant, const json_t *x)
{
	char key[288], name[288];
	struct health h;
	struct row *row;

	key_of(tenant, " ", doc_text(x, "name"), key);
	key_of(tenant, "/", doc_text(x, "name"), name);
	row = row_add(r, name);
	if (row == NULL)
		return;
	health_of(tenant, doc_text(x, "name"), &h);
	str_copy(row->state, sizeof(row->state), h.state);
	row->in = rate(s, x, key, "connections");
	row->streams = doc_number(x, "connections");
	plain(row->more, sizeof(row->more), h.cause[0] == '\0' ? doc_text(x, "listen") :
								  h.cause);
}

static void
collect(struct rows *r, const struct sample *s, const json_t *doc, enum top_what what)
{
	const json_t *tenant, *x;
	size_t i, k;

	json_array_foreach(json_object_get(doc, "tenants"), i, tenant) {
		if (what == TOP_TENANTS)
			add_tenant(r, s, tenant);
		json_array_foreach(json_object_get(tenant, "agents"), k, x)
			if (what == TOP_AGENTS)
				add_agent(r, s, tenant, x);
		json_array_foreach(json_object_get(tenant, "services"), k, x)
			if (what == TOP_SERVICES)
				add_service(r, s, tenant, x);
	}
}

static uint64_t
weight(const struct row *r, enum top_sort by)
{
	switch (by) {
	case TOP_BY_IN: return r->in;
	case TOP_BY_OUT: return r->out;
	case TOP_BY_STREAMS: return r->streams;
	case TOP_BY_RTT: return r->rtt_us;
	case TOP_BY_NAME: return 0;
	}
	return 0;
}

static int
compare(const void *x, const void *y, void *by)
{
	uint64_t a = weight(x, *(const enum top_sort *)by);
	uint64_t b = weight(y, *(const enum top_sort *)by);

	if (a != b)
		return a < b ? 1 : -1;
	return strcmp(((const struct row *)x)->name, ((const struct row *)y)->name);
}

/* --- the screen ------------------------------------------------------------------ */

static const char *const whats[] = { [TOP_AGENTS] = "agents",
	[TOP_TENANTS] = "tenants", [TOP_SERVICES] = "services" };

static void
line(const struct top_view *v, const char *s, FILE *out)
{
	size_t n = strlen(s), width = v->columns;

	n = MIN(n, width);
	while (n > 0 && s[n - 1] == ' ')
		n--;
	fprintf(out, "%.*s\n", (int)n, s);
}

static void
summary(const struct rows *agents, const json_t *doc, const struct top_view *v, FILE *out)
{
	uint64_t in = 0, sent = 0, streams = 0, up = 0;
	char shown[200], version[40], since[32], a[32], b[32];
	struct str s;

	for (size_t i = 0; i < agents->n; i++) {
		in += agents->all[i].in;
		sent += agents->all[i].out;
		streams += agents->all[i].streams;
		up += strcmp(agents->all[i].state, "up") == 0;
	}
	plain(version, sizeof(version), doc_text(doc, "version"));
	str_init(&s, since, sizeof(since));
	human_seconds(&s, doc_number(doc, "uptime_s"));
	str_init(&s, a, sizeof(a));
	human_bytes(&s, in);
	str_init(&s, b, sizeof(b));
	human_bytes(&s, sent);
	(void)snprintf(shown, sizeof(shown), "atlax %s up %s%s  agents %" PRIu64 "/%zu  "
	    "streams %" PRIu64 "  in %s/s  out %s/s", version, since,
	    json_is_true(json_object_get(doc, "draining")) ? " DRAINING" : "", up,
	    agents->n, streams, a, b);
	line(v, shown, out);
}

static void
heading(const struct top_view *v, int name, FILE *out)
{
	char shown[400];

	if (v->what == TOP_SERVICES)
		(void)snprintf(shown, sizeof(shown), SERVICE_ROW("s"), name, name,
		    "SERVICE", "HEALTH", "VISITS", "VISITS/s", "AT, OR CAUSE");
	else
		(void)snprintf(shown, sizeof(shown), ROW("s"), name, name,
		    v->what == TOP_AGENTS ? "AGENT" : "TENANT",
		    v->what == TOP_AGENTS ? "STATE" : "AGENTS UP", "STREAMS", "IN/s",
		    "OUT/s", "RTT", v->what == TOP_AGENTS ? "ADDRESS" : "");
	fputs(v->bold ? "\033[7m" : "", out);
	line(v, shown, out);
	fputs(v->bold ? "\033[0m" : "", out);
}

static void
show_row(const struct row *r, const struct top_view *v, int name, FILE *out)
{
	char shown[600], in[32], sent[32], rtt[32];
	struct str s;

	str_init(&s, in, sizeof(in));
	human_bytes(&s, r->in);
	str_init(&s, sent, sizeof(sent));
	human_bytes(&s, r->out);
	str_init(&s, rtt, sizeof(rtt));
	human_rtt(&s, r->rtt_us);
	if (v->what == TOP_SERVICES)
		(void)snprintf(shown, sizeof(shown), SERVICE_ROW(PRIu64), name, name,
		    r->name, r->state, r->streams, r->in, r->more);
	else
		(void)snprintf(shown, sizeof(shown), ROW(PRIu64), name, name, r->name,
		    r->state, r->streams, in, sent, rtt, r->more);
	line(v, shown, out);
}

static void
show(struct rows *r, struct top_view *v, FILE *out)
{
	size_t room = v->lines == 0 ? SIZE_MAX :
	    v->lines > HEAD_LINES  ? v->lines - HEAD_LINES :
				     1;
	int name = v->columns < 110 ? 24 : 40;
	char help[160];

	if (r->n > 0)
		qsort_r(r->all, r->n, sizeof(*r->all), compare, &v->sort);
	v->first = r->n <= room ? 0 : MIN(v->first, r->n - room);
	heading(v, name, out);
	for (size_t i = v->first; i < r->n && i - v->first < room; i++)
		show_row(&r->all[i], v, name, out);
	if (v->lines == 0)
		return;
	for (size_t i = r->n - v->first; i < room; i++)
		putc('\n', out);
	(void)snprintf(help, sizeof(help), "%zu %s from %zu   q quit   a t s view   "
	    "n i o c r sort   j k scroll", r->n, whats[v->what], v->first + 1);
	fprintf(out, "%.*s", (int)MIN(v->columns, strlen(help)), help);
}

bool
top_text(const json_t *before, const json_t *now, uint64_t ms, struct top_view *v,
    FILE *out)
{
	struct sample s = { before == NULL ? NULL : index_of(before), ms };
	struct rows rows = { 0 }, agents = { 0 };
	bool ok = before == NULL || s.before != NULL;

	collect(&agents, &s, now, TOP_AGENTS);
	collect(&rows, &s, now, v->what);
	ok = ok && !rows.failed && !agents.failed;
	if (ok) {
		summary(&agents, now, v, out);
		putc('\n', out);
		show(&rows, v, out);
	}
	free(rows.all);
	free(agents.all);
	json_decref((json_t *)(uintptr_t)s.before);
	return ok;
}

/* --- as a document ----------------------------------------------------------------- */

/* NULL: out of memory. */
static json_t *
row_doc(const struct row *r, enum top_what what)
{
	if (what == TOP_SERVICES)
		return json_pack("{s:s s:s s:I s:I s:s}", "name", r->name,
		    "health", r->state, "visits", (json_int_t)r->streams,
		    "visits_per_s", (json_int_t)r->in, "at_or_cause", r->more);
	return json_pack("{s:s s:s s:I s:I s:I s:I s:s}", "name", r->name,
	    what == TOP_AGENTS ? "state" : "agents_up", r->state,
	    "streams", (json_int_t)r->streams, "in_per_s", (json_int_t)r->in,
	    "out_per_s", (json_int_t)r->out, "rtt_us", (json_int_t)r->rtt_us,
	    "address", r->more);
}

json_t *
top_doc(const json_t *before, const json_t *now, uint64_t ms)
{
	struct sample s = { before == NULL ? NULL : index_of(before), ms };
	bool ok = before == NULL || s.before != NULL;
	json_t *doc = json_object();

	for (enum top_what w = TOP_AGENTS; w <= TOP_SERVICES; w++) {
		struct rows rows = { 0 };
		json_t *list = json_array();

		collect(&rows, &s, now, w);
		for (size_t i = 0; i < rows.n; i++)
			ok = json_array_append_new(list, row_doc(&rows.all[i], w)) == 0 && ok;
		ok = json_object_set_new(doc, whats[w], list) == 0 && !rows.failed && ok;
		free(rows.all);
	}
	json_decref((json_t *)(uintptr_t)s.before);
	if (ok)
		return doc;
	json_decref(doc);
	return NULL;
}

bool
top_key(struct top_view *v, int key)
{
	static const char whats_of[] = "ats", sorts[] = "niocr";
	const char *p;
	size_t page = v->lines > HEAD_LINES ? v->lines - HEAD_LINES : 1;

	if (key == '\0')
		return false;
	if ((p = strchr(whats_of, key)) != NULL) {
		v->what = (enum top_what)(p - whats_of);
		v->first = 0;
	} else if ((p = strchr(sorts, key)) != NULL) {
		v->sort = (enum top_sort)(p - sorts);
	} else if (key == 'j') {
		v->first++;
	} else if (key == ' ') {
		v->first += page;
	} else if (key == 'k') {
		v->first -= v->first > 0;
	} else if (key == 'b') {
		v->first -= MIN(v->first, page);
	} else {
		return false;
	}
	return true;
}

/* cmd_cert.c — atlax cert ls: what ends when, of a directory or of a CA.
 *
 * Thread: the only one.
 * Invariant: of several certificates for one name in a CA the last to end counts:
 * it has taken the place of the others. The exit status tells scripts.       */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "atlax/exit.h"
#include "base/clock.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/doc.h"
#include "cmd/human.h"
#include "cmd/options.h"
#include "cmd/place.h"
#include "cmd/table.h"
#include "base/validity.h"
#include "pki/ca.h"

#define EXIT_LATE 1
#define EXIT_OVER 2

struct list {
	const char *dir, *agent; /* where an agent has its own; or NULL */
	int64_t now;
	bool as_json;
	struct table table;
	json_t *json;
	enum validity worst;
};

static const char *const states[] = { [VALIDITY_GOOD] = "good",
	[VALIDITY_HALF] = "half", [VALIDITY_LATE] = "late", [VALIDITY_OVER] = "expired" };

static void
add(struct list *l, const char *kind, const char *name, int64_t from, int64_t to)
{
	enum validity v = validity_of(from, to, l->now);
	char end[DB_TIME_TEXT], left[32];
	struct str s;

	db_time_text(to, end);
	l->worst = MAX(l->worst, v);
	if (json_array_append_new(l->json, json_pack("{s:s, s:s, s:s, s:I, s:I, s:s}",
		"kind", kind, "name", name, "not_after_text", end, "not_after",
		(json_int_t)to, "days_left", (json_int_t)((to - l->now) / CA_DAY_S),
		"state", states[v])) < 0)
		doc_lose(&l->json);
	str_init(&s, left, sizeof(left));
	if (v == VALIDITY_OVER)
		str_add(&s, "-");
	else
		human_seconds(&s, (uint64_t)(to - l->now));
	table_cell(&l->table, kind);
	table_cell(&l->table, name);
	table_cell(&l->table, end);
	table_cell(&l->table, left);
	table_cell(&l->table, states[v]);
}

/* --- a CA -------------------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	const struct db_row *const *x = a, *const *y = b;
	int r = (int)(*x)->kind - (int)(*y)->kind;

	if (r == 0)
		r = strcmp((*x)->names, (*y)->names);
	if (r == 0)
		r = (*x)->not_after < (*y)->not_after ? -1 :
		    (*x)->not_after > (*y)->not_after;
	return r;
}

static bool
same_name(const struct db_row *a, const struct db_row *b)
{
	return a->kind == b->kind && strcmp(a->names, b->names) == 0;
}

static int
list_ca(struct list *l, struct err *e)
{
	const struct db_row **rows;
	struct db db;
	size_t n = 0;
	int r = ca_read_db(l->dir, &db, e);

	if (r < 0)
		return r;
	rows = calloc(db.n + 1, sizeof(const struct db_row *));
	for (size_t i = 0; rows != NULL && i < db.n; i++)
		if (db.rows[i].revoked == 0)
			rows[n++] = &db.rows[i];
	if (rows == NULL)
		r = err_set(e, AX_E_NOMEM, "out of memory");
	else
		qsort(rows, n, sizeof(const struct db_row *), by_name);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (i + 1 == n || !same_name(rows[i], rows[i + 1]))
			add(l, cert_kind_name(rows[i]->kind), rows[i]->names,
			    rows[i]->not_before, rows[i]->not_after);
	free(rows);
	db_fini(&db);
	return r;
}

/* --- a relay's or an agent's directory ----------------------------------------- */

static int
add_file(struct list *l, const struct store *dir, const char *name, struct err *e)
{
	struct cert_info c;
	struct buf b;
	int r;

	buf_init(&b);
	r = store_read(dir, name, STORE_PUBLIC, &b, e);
	if (r == 0 && (r = cert_read_pem(buf_slice(&b), &c, e)) < 0)
		r = err_prefix(e, r, "%s/%s", l->dir, name);
	if (r == 0)
		add(l, "file", name, c.not_before, c.not_after);
	buf_fini(&b);
	return r;
}

static int
list_files(struct list *l, const struct store *dir, struct err *e)
{
	static const char *const names[] = { "agent.crt", "relay.crt", "relay-ca.crt",
		"agent-ca.crt" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(names); i++)
		if (store_has(dir, names[i]))
			r = add_file(l, dir, names[i], e);
	if (r == 0 && table_is_empty(&l->table))
		r = err_set(e, AX_E_NOTFOUND, "%s holds no certificates of atlax",
		    l->dir);
	return r;
}

/* --- all of it ------------------------------------------------------------------- */

/* An agent that was never set up in the usual place has none there. */
static int
list_agent(struct list *l, struct err *e)
{
	struct store own;
	int r = 0;

	if (l->agent == NULL || store_open(l->agent, &own, e) < 0)
		return 0;
	if (store_has(&own, "agent.crt"))
		r = add_file(l, &own, "agent.crt", e);
	store_close(&own);
	return r;
}

static int
collect(struct list *l, struct err *e)
{
	static const char *const names[] = { "KIND", "NAME", "UNTIL", "LEFT", "STATE" };
	struct store dir;
	int r = store_open(l->dir, &dir, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		table_cell(&l->table, names[i]);
	r = list_agent(l, e);
	if (r == 0)
		r = store_has(&dir, CA_DB_NAME) ? list_ca(l, e) :
						  list_files(l, &dir, e);
	store_close(&dir);
	return r;
}

int
cmd_cert_ls(int argc, char **argv)
{
	struct list l = { .dir = PLACE_DIR, .agent = PLACE_AGENT,
		.now = clock_wall_s() };
	const struct option_def defs[] = {
		{ 'j', "json", NULL, "as JSON", &l.as_json, NULL },
	};
	const struct options o = { .program = "atlax cert ls",
		.summary = "Shows when certificates end: exit status 0, 1 when one has "
			   "less than a fifth of its life left, 2 when one is over.",
		.operands = "[DIR]", .manual = "atlax(1)", .defs = defs,
		.n = ARRAY_LEN(defs) };
	struct err e;
	int status, r, at = options_read(&o, argc, argv, &status);

	if (at < 0)
		return status;
	if (argc - at > 1)
		return options_wrong(&o, "it takes one directory");
	if (argc - at == 1) {
		l.dir = argv[at];
		l.agent = NULL;
	}
	l.json = json_array();
	table_init(&l.table, 5);
	r = collect(&l, &e);
	if (r == 0 && !l.as_json && !table_print(&l.table, stdout))
		r = err_set(&e, AX_E_NOMEM, "out of memory");
	table_fini(&l.table);
	status = r < 0		    ? options_failed(&o, &e) :
	    l.worst == VALIDITY_OVER ? EXIT_OVER :
	    l.worst == VALIDITY_LATE ? EXIT_LATE :
				       AX_EXIT_OK;
	if (r == 0 && l.as_json)
		return ask_print_own(o.program, l.json, status);
	json_decref(l.json);
	return ask_written(o.program, status);
}

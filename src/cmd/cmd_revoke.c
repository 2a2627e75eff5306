/* cmd_revoke.c — atlax revoke: cuts an agent off, here and now.
 *
 * Thread: the only one.
 * Invariant: the relay is told first, because it cuts at once; the CA's list, which
 * outlives the relay's and reaches other relays, comes after that, and also when no
 * relay answers.                                                              */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atlax/exit.h"
#include "base/clock.h"
#include "base/str.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/doc.h"
#include "cmd/options.h"
#include "cmd/table.h"
#include "parse/crl.h"
#include "pki/ca.h"
#include "pki/pem.h"

#define CA_DIR SYSCONFDIR "/atlax/ca"
#define LIST_MAX ((size_t)32 << 20) /* a revocation list */
#define LOOK_MS 20

#define OPERATOR "operator:"
#define WHOM "TENANT[/AGENT] | operator:NAME | --key SHA256"

struct args {
	struct ask ask;
	const char *name, *key, *ca;
	bool json, has_socket;
};

/* Posts whom. The answer is shown if it is wanted as JSON. */
static int
post(struct args *a, const char *page, struct ask_answer *out)
{
	json_t *whom = a->name != NULL ? json_pack("{s:s}", "name", a->name) :
					 json_pack("{s:s}", "key", a->key);
	int r = ask_post(&a->ask, page, whom, out);

	if (r == AX_EXIT_OK && a->json)
		ask_print(out);
	return r;
}

/* --- the CA's list -------------------------------------------------------------- */

struct list {
	struct buf pem;
	uint8_t *der;
	struct crl crl;
};

static void
list_fini(struct list *l)
{
	buf_fini(&l->pem);
	free(l->der);
}

static int
list_read(const char *path, struct list *out, struct err *e)
{
	struct store_parent at;
	size_t n;
	int r;

	*out = (struct list){ .der = malloc(LIST_MAX) };
	buf_init(&out->pem);
	if (out->der == NULL)
		return err_set(e, AX_E_NOMEM, "out of memory");
	r = store_open_parent(path, &at, e);
	if (r < 0)
		return r;
	r = store_read(&at.store, at.name, STORE_PUBLIC, &out->pem, e);
	store_close(&at.store);
	if (r == 0)
		r = pem_read(buf_slice(&out->pem), PEM_CRL, out->der, LIST_MAX, &n, e);
	if (r == 0)
		r = crl_walk(slice_of(out->der, n), &out->crl, e);
	return r < 0 ? err_prefix(e, r, "%s", path) : 0;
}

static int
replace(const char *path, const struct list *with, struct err *e)
{
	struct store_parent at;
	int r = store_open_parent(path, &at, e);

	if (r < 0)
		return r;
	r = store_replace(&at.store, at.name, STORE_PUBLIC, buf_slice(&with->pem), e);
	store_close(&at.store);
	return r;
}

static size_t
count_blocks(struct slice pem)
{
	static const char mark[] = "-----BEGIN ";
	const uint8_t *p = pem.p;
	size_t n = 0;

	while ((p = memmem(p, (size_t)(pem.p + pem.n - p), mark, sizeof(mark) - 1)) !=
	    NULL) {
		n++;
		p++;
	}
	return n;
}

/* May the CA's list take the place of the relay's? Only if it is of the same CA,
 * and all that stands there. */
static int
may_replace(const struct list *was, const struct list *is, struct err *e)
{
	if (count_blocks(buf_slice(&was->pem)) != 1)
		return err_set(e, AX_E_EXIST, "it holds lists of several CAs");
	if (!slice_eq(was->crl.issuer, is->crl.issuer) ||
	    !slice_eq(was->crl.authority, is->crl.authority))
		return err_set(e, AX_E_EXIST, "it holds the list of another CA");
	if (is->crl.number <= was->crl.number)
		return err_set(e, AX_E_EXIST, "it holds a list that is as new");
	return 0;
}

/* Puts the CA's new list where the relay reads it. */
static int
install(const char *from, const char *to, struct err *e)
{
	char *real_from = realpath(from, NULL), *real_to = realpath(to, NULL);
	struct list was = { .der = NULL }, is = { .der = NULL };
	int r = 0;

	if (real_from == NULL || real_to == NULL) {
		r = err_sys(e, "%s", real_from == NULL ? from : to);
	} else if (strcmp(real_from, real_to) != 0) {
		r = list_read(real_from, &is, e);
		if (r == 0)
			r = list_read(real_to, &was, e);
		if (r == 0)
			r = may_replace(&was, &is, e);
		if (r == 0)
			r = replace(real_to, &is, e);
	}
	list_fini(&was);
	list_fini(&is);
	free(real_from);
	free(real_to);
	return r;
}

static size_t
count_fresh(const struct ca *ca)
{
	size_t n = 0;

	for (size_t i = 0; i < ca->db.n; i++)
		n += ca->db.rows[i].fresh;
	return n;
}

static int
revoke_in_ca(const struct args *a, size_t *n, uint64_t *number, struct err *e)
{
	bool is_operator = strncmp(a->name, OPERATOR, strlen(OPERATOR)) == 0;
	struct agent_name name;
	struct ca ca;
	int r = is_operator ? operator_name_parse(a->name + strlen(OPERATOR), &name, e) :
			      agent_name_parse(a->name, &name, e);

	if (r == 0)
		r = ca_open(a->ca, clock_wall_s(), &ca, e);
	if (r < 0)
		return r;
	r = is_operator ? ca_revoke_operator(&ca, &name, e) :
			  ca_revoke_agent(&ca, &name, e);
	*n = count_fresh(&ca);
	*number = ca.db.crl_number;
	ca_close(&ca);
	return r;
}

/* The same in the CA; crl: where the relay reads its list, empty if unknown. */
static int
follow_up(const struct options *o, const struct args *a, const char *crl)
{
	char from[4096];
	uint64_t number;
	struct err e;
	size_t n;

	if (revoke_in_ca(a, &n, &number, &e) < 0) {
		fprintf(stderr, "%s: the CA in %s has not revoked it: %s\n", o->program,
		    a->ca, e.text);
		return AX_EXIT_FAILED;
	}
	(void)snprintf(from, sizeof(from), "%s/%s.crl", a->ca,
	    strncmp(a->name, OPERATOR, strlen(OPERATOR)) == 0 ? "operator" : "agent");
	if (!a->json)
		printf("%s: %zu certificate%s revoked; the list has number %llu\n", from,
		    n, n == 1 ? "" : "s", (unsigned long long)number);
	if (crl[0] == '\0' || ask_is_remote(&a->ask))
		return AX_EXIT_OK;
	if (install(from, crl, &e) < 0) {
		fprintf(stderr, "%s: the list is not put into %s: %s; do it by hand, and "
		    "reload the relay\n", o->program, crl, e.text);
		return AX_EXIT_FAILED;
	}
	return AX_EXIT_OK;
}

/* --- revoke ----------------------------------------------------------------------- */

/* What is made from now on is newer than what was revoked, in whole seconds. */
static void
wait_past(int64_t at)
{
	while (clock_wall_s() == at)
		(void)poll(NULL, 0, LOOK_MS);
}

static void
say(const struct options *o, const struct args *a, const json_t *doc)
{
	json_int_t n = json_integer_value(json_object_get(doc, "sessions"));

	if (a->json)
		return;
	printf("%s: refused from now on; %" JSON_INTEGER_FORMAT " session%s ended\n",
	    doc_text(doc, "who"), n, n == 1 ? "" : "s");
	if (!json_is_true(json_object_get(doc, "tenant_known")))
		fprintf(stderr, "%s: warning: this tenant is not in the relay's "
		    "configuration; is the name right?\n", o->program);
	if (a->name != NULL && a->ca == NULL)
		puts("Other relays take it until its CA has revoked it, too: "
		     "atlax pki revoke.");
}

static int
run_revoke(const struct options *o, struct args *a)
{
	struct ask_answer answer;
	char crl[4096] = "";
	int64_t at = 0;
	int r, also;

	if (a->ca == NULL && a->name != NULL && !a->has_socket &&
	    !ask_is_remote(&a->ask) && access(CA_DIR, F_OK) == 0)
		a->ca = CA_DIR;
	if (a->ca != NULL && a->name == NULL)
		return options_wrong(o, "a CA knows names, and no keys: leave --ca out");
	r = post(a, "/v1/revoke", &answer);
	if (r == AX_EXIT_OK) {
		say(o, a, answer.doc);
		(void)str_copy(crl, sizeof(crl), doc_text(answer.doc, "crl"));
		at = json_integer_value(json_object_get(answer.doc, "at"));
		ask_answer_fini(&answer);
	}
	also = a->ca == NULL ? AX_EXIT_OK : follow_up(o, a, crl);
	wait_past(at);
	return r == AX_EXIT_OK ? also : r;
}

static int
run_undo(const struct options *o AX_UNUSED, struct args *a)
{
	struct ask_answer answer;
	int r = post(a, "/v1/revoke/undo", &answer);

	if (r != AX_EXIT_OK)
		return r;
	if (!a->json)
		printf("%s: no longer refused by name or key; what a CA has revoked stays "
		       "revoked\n", doc_text(answer.doc, "who"));
	ask_answer_fini(&answer);
	return AX_EXIT_OK;
}

/* --- ls ----------------------------------------------------------------------------- */

static bool
show(const json_t *doc)
{
	struct table t;
	const json_t *d;
	size_t i;
	bool ok = true;

	table_init(&t, 2);
	table_cell(&t, "WHO");
	table_cell(&t, "CERTIFICATES UNTIL");
	json_array_foreach(json_object_get(doc, "entries"), i, d) {
		bool is_key = json_object_get(d, "key") != NULL;
		char at[DB_TIME_TEXT];

		db_time_text(json_integer_value(json_object_get(d, "at")), at);
		table_cell(&t, doc_text(d, is_key ? "key" : "name"));
		table_cell(&t, is_key ? "for ever" : at);
	}
	if (table_is_empty(&t))
		puts("nobody is refused by name or key");
	else
		ok = table_print(&t, stdout);
	table_fini(&t);
	return ok;
}

static int
run_ls(const struct options *o AX_UNUSED, struct args *a)
{
	a->ask.page = "/v1/revoked";
	return ask_show(&a->ask, a->json, show);
}

/* --- the command line ----------------------------------------------------------------- */

struct command {
	const char *program, *operands, *summary;
	size_t n; /* of the options: the first ones */
	int (*run)(const struct options *o, struct args *a);
};

static int
begin(const struct command *c, int argc, char **argv)
{
	struct args a = { .ask = { .program = c->program } };
	const struct option_def defs[] = {
		{ 'j', "json", NULL, "print the relay's JSON document", &a.json, NULL },
		{ 's', "socket", "PATH", "the relay's socket (" ASK_SOCKET ")", NULL,
		    &a.ask.socket },
		{ 0, "key", "SHA256", "a key instead of a name", NULL, &a.key },
		{ 0, "ca", "DIR", "revoke there, too (" CA_DIR ", if it exists)", NULL,
		    &a.ca },
	};
	const struct options o = { .program = c->program, .summary = c->summary,
		.operands = c->operands, .manual = "atlax(1)", .defs = defs, .n = c->n };
	int r, at = options_read(&o, argc, argv, &r);

	if (at < 0)
		return r;
	a.has_socket = a.ask.socket != NULL;
	if (c->operands != NULL) {
		if (argc - at + (a.key != NULL) != 1)
			return options_wrong(&o,
			    "it takes TENANT[/AGENT], operator:NAME, or --key SHA256");
		a.name = a.key == NULL ? argv[at] : NULL;
	}
	return ask_written(o.program, c->run(&o, &a));
}

int
cmd_revoke(int argc, char **argv)
{
	static const struct command c = { "atlax revoke", WHOM,
		"Ends the sessions of an agent or a tenant and refuses its certificates.",
		4, run_revoke };

	return begin(&c, argc, argv);
}

int
cmd_revoke_undo(int argc, char **argv)
{
	static const struct command c = { "atlax revoke undo",
		WHOM, "No longer refuses it.", 3, run_undo };

	return begin(&c, argc, argv);
}

int
cmd_revoke_ls(int argc, char **argv)
{
	static const struct command c = { "atlax revoke ls", NULL,
		"Shows whom the relay refuses by name or key.", 2, run_ls };

	return begin(&c, argc, argv);
}

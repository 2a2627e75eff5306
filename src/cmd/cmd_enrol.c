/* cmd_enrol.c — atlax pending, approve, reject: the operator's side of enrolment.
 *
 * Thread: the only one.
 * Invariant: the CA's key is used here, where the CA's directory is, and never by
 * the relay; whose certificate it is, --as says, and nothing in the request.  */
#include <errno.h>
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
#include "cmd/table.h"
#include "enrol/key_text.h"
#include "enrol/words.h"
#include "pki/ca.h"
#include "pki/csr.h"

#define CA_DIR SYSCONFDIR "/atlax/ca"
#define KEEP "7d"

struct args {
	struct ask ask;
	const char *as, *ca, *days, *key, *keep;
	bool json;
	uint32_t id;
	int64_t keep_s;
};

/* --- pending ---------------------------------------------------------------- */

static void
add_row(struct table *t, const json_t *p)
{
	json_int_t age = json_integer_value(json_object_get(p, "age_s"));
	char mem[32];
	struct str s;

	(void)snprintf(mem, sizeof(mem), "%" JSON_INTEGER_FORMAT,
	    json_integer_value(json_object_get(p, "id")));
	table_cell(t, mem);
	table_cell(t, doc_text(p, "name")[0] == '\0' ? "-" : doc_text(p, "name"));
	table_cell(t, doc_text(p, "from"));
	table_cell(t, doc_text(p, "words"));
	str_init(&s, mem, sizeof(mem));
	human_seconds(&s, age < 0 ? 0 : (uint64_t)age);
	table_cell(t, mem);
	table_cell(t, strcmp(doc_text(p, "state"), "pending") != 0 ? doc_text(p, "state") :
	    json_is_true(json_object_get(p, "connected")) ? "waits" : "away");
}

/* Those who are approved and have not asked yet. */
static void
add_expected(struct table *t, const json_t *p)
{
	json_int_t left = json_integer_value(json_object_get(p, "left_s"));
	char id[32], mem[64];
	struct str s;

	(void)snprintf(id, sizeof(id), "%" JSON_INTEGER_FORMAT,
	    json_integer_value(json_object_get(p, "id")));
	table_cell(t, id);
	table_cell(t, doc_text(p, "name"));
	table_cell(t, "-");
	table_cell(t, doc_text(p, "words"));
	table_cell(t, "-");
	str_init(&s, mem, sizeof(mem));
	str_add(&s, "expected, ");
	human_seconds(&s, left < 0 ? 0 : (uint64_t)left);
	str_add(&s, " left");
	table_cell(t, mem);
}

static bool
is_waiting(const json_t *p, const char *name)
{
	return strcmp(doc_text(p, "state"), "pending") == 0 &&
	    strcmp(doc_text(p, "name"), name) == 0;
}

/* A name is what somebody likes to be called: of two, one may be a liar. Once for
 * each such name.                                                            */
static void
warn_of_namesakes(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = doc_text(json_array_get(list, i), "name");
		size_t before = 0, all = 0;

		for (size_t k = 0; k < json_array_size(list); k++)
			if (is_waiting(json_array_get(list, k), name)) {
				all++;
				before += k < i;
			}
		if (all > 1 && before == 0 && name[0] != '\0' &&
		    is_waiting(json_array_get(list, i), name))
			printf("%zu of them call themselves %s: only the words on "
			       "the machine tell which is which\n", all, name);
	}
}

/* The list is short because it is bounded: who is missing may have been kept out. */
static void
warn_of_crowd(const json_t *doc)
{
	json_int_t refused = json_integer_value(json_object_get(doc, "refused"));
	json_int_t closed = json_integer_value(json_object_get(doc, "turned_away"));

	if (refused + closed > 0)
		printf("too many at once, since the relay's start: %" JSON_INTEGER_FORMAT
		       " requests refused, %" JSON_INTEGER_FORMAT " connections closed "
		       "at the door\n", refused, closed);
}

static bool
show_pending(const json_t *doc)
{
	static const char *const names[] = { "ID", "NAME", "FROM", "WORDS", "AGE",
		"STATE" };
	struct table t;
	const json_t *p;
	size_t i;
	bool ok = true;

	table_begin(&t, names, ARRAY_LEN(names));
	json_array_foreach(json_object_get(doc, "pending"), i, p)
		add_row(&t, p);
	json_array_foreach(json_object_get(doc, "expected"), i, p)
		add_expected(&t, p);
	if (table_is_empty(&t))
		puts("nobody asks for a certificate");
	else
		ok = table_print(&t, stdout);
	table_fini(&t);
	warn_of_namesakes(json_object_get(doc, "pending"));
	warn_of_crowd(doc);
	return ok;
}

static int
run_pending(const struct options *o AX_UNUSED, struct args *a)
{
	a->ask.page = "/v1/pending";
	return ask_show(&a->ask, a->json, show_pending);
}

/* --- deciding ---------------------------------------------------------------- */

struct decision { /* what the relay says of it */
	bool tenant_known, expected;
};

/* Shows the answer if it is wanted as JSON, and ends it. */
static void
take(const struct args *a, struct ask_answer *answer, struct decision *out)
{
	if (a->json)
		ask_print(answer);
	out->tenant_known = json_is_true(json_object_get(answer->doc, "tenant_known"));
	out->expected = json_is_true(json_object_get(answer->doc, "expected"));
	ask_answer_fini(answer);
}

static int
decide(struct args *a, const char *what, const char *body, struct decision *out)
{
	struct ask_answer answer;
	char page[64];
	int r;

	(void)snprintf(page, sizeof(page), "/v1/pending/%u/%s", (unsigned)a->id, what);
	a->ask.page = page;
	a->ask.post = body;
	r = ask_relay(&a->ask, &answer);
	if (r == AX_EXIT_OK)
		take(a, &answer, out);
	return r;
}

/* The same before anybody has asked. */
static int
expect(struct args *a, const char *certificate, struct decision *out)
{
	struct ask_answer answer;
	int r = ask_post(&a->ask, "/v1/expected", json_pack("{s:s, s:I}",
	    "certificate", certificate, "for_s", (json_int_t)a->keep_s), &answer);

	if (r == AX_EXIT_OK)
		take(a, &answer, out);
	return r;
}

static int
run_reject(const struct options *o, struct args *a)
{
	struct decision unused;
	int r = decide(a, "reject", "", &unused);

	if (r == AX_EXIT_OK && !a->json)
		printf("request %u is rejected\n", (unsigned)a->id);
	return ask_written(o->program, r);
}

/* The key of the request, if it still waits for a decision. */
static int
key_of(const struct args *a, const json_t *doc, struct pubkey *key, struct err *e)
{
	const json_t *p;
	size_t i;

	json_array_foreach(json_object_get(doc, "pending"), i, p) {
		if (json_integer_value(json_object_get(p, "id")) != a->id)
			continue;
		if (strcmp(doc_text(p, "state"), "pending") != 0)
			return err_set(e, AX_E_EXIST, "request %u was %s already",
			    (unsigned)a->id, doc_text(p, "state"));
		return csr_read_pem(slice_str(doc_text(p, "csr")), key, e);
	}
	return err_set(e, AX_E_NOTFOUND, "no request has the number %u: see "
	    "atlax pending", (unsigned)a->id);
}

static int
sign(const struct args *a, const struct agent_name *as, const struct pubkey *key,
    unsigned days, struct ca_issued *out, struct err *e)
{
	struct ca ca;
	int r = ca_open(a->ca, clock_wall_s(), &ca, e);

	if (r < 0)
		return r;
	r = ca_issue_agent(&ca, as, key, days, out, e);
	if (r == 0 && !a->json) {
		char end[DB_TIME_TEXT];

		db_time_text(out->row->not_after, end);
		printf("%s: certificate until %s\n", as->text, end);
	}
	if (r == 0 && buf_append(&out->pem, "", 1) < 0) {
		buf_fini(&out->pem);
		r = err_set(e, AX_E_NOMEM, "out of memory");
	}
	ca_close(&ca);
	return r;
}

/* The key that asks. Returns an exit status. */
static int
key_that_asks(const struct options *o, struct args *a, struct pubkey *out)
{
	struct ask_answer answer;
	struct err e;
	int r;

	a->ask.page = "/v1/pending";
	r = ask_relay(&a->ask, &answer);
	if (r != AX_EXIT_OK)
		return r;
	r = key_of(a, answer.doc, out, &e);
	ask_answer_fini(&answer);
	return r < 0 ? options_failed(o, &e) : AX_EXIT_OK;
}

/* Whoever has the key reads the same words. */
static void
say_expected(const struct args *a, const struct pubkey *key)
{
	uint8_t spki[SPKI_HASH_LEN];
	char words[WORDS_TEXT], mem[32];
	struct str s;

	spki_hash(key, spki);
	words_of_key(spki, words);
	str_init(&s, mem, sizeof(mem));
	human_seconds(&s, (uint64_t)a->keep_s);
	printf("approved when it asks, within %s; atlax join --show-key on the machine "
	       "must say:\n    %s\n", mem, words);
}

static int
approve(const struct options *o, struct args *a, const struct agent_name *as,
    unsigned days)
{
	struct decision d = { .tenant_known = true };
	const char *pem;
	struct ca_issued c;
	struct pubkey key;
	struct err e;
	int r = AX_EXIT_OK;

	if (a->key == NULL)
		r = key_that_asks(o, a, &key);
	else if (key_text_parse(a->key, &key, &e) < 0)
		r = options_failed(o, &e);
	if (r != AX_EXIT_OK)
		return r;
	if (sign(a, as, &key, days, &c, &e) < 0)
		return options_failed(o, &e);
	pem = (const char *)buf_slice(&c.pem).p;
	r = a->key == NULL ? decide(a, "approve", pem, &d) : expect(a, pem, &d);
	buf_fini(&c.pem);
	if (r != AX_EXIT_OK) {
		fprintf(stderr, "The certificate was made, but the relay has not "
		    "taken it: atlax pki list %s shows it.\n", a->ca);
		return r;
	}
	if (d.expected && !a->json)
		say_expected(a, &key);
	if (!d.tenant_known)
		fprintf(stderr, "%s: warning: the tenant %s is not in the relay's "
		    "configuration: the agent is refused until it is, and the relay "
		    "started again\n", o->program, as->tenant);
	return r;
}

static int
run_approve(const struct options *o, struct args *a)
{
	unsigned long days = CA_LEAF_DAYS;
	struct agent_name as;
	struct err e;
	char *end = NULL;
	int r;

	if (a->as == NULL)
		return options_wrong(o, "--as is missing: what an agent calls itself "
		    "is not believed");
	if ((a->key == NULL) == (a->id == 0))
		return options_wrong(o, "it takes the number of a request, see atlax "
		    "pending, or --key");
	if (a->key == NULL && a->keep != NULL)
		return options_wrong(o, "--for belongs to --key");
	r = agent_name_parse(a->as, &as, &e);
	if (r == 0)
		r = options_seconds(a->keep == NULL ? KEEP : a->keep, "1s", "366d",
		    &a->keep_s, &e);
	if (r < 0)
		return options_failed(o, &e);
	if (a->days != NULL)
		days = strtoul(a->days, &end, 10);
	if (days < 1 || days > CA_LEAF_DAYS_MAX || (end != NULL && *end != '\0'))
		return options_wrong(o, "not a number of days from 1 to %d: %s",
		    CA_LEAF_DAYS_MAX, a->days);
	return ask_written(o->program, approve(o, a, &as, (unsigned)days));
}

/* --- the command line ---------------------------------------------------------- */

struct command {
	const char *program, *operands, *summary;
	size_t n; /* of the options: the first ones */
	int (*run)(const struct options *o, struct args *a);
};

static bool
read_id(const char *word, uint32_t *id)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(word, &end, 10);
	*id = (uint32_t)v;
	return word[0] >= '1' && word[0] <= '9' && *end == '\0' && errno == 0 &&
	    v <= UINT32_MAX;
}

static int
enrol(const struct command *c, int argc, char **argv)
{
	struct args a = { .ask = { .program = c->program },
		.ca = CA_DIR };
	const struct option_def defs[] = {
		{ 'j', "json", NULL, "print the relay's JSON document", &a.json, NULL },
		{ 's', "socket", "PATH", "the relay's socket (" ASK_SOCKET ")", NULL,
		    &a.ask.socket },
		{ 0, "as", "TENANT[/AGENT]", "whose certificate it will be", NULL,
		    &a.as },
		{ 0, "ca", "DIR", "the CA's directory (" CA_DIR ")", NULL, &a.ca },
		{ 0, "days", "N", "the certificate is valid so long (default 365)", NULL,
		    &a.days },
		{ 0, "key", "KEY", "a key that has not asked yet: atlax join --show-key",
		    NULL, &a.key },
		{ 0, "for", "TIME", "and that the relay waits for so long (" KEEP ")",
		    NULL, &a.keep },
	};
	const struct options o = { .program = c->program, .summary = c->summary,
		.operands = c->operands, .manual = "atlax(1)", .defs = defs, .n = c->n };
	int r, at = options_read(&o, argc, argv, &r);

	if (at < 0)
		return r;
	if (c->operands != NULL && !(a.key != NULL && argc == at) &&
	    (argc - at != 1 || !read_id(argv[at], &a.id)))
		return options_wrong(&o, "it takes the number of a request: see "
		    "atlax pending");
	return c->run(&o, &a);
}

int
cmd_pending(int argc, char **argv)
{
	static const struct command c = { "atlax pending", NULL,
		"Shows who asks the relay of this machine for a certificate.", 2,
		run_pending };

	return enrol(&c, argc, argv);
}

int
cmd_approve(int argc, char **argv)
{
	static const struct command c = { "atlax approve",
		"ID|--key KEY --as TENANT[/AGENT]",
		"Makes a certificate for one who asks, or will, and hands it over.", 7,
		run_approve };

	return enrol(&c, argc, argv);
}

int
cmd_reject(int argc, char **argv)
{
	static const struct command c = { "atlax reject", "ID",
		"Refuses a certificate to one who asks.", 2, run_reject };

	return enrol(&c, argc, argv);
}

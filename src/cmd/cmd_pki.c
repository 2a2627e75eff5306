/* cmd_pki.c — atlax pki: the command line of the small CA.
 *
 * Thread: the only one.
 * Invariant: every subcommand is a row of one table, which help, checking and
 * dispatch read; everything that can be wrong with the command line is found
 * before the CA's directory is touched.                                      */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "atlax/exit.h"
#include "base/clock.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/cmd_pki_rotate.h"
#include "cmd/doc.h"
#include "cmd/options.h"
#include "pki/bundle.h"
#include "pki/csr.h"
#include "pki/listing.h"

/* The command line as typed. */
struct words {
	const char *relay, *key, *days, *crl_days, *out, *as, *serial, *socket, *operator;
	bool json, force;
};

/* The command line understood. */
struct args {
	const char *dir;
	const char *second; /* TENANT[/AGENT], REQUEST or a CA; may be NULL */
	const char *third;  /* a step; may be NULL */
	const char *out, *socket;
	int64_t now_s;
	unsigned days, crl_days;
	enum identity_key key;
	json_t *doc;	    /* what is told as JSON; NULL: it has no place for it */
	bool json, force, has_serial, has_as;
	bool is_operator; /* that is what as names */
	uint8_t serial[CERT_SERIAL_LEN];
	struct agent_name as;
	struct relay_names relay;
};

/* --- the subcommands ------------------------------------------------------ */

static int
run_init(struct args *a, struct err *e)
{
	char day[DB_TIME_TEXT];
	int r;

	if (a->relay.n == 0)
		return err_set(e, AX_E_RANGE, "--relay is missing");
	r = ca_init(&(struct ca_init_args){.path = a->dir,
			.relay = &a->relay,
			.key = a->key,
			.now_s = a->now_s,
			.relay_days = a->days,
			.crl_days = a->crl_days},
	    e);
	if (r < 0)
		return r;
	db_time_text(a->now_s + (int64_t)a->crl_days * CA_DAY_S, day);
	if (a->json) {
		doc_add(&a->doc, json_pack("{s:s s:s}", "ca", a->dir, "crl_until", day));
		return 0;
	}
	printf("%s is ready: a root, a CA for relays and one for agents.\n"
	       "For the relay: relay.crt, relay.key, agent-ca.crt, agent.crl.\n"
	       "For an agent: atlax pki issue %s TENANT/AGENT --out "
	       "NEW-DIRECTORY\n",
	    a->dir, a->dir);
	printf("agent.crl is valid until %s: before that run atlax pki crl %s\n"
	       "and copy it to the relay. No *-ca.key and no root.key belongs "
	       "there.\n",
	    day, a->dir);
	return 0;
}

static void
say_issued(struct args *a, FILE *to, const struct ca_issued *c)
{
	char serial[DB_SERIAL_TEXT], end[DB_TIME_TEXT];

	db_serial_text(c->row->serial, serial);
	db_time_text(c->row->not_after, end);
	if (a->json)
		doc_add(&a->doc, json_pack("{s:s s:s s:s s:b}", "names", c->row->names, "serial",
		    serial, "not_after", end, "shortened", c->shortened));
	else
		fprintf(to, "%s: serial %s, valid until %s%s\n", c->row->names, serial,
		    end, c->shortened ? " (its CA ends then: see atlax pki renew-ca)" :
		    "");
}

/* What is left to do. */
static void
advise(const struct args *a, const char *what)
{
	if (!a->json)
		puts(what);
}

static void
say_bundle(struct args *a)
{
	const char *who = a->is_operator ? "operator" : "agent";

	if (a->json) {
		doc_add(&a->doc, json_pack("{s:s}", "out", a->out));
		return;
	}
	printf("For the %s: %s.crt, %s.key and relay-ca.crt in %s\n", who, who, who,
	    a->out);
	if (a->is_operator)
		printf("For the relay, under admin.remote: operator-ca.crt and "
		       "operator.crl in %s\n", a->dir);
}

static int
run_issue(struct args *a, struct err *e)
{
	struct ca_issued c;
	struct bundle b;
	struct ca ca;
	int r;

	if (!a->has_as || a->out == NULL)
		return err_set(e, AX_E_RANGE, "%s is missing",
		    a->out == NULL ? "--out" : "TENANT[/AGENT] or --operator");
	r = ca_open(a->dir, a->now_s, &ca, e);
	if (r < 0)
		return r;
	r = bundle_open(&b, a->is_operator ? CERT_OPERATOR : CERT_AGENT, &ca, a->out,
	    a->key, e);
	if (r < 0)
		goto out;
	r = a->is_operator ?
	    ca_issue_operator(&ca, &a->as, &b.key, a->days, &c, e) :
	    ca_issue_agent(&ca, &a->as, &b.key.public, a->days, &c, e);
	if (r == 0) {
		r = bundle_write(&b, buf_slice(&c.pem), e);
		if (r == 0) {
			say_issued(a, stdout, &c);
			say_bundle(a);
		}
		buf_fini(&c.pem);
	}
	bundle_close(&b);
out:
	ca_close(&ca);
	return r;
}

static int
read_request(const char *path, struct pubkey *key, struct err *e)
{
	struct store_parent at;
	struct buf text;
	int r;

	r = store_open_parent(path, &at, e);
	if (r < 0)
		return r;
	buf_init(&text);
	r = store_read(&at.store, at.name, STORE_PUBLIC, &text, e);
	if (r == 0) {
		r = csr_read_pem(buf_slice(&text), key, e);
		if (r < 0)
			r = err_prefix(e, r, "%s", path);
	}
	buf_fini(&text);
	store_close(&at.store);
	return r;
}

static int
put_signed(struct args *a, const struct store_parent *to, const struct ca_issued *c,
    struct err *e)
{
	struct slice pem = buf_slice(&c->pem);

	if (to->store.fd >= 0)
		return store_create(&to->store, to->name, STORE_PUBLIC, pem, e);
	if (a->json)
		doc_add(&a->doc, json_pack("{s:s%}", "certificate", pem.p, pem.n));
	else if (fwrite(pem.p, 1, pem.n, stdout) != pem.n || fflush(stdout) != 0)
		return err_sys(e, "standard output");
	return 0;
}

static int
sign_for(struct args *a, const struct pubkey *key,
    const struct store_parent *to, struct err *e)
{
	struct ca_issued c;
	struct ca ca;
	int r;

	r = ca_open(a->dir, a->now_s, &ca, e);
	if (r < 0)
		return r;
	r = ca_issue_agent(&ca, &a->as, key, a->days, &c, e);
	if (r == 0) {
		r = put_signed(a, to, &c, e);
		if (r == 0)
			say_issued(a, stderr, &c);
		buf_fini(&c.pem);
	}
	ca_close(&ca);
	return r;
}

static int
run_sign(struct args *a, struct err *e)
{
	struct store_parent to = {.store.fd = -1};
	struct pubkey key;
	int r;

	if (!a->has_as)
		return err_set(e, AX_E_RANGE,
		    "--as is missing: the name inside a "
		    "request is not believed");
	r = read_request(a->second, &key, e);
	if (r == 0 && a->out != NULL)
		r = store_open_parent(a->out, &to, e);
	if (r == 0 && a->out != NULL && store_has(&to.store, to.name))
		r = err_set(e, AX_E_EXIST,
		    "%s exists already and is left as it is", a->out);
	if (r == 0)
		r = sign_for(a, &key, &to, e);
	store_close(&to.store);
	return r;
}

static void
say_revoked(struct args *a, const struct ca *ca)
{
	char serial[DB_SERIAL_TEXT];
	size_t n = 0;

	if (a->json)
		doc_add(&a->doc, json_pack("{s:[]}", "revoked"));
	for (size_t i = 0; i < ca->db.n; i++) {
		const struct db_row *row = &ca->db.rows[i];

		if (!row->fresh)
			continue;
		n++;
		db_serial_text(row->serial, serial);
		if (!a->json)
			printf("revoked: %s, serial %s\n", row->names, serial);
		else
			doc_append(&a->doc, "revoked", json_pack("{s:s s:s}", "names",
			    row->names, "serial", serial));
	}
	if (!a->json && n == 0)
		printf("nothing new to revoke: all of it has expired or was revoked "
		       "before\n");
}

static void
say_crl(struct args *a, const struct ca *ca, const char *names)
{
	char day[DB_TIME_TEXT];

	db_time_text(ca->now_s + (int64_t)ca->crl_days * CA_DAY_S, day);
	if (a->json)
		doc_add(&a->doc, json_pack("{s:I s:s}", "crl_number",
		    (json_int_t)ca->db.crl_number, "crl_until", day));
	else
		printf("%s has number %ju and is valid until %s: copy it to the relay\n",
		    names, (uintmax_t)ca->db.crl_number, day);
}

static int
run_revoke(struct args *a, struct err *e)
{
	struct ca ca;
	int r;

	if (a->has_as == a->has_serial)
		return err_set(e, AX_E_RANGE,
		    "give either TENANT[/AGENT], --operator or --serial");
	r = ca_open(a->dir, a->now_s, &ca, e);
	if (r < 0)
		return r;
	ca.crl_days = a->crl_days;
	r = a->has_serial  ? ca_revoke_serial(&ca, a->serial, e) :
	    a->is_operator ? ca_revoke_operator(&ca, &a->as, e) :
			     ca_revoke_agent(&ca, &a->as, e);
	if (r == 0) {
		say_revoked(a, &ca);
		say_crl(a, &ca, a->is_operator ? "operator.crl" : "agent.crl");
	}
	ca_close(&ca);
	return r;
}

static int
run_crl(struct args *a, struct err *e)
{
	struct ca ca;
	int r;

	r = ca_open(a->dir, a->now_s, &ca, e);
	if (r < 0)
		return r;
	ca.crl_days = a->crl_days;
	r = ca_refresh_crls(&ca, e);
	if (r == 0)
		say_crl(a, &ca, ca_has_operators(&ca) ?
		    "each of agent.crl and operator.crl" : "agent.crl");
	ca_close(&ca);
	return r;
}

static int
run_renew_relay(struct args *a, struct err *e)
{
	struct ca_issued c;
	struct ca ca;
	int r;

	r = ca_open(a->dir, a->now_s, &ca, e);
	if (r < 0)
		return r;
	r = ca_renew_relay(&ca, &a->relay, a->days, &c, e);
	if (r == 0) {
		say_issued(a, stdout, &c);
		advise(a, "copy relay.crt to the relay; its key stays the same");
	}
	ca_close(&ca);
	return r;
}

static int
run_renew_ca(struct args *a, struct err *e)
{
	struct ca_issued c;
	struct ca ca;
	int r;

	r = ca_open(a->dir, a->now_s, &ca, e);
	if (r < 0)
		return r;
	r = ca_renew_issuers(&ca, &c, e);
	if (r == 0) {
		say_issued(a, stdout, &c);
		advise(a, "copy agent-ca.crt to the relay and relay-ca.crt to every "
		    "agent; what was issued stays valid");
	}
	ca_close(&ca);
	return r;
}

static int
run_list(struct args *a, struct err *e)
{
	struct db db;
	int r;

	r = ca_read_db(a->dir, &db, e);
	if (r < 0)
		return r;
	if (a->json)
		listing_json(&db, a->now_s, stdout);
	else
		listing_text(&db, a->now_s, stdout);
	db_fini(&db);
	return 0;
}

static int
run_rotate(struct args *a, struct err *e)
{
	return cmd_pki_rotate(&(struct rotate_args){ .dir = a->dir, .kind = a->second,
	    .step = a->third, .socket = a->socket, .now_s = a->now_s,
	    .force = a->force, .doc = a->json ? &a->doc : NULL }, e);
}

/* --- the table ------------------------------------------------------------ */

/* Bits for the options that a subcommand takes, in the order of choose(), in which
 * the last is one that all of them take.                                     */
enum {
	TAKES_RELAY = 1,
	TAKES_KEY = 2,
	TAKES_DAYS = 4,
	TAKES_CRL_DAYS = 8,
	TAKES_OUT = 16,
	TAKES_AS = 32,
	TAKES_SERIAL = 64,
	TAKES_SOCKET = 128,
	TAKES_FORCE = 256,
	TAKES_OPERATOR = 512,
};
#define OPTIONS 11

static const struct command {
	const char *name, *operands, *summary;
	unsigned takes;
	int least, most;  /* operands */
	bool names_agent; /* the second is TENANT[/AGENT] */
	int (*run)(struct args *a, struct err *e);
} commands[] = {
	{ "init", "DIR --relay NAME[,NAME...]",
	    "Makes a CA in the new directory DIR, and a relay's key and certificate.",
	    TAKES_RELAY | TAKES_KEY | TAKES_DAYS | TAKES_CRL_DAYS, 1, 1, false,
	    run_init },
	{ "issue", "DIR TENANT[/AGENT] | DIR --operator NAME, --out PATH",
	    "Makes an agent's, or an operator's, key and certificate in the directory "
	    "PATH.",
	    TAKES_KEY | TAKES_DAYS | TAKES_OUT | TAKES_OPERATOR, 1, 2, true, run_issue },
	{ "sign", "DIR REQUEST --as TENANT[/AGENT]",
	    "Makes a certificate for the key in a request (PKCS#10, PEM).",
	    TAKES_DAYS | TAKES_OUT | TAKES_AS, 2, 2, false, run_sign },
	{ "revoke", "DIR TENANT[/AGENT] | DIR --operator NAME | DIR --serial HEX",
	    "Revokes an agent's certificates, a tenant's, an operator's, or one.",
	    TAKES_CRL_DAYS | TAKES_SERIAL | TAKES_OPERATOR, 1, 2, true, run_revoke },
	{ "crl", "DIR", "Writes the revocation lists anew, with a later end.",
	    TAKES_CRL_DAYS, 1, 1, false, run_crl },
	{ "renew-relay", "DIR", "Makes a new relay.crt for the same key.",
	    TAKES_RELAY | TAKES_DAYS, 1, 1, false, run_renew_relay },
	{ "renew-ca", "DIR",
	    "Makes new certificates for the CAs; needs root.key.", 0, 1, 1, false,
	    run_renew_ca },
	{ "rotate", "DIR relay-ca|agent-ca begin|switch|finish",
	    "Puts another CA in the place of one, in three steps; needs root.key.",
	    TAKES_SOCKET | TAKES_FORCE, 3, 3, false, run_rotate },
	{ "list", "DIR", "Shows every certificate and what became of it.", 0,
	    1, 1, false, run_list },
};

static const struct options top = { .program = "atlax pki",
	.summary = "Makes keys, signs and revokes certificates.",
	.operands = "COMMAND DIR ...", .manual = "atlax-pki(1)" };

/* --- the command line ----------------------------------------------------- */

/* The options of c, into out; how many. */
static size_t
choose(const struct command *c, struct words *w, struct option_def out[OPTIONS])
{
	const struct option_def all[OPTIONS] = {
		{ 0, "relay", "NAME[,NAME...]", "names and addresses of the relay", NULL,
		    &w->relay },
		{ 0, "key", "TYPE", "ed25519 (default) or p256", NULL, &w->key },
		{ 0, "days", "N", "the certificate is valid so long (default 365)", NULL,
		    &w->days },
		{ 0, "crl-days", "N", "the lists are valid so long (default 365)", NULL,
		    &w->crl_days },
		{ 0, "out", "PATH", "where it is written", NULL, &w->out },
		{ 0, "as", "TENANT[/AGENT]", "whose certificate it will be", NULL,
		    &w->as },
		{ 0, "serial", "HEX", "one certificate, by its number", NULL,
		    &w->serial },
		{ 0, "socket", "PATH", "the relay's socket (" ASK_SOCKET ")", NULL,
		    &w->socket },
		{ 0, "force", NULL, "whoever is not ready", &w->force, NULL },
		{ 0, "operator", "NAME", "an operator's, in the place of an agent's",
		    NULL, &w->operator },
		{ 0, "json", NULL, "as JSON", &w->json, NULL },
	};
	size_t n = 0;

	for (size_t i = 0; i < OPTIONS; i++)
		if (i + 1 == OPTIONS || (c->takes & 1u << i) != 0)
			out[n++] = all[i];
	return n;
}

static int
parse_days(const char *text, unsigned max, unsigned *out, struct err *e)
{
	unsigned long v;
	char *end;

	if (text == NULL)
		return 0;
	errno = 0;
	v = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || v < 1 ||
	    v > max)
		return err_set(e, AX_E_RANGE, "not a number of days from 1 to %u: %s",
		    max, text);
	*out = (unsigned)v;
	return 0;
}

static int
parse_key(const char *text, enum identity_key *out, struct err *e)
{
	if (text == NULL || strcmp(text, "ed25519") == 0)
		*out = IDENTITY_ED25519;
	else if (strcmp(text, "p256") == 0)
		*out = IDENTITY_P256;
	else
		return err_set(e, AX_E_RANGE, "--key is ed25519 or p256, not %s", text);
	return 0;
}

static int
parse_serial(const char *text, struct args *a, struct err *e)
{
	if (text == NULL)
		return 0;
	a->has_serial = db_serial_parse(slice_str(text), a->serial);
	return a->has_serial ? 0 : err_set(e, AX_E_RANGE,
	    "a serial has %d hexadecimal digits: %s", 2 * CERT_SERIAL_LEN, text);
}

static int
parse_agent(const char *text, struct args *a, struct err *e)
{
	if (text == NULL)
		return 0;
	a->has_as = true;
	return agent_name_parse(text, &a->as, e);
}

static int
parse_operator(const char *text, struct args *a, struct err *e)
{
	if (text == NULL)
		return 0;
	if (a->has_as)
		return err_set(e, AX_E_RANGE,
		    "give either TENANT[/AGENT] or --operator");
	a->has_as = a->is_operator = true;
	return operator_name_parse(text, &a->as, e);
}

static int
understand(const struct command *c, const struct words *w, struct args *a,
    struct err *e)
{
	int r;

	a->out = w->out;
	a->json = w->json;
	a->force = w->force;
	a->socket = w->socket;
	r = w->relay == NULL ? 0 : relay_names_add(&a->relay, w->relay, e);
	if (r == 0)
		r = parse_key(w->key, &a->key, e);
	if (r == 0)
		r = parse_days(w->days, CA_LEAF_DAYS_MAX, &a->days, e);
	if (r == 0)
		r = parse_days(w->crl_days, CA_CRL_DAYS_MAX, &a->crl_days, e);
	if (r == 0)
		r = parse_serial(w->serial, a, e);
	if (r == 0)
		r = parse_agent(c->names_agent ? a->second : w->as, a, e);
	if (r == 0)
		r = parse_operator(w->operator, a, e);
	return r;
}

static int
run(const struct command *c, int argc, char **argv)
{
	struct args a = { .now_s = clock_wall_s(),
		.days = CA_LEAF_DAYS, .crl_days = CA_CRL_DAYS };
	struct option_def defs[OPTIONS];
	struct words w = { 0 };
	char program[32];
	struct options o = { .program = program, .summary = c->summary,
		.operands = c->operands, .manual = top.manual, .defs = defs };
	struct err e = { 0 };
	int at, r, status;

	(void)snprintf(program, sizeof(program), "%s %s", top.program, c->name);
	o.n = choose(c, &w, defs);
	at = options_read(&o, argc, argv, &status);
	if (at < 0)
		return status;
	if (argc - at < c->least || argc - at > c->most)
		return options_wrong(&o, "it takes %s", c->operands);
	a.dir = argv[at];
	a.second = argc - at > 1 ? argv[at + 1] : NULL;
	a.third = argc - at > 2 ? argv[at + 2] : NULL;
	r = understand(c, &w, &a, &e);
	a.doc = json_object();
	if (r == 0)
		r = c->run(&a, &e);
	status = r == 0 ? AX_EXIT_OK : options_failed(&o, &e);
	if (a.json && c->run != run_list && (r == 0 || json_object_size(a.doc) > 0))
		return ask_print_own(program, a.doc, status);
	json_decref(a.doc);
	return ask_written(program, status);
}

static int
overview(void)
{
	printf("%s\n\nUsage: %s %s\n\n", top.summary, top.program, top.operands);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		printf("  %-12s %s\n", commands[i].name, commands[i].summary);
	printf("\n\"%s COMMAND --help\" says more; so does %s.\n", top.program,
	    top.manual);
	return AX_EXIT_OK;
}

static int
words(void)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		options_say_word(commands[i].name, commands[i].summary);
	return AX_EXIT_OK;
}

int
cmd_pki(int argc, char **argv)
{
	int status;

	if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return overview();
	if (argc == 2 && options_asks_words(argc, argv))
		return words();
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return run(&commands[i], argc - 1, argv + 1);
	if (argv[1][0] != '-')
		return options_wrong(&top, "no command \"%s\"", argv[1]);
	return options_read(&top, argc, argv, &status) < 0 ?
	    status : options_wrong(&top, "a command must come first");
}

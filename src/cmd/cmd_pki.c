/* cmd_pki.c — atlax pki: the command line of the small CA.
 *
 * Thread: the only one.
 * Invariant: every subcommand is a row of one table, which help, checking and
 * dispatch read; everything that can be wrong with the command line is found
 * before the CA's directory is touched.                                      */
#include "cmd/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "atlax/exit.h"
#include "base/clock.h"
#include "base/str.h"
#include "pki/bundle.h"
#include "pki/csr.h"
#include "pki/listing.h"

struct args {
	const char *dir;
	const char
	    *second; /* positional: TENANT[/AGENT] or REQUEST; may be NULL */
	const char *out;
	int64_t now_s;
	unsigned days, crl_days;
	enum identity_key key;
	bool json, has_serial, has_as;
	uint8_t serial[CERT_SERIAL_LEN];
	struct agent_name as;
	struct relay_names relay;
};

/* Every option of every subcommand. */
static const struct pki_option {
	char letter;
	const char *name, *value, *text;
} options[] = {
    {'r', "relay", "NAME[,NAME...]",
	"DNS names and IP addresses where agents reach the relay"},
    {'k', "key", "TYPE", "ed25519 (default) or p256"},
    {'d', "days", "N", "how long the certificate is valid (default 365)"},
    {'c', "crl-days", "N", "how long a revocation list is valid (default 7)"},
    {'o', "out", "PATH", "where to write: see above"},
    {'a', "as", "TENANT[/AGENT]", "whose certificate it will be"},
    {'s', "serial", "HEX", "one certificate, by its serial number"},
    {'j', "json", NULL, "as JSON"},
    {'h', "help", NULL, "this text"},
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
	printf("%s is ready: a root, a CA for relays and one for agents.\n"
	       "For the relay: relay.crt, relay.key, agent-ca.crt, agent.crl.\n"
	       "For an agent: atlax pki issue %s TENANT/AGENT --out "
	       "NEW-DIRECTORY\n",
	    a->dir, a->dir);
	db_time_text(a->now_s + (int64_t)a->crl_days * CA_DAY_S, day);
	printf("agent.crl is valid until %s: before that run atlax pki crl %s\n"
	       "and copy it to the relay. No *-ca.key and no root.key belongs "
	       "there.\n",
	    day, a->dir);
	return 0;
}

static void
say_issued(FILE *to, const struct ca_issued *c)
{
	char serial[DB_SERIAL_TEXT], end[DB_TIME_TEXT];

	db_serial_text(c->row->serial, serial);
	db_time_text(c->row->not_after, end);
	fprintf(to, "%s: serial %s, valid until %s%s\n", c->row->names, serial,
	    end,
	    c->shortened ? " (its CA ends then: see atlax pki renew-ca)" : "");
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
		    a->out == NULL ? "--out" : "TENANT[/AGENT]");
	r = ca_open(a->dir, a->now_s, &ca, e);
	if (r < 0)
		return r;
	r = bundle_open(&b, &ca, a->out, a->key, e);
	if (r < 0)
		goto out;
	r = ca_issue_agent(&ca, &a->as, &b.key.public, a->days, &c, e);
	if (r == 0) {
		r = bundle_write(&b, buf_slice(&c.pem), e);
		if (r == 0) {
			say_issued(stdout, &c);
			printf("For the agent: agent.crt, agent.key and "
			       "relay-ca.crt "
			       "in %s\n",
			    a->out);
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
put_signed(
    const struct store_parent *to, const struct ca_issued *c, struct err *e)
{
	struct slice pem = buf_slice(&c->pem);

	if (to->store.fd >= 0)
		return store_create(&to->store, to->name, STORE_PUBLIC, pem, e);
	if (fwrite(pem.p, 1, pem.n, stdout) != pem.n || fflush(stdout) != 0)
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
		r = put_signed(to, &c, e);
		if (r == 0)
			say_issued(stderr, &c);
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
say_revoked(const struct ca *ca)
{
	char serial[DB_SERIAL_TEXT];
	size_t n = 0;

	for (size_t i = 0; i < ca->db.n; i++) {
		const struct db_row *row = &ca->db.rows[i];

		if (!row->fresh)
			continue;
		n++;
		db_serial_text(row->serial, serial);
		printf("revoked: %s, serial %s\n", row->names, serial);
	}
	if (n == 0)
		printf("nothing new to revoke: all of it has expired or was "
		       "revoked "
		       "before\n");
}

static void
say_crl(const struct ca *ca)
{
	char day[DB_TIME_TEXT];

	db_time_text(ca->now_s + (int64_t)ca->crl_days * CA_DAY_S, day);
	printf(
	    "agent.crl has number %llu and is valid until %s: copy it to the "
	    "relay\n",
	    (unsigned long long)ca->db.crl_number, day);
}

static int
run_revoke(struct args *a, struct err *e)
{
	struct ca ca;
	int r;

	if (a->has_as == a->has_serial)
		return err_set(
		    e, AX_E_RANGE, "give either TENANT[/AGENT] or --serial");
	r = ca_open(a->dir, a->now_s, &ca, e);
	if (r < 0)
		return r;
	ca.crl_days = a->crl_days;
	r = a->has_serial ? ca_revoke_serial(&ca, a->serial, e)
			  : ca_revoke_agent(&ca, &a->as, e);
	if (r == 0) {
		say_revoked(&ca);
		say_crl(&ca);
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
		say_crl(&ca);
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
		say_issued(stdout, &c);
		printf("copy relay.crt to the relay; its key stays the same\n");
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
		say_issued(stdout, &c);
		printf(
		    "copy agent-ca.crt to the relay and relay-ca.crt to every "
		    "agent; what was issued stays valid\n");
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

static const struct command {
	const char *name, *synopsis, *text;
	const char *letters; /* the options it takes, besides --help */
	int positionals; /* with DIR; one less will do if the last is optional
			  */
	bool last_optional;
	bool names_agent; /* the second is TENANT[/AGENT] */
	int (*run)(struct args *a, struct err *e);
} commands[] = {
    {"init", "DIR --relay NAME[,NAME...]",
	"Makes a root, a CA for relays, a CA for agents, a relay's key and\n"
	"certificate and empty revocation lists in the new directory DIR.\n",
	"rkdc", 1, false, false, run_init},
    {"issue", "DIR TENANT[/AGENT] --out PATH",
	"Makes a key and a certificate for an agent: agent.key, agent.crt and\n"
	"relay-ca.crt in the directory PATH.\n",
	"kdo", 2, false, true, run_issue},
    {"sign", "DIR REQUEST --as TENANT[/AGENT] [--out PATH]",
	"Makes a certificate for the key in a request (PKCS#10, PEM) made\n"
	"anywhere, in the file PATH or on standard output. Only the key is "
	"taken\n"
	"from the request.\n",
	"ado", 2, false, false, run_sign},
    {"revoke", "DIR TENANT[/AGENT] | DIR --serial HEX",
	"Revokes an agent's certificates, or those of all of a tenant's "
	"agents,\n"
	"or one, and writes the revocation list.\n",
	"sc", 2, true, true, run_revoke},
    {"crl", "DIR", "Writes the revocation lists anew, with a later end.\n", "c",
	1, false, false, run_crl},
    {"renew-relay", "DIR [--relay NAME[,NAME...]]",
	"Makes a new relay.crt for the same key, with the same names unless\n"
	"others are given.\n",
	"rd", 1, false, false, run_renew_relay},
    {"renew-ca", "DIR",
	"Makes new certificates for the two CAs' same keys; needs root.key.\n",
	"", 1, false, false, run_renew_ca},
    {"list", "DIR [--json]", "Shows every certificate and what became of it.\n",
	"j", 1, false, false, run_list},
};

/* --- help ----------------------------------------------------------------- */

static int
help_all(FILE *to)
{
	fprintf(to, "usage: atlax pki COMMAND DIR ...\n\n"
		    "The small CA in the directory DIR. Commands:\n");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		fprintf(
		    to, "  %-12s %s\n", commands[i].name, commands[i].synopsis);
	fprintf(to,
	    "\natlax pki COMMAND --help tells more; so does atlax-pki(1).\n");
	return to == stdout ? AX_EXIT_OK : AX_EXIT_USAGE;
}

static bool
takes(const struct command *c, char letter)
{
	return letter == 'h' || strchr(c->letters, letter) != NULL;
}

static int
help_one(const struct command *c)
{
	printf("usage: atlax pki %s %s\n\n%s\n", c->name, c->synopsis, c->text);
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		char head[40];

		if (!takes(c, options[i].letter))
			continue;
		(void)snprintf(head, sizeof(head), "--%s%s%s", options[i].name,
		    options[i].value ? " " : "",
		    options[i].value ? options[i].value : "");
		printf("  %-24s %s\n", head, options[i].text);
	}
	return AX_EXIT_OK;
}

/* --- the command line ----------------------------------------------------- */

static int
parse_days(const char *text, unsigned max, unsigned *out, struct err *e)
{
	unsigned long v;
	char *end;

	errno = 0;
	v = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
	    v < 1 || v > max)
		return err_set(
		    e, AX_E_RANGE, "not a number of days from 1 to %u", max);
	*out = (unsigned)v;
	return 0;
}

static int
parse_key(const char *text, enum identity_key *out, struct err *e)
{
	if (strcmp(text, "ed25519") == 0)
		*out = IDENTITY_ED25519;
	else if (strcmp(text, "p256") == 0)
		*out = IDENTITY_P256;
	else
		return err_set(e, AX_E_RANGE, "neither ed25519 nor p256");
	return 0;
}

static int
parse_serial(const char *text, struct args *a, struct err *e)
{
	a->has_serial = db_serial_parse(slice_str(text), a->serial);
	return a->has_serial ? 0
			     : err_set(e, AX_E_RANGE,
				   "not a serial of %d hexadecimal digits",
				   2 * CERT_SERIAL_LEN);
}

static int
take_option(struct args *a, int letter, const char *value, struct err *e)
{
	switch (letter) {
	case 'r':
		return relay_names_add(&a->relay, value, e);
	case 'k':
		return parse_key(value, &a->key, e);
	case 'd':
		return parse_days(value, CA_LEAF_DAYS_MAX, &a->days, e);
	case 'c':
		return parse_days(value, CA_CRL_DAYS_MAX, &a->crl_days, e);
	case 'o':
		a->out = value;
		return 0;
	case 'a':
		a->has_as = true;
		return agent_name_parse(value, &a->as, e);
	case 's':
		return parse_serial(value, a, e);
	default:
		a->json = true;
		return 0;
	}
}

static const struct pki_option *
find_option(int letter)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (options[i].letter == letter)
			return &options[i];
	return NULL;
}

static int
take_positionals(
    const struct command *c, int n, char **list, struct args *a, struct err *e)
{
	if (n > c->positionals || n < c->positionals - c->last_optional)
		return err_set(e, AX_E_RANGE, "usage: atlax pki %s %s", c->name,
		    c->synopsis);
	a->dir = list[0];
	a->second = n > 1 ? list[1] : NULL;
	if (a->second == NULL || !c->names_agent)
		return 0;
	a->has_as = true;
	return agent_name_parse(a->second, &a->as, e);
}

/* 1: help was wanted. */
static int
parse_args(const struct command *c, int argc, char **argv, struct args *a,
    struct err *e)
{
	struct option longs[ARRAY_LEN(options) + 1] = {0};
	const struct pki_option *o;
	int letter, r;

	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		longs[i] = (struct option){.name = options[i].name,
		    .has_arg =
			options[i].value ? required_argument : no_argument,
		    .val = options[i].letter};
	optind = 0; /* start over: main has looked at argv before us */
	opterr = 0;
	while ((letter = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
		if (letter == 'h')
			return 1;
		o = find_option(letter);
		if (o == NULL)
			return err_set(e, AX_E_RANGE,
			    letter == ':' ? "%s wants a value"
					  : "unknown option %s",
			    argv[optind - 1]);
		if (!takes(c, o->letter))
			return err_set(
			    e, AX_E_RANGE, "it does not take --%s", o->name);
		r = take_option(a, letter, optarg, e);
		if (r < 0)
			return err_prefix(e, r, "--%s", o->name);
	}
	return take_positionals(c, argc - optind, argv + optind, a, e);
}

static int
complain(const struct command *c, const struct err *e)
{
	fprintf(stderr, "atlax pki %s: %s\n", c->name, e->text);
	if (e->code == AX_E_RANGE) {
		fprintf(stderr, "See atlax pki %s --help.\n", c->name);
		return AX_EXIT_USAGE;
	}
	return err_class(e->code) == AX_CLASS_CONFIG ? AX_EXIT_CONFIG
						     : AX_EXIT_FAILED;
}

static int
run(const struct command *c, int argc, char **argv)
{
	struct args a = {.now_s = (int64_t)(clock_wall_ms() / 1000),
	    .days = CA_LEAF_DAYS,
	    .crl_days = CA_CRL_DAYS,
	    .key = IDENTITY_ED25519};
	struct err e = {0};
	int r;

	r = parse_args(c, argc, argv, &a, &e);
	if (r == 1)
		return help_one(c);
	if (r == 0)
		r = c->run(&a, &e);
	if (r == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		r = err_sys(&e, "standard output");
	return r == 0 ? AX_EXIT_OK : complain(c, &e);
}

int
cmd_pki(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 ||
	    strcmp(name, "help") == 0)
		return help_all(stdout);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(name, commands[i].name) == 0)
			return run(&commands[i], argc - 1, argv + 1);
	if (argc > 1)
		fprintf(
		    stderr, "atlax pki: there is no command \"%s\"\n\n", name);
	return help_all(stderr);
}

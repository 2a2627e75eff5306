/* cmd_voucher.c — atlax voucher: a secret that makes a machine an agent, once; who has
 * one, and taking it back.
 *
 * Thread: the only one.
 * Invariant: the secret is made and printed here, once, and kept nowhere; the CA's
 * directory has the public key that it stands for. The relay is asked first, so that
 * no voucher is made which it would not take.                                 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atlax/exit.h"
#include "audit/trail.h"
#include "base/clock.h"
#include "base/json_out.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/doc.h"
#include "cmd/human.h"
#include "cmd/options.h"
#include "cmd/table.h"
#include "enrol/signer.h"
#include "enrol/voucher.h"
#include "pki/vouchers.h"

#define CA_DIR SYSCONFDIR "/atlax/ca"
#define KEEP "1h"

struct args {
	struct ask ask;
	const char *ca, *keep;
	bool json;
	int64_t keep_s;
	uint32_t id; /* of rm */
	struct agent_name as;
	char relay[RELAY_NAMES_TEXT]; /* how agents reach it */
};

/* The CA with its vouchers, for as long as both are open. */
struct desk {
	struct ca ca;
	struct vouchers all;
};

static int
desk_open(const struct args *a, struct desk *out, struct err *e)
{
	int r = ca_open(a->ca, clock_wall_s(), &out->ca, e);

	if (r < 0)
		return r;
	r = vouchers_open(&out->ca, &out->all, e);
	if (r < 0)
		ca_close(&out->ca);
	return r;
}

static void
desk_close(struct desk *d)
{
	vouchers_close(&d->all);
	ca_close(&d->ca);
}

/* Into the signer's audit trail, which is that of the CA. */
static int
write_down(const struct args *a, const char *event, const struct voucher *it,
    struct err *e)
{
	struct trail_event ev = { .wall_ms = clock_wall_ms(), .name = event };
	char path[4096], text[512], until[DB_TIME_TEXT];
	struct trail *trail;
	struct json_out j;
	struct str s;
	int r;

	if (snprintf(path, sizeof(path), "%s/" SIGNER_TRAIL, a->ca) >= (int)sizeof(path))
		return err_set(e, AX_E_RANGE, "%s: too long", a->ca);
	r = trail_open(path, &trail, e);
	if (r < 0)
		return r;
	db_time_text(it->until, until);
	str_init(&s, text, sizeof(text));
	str_fmt(&s, "\"by\":{\"uid\":%u,\"pid\":%d}", (unsigned)getuid(), (int)getpid());
	j = (struct json_out){ .s = &s, .any = true };
	json_text(&j, "agent", slice_str(it->name), SIZE_MAX);
	json_i64(&j, "voucher", it->id);
	json_text(&j, "until", slice_str(until), SIZE_MAX);
	ev.members = slice_str(text);
	r = trail_add(trail, &ev, e);
	if (r == 0)
		r = trail_sync(trail, e);
	trail_close(&trail);
	return r;
}

/* --- making one ------------------------------------------------------------------ */

/* How agents reach the relay: the first name in its newest certificate. */
static void
name_relay(const struct ca *ca, char out[RELAY_NAMES_TEXT])
{
	(void)str_copy(out, RELAY_NAMES_TEXT, "RELAY");
	for (size_t i = ca->db.n; i-- > 0;) {
		const struct db_row *row = &ca->db.rows[i];

		if (row->kind != CERT_RELAY)
			continue;
		(void)snprintf(out, RELAY_NAMES_TEXT, "%.*s",
		    (int)strcspn(row->names, ","), row->names);
		return;
	}
}

/* NAME:PORT#PIN, of the relay's answer. */
static void
join_line(const struct args *a, const json_t *doc, char *out, size_t cap)
{
	const char *listen = doc_text(doc, "listen"), *port = strrchr(listen, ':');
	bool v6 = strchr(a->relay, ':') != NULL;

	(void)snprintf(out, cap, "%s%s%s%s#%s", v6 ? "[" : "", a->relay, v6 ? "]" : "",
	    port == NULL ? "" : port, doc_text(doc, "pin"));
}

static int
make(struct args *a, char secret[VOUCHER_TEXT], struct voucher *out, struct err *e)
{
	struct voucher *it;
	struct pubkey key;
	struct desk d;
	int r = desk_open(a, &d, e);

	if (r < 0)
		return r;
	name_relay(&d.ca, a->relay);
	r = voucher_make(secret, &key, e);
	if (r == 0)
		r = vouchers_add(&d.all, &a->as, &key, d.ca.now_s + a->keep_s, &it, e);
	if (r == 0) {
		*out = *it;
		r = write_down(a, "voucher.made", it, e);
	}
	desk_close(&d);
	return r;
}

static void
say(const struct args *a, const struct voucher *it, const char *line, const char *secret)
{
	char until[DB_TIME_TEXT], mem[32];
	struct str s;

	db_time_text(it->until, until);
	if (a->json) {
		printf("{\"id\":%u,\"as\":\"%s\",\"until\":\"%s\",\"join\":\"%s\","
		       "\"voucher\":\"%s\"}\n",
		    (unsigned)it->id, it->name, until, line, secret);
		return;
	}
	str_init(&s, mem, sizeof(mem));
	human_seconds(&s, (uint64_t)a->keep_s);
	printf("Voucher %u. On the new machine, once, within %s:\n"
	       "    atlax join %s --voucher-file -\n"
	       "It asks for this secret: whoever has it first is %s.\n"
	       "    %s\n", (unsigned)it->id, mem, line, it->name, secret);
}

static int
run_make(const struct options *o, struct args *a)
{
	char line[RELAY_NAMES_TEXT + 64], secret[VOUCHER_TEXT] = "";
	struct ask_answer answer;
	struct voucher it;
	struct err e;
	int r;

	if (ask_is_remote(&a->ask))
		return options_wrong(o, "a voucher is made where the signer and its CA "
		    "are: on the relay's machine");
	r = ask_post(&a->ask, "/v1/vouchers", json_pack("{s:s, s:I}", "as", a->as.text,
	    "for_s", (json_int_t)a->keep_s), &answer);
	if (r != AX_EXIT_OK)
		return r;
	if (make(a, secret, &it, &e) < 0) {
		r = options_failed(o, &e);
	} else {
		join_line(a, answer.doc, line, sizeof(line));
		say(a, &it, line, secret);
		if (!json_is_true(json_object_get(answer.doc, "tenant_known")))
			fprintf(stderr, "%s: warning: the tenant %s is not in the relay's "
			    "configuration: the agent is refused until it is\n",
			    o->program, a->as.tenant);
	}
	explicit_bzero(secret, sizeof(secret));
	ask_answer_fini(&answer);
	return ask_written(o->program, r);
}

/* --- those that there are ----------------------------------------------------------- */

static const char *
state_of(const struct voucher *it, int64_t now_s)
{
	return it->used != 0 ? "used" : it->until <= now_s ? "over" : "open";
}

static void
add_row(struct table *t, const struct voucher *it, int64_t now_s)
{
	char mem[32];
	struct str s;

	(void)snprintf(mem, sizeof(mem), "%u", (unsigned)it->id);
	table_cell(t, mem);
	table_cell(t, it->name);
	table_cell(t, state_of(it, now_s));
	str_init(&s, mem, sizeof(mem));
	human_seconds(&s, it->until <= now_s ? 0 : (uint64_t)(it->until - now_s));
	table_cell(t, mem);
}

static bool
show_table(const struct vouchers *all)
{
	static const char *const names[] = { "ID", "AGENT", "STATE", "LEFT" };
	struct table t;
	bool ok;

	if (all->n == 0) {
		puts("there are no vouchers");
		return true;
	}
	table_begin(&t, names, ARRAY_LEN(names));
	for (size_t i = 0; i < all->n; i++)
		add_row(&t, &all->list[i], all->ca->now_s);
	ok = table_print(&t, stdout);
	table_fini(&t);
	return ok;
}

static void
show_json(const struct vouchers *all)
{
	printf("[");
	for (size_t i = 0; i < all->n; i++) {
		const struct voucher *it = &all->list[i];
		char until[DB_TIME_TEXT];

		db_time_text(it->until, until);
		printf("%s{\"id\":%u,\"as\":\"%s\",\"state\":\"%s\",\"until\":\"%s\"}",
		    i == 0 ? "" : ",\n", (unsigned)it->id, it->name,
		    state_of(it, all->ca->now_s), until);
	}
	puts("]");
}

static int
run_ls(const struct options *o, struct args *a)
{
	struct desk d;
	struct err e;
	int r = desk_open(a, &d, &e);

	if (r < 0)
		return options_failed(o, &e);
	if (a->json)
		show_json(&d.all);
	else if (!show_table(&d.all))
		r = err_set(&e, AX_E_NOMEM, "out of memory");
	desk_close(&d);
	return r < 0 ? options_failed(o, &e) : ask_written(o->program, AX_EXIT_OK);
}

static int
run_rm(const struct options *o, struct args *a)
{
	struct voucher *it, was;
	struct desk d;
	struct err e;
	int r = desk_open(a, &d, &e);

	if (r < 0)
		return options_failed(o, &e);
	it = vouchers_number(&d.all, a->id);
	if (it == NULL) {
		r = err_set(&e, AX_E_NOTFOUND, "there is no voucher %u: see atlax "
		    "voucher ls", (unsigned)a->id);
	} else {
		was = *it;
		r = vouchers_remove(&d.all, it, &e);
		if (r == 0)
			r = write_down(a, "voucher.removed", &was, &e);
	}
	desk_close(&d);
	if (r < 0)
		return options_failed(o, &e);
	if (a->json)
		return ask_print_own(o->program, json_pack("{s:I s:s s:b}", "id",
		    (json_int_t)a->id, "as", was.name, "was_used", was.used != 0),
		    AX_EXIT_OK);
	printf(was.used == 0 ? "voucher %u is void\n" : "voucher %u was used already; to "
	    "take away what it gave: atlax revoke\n", (unsigned)a->id);
	return ask_written(o->program, AX_EXIT_OK);
}

/* --- the command line ---------------------------------------------------------------- */

struct command {
	const char *program, *operands, *summary;
	bool asks; /* a relay */
	int (*read)(const struct options *o, struct args *a, const char *operand);
	int (*run)(const struct options *o, struct args *a);
};

static int
read_who(const struct options *o, struct args *a, const char *operand)
{
	struct err e;
	int r = operand == NULL ? 0 : agent_name_parse(operand, &a->as, &e);

	if (operand == NULL)
		return options_wrong(o, "it takes whose it will be: TENANT[/AGENT]");
	if (r == 0)
		r = options_seconds(a->keep, "1s", "7d", &a->keep_s, &e);
	return r < 0 ? options_failed(o, &e) : AX_EXIT_OK;
}

static int
read_number(const struct options *o, struct args *a, const char *operand)
{
	unsigned long v;
	char *end;

	if (operand != NULL && operand[0] >= '1' && operand[0] <= '9') {
		v = strtoul(operand, &end, 10);
		a->id = (uint32_t)v;
		if (*end == '\0' && v <= UINT32_MAX)
			return AX_EXIT_OK;
	}
	return options_wrong(o, "it takes the number of a voucher: see atlax voucher ls");
}

static int
read_nothing(const struct options *o, struct args *a AX_UNUSED, const char *operand)
{
	return operand == NULL ? AX_EXIT_OK :
				 options_wrong(o, "it takes no operand: %.60s", operand);
}

static int
voucher(const struct command *c, int argc, char **argv)
{
	struct args a = { .ask = { .program = c->program }, .ca = CA_DIR,
		.keep = KEEP };
	const struct option_def defs[] = {
		{ 0, "ca", "DIR", "the CA's directory (" CA_DIR ")", NULL, &a.ca },
		{ 'j', "json", NULL, "as JSON", &a.json, NULL },
		{ 0, "for", "TIME", "it is good for so long (" KEEP ")", NULL, &a.keep },
		{ 's', "socket", "PATH", "the relay's socket (" ASK_SOCKET ")", NULL,
		    &a.ask.socket },
	};
	const struct options o = { .program = c->program, .summary = c->summary,
		.operands = c->operands, .manual = "atlax(1)", .defs = defs,
		.n = c->asks ? ARRAY_LEN(defs) : 2 };
	int r, at = options_read(&o, argc, argv, &r);

	if (at < 0)
		return r;
	if (argc - at > 1)
		return options_wrong(&o, "too many operands: %.60s", argv[at + 1]);
	r = c->read(&o, &a, argc == at ? NULL : argv[at]);
	return r != AX_EXIT_OK ? r : c->run(&o, &a);
}

int
cmd_voucher(int argc, char **argv)
{
	static const struct command c = { "atlax voucher", "TENANT[/AGENT]",
		"Makes a secret with which a machine joins once, without being approved.",
		true, read_who, run_make };

	return voucher(&c, argc, argv);
}

int
cmd_voucher_ls(int argc, char **argv)
{
	static const struct command c = { "atlax voucher ls", NULL,
		"Shows the vouchers that there are; not their secrets.", false,
		read_nothing, run_ls };

	return voucher(&c, argc, argv);
}

int
cmd_voucher_rm(int argc, char **argv)
{
	static const struct command c = { "atlax voucher rm", "ID",
		"Takes a voucher back.", false, read_number, run_rm };

	return voucher(&c, argc, argv);
}

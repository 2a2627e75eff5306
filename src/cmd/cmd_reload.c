/* cmd_reload.c — atlax plan, reload and apply: another configuration for a relay
 * that runs.
 *
 * Thread: the only one.
 * Invariant: the relay reads the file, compares and decides; here is only shown
 * what it says. apply hands back the plan's digest: what was confirmed is done, or
 * nothing.                                                                   */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atlax/exit.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/options.h"

struct args {
	struct ask ask;
	const char *file;
	bool json, yes;
};

static const char *
text(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static uint64_t
number(const json_t *o, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(o, key));
}

static bool
is(const json_t *o, const char *key, const char *value)
{
	const char *s = text(o, key);

	return s != NULL && strcmp(s, value) == 0;
}

/* --- a plan for people --------------------------------------------------------- */

static const char *
or_nothing(const char *s)
{
	return s == NULL ? "(nothing)" : s;
}

/* "tenants[].services[].listen" is the listen of what was just named. */
static const char *
last_part(const char *key, const char *tenant)
{
	const char *list = strstr(key, "[].");

	if (tenant == NULL || list == NULL)
		return key;
	key = list + 3;
	list = strstr(key, "[].");
	return list == NULL ? key : list + 3;
}

static void
print_ends(const json_t *c)
{
	uint64_t agents = number(c, "agents"), connections = number(c, "connections");

	if (agents > 0 || connections > 0)
		printf(": %" PRIu64 " agents, %" PRIu64 " connections are closed",
		    agents, connections);
}

static void
print_change(const json_t *c)
{
	const char *tenant = text(c, "tenant"), *service = text(c, "service");
	const char *key = text(c, "key"), *before = text(c, "before");
	const char *after = text(c, "after");

	fputs(json_is_true(json_object_get(c, "restart")) ? "  ! " :
	    is(c, "action", "add")			   ? "  + " :
	    is(c, "action", "remove")			   ? "  - " :
							     "  ~ ", stdout);
	if (key == NULL)
		fputs(service == NULL ? "tenant " : "service ", stdout);
	if (tenant != NULL)
		printf("%s%s%s", tenant, service == NULL ? "" : "/",
		    service == NULL ? "" : service);
	if (key == NULL && service != NULL)
		printf(" on %s", or_nothing(before == NULL ? after : before));
	if (key != NULL)
		printf("%s%s: %s -> %s", tenant == NULL ? "" : " ",
		    last_part(key, tenant), or_nothing(before), or_nothing(after));
	if (json_is_true(json_object_get(c, "restart")))
		fputs("  (needs a restart)", stdout);
	print_ends(c);
	putchar('\n');
}

static void
print_sum(const json_t *changes)
{
	unsigned add = 0, change = 0, remove = 0, restart = 0;
	const json_t *c;
	size_t i;

	json_array_foreach(changes, i, c) {
		add += is(c, "action", "add");
		change += is(c, "action", "change");
		remove += is(c, "action", "remove");
		restart += json_is_true(json_object_get(c, "restart"));
	}
	printf("%u to add, %u to change, %u to remove\n", add, change, remove);
	if (restart > 0)
		puts("A change marked ! needs a restart. While there is one, a reload "
		    "refuses the file as a whole.");
}

/* Returns whether something is different. */
static bool
show(const struct args *a, const struct ask_answer *answer)
{
	const json_t *changes = json_object_get(answer->doc, "changes"), *c;
	bool some = json_array_size(changes) > 0;
	size_t i;

	if (a->json) {
		ask_print(answer);
		return some;
	}
	printf("%s\n", or_nothing(text(answer->doc, "file")));
	json_array_foreach(changes, i, c)
		print_change(c);
	if (!some)
		puts("nothing is different from what the relay does");
	else if (!json_is_true(json_object_get(answer->doc, "applied")))
		print_sum(changes);
	else
		puts("done");
	return some;
}

/* --- asking -------------------------------------------------------------------- */

static int
run_plan(const struct options *o, struct args *a)
{
	char *path = NULL;
	struct ask_answer answer;
	bool some;
	int r;

	/* The relay has another directory to start from. */
	if (a->file != NULL && (path = ask_is_remote(&a->ask) ? strdup(a->file) :
	    realpath(a->file, NULL)) == NULL) {
		fprintf(stderr, "%s: %s: %s\n", o->program, a->file, strerror(errno));
		return AX_EXIT_FAILED;
	}
	r = ask_post(&a->ask, "/v1/plan", json_pack("{s:s*}", "file", path), &answer);
	free(path);
	if (r != AX_EXIT_OK)
		return r;
	some = show(a, &answer);
	ask_answer_fini(&answer);
	return ask_written(o->program, some ? AX_EXIT_CHANGES : AX_EXIT_OK);
}

static int
reload(const struct options *o, struct args *a, const char *digest)
{
	struct ask_answer answer;
	int r = ask_post(&a->ask, "/v1/reload",
	    json_pack("{s:s*}", "digest", digest), &answer);

	if (r != AX_EXIT_OK)
		return r;
	(void)show(a, &answer);
	ask_answer_fini(&answer);
	return ask_written(o->program, AX_EXIT_OK);
}

static int
run_reload(const struct options *o, struct args *a)
{
	return reload(o, a, NULL);
}

static bool
confirm(void)
{
	char line[16];

	fputs("Do that? Only \"yes\" is taken for it: ", stdout);
	(void)fflush(stdout);
	return fgets(line, sizeof(line), stdin) != NULL && strcmp(line, "yes\n") == 0;
}

static int
run_apply(const struct options *o, struct args *a)
{
	struct ask_answer plan;
	char digest[32];
	bool some;
	int r = ask_post(&a->ask, "/v1/plan", json_object(), &plan);

	if (r != AX_EXIT_OK)
		return r;
	(void)snprintf(digest, sizeof(digest), "%s",
	    or_nothing(text(plan.doc, "digest")));
	some = a->json ? json_array_size(json_object_get(plan.doc, "changes")) > 0 :
			 show(a, &plan);
	ask_answer_fini(&plan);
	if (!some && !a->json)
		return ask_written(o->program, AX_EXIT_OK);
	if (!a->yes && (!isatty(STDIN_FILENO) || a->json)) {
		fprintf(stderr, "%s: there is nobody to ask; say --yes\n", o->program);
		return AX_EXIT_USAGE;
	}
	if (!a->yes && !confirm()) {
		puts("nothing was changed");
		return ask_written(o->program, AX_EXIT_FAILED);
	}
	return reload(o, a, digest);
}

/* --- the command line ---------------------------------------------------------- */

struct command {
	const char *program, *summary;
	int (*run)(const struct options *o, struct args *a);
	bool takes_file, takes_yes;
};

static int
begin(const struct command *c, int argc, char **argv)
{
	struct args a = { .ask = { .program = c->program } };
	struct option_def defs[4] = {
		{ 'j', "json", NULL, "print the relay's JSON document", &a.json, NULL },
		{ 's', "socket", "PATH", "the relay's socket (" ASK_SOCKET ")", NULL,
		    &a.ask.socket },
	};
	struct options o = { .program = c->program, .summary = c->summary,
		.manual = "atlax(1)", .defs = defs, .n = 2 };
	int r;

	if (c->takes_file)
		defs[o.n++] = (struct option_def){ 'c', "config", "FILE",
			"compare with this file (default: the relay's own)", NULL,
			&a.file };
	if (c->takes_yes)
		defs[o.n++] = (struct option_def){ 'y', "yes", NULL,
			"do not ask", &a.yes, NULL };
	if (options_read(&o, argc, argv, &r) < 0)
		return r;
	return c->run(&o, &a);
}

int
cmd_plan(int argc, char **argv)
{
	static const struct command c = { .program = "atlax plan",
		.summary = "Shows what a reload would change, and what it would end.",
		.run = run_plan, .takes_file = true };

	return begin(&c, argc, argv);
}

int
cmd_reload(int argc, char **argv)
{
	static const struct command c = { .program = "atlax reload",
		.summary = "Lets the relay of this machine read its configuration again.",
		.run = run_reload };

	return begin(&c, argc, argv);
}

int
cmd_apply(int argc, char **argv)
{
	static const struct command c = { .program = "atlax apply",
		.summary = "Shows what a reload would change, asks, and reloads.",
		.run = run_apply, .takes_yes = true };

	return begin(&c, argc, argv);
}

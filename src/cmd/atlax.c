/* atlax.c — the one command to remember: finds the subcommand and runs it.
 *
 * Thread: the only one. The relay and the agent are programs of their own, with
 * privileges and libraries of their own; they are executed, not linked.      */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atlax/exit.h"
#include "base/defs.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "conf/suggest.h"

struct command {
	const char *name;
	int (*run)(int argc, char **argv); /* NULL: execute program */
	const char *program;
	const char *summary;
};

static int cmd_help(int argc, char **argv);

static const struct command commands[] = {
	{ "relay", NULL, "atlax-relay", "run the relay, on the machine the world reaches" },
	{ "agent", NULL, "atlax-agent", "run the agent, beside the services" },
	{ "pki", cmd_pki, NULL, "make keys, sign and revoke certificates" },
	{ "status", cmd_status, NULL, "show what the relay is doing" },
	{ "doctor", cmd_doctor, NULL, "find out why a tunnel does not come up" },
	{ "help", cmd_help, NULL, "say more about a subcommand" },
};

static const struct options top = { .program = "atlax",
	.summary = "Makes services behind NAT reachable through a relay of your own.",
	.operands = "SUBCOMMAND ...", .manual = "atlax(1)" };

static const struct command *
find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int
overview(void)
{
	printf("%s\n\nUsage: atlax SUBCOMMAND ...\n\n", top.summary);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		printf("  %-8s %s\n", commands[i].name, commands[i].summary);
	puts("\n\"atlax help SUBCOMMAND\" says more; so does atlax(1).");
	return AX_EXIT_OK;
}

/* Returns only if it cannot be executed. */
static void
try(const char *dir, size_t n, const char *program, char **argv)
{
	char path[4096];

	if (snprintf(path, sizeof(path), "%.*s/%s", (int)n, dir, program) <
	    (int)sizeof(path))
		execv(path, argv);
}

/* Beside ourselves first: a build tree and a copied directory just work. */
static int
execute(const char *program, char **argv)
{
	char self[4096], name[32];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	snprintf(name, sizeof(name), "%s", program);
	argv[0] = name;
	if (n > 0) {
		self[n] = '\0';
		try(self, (size_t)(strrchr(self, '/') - self), program, argv);
	}
	try(SBINDIR, strlen(SBINDIR), program, argv);
	execvp(program, argv);
	fprintf(stderr, "atlax: cannot run %s: %s.\n"
	    "Install it beside atlax, in %s or somewhere in PATH.\n", program,
	    errno == ENOENT ? "it is not installed" : strerror(errno), SBINDIR);
	return AX_EXIT_FAILED;
}

static int
unknown(const char *name)
{
	struct suggest near;

	suggest_init(&near, slice_str(name));
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		suggest_offer(&near, commands[i].name);
	if (near.best != NULL)
		return options_wrong(&top, "no subcommand \"%s\"; did you mean \"%s\"?",
		    name, near.best);
	return options_wrong(&top, "no subcommand \"%s\"", name);
}

static int
run(int argc, char **argv)
{
	const struct command *c = find(argv[0]);

	if (c == NULL)
		return unknown(argv[0]);
	return c->run == NULL ? execute(c->program, argv) : c->run(argc, argv);
}

/* help X is X --help. */
static int
cmd_help(int argc, char **argv)
{
	char flag[] = "--help", *asked[] = { NULL, flag, NULL };

	if (argc < 2 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0)
		return overview();
	asked[0] = argv[1];
	return run(2, asked);
}

int
main(int argc, char **argv)
{
	int status;

	if (argc < 2)
		return overview();
	if (argv[1][0] != '-')
		return run(argc - 1, argv + 1);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return overview();
	if (options_read(&top, 2, argv, &status) < 0)
		return status;
	return options_wrong(&top, "a subcommand must come first");
}

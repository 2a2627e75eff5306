/* atlax.c — the one command to remember: finds the subcommand and runs it.
 *
 * Thread: the only one. The relay and the agent are programs of their own, with
 * privileges and libraries of their own; they are executed, not linked.      */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "atlax/exit.h"
#include "base/defs.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/program.h"
#include "cmd/remote.h"
#include "conf/suggest.h"
#include "io/process.h"

struct command {
	const char *name;
	int (*run)(int argc, char **argv); /* NULL: execute program */
	const char *program;
	const char *summary;
};

static int cmd_help(int argc, char **argv);

static const struct command commands[] = {
	{ "relay up", cmd_relay_up, NULL, "set up a relay on this machine" },
	{ "relay drain", cmd_relay_drain, NULL, "end the relay in peace, and watch" },
	{ "relay upgrade", cmd_relay_upgrade, NULL,
	  "change the relay's program under its connections" },
	{ "join", cmd_join, NULL, "set up an agent, with a certificate of a relay" },
	{ "pending", cmd_pending, NULL, "show who asks the relay for a certificate" },
	{ "approve", cmd_approve, NULL, "give a certificate to one who asks" },
	{ "reject", cmd_reject, NULL, "refuse it" },
	{ "voucher ls", cmd_voucher_ls, NULL, "show the vouchers that there are" },
	{ "voucher rm", cmd_voucher_rm, NULL, "take one back" },
	{ "voucher", cmd_voucher, NULL, "make a secret with which a machine joins once" },
	{ "revoke ls", cmd_revoke_ls, NULL, "show whom the relay refuses" },
	{ "revoke undo", cmd_revoke_undo, NULL, "no longer refuse an agent" },
	{ "revoke", cmd_revoke, NULL, "cut off an agent and refuse it from now on" },
	{ "relay", NULL, "atlax-relay", "run the relay, on the machine the world reaches" },
	{ "agent", NULL, "atlax-agent", "run the agent, beside the services" },
	{ "cert ls", cmd_cert_ls, NULL, "show when certificates end" },
	{ "pki", cmd_pki, NULL, "make keys, sign and revoke certificates" },
	{ "signer", cmd_signer, NULL, "make certificates for agents that renew theirs" },
	{ "status", cmd_status, NULL, "show what the relay is doing" },
	{ "logs", cmd_logs, NULL, "show what it says, and follow it" },
	{ "top", cmd_top, NULL, "show it live" },
	{ "dashboard", cmd_dashboard, NULL, "show it in a browser" },
	{ "ls", cmd_ls, NULL, "list services and agents, and how they are" },
	{ "streams", cmd_streams, NULL, "show the connections that are open" },
	{ "kick", cmd_kick, NULL, "cut off an agent, or one connection" },
	{ "plan", cmd_plan, NULL, "show what a reload would change" },
	{ "reload", cmd_reload, NULL, "let the relay read its configuration again" },
	{ "apply", cmd_apply, NULL, "plan, ask, reload" },
	{ "audit tail", cmd_audit_tail, NULL, "show who did what at the relay" },
	{ "audit verify", cmd_audit_verify, NULL,
	  "look whether that was changed afterwards" },
	{ "backup", cmd_backup, NULL, "put all that a relay has into one file" },
	{ "restore", cmd_restore, NULL, "put it back" },
	{ "expose", cmd_expose, NULL, "open a port at the relay, beside the agent" },
	{ "doctor", cmd_doctor, NULL, "find out why a tunnel does not come up" },
	{ "completion", cmd_completion, NULL, "let a shell complete command lines" },
	{ "help", cmd_help, NULL, "say more about a subcommand" },
};

static const struct options top = { .program = "atlax",
	.summary = "Makes services behind NAT reachable through a relay of your own.",
	.operands = "SUBCOMMAND ...", .manual = "atlax(1)" };

/* By the first word, or the first two. */
static const struct command *
find(int argc, char **argv)
{
	char two[32];

	(void)snprintf(two, sizeof(two), "%s %s", argv[0], argc > 1 ? argv[1] : "");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, argv[0]) == 0 ||
		    strcmp(commands[i].name, two) == 0)
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
	const struct command *c = find(argc, argv);

	if (c == NULL)
		return unknown(argv[0]);
	if (strchr(c->name, ' ') != NULL) {
		argc--;
		argv++;
	}
	return c->run == NULL ? program_execute(c->program, argv) : c->run(argc, argv);
}

/* The first words of commands, each once; or the second ones after this first. */
static void
say_words(char *first)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		const char *name = commands[i].name;
		char word[32], *argv[] = { word };
		const struct command *alone;

		(void)snprintf(word, sizeof(word), "%.*s", (int)strcspn(name, " "), name);
		alone = find(1, argv);
		if (first != NULL && strcmp(word, first) == 0 && &commands[i] != alone)
			options_say_word(name + strlen(word) + 1, commands[i].summary);
		if (first == NULL && (alone == &commands[i] || (alone == NULL &&
		    (i == 0 || strncmp(commands[i - 1].name, name,
		    strlen(word) + 1) != 0))))
			options_say_word(word, commands[i].summary);
	}
}

/* What may come after these words, of which the last says that a shell asks. */
static int
complete(int argc, char **argv)
{
	bool help = strcmp(argv[0], "help") == 0;
	const struct command *c;

	argc -= help;
	argv += help;
	if (argc < 2) {
		say_words(NULL);
		return AX_EXIT_OK;
	}
	c = find(argc, argv);
	if (argc == 2)
		say_words(argv[0]);
	(void)fflush(stdout); /* before another program speaks */
	return c == NULL || help ? AX_EXIT_OK : run(argc, argv);
}

/* help X is X --help. */
static int
cmd_help(int argc, char **argv)
{
	char flag[] = "--help", *asked[] = { NULL, NULL, NULL, NULL };
	int n = 0;

	if (argc < 2 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0)
		return overview();
	while (n + 1 < argc && n < 2) {
		asked[n] = argv[n + 1];
		n++;
	}
	asked[n] = flag;
	return run(n + 1, asked);
}

/* The words before the subcommand: the program's, options and their values. */
static int
count_first(int argc, char **argv)
{
	int n = 1;

	while (n < argc && argv[n][0] == '-')
		n += strncmp(argv[n], "--", 2) == 0 && strchr(argv[n], '=') == NULL ? 2 : 1;
	return n < argc ? n : argc;
}

/* Which relay is asked: said here as the environment would say it, for whoever looks
 * there (remote.h). Returns false: *status is what to exit with.              */
static bool
read_first(int argc, char **argv, int *status)
{
	const char *relay = NULL, *certificate = NULL, *key = NULL, *ca = NULL;
	const struct option_def defs[] = {
		{ 0, "relay", "HOST:PORT", "ask a relay elsewhere (" REMOTE_RELAY ")",
		    NULL, &relay },
		{ 0, "certificate", "FILE", "of an operator (" REMOTE_CERTIFICATE ")",
		    NULL, &certificate },
		{ 0, "key", "FILE", "of an operator (" REMOTE_KEY ")", NULL, &key },
		{ 0, "ca", "FILE", "of the relay (" REMOTE_CA ")", NULL, &ca },
	};
	const struct options o = { .program = top.program, .summary = top.summary,
		.operands = top.operands, .manual = top.manual, .defs = defs,
		.n = ARRAY_LEN(defs) };

	if (options_read(&o, argc, argv, status) < 0)
		return false;
	if ((relay != NULL && setenv(REMOTE_RELAY, relay, 1) < 0) ||
	    (certificate != NULL && setenv(REMOTE_CERTIFICATE, certificate, 1) < 0) ||
	    (key != NULL && setenv(REMOTE_KEY, key, 1) < 0) ||
	    (ca != NULL && setenv(REMOTE_CA, ca, 1) < 0))
		*status = options_wrong(&o, "out of memory");
	return *status == AX_EXIT_OK;
}

int
main(int argc, char **argv)
{
	int status = AX_EXIT_OK, n = count_first(argc, argv);

	process_hide(); /* several of them have keys */
	if (argc < 2)
		return overview();
	if (options_asks_words(argc, argv))
		return complete(argc - MIN(n, argc - 1), argv + MIN(n, argc - 1));
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return overview();
	if (n > 1 && !read_first(n, argv, &status))
		return status;
	if (n == argc)
		return options_wrong(&top, "a subcommand must come first");
	return run(argc - n, argv + n);
}

/* cmd_expose.c — atlax expose: asks the agent of this machine to have a port opened
 * at its relay.
 *
 * Thread: the only one. The agent gives up what is exposed when the connection to it
 * ends, so that any end of this program is good enough.                      */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "atlax/exit.h"
#include "base/str.h"
#include "cmd/agent_socket.h"
#include "cmd/cmd.h"
#include "cmd/options.h"

/* "22" or "127.0.0.1:22", as the agent wants it. */
static bool
read_target(const char *text, struct str *out)
{
	if (text[0] != '\0' && strspn(text, "0123456789") == strlen(text))
		str_add(out, "127.0.0.1:");
	str_add(out, text);
	return !out->cut && strpbrk(text, " \t\n") == NULL;
}

static bool
read_port(const char *text, unsigned *out)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	*out = (unsigned)v;
	return text[0] >= '1' && text[0] <= '9' && *end == '\0' && v <= 65535;
}

/* What the agent says, line by line, until it hangs up. */
static int
listen_to(const struct options *o, int fd, bool stays)
{
	int status = AX_EXIT_OK;
	char line[512];
	FILE *f = fdopen(fd, "r");
	bool heard = false;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		char *text = strchr(line, ' ');

		line[strcspn(line, "\n")] = '\0';
		if (text == NULL)
			continue;
		*text++ = '\0';
		heard = true;
		if (strcmp(line, "no") == 0) {
			fprintf(stderr, "%s: %s\n", o->program, text);
			status = AX_EXIT_FAILED;
		} else if (strcmp(line, "wait") == 0) {
			fprintf(stderr, "%s: %s; waiting\n", o->program, text);
		} else if (strcmp(line, "at") == 0) {
			printf("exposed at %s%s\n", text,
			    stays ? ", until Ctrl-C" : "; kept until atlax expose forget");
		} else {
			puts(text);
		}
		(void)fflush(stdout);
	}
	if (f != NULL)
		(void)fclose(f);
	if (status == AX_EXIT_OK && (stays || !heard)) {
		fprintf(stderr, "%s: the agent has hung up\n", o->program);
		status = AX_EXIT_FAILED;
	}
	return status;
}

static int
ask(const struct options *o, const char *path, const char *line, bool stays)
{
	int fd = agent_ask(o->program, path, line);

	return fd < 0 ? AX_EXIT_FAILED : listen_to(o, fd, stays);
}

int
cmd_expose(int argc, char **argv)
{
	const char *socket = AGENT_SOCKET, *port = NULL;
	bool keep = false;
	const struct option_def defs[] = {
		{ 'p', "port", "N", "this port at the relay, not any", NULL, &port },
		{ 'k', "keep", NULL, "do not wait; keep it, also when the agent or the "
		  "relay starts again", &keep, NULL },
		{ 's', "socket", "PATH", "the agent's socket (" AGENT_SOCKET ")", NULL,
		  &socket },
	};
	const struct options o = { .program = "atlax expose", .manual = "atlax(1)",
		.summary = "Opens a port at the relay that leads to a service of this "
			   "machine.",
		.operands = "tcp [ADDRESS:]PORT | ls | forget N", .defs = defs,
		.n = ARRAY_LEN(defs) };
	char line[224], target[160];
	struct str s, t;
	unsigned number = 0;
	int status, at = options_read(&o, argc, argv, &status);

	if (at < 0)
		return status;
	if (port != NULL && !read_port(port, &number))
		return options_wrong(&o, "\"%s\" is no port; write 1 to 65535", port);
	if (argc - at == 1 && strcmp(argv[at], "ls") == 0)
		return ask(&o, socket, "list\n", false);
	str_init(&s, line, sizeof(line));
	str_init(&t, target, sizeof(target));
	if (argc - at == 2 && strcmp(argv[at], "forget") == 0) {
		if (!read_port(argv[at + 1], &number))
			return options_wrong(&o, "\"%s\" is no port", argv[at + 1]);
		str_fmt(&s, "forget %u\n", number);
		return ask(&o, socket, line, false);
	}
	if (argc - at != 2 || strcmp(argv[at], "tcp") != 0)
		return options_wrong(&o, "say what to expose: tcp 22, or tcp "
		    "127.0.0.1:22");
	if (!read_target(argv[at + 1], &t))
		return options_wrong(&o, "\"%s\" is no service; write a port, or an "
		    "address and a port", argv[at + 1]);
	str_fmt(&s, "expose %s %u %d\n", target, number, keep);
	return ask(&o, socket, line, !keep);
}

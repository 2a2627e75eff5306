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
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/doc.h"
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

struct question {
	const struct options *o;
	const char *socket;
	bool stays, json;
	/* The answer, ours; with "ports" those come into it. NULL: it is where. */
	json_t *doc;
};

/* PORT TARGET STATE[, kept] */
static void
add_port(json_t **doc, const char *text)
{
	char target[160], state[16];
	unsigned port;

	if (sscanf(text, "%u %159s %15[a-z]", &port, target, state) == 3)
		doc_append(doc, "ports", json_pack("{s:I s:s s:s s:b}", "port",
		    (json_int_t)port, "target", target, "state", state, "kept",
		    strstr(text, ", kept") != NULL));
}

/* A line of the agent's that is no refusal. */
static void
show(struct question *q, const char *word, const char *text)
{
	bool at = strcmp(word, "at") == 0;

	if (q->json && at)
		(void)ask_print_own(q->o->program, json_pack("{s:s s:b}", "at", text,
		    "kept", !q->stays), AX_EXIT_OK);
	else if (q->json)
		add_port(&q->doc, text);
	else if (at)
		printf("exposed at %s%s\n", text, q->stays ? ", until Ctrl-C" :
		    "; kept until atlax expose forget");
	else
		puts(text);
	(void)fflush(stdout);
}

/* What the agent says, line by line, until it hangs up. */
static int
listen_to(struct question *q, int fd)
{
	const struct options *o = q->o;
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
		} else {
			show(q, line, text);
		}
	}
	if (f != NULL)
		(void)fclose(f);
	if (status == AX_EXIT_OK && (q->stays || !heard)) {
		fprintf(stderr, "%s: the agent has hung up\n", o->program);
		status = AX_EXIT_FAILED;
	}
	return status;
}

/* Takes doc. */
static int
ask(struct question *q, const char *line, json_t *doc)
{
	bool has_doc = doc != NULL;
	int fd = agent_ask(q->o->program, q->socket, line), r;

	q->doc = doc;
	r = fd < 0 ? AX_EXIT_FAILED : listen_to(q, fd);
	if (r == AX_EXIT_OK && q->json && has_doc)
		return ask_print_own(q->o->program, q->doc, r);
	json_decref(q->doc);
	return ask_written(q->o->program, r);
}

int
cmd_expose(int argc, char **argv)
{
	struct question q = { .socket = AGENT_SOCKET };
	const char *port = NULL;
	bool keep = false;
	const struct option_def defs[] = {
		{ 'p', "port", "N", "this port at the relay, not any", NULL, &port },
		{ 'k', "keep", NULL, "do not wait; keep it, also when the agent or the "
		  "relay starts again", &keep, NULL },
		{ 'j', "json", NULL, "as JSON", &q.json, NULL },
		{ 's', "socket", "PATH", "the agent's socket (" AGENT_SOCKET ")", NULL,
		  &q.socket },
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
	q.o = &o;
	if (port != NULL && !read_port(port, &number))
		return options_wrong(&o, "\"%s\" is no port; write 1 to 65535", port);
	if (argc - at == 1 && strcmp(argv[at], "ls") == 0)
		return ask(&q, "list\n", json_pack("{s:[]}", "ports"));
	str_init(&s, line, sizeof(line));
	str_init(&t, target, sizeof(target));
	if (argc - at == 2 && strcmp(argv[at], "forget") == 0) {
		if (!read_port(argv[at + 1], &number))
			return options_wrong(&o, "\"%s\" is no port", argv[at + 1]);
		str_fmt(&s, "forget %u\n", number);
		return ask(&q, line, json_pack("{s:I}", "forgotten",
		    (json_int_t)number));
	}
	if (argc - at != 2 || strcmp(argv[at], "tcp") != 0)
		return options_wrong(&o, "say what to expose: tcp 22, or tcp "
		    "127.0.0.1:22");
	if (!read_target(argv[at + 1], &t))
		return options_wrong(&o, "\"%s\" is no service; write a port, or an "
		    "address and a port", argv[at + 1]);
	str_fmt(&s, "expose %s %u %d\n", target, number, keep);
	q.stays = !keep;
	return ask(&q, line, NULL);
}

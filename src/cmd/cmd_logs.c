/* cmd_logs.c — atlax logs: the end of the relay's log, and what comes after it.
 *
 * Thread: the only one. Lines are shown as the relay writes them, as text or as JSON;
 * who wants only some of them has them chosen here, from either form.        */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atlax/exit.h"
#include "base/buf.h"
#include "cmd/agent_socket.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/options.h"

static const char *const levels[] = { "error", "warn", "info", "debug" };

struct logs {
	struct buf line; /* that is not whole yet */
	const char *tenant; /* NULL: whoever */
	size_t level; /* index of the last one that is shown */
	bool json;
};

/* Does text hold name, and then no more of it? */
static bool
holds(const char *text, const char *name)
{
	size_t n = strlen(name);
	const char *p = text;

	while ((p = strstr(p, name)) != NULL) {
		if (p[n] == ' ' || p[n] == '\0' || p[n - 1] == '"')
			return true;
		p += n;
	}
	return false;
}

/* The level of a line: its second word, or its member. One of neither is shown. */
static size_t
level_of(const char *line)
{
	char member[24];
	const char *word = strchr(line, ' ');

	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		size_t n = strlen(levels[i]);

		(void)snprintf(member, sizeof(member), "\"level\":\"%s\"", levels[i]);
		if (line[0] == '{' ? strstr(line, member) != NULL :
		    word != NULL && strncmp(word + 1, levels[i], n) == 0 &&
		    word[n + 1] == ' ')
			return i;
	}
	return 0;
}

static bool
is_wanted(const struct logs *l, const char *line)
{
	char text[96], json[96];

	if (level_of(line) > l->level)
		return false;
	if (l->tenant == NULL || strstr(line, "lost\"") != NULL || line[0] == '-')
		return true;
	(void)snprintf(text, sizeof(text), " tenant=%s", l->tenant);
	(void)snprintf(json, sizeof(json), "\"tenant\":\"%s\"", l->tenant);
	return line[0] == '{' ? holds(line, json) : holds(line, text);
}

static void
show(const struct logs *l, const char *line)
{
	json_t *text;

	if (line[0] == '\0' || !is_wanted(l, line))
		return; /* empty: the relay only looks whether we are there */
	if (!l->json || line[0] == '{') {
		puts(line);
		return;
	}
	text = json_pack("{s:s}", "line", line);
	if (text != NULL && json_dumpf(text, stdout, JSON_COMPACT) == 0)
		putchar('\n');
	json_decref(text);
}

static bool
on_text(void *arg, const char *p, size_t n)
{
	struct logs *l = arg;

	while (n > 0) {
		const char *nl = memchr(p, '\n', n);
		size_t len = nl == NULL ? n : (size_t)(nl - p);

		if (buf_append(&l->line, p, len) < 0 ||
		    (nl != NULL && buf_append(&l->line, "", 1) < 0)) {
			fputs("atlax logs: out of memory\n", stderr);
			return false;
		}
		if (nl != NULL) {
			show(l, (const char *)buf_slice(&l->line).p);
			buf_consume(&l->line, buf_len(&l->line));
		}
		p += len + (nl != NULL);
		n -= len + (nl != NULL);
	}
	return fflush(stdout) == 0;
}

static bool
read_level(const char *text, size_t *out)
{
	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		if (strcmp(text, levels[i]) == 0) {
			*out = i;
			return true;
		}
	return false;
}

int
cmd_logs(int argc, char **argv)
{
	struct logs l = { .level = ARRAY_LEN(levels) - 1 };
	struct ask ask = { .program = "atlax logs", .text = on_text, .arg = &l };
	const char *lines = "100", *level = levels[l.level];
	bool follow = false;
	const struct option_def defs[] = {
		{ 'f', "follow", NULL, "go on with what comes, until Ctrl-C", &follow, NULL },
		{ 'n', "lines", "N", "so many of the last ones (100)", NULL, &lines },
		{ 0, "level", "error|warn|info|debug", "nothing less important", NULL,
		    &level },
		{ 0, "tenant", "TENANT", "only lines that name him", NULL, &l.tenant },
		{ 'j', "json", NULL, "each line as JSON", &l.json, NULL },
		{ 's', "socket", "PATH", "the relay's socket (" ASK_SOCKET ")", NULL,
		    &ask.socket },
	};
	const struct options o = { .program = ask.program, .manual = "atlax(1)",
		.summary = "Shows the end of the relay's log.", .defs = defs,
		.n = ARRAY_LEN(defs) };
	struct ask_answer answer;
	char page[64];
	int r;

	if (options_read(&o, argc, argv, &r) < 0)
		return r;
	if (!read_level(level, &l.level))
		return options_wrong(&o, "--level is error, warn, info or debug");
	if (lines[strspn(lines, "0123456789")] != '\0' || strtoul(lines, NULL, 10) == 0 ||
	    strlen(lines) > 6)
		return options_wrong(&o, "not a number of lines: %s", lines);
	(void)snprintf(page, sizeof(page), "/v1/logs?lines=%s%s", lines,
	    follow ? "&follow=1" : "");
	ask.page = page;
	ask.seconds = follow ? -1 : 0;
	buf_init(&l.line);
	r = ask_relay(&ask, &answer);
	if (r == AX_EXIT_OK)
		ask_answer_fini(&answer);
	else if (r == AX_EXIT_NO_RELAY && ask.socket == NULL &&
	    access(AGENT_SOCKET, F_OK) == 0)
		fputs("An agent's log is where its service manager keeps it: "
		      "journalctl -u atlax-agent -f\n", stderr);
	buf_fini(&l.line);
	return ask_written(ask.program, r);
}

/* cmd_ls.c — atlax ls: services and agents, one line each, and how they are.
 *
 * Thread: the only one.                                                      */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "atlax/exit.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/ls_text.h"
#include "cmd/options.h"

int
cmd_ls(int argc, char **argv)
{
	struct ask ask = { .program = "atlax ls",
		.page = "/v1/status" };
	bool json = false, ok = false;
	const struct option_def defs[] = {
		{ 'j', "json", NULL, "print one JSON document", &json, NULL },
		{ 's', "socket", "PATH", "the relay's socket (" ASK_SOCKET ")", NULL,
		    &ask.socket },
	};
	const struct options o = { .program = ask.program, .manual = "atlax(1)",
		.summary = "Lists services and agents, and how they are.",
		.defs = defs, .n = ARRAY_LEN(defs) };
	struct ask_answer answer;
	json_t *list;
	int r;

	if (options_read(&o, argc, argv, &r) < 0)
		return r;
	r = ask_relay(&ask, &answer);
	if (r != AX_EXIT_OK)
		return r;
	list = ls_list(answer.doc);
	ask_answer_fini(&answer);
	if (list != NULL && json)
		ok = json_dumpf(list, stdout, JSON_COMPACT) == 0 && puts("") >= 0;
	else if (list != NULL)
		ok = ls_text(list, stdout);
	json_decref(list);
	if (ok && fflush(stdout) == 0 && !ferror(stdout))
		return AX_EXIT_OK;
	fprintf(stderr, "atlax ls: cannot write: %s\n", strerror(errno));
	return AX_EXIT_FAILED;
}

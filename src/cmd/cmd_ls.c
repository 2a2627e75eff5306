/* cmd_ls.c — atlax ls: services and agents, one line each, and how they are.
 *
 * Thread: the only one.                                                      */
#include <stdio.h>

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
	bool json = false, ok;
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
	if (json)
		return ask_print_own(ask.program, list, AX_EXIT_OK);
	ok = list != NULL && ls_text(list, stdout);
	json_decref(list);
	if (!ok)
		fputs("atlax ls: out of memory\n", stderr);
	return ask_written(ask.program, ok ? AX_EXIT_OK : AX_EXIT_FAILED);
}

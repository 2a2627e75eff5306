/* cmd_status.c — atlax status.
 *
 * Thread: the only one.                                                      */
#include <stdio.h>
#include <time.h>

#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/status_text.h"

static bool
show(const json_t *doc)
{
	return status_text(doc, (int64_t)time(NULL), stdout);
}

int
cmd_status(int argc, char **argv)
{
	struct ask ask = { .program = "atlax status",
		.page = "/v1/status" };
	bool json = false;
	const struct option_def defs[] = {
		{ 'j', "json", NULL, "print the relay's JSON document", &json, NULL },
		{ 's', "socket", "PATH", "the relay's socket (" ASK_SOCKET ")", NULL,
		    &ask.socket },
	};
	const struct options o = { .program = ask.program, .manual = "atlax(1)",
		.summary = "Shows what the relay on this machine is doing.",
		.defs = defs, .n = ARRAY_LEN(defs) };
	int r;

	return options_read(&o, argc, argv, &r) < 0 ? r : ask_show(&ask, json, show);
}

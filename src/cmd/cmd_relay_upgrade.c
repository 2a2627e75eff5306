/* cmd_relay_upgrade.c — atlax relay upgrade.
 *
 * Thread: the only one.                                                      */
#include <stdio.h>

#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/doc.h"
#include "cmd/options.h"

#define PATIENCE_S 100 /* more than the relay has */

static bool
show(const json_t *doc)
{
	printf("process %ju has taken over %ju tunnels with %ju connections, and %ju "
	    "visitors who wait; for %ju ms nobody was served\n",
	    (uintmax_t)doc_number(doc, "pid"), (uintmax_t)doc_number(doc, "tunnels"),
	    (uintmax_t)doc_number(doc, "connections"),
	    (uintmax_t)doc_number(doc, "waiting"),
	    (uintmax_t)doc_number(doc, "paused_ms"));
	return true;
}

int
cmd_relay_upgrade(int argc, char **argv)
{
	struct ask ask = { .program = "atlax relay upgrade",
		.page = "/v1/upgrade", .post = "", .seconds = PATIENCE_S };
	bool json = false;
	const struct option_def defs[] = {
		{ 'j', "json", NULL, "print the relay's JSON document", &json, NULL },
		{ 's', "socket", "PATH", "the relay's socket (" ASK_SOCKET ")", NULL,
		    &ask.socket },
	};
	const struct options o = { .program = ask.program, .manual = "atlax(1)",
		.summary = "Has the program that is installed now take over from the "
		    "relay that runs, with its connections.", .defs = defs,
		.n = ARRAY_LEN(defs) };
	int r;

	if (options_read(&o, argc, argv, &r) < 0)
		return r;
	return ask_show(&ask, json, show);
}

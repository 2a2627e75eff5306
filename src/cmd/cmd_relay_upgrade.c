/* cmd_relay_upgrade.c — atlax relay upgrade.
 *
 * Thread: the only one.                                                      */
#include <stdio.h>

#include "atlax/exit.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/options.h"

#define PATIENCE_S 100 /* more than the relay has */

static long long
number(const struct ask_answer *a, const char *key)
{
	return (long long)json_integer_value(json_object_get(a->doc, key));
}

int
cmd_relay_upgrade(int argc, char **argv)
{
	struct ask ask = { .program = "atlax relay upgrade",
		.page = "/v1/upgrade", .post = "", .seconds = PATIENCE_S };
	const struct option_def defs[] = {
		{ 's', "socket", "PATH", "the relay's socket (" ASK_SOCKET ")", NULL,
		    &ask.socket },
	};
	const struct options o = { .program = ask.program, .manual = "atlax(1)",
		.summary = "Has the program that is installed now take over from the "
		    "relay that runs, with its connections.", .defs = defs,
		.n = ARRAY_LEN(defs) };
	struct ask_answer a;
	int r;

	if (options_read(&o, argc, argv, &r) < 0)
		return r;
	r = ask_relay(&ask, &a);
	if (r != AX_EXIT_OK)
		return r;
	printf("process %lld has taken over %lld tunnels with %lld connections, and "
	    "%lld visitors who wait; for %lld ms nobody was served\n",
	    number(&a, "pid"), number(&a, "tunnels"), number(&a, "connections"),
	    number(&a, "waiting"), number(&a, "paused_ms"));
	ask_answer_fini(&a);
	return AX_EXIT_OK;
}

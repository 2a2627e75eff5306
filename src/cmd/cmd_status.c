/* cmd_status.c — atlax status.
 *
 * Thread: the only one.                                                      */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cmd/agent_socket.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/status_text.h"

static bool
show(const json_t *doc)
{
	return status_text(doc, (int64_t)time(NULL), stdout);
}

/* Is there an agent on this machine, and no relay? */
static bool
is_agents(const struct ask *ask)
{
	return ask->socket == NULL && !ask_is_remote(ask) &&
	    access(ASK_SOCKET, F_OK) < 0 && access(AGENT_SOCKET, F_OK) == 0;
}

int
cmd_status(int argc, char **argv)
{
	struct ask ask = { .program = "atlax status",
		.page = "/v1/status" };
	bool json = false, agent = false;
	const struct option_def defs[] = {
		{ 'j', "json", NULL, "print the JSON document", &json, NULL },
		{ 'a', "agent", NULL, "ask the agent of this machine; so it is, too, "
		    "where there is no relay", &agent, NULL },
		{ 's', "socket", "PATH", "the agent's with --agent, else the relay's "
		    "(" ASK_SOCKET ")", NULL, &ask.socket },
	};
	const struct options o = { .program = ask.program, .manual = "atlax(1)",
		.summary = "Shows what the relay or the agent on this machine is doing.",
		.defs = defs, .n = ARRAY_LEN(defs) };
	int r;

	if (options_read(&o, argc, argv, &r) < 0)
		return r;
	if (agent || is_agents(&ask))
		return agent_status(ask.program,
		    ask.socket == NULL ? AGENT_SOCKET : ask.socket, json);
	return ask_show(&ask, json, show);
}

/* agent_main.c — atlax-agent. */
#include <stdio.h>

#include "agent/agent.h"
#include "atlax/exit.h"
#include "cmd/options.h"
#include "io/process.h"
#include "io/sandbox.h"

int
main(int argc, char **argv)
{
	struct daemon_options o = { 0 };
	struct conf_agent *conf = NULL;
	struct err e = { 0 };
	int status;

	process_hide();
	sandbox_drop(SANDBOX_AGENT);
	status = daemon_options(argc, argv, "atlax-agent",
	    SYSCONFDIR "/atlax/agent.yaml", &o);
	if (status >= 0)
		return status;
	status = AX_EXIT_OK;
	if (conf_agent_load(o.config, &conf, &e) < 0)
		status = AX_EXIT_CONFIG;
	else if (o.dump)
		conf_agent_dump(conf, stdout);
	else if (!o.check)
		status = exit_status(agent_run(conf, &e));
	else if (agent_check(conf, &e) < 0)
		status = AX_EXIT_CONFIG;
	conf_agent_free(&conf);
	if (status != AX_EXIT_OK)
		fprintf(stderr, "atlax-agent: %s\n", e.text);
	return status;
}

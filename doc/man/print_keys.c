/* print_keys.c — helps to make the manual: prints the keys of relay.yaml or
 * agent.yaml as mdoc(7), from the table that the programs use.
 *
 * Thread: the only one. Runs while atlax is built; is not installed.         */
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "relay") == 0)
		conf_relay_manual(stdout);
	else if (argc == 2 && strcmp(argv[1], "agent") == 0)
		conf_agent_manual(stdout);
	else
		return 2;
	return fflush(stdout) != 0 || ferror(stdout) ? 1 : 0;
}

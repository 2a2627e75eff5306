/* relay_main.c — atlax-relay. */
#include <stdio.h>

#include "atlax/exit.h"
#include "cmd/options.h"
#include "relay/relay.h"

int
main(int argc, char **argv)
{
	struct daemon_options o = { 0 };
	struct conf_relay *conf = NULL;
	struct err e = { 0 };
	int status = daemon_options(argc, argv, "atlax-relay",
	    SYSCONFDIR "/atlax/relay.yaml", &o);

	if (status >= 0)
		return status;
	status = AX_EXIT_OK;
	if (conf_relay_load(o.config, &conf, &e) < 0)
		status = AX_EXIT_CONFIG;
	else if (o.dump)
		conf_relay_dump(conf, stdout);
	else if (!o.check)
		status = relay_run(conf, &e);
	else if (relay_check(conf, &e) < 0)
		status = AX_EXIT_CONFIG;
	conf_relay_free(&conf);
	if (status != AX_EXIT_OK)
		fprintf(stderr, "atlax-relay: %s\n", e.text);
	return status;
}

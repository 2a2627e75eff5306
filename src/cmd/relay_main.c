/* relay_main.c — atlax-relay. */
#include <stdio.h>

#include "atlax/exit.h"
#include "cmd/human.h"
#include "cmd/options.h"
#include "conf/grant.h"
#include "io/process.h"
#include "io/sandbox.h"
#include "relay/footprint.h"
#include "relay/relay.h"

static void
line(const char *what, uint64_t bytes, const char *text)
{
	char size[32];
	struct str s;

	str_init(&s, size, sizeof(size));
	human_bytes(&s, bytes);
	printf("  %-26s %9s%s%s\n", what, size, text[0] != '\0' ? "  " : "", text);
}

/* The most memory it can need. Returns whether the machine has it. */
static bool
print_memory(const struct conf_relay *c)
{
	struct footprint f;
	char text[96];

	footprint_of(c, &f);
	printf("memory, at most:\n");
	line("program and tenants", f.program, "");
	snprintf(text, sizeof(text), "%u, with strangers' handshakes", f.n_workers);
	line("workers", f.workers, text);
	line("visitors who wait", f.waiting, "limits.streams");
	snprintf(text, sizeof(text), "limits.memory%s: %llu idle agents, or %llu "
	    "connections", c->limits.memory == 0 ? " (auto)" : "",
	    (unsigned long long)(f.lent / f.tunnel),
	    (unsigned long long)(f.lent / f.connection));
	line("tunnels and connections", f.lent, text);
	line("all", f.all, "");
	line("this machine has", f.machine, "");
	return f.all <= f.machine;
}

int
main(int argc, char **argv)
{
	struct daemon_options o = { 0 };
	struct conf_relay *conf = NULL;
	struct err e = { 0 };
	int status;

	process_hide();
	sandbox_drop(SANDBOX_RELAY);
	status = daemon_options(argc, argv, "atlax-relay",
	    SYSCONFDIR "/atlax/relay.yaml", &o);
	if (status >= 0)
		return status;
	status = AX_EXIT_OK;
	if (conf_relay_load(o.config, &conf, &e) < 0)
		status = AX_EXIT_CONFIG;
	else if (o.dump)
		conf_relay_dump(conf, stdout);
	else if (grant_open(conf, &e) < 0)
		status = AX_EXIT_FAILED;
	else if (!o.check)
		status = exit_status(relay_run(conf, &e));
	else if (relay_check(conf, &e) < 0)
		status = AX_EXIT_CONFIG;
	else if (!print_memory(conf))
		fprintf(stderr, "atlax-relay: warning: that is more memory than "
		    "there is; make limits.memory or limits.streams smaller\n");
	conf_relay_free(&conf);
	if (status != AX_EXIT_OK) {
		fprintf(stderr, "atlax-relay: %s\n", e.text);
		relay_refuse(e.text);
	}
	return status;
}

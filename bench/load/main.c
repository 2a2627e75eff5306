/* main.c — chooses the mode. One thread, one run per process.               */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "atlax/exit.h"
#include "load/run.h"

static const struct mode {
	const char *name;
	int (*run)(struct run *run, struct err *e);
	bool client; /* needs --connect */
	const char *options;
} modes[] = {
	{ "serve", mode_serve, false, "--listen ADDR" },
	{ "bulk", mode_bulk, true,
	    "--up|--down [--streams N] [--bytes B] [--verify]" },
	{ "echo", mode_echo, true,
	    "[--conns N] [--size B] [--requests N] [--verify]" },
	{ "churn", mode_churn, true,
	    "[--conns N] [--size B] [--requests N] [--verify]" },
	{ "http", mode_http, true,
	    "[--conns N] [--close] [--host NAME] [--requests N] [--verify]" },
	{ "mixed", mode_mixed, true, "[--conns N] [--streams N] [--verify]" },
	{ "stall", mode_stall, true, "[--conns N] [--streams N] [--bytes B]" },
	{ "share", mode_share, true, "[--streams N] ADDR..., the others" },
	{ "idle", mode_idle, true, "[--conns N]; ends with a line on stdin" },
	{ "wait", mode_wait, true, "until an echo comes back" },
	{ "ports", mode_ports, false, "--conns N: prints N free ports" },
	{ "report", mode_report, false,
	    "[--rows] [--json FILE] [--machine FILE] [--yardstick PEER] "
	    "SAMPLES" },
};

static const struct mode *
find_mode(const char *name)
{
	size_t i;

	for (i = 0; name != NULL && i < ARRAY_LEN(modes); i++)
		if (strcmp(modes[i].name, name) == 0)
			return &modes[i];
	return NULL;
}

static int
usage(void)
{
	size_t i;

	fputs("usage: atlax-load MODE [OPTIONS]\n"
	      "clients take --connect ADDR, --seconds S and, for what other "
	      "processes use, --watch ROLE=PID\n", stderr);
	for (i = 0; i < ARRAY_LEN(modes); i++)
		fprintf(stderr, "  %-7s %s\n", modes[i].name,
		    modes[i].options);
	return AX_EXIT_USAGE;
}

static int
run_mode(const struct mode *mode, struct run *run, struct err *e)
{
	int r = 0;

	if (mode->client)
		r = net_parse(run->args.connect, &run->to, e);
	if (r == 0)
		r = poller_open(&run->poller, e);
	if (r < 0)
		return r;
	pattern_init(&run->pattern);
	net_raise_nofile();
	r = mode->run(run, e);
	poller_close(&run->poller);
	return r;
}

int
main(int argc, char **argv)
{
	const struct mode *mode = find_mode(argc > 1 ? argv[1] : NULL);
	struct run *run = calloc(1, sizeof(*run));
	struct err e = { 0 };
	int r;

	if (mode == NULL || run == NULL) {
		free(run);
		return usage();
	}
	r = args_parse(argv + 2, &run->args, &e);
	if (r == 0)
		r = run_mode(mode, run, &e);
	free(run);
	if (r < 0) {
		fprintf(stderr, "atlax-load %s: %s\n", mode->name, e.text);
		return AX_EXIT_FAILED;
	}
	return AX_EXIT_OK;
}

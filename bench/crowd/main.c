/* main.c — atlax-crowd: what many agents cost a relay. One thread, one run per
 * process. Invariant: the meter runs only while what is counted happens; whoever
 * has to be up before that, is.                                              */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atlax/exit.h"
#include "base/clock.h"
#include "crowd/crowd.h"
#include "load/meter.h"
#include "load/net.h"

/* Who waits longer than this for the next agent waits in vain: longer than the
 * longest pause between two tries.                                           */
#define PATIENCE_NS (60 * AX_NS_PER_S)
/* On their way at once. More than that, and their own deadlines would pass
 * while they wait for this one process to be all of them; a relay does not
 * begin more handshakes at once either.                                      */
#define STORM 1024
#define GENTLE 32 /* when it is no storm */

static void
turn(struct crowd *c, uint64_t until_ns)
{
	uint64_t now = clock_mono_ns();

	loop_turn(c->loop, until_ns > now ? until_ns - now : 0);
}

/* Until all are up; at most at_once of them are on their way. */
static int
gather(struct crowd *c, size_t at_once, struct err *e)
{
	uint64_t start = clock_mono_ns(), until = start + PATIENCE_NS;
	uint64_t had = c->arrivals;
	size_t sent = 0;

	while (c->up < c->n) {
		for (; sent < c->n && sent - c->up < at_once; sent++)
			crowd_send(c, sent, start);
		turn(c, until);
		if (c->arrivals > had) {
			had = c->arrivals;
			until = clock_mono_ns() + PATIENCE_NS;
		}
		if (clock_mono_ns() >= until)
			return err_set(e, AX_E_TIMEOUT, "%zu of %zu agents are "
			    "up; the last that failed: %s", c->up, c->n,
			    c->why.text);
	}
	return 0;
}

static int
mode_handshake(struct crowd *c, const struct args *a, struct err *e)
{
	struct result out;
	struct meter m;
	uint64_t until;
	size_t i;
	int r;

	c->leaving = true;
	for (i = 0; i < c->n; i++)
		crowd_send(c, i, clock_mono_ns());
	r = meter_start(&m, a, e);
	if (r < 0)
		return r;
	until = m.start_ns + (uint64_t)(a->seconds * 1e9);
	while (clock_mono_ns() < until)
		turn(c, until);
	r = meter_stop(&m, e);
	if (r < 0)
		return r;
	if (c->arrivals == 0)
		return err_set(e, AX_E_CLOSED, "no handshake came to its end: %s",
		    c->why.text);
	result_begin(&out, "handshake");
	result_num(&out, "handshakes_s",
	    (double)c->arrivals / meter_seconds(&m));
	result_latency(&out, &c->latency);
	meter_cpu(&m, &out, "us_per_handshake", 1e6 / (double)c->arrivals);
	meter_per_cpu(&m, &out, "handshakes", (double)c->arrivals);
	result_u64(&out, "handshakes", c->arrivals);
	result_num(&out, "seconds", meter_seconds(&m));
	result_u64(&out, "errors", c->failures);
	result_print(&out);
	return 0;
}

static int
mode_storm(struct crowd *c, const struct args *a, struct err *e)
{
	struct result out;
	struct meter m;
	int r;

	r = gather(c, GENTLE, e);
	if (r == 0)
		r = meter_start(&m, a, e);
	if (r < 0)
		return r;
	crowd_cut(c);
	crowd_reset(c);
	r = gather(c, STORM, e);
	if (r == 0)
		r = meter_stop(&m, e);
	if (r < 0)
		return r;
	result_begin(&out, "storm");
	result_num(&out, "back_s", meter_seconds(&m));
	result_latency(&out, &c->latency);
	meter_cpu(&m, &out, "us_per_agent", 1e6 / (double)c->n);
	result_u64(&out, "retries", c->failures);
	result_u64(&out, "agents", c->n);
	result_print(&out);
	return 0;
}

/* Ends by a signal. */
static int
mode_hold(struct crowd *c, const struct args *a, struct err *e)
{
	struct result out;
	struct meter m;
	int r;

	r = meter_start(&m, a, e);
	if (r == 0)
		r = gather(c, GENTLE, e);
	if (r == 0)
		r = meter_stop(&m, e);
	if (r < 0)
		return r;
	result_begin(&out, "hold");
	result_u64(&out, "agents", c->n);
	result_num(&out, "open_s", meter_seconds(&m));
	meter_rss_start(&m, &out);
	meter_rss(&m, &out, "bytes_per_agent", 1 / (double)c->n);
	result_print(&out);
	for (;;)
		turn(c, AX_NEVER);
}

static void
turn_for(struct crowd *c, uint64_t ns)
{
	uint64_t until = clock_mono_ns() + ns;

	while (clock_mono_ns() < until)
		turn(c, until);
}

/* Until there is a line, or the end, on standard input, and nobody else goes. */
static int
mode_lose(struct crowd *c, const struct args *a AX_UNUSED, struct err *e)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	struct result out;
	uint64_t lost;
	int r = gather(c, GENTLE, e);

	if (r < 0)
		return r;
	crowd_reset(c);
	fprintf(stderr, "%zu agents are up\n", c->n);
	while (poll(&in, 1, 0) == 0)
		turn_for(c, AX_NS_PER_S / 10);
	do {
		lost = c->lost;
		turn_for(c, AX_NS_PER_S);
	} while (c->lost > lost);
	result_begin(&out, "lose");
	result_u64(&out, "agents", c->n);
	result_u64(&out, "up", c->up);
	result_u64(&out, "lost", c->lost);
	result_u64(&out, "came", c->arrivals);
	result_u64(&out, "last_lost_ms", c->lost_ms);
	result_print(&out);
	return 0;
}

static const struct mode {
	const char *name;
	int (*run)(struct crowd *c, const struct args *a, struct err *e);
	const char *what;
} modes[] = {
	{ "handshake", mode_handshake, "N agents come up and go, again and again" },
	{ "storm", mode_storm, "N agents are cut off and come back, all at once" },
	{ "hold", mode_hold, "N agents are up until this program is ended" },
	{ "lose", mode_lose, "N agents are up; after a line on stdin: how many are not, "
	    "and since when" },
};

static int
usage(void)
{
	size_t i;

	fputs("usage: atlax-crowd MODE --connect ADDR --pki DIR [--conns N] "
	      "[--tenants]\n    [--service ADDR] [--seconds S] [--watch ROLE=PID]\n"
	      "DIR is the CA's, made by atlax pki init. Agents are crowd/a1 to "
	      "crowd/aN,\nwith --tenants t1/agent to tN/agent.\n", stderr);
	for (i = 0; i < ARRAY_LEN(modes); i++)
		fprintf(stderr, "  %-10s %s\n", modes[i].name, modes[i].what);
	return AX_EXIT_USAGE;
}

static int
run_mode(const struct mode *mode, char **argv, struct err *e)
{
	struct crowd *c = calloc(1, sizeof(*c));
	struct args a;
	int r;

	if (c == NULL)
		return err_set(e, AX_E_NOMEM, "out of memory");
	net_raise_nofile();
	r = args_parse(argv, &a, e);
	if (r < 0)
		goto out;
	r = crowd_open(c, &(struct crowd_args){ .relay = a.connect,
	    .service = a.service, .pki = a.pki, .n = (size_t)a.conns, .tenants = a.tenants }, e);
	if (r == 0)
		r = mode->run(c, &a, e);
	crowd_close(c);
out:
	free(c);
	return r;
}

int
main(int argc, char **argv)
{
	struct err e = { 0 };
	size_t i;

	for (i = 0; argc > 1 && i < ARRAY_LEN(modes); i++) {
		if (strcmp(modes[i].name, argv[1]) != 0)
			continue;
		if (run_mode(&modes[i], argv + 2, &e) == 0)
			return AX_EXIT_OK;
		fprintf(stderr, "atlax-crowd %s: %s\n", argv[1], e.text);
		return AX_EXIT_FAILED;
	}
	return usage();
}

/* hold.c — the modes that wait rather than measure speed: idle connections,
 * waiting for a path to work, free ports. One thread, blocking sockets, one
 * connection after the other: their speed does not matter. Invariant: a
 * connection counts as open only after a byte made the whole way and back.   */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "load/meter.h"
#include "load/request.h"
#include "load/run.h"

#define ANSWER_LIMIT_MS 5000
#define RETRY_NS (20 * AX_NS_PER_MS)

/* Connects and has one byte echoed. */
static int
open_proven(struct run *run, unsigned limit_ms, int *fd, struct err *e)
{
	uint8_t rq[REQUEST_LEN + 1] = { 0 }, back = 0;
	ssize_t n;
	int r;

	request_write(&(struct request){ .op = REQUEST_ECHO }, rq);
	rq[REQUEST_LEN] = 0x5a;
	r = net_connect_wait(&run->to, limit_ms, fd, e);
	if (r < 0)
		return r;
	n = send(*fd, rq, sizeof(rq), MSG_NOSIGNAL);
	if (n == (ssize_t)sizeof(rq))
		n = recv(*fd, &back, 1, 0);
	if (n == 1 && back == 0x5a)
		return 0;
	r = n < 0 ? err_sys(e, "no echo")
		  : err_set(e, AX_E_CLOSED, "closed instead of an echo");
	close(*fd);
	*fd = -1;
	return r;
}

/* The line of standard input, or its end, is the sign to let go. */
static void
wait_for_line(void)
{
	char line[64];

	if (fgets(line, sizeof(line), stdin) == NULL)
		return;
}

static int
open_all(struct run *run, int *fds, struct err *e)
{
	size_t i;
	int r;

	for (i = 0; i < run->args.conns; i++) {
		r = open_proven(run, ANSWER_LIMIT_MS, &fds[i], e);
		if (r < 0)
			return err_prefix(e, r, "connection %zu", i + 1);
	}
	return 0;
}

int
mode_idle(struct run *run, struct err *e)
{
	size_t n = run->args.conns, i;
	struct result out;
	struct meter m;
	int *fds, r;

	fds = malloc(n * sizeof(*fds));
	if (fds == NULL)
		return err_set(e, AX_E_NOMEM, "out of memory");
	for (i = 0; i < n; i++)
		fds[i] = -1;
	r = meter_start(&m, &run->args, e);
	if (r == 0)
		r = open_all(run, fds, e);
	if (r == 0)
		r = meter_stop(&m, e);
	if (r < 0)
		goto out;
	result_begin(&out, "idle");
	result_u64(&out, "conns", n);
	result_num(&out, "open_s", meter_seconds(&m));
	meter_rss_start(&m, &out);
	meter_rss(&m, &out, "bytes_per_conn", 1 / (double)n);
	result_print(&out);
	wait_for_line();
out:
	for (i = 0; i < n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	free(fds);
	return r;
}

int
mode_wait(struct run *run, struct err *e)
{
	const struct timespec pause = { .tv_nsec = RETRY_NS };
	uint64_t until =
	    clock_mono_ns() + (uint64_t)(run->args.seconds * 1e9);
	int fd, r;

	for (;;) {
		r = open_proven(run, ANSWER_LIMIT_MS, &fd, e);
		if (r == 0) {
			close(fd);
			return 0;
		}
		if (clock_mono_ns() >= until)
			return r;
		nanosleep(&pause, NULL);
	}
}

/* All are bound before the first is printed, so they differ. The kernel does
 * not hand a port out again soon after it was closed.                        */
int
mode_ports(struct run *run, struct err *e)
{
	size_t n = run->args.conns, i;
	struct net_addr any;
	int fd, r;

	r = net_parse("127.0.0.1:0", &any, e);
	for (i = 0; i < n && r == 0; i++) {
		r = net_listen(&any, &fd, e);
		if (r == 0)
			printf("%u\n", net_port(fd));
	}
	fflush(stdout);
	return r; /* the end of the process closes them */
}

/* tcpsvc.c — a service with one bad habit, for tests.
 *
 * tcpsvc HABIT LISTEN [RATE]; prints "port N", then for every connection that
 * is over "closed HABIT bytes N end eof|reset", N being what it read. A thread
 * per connection with blocking calls: a habit is then read from top to bottom.
 * Runs until it is killed.                                                   */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "load/net.h"

static const char greeting[] = "hello\n";

struct visit {
	int fd;
	uint64_t rate; /* bytes a second, for the slow reader */
	const struct habit *habit;
	uint64_t bytes;
	bool reset; /* how the other side ended it */
};

/* Reads into p; returns what recv does and keeps count. */
static ssize_t
take(struct visit *v, char *p, size_t n)
{
	ssize_t got = recv(v->fd, p, n, 0);

	if (got > 0)
		v->bytes += (uint64_t)got;
	v->reset = got < 0;
	return got;
}

static void
give(struct visit *v, const char *p, size_t n)
{
	ssize_t sent;

	for (; n > 0; p += sent, n -= (size_t)sent) {
		sent = send(v->fd, p, n, MSG_NOSIGNAL);
		if (sent < 0) {
			v->reset = true;
			return;
		}
	}
}

static void
do_echo(struct visit *v)
{
	char p[16384];
	ssize_t n;

	while (!v->reset && (n = take(v, p, sizeof(p))) > 0)
		give(v, p, (size_t)n);
}

static void
do_discard(struct visit *v)
{
	char p[16384];

	while (take(v, p, sizeof(p)) > 0)
		;
}

static void
do_close_first(struct visit *v)
{
	give(v, greeting, strlen(greeting));
}

static void
do_half_close(struct visit *v)
{
	give(v, greeting, strlen(greeting));
	shutdown(v->fd, SHUT_WR);
	do_discard(v);
}

/* A tenth of the rate ten times a second. */
static void
do_slow(struct visit *v)
{
	const struct timespec pause = { .tv_nsec = 100 * (long)AX_NS_PER_MS };
	size_t piece = (size_t)MAX(v->rate / 10, UINT64_C(1));
	char p[16384];

	while (take(v, p, MIN(piece, sizeof(p))) > 0)
		nanosleep(&pause, NULL);
}

/* Reads nothing and says nothing; only the end of the process lets go. */
static void
do_silent(struct visit *v AX_UNUSED)
{
	for (;;)
		pause();
}

static void
do_reset(struct visit *v)
{
	struct linger now = { .l_onoff = 1 };
	char p[1];

	if (take(v, p, 1) == 1)
		setsockopt(v->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static const struct habit {
	const char *name;
	void (*run)(struct visit *v);
	bool small; /* a small receive buffer, so that the sender notices */
} habits[] = {
	{ "echo", do_echo, false },
	{ "discard", do_discard, false },
	{ "close-first", do_close_first, false }, /* greets and closes */
	{ "half-close", do_half_close, false }, /* greets, ends, reads on */
	{ "slow-reader", do_slow, true },
	{ "silent", do_silent, true },
	{ "reset", do_reset, false }, /* after the first byte */
	{ "never-accept", NULL, false },
};

static void *
visit_run(void *arg)
{
	struct visit *v = arg;
	char line[128];
	int n;

	v->habit->run(v);
	close(v->fd);
	/* One write, so that lines of several connections stay whole. */
	n = snprintf(line, sizeof(line), "closed %s bytes %" PRIu64
	    " end %s\n", v->habit->name, v->bytes, v->reset ? "reset" : "eof");
	if (write(STDOUT_FILENO, line, (size_t)n) != n)
		exit(1);
	free(v);
	return NULL;
}

static void
visit_start(const struct visit *like, int fd)
{
	struct visit *v = malloc(sizeof(*v));
	pthread_t thread;

	if (v == NULL) {
		close(fd);
		return;
	}
	*v = *like;
	v->fd = fd;
	if (pthread_create(&thread, NULL, visit_run, v) != 0) {
		close(fd);
		free(v);
		return;
	}
	pthread_detach(thread);
}

static int
serve(int listener, const struct visit *like)
{
	int fd;

	for (;;) {
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			visit_start(like, fd);
		else if (errno != EINTR && errno != ECONNABORTED)
			return 1;
	}
}

/* Fills the queue of waiting connections with our own; further ones then get
 * no answer to their SYN. The queue is full when one of ours is not answered
 * either: on loopback a tenth of a second is a long time.                    */
static void
fill_backlog(int listener)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	struct timeval limit = { .tv_usec = 100000 };
	int fd;

	if (listen(listener, 1) < 0 ||
	    getsockname(listener, (struct sockaddr *)&sa, &len) < 0)
		exit(1);
	do {
		fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			exit(1);
		/* It bounds connect as well. */
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	} while (connect(fd, (struct sockaddr *)&sa, len) == 0);
}

static const struct habit *
find_habit(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(habits); i++)
		if (strcmp(habits[i].name, name) == 0)
			return &habits[i];
	return NULL;
}

static int
open_listener(const char *text, bool small)
{
	int fd = -1, size = 4096;
	struct net_addr at;
	struct err e;

	if (net_parse(text, &at, &e) < 0 || net_listen(&at, &fd, &e) < 0) {
		fprintf(stderr, "tcpsvc: %s\n", e.text);
		exit(1);
	}
	/* There is nothing to do beside waiting in accept. */
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	/* Accepted sockets inherit the size; later is too late for a window. */
	if (small)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return fd;
}

static int
run(const struct habit *habit, const char *at, uint64_t rate)
{
	struct visit like = { .habit = habit, .rate = rate };
	int listener = open_listener(at, habit->small);

	if (habit->run == NULL)
		fill_backlog(listener);
	printf("port %u\n", net_port(listener));
	fflush(stdout);
	if (habit->run == NULL)
		do_silent(NULL);
	return serve(listener, &like);
}

int
main(int argc, char **argv)
{
	const struct habit *habit = argc > 2 ? find_habit(argv[1]) : NULL;
	size_t i;

	if (habit != NULL)
		return run(habit, argv[2],
		    argc > 3 ? strtoull(argv[3], NULL, 10) : 1000);
	fputs("usage: tcpsvc HABIT LISTEN [RATE]; habits:", stderr);
	for (i = 0; i < ARRAY_LEN(habits); i++)
		fprintf(stderr, " %s", habits[i].name);
	fputs("\n", stderr);
	return 2;
}

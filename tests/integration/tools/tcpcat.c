/* tcpcat.c — a visitor for tests: sends its standard input, prints what comes
 * back, and says how it ended.
 *
 * tcpcat [-k] [-t SECONDS] ADDR; it is over when both directions have ended.
 * -k: no half-close at the end of standard input, and over when the service's
 * direction has ended. -t: after that much silence (10 s). On
 * standard error "end eof|reset|refused|timeout bytes N"; exit status 0, 1, 2
 * or 3 in this order. One thread. Invariant: standard input is not read on
 * before all that was read has been sent.                                    */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load/net.h"

enum end { END_EOF, END_RESET, END_REFUSED, END_TIMEOUT, END_NONE };
static const char *const end_names[] = { "eof", "reset", "refused", "timeout" };

struct cat {
	int fd;
	bool keep, connected;
	bool no_input; /* all of standard input is read */
	bool ended;    /* the service has sent all it had */
	int limit_ms;
	uint64_t bytes; /* received */
	char out[16384];
	size_t out_n, out_sent;
};

static enum end
receive(struct cat *c)
{
	char p[16384];
	ssize_t n = recv(c->fd, p, sizeof(p), 0);

	if (n < 0)
		return errno == EAGAIN ? END_NONE : END_RESET;
	c->ended = n == 0;
	c->bytes += (uint64_t)n;
	if (write(STDOUT_FILENO, p, (size_t)n) != n)
		exit(4);
	return END_NONE;
}

static enum end
transmit(struct cat *c)
{
	ssize_t n = send(c->fd, c->out + c->out_sent, c->out_n - c->out_sent,
	    MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN ? END_NONE : END_RESET;
	c->out_sent += (size_t)n;
	if (c->out_sent == c->out_n)
		c->out_sent = c->out_n = 0;
	return END_NONE;
}

static void
read_input(struct cat *c)
{
	ssize_t n = read(STDIN_FILENO, c->out, sizeof(c->out));

	if (n > 0) {
		c->out_n = (size_t)n;
		return;
	}
	c->no_input = true;
	if (!c->keep)
		shutdown(c->fd, SHUT_WR);
}

/* Whether the connection came about, once the socket is writable. */
static enum end
finish_connect(struct cat *c)
{
	int problem = 0;
	socklen_t len = sizeof(problem);

	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &problem, &len);
	c->connected = problem == 0;
	if (problem == ETIMEDOUT)
		return END_TIMEOUT;
	return problem == 0 ? END_NONE : END_REFUSED;
}

/* A service may half-close and read on, so its end alone is not ours. */
static bool
is_over(const struct cat *c)
{
	return c->ended && (c->keep || (c->no_input && c->out_n == 0));
}

static enum end
turn(struct cat *c)
{
	bool idle = c->connected && c->out_n == 0 && !c->no_input;
	struct pollfd p[2] = {
		{ .fd = c->fd, .events = c->ended ? 0 : POLLIN },
		{ .fd = idle ? STDIN_FILENO : -1, .events = POLLIN },
	};
	enum end end = END_NONE;

	if (!c->connected || c->out_n > 0)
		p[0].events |= POLLOUT;
	if (poll(p, 2, c->limit_ms) == 0)
		return END_TIMEOUT;
	if (!c->connected)
		return p[0].revents != 0 ? finish_connect(c) : END_NONE;
	if (p[0].revents & ~POLLOUT)
		end = receive(c);
	if (end == END_NONE && c->out_n > 0 && (p[0].revents & POLLOUT))
		end = transmit(c);
	if (end == END_NONE && p[1].revents != 0)
		read_input(c);
	return end == END_NONE && is_over(c) ? END_EOF : end;
}

static enum end
run(struct cat *c, const char *text)
{
	enum end end = END_NONE;
	struct net_addr to;
	struct err e;

	if (net_parse(text, &to, &e) < 0) {
		fprintf(stderr, "tcpcat: %s\n", e.text);
		exit(4);
	}
	if (net_connect(&to, &c->fd, &e) < 0)
		return END_REFUSED;
	while (end == END_NONE)
		end = turn(c);
	close(c->fd);
	return end;
}

int
main(int argc, char **argv)
{
	struct cat c = { .fd = -1, .limit_ms = 10000 };
	enum end end;
	int opt;

	while ((opt = getopt(argc, argv, "kt:")) != -1) {
		if (opt == 'k')
			c.keep = true;
		else if (opt == 't')
			c.limit_ms = (int)(strtod(optarg, NULL) * 1000);
		else
			return 4;
	}
	if (optind + 1 != argc) {
		fputs("usage: tcpcat [-k] [-t SECONDS] ADDR\n", stderr);
		return 4;
	}
	end = run(&c, argv[optind]);
	fprintf(stderr, "end %s bytes %" PRIu64 "\n", end_names[end], c.bytes);
	return (int)end;
}

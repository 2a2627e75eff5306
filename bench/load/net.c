/* net.c — the few socket calls of the load program. Any thread. Every socket
 * is close-on-exec and has Nagle's algorithm switched off, because a delayed
 * small write would be counted as latency of the tunnel.                     */
#include "load/net.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Splits at the last colon and drops the brackets of an IPv6 address. */
static bool
split(char *text, char **host, char **port)
{
	char *colon = strrchr(text, ':');
	size_t n;

	if (colon == NULL)
		return false;
	*colon = '\0';
	*port = colon + 1;
	*host = text;
	n = strlen(text);
	if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
		text[n - 1] = '\0';
		*host = text + 1;
	}
	return true;
}

int
net_parse(const char *text, struct net_addr *out, struct err *e)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM };
	char copy[128], *host = NULL, *port = NULL;
	struct addrinfo *found = NULL;

	if (text == NULL)
		return err_set(e, AX_E_SYNTAX, "an address is missing");
	snprintf(copy, sizeof(copy), "%s", text);
	if (!split(copy, &host, &port) ||
	    getaddrinfo(host, port, &hints, &found) != 0)
		return err_set(e, AX_E_SYNTAX,
		    "%s is not a numeric address and a port", text);
	memset(out, 0, sizeof(*out));
	memcpy(&out->sa, found->ai_addr, found->ai_addrlen);
	out->len = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

static int
open_socket(const struct net_addr *at, int flags)
{
	int fd = socket(
	    at->sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	if (fd >= 0)
		net_nodelay(fd);
	return fd;
}

int
net_listen(const struct net_addr *at, int *fd, struct err *e)
{
	int s = open_socket(at, SOCK_NONBLOCK), on = 1;

	if (s < 0)
		return err_sys(e, "socket");
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(s, (const struct sockaddr *)&at->sa, at->len) < 0 ||
	    listen(s, 4096) < 0) {
		int r = err_sys(e, "listen");

		close(s);
		return r;
	}
	*fd = s;
	return 0;
}

unsigned
net_port(int fd)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);

	if (getsockname(fd, (struct sockaddr *)&sa, &len) < 0)
		return 0;
	if (sa.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&sa)->sin6_port);
	return ntohs(((struct sockaddr_in *)&sa)->sin_port);
}

static int
connect_with(int s, const struct net_addr *to, int *fd, struct err *e)
{
	if (s < 0)
		return err_sys(e, "socket");
	if (connect(s, (const struct sockaddr *)&to->sa, to->len) < 0 &&
	    errno != EINPROGRESS) {
		int r = err_sys(e, "connect");

		close(s);
		return r;
	}
	*fd = s;
	return 0;
}

int
net_connect(const struct net_addr *to, int *fd, struct err *e)
{
	return connect_with(open_socket(to, SOCK_NONBLOCK), to, fd, e);
}

int
net_connect_wait(
    const struct net_addr *to, unsigned limit_ms, int *fd, struct err *e)
{
	struct timeval limit = { .tv_sec = limit_ms / 1000,
		.tv_usec = limit_ms % 1000 * 1000 };
	int s = open_socket(to, 0);

	if (s >= 0) {
		setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
		setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	}
	return connect_with(s, to, fd, e);
}

void
net_nodelay(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void
net_raise_nofile(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) == 0) {
		lim.rlim_cur = lim.rlim_max;
		setrlimit(RLIMIT_NOFILE, &lim);
	}
}

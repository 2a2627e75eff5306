/* page.c — the service of the demo: a web server of one page, which tells who
 * asked for it and how often it was asked for.
 *
 * Prints "port N" and serves until it is killed. One thread, one visitor at a
 * time; a visitor who says nothing is sent away after a second.
 * Invariant: of what a visitor sends only its length is looked at.           */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static int
listen_somewhere(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(fd, 16) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) < 0) {
		perror("page");
		return -1;
	}
	printf("port %u\n", ntohs(at.sin_port));
	fflush(stdout);
	return fd;
}

/* Reads to the blank line behind a request's head. */
static void
read_head(int fd)
{
	struct timeval patience = { .tv_sec = 1 };
	char head[8192];
	size_t n = 0;
	ssize_t r;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	while (n < sizeof(head) &&
	    memmem(head, n, "\r\n\r\n", 4) == NULL) {
		r = recv(fd, head + n, sizeof(head) - n, 0);
		if (r <= 0)
			return;
		n += (size_t)r;
	}
}

static void
answer(int fd, unsigned long count)
{
	char body[512], head[128];
	int b, h;

	b = snprintf(body, sizeof(body),
	    "<!doctype html><title>atlax</title>\n"
	    "<h1>Hello from behind the tunnel.</h1>\n"
	    "<p>This page comes from a port that only the agent's machine "
	    "can reach.\nYou came in through the relay. "
	    "Requests so far: %lu.</p>\n", count);
	h = snprintf(head, sizeof(head),
	    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
	    "Content-Length: %d\r\nConnection: close\r\n\r\n", b);
	(void)!send(fd, head, (size_t)h, MSG_NOSIGNAL | MSG_MORE);
	(void)!send(fd, body, (size_t)b, MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
}

int
main(void)
{
	int listener = listen_somewhere();

	if (listener < 0)
		return 1;
	for (unsigned long count = 1;; count++) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0) {
			perror("page");
			return 1;
		}
		read_head(fd);
		answer(fd, count);
		close(fd);
	}
}

/* agent_socket.c — the agent's Unix socket, where one line is a question.
 *
 * Thread: the only one.                                                      */
#include "cmd/agent_socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"

int
agent_ask(const char *program, const char *path, const char *line)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t n = strlen(line);

	if (fd < 0 || !str_copy(at.sun_path, sizeof(at.sun_path), path) ||
	    connect(fd, (const struct sockaddr *)&at, sizeof(at)) < 0) {
		fprintf(stderr, "%s: no agent answers on %s: %s; is it running, and are "
		    "you root or its user?\n", program, path, strerror(errno));
	} else if (send(fd, line, n, MSG_NOSIGNAL) != (ssize_t)n) {
		fprintf(stderr, "%s: the agent does not listen\n", program);
	} else {
		return fd;
	}
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

/* freeport.c — prints a TCP port of 127.0.0.1 that nobody listens on. Another
 * process may take it before the caller does; programs that can bind to port 0
 * and say what they got should rather do that.                               */
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

int
main(void)
{
	struct sockaddr_in a = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr *sa = (struct sockaddr *)&a;
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, sa, n) < 0 || getsockname(fd, sa, &n) < 0) {
		perror("freeport");
		return 1;
	}
	printf("%u\n", (unsigned)ntohs(a.sin_port));
	return 0;
}

/* net.h — TCP sockets for the load program. Addresses are numeric: a resolver
 * has no place in a measurement. Thread: any.                                */
#ifndef ATLAX_BENCH_NET_H
#define ATLAX_BENCH_NET_H

#include <sys/socket.h>

#include "base/err.h"

struct net_addr {
	struct sockaddr_storage sa;
	socklen_t len;
};

/* "127.0.0.1:80", "[::1]:80". Fails: AX_E_SYNTAX. */
AX_CHECKED int net_parse(const char *text, struct net_addr *out, struct err *e);
/* A listening socket that does not block. Fails: AX_E_SYS. */
AX_CHECKED int net_listen(const struct net_addr *at, int *fd, struct err *e);
/* The port a socket is bound to, 0 if it has none. */
unsigned net_port(int fd);
/* Begins to connect a socket that does not block; writable means connected or
 * failed, which the first send or recv tells. Fails: AX_E_SYS.              */
AX_CHECKED int net_connect(const struct net_addr *to, int *fd, struct err *e);
/* Connects, waiting; later sends and receives wait too, each at most limit_ms.
 * Fails: AX_E_SYS.                                                           */
AX_CHECKED int net_connect_wait(
    const struct net_addr *to, unsigned limit_ms, int *fd, struct err *e);
/* Small writes leave at once. Harmless on anything but TCP. */
void net_nodelay(int fd);
/* As many descriptors as the hard limit allows. */
void net_raise_nofile(void);

#endif

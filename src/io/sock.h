/* sock.h — sockets with the options atlax wants: non-blocking, close-on-exec,
 * TCP_NODELAY.
 * Thread: any. Fails: AX_E_SYS with errno in err, unless it says otherwise.   */
#ifndef ATLAX_IO_SOCK_H
#define ATLAX_IO_SOCK_H

#include "io/addr.h"

struct listen_args {
	const struct addr *addr;
	int backlog;
	bool reuse_port; /* several listeners share the port (SO_REUSEPORT) */
};

/* A listening TCP or Unix stream socket, TCP with TCP_NODELAY. A stale Unix path is
 * removed first if nobody answers on it.                                     */
AX_CHECKED int sock_listen(const struct listen_args *a, int *fd, struct err *e);
/* Refuses whoever connects to this listener from now on, and who waits in its
 * queue. The descriptor stays open. Linux.                                    */
void sock_deafen(int listener);
/* Accepts one. AX_E_AGAIN: none waiting; AX_E_LIMIT: EMFILE, ENFILE, ENOBUFS
 * or ENOMEM (one connection is taken and closed with the spare descriptor,
 * see sock_spare); AX_E_CLOSED: that client is gone already, try the next.   */
AX_CHECKED int sock_accept(int listener, int *spare, int *fd, struct addr *peer);
/* Opens the spare descriptor that sock_accept gives up to get rid of a client
 * when the process has none left. -1: none to be had.                        */
int sock_spare(void);
/* Begins to connect, with TCP_NODELAY: 0 done at once, AX_E_AGAIN: wait for LOOP_OUT
 * and ask sock_connected. *fd is the caller's in both cases. Fails: AX_E_SYS.        */
AX_CHECKED int sock_connect(const struct addr *to, int *fd, struct err *e);
AX_CHECKED int sock_connected(int fd, struct err *e); /* SO_ERROR */
void sock_notsent_lowat(int fd, uint32_t bytes);
/* What the path carries, in bytes per second; 0: not known, because we have not
 * filled it lately.                                                          */
uint64_t sock_rate(int fd);
/* TCP_USER_TIMEOUT: unacknowledged data kills the connection after ms. */
void sock_user_timeout(int fd, uint32_t ms);
void sock_close(int *fd);	/* accepts -1; sets -1 */
void sock_abort(int *fd);	/* SO_LINGER 0: the peer sees RST */
/* The listener's or the peer's address. */
AX_CHECKED int sock_local(int fd, struct addr *out);
/* Does the machine still have the address that fd is bound to? Also true when that
 * cannot be told. */
bool sock_has_address(int fd);

#endif

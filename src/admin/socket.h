/* socket.h — the Unix socket that admin listens on. Inside admin only.
 * Thread: control.                                                           */
#ifndef ATLAX_ADMIN_SOCKET_H
#define ATLAX_ADMIN_SOCKET_H

#include "admin/who.h"
#include "base/err.h"

struct admin_socket {
	char path[108];
	int fd; /* -1: closed, or given away */
};

/* A listening socket, mode 0600. A socket nobody answers on is replaced;
 * RUNSTATEDIR/atlax is made if it is missing.
 * Fails: AX_E_EXIST somebody answers there, AX_E_SYS, AX_E_RANGE.            */
AX_CHECKED int admin_socket_open(const char *path, struct admin_socket *out, struct err *e);
/* Closes it and removes the file, unless somebody else answers there by now. */
void admin_socket_close(struct admin_socket *s);
/* The user on the other side may ask: root, or who we are. */
bool admin_socket_may(int fd, struct admin_who *who);

#endif

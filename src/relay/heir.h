/* heir.h — a process that takes the place of another one (upgrade.h): it begins with
 * that one's listening sockets, and serves nobody until it has its sessions, too.
 * A process that nobody started for this is no heir; then all of this is little.
 * Thread: boot, for everything here.                                         */
#ifndef ATLAX_RELAY_HEIR_H
#define ATLAX_RELAY_HEIR_H

#include "io/sock.h"
#include "relay/control.h"

/* Fails: AX_E_SYS, AX_E_NOMEM, and what handover_expect says. */
AX_CHECKED int heir_begin(struct relay *r, struct err *e);
void heir_end(struct relay *r);
/* As sock_listen; the socket that the other process had at this address, if any. */
AX_CHECKED int heir_listen(
    struct relay *r, const struct listen_args *a, int *fd, struct err *e);
/* That socket, the caller's from now on; 0: there is none. at: as addr_format. */
int heir_listener(struct relay *r, const char *at);
/* The same for an address of the configuration. */
int heir_port(struct relay *r, const char *listen);
/* Everything is open: takes the sessions, and lets the workers go.
 * Fails: as heir_begin, snapshot_read.                                       */
AX_CHECKED int heir_take(struct relay *r, struct err *e);
/* Tells the other process why, and ends this one at once: to close in order would
 * change sockets that the other one still serves.                            */
_Noreturn void heir_give_up(struct relay *r, const struct err *e);

#endif

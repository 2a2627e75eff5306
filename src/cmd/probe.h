/* probe.h — tries what a daemon would do, one step at a time and waiting for each,
 * so that doctor can say which one failed. Thread: the only one. What goes wrong
 * stands in err as a sentence.                                               */
#ifndef ATLAX_CMD_PROBE_H
#define ATLAX_CMD_PROBE_H

#include "io/addr.h"

struct buf;
struct tls_conn;
struct tls_ctx;

#define PROBE_MS 5000	 /* for a lookup, a connection, an answer */
#define PROBE_ADDRS_MAX 16

/* Looks the host of "host:port" up. Fails: AX_E_SYNTAX, AX_E_NOMEM, AX_E_SYS. */
AX_CHECKED int probe_lookup(const char *endpoint, char host[256],
    struct addr out[PROBE_ADDRS_MAX], size_t *n, struct err *e);
/* *fd is connected. Fails: AX_E_SYS, AX_E_TIMEOUT. */
AX_CHECKED int probe_connect(const struct addr *to, int *fd, struct err *e);
/* Both sides prove themselves; *out is the caller's, also on failure, if it is not
 * NULL. Fails: AX_E_TLS, AX_E_PEER, AX_E_IDENTITY, AX_E_CLOSED, AX_E_TIMEOUT,
 * AX_E_SYS, AX_E_NOMEM.                                                      */
AX_CHECKED int probe_shake(struct tls_ctx *ctx, const char *host, int fd,
    struct tls_conn **out, struct err *e);
/* Sends and empties b. Fails: AX_E_SYS, AX_E_TIMEOUT. */
AX_CHECKED int probe_send(int fd, struct buf *b, struct err *e);
/* The same as probe_shake, then a second is waited whether the other takes
 * that back; nothing is said beyond it. Fails: as probe_shake.                     */
AX_CHECKED int probe_tls(struct tls_ctx *ctx, const char *host, int fd, struct err *e);

#endif

/* probe.h — tries what a daemon would do, one step at a time and waiting for each,
 * so that it can be said which one failed; for commands that talk to a relay from
 * elsewhere, too. Thread: the only one. What goes wrong stands in err as a sentence. */
#ifndef ATLAX_CMD_PROBE_H
#define ATLAX_CMD_PROBE_H

#include "io/addr.h"

struct buf;
struct tls_conn;
struct tls_ctx;

#define PROBE_MS 5000	 /* for a lookup, a connection, an answer */
#define PROBE_ADDRS_MAX 16

/* host: as addr_split gives it. Fails: AX_E_NOTFOUND and what else resolve.h knows,
 * AX_E_NOMEM, AX_E_SYS.                                                      */
AX_CHECKED int probe_lookup(const char *host, uint16_t port,
    struct addr out[PROBE_ADDRS_MAX], size_t *n, struct err *e);
/* *fd is connected. Fails: AX_E_SYS, AX_E_TIMEOUT. */
AX_CHECKED int probe_connect(const struct addr *to, int *fd, struct err *e);
/* Both sides prove themselves; *out is the caller's, also on failure, if it is not
 * NULL. Fails: AX_E_TLS, AX_E_PEER, AX_E_IDENTITY, AX_E_CLOSED, AX_E_TIMEOUT,
 * AX_E_SYS, AX_E_NOMEM.                                                      */
AX_CHECKED int probe_shake(struct tls_ctx *ctx, const char *host, int fd,
    struct tls_conn **out, struct err *e);
/* One read into in, which is given to c; waits at most ms. Fails: AX_E_CLOSED,
 * AX_E_TIMEOUT, AX_E_SYS.                                                    */
AX_CHECKED int probe_receive(
    int fd, struct tls_conn *c, uint8_t *in, size_t cap, int ms, struct err *e);
/* Sends and empties b. Fails: AX_E_SYS, AX_E_TIMEOUT. */
AX_CHECKED int probe_send(int fd, struct buf *b, struct err *e);
/* The same as probe_shake, then a second is waited whether the other takes
 * that back; nothing is said beyond it. Fails: as probe_shake.                     */
AX_CHECKED int probe_tls(struct tls_ctx *ctx, const char *host, int fd, struct err *e);

#endif

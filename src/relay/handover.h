/* handover.h — what an old process of the relay and its heir say to each other,
 * over a socket pair that nobody else has, and how descriptors travel there:
 *
 *	heir  HELLO   I am here, and speak this format
 *	old   PORTS   listening sockets
 *	heir  READY   I have everything but the sessions
 *	old   STATE   they are in this file, with these sockets
 *	heir  TAKEN   I could serve them
 *	old   GO      they are yours; I shall not touch them again
 *	heir  FAILED  at any time before GO: why not
 *
 * The old process's GO is the commit. A heir that has not got it serves nobody; one
 * that waits no longer sees to it that GO cannot be said.
 * Thread: control or boot.                                                   */
#ifndef ATLAX_RELAY_HANDOVER_H
#define ATLAX_RELAY_HANDOVER_H

#include "base/buf.h"
#include "base/err.h"

/* Raised with every change of what frost.h writes, anywhere. */
#define HANDOVER_FORMAT 7
#define HANDOVER_ENV "ATLAX_UPGRADE_FD"

enum handover_type {
	HANDOVER_HELLO = 1,
	HANDOVER_PORTS,
	HANDOVER_READY,
	HANDOVER_STATE,
	HANDOVER_TAKEN,
	HANDOVER_GO,
	HANDOVER_FAILED,
	HANDOVER_FDS, /* more of the message before */
};

struct handover_msg {
	uint32_t magic, format; /* set by handover_send */
	uint32_t type;
	uint32_t n_fds; /* that belong to it */
	uint64_t size;	/* STATE: bytes in the file, which is the first of them */
	char text[232]; /* FAILED */
};

/* A pair, both close-on-exec. Fails: AX_E_SYS. */
AX_CHECKED int handover_pair(int pair[2], struct err *e);
/* fds: ints, or NULL. Fails: AX_E_SYS, AX_E_CLOSED. */
AX_CHECKED int handover_send(int fd, struct handover_msg *m, const struct buf *fds,
    struct err *e);
/* Waits up to ms for the next message. Its descriptors are appended to fds, and are
 * the caller's, also on failure.
 * Fails: AX_E_CLOSED (the other one has ended), AX_E_TIMEOUT, AX_E_SYS, AX_E_NOMEM,
 * AX_E_SYNTAX (not a message of this format, or not of this type; FAILED is
 * AX_E_PEER with its text).                                                  */
AX_CHECKED int handover_expect(int fd, uint32_t type, int ms, struct buf *fds,
    struct handover_msg *out, struct err *e);
/* The same; but what has not come in time can never come: the other process's
 * handover_send fails with AX_E_CLOSED from then on.                         */
AX_CHECKED int handover_expect_last(int fd, uint32_t type, int ms, struct buf *fds,
    struct handover_msg *out, struct err *e);
/* All of b in a file without a name. Fails: AX_E_SYS. */
AX_CHECKED int handover_file(const struct buf *b, int *fd, struct err *e);
/* Reads size bytes of such a file. Fails: AX_E_SYS, AX_E_NOMEM, AX_E_SYNTAX. */
AX_CHECKED int handover_read(int fd, uint64_t size, struct buf *out, struct err *e);

#endif

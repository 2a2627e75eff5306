/* handover.c — messages between two processes of the relay.
 *
 * Thread: control or boot.
 * Invariant: a message is one packet of a fixed size; descriptors beyond what one
 * packet may carry follow in packets of their own.                           */
#include "relay/handover.h"

#include <errno.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"

#define MAGIC 0x41545855u
#define FDS_MAX 250u /* SCM_MAX_FD is 253 */
#define SEND_S 10
#define STATE_MAX (UINT64_C(64) << 30)

int
handover_pair(int pair[2], struct err *e)
{
	const struct timeval patience = { .tv_sec = SEND_S };

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "cannot make a socket pair");
	for (int i = 0; i < 2; i++)
		(void)setsockopt(pair[i], SOL_SOCKET, SO_SNDTIMEO, &patience,
		    sizeof(patience));
	return 0;
}

/* One packet with n descriptors. */
static int
put(int fd, struct handover_msg *m, const uint8_t *fds, size_t n, struct err *e)
{
	union {
		struct cmsghdr head;
		uint8_t mem[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} c = { .mem = { 0 } };
	struct iovec iov = { m, sizeof(*m) };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t sent;

	m->magic = MAGIC;
	m->format = HANDOVER_FORMAT;
	if (n > 0) {
		h.msg_control = c.mem;
		h.msg_controllen = CMSG_SPACE(n * sizeof(int));
		c.head.cmsg_level = SOL_SOCKET;
		c.head.cmsg_type = SCM_RIGHTS;
		c.head.cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(&c.head), fds, n * sizeof(int));
	}
	do
		sent = sendmsg(fd, &h, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
		return err_set(e, AX_E_CLOSED, "the other process has ended");
	return sent < 0 ? err_sys(e, "cannot send to the other process") : 0;
}

int
handover_send(int fd, struct handover_msg *m, const struct buf *fds, struct err *e)
{
	struct slice all = fds == NULL ? slice_of(NULL, 0) : buf_slice(fds);
	struct handover_msg more = { .type = HANDOVER_FDS };
	int r;

	m->n_fds = (uint32_t)(all.n / sizeof(int));
	r = put(fd, m, NULL, 0, e);
	while (r == 0 && all.n > 0) {
		size_t n = MIN(all.n / sizeof(int), (size_t)FDS_MAX);

		r = put(fd, &more, all.p, n, e);
		all = slice_skip(all, n * sizeof(int));
	}
	return r;
}

/* The next packet. */
static int
get(int fd, int ms, struct handover_msg *m, struct buf *fds, struct err *e)
{
	union {
		struct cmsghdr head;
		uint8_t mem[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} c = { .mem = { 0 } };
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct iovec iov = { m, sizeof(*m) };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = c.mem,
		.msg_controllen = sizeof(c.mem) };
	struct cmsghdr *at;
	ssize_t n;

	do
		n = poll(&p, 1, ms);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return err_set(e, AX_E_TIMEOUT, "the other process says nothing");
	n = recvmsg(fd, &h, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return err_set(e, AX_E_CLOSED, "the other process has ended");
	if (n < 0)
		return err_sys(e, "cannot receive from the other process");
	for (at = CMSG_FIRSTHDR(&h); at != NULL; at = CMSG_NXTHDR(&h, at)) {
		if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SCM_RIGHTS &&
		    buf_append(fds, CMSG_DATA(at), at->cmsg_len - CMSG_LEN(0)) < 0)
			return err_set(e, AX_E_NOMEM, "out of memory");
	}
	if (n != sizeof(*m) || m->magic != MAGIC ||
	    (h.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
		return err_set(e, AX_E_SYNTAX, "what the other process says is not "
		    "whole");
	m->text[sizeof(m->text) - 1] = '\0';
	return 0;
}

int
handover_expect(int fd, uint32_t type, int ms, struct buf *fds,
    struct handover_msg *m, struct err *e)
{
	struct handover_msg more;
	size_t before = buf_len(fds);
	int r = get(fd, ms, m, fds, e);

	if (r < 0)
		return r;
	if (m->type == HANDOVER_FAILED)
		return err_set(e, AX_E_PEER, "%s", m->text);
	if (m->format != HANDOVER_FORMAT)
		return err_set(e, AX_E_UNSUPPORTED, "the other process writes sessions "
		    "in format %u, this one in %u: drain and start instead",
		    (unsigned)m->format, (unsigned)HANDOVER_FORMAT);
	if (m->type != type)
		return err_set(e, AX_E_SYNTAX, "the other process says something else");
	while (r == 0 && buf_len(fds) - before < m->n_fds * sizeof(int)) {
		r = get(fd, ms, &more, fds, e);
		if (r == 0 && more.type != HANDOVER_FDS)
			r = err_set(e, AX_E_SYNTAX, "descriptors are missing");
	}
	return r;
}

int
handover_expect_last(int fd, uint32_t type, int ms, struct buf *fds,
    struct handover_msg *m, struct err *e)
{
	int r = handover_expect(fd, type, ms, fds, m, e);

	if (r != AX_E_TIMEOUT)
		return r;
	(void)shutdown(fd, SHUT_RD); /* what was sent before is still there */
	return handover_expect(fd, type, 0, fds, m, NULL) == 0 ? 0 : r;
}

/* --- bytes --------------------------------------------------------------------- */

int
handover_file(const struct buf *b, int *out, struct err *e)
{
	struct slice s = buf_slice(b);
	int fd = memfd_create("atlax-sessions", MFD_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "cannot make a file in memory");
	while (s.n > 0) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			(void)err_sys(e, "cannot write the sessions");
			(void)close(fd);
			return e->code;
		}
		s = slice_skip(s, (size_t)n);
	}
	*out = fd;
	return 0;
}

int
handover_read(int fd, uint64_t size, struct buf *out, struct err *e)
{
	uint8_t *at = size > STATE_MAX ? NULL : buf_reserve(out, (size_t)size + 1);
	size_t have = 0;
	ssize_t n;

	if (at == NULL)
		return err_set(e, AX_E_NOMEM, "no memory for the sessions");
	while (have < size) {
		n = pread(fd, at + have, (size_t)size - have, (off_t)have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "cannot read the sessions");
		if (n == 0)
			return err_set(e, AX_E_SYNTAX, "the sessions are not whole");
		have += (size_t)n;
	}
	buf_commit(out, have);
	return 0;
}

/* sock.c — io/sock.h and the system calls that src/link makes, over the world's
 * kernel. Addresses are 127.0.0.1 everywhere; a port is one in the whole world.
 * Thread: main.                                                              */
#include "io/sock.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "calls.h"
#include "kernel.h"
#include "memory.h"
#include "roads.h"
#include "world.h"

ssize_t __wrap_recv(int fd, void *p, size_t n, int flags);
ssize_t __wrap_send(int fd, const void *p, size_t n, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags);
ssize_t __wrap_readv(int fd, const struct iovec *iov, int n);
int __wrap_shutdown(int fd, int how);

ssize_t
__wrap_recv(int fd, void *p, size_t n, int flags AX_UNUSED)
{
	return call_fails(CALL_READ) ? -1 : net_recv(fd, p, n);
}

static ssize_t
send_some(int fd, const void *p, size_t n)
{
	ssize_t r;

	memory_hold();
	r = net_send(fd, p, n);
	memory_release();
	return r;
}

ssize_t
__wrap_send(int fd, const void *p, size_t n, int flags AX_UNUSED)
{
	return call_fails(CALL_WRITE) ? -1 : send_some(fd, p, n);
}

ssize_t
__wrap_sendmsg(int fd, const struct msghdr *m, int flags AX_UNUSED)
{
	ssize_t sum = 0, r = 0;

	if (call_fails(CALL_WRITE))
		return -1;
	for (size_t i = 0; i < m->msg_iovlen; i++) {
		r = send_some(fd, m->msg_iov[i].iov_base, m->msg_iov[i].iov_len);
		sum += MAX(r, 0);
		if (r < (ssize_t)m->msg_iov[i].iov_len)
			break;
	}
	return sum > 0 ? sum : r;
}

ssize_t
__wrap_readv(int fd, const struct iovec *iov, int n)
{
	ssize_t sum = 0, r = 0;

	if (call_fails(CALL_READ))
		return -1;
	for (int i = 0; i < n; i++) {
		r = net_recv(fd, iov[i].iov_base, iov[i].iov_len);
		sum += MAX(r, 0);
		if (r < (ssize_t)iov[i].iov_len)
			break;
		if (i + 1 < n && net_readable(fd) == 0)
			break; /* an end or an error is for the next call */
	}
	return sum > 0 ? sum : r;
}

int
__wrap_shutdown(int fd, int how AX_UNUSED)
{
	net_shutdown(fd);
	return 0;
}

static struct addr
at_port(uint16_t port)
{
	struct addr a;
	struct err e;
	char text[32];

	snprintf(text, sizeof(text), "127.0.0.1:%u", port);
	world_check(addr_parse(text, &a, &e) == 0, "%s", e.text);
	return a;
}

int
sock_listen(const struct listen_args *a, int *fd, struct err *e AX_UNUSED)
{
	memory_hold();
	*fd = net_listen(addr_port(a->addr), road_to(addr_port(a->addr)));
	memory_release();
	return 0;
}

void
sock_deafen(int listener)
{
	net_deafen(listener);
}

int
sock_accept(int listener, int *spare AX_UNUSED, int *fd, struct addr *peer)
{
	int got;

	if (call_fails(CALL_ACCEPT))
		return errno == EMFILE ? AX_E_LIMIT : AX_E_CLOSED;
	memory_hold();
	got = net_accept(listener);
	memory_release();
	if (got < 0)
		return AX_E_AGAIN;
	*fd = got;
	*peer = at_port(1024);
	return 0;
}

int
sock_spare(void)
{
	return -1;
}

int
sock_connect(const struct addr *to, int *fd, struct err *e)
{
	if (call_fails(CALL_CONNECT))
		return err_sys(e, "cannot connect");
	memory_hold();
	*fd = net_connect(addr_port(to));
	memory_release();
	return AX_E_AGAIN;
}

int
sock_connected(int fd, struct err *e)
{
	errno = net_error(fd);
	if (errno == 0)
		return 0;
	return err_sys(e, "connection failed");
}

void
sock_notsent_lowat(int fd AX_UNUSED, uint32_t bytes AX_UNUSED)
{
}

uint64_t
sock_rate(int fd AX_UNUSED)
{
	return 0;
}

void
sock_user_timeout(int fd AX_UNUSED, uint32_t ms AX_UNUSED)
{
}

void
sock_close(int *fd)
{
	if (*fd >= 0) {
		memory_hold();
		net_close(*fd);
		memory_release();
	}
	*fd = -1;
}

void
sock_abort(int *fd)
{
	if (*fd >= 0) {
		memory_hold();
		net_abort(*fd);
		memory_release();
	}
	*fd = -1;
}

int
sock_local(int fd, struct addr *out)
{
	*out = at_port(net_port(fd));
	return 0;
}

bool
sock_has_address(int fd)
{
	return !net_is_stranded(fd);
}

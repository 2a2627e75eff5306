/* sock.c — sockets with the options atlax wants.
 *
 * Thread: any; no state.
 * Invariant: every descriptor that leaves here is non-blocking and closed on
 * exec from its first moment, so that no other thread's exec can leak it.    */
#include "io/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h> /* its tcp_info is younger than libc's */
#include <unistd.h>

#define SOCK_FLAGS (SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC)

static void
set_int(int fd, int level, int name, int value)
{
	/* Options here improve things; a socket without them still works. */
	(void)setsockopt(fd, level, name, &value, sizeof(value));
}

/* Is nobody listening on that path any more? */
static bool
is_stale(const struct addr *a)
{
	int fd = socket(AF_UNIX, SOCK_FLAGS, 0);
	bool stale;

	if (fd < 0)
		return false;
	stale = connect(fd, &a->u.sa, a->len) < 0 && errno == ECONNREFUSED;
	(void)close(fd);
	return stale;
}

static int
bind_to(int fd, const struct addr *a)
{
	if (bind(fd, &a->u.sa, a->len) == 0)
		return 0;
	if (errno != EADDRINUSE || a->u.sa.sa_family != AF_UNIX)
		return -1;
	if (!is_stale(a)) {
		errno = EADDRINUSE;
		return -1;
	}
	(void)unlink(a->u.un.sun_path);
	return bind(fd, &a->u.sa, a->len);
}

static void
set_listener_options(int fd, const struct listen_args *a)
{
	if (a->addr->u.sa.sa_family == AF_UNIX)
		return;
	set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1); /* what it accepts inherits this */
	set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (a->reuse_port)
		set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (a->addr->u.sa.sa_family == AF_INET6) /* "*" means both, whatever the
						  * system's default says */
		set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY,
		    !IN6_IS_ADDR_UNSPECIFIED(&a->addr->u.in6.sin6_addr));
}

int
sock_listen(const struct listen_args *a, int *out, struct err *e)
{
	char text[ADDR_TEXT_MAX];
	int fd = socket(a->addr->u.sa.sa_family, SOCK_FLAGS, 0), r;

	addr_format(a->addr, text);
	if (fd < 0)
		return err_sys(e, "cannot make a socket for %s", text);
	set_listener_options(fd, a);
	if (bind_to(fd, a->addr) < 0 || listen(fd, a->backlog) < 0) {
		/* Who has it, only root of this machine can see. */
		r = err_sys(e, "cannot listen on %s%s", text, errno != EADDRINUSE ? "" :
		    " (choose another; \"ss -lnp\" there says who has it)");
		(void)close(fd);
		return r;
	}
	*out = fd;
	return 0;
}

void
sock_deafen(int listener)
{
	(void)shutdown(listener, SHUT_RD);
}

/* Takes one waiting client and closes it: left in the queue it would wake us
 * again and again, and would wait for an answer that does not come. */
static void
turn_away(int listener, int *spare)
{
	int fd;

	sock_close(spare);
	fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	sock_close(&fd);
	*spare = sock_spare();
}

static int
accept_failed(int listener, int *spare)
{
	switch (errno) {
	case EAGAIN:
		return AX_E_AGAIN;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		turn_away(listener, spare);
		return AX_E_LIMIT;
	case EBADF:
	case EFAULT:
	case EINVAL:
	case ENOTSOCK:
		return AX_E_SYS;
	default: /* accept(2): errors of the network come out here, too */
		return AX_E_CLOSED;
	}
}

int
sock_accept(int listener, int *spare, int *fd, struct addr *peer)
{
	struct addr from = { .len = sizeof(from.u) };
	int got;

	got = accept4(listener, &from.u.sa, &from.len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (got < 0)
		return accept_failed(listener, spare);
	*fd = got;
	*peer = from;
	return 0;
}

int
sock_spare(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* errno says why; takes fd, which may be none. */
static int
not_connected(const struct addr *to, int fd, struct err *e)
{
	char text[ADDR_TEXT_MAX];
	int sys = errno;

	addr_format(to, text);
	sock_close(&fd);
	errno = sys;
	return err_sys(e, "cannot connect to %s", text);
}

static bool
has_peer(int fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	return getpeername(fd, (struct sockaddr *)&peer, &len) == 0;
}

int
sock_connect(const struct addr *to, int *out, struct err *e)
{
	int fd = socket(to->u.sa.sa_family, SOCK_FLAGS, 0);

	if (fd < 0)
		return not_connected(to, fd, e);
	set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1); /* not if it is a Unix socket */
	if (connect(fd, &to->u.sa, to->len) == 0) {
		*out = fd;
		return 0;
	}
	if (errno != EINPROGRESS)
		return not_connected(to, fd, e);
	*out = fd;
	/* Who is on the same machine has answered by now. */
	return has_peer(fd) ? 0 : AX_E_AGAIN;
}

int
sock_connected(int fd, struct err *e)
{
	int value = 0;
	socklen_t len = sizeof(value);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &len) < 0)
		value = errno;
	if (value == 0)
		return 0;
	errno = value;
	return err_sys(e, "connection failed");
}

void
sock_notsent_lowat(int fd, uint32_t bytes)
{
	set_int(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, (int)MIN(bytes, INT32_MAX));
}

uint64_t
sock_rate(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0 ||
	    info.tcpi_delivery_rate_app_limited)
		return 0;
	return info.tcpi_delivery_rate;
}

void
sock_user_timeout(int fd, uint32_t ms)
{
	set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, (int)MIN(ms, INT32_MAX));
}

void
sock_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

void
sock_abort(int *fd)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	if (*fd >= 0)
		(void)setsockopt(*fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	sock_close(fd);
}

int
sock_local(int fd, struct addr *out)
{
	struct addr a = { .len = sizeof(a.u) };

	if (getsockname(fd, &a.u.sa, &a.len) < 0)
		return AX_E_SYS;
	*out = a;
	return 0;
}

bool
sock_has_address(int fd)
{
	struct addr a;
	bool gone;
	int probe;

	if (sock_local(fd, &a) < 0 || a.u.sa.sa_family == AF_UNIX)
		return true;
	probe = socket(a.u.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (probe < 0)
		return true;
	/* The port is free for datagrams, or in use, which is no less an answer. */
	gone = bind(probe, &a.u.sa, a.len) < 0 && errno == EADDRNOTAVAIL;
	sock_close(&probe);
	return !gone;
}

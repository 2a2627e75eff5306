/* failing.c — a library for LD_PRELOAD that lets the n-th call of one function
 * fail, to see what a program makes of it.
 *	FAILING_CALL    whose calls are counted: "malloc" for all that allocates, or
 *	                a function of the list below
 *	FAILING_AT      from which call on, counted from 1 over all threads
 *	FAILING_TIMES   how many fail; 1
 *	FAILING_ERRNO   with which number; ENOMEM
 *	FAILING_COUNT   where to write, at the end, how many calls there were
 *
 * Thread: any.                                                               */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* glibc's own, under the names it has for who replaces them. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t align, size_t n);

static atomic_ulong calls;
static const char *name;
static unsigned long from, times = 1;
static int number = ENOMEM;

static unsigned long
setting(const char *key, unsigned long otherwise)
{
	const char *s = getenv(key);

	return s == NULL ? otherwise : strtoul(s, NULL, 10);
}

__attribute__((constructor)) static void
begin(void)
{
	from = setting("FAILING_AT", 0);
	times = setting("FAILING_TIMES", 1);
	number = (int)setting("FAILING_ERRNO", ENOMEM);
	name = getenv("FAILING_CALL");
}

__attribute__((destructor)) static void
end(void)
{
	const char *path = getenv("FAILING_COUNT");
	unsigned long n = atomic_load(&calls);
	FILE *f;

	name = NULL;
	f = path == NULL ? NULL : fopen(path, "w");
	if (f == NULL)
		return;
	fprintf(f, "%lu\n", n);
	fclose(f);
}

static bool
fails(const char *who)
{
	unsigned long n;

	if (name == NULL || strcmp(name, who) != 0)
		return false;
	n = atomic_fetch_add(&calls, 1) + 1;
	if (from == 0 || n < from || n - from >= times)
		return false;
	errno = number;
	return true;
}

void *
malloc(size_t n)
{
	return fails("malloc") ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return fails("malloc") ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return fails("malloc") ? NULL : __libc_realloc(p, n);
}

void *
aligned_alloc(size_t align, size_t n)
{
	return fails("malloc") ? NULL : __libc_memalign(align, n);
}

int
posix_memalign(void **out, size_t align, size_t n)
{
	if (fails("malloc"))
		return ENOMEM;
	*out = __libc_memalign(align, n);
	return *out == NULL ? ENOMEM : 0;
}

/* The function itself, which is found once. */
#define REAL(f) \
	static __typeof__(f) *real; \
	if (real == NULL) \
		*(void **)&real = dlsym(RTLD_NEXT, #f)
#define CALL(type, f, params, args) \
	type f params \
	{ \
		REAL(f); \
		return fails(#f) ? -1 : real args; \
	}

CALL(int, socket, (int d, int t, int p), (d, t, p))
CALL(int, bind, (int fd, const struct sockaddr *a, socklen_t n), (fd, a, n))
CALL(int, listen, (int fd, int n), (fd, n))
CALL(int, accept4, (int fd, struct sockaddr *restrict a, socklen_t *restrict n, int f),
    (fd, a, n, f))
CALL(int, connect, (int fd, const struct sockaddr *a, socklen_t n), (fd, a, n))
CALL(int, setsockopt, (int fd, int l, int o, const void *v, socklen_t n),
    (fd, l, o, v, n))
CALL(int, getsockopt, (int fd, int l, int o, void *restrict v, socklen_t *restrict n),
    (fd, l, o, v, n))
CALL(int, getsockname, (int fd, struct sockaddr *restrict a, socklen_t *restrict n),
    (fd, a, n))
CALL(ssize_t, recv, (int fd, void *p, size_t n, int f), (fd, p, n, f))
CALL(ssize_t, recvmsg, (int fd, struct msghdr *m, int f), (fd, m, f))
CALL(ssize_t, send, (int fd, const void *p, size_t n, int f), (fd, p, n, f))
CALL(ssize_t, sendmsg, (int fd, const struct msghdr *m, int f), (fd, m, f))
CALL(ssize_t, readv, (int fd, const struct iovec *v, int n), (fd, v, n))
CALL(ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n))
CALL(int, shutdown, (int fd, int how), (fd, how))
CALL(int, epoll_create1, (int f), (f))
CALL(int, eventfd, (unsigned n, int f), (n, f))

/* Only what takes memory can fail for want of it: libmicrohttpd relies on that. */
int
epoll_ctl(int e, int op, int fd, struct epoll_event *ev)
{
	REAL(epoll_ctl);
	return op == EPOLL_CTL_ADD && fails("epoll_ctl") ? -1 : real(e, op, fd, ev);
}

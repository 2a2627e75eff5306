/* What link does when memory or a system call fails, at every place in turn.
 * The calls are intercepted by the linker's --wrap, and fail only inside of
 * turns: the test's own keep working.                                        */
#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>

#include "world.h"

#include "../check_main.h"

#define MIB (1u << 20)

static struct {
	bool on;		    /* inside of a turn */
	unsigned allocs, fail_at;   /* the n-th fails; 0: none */
	unsigned calls, interrupt;  /* each n-th is interrupted; 0: none */
	unsigned failed;
} fault;

void __real_loop_turn(struct loop *l, uint64_t max_wait_ns);
void __wrap_loop_turn(struct loop *l, uint64_t max_wait_ns);
void __real__mark_point(const char *file, int line);
void __wrap__mark_point(const char *file, int line);
void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__real_calloc(size_t n, size_t m);
void *__wrap_calloc(size_t n, size_t m);
ssize_t __real_recv(int fd, void *p, size_t n, int flags);
ssize_t __wrap_recv(int fd, void *p, size_t n, int flags);
ssize_t __real_send(int fd, const void *p, size_t n, int flags);
ssize_t __wrap_send(int fd, const void *p, size_t n, int flags);
ssize_t __real_sendmsg(int fd, const struct msghdr *m, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags);
ssize_t __real_readv(int fd, const struct iovec *v, int n);
ssize_t __wrap_readv(int fd, const struct iovec *v, int n);

void
__wrap_loop_turn(struct loop *l, uint64_t max_wait_ns)
{
	fault.on = true;
	__real_loop_turn(l, max_wait_ns);
	fault.on = false;
}

/* An assertion that holds notes where it was, in memory of its own. */
void
__wrap__mark_point(const char *file, int line)
{
	bool was = fault.on;

	fault.on = false;
	__real__mark_point(file, line);
	fault.on = was;
}

static bool
alloc_fails(void)
{
	if (!fault.on || ++fault.allocs != fault.fail_at)
		return false;
	fault.failed++;
	return true;
}

void *
__wrap_malloc(size_t n)
{
	return alloc_fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t m)
{
	return alloc_fails() ? NULL : __real_calloc(n, m);
}

static bool
is_interrupted(void)
{
	if (!fault.on || fault.interrupt == 0 ||
	    ++fault.calls % fault.interrupt != 0)
		return false;
	fault.failed++;
	errno = EINTR;
	return true;
}

ssize_t
__wrap_recv(int fd, void *p, size_t n, int flags)
{
	return is_interrupted() ? -1 : __real_recv(fd, p, n, flags);
}

ssize_t
__wrap_send(int fd, const void *p, size_t n, int flags)
{
	return is_interrupted() ? -1 : __real_send(fd, p, n, flags);
}

ssize_t
__wrap_sendmsg(int fd, const struct msghdr *m, int flags)
{
	return is_interrupted() ? -1 : __real_sendmsg(fd, m, flags);
}

ssize_t
__wrap_readv(int fd, const struct iovec *v, int n)
{
	return is_interrupted() ? -1 : __real_readv(fd, v, n);
}

/* A whole life: up, bytes in both directions, some of them unread, a reset, a
 * close. Nothing has to succeed; everything has to end.                      */
static void
live(struct world *w)
{
	static uint8_t block[MIB];

	world_connect(w);
	world_spin(w, 30);
	for (int i = 0; i < 3 && w->relay.link != NULL && w->relay.ups > 0; i++) {
		struct flow *f = world_try_open(w);

		if (f == NULL)
			break;
		(void)!send(f->app, block, sizeof(block), MSG_NOSIGNAL);
		world_spin(w, 10);
		if (f->service >= 0) {
			(void)!send(f->service, block, sizeof(block), MSG_NOSIGNAL);
			while (recv(f->service, block, sizeof(block), 0) > 0)
				world_spin(w, 2);
		}
		if (i == 1)
			sock_abort(&f->app);
		world_spin(w, 10);
	}
	if (w->relay.link != NULL)
		link_close(w->relay.link, AX_WIRE_DRAINING, "bye");
	world_spin(w, 20);
	link_free(&w->relay.link);
	link_free(&w->agent.link);
}

START_TEST(link_survives_the_failure_of_any_allocation)
{
	static struct world w;
	unsigned n = 0;

	world_init(&w);
	do {
		memset(&fault, 0, sizeof(fault));
		fault.fail_at = ++n;
		live(&w);
		world_forget(&w);
	} while (fault.failed > 0);
	printf("%u allocations\n", n - 1);
	ck_assert_uint_gt(n, 20);
	world_fini(&w);
}
END_TEST

START_TEST(link_does_not_mind_interrupted_calls)
{
	static struct world w;

	for (unsigned n = 2; n < 5; n++) {
		struct transfer t[2];
		struct flow *f;

		memset(&fault, 0, sizeof(fault));
		fault.interrupt = n;
		world_up(&w);
		f = world_flow(&w);
		transfer_init(&t[0], &w, f, false, 2 * MIB);
		transfer_init(&t[1], &w, f, true, 2 * MIB);
		world_transfer(&w, t, 2);
		ck_assert_uint_gt(fault.failed, 10);
		world_fini(&w);
	}
}
END_TEST

CHECK_MAIN("faults", link_survives_the_failure_of_any_allocation,
    link_does_not_mind_interrupted_calls)

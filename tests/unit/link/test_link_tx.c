/* Tests of link/link_tx.c: what a byte costs, who waits for whom. System calls
 * and allocations of the turns (not of the test) are counted by the linker's
 * --wrap.                                                                    */
#include "link/pump.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "world.h"

#include "../check_main.h"

#define MIB (1u << 20)

static struct {
	bool on;
	unsigned waits, recvs, sends, sendmsgs, readvs, allocs;
	size_t last_send;
} seen;

void __real_loop_turn(struct loop *l, uint64_t max_wait_ns);
void __wrap_loop_turn(struct loop *l, uint64_t max_wait_ns);
int __real_epoll_wait(int fd, struct epoll_event *ev, int n, int ms);
int __wrap_epoll_wait(int fd, struct epoll_event *ev, int n, int ms);
ssize_t __real_recv(int fd, void *p, size_t n, int flags);
ssize_t __wrap_recv(int fd, void *p, size_t n, int flags);
ssize_t __real_send(int fd, const void *p, size_t n, int flags);
ssize_t __wrap_send(int fd, const void *p, size_t n, int flags);
ssize_t __real_sendmsg(int fd, const struct msghdr *m, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags);
ssize_t __real_readv(int fd, const struct iovec *v, int n);
ssize_t __wrap_readv(int fd, const struct iovec *v, int n);
void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__real_calloc(size_t n, size_t m);
void *__wrap_calloc(size_t n, size_t m);

void
__wrap_loop_turn(struct loop *l, uint64_t max_wait_ns)
{
	seen.on = true;
	__real_loop_turn(l, max_wait_ns);
	seen.on = false;
}

int
__wrap_epoll_wait(int fd, struct epoll_event *ev, int n, int ms)
{
	seen.waits += seen.on;
	return __real_epoll_wait(fd, ev, n, ms);
}

ssize_t
__wrap_recv(int fd, void *p, size_t n, int flags)
{
	seen.recvs += seen.on;
	return __real_recv(fd, p, n, flags);
}

ssize_t
__wrap_send(int fd, const void *p, size_t n, int flags)
{
	seen.sends += seen.on;
	if (seen.on)
		seen.last_send = n;
	return __real_send(fd, p, n, flags);
}

ssize_t
__wrap_sendmsg(int fd, const struct msghdr *m, int flags)
{
	seen.sendmsgs += seen.on;
	return __real_sendmsg(fd, m, flags);
}

ssize_t
__wrap_readv(int fd, const struct iovec *v, int n)
{
	seen.readvs += seen.on;
	return __real_readv(fd, v, n);
}

void *
__wrap_malloc(size_t n)
{
	seen.allocs += seen.on;
	return __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t m)
{
	seen.allocs += seen.on;
	return __real_calloc(n, m);
}

static unsigned
calls(void)
{
	return seen.waits + seen.recvs + seen.sends + seen.sendmsgs + seen.readvs;
}

/* Of 4096 frames. Slow ends read less at a time, and now and then a read ends
 * with a record: the buffer for torn ones goes, and is needed again.          */
#ifdef ATLAX_SANITIZE
#define ALLOCS_MAX 512
#else
#define ALLOCS_MAX 64
#endif

START_TEST(link_bulk_costs_few_system_calls_and_no_allocation)
{
	static struct world w;
	struct transfer t;
	struct flow *f;
	unsigned per_mib;

	world_up(&w);
	f = world_flow(&w);
	transfer_init(&t, &w, f, false, 16 * MIB); /* windows and ring grow */
	world_transfer(&w, &t, 1);
	memset(&seen, 0, sizeof(seen));
	transfer_init(&t, &w, f, false, 64 * MIB);
	world_transfer(&w, &t, 1);
	per_mib = calls() / 64;
	printf("per MiB, both ends: %u calls (%u waits, %u recv, %u send, "
	    "%u sendmsg, %u readv); %u allocations in 64 MiB\n", per_mib,
	    seen.waits / 64, seen.recvs / 64, seen.sends / 64,
	    seen.sendmsgs / 64, seen.readvs / 64, seen.allocs);
	ck_assert_uint_gt(per_mib, 0);
	ck_assert_uint_le(per_mib, 60);
	ck_assert_uint_le(seen.allocs, ALLOCS_MAX);
	world_fini(&w);
}
END_TEST

START_TEST(link_small_frames_of_a_turn_leave_in_one_record)
{
	static struct world w;
	char c;

	world_up(&w);
	for (int i = 0; i < 50; i++)
		(void)world_flow(&w);
	world_spin(&w, 20);
	for (int i = 0; i < 50; i++)
		ck_assert_int_eq(send(w.flows[i].app, "x", 1, 0), 1);
	memset(&seen, 0, sizeof(seen));
	world_spin(&w, 1);
	ck_assert_uint_eq(seen.sends, 1);
	ck_assert_uint_ge(seen.last_send, 50 * 9 + TLS_RECORD_OVERHEAD);
	ck_assert_uint_lt(seen.last_send, 50 * 9 + 2 * TLS_RECORD_OVERHEAD + 50);
	for (int i = 0; i < 50; i++)
		world_read(&w, w.flows[i].service, &c, 1);
	world_fini(&w);
}
END_TEST

START_TEST(link_echo_costs_no_allocation)
{
	static struct world w;
	struct flow *f;
	char got[64];

	world_up(&w);
	f = world_flow(&w);
	for (int i = 0; i < 1100; i++) {
		if (i == 100) /* the first ones make the ring */
			memset(&seen, 0, sizeof(seen));
		world_write(&w, f->app, got, sizeof(got));
		world_read(&w, f->service, got, sizeof(got));
		world_write(&w, f->service, got, sizeof(got));
		world_read(&w, f->app, got, sizeof(got));
	}
	printf("1000 echoes: %u allocations\n", seen.allocs);
	ck_assert_uint_le(seen.allocs, 100);
	world_fini(&w);
}
END_TEST

START_TEST(link_keystroke_overtakes_bulk)
{
	static struct world w;
	struct transfer bulk;
	struct flow *f, *key;
	int worst = 0;
	char c;

	world_up(&w);
	f = world_flow(&w);
	key = world_flow(&w);
	transfer_init(&bulk, &w, f, false, 64 * MIB);
	while (!transfer_step(&bulk)) {
		int turns = 0;

		ck_assert_int_eq(send(key->app, "k", 1, 0), 1);
		do {
			(void)transfer_step(&bulk);
			loop_turn(w.loop, 0);
			turns++;
		} while (recv(key->service, &c, 1, 0) != 1);
		worst = MAX(worst, turns);
	}
	/* A turn carries a burst; behind how many bursts did it wait? */
	printf("worst: %d turns\n", worst);
	ck_assert_int_le(worst, 40);
	world_fini(&w);
}
END_TEST

START_TEST(link_keeps_little_for_a_peer_that_does_not_read)
{
	static struct world w;
	static uint8_t block[MIB];
	struct flow *f;
	size_t taken = 0;
	ssize_t n;
	int idle = 0;

	/* The agent's link stops: nothing of it is watched any more. */
	world_up(&w);
	f = world_flow(&w);
	loop_unwatch(w.loop, &w.agent.link->watch);
	while (idle < 50) {
		n = send(f->app, block, sizeof(block), 0);
		idle = n > 0 ? 0 : idle + 1;
		taken += n > 0 ? (size_t)n : 0;
		loop_turn(w.loop, 0);
	}
	ck_assert_uint_gt(taken, 0);
	ck_assert_uint_le(w.relay.link->backlog.cap, 2 * LINK_TURN);
	ck_assert_uint_le(w.relay.alloc.bytes, 5 * MIB); /* the ring, at most */
	world_fini(&w);
}
END_TEST

/* --- memory that others count ----------------------------------------------- */

static size_t reserved, reserved_max;

static bool
count_reserve(struct alloc *a AX_UNUSED, size_t n)
{
	if (n > reserved_max - reserved)
		return false;
	reserved += n;
	return true;
}

static void
count_unreserve(struct alloc *a AX_UNUSED, size_t n)
{
	ck_assert_uint_le(n, reserved);
	reserved -= n;
}

static size_t
count_left(struct alloc *a AX_UNUSED)
{
	return reserved_max - reserved;
}

/* An agent that does not read, while so much may be reserved: the link stays, and
 * what it keeps is counted. Returns how much that is.                        */
static size_t
stall_with(size_t most)
{
	static struct world w;
	static uint8_t block[MIB];
	struct flow *f;
	size_t least, kept;
	struct transfer t;
	int small = 4096;

	reserved = 0;
	reserved_max = most;
	world_init(&w);
	w.agent.args.window_init = MIB;
	w.relay.alloc.base.reserve = count_reserve;
	w.relay.alloc.base.unreserve = count_unreserve;
	w.relay.alloc.base.left = count_left;
	world_connect(&w);
	world_until(&w, &w.relay.ups, 1);
	f = world_flow(&w);
	least = reserved; /* the stream's window */
	transfer_init(&t, &w, f, false, 16 * MIB);
	world_transfer(&w, &t, 1);
	(void)!setsockopt(w.relay.link->watch.fd, SOL_SOCKET, SO_SNDBUF,
	    &small, sizeof(small));
	(void)!setsockopt(w.agent.link->watch.fd, SOL_SOCKET, SO_RCVBUF,
	    &small, sizeof(small));
	loop_unwatch(w.loop, &w.agent.link->watch);
	for (int i = 0; i < 300; i++) {
		(void)!send(f->app, block, sizeof(block), 0);
		loop_turn(w.loop, 0);
	}
	ck_assert_int_eq(w.relay.downs, 0);
	kept = buf_len(&w.relay.link->backlog);
	printf("backlog %zu, reserved %zu\n", kept, reserved - least);
	ck_assert_uint_le(kept, LINK_BACKLOG + reserved - least);
	world_fini(&w);
	ck_assert_uint_eq(reserved, 0);
	return kept;
}

START_TEST(link_counts_what_its_socket_refuses)
{
	ck_assert_uint_gt(stall_with(64 * MIB), 0);
}
END_TEST

START_TEST(link_seals_little_where_memory_is_short)
{
	/* The window, and little else. */
	ck_assert_uint_le(stall_with((64 + 200) << 10), LINK_BACKLOG + (200 << 10));
}
END_TEST

START_TEST(link_goes_on_when_its_socket_has_room_again)
{
	static struct world w;
	struct transfer t;
	struct flow *f;
	int fd;

	world_up(&w);
	f = world_flow(&w);
	fd = w.agent.link->watch.fd;
	loop_unwatch(w.loop, &w.agent.link->watch);
	transfer_init(&t, &w, f, false, 16 * MIB);
	for (int i = 0; i < 200; i++) {
		(void)transfer_step(&t);
		loop_turn(w.loop, 0);
	}
	ck_assert_int_eq(loop_watch(w.loop, &w.agent.link->watch, fd, LOOP_EDGE), 0);
	world_transfer(&w, &t, 1);
	ck_assert_uint_eq(buf_len(&w.relay.link->backlog), 0);
	world_spin(&w, 10);
	ck_assert_uint_eq(w.relay.link->backlog.cap, 0);
	world_fini(&w);
}
END_TEST

CHECK_MAIN("link_tx", link_bulk_costs_few_system_calls_and_no_allocation,
    link_small_frames_of_a_turn_leave_in_one_record,
    link_echo_costs_no_allocation, link_keystroke_overtakes_bulk,
    link_keeps_little_for_a_peer_that_does_not_read,
    link_counts_what_its_socket_refuses,
    link_seals_little_where_memory_is_short,
    link_goes_on_when_its_socket_has_room_again)

/* Whose bytes a turn of a loop carries, when many links want to send on it: each
 * tenant's part, counted in bytes, system calls and steps of handshakes. Both
 * ends of every tunnel are here; only the relay's ends share anything.       */
#include "link/pump.h"

#include <stdlib.h>

#include "world.h"

#include "../check_main.h"

#define LINKS 10
#define ROGUE 8 /* the first of them are one tenant's */
#define FLOWS 6 /* of each */

static unsigned calls, reads; /* of visitors and services, in the turn at hand */

ssize_t __real_sendmsg(int fd, const struct msghdr *m, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags);

ssize_t
__wrap_sendmsg(int fd, const struct msghdr *m, int flags)
{
	calls++;
	return __real_sendmsg(fd, m, flags);
}

ssize_t __real_readv(int fd, const struct iovec *v, int n);
ssize_t __wrap_readv(int fd, const struct iovec *v, int n);

ssize_t
__wrap_readv(int fd, const struct iovec *v, int n)
{
	reads++;
	return __real_readv(fd, v, n);
}

/* Not connected; the relay's ends of the first ROGUE share one share. */
static struct world *
worlds_new(void)
{
	struct world *w = calloc(LINKS, sizeof(*w));

	ck_assert_ptr_nonnull(w);
	world_init(&w[0]);
	for (size_t i = 1; i < LINKS; i++)
		world_join(&w[i], &w[0]);
	for (size_t i = 0; i < ROGUE; i++)
		w[i].relay.share = &w[0].relay.own;
	return w;
}

static void
worlds_free(struct world *w)
{
	for (size_t i = LINKS; i-- > 1;)
		world_leave(&w[i]);
	world_fini(&w[0]);
	free(w);
}

static struct world *
worlds_up(void)
{
	struct world *w = worlds_new();

	for (size_t i = 0; i < LINKS; i++) {
		world_connect(&w[i]);
		world_until(&w[i], &w[i].relay.ups, 1);
		world_until(&w[i], &w[i].agent.ups, 1);
	}
	return w;
}

/* Everybody sends as fast as they can: what arrives in so many turns, once
 * windows and rings have grown. */
static void
carry(struct world *w, bool down, int turns, uint64_t got[LINKS])
{
	static struct transfer t[LINKS * FLOWS];

	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		transfer_init(&t[i], &w[i / FLOWS], world_flow(&w[i / FLOWS]),
		    down, SIZE_MAX);
	for (int k = -turns / 2; k < turns; k++) {
		for (size_t i = 0; i < ARRAY_LEN(t); i++) {
			(void)transfer_step(&t[i]);
			if (k == 0)
				got[i / FLOWS] -= t[i].received;
		}
		loop_turn(w[0].loop, AX_NS_PER_MS);
	}
	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		got[i / FLOWS] += t[i].received;
}

#define TURNS 300

static void
expect_one_share(bool down)
{
	struct world *w = worlds_up();
	uint64_t got[LINKS] = { 0 }, rogue = 0, least = UINT64_MAX;

	carry(w, down, TURNS, got);
	for (size_t i = 0; i < LINKS; i++) {
		if (i < ROGUE)
			rogue += got[i];
		else
			least = MIN(least, got[i]);
	}
	printf("%d links of one tenant: %llu KiB; one link of another: %llu KiB\n",
	    ROGUE, (unsigned long long)rogue >> 10,
	    (unsigned long long)least >> 10);
	/* A tenant's turn is a turn of one link, whoever else wants what. Others
	 * have as much, though a link alone may not use it: how much it dares to
	 * send depends on the time that turns take. Where a step ends is chance. */
	ck_assert_uint_le(rogue, (TURNS + 2) * (uint64_t)LINK_TURN);
	ck_assert_uint_le(rogue, 2 * least);
	worlds_free(w);
}

START_TEST(fair_to_services_however_many_links_a_tenant_has)
{
	expect_one_share(false);
}
END_TEST

START_TEST(fair_to_visitors_however_many_links_a_tenant_has)
{
	expect_one_share(true);
}
END_TEST

/* --- small things --------------------------------------------------------- */

/* What a hostile agent could send: frames of one byte for all streams in turn. */
static void
send_crumbs(struct world *w, size_t n)
{
	struct session *s = link_session(w->agent.link);
	struct iovec iov;

	for (size_t i = 0; i < n; i++) {
		struct stream *st = w->flows[i % w->n_flows].agent.splice.stream;
		size_t quantum;

		session_ready(s, st, true);
		if (session_sender(s, &quantum, loop_now(w->loop)) == NULL)
			break;
		if (session_reserve(s, st, 1, &iov, 1) == 0)
			break;
		*(char *)iov.iov_base = 'x';
		session_commit(s, st, 1);
		session_ready(s, st, false);
	}
	link_kick(w->agent.link);
}

START_TEST(fair_crumbs_for_many_visitors_are_a_bounded_turn)
{
	static struct world w;
	unsigned most = 0, all = 0;
	char got[4096];

	world_up(&w);
	for (int i = 0; i < 100; i++)
		(void)world_flow(&w);
	for (int k = 0; k < 300; k++) {
		send_crumbs(&w, 20000);
		calls = 0;
		loop_turn(w.loop, 0);
		most = MAX(most, calls);
		all += calls;
		for (int i = 0; i < 100; i++)
			while (recv(w.flows[i].app, got, sizeof(got), 0) > 0)
				continue;
	}
	printf("calls in a turn: at most %u, %u on average\n", most, all / 300);
	ck_assert_uint_gt(all, 10000);
	/* One turn may be dear, depending on what has come until then; the next
	 * ones take less at a time.                                          */
	ck_assert_uint_le(most, 1024);
	ck_assert_uint_le(all / 300, 1 + SHARE_TURN / LINK_CALL);
	world_fini(&w);
}
END_TEST

START_TEST(fair_reads_of_many_visitors_are_a_bounded_turn)
{
	static struct world w;
	static char block[1024];
	unsigned most = 0;

	world_up(&w);
	for (int i = 0; i < 240; i++)
		(void)world_flow(&w);
	for (int i = 0; i < 240; i++)
		ck_assert_int_eq(send(w.flows[i].app, block, sizeof(block), 0),
		    sizeof(block));
	for (int k = 0; k < 10; k++) {
		reads = 0;
		loop_turn(w.loop, 0);
		most = MAX(most, reads);
	}
	/* No more than what is half of a link's turn, and one. */
	ck_assert_uint_le(most, 2 * LINK_TURN / (LINK_CALL + sizeof(block)) + 1);
	for (int i = 0; i < 240; i++)
		world_read(&w, w.flows[i].service, block, sizeof(block));
	world_fini(&w);
}
END_TEST

/* --- handshakes ----------------------------------------------------------- */

START_TEST(fair_handshakes_of_strangers_wait_for_each_other)
{
	struct world *w = worlds_new();
	int answered = 0, most = 0;

	for (size_t i = 0; i < ROGUE; i++)
		world_connect(&w[i]);
	for (int k = 0; k < 1000 && answered < ROGUE; k++) {
		int before = answered;

		loop_turn(w[0].loop, AX_NS_PER_MS);
		answered = 0;
		for (size_t i = 0; i < ROGUE; i++)
			answered += w[i].relay.link->gate_ns == AX_NEVER;
		most = MAX(most, answered - before);
	}
	ck_assert_int_eq(most, 1);
	for (size_t i = 0; i < ROGUE; i++)
		world_until(&w[i], &w[i].relay.ups, 1);
	worlds_free(w);
}
END_TEST

CHECK_MAIN("fair", fair_to_services_however_many_links_a_tenant_has,
    fair_to_visitors_however_many_links_a_tenant_has,
    fair_crumbs_for_many_visitors_are_a_bounded_turn,
    fair_reads_of_many_visitors_are_a_bounded_turn,
    fair_handshakes_of_strangers_wait_for_each_other)

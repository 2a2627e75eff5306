/* test_footprint.c — what is said to be needed at most, held against what real
 * tunnels take: counted bytes, no clock. Both ends are in this process, so what
 * malloc says is for two.                                                    */
#include "relay/footprint.h"

#include <malloc.h>
#include <stdlib.h>

#include "link/pump.h"
#include "relay/admit.h"
#include "relay/carried.h"
#include "relay/ingress.h"

#include "../link/world.h"
#include "../check_main.h"

#define TUNNELS 8
#define MIB (1u << 20)
#define IDLE_TUNNEL (12 << 10) /* bytes of an end, all told: doc/MEMORY */

/* --- the sum --------------------------------------------------------------- */

START_TEST(footprint_is_the_sum_of_its_parts)
{
	struct conf_relay c = { .workers = 2, .limits = { .streams = 1000,
		.memory = 64 << 20 }, .tunnel = { .window = 16 << 10 } };
	struct footprint f, g;

	footprint_of(&c, &f);
	ck_assert_uint_eq(f.all, f.program + f.workers + f.waiting + f.lent);
	ck_assert_uint_eq(f.lent, 64 << 20);
	ck_assert_uint_ge(f.workers, 2 * HALF_OPEN_MAX * HANDSHAKE_COST);
	c.limits.memory = 0;
	footprint_of(&c, &g);
	ck_assert_uint_eq(g.lent, g.machine / 2);
	c.workers = 4;
	c.limits.streams = 2000;
	footprint_of(&c, &f);
	ck_assert_uint_ge(f.workers, 2 * g.workers);
	ck_assert_uint_eq(f.waiting, 2 * g.waiting);
}
END_TEST

/* --- malloc ---------------------------------------------------------------- */

/* 0 where a sanitizer has replaced it. */
static long
in_use(void)
{
	struct mallinfo2 m = mallinfo2();

	return (long)(m.uordblks + m.hblkhd);
}

static struct world *
worlds_new(void)
{
	struct world *w = calloc(TUNNELS, sizeof(*w));

	ck_assert_ptr_nonnull(w);
	world_init(&w[0]);
	for (int i = 1; i < TUNNELS; i++)
		world_join(&w[i], &w[0]);
	return w;
}

static void
worlds_free(struct world *w)
{
	for (int i = TUNNELS; i-- > 1;)
		world_leave(&w[i]);
	world_fini(&w[0]);
	free(w);
}

/* One tunnel comes and goes first: what the library keeps is not a tunnel's. */
static void
warm_up(struct world *w)
{
	world_connect(&w[0]);
	world_until(&w[0], &w[0].relay.ups, 1);
	world_until(&w[0], &w[0].agent.ups, 1);
	link_free(&w[0].relay.link);
	link_free(&w[0].agent.link);
	world_forget(&w[0]);
}

START_TEST(footprint_of_a_handshake)
{
	struct world *w = worlds_new();
	long before, each;

	warm_up(w);
	before = in_use();
	for (int i = 0; i < TUNNELS; i++) {
		world_connect(&w[i]);
		while (w[i].relay.link->gate_ns != AX_NEVER)
			loop_turn(w[0].loop, AX_NS_PER_MS);
	}
	each = (in_use() - before) / TUNNELS;
	printf("a handshake, both ends: %ld bytes\n", each);
	ck_assert_int_le(each, (long)(2 * HANDSHAKE_COST));
	worlds_free(w);
}
END_TEST

START_TEST(footprint_of_an_idle_tunnel)
{
	struct world *w = worlds_new();
	long before, each, counted = 0;

	warm_up(w);
	before = in_use();
	for (int i = 0; i < TUNNELS; i++) {
		world_connect(&w[i]);
		world_until(&w[i], &w[i].relay.ups, 1);
		world_until(&w[i], &w[i].agent.ups, 1);
	}
	world_spin(&w[0], 20);
	for (int i = 0; i < TUNNELS; i++) {
		/* It could go on with nothing but its own. */
		ck_assert_uint_le(w[i].relay.alloc.bytes, SESSION_SPARE);
		counted += (long)(w[i].relay.alloc.bytes + w[i].agent.alloc.bytes);
	}
	each = (in_use() - before - counted) / TUNNELS;
	printf("an idle tunnel, both ends: %ld bytes and %ld counted\n", each,
	    counted / TUNNELS);
	ck_assert_int_le(each + counted / TUNNELS, 2 * IDLE_TUNNEL);
	/* What is left of its cost when spare, torn record and the smallest
	 * backlog are in use, of each end; but for a quarter that buffers have
	 * to spare. */
	ck_assert_int_le(each / 2, (long)SESSION_COST - SESSION_SPARE -
	    5 * (LINK_BACKLOG + TLS_READ_MIN) / 4);
	worlds_free(w);
}
END_TEST

START_TEST(footprint_of_idle_connections)
{
	static struct world w;
	size_t before, each;

	world_up(&w);
	(void)world_flow(&w);
	before = w.relay.alloc.bytes;
	for (int i = 0; i < 200; i++)
		(void)world_flow(&w);
	world_spin(&w, 20);
	each = (w.relay.alloc.bytes - before) / 200;
	printf("an idle connection: %zu bytes, and its splice's %zu\n", each,
	    sizeof(struct splice));
	for (int i = 0; i < 200; i++)
		ck_assert_uint_eq(w.flows[i].relay.splice.rx.cap, 0);
	ck_assert_uint_le(each + sizeof(struct carried), CONNECTION_COST);
	world_fini(&w);
}
END_TEST

/* --- stalled --------------------------------------------------------------- */

static size_t reserved;

static bool
reserve(struct alloc *a AX_UNUSED, size_t n)
{
	if (n > 8 * MIB - reserved)
		return false;
	reserved += n;
	return true;
}

static void
unreserve(struct alloc *a AX_UNUSED, size_t n)
{
	ck_assert_uint_le(n, reserved);
	reserved -= n;
}

static size_t
left(struct alloc *a AX_UNUSED)
{
	return 8 * MIB - reserved;
}

/* Bytes behind the visitors' backs; what is in them was granted before. */
static size_t
kept(const struct world *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n_flows; i++)
		n += w->flows[i].relay.splice.rx.cap;
	return n;
}

START_TEST(footprint_of_stalled_visitors)
{
	static struct world w;
	static uint8_t block[256 << 10], sink[3000];
	size_t most = 0;

	world_init(&w);
	w.relay.args.window_init = 16 << 10;
	w.relay.args.budget = 64 * MIB;
	w.relay.alloc.base.reserve = reserve;
	w.relay.alloc.base.unreserve = unreserve;
	w.relay.alloc.base.left = left;
	world_connect(&w);
	world_until(&w, &w.relay.ups, 1);
	for (int i = 0; i < 40; i++)
		(void)world_flow(&w);
	/* The first ten read quickly for a while, so that their windows grow;
	 * then nobody reads but a little. */
	for (int round = 0; round < 400; round++) {
		for (int i = 0; i < 40; i++) {
			bool quick = i < 10 && round < 200;

			(void)!send(w.flows[i].service, block, sizeof(block),
			    MSG_NOSIGNAL);
			if (quick)
				while (recv(w.flows[i].app, block, sizeof(block), 0) > 0)
					continue;
			else if (round % 8 == 0)
				(void)!recv(w.flows[i].app, sink, sizeof(sink), 0);
		}
		world_spin(&w, 3);
		most = MAX(most, kept(&w));
		ck_assert_uint_le(kept(&w), BUFFER_COST * reserved);
		ck_assert_uint_le(reserved, 8 * MIB);
	}
	printf("at most %zu KiB kept, %zu KiB reserved\n", most >> 10,
	    reserved >> 10);
	ck_assert_uint_gt(most, 40 * w.relay.args.window_init / 2);
	world_fini(&w);
	ck_assert_uint_eq(reserved, 0);
}
END_TEST

CHECK_MAIN("footprint", footprint_is_the_sum_of_its_parts,
    footprint_of_a_handshake, footprint_of_an_idle_tunnel,
    footprint_of_idle_connections, footprint_of_stalled_visitors)

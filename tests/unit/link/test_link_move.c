/* A relay's link on its way from one loop to another: in one thread, and to the
 * loop of a thread of its own. The agent's end stays where it is.             */
#include "link/pump.h"

#include <pthread.h>
#include <stdatomic.h>

#include "world.h"

#include "../check_main.h"

#define MOVES 100
#define BYTES 3000017

/* Where it goes to. */
struct place {
	struct loop *loop;
	struct share share;
	struct link_scratch *scratch;
	struct tls_ctx *tls;
};

static void
place_init(struct place *p, const struct world *w)
{
	struct err e;

	ck_assert_int_eq(loop_new(&p->loop, &e), 0);
	share_init(&p->share, p->loop);
	ck_assert_int_eq(link_scratch_new(&p->scratch), 0);
	ck_assert_int_eq(tls_ctx_clone(w->relay_tls, &p->tls, &e), 0);
}

static void
place_fini(struct place *p)
{
	tls_ctx_free(&p->tls);
	link_scratch_free(&p->scratch);
	share_fini(&p->share);
	loop_free(&p->loop);
}

static int
enter(struct world *w, struct place *p)
{
	return link_enter(w->relay.link, p->loop, &p->share, p->scratch, p->tls);
}

static void
accept_agent(struct world *w)
{
	struct link *l = w->relay.link;

	ck_assert_int_eq(
	    session_accept(link_session(l), 0, 1, loop_now(link_loop(l))), 0);
	link_kick(l);
}

/* The agent has said HELLO and waits. */
static void
world_asks(struct world *w)
{
	world_init(w);
	w->relay.later = true;
	world_connect(w);
	world_until(w, &w->relay.ups, 1);
	world_spin(w, 3);
}

static void
both_until(struct world *w, struct place *p, const int *n)
{
	for (int i = 0; *n == 0; i++) {
		ck_assert_msg(i < 20000, "nothing came");
		loop_turn(p->loop, 0);
		loop_turn(w->loop, AX_NS_PER_MS);
	}
}

START_TEST(link_moves_any_number_of_times)
{
	static struct world w;
	struct place there;
	struct place here;

	world_asks(&w);
	place_init(&here, &w);
	place_init(&there, &w);
	for (int i = 0; i < MOVES; i++) {
		ck_assert(link_leave(w.relay.link));
		ck_assert_int_eq(enter(&w, i % 2 == 0 ? &here : &there), 0);
		if (i % 3 == 0)
			loop_turn(link_loop(w.relay.link), 0);
	}
	ck_assert_ptr_eq(link_loop(w.relay.link), there.loop);
	accept_agent(&w);
	both_until(&w, &there, &w.agent.ups);
	ck_assert_int_eq(w.relay.downs, 0);
	link_free(&w.relay.link);
	place_fini(&here);
	place_fini(&there);
	world_fini(&w);
}
END_TEST

START_TEST(link_reads_what_came_while_it_moved)
{
	static struct world w;
	struct place there;

	world_asks(&w);
	place_init(&there, &w);
	ck_assert(link_leave(w.relay.link));
	link_close(w.agent.link, AX_WIRE_NO_ERROR, "changed my mind");
	world_spin(&w, 10);
	ck_assert_int_eq(w.relay.downs, 0);
	ck_assert_int_eq(enter(&w, &there), 0);
	both_until(&w, &there, &w.relay.downs);
	ck_assert(w.relay.why.by_peer);
	ck_assert_str_eq(w.relay.why.err.text, "changed my mind");
	world_until(&w, &w.agent.downs, 1);
	place_fini(&there);
	world_fini(&w);
}
END_TEST

START_TEST(link_keeps_its_deadline_when_it_moves)
{
	static struct world w;
	struct place there;

	world_asks(&w);
	place_init(&there, &w);
	ck_assert(link_leave(w.relay.link));
	w.relay.link->deadline_ns = loop_now(w.loop);
	ck_assert_int_eq(enter(&w, &there), 0);
	both_until(&w, &there, &w.relay.downs);
	ck_assert_int_eq(w.relay.why.err.code, AX_E_TIMEOUT);
	world_until(&w, &w.agent.downs, 1);
	place_fini(&there);
	world_fini(&w);
}
END_TEST

START_TEST(link_may_end_between_two_loops)
{
	static struct world w;

	world_asks(&w);
	ck_assert(link_leave(w.relay.link));
	link_free(&w.relay.link);
	ck_assert_int_eq(w.relay.downs, 0);
	world_until(&w, &w.agent.downs, 1);
	ck_assert(w.agent.why.by_peer);
	world_fini(&w);
}
END_TEST

START_TEST(link_that_is_closing_stays)
{
	static struct world w;

	world_asks(&w);
	link_close(w.relay.link, AX_WIRE_DRAINING, "going home");
	ck_assert(!link_leave(w.relay.link));
	world_until(&w, &w.relay.downs, 1);
	world_until(&w, &w.agent.downs, 1);
	ck_assert_uint_eq(w.agent.why.wire, AX_WIRE_DRAINING);
	world_fini(&w);
}
END_TEST

/* --- two threads ----------------------------------------------------------- */

struct other {
	struct world *w;
	struct place place;
	atomic_bool opened, over;
};

static void *
live_there(void *arg)
{
	struct other *o = arg;

	ck_assert_int_eq(enter(o->w, &o->place), 0);
	accept_agent(o->w);
	(void)world_open(o->w);
	(void)world_open(o->w);
	atomic_store(&o->opened, true);
	while (!atomic_load(&o->over))
		loop_turn(o->place.loop, AX_NS_PER_MS);
	link_free(&o->w->relay.link);
	place_fini(&o->place);
	tls_thread_fini();
	return NULL;
}

START_TEST(link_carries_streams_in_the_thread_it_moved_to)
{
	static struct world w;
	static struct other o;
	struct transfer t[4];
	pthread_t thread;

	world_asks(&w);
	o = (struct other){ .w = &w };
	place_init(&o.place, &w);
	ck_assert(link_leave(w.relay.link));
	/* The relay's old thread is done with it: nothing of it may be needed. */
	tls_ctx_free(&w.relay_tls);
	ck_assert_int_eq(pthread_create(&thread, NULL, live_there, &o), 0);
	world_until(&w, &w.agent.ups, 1);
	while (!atomic_load(&o.opened) || w.n_opened < 2)
		loop_turn(w.loop, AX_NS_PER_MS);
	for (int i = 0; i < 4; i++)
		transfer_init(&t[i], &w, &w.flows[i / 2], i % 2 == 0, BYTES);
	world_transfer(&w, t, 4);
	atomic_store(&o.over, true);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	world_fini(&w);
}
END_TEST

CHECK_MAIN("link_move", link_moves_any_number_of_times,
    link_reads_what_came_while_it_moved, link_keeps_its_deadline_when_it_moves,
    link_may_end_between_two_loops, link_that_is_closing_stays,
    link_carries_streams_in_the_thread_it_moved_to)

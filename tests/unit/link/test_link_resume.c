/* Tests of link/link_resume.c: connections break, sessions do not. */
#include "link/pump.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/rng.h"
#include "world.h"

#include "../check_main.h"

/* The line between both ends: what the test does not carry has been lost with it
 * when it is cut. */
struct line {
	int fd[2];  /* 0: the relay's side */
	bool mute[2]; /* carries nothing that comes from there */
};

static struct world w;
static struct line line;
static struct rng rng;

static void
carry(int from)
{
	uint8_t bytes[16384];
	ssize_t n;

	if (line.fd[0] < 0 || line.mute[from])
		return;
	n = recv(line.fd[from], bytes, 1 + rng_below(&rng, sizeof(bytes)), MSG_PEEK);
	if (n > 0)
		n = send(line.fd[!from], bytes, (size_t)n, MSG_NOSIGNAL);
	if (n > 0)
		ck_assert_int_eq(recv(line.fd[from], bytes, (size_t)n, 0), n);
}

static void
turn(void)
{
	carry(0);
	carry(1);
	loop_turn(w.loop, 0);
}

static void
turns(int n)
{
	while (n-- > 0)
		turn();
}

static void
until(const int *n, int at_least)
{
	uint64_t limit = clock_mono_ns() + 20 * AX_NS_PER_S;

	while (*n < at_least) {
		turn();
		ck_assert_msg(clock_mono_ns() < limit, "nothing came");
	}
}

static void
cut(void)
{
	sock_close(&line.fd[0]);
	sock_close(&line.fd[1]);
	line.mute[0] = line.mute[1] = false;
}

static void
new_line(int *relay, int *agent)
{
	int a[2], b[2];

	tcp_pair(a);
	tcp_pair(b);
	line = (struct line){ { a[1], b[1] }, { false, false } };
	*relay = a[0];
	*agent = b[0];
}

static void
up_for(uint16_t resume_s)
{
	const char *given = getenv("ATLAX_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : clock_mono_ns();
	int relay, agent;

	printf("ATLAX_SEED=%llu\n", (unsigned long long)seed);
	rng_seed(&rng, seed);
	world_init(&w);
	w.relay.args.resume_s = w.agent.args.resume_s = resume_s;
	w.relay.args.ring_max = w.agent.args.ring_max = 256 << 10;
	new_line(&relay, &agent);
	world_connect_over(&w, relay, agent);
	until(&w.agent.ups, 1);
	turns(20);
}

static void
up(void)
{
	up_for(60);
}

static void
down(void)
{
	cut();
	world_fini(&w);
}

/* A new connection; it may be cut before it is of any use. */
static void
dial(void)
{
	int relay, agent;

	cut();
	new_line(&relay, &agent);
	world_reconnect(&w, relay, agent);
}

static void
lose(void)
{
	cut();
	while (link_away_since_ns(w.relay.link) == 0 ||
	    link_away_since_ns(w.agent.link) == 0)
		turn();
}

static void
come_back(void)
{
	int before = w.agent.resumes;

	dial();
	until(&w.agent.resumes, before + 1);
}

static struct flow *
flow(void)
{
	struct flow *f = world_open(&w);

	while (w.n_opened < w.n_flows)
		turn();
	until(&f->relay.opened, 1);
	return f;
}

/* --- bytes ---------------------------------------------------------------- */

#define FLOWS 4

START_TEST(resume_every_byte_arrives_once_over_many_cuts)
{
	struct transfer t[2 * FLOWS];
	uint64_t limit = clock_mono_ns() + 60 * AX_NS_PER_S;
	size_t done = 0;
	int cuts = 0;

	up();
	for (size_t i = 0; i < FLOWS; i++) {
		struct flow *f = flow();

		transfer_init(&t[2 * i], &w, f, false, 8 << 20);
		transfer_init(&t[2 * i + 1], &w, f, true, 8 << 20);
	}
	while (done < 2 * FLOWS) {
		done = 0;
		for (size_t i = 0; i < 2 * FLOWS; i++)
			done += transfer_step(&t[i]);
		turn();
		/* Also into the handshakes: one takes some ten turns. */
		if (cuts < 100 && rng_below(&rng, 60) == 0) {
			dial();
			cuts++;
		}
		if (w.agent.fresh == NULL && link_away_since_ns(w.agent.link) != 0)
			dial();
		ck_assert_msg(clock_mono_ns() < limit, "%zu are done", done);
	}
	printf("%d cuts, resumed %d times (relay), %d (agent)\n", cuts,
	    w.relay.resumes, w.agent.resumes);
	ck_assert_int_ge(w.agent.resumes, 20);
	ck_assert_int_eq(w.relay.downs + w.agent.downs, 0);
	down();
}
END_TEST

/* A new connection beside the old one, which is well. */
static void
move_over(void)
{
	struct line old = line;
	int before = w.agent.resumes, relay, agent;

	new_line(&relay, &agent);
	world_reconnect(&w, relay, agent);
	until(&w.agent.resumes, before + 1);
	sock_close(&old.fd[0]);
	sock_close(&old.fd[1]);
}

START_TEST(resume_from_a_connection_that_is_well)
{
	struct transfer t;
	int moves = 0;

	up();
	transfer_init(&t, &w, flow(), false, 8 << 20);
	while (!transfer_step(&t)) {
		turn();
		if (moves++ < 10)
			move_over();
	}
	ck_assert_int_ge(moves, 10);
	ck_assert_int_eq(w.relay.aways + w.agent.aways, 0);
	down();
}
END_TEST

/* Until the receiver's socket takes no more, because nobody reads. */
static void
fill(struct transfer *t, const struct splice *at)
{
	while (buf_len(&at->rx) == 0) {
		ssize_t r = send(t->from, t->pattern + t->sent % PATTERN_LEN,
		    PATTERN_LEN, MSG_NOSIGNAL);

		t->sent += (size_t)MAX(r, 0);
		turn();
	}
	t->n = t->sent;
}

START_TEST(resume_meanwhile_delivers_what_had_come)
{
	struct transfer t;
	struct flow *f;

	up();
	f = flow();
	transfer_init(&t, &w, f, false, SIZE_MAX);
	fill(&t, &f->agent.splice);
	lose();
	while (buf_len(&f->agent.splice.rx) > 0) {
		ck_assert(!transfer_step(&t));
		turn();
	}
	come_back();
	while (!transfer_step(&t))
		turn();
	down();
}
END_TEST

/* --- ends of streams --------------------------------------------------------- */

static void
expect_bytes(int fd, const char *want)
{
	char got[16];

	ck_assert_int_eq(recv(fd, got, sizeof(got), 0), (ssize_t)strlen(want));
	ck_assert_int_eq(memcmp(got, want, strlen(want)), 0);
}

START_TEST(resume_carries_a_half_close_of_the_time_between)
{
	struct flow *f;
	char c;

	up();
	f = flow();
	lose();
	ck_assert_int_eq(send(f->app, "hello", 5, 0), 5);
	ck_assert_int_eq(shutdown(f->app, SHUT_WR), 0);
	turns(20);
	ck_assert_int_eq(recv(f->service, &c, 1, 0), -1);
	come_back();
	turns(50);
	expect_bytes(f->service, "hello");
	ck_assert_int_eq(recv(f->service, &c, 1, 0), 0);
	ck_assert_int_eq(send(f->service, "world", 5, 0), 5);
	sock_close(&f->service);
	turns(50);
	expect_bytes(f->app, "world");
	ck_assert_int_eq(recv(f->app, &c, 1, 0), 0);
	down();
}
END_TEST

START_TEST(resume_carries_a_reset_of_the_time_between)
{
	struct flow *f, *g;
	char c;

	up();
	f = flow();
	g = flow();
	lose();
	sock_abort(&f->app);
	sock_abort(&g->service);
	turns(20);
	come_back();
	turns(50);
	ck_assert_int_eq(recv(f->service, &c, 1, 0), -1);
	ck_assert_int_eq(errno, ECONNRESET);
	ck_assert_int_eq(recv(g->app, &c, 1, 0), -1);
	ck_assert_int_eq(errno, ECONNRESET);
	ck_assert_int_eq(f->relay.closed + f->agent.closed, 2);
	ck_assert_int_eq(g->relay.closed + g->agent.closed, 2);
	down();
}
END_TEST

/* --- what may happen to HELLO ------------------------------------------------ */

/* Turns until HELLO is at the relay, and says no more for it. */
static void
until_asked(void)
{
	int before = w.relay.asked;

	w.relay.later = true;
	dial();
	until(&w.relay.asked, before + 1);
	w.relay.later = false;
}

/* The relay resumes, and its answer is lost. */
static void
lose_the_answer(void)
{
	int before = w.agent.resumes;

	until_asked();
	line.mute[0] = true;
	ck_assert_ptr_null(link_take(w.relay.link, w.relay.fresh, &w.relay.claim));
	turns(20);
	ck_assert(session_is_up(link_session(w.relay.link)));
	ck_assert_int_eq(w.agent.resumes, before);
	lose();
}

START_TEST(resume_survives_that_its_answer_is_lost_twice)
{
	struct transfer t;

	up();
	transfer_init(&t, &w, flow(), false, 1 << 20);
	for (int i = 0; i < 20; i++) {
		(void)transfer_step(&t);
		turn();
	}
	lose();
	lose_the_answer();
	lose_the_answer();
	come_back();
	while (!transfer_step(&t))
		turn();
	lose(); /* the keys are the same again on both sides */
	come_back();
	down();
}
END_TEST

static void
expect_refusal(const struct session_claim *c, const char *why)
{
	const char *said = link_take(w.relay.link, w.relay.fresh, c);

	ck_assert_ptr_nonnull(said);
	ck_assert_str_eq(said, why);
}

START_TEST(resume_refuses_what_is_not_proven_and_forgets_it)
{
	struct session_claim old, c;

	up();
	(void)flow();
	until_asked();
	old = c = w.relay.claim;
	c.id[3] ^= 1;
	expect_refusal(&c, "it has another name");
	c = old;
	c.mac[31] ^= 1;
	expect_refusal(&c, "it is not proven");
	c = old;
	c.received++;
	expect_refusal(&c, "it is not proven");
	c = old;
	c.epoch++;
	expect_refusal(&c, "it is not proven");
	ck_assert_ptr_null(link_take(w.relay.link, w.relay.fresh, &old));
	until(&w.agent.resumes, 1);
	/* The same once more, and as if it were new. */
	until_asked();
	expect_refusal(&old, "the same was said before");
	c = old;
	c.epoch = w.relay.claim.epoch;
	expect_refusal(&c, "it is not proven");
	ck_assert_ptr_null(link_take(w.relay.link, w.relay.fresh, &w.relay.claim));
	until(&w.agent.resumes, 2);
	down();
}
END_TEST

START_TEST(resume_refused_ends_the_streams)
{
	struct flow *f;
	char c;

	up();
	f = flow();
	w.relay.reject = AX_WIRE_UNKNOWN_SESSION;
	dial();
	until(&w.agent.downs, 1);
	ck_assert_uint_eq(w.agent.why.wire, AX_WIRE_UNKNOWN_SESSION);
	ck_assert_int_eq(w.agent.last_event, SESSION_EV_REFUSED);
	ck_assert_int_eq(recv(f->service, &c, 1, 0), -1);
	ck_assert_int_eq(errno, ECONNRESET);
	down();
}
END_TEST

/* --- the end ------------------------------------------------------------------- */

START_TEST(resume_is_not_for_those_who_took_leave)
{
	up();
	(void)flow();
	link_close(w.relay.link, AX_WIRE_DRAINING, "bye");
	until(&w.agent.downs, 1);
	until(&w.relay.downs, 1);
	ck_assert_int_eq(w.relay.aways + w.agent.aways, 0);
	down();
}
END_TEST

START_TEST(resume_of_one_that_is_closed_while_away_is_over)
{
	struct flow *f;
	char c;

	up();
	f = flow();
	lose();
	link_close(w.relay.link, AX_WIRE_REPLACED, "a newer one is here");
	until(&w.relay.downs, 1);
	ck_assert_uint_eq(w.relay.why.wire, AX_WIRE_REPLACED);
	ck_assert_int_eq(recv(f->app, &c, 1, 0), -1);
	ck_assert_int_eq(errno, ECONNRESET);
	dial();
	until(&w.agent.downs, 1);
	down();
}
END_TEST

START_TEST(resume_has_its_time_and_no_more)
{
	uint64_t from;

	up_for(1);
	(void)flow();
	from = clock_mono_ns();
	lose();
	until(&w.relay.downs, 1);
	until(&w.agent.downs, 1);
	ck_assert_uint_ge(clock_mono_ns() - from, AX_NS_PER_S);
	ck_assert_uint_eq(w.relay.why.wire, AX_WIRE_KEEPALIVE);
	down();
}
END_TEST

START_TEST(resume_of_sessions_without_it_is_never)
{
	up_for(0);
	(void)flow();
	cut();
	until(&w.relay.downs, 1);
	until(&w.agent.downs, 1);
	ck_assert_int_eq(w.relay.aways + w.agent.aways, 0);
	down();
}
END_TEST

START_TEST(resume_is_doubted_when_an_answer_is_due)
{
	struct transfer t;
	struct flow *f;
	uint64_t from;

	up();
	f = flow();
	transfer_init(&t, &w, f, true, 1 << 20);
	while (!transfer_step(&t))
		turn();
	turns(20);
	/* Nobody owes anything. */
	from = clock_mono_ns();
	while (clock_mono_ns() - from < 3 * AX_NS_PER_S / 2)
		turn();
	ck_assert_int_eq(w.agent.doubts, 0);
	/* Silence. */
	line.mute[0] = line.mute[1] = true;
	from = clock_mono_ns();
	ck_assert_int_eq(send(f->service, "x", 1, 0), 1);
	until(&w.agent.doubts, 1);
	ck_assert_uint_ge(clock_mono_ns() - from, AX_NS_PER_S);
	ck_assert_uint_lt(clock_mono_ns() - from, 5 * AX_NS_PER_S);
	ck_assert_uint_eq(link_away_since_ns(w.agent.link), 0);
	move_over();
	turns(50);
	expect_bytes(f->app, "x");
	ck_assert_int_eq(w.agent.doubts, 1);
	down();
}
END_TEST

/* One way only: the relay is heard, and hears nothing. */
START_TEST(resume_is_doubted_when_answers_do_not_come)
{
	uint64_t from, last;
	struct flow *f;
	char byte;

	up();
	f = flow();
	turns(20);
	line.mute[1] = true;
	from = last = clock_mono_ns();
	ck_assert_int_eq(send(f->service, "x", 1, 0), 1);
	while (w.agent.doubts == 0) {
		if (clock_mono_ns() - last > AX_NS_PER_S / 4) {
			last = clock_mono_ns();
			ck_assert_int_eq(send(f->app, "y", 1, 0), 1);
		}
		turn();
		(void)recv(f->service, &byte, 1, MSG_DONTWAIT);
		ck_assert_uint_lt(clock_mono_ns() - from, 30 * AX_NS_PER_S);
	}
	ck_assert_uint_ge(clock_mono_ns() - from, 2 * AX_NS_PER_S);
	ck_assert_uint_eq(link_away_since_ns(w.relay.link), 0);
	move_over();
	turns(50);
	expect_bytes(f->app, "x");
	down();
}
END_TEST

START_TEST(resume_while_away_owns_no_connection)
{
	up();
	(void)flow();
	lose();
	ck_assert_int_eq(w.relay.link->watch.fd, -1);
	ck_assert_ptr_null(w.relay.link->tls);
	ck_assert_ptr_null(w.agent.link->tls);
	ck_assert_str_eq(link_peer(w.relay.link)->id.tenant, "acme");
	come_back();
	down();
}
END_TEST

CHECK_MAIN("link_resume", resume_every_byte_arrives_once_over_many_cuts,
    resume_from_a_connection_that_is_well,
    resume_meanwhile_delivers_what_had_come,
    resume_carries_a_half_close_of_the_time_between,
    resume_carries_a_reset_of_the_time_between,
    resume_survives_that_its_answer_is_lost_twice,
    resume_refuses_what_is_not_proven_and_forgets_it,
    resume_refused_ends_the_streams, resume_is_not_for_those_who_took_leave,
    resume_of_one_that_is_closed_while_away_is_over,
    resume_has_its_time_and_no_more, resume_of_sessions_without_it_is_never,
    resume_is_doubted_when_an_answer_is_due,
    resume_is_doubted_when_answers_do_not_come,
    resume_while_away_owns_no_connection)

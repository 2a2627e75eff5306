/* Tests of link/link_rx.c: bytes that come in every shape. */
#include "link/pump.h"

#include <errno.h>

#include "world.h"

#include "../check_main.h"

/* A wire between two sockets that passes at most so many bytes a turn. */
struct wire {
	int fd[2];
	size_t step;
};

static void
carry(int from, int to, size_t step)
{
	uint8_t bytes[4096];
	ssize_t n = recv(from, bytes, MIN(step, sizeof(bytes)), 0);

	if (n > 0)
		ck_assert_int_eq(send(to, bytes, (size_t)n, 0), n);
	else
		ck_assert(n < 0 && errno == EAGAIN);
}

static void
turn(struct world *w, const struct wire *x)
{
	carry(x->fd[0], x->fd[1], x->step);
	carry(x->fd[1], x->fd[0], x->step);
	loop_turn(w->loop, 0);
}

static void
connect_through(struct world *w, struct wire *x, size_t step)
{
	int relay[2], agent[2];

	world_init(w);
	tcp_pair(relay);
	tcp_pair(agent);
	*x = (struct wire){ { relay[1], agent[1] }, step };
	world_connect_over(w, relay[0], agent[0]);
	for (int i = 0; i < 100000 && (w->agent.ups == 0 || w->relay.ups == 0); i++)
		turn(w, x);
	ck_assert_int_eq(w->agent.ups, 1);
}

static void
send_through(struct world *w, struct wire *x, size_t n)
{
	struct flow *f = world_open(w);
	struct transfer t[2];

	while (w->n_opened == 0)
		turn(w, x);
	transfer_init(&t[0], w, f, false, n);
	transfer_init(&t[1], w, f, true, n);
	for (;;) {
		bool down = transfer_step(&t[0]);

		if (transfer_step(&t[1]) && down)
			break;
		turn(w, x);
	}
	sock_close(&x->fd[0]);
	sock_close(&x->fd[1]);
	world_fini(w);
}

START_TEST(link_understands_one_byte_at_a_time)
{
	static struct world w;
	struct wire x;

	connect_through(&w, &x, 1);
	send_through(&w, &x, 3000);
}
END_TEST

START_TEST(link_understands_pieces_of_odd_sizes)
{
	static struct world w;
	struct wire x;

	connect_through(&w, &x, 1021);
	send_through(&w, &x, 500000);
}
END_TEST

START_TEST(link_dies_of_a_byte_changed_on_the_way)
{
	static struct world w;
	struct wire x;
	uint8_t bytes[4096];
	ssize_t n = 0;

	connect_through(&w, &x, 4096);
	for (int i = 0; i < 20; i++)
		turn(&w, &x);
	(void)world_open(&w);
	while (n <= 0) {
		loop_turn(w.loop, AX_NS_PER_MS);
		n = recv(x.fd[0], bytes, sizeof(bytes), 0);
	}
	bytes[n - 1] ^= 1;
	ck_assert_int_eq(send(x.fd[1], bytes, (size_t)n, 0), n);
	world_until(&w, &w.agent.downs, 1);
	ck_assert_int_eq(w.agent.why.err.code, AX_E_TLS);
	sock_close(&x.fd[0]);
	sock_close(&x.fd[1]);
	world_fini(&w);
}
END_TEST

CHECK_MAIN("link_rx", link_understands_one_byte_at_a_time,
    link_understands_pieces_of_odd_sizes, link_dies_of_a_byte_changed_on_the_way)

/* tcpchaos.c — a TCP forwarder that misbehaves on command, for tests.
 *
 * tcpchaos LISTEN TARGET; prints "port N", then obeys lines of standard input
 * (see commands[] below) and answers each with "ok ..." on standard output.
 * Ends with its standard input. One thread. Invariant: a closed pair stays in
 * memory until the poller's turn is over, because an event for its other side
 * may still be waiting there.                                                */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/list.h"
#include "load/net.h"
#include "load/poller.h"

#define HOLD_MAX (64u << 10) /* bytes under way per direction */
#define TICK_NS (10 * AX_NS_PER_MS)

struct side {
	struct handler h;
	struct pair *pair;
	struct buf held; /* read here, not yet sent to the other side */
	bool ended;	 /* nothing more will be read here */
	bool shut;	 /* the other side was told so */
	double credit;	 /* bytes that may be sent on, when there is a rate */
};

struct pair {
	struct list link;
	struct chaos *c;
	struct side side[2]; /* visitor, target */
	bool stuck; /* frozen, as others are not */
};

struct chaos {
	struct poller poller;
	struct net_addr target;
	struct handler listener, commands;
	struct list pairs, dead;
	char line[256];
	size_t line_n;
	bool frozen, flip, over;
	uint64_t rate; /* bytes a second, each direction of each pair; 0: any */
	uint64_t frag; /* bytes of one send; 0: any */
	uint64_t refilled_ns;
	uint64_t total;	   /* pairs ever */
	uint64_t moved[2]; /* bytes forwarded, from visitors, from the target */
};

static struct side *
other_of(struct side *s)
{
	return &s->pair->side[s == &s->pair->side[0]];
}

static void
pair_close(struct pair *p, bool reset)
{
	struct linger now = { .l_onoff = 1 };
	char rest[4096];
	size_t i;

	for (i = 0; i < 2; i++) {
		int fd = p->side[i].h.fd;

		/* Closing with unread bytes would be a reset as well. */
		if (reset)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		else
			while (recv(fd, rest, sizeof(rest), MSG_DONTWAIT) > 0)
				;
		poller_drop(&p->side[i].h);
	}
	list_del(&p->link);
	list_add(&p->c->dead, &p->link);
}

static bool
is_frozen(const struct pair *p)
{
	return p->c->frozen || p->stuck;
}

static void
free_dead(struct chaos *c)
{
	struct list *l;

	while ((l = list_pop(&c->dead)) != NULL) {
		struct pair *p = container_of(l, struct pair, link);

		buf_fini(&p->side[0].held);
		buf_fini(&p->side[1].held);
		free(p);
	}
}

/* How much of what is held may leave now. */
static size_t
may_send(const struct chaos *c, const struct side *s)
{
	size_t n = buf_len(&s->held);

	if (is_frozen(s->pair))
		return 0;
	if (c->rate > 0)
		n = (size_t)MIN((double)n, s->credit);
	if (c->frag > 0)
		n = (size_t)MIN((uint64_t)n, c->frag);
	return n;
}

/* EPOLLET with nothing asked for: even a hang-up is reported once only, so a
 * frozen connection that its owner gave up does not make the loop spin.      */
static void
side_update(struct side *s)
{
	struct chaos *c = s->pair->c;
	uint32_t events = EPOLLET;

	if (s->h.fd < 0)
		return;
	if (!is_frozen(s->pair) && !s->ended && buf_len(&s->held) < HOLD_MAX)
		events = EPOLLIN;
	if (may_send(c, other_of(s)) > 0)
		events = (events & EPOLLIN) | EPOLLOUT;
	poller_want(&c->poller, &s->h, events);
}

static void
pair_update(struct pair *p)
{
	struct side *s;
	size_t i;

	for (i = 0; i < 2; i++) {
		s = &p->side[i];
		if (s->ended && !s->shut && buf_len(&s->held) == 0 &&
		    !is_frozen(p)) {
			shutdown(other_of(s)->h.fd, SHUT_WR);
			s->shut = true;
		}
	}
	if (p->side[0].shut && p->side[1].shut) {
		pair_close(p, false);
		return;
	}
	side_update(&p->side[0]);
	side_update(&p->side[1]);
}

/* Returns false when the connection failed. */
static bool
side_read(struct side *s)
{
	struct chaos *c = s->pair->c;
	uint8_t *room = buf_reserve(&s->held, HOLD_MAX);
	ssize_t n;

	if (room == NULL)
		return false;
	n = recv(s->h.fd, room, HOLD_MAX, 0);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n > 0 && c->flip) {
		room[n / 2] ^= 1;
		c->flip = false;
	}
	s->ended = n == 0;
	buf_commit(&s->held, (size_t)n);
	return true;
}

/* Sends what the other side holds. Returns false when the connection failed. */
static bool
side_write(struct side *s)
{
	struct side *from = other_of(s);
	struct chaos *c = s->pair->c;
	size_t may = may_send(c, from);
	ssize_t n;

	if (may == 0)
		return true;
	n = send(s->h.fd, buf_slice(&from->held).p, may, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	buf_consume(&from->held, (size_t)n);
	if (c->rate > 0)
		from->credit -= (double)n;
	c->moved[from == &from->pair->side[1]] += (uint64_t)n;
	return true;
}

static void
side_ready(struct handler *h, uint32_t events)
{
	struct side *s = container_of(h, struct side, h);
	bool good = true;

	if (h->fd < 0 || is_frozen(s->pair))
		return;
	if (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
		good = side_write(s);
	if (good && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) && !s->ended &&
	    buf_len(&s->held) < HOLD_MAX)
		good = side_read(s);
	if (good)
		pair_update(s->pair);
	else
		pair_close(s->pair, true);
}

static void
pair_open(struct chaos *c, int fd)
{
	struct pair *p = calloc(1, sizeof(*p));
	size_t i;
	int r;

	if (p == NULL) {
		close(fd);
		return;
	}
	net_nodelay(fd);
	p->c = c;
	p->side[0].h.fd = fd;
	p->side[1].h.fd = -1;
	list_add(&c->pairs, &p->link);
	c->total++;
	r = net_connect(&c->target, &p->side[1].h.fd, NULL);
	for (i = 0; i < 2; i++) {
		p->side[i].pair = p;
		p->side[i].h.ready = side_ready;
		buf_init(&p->side[i].held);
		if (r == 0)
			r = poller_add(
			    &c->poller, &p->side[i].h, EPOLLIN, NULL);
	}
	if (r < 0)
		pair_close(p, true);
}

static void
listener_ready(struct handler *h, uint32_t events AX_UNUSED)
{
	struct chaos *c = container_of(h, struct chaos, listener);
	int fd;

	if (c->frozen)
		return;
	while ((fd = accept4(h->fd, NULL, NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
		pair_open(c, fd);
}

static void
update_all(struct chaos *c)
{
	struct list *l, *next;

	poller_want(&c->poller, &c->listener, c->frozen ? EPOLLET : EPOLLIN);
	list_foreach_safe(l, next, &c->pairs)
		pair_update(container_of(l, struct pair, link));
}

static size_t
close_all(struct chaos *c, bool reset)
{
	struct list *l;
	size_t n = 0;

	for (; (l = list_first(&c->pairs)) != NULL; n++)
		pair_close(container_of(l, struct pair, link), reset);
	return n;
}

static void
do_cut(struct chaos *c, uint64_t n AX_UNUSED)
{
	printf("ok cut %zu\n", close_all(c, false));
}

static void
do_cut_last(struct chaos *c, uint64_t n AX_UNUSED)
{
	if (!list_is_empty(&c->pairs))
		pair_close(container_of(c->pairs.prev, struct pair, link), false);
	printf("ok cut-last\n");
}

static void
do_rst(struct chaos *c, uint64_t n AX_UNUSED)
{
	printf("ok rst %zu\n", close_all(c, true));
}

static void
do_freeze(struct chaos *c, uint64_t n AX_UNUSED)
{
	c->frozen = true;
	printf("ok freeze\n");
}

static void
do_stick(struct chaos *c, uint64_t n AX_UNUSED)
{
	struct list *l;

	list_foreach(l, &c->pairs)
		container_of(l, struct pair, link)->stuck = true;
	printf("ok stick\n");
}

static void
do_thaw(struct chaos *c, uint64_t n AX_UNUSED)
{
	struct list *l;

	list_foreach(l, &c->pairs)
		container_of(l, struct pair, link)->stuck = false;
	c->frozen = false;
	printf("ok thaw\n");
}

static void
do_rate(struct chaos *c, uint64_t n)
{
	c->rate = n;
	c->refilled_ns = clock_mono_ns();
	printf("ok rate %" PRIu64 "\n", n);
}

static void
do_frag(struct chaos *c, uint64_t n)
{
	c->frag = n;
	printf("ok frag %" PRIu64 "\n", n);
}

static void
do_flip(struct chaos *c, uint64_t n AX_UNUSED)
{
	c->flip = true;
	printf("ok flip\n");
}

static void
do_stat(struct chaos *c, uint64_t n AX_UNUSED)
{
	struct list *l;
	size_t open = 0;

	list_foreach(l, &c->pairs)
		open++;
	printf("ok open %zu total %" PRIu64 " up %" PRIu64 " down %" PRIu64
	       "\n", open, c->total, c->moved[0], c->moved[1]);
}

static const struct command {
	const char *name;
	void (*run)(struct chaos *c, uint64_t n);
} commands[] = {
	{ "cut", do_cut },	 /* close every connection, both sides */
	{ "cut-last", do_cut_last }, /* only the youngest */
	{ "rst", do_rst },	 /* the same with resets */
	{ "freeze", do_freeze }, /* pass on nothing, accept nobody */
	{ "stick", do_stick },	 /* the same, but new ones pass */
	{ "thaw", do_thaw },
	{ "rate", do_rate },	 /* rate N: bytes a second; 0: no limit */
	{ "frag", do_frag },	 /* frag N: bytes of one send; 0: no limit */
	{ "flip", do_flip },	 /* one bit of the next piece is wrong */
	{ "stat", do_stat },	 /* connections and bytes so far */
};

static void
obey(struct chaos *c, const char *line)
{
	unsigned long long n = 0;
	char name[16] = "";
	size_t i;

	sscanf(line, "%15s %llu", name, &n);
	for (i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			break;
	if (i < ARRAY_LEN(commands))
		commands[i].run(c, n);
	else
		printf("error: no command %s\n", name);
	fflush(stdout);
	update_all(c);
}

static void
commands_ready(struct handler *h, uint32_t events AX_UNUSED)
{
	struct chaos *c = container_of(h, struct chaos, commands);
	char *end;
	ssize_t n;

	n = read(h->fd, c->line + c->line_n, sizeof(c->line) - 1 - c->line_n);
	if (n <= 0) {
		c->over = true;
		return;
	}
	c->line_n += (size_t)n;
	c->line[c->line_n] = '\0';
	while ((end = strchr(c->line, '\n')) != NULL) {
		*end = '\0';
		obey(c, c->line);
		c->line_n -= (size_t)(end + 1 - c->line);
		memmove(c->line, end + 1, c->line_n + 1);
	}
}

/* Pays out the rate; a direction saves up a tenth of a second at most. */
static void
refill(struct chaos *c)
{
	uint64_t now = clock_mono_ns();
	double pay = (double)(now - c->refilled_ns) * 1e-9 * (double)c->rate;
	double most = MAX(1.0, (double)c->rate / 10);
	struct list *l;
	size_t i;

	if (c->rate == 0 || now - c->refilled_ns < TICK_NS)
		return;
	c->refilled_ns = now;
	list_foreach(l, &c->pairs) {
		struct pair *p = container_of(l, struct pair, link);

		for (i = 0; i < 2; i++)
			p->side[i].credit =
			    MIN(most, p->side[i].credit + pay);
	}
	update_all(c);
}

static int
chaos_open(struct chaos *c, char **argv, struct err *e)
{
	struct net_addr at;
	int r;

	list_init(&c->pairs);
	list_init(&c->dead);
	r = net_parse(argv[0], &at, e);
	if (r == 0)
		r = net_parse(argv[1], &c->target, e);
	if (r == 0)
		r = net_listen(&at, &c->listener.fd, e);
	if (r == 0)
		r = poller_open(&c->poller, e);
	if (r < 0)
		return r;
	c->listener.ready = listener_ready;
	c->commands = (struct handler){ .fd = 0, .ready = commands_ready };
	r = poller_add(&c->poller, &c->listener, EPOLLIN, e);
	if (r == 0)
		r = poller_add(&c->poller, &c->commands, EPOLLIN, e);
	return r;
}

int
main(int argc, char **argv)
{
	struct chaos c = { .listener.fd = -1, .poller.fd = -1 };
	struct err e = { 0 };

	if (argc != 3) {
		fputs("usage: tcpchaos LISTEN TARGET <COMMANDS\n", stderr);
		return 2;
	}
	if (chaos_open(&c, argv + 1, &e) < 0) {
		fprintf(stderr, "tcpchaos: %s\n", e.text);
		return 1;
	}
	printf("port %u\n", net_port(c.listener.fd));
	fflush(stdout);
	while (!c.over) {
		poller_turn(&c.poller,
		    c.rate > 0 ? clock_mono_ns() + TICK_NS : AX_NEVER);
		refill(&c);
		free_dead(&c);
	}
	close_all(&c, false);
	free_dead(&c);
	poller_drop(&c.listener);
	poller_close(&c.poller);
	return 0;
}

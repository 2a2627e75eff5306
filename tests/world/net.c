/* net.c — TCP between the processes: bytes in order behind a pipe of limited room,
 * FIN behind them, RST past them. Thread: main.
 * Invariant: a connection lives while one of its ends is open, that is: has a file,
 * or waits to be accepted.                                                   */
#include <errno.h>
#include <stdlib.h>

#include "base/assert.h"
#include "kernel_impl.h"
#include "roads.h"
#include "world.h"

static struct {
	struct list conns, listeners;
	unsigned trips; /* connections that will break early */
} net;

void
net_begin(void)
{
	net.trips = 0;
	list_init(&net.conns);
	list_init(&net.listeners);
}

static struct end *
other(struct end *e)
{
	return &e->conn->end[e == &e->conn->end[0]];
}

static struct pipe *
inward(struct end *e)
{
	return &other(e)->out;
}

static void
conn_free(struct conn *c)
{
	list_del(&c->entry);
	for (int i = 0; i < 2; i++)
		pipe_fini(&c->end[i].out);
	free(c);
}

void
net_end(void)
{
	struct list *l;

	while ((l = list_first(&net.conns)) != NULL)
		conn_free(container_of(l, struct conn, entry));
}

static uint64_t
travel(const struct conn *c)
{
	const struct pipe_args *a = &c->road.pipe;

	return a->delay_ns + (a->jitter_ns > 0 ? dice(a->jitter_ns) : 0) + 1;
}

/* --- listeners ------------------------------------------------------------------ */

static struct file *
file_new(enum file_kind kind)
{
	struct file *f = calloc(1, sizeof(*f));

	ax_assert(f != NULL);
	f->kind = kind;
	list_init(&f->watches);
	list_init(&f->entry);
	return f;
}

int
net_listen(uint16_t port, const struct road *road)
{
	struct file *f = file_new(FILE_LISTENER);

	f->port = port;
	f->road = *road;
	list_add(&net.listeners, &f->entry);
	return fd_new(f, kernel_running());
}

/* Of several with the same port any one; NULL: nobody listens. */
static struct file *
find_listener(uint16_t port)
{
	struct file *found = NULL;
	unsigned n = 0;
	struct list *l;

	list_foreach(l, &net.listeners) {
		struct file *f = container_of(l, struct file, entry);

		if (f->port == port && !f->deaf && dice(++n) == 0)
			found = f;
	}
	return found;
}

static void reset_other(struct end *e);

static void
refuse_waiting(struct file *f)
{
	struct list *l, *tmp;

	list_foreach_safe(l, tmp, &net.conns) {
		struct conn *c = container_of(l, struct conn, entry);

		if (c->listener != f)
			continue;
		f->waiting -= c->end[1].up;
		c->listener = NULL;
		c->end[1].open = false;
		reset_other(&c->end[1]);
		if (!c->end[0].open)
			conn_free(c);
	}
}

void
listener_gone(struct file *f)
{
	list_del(&f->entry);
	refuse_waiting(f);
}

void
net_deafen(int fd)
{
	fd_file(fd)->deaf = true;
	refuse_waiting(fd_file(fd));
}

bool
net_is_listener(int fd)
{
	return fd_file(fd)->kind == FILE_LISTENER;
}

uint16_t
net_port(int fd)
{
	const struct file *f = fd_file(fd);

	return f->end == NULL ? f->port : f->end->conn->port;
}

static struct conn *
waiting_at(const struct file *f)
{
	struct list *l;

	if (f->waiting == 0)
		return NULL;
	list_foreach(l, &net.conns) {
		struct conn *c = container_of(l, struct conn, entry);

		if (c->listener == f && c->end[1].up)
			return c;
	}
	ax_assert(!"miscounted");
	return NULL;
}

static int
socket_new(struct end *e, struct proc *p)
{
	struct file *f = file_new(FILE_SOCKET);

	f->end = e;
	e->file = f;
	return fd_new(f, p);
}

int
net_accept(int fd)
{
	struct conn *c = waiting_at(fd_file(fd));

	if (c == NULL)
		return -1;
	c->listener->waiting--;
	c->listener = NULL;
	return socket_new(&c->end[1], kernel_running());
}

/* --- connecting -------------------------------------------------------------------- */

static void
end_init(struct conn *c, int i)
{
	struct end *e = &c->end[i];

	e->conn = c;
	e->open = true;
	e->quota = UINT64_MAX;
	e->up_ns = e->fin_ns = e->rst_ns = AX_NEVER;
	pipe_init(&e->out, &c->road.pipe, &world.rng);
}

int
net_connect(uint16_t port)
{
	static const struct road nowhere = { .pipe = { .delay_ns = AX_NS_PER_MS,
		.unsent_max = 1 } };
	struct file *f = find_listener(port);
	struct conn *c = calloc(1, sizeof(*c));

	ax_assert(c != NULL);
	c->road = f != NULL ? f->road : nowhere;
	c->road.lost = road_to(port)->lost;
	c->listener = f;
	c->port = port;
	if (c->road.tunnel && net.trips > 0) {
		net.trips--;
		c->trip = 1 + (unsigned)dice(8);
	}
	end_init(c, 0);
	end_init(c, 1);
	list_init(&c->entry);
	list_add(&net.conns, &c->entry);
	if (f == NULL) {
		c->end[1].open = false;
		if (!c->road.lost)
			c->end[0].rst_ns = world_now() + 2 * travel(c);
	} else if (!c->road.lost) {
		c->end[1].up_ns = world_now() + travel(c);
		c->end[0].up_ns = c->end[1].up_ns + travel(c);
	}
	return socket_new(&c->end[0], kernel_running());
}

bool
net_is_connected(int fd)
{
	return fd_file(fd)->end != NULL && fd_file(fd)->end->up;
}

int
net_error(int fd)
{
	struct end *e = fd_file(fd)->end;
	int err;

	if (e == NULL)
		return ECONNRESET;
	err = e->err;
	e->err = 0;
	return err;
}

bool
net_is_stranded(int fd)
{
	const struct file *f = fd_file(fd);

	return f->end != NULL && f->end->conn->stranded;
}

/* --- bytes ------------------------------------------------------------------------- */

static size_t
room(const struct end *e)
{
	size_t used = buf_len(&e->out.bytes) + (size_t)MIN(e->lost, SIZE_MAX / 2);

	if (!e->up || e->dead || used >= e->conn->road.room)
		return 0;
	return (size_t)MIN(e->conn->road.room - used, e->quota);
}

ssize_t
net_recv(int fd, void *p, size_t n)
{
	struct end *e = fd_file(fd)->end;
	struct pipe *in;

	if (e == NULL) { /* of a process that was killed */
		errno = ECONNRESET;
		return -1;
	}
	in = inward(e);
	n = MIN(n, in->arrived);
	if (n > 0) {
		memcpy(p, buf_slice(&in->bytes).p, n);
		pipe_drop(in, n);
		e->told -= MIN(e->told, n);
		if (other(e)->full && room(other(e)) >= e->conn->road.room / 3) {
			other(e)->full = false;
			file_changed(other(e)->file);
		}
		return (ssize_t)n;
	}
	if (e->err != 0) {
		errno = e->err;
		e->err = 0;
		return -1;
	}
	if (e->dead || e->fin)
		return 0;
	errno = EAGAIN;
	return -1;
}

size_t
net_readable(int fd)
{
	struct end *e = fd_file(fd)->end;

	return e == NULL ? 0 : inward(e)->arrived;
}

static void cut(struct conn *c, enum cut how);

/* In parts that arrive one after the other, of any length. */
static void
travel_in_parts(struct end *e, const uint8_t *p, size_t n)
{
	while (n > 0) {
		size_t part = chance(70) ? n : 1 + (size_t)dice(n);

		pipe_write(&e->out, p, part, world_now());
		p += part;
		n -= part;
	}
}

ssize_t
net_send(int fd, const void *p, size_t n)
{
	struct end *e = fd_file(fd)->end;

	if (e == NULL || e->dead || e->shut) {
		errno = e != NULL && e->err != 0 ? e->err : EPIPE;
		if (e != NULL)
			e->err = 0;
		return -1;
	}
	if (n > room(e)) {
		n = room(e);
		e->full = true;
	}
	if (n == 0) {
		errno = EAGAIN;
		return -1;
	}
	if (e->out.lost)
		e->lost += n;
	else
		travel_in_parts(e, p, n);
	if (e->quota != UINT64_MAX)
		e->quota -= n;
	if (e->conn->trip > 0 && --e->conn->trip == 0)
		cut(e->conn, (enum cut)dice(CUTS));
	return (ssize_t)n;
}

/* --- ends -------------------------------------------------------------------------- */

static bool
reaches(const struct end *e)
{
	return !e->out.lost && !e->conn->road.lost;
}

/* FIN is behind all bytes. */
static void
send_fin(struct end *e)
{
	uint64_t at = world_now() + travel(e->conn);

	e->shut = true;
	if (reaches(e))
		other(e)->fin_ns = MAX(e->out.last_arrival_ns, at);
}

/* RST is behind those that have left. */
static void
reset_other(struct end *e)
{
	uint64_t at = world_now() + travel(e->conn);
	bool told = reaches(e);

	pipe_cut(&e->out);
	other(e)->fin_ns = AX_NEVER;
	if (told)
		other(e)->rst_ns = MIN(other(e)->rst_ns, at);
}

void
net_shutdown(int fd)
{
	struct file *f = fd_file(fd);

	if (f->end != NULL && f->end->up && !f->end->dead && !f->end->shut)
		send_fin(f->end);
}

void
socket_gone(struct file *f, bool abort)
{
	struct end *e = f->end;

	e->file = NULL;
	e->open = false;
	if (!other(e)->open) {
		conn_free(e->conn);
		return;
	}
	if (e->dead)
		return;
	/* What nobody has read is not to be had any more: the peer is told so. */
	if (abort || !e->up || inward(e)->arrived > 0)
		reset_other(e);
	else if (!e->shut)
		send_fin(e);
}

uint32_t
file_readiness(const struct file *f)
{
	struct end *e = f->end;
	uint32_t r = 0;

	if (f->kind == FILE_LISTENER)
		return f->waiting > 0 ? LOOP_IN : 0;
	if (f->kind == FILE_COUNTER)
		return f->count > 0 ? LOOP_IN : 0;
	if (inward(e)->arrived > 0)
		r |= LOOP_IN;
	if (e->fin)
		r |= LOOP_IN | LOOP_HUP;
	if (e->dead)
		r |= LOOP_IN | LOOP_OUT | LOOP_HUP;
	if (e->err != 0)
		r |= LOOP_ERR;
	return r | (room(e) > 0 ? LOOP_OUT : 0);
}

/* --- time --------------------------------------------------------------------------- */

static void
die(struct end *e, int err)
{
	e->rst_ns = e->fin_ns = e->up_ns = AX_NEVER;
	e->dead = true;
	e->err = err;
	pipe_cut(&e->out);
	other(e)->fin_ns = AX_NEVER;
	inward(e)->cut = true; /* what has not come by now is dropped */
	file_changed(e->file);
}

static void
come_up(struct end *e)
{
	e->up_ns = AX_NEVER;
	e->up = true;
	if (e == &e->conn->end[1] && e->conn->listener != NULL)
		e->conn->listener->waiting++;
	file_changed(e == &e->conn->end[1] ? e->conn->listener : e->file);
}

static void
end_advance(struct end *e)
{
	uint64_t now = world_now();
	bool news;

	pipe_advance(inward(e), now);
	if (e->up_ns <= now)
		come_up(e);
	news = inward(e)->arrived > e->told;
	e->told = inward(e)->arrived;
	if (news && e->open)
		file_changed(e->file);
	else if (news && !e->dead) {
		e->dead = true; /* bytes for nobody */
		reset_other(e);
	}
	if (e->fin_ns <= now && !e->dead) {
		e->fin = true;
		file_changed(e->file);
	}
	if (e->fin_ns <= now)
		e->fin_ns = AX_NEVER;
	if (e->rst_ns <= now && !e->dead)
		die(e, e->up ? ECONNRESET : ECONNREFUSED);
	if (e->rst_ns <= now)
		e->rst_ns = AX_NEVER;
}

void
net_advance(void)
{
	struct list *l;

	list_foreach(l, &net.conns) {
		struct conn *c = container_of(l, struct conn, entry);

		end_advance(&c->end[0]);
		end_advance(&c->end[1]);
	}
}

uint64_t
net_next_ns(void)
{
	uint64_t next = AX_NEVER;
	struct list *l;

	list_foreach(l, &net.conns) {
		struct conn *c = container_of(l, struct conn, entry);

		for (int i = 0; i < 2; i++) {
			struct end *e = &c->end[i];

			next = earlier(next, pipe_next_ns(&e->out));
			next = earlier(next, earlier(e->up_ns,
			    earlier(e->rst_ns, e->fin_ns)));
		}
	}
	return next;
}

/* --- faults ------------------------------------------------------------------------- */

static struct conn *
tunnel_at(unsigned i)
{
	struct list *l;

	list_foreach(l, &net.conns) {
		struct conn *c = container_of(l, struct conn, entry);

		if (c->road.tunnel && !c->end[0].out.lost && !c->end[1].out.lost &&
		    i-- == 0)
			return c;
	}
	return NULL;
}

unsigned
net_tunnels(void)
{
	unsigned n = 0;

	while (tunnel_at(n) != NULL)
		n++;
	return n;
}

/* No byte and no end passes any more; some of what is on its way still does. */
static void
lose(struct end *e)
{
	pipe_cut(&e->out);
	other(e)->fin_ns = AX_NEVER;
	other(e)->up_ns = AX_NEVER;
}

static void
tell_loss(struct end *e)
{
	e->rst_ns = world_now() + 1 + (chance(50) ? 0 : dice(3 * AX_NS_PER_S));
}

static void
hold_up(struct conn *c)
{
	uint64_t until = world_now() + dice(8 * AX_NS_PER_S);

	for (int i = 0; i < 2; i++) {
		c->end[i].out.link_free_ns = until;
		c->end[i].out.last_arrival_ns = MAX(until, c->end[i].out.last_arrival_ns);
	}
}

static void
cut(struct conn *c, enum cut how)
{
	unsigned side = (unsigned)dice(2);

	switch (how) {
	case CUT_PAUSE:
		hold_up(c);
		return;
	case CUT_LATE:
		hold_up(c);
		c->end[0].rst_ns = world_now() + 1;
		return;
	case CUT_HALF: /* the other direction, until its buffer is full */
		lose(&c->end[side]);
		c->end[!side].quota = c->road.room;
		return;
	case CUT_TOLD:
	case CUT_ONE_TOLD:
		tell_loss(&c->end[side]);
		if (how == CUT_TOLD)
			tell_loss(&c->end[!side]);
		break;
	case CUT_SILENT:
	case CUTS:
		break;
	}
	lose(&c->end[0]);
	lose(&c->end[1]);
}

void
net_cut(unsigned i, enum cut how)
{
	struct conn *c = tunnel_at(i);

	ax_assert(c != NULL);
	world_say("cut %u of tunnel connection %u", how, i);
	cut(c, how);
}

void
net_trip(unsigned n)
{
	net.trips = n;
}

void
conn_strand(struct conn *c)
{
	c->stranded = true;
	lose(&c->end[0]);
	lose(&c->end[1]);
}

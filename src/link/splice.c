/* splice.c — a socket tied to a stream, both ways.
 *
 * Thread: the loop's.
 * Invariant: bytes leave for the socket in the order of their events: first rx,
 * then the pieces of this turn, and while the socket is full (BLOCKED) or not
 * there yet, only rx. Whatever may end a splice is the last thing a function
 * does to it, because closed() frees it.                                     */
#include "link/splice.h"

#include <errno.h>

#include "base/assert.h"
#include "io/sock.h"
#include "link/brake.h"
#include "link/pump.h"
#include "proto/session_freeze.h"

#define READ_SLOTS 16 /* frames that one readv fills */

enum splice_state {
	SPLICE_IN_EOF = 1,    /* the socket ended; FIN is queued */
	SPLICE_OUT_FIN = 2,   /* the peer will send no more */
	SPLICE_OUT_SHUT = 4,  /* and the socket has been told */
	SPLICE_OUT_DEAD = 8,  /* the socket takes no more: drop, read to the end */
	SPLICE_BLOCKED = 16,  /* the socket is full: wait for LOOP_OUT */
	SPLICE_UNTIL_END = 32, /* a short read does not mean empty any more */
	SPLICE_STILLBORN = 64, /* attaching failed */
	SPLICE_BRAKED = 128,   /* ops->brake has one, and it is on */
};

static void on_socket(struct watch *w, uint32_t events);

/* Its owner's, so that who has none carries no pointer to it. */
static struct brake *
brake_of(struct splice *s)
{
	return (s->state & SPLICE_BRAKED) == 0 ? NULL : s->ops->brake(s);
}

void
splice_init(struct splice *s, const struct splice_ops *ops)
{
	*s = (struct splice){ .ops = ops };
	watch_init(&s->watch, on_socket);
	list_init(&s->link_entry);
	list_init(&s->dirty_entry);
	buf_init(&s->rx);
}

void
splice_join(struct splice *s, struct link *l, struct stream *st)
{
	ax_assert(s->link == NULL);
	s->link = l;
	s->stream = st;
	stream_set_user(st, s);
	list_add(&l->splices, &s->link_entry);
}

/* --- the end -------------------------------------------------------------- */

static void
end(struct splice *s, uint16_t code, bool by_peer)
{
	struct link *l = s->link;
	int fd = s->watch.fd;

	if (fd >= 0) {
		loop_unwatch(l->loop, &s->watch);
		if (code == 0)
			sock_close(&fd);
		else
			sock_abort(&fd);
	}
	if (brake_of(s) != NULL)
		brake_end(brake_of(s));
	list_del(&s->link_entry);
	list_del(&s->dirty_entry);
	buf_fini(&s->rx);
	session_release(l->session, s->stream);
	link_kick(l);
	s->stream = NULL;
	s->link = NULL;
	s->ops->closed(s, code, by_peer);
}

void
splice_abort(struct splice *s, uint16_t code)
{
	if (s->link == NULL) {
		s->ops->closed(s, code, false);
		return;
	}
	session_reset(s->link->session, s->stream, code);
	end(s, code, false);
}

void
splice_lose_all(struct link *l)
{
	struct list *e;

	while ((e = list_first(&l->splices)) != NULL)
		end(container_of(e, struct splice, link_entry),
		    AX_WIRE_SESSION_LOST, false);
}

/* --- tunnel → socket ------------------------------------------------------ */

static void
mark_dirty(struct splice *s)
{
	if (list_is_empty(&s->dirty_entry))
		list_add(&s->link->dirty, &s->dirty_entry);
}

/* rx and the pieces as one vector; nothing while the socket would refuse. */
static size_t
collect(const struct splice *s, struct iovec *iov, size_t *total)
{
	const struct piece *pieces = s->link->scratch->pieces;
	struct slice rx = buf_slice(&s->rx);
	uint16_t at = s->first_piece;
	size_t n = 0;

	*total = 0;
	if (s->watch.fd < 0 || (s->state & (SPLICE_BLOCKED | SPLICE_OUT_DEAD)) != 0)
		return 0;
	if (rx.n > 0)
		iov[n++] = (struct iovec){ s->rx.mem + s->rx.head, rx.n };
	for (uint8_t i = 0; i < s->n_pieces; i++, at = pieces[at].next)
		/* The kernel only reads what an iovec of sendmsg points at. */
		iov[n++] = (struct iovec){
			(void *)(uintptr_t)pieces[at].data.p, pieces[at].data.n };
	for (size_t i = 0; i < n; i++)
		*total += iov[i].iov_len;
	return n;
}

/* The socket is broken in the direction to it. What it sent before may still
 * wait to be read (a server that answers 413 and closes), so the stream is
 * reset only where that ends.                                                */
static void
stop_writing(struct splice *s)
{
	s->state |= SPLICE_OUT_DEAD | SPLICE_UNTIL_END;
	if ((s->state & SPLICE_IN_EOF) == 0)
		session_ready(s->link->session, s->stream, true);
}

static size_t
write_out(struct splice *s)
{
	struct iovec iov[SPLICE_PIECES + 1];
	struct msghdr msg = { .msg_iov = iov };
	size_t total;
	ssize_t sent;

	msg.msg_iovlen = collect(s, iov, &total);
	if (total == 0)
		return 0;
	do
		sent = sendmsg(s->watch.fd, &msg, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	link_called(s->link, sent);
	if (sent < 0 && errno != EAGAIN) {
		stop_writing(s);
		return 0;
	}
	if (sent < 0)
		sent = 0;
	if ((size_t)sent < total)
		s->state |= SPLICE_BLOCKED;
	s->bytes_out += (uint64_t)sent;
	return (size_t)sent;
}

/* Takes done bytes off the front, rx before pieces, and copies the pieces that
 * are left to rx: the plaintext area is about to be used again. */
static int
keep_rest(struct splice *s, size_t done)
{
	const struct piece *pieces = s->link->scratch->pieces;
	size_t skip = MIN(done, buf_len(&s->rx));
	uint16_t at = s->first_piece;

	buf_consume(&s->rx, skip);
	skip = done - skip;
	for (; s->n_pieces > 0; s->n_pieces--, at = pieces[at].next) {
		struct slice d = pieces[at].data;
		size_t n = MIN(skip, d.n);

		skip -= n;
		d = slice_skip(d, n);
		if (buf_append(&s->rx, d.p, d.n) < 0)
			return AX_E_NOMEM;
	}
	if (buf_len(&s->rx) == 0)
		buf_fini(&s->rx); /* idle connections own no buffer */
	else
		buf_trim(&s->rx);
	return 0;
}

/* Bytes for a socket that takes no more: to the peer they count as consumed. */
static size_t
drop_all(struct splice *s)
{
	const struct piece *pieces = s->link->scratch->pieces;
	size_t n = buf_len(&s->rx);
	uint16_t at = s->first_piece;

	for (; s->n_pieces > 0; s->n_pieces--, at = pieces[at].next)
		n += pieces[at].data.n;
	buf_fini(&s->rx);
	return n;
}

static void
after_write(struct splice *s)
{
	const uint16_t both = SPLICE_OUT_DEAD | SPLICE_IN_EOF;

	if ((s->state & both) == both) {
		splice_abort(s, AX_WIRE_LOCAL_RESET);
		return;
	}
	if ((s->state & SPLICE_OUT_FIN) == 0 || s->watch.fd < 0 ||
	    (s->state & (SPLICE_OUT_SHUT | SPLICE_OUT_DEAD)) != 0 ||
	    buf_len(&s->rx) > 0)
		return;
	s->state |= SPLICE_OUT_SHUT;
	if ((s->state & SPLICE_IN_EOF) != 0)
		end(s, 0, false);
	else
		(void)shutdown(s->watch.fd, SHUT_WR);
}

static void
flush(struct splice *s)
{
	struct link *l = s->link;
	struct brake *brake = brake_of(s);
	size_t done;

	list_del(&s->dirty_entry);
	if ((s->state & SPLICE_STILLBORN) != 0) {
		splice_abort(s, AX_WIRE_OVERLOAD);
		return;
	}
	done = write_out(s);
	if ((s->state & SPLICE_OUT_DEAD) != 0) {
		done = drop_all(s);
	} else if (keep_rest(s, done) < 0) {
		splice_abort(s, AX_WIRE_OVERLOAD);
		return;
	}
	if (done > 0 && brake != NULL) {
		brake_wrote(brake, done);
	} else if (done > 0) {
		session_consumed(l->session, s->stream, done, loop_now(l->loop));
		link_kick(l);
	}
	after_write(s);
}

void
splice_flush_all(struct link *l)
{
	struct list *e;

	while ((e = list_first(&l->dirty)) != NULL)
		flush(container_of(e, struct splice, dirty_entry));
	l->scratch->n_pieces = 0;
}

static void
add_piece(struct splice *s, struct slice data)
{
	struct link_scratch *x = s->link->scratch;
	uint16_t at = x->n_pieces++;

	x->pieces[at].data = data;
	if (s->n_pieces++ == 0)
		s->first_piece = at;
	else
		x->pieces[s->last_piece].next = at;
	s->last_piece = at;
	mark_dirty(s);
}

static bool
is_in_area(const struct link_scratch *x, struct slice data)
{
	return data.p >= x->plain && data.p < x->plain + sizeof(x->plain);
}

void
splice_on_data(struct splice *s, struct slice data)
{
	struct link *l = s->link;

	add_piece(s, data);
	if (l->scratch->n_pieces == LINK_PIECES)
		splice_flush_all(l);
	else if (s->n_pieces == SPLICE_PIECES || !is_in_area(l->scratch, data))
		flush(s);
}

void
splice_on_fin(struct splice *s)
{
	s->state |= SPLICE_OUT_FIN;
	mark_dirty(s);
}

void
splice_on_reset(struct splice *s, uint16_t code)
{
	/* The last bytes before the reset may be what explains it. */
	if (s->n_pieces > 0)
		(void)write_out(s);
	end(s, code, true);
}

void
splice_on_opened(struct splice *s)
{
	if (s->ops->opened != NULL)
		s->ops->opened(s);
}

/* --- socket → tunnel ------------------------------------------------------ */

static void
on_eof(struct splice *s)
{
	struct link *l = s->link;

	s->state |= SPLICE_IN_EOF;
	session_ready(l->session, s->stream, false);
	if ((s->state & SPLICE_OUT_DEAD) != 0) {
		splice_abort(s, AX_WIRE_LOCAL_RESET);
		return;
	}
	session_fin(l->session, s->stream);
	if ((s->state & SPLICE_OUT_SHUT) != 0)
		end(s, 0, false);
}

static void
on_read_error(struct splice *s)
{
	if (errno == EAGAIN)
		session_ready(s->link->session, s->stream, false);
	else if (errno != EINTR)
		splice_abort(s, AX_WIRE_LOCAL_RESET);
}

int
splice_read(struct splice *s, size_t quantum, size_t *n)
{
	struct session *session = s->link->session;
	struct brake *brake = brake_of(s);
	struct iovec iov[READ_SLOTS];
	size_t slots, room = 0;
	ssize_t got;

	if (brake != NULL && (quantum = brake_quantum(brake, quantum)) == 0) {
		session_ready(session, s->stream, false);
		return 0;
	}
	slots = session_reserve(session, s->stream, quantum, iov, READ_SLOTS);
	if (slots == 0)
		return AX_E_NOMEM;
	for (size_t i = 0; i < slots; i++)
		room += iov[i].iov_len;
	got = readv(s->watch.fd, iov, (int)slots);
	link_called(s->link, got);
	session_commit(session, s->stream, got > 0 ? (size_t)got : 0);
	if (got > 0) {
		*n += (size_t)got;
		s->bytes_in += (uint64_t)got;
		if ((size_t)got < room && (s->state & SPLICE_UNTIL_END) == 0)
			session_ready(session, s->stream, false);
		if (brake != NULL)
			brake_read(brake, (size_t)got);
	} else if (got == 0) {
		on_eof(s);
	} else {
		on_read_error(s);
	}
	return 0;
}

void
splice_wake(struct splice *s)
{
	if ((s->state & SPLICE_IN_EOF) != 0)
		return;
	session_ready(s->link->session, s->stream, true);
	link_kick(s->link);
}

/* --- from one process to the next ------------------------------------------- */

#define CARRIED \
	(SPLICE_IN_EOF | SPLICE_OUT_FIN | SPLICE_OUT_SHUT | SPLICE_OUT_DEAD | \
	    SPLICE_BLOCKED | SPLICE_UNTIL_END)

void
splice_end_stillborn(struct link *l)
{
	struct list *e, *tmp;

	list_foreach_safe(e, tmp, &l->splices) {
		struct splice *s = container_of(e, struct splice, link_entry);

		if (s->watch.fd < 0)
			splice_abort(s, AX_WIRE_OVERLOAD);
	}
}

void
splice_set_braked(struct splice *s, bool on)
{
	s->state = (uint16_t)(on ? s->state | SPLICE_BRAKED : s->state & ~SPLICE_BRAKED);
}

void
splice_settle_all(struct link *l)
{
	struct list *e;

	list_foreach(e, &l->splices) {
		struct splice *s = container_of(e, struct splice, link_entry);

		if (brake_of(s) != NULL)
			brake_settle(brake_of(s));
	}
}

static void
describe(struct splice *s, struct frost *f)
{
	uint16_t state = s->state & CARRIED;

	frost_u16(f, &state);
	frost_require(f, (state & ~CARRIED) == 0);
	s->state = (uint16_t)(state | (s->state & ~CARRIED));
	frost_u64(f, &s->bytes_in);
	frost_u64(f, &s->bytes_out);
}

void
splice_freeze(struct splice *s, struct frost *f)
{
	struct slice rx = buf_slice(&s->rx);
	uint32_t id = stream_id(s->stream), n = (uint32_t)rx.n;
	int fd = s->watch.fd;

	ax_assert(s->n_pieces == 0 && fd >= 0);
	s->ops->freeze(s, f);
	frost_u32(f, &id);
	describe(s, f);
	frost_u32(f, &n);
	if (n > 0)
		frost_copy(f, s->rx.mem + s->rx.head, n);
	frost_fd(f, &fd);
}

/* What the socket has not taken, at most what was granted for it. */
static int
thaw_rx(struct splice *s, struct frost *f)
{
	struct slice rx;
	uint32_t n = 0;

	frost_u32(f, &n);
	rx = frost_take(f, n);
	if (f->bad)
		return AX_E_SYNTAX;
	return n > 0 ? buf_append(&s->rx, rx.p, rx.n) : 0;
}

int
splice_thaw(struct splice *s, struct link *l, struct frost *f)
{
	uint32_t id = 0;
	struct stream *st;
	int fd, r;

	frost_u32(f, &id);
	describe(s, f);
	r = thaw_rx(s, f);
	frost_fd(f, &fd);
	if (r < 0 || f->bad)
		return r < 0 ? r : AX_E_SYNTAX;
	st = session_handle(l->session, id);
	if (st == NULL || stream_user(st) != NULL)
		return AX_E_SYNTAX;
	splice_join(s, l, st);
	if (loop_watch(l->loop, &s->watch, fd, LOOP_EDGE) < 0)
		return AX_E_SYS;
	mark_dirty(s); /* what it was about to do, it does now */
	return 0;
}

/* --- the loop's side ------------------------------------------------------ */

void
splice_attach(struct splice *s, int fd)
{
	ax_assert(s->link != NULL && s->watch.fd < 0);
	if (loop_watch(s->link->loop, &s->watch, fd, LOOP_EDGE) < 0) {
		sock_abort(&fd);
		s->state |= SPLICE_STILLBORN;
	}
	if ((s->state & (SPLICE_OUT_FIN | SPLICE_STILLBORN)) != 0 ||
	    buf_len(&s->rx) > 0) {
		mark_dirty(s);
		link_kick(s->link);
	}
}

static void
on_socket(struct watch *w, uint32_t events)
{
	struct splice *s = container_of(w, struct splice, watch);
	bool at_end = (s->state & SPLICE_IN_EOF) != 0;

	if ((events & (LOOP_HUP | LOOP_ERR | LOOP_URGENT)) != 0)
		s->state |= SPLICE_UNTIL_END;
	if (at_end && (events & LOOP_ERR) != 0) {
		splice_abort(s, AX_WIRE_LOCAL_RESET);
		return;
	}
	/* An error is not looked at (SO_ERROR would clear it): the read that
	 * comes after the last byte finds it. */
	if (!at_end && (events & (LOOP_IN | LOOP_HUP | LOOP_ERR)) != 0) {
		session_ready(s->link->session, s->stream, true);
		link_kick(s->link);
	}
	if ((events & LOOP_OUT) != 0 && (s->state & SPLICE_BLOCKED) != 0) {
		s->state &= (uint16_t)~SPLICE_BLOCKED;
		mark_dirty(s);
		link_kick(s->link);
	}
}

/* endpoint.c — the pump of one end: bytes in, events, applications, bytes out.
 * It takes every freedom that session.h leaves: pieces of any size, short and
 * spurious reads, torn pulls, consumption late or never, handles kept after the
 * end. Thread: owner.
 * Invariant: a socket is on live exactly while it holds a stream.            */
#include "endpoint.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"

#define IOV 40
#define RETRY_NS (3 * AX_NS_PER_MS)
#define STARVED_MAX 50
#define CODE_CANCEL 0x100
#define CODE_RESOURCE 19

int
endpoint_start(struct endpoint *e)
{
	struct session_args *a = &e->args;

	list_init(&e->live);
	e->retry_ns = AX_NEVER;
	a->role = e->side == 0 ? SESSION_RELAY : SESSION_AGENT;
	a->alloc = &e->memory.base;
	a->seed = rng_u64(&e->rng);
	memset(a->self.id, 0xa0 + e->side, sizeof(a->self.id));
	str_copy(a->self.software, sizeof(a->self.software), "sim");
	str_copy(a->self.hostname, sizeof(a->self.hostname),
	    e->side == 0 ? "sim-relay" : "sim-agent");
	str_copy(a->self.os, sizeof(a->self.os), "none");
	return session_new(a, e->report->now_ns, &e->s);
}

void
endpoint_stop(struct endpoint *e)
{
	session_free(&e->s);
	report_check(e->report, e->s == NULL, "session_free left its argument");
	report_check(e->report, e->memory.bytes == 0,
	    "side %d leaks %zu bytes", e->side, e->memory.bytes);
}

void
endpoint_check(struct endpoint *e)
{
	struct session_stats st;

	if (++e->checks < e->pump.check_every)
		return;
	e->checks = 0;
	session_check(e->s);
	session_stats(e->s, &st);
	report_check(e->report, st.credit_out <= e->args.budget +
	    (uint64_t)e->args.window_init * e->n_live,
	    "side %d: credit_out %llu > budget %llu and %u first windows", e->side,
	    (unsigned long long)st.credit_out,
	    (unsigned long long)e->args.budget, e->n_live);
	report_check(e->report, st.ring_bytes <= SIM_RING_MOST(e->args.ring_max),
	    "side %d: ring_bytes %zu > ring_max %zu + reserve", e->side,
	    st.ring_bytes, e->args.ring_max);
	e->ring_peak = MAX(e->ring_peak, st.ring_bytes);
	e->credit_peak = MAX(e->credit_peak, st.credit_out);
}

bool
endpoint_is_gone(const struct endpoint *e)
{
	return session_is_closing(e->s) && !session_wants_send(e->s);
}

static bool
chance(struct endpoint *e, unsigned percent)
{
	return percent != 0 && rng_below(&e->rng, 100) < percent;
}

/* --- receiving ----------------------------------------------------------- */

static bool
receive(struct endpoint *e)
{
	struct session_event ev;
	struct slice piece;
	bool moved = false;

	/* An event may take the connection away. */
	while (e->in != NULL && (piece = pipe_peek(e->in)).n > 0) {
		/* A copy of its own: the sanitizers then see a session that
		 * reads past the piece or keeps it. */
		uint8_t *copy = malloc(piece.n);

		memcpy(copy, piece.p, piece.n);
		moved = true;
		session_feed(e->s, slice_of(copy, piece.n), e->report->now_ns);
		while (session_next(e->s, &ev)) {
			endpoint_event(e, &ev);
			endpoint_check(e);
		}
		endpoint_check(e);
		if (e->in != NULL)
			pipe_drop(e->in, piece.n);
		free(copy);
	}
	return moved;
}

/* --- opening and ending -------------------------------------------------- */

static int
open_flow(struct endpoint *e, struct flow *f)
{
	struct socket *k = &f->end[e->side];
	char name[AX_SERVICE_NAME_MAX + 1];
	struct session_open o = { .prio = f->prio, .client_port = (uint16_t)f->index };
	int r;

	snprintf(name, sizeof(name), "flow-%u", f->index);
	o.service = slice_str(name);
	o.addr_len = f->index % 3 == 0 ? 0 : f->index % 3 == 1 ? 4 : 16;
	r = session_open(e->s, &o, k, &k->st);
	if (r < 0)
		return r;
	k->was_open = k->dialled = true;
	list_add(&e->live, &k->link);
	e->n_live++;
	e->model->progress_ns = e->report->now_ns;
	return 0;
}

/* There was no memory: again in a moment, but not for ever. */
static void
starve(struct endpoint *e)
{
	report_check(e->report, e->memory.failed > 0,
	    "side %d: out of memory, and there was some", e->side);
	e->retry_ns = e->report->now_ns + RETRY_NS;
	if (++e->starved > STARVED_MAX)
		session_close(e->s, CODE_RESOURCE, "starved");
}

/* Opens what is due. A full peer is asked again later; a leaving one never. */
static void
open_due(struct endpoint *e)
{
	if (!session_is_up(e->s))
		return; /* between two connections */
	for (; e->next_flow < e->model->n_flows; e->next_flow++) {
		struct flow *f = &e->model->flows[e->next_flow];
		int r;

		if (f->opener != e->side)
			continue;
		if (f->open_ns > e->report->now_ns)
			return;
		r = open_flow(e, f);
		if (r == AX_E_NOMEM) {
			starve(e);
			return;
		}
		if (r == AX_E_LIMIT) {
			e->retry_ns = e->report->now_ns + RETRY_NS;
			return;
		}
		f->failed = r < 0;
		report_check(e->report, r == 0 || e->goaway_sent ||
		    e->goaway_seen || session_is_closing(e->s),
		    "flow %u: open failed with %d", f->index, r);
		endpoint_check(e);
	}
}

void
endpoint_reset(struct endpoint *e, struct socket *k, uint16_t code)
{
	session_reset(e->s, k->st, code);
	if (!k->reset_seen) {
		k->reset_sent = true;
		k->reset_code = code;
	}
	endpoint_check(e);
}

void
endpoint_release(struct endpoint *e, struct socket *k)
{
	if (!k->reset_sent && !k->reset_seen && !(k->fin_sent && k->fin_seen)) {
		k->reset_sent = true;
		k->reset_code = CODE_CANCEL;
	}
	session_release(e->s, k->st);
	k->st = NULL;
	k->released = true;
	k->release_ns = k->dial_ns = AX_NEVER;
	list_del(&k->link);
	e->n_live--;
	if (k->flow->opener != e->side)
		e->accepted--;
	e->model->progress_ns = e->report->now_ns;
	endpoint_check(e);
}

static void
dial(struct endpoint *e, struct socket *k)
{
	if (k->dial_ns > e->report->now_ns)
		return;
	k->dial_ns = AX_NEVER;
	if (k->reset_seen)
		return;
	if (k->plan.refuses) {
		endpoint_reset(e, k, k->plan.code);
		return;
	}
	session_opened(e->s, k->st);
	k->dialled = true;
	k->read_ns = e->report->now_ns;
	endpoint_check(e);
}

/* --- applications -------------------------------------------------------- */

static void
set_readable(struct endpoint *e, struct socket *k, bool readable)
{
	if (k->readable == readable)
		return;
	k->readable = readable;
	session_ready(e->s, k->st, readable);
	endpoint_check(e);
}

static void
finish(struct endpoint *e, struct socket *k)
{
	if (k->fin_sent || !socket_is_complete(k))
		return;
	set_readable(e, k, false);
	session_fin(e->s, k->st);
	k->fin_sent = true;
	endpoint_check(e);
}

static void
write_side(struct endpoint *e, struct socket *k)
{
	if (k->fin_sent)
		return;
	socket_produce(e->model, k, &e->rng);
	if (k->produced > k->committed || chance(e, e->pump.spurious_percent))
		set_readable(e, k, true);
	finish(e, k);
}

static void
read_side(struct endpoint *e, struct socket *k)
{
	uint64_t n = socket_drain(e->model, k, &e->rng);

	if (n == 0)
		return;
	session_consumed(e->s, k->st, (size_t)n, e->report->now_ns);
	endpoint_check(e);
}

static void
break_off(struct endpoint *e, struct socket *k)
{
	if (k->plan.ending == END_RELEASE)
		endpoint_release(e, k);
	else
		endpoint_reset(e, k, k->plan.code);
}

static void
application(struct endpoint *e, struct socket *k)
{
	dial(e, k);
	if (k->dialled && !socket_is_over(k)) {
		read_side(e, k);
		write_side(e, k);
		if (socket_breaks_off(k) && !socket_is_over(k))
			break_off(e, k);
	}
	if (k->released || !socket_is_over(k))
		return;
	if (k->release_ns == AX_NEVER)
		k->release_ns = e->report->now_ns + k->plan.linger_ns;
	if (k->release_ns <= e->report->now_ns)
		endpoint_release(e, k);
}

static void
applications(struct endpoint *e)
{
	struct list *l, *tmp;

	list_foreach_safe(l, tmp, &e->live)
		application(e, container_of(l, struct socket, link));
}

/* --- sending ------------------------------------------------------------- */

static size_t
fill_slots(const struct socket *k, struct iovec *iov, size_t n, size_t len)
{
	uint64_t offset = k->committed;

	for (size_t i = 0; i < n && len > 0; i++) {
		size_t part = MIN(len, iov[i].iov_len);

		pattern_fill(k->flow, k->side, offset, iov[i].iov_base, part);
		offset += part;
		len -= part;
	}
	return (size_t)(offset - k->committed);
}

static size_t
iov_bytes(const struct iovec *iov, size_t n)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += iov[i].iov_len;
	return sum;
}

/* One readv into the ring. False when there was no memory for it. */
static bool
read_into_ring(struct endpoint *e, struct socket *k, size_t quantum)
{
	size_t want = (size_t)MIN(quantum, k->produced - k->committed);
	struct iovec iov[IOV];
	size_t n = session_reserve(e->s, k->st, quantum, iov, IOV), len;

	if (n == 0)
		return false;
	report_check(e->report, n <= IOV && iov_bytes(iov, n) <= quantum,
	    "flow %u: %zu slots, %zu bytes for a quantum of %zu",
	    k->flow->index, n, iov_bytes(iov, n), quantum);
	if (want > 1 && chance(e, e->pump.short_percent))
		want = 1 + (size_t)rng_below(&e->rng, want);
	len = fill_slots(k, iov, n, want);
	session_commit(e->s, k->st, len);
	k->committed += len;
	endpoint_check(e);
	return true;
}

static void
check_turn(struct endpoint *e, const struct socket *k, struct stream *st)
{
	report_check(e->report, k != NULL && k->st == st && k->side == e->side,
	    "side %d: the turn of a dead stream", e->side);
	report_check(e->report, k->readable && !socket_is_over(k) && !k->fin_sent,
	    "flow %u: the turn of a stream that is not ready", k->flow->index);
}

static bool
fill_ring(struct endpoint *e)
{
	uint64_t now = e->report->now_ns;
	size_t quantum = 0;
	struct stream *st;
	bool moved = false;

	if (now < e->fill_ns)
		return false;
	while ((st = session_sender(e->s, &quantum, now)) != NULL) {
		struct socket *k = stream_user(st);

		check_turn(e, k, st);
		report_check(e->report, quantum > 0, "a turn of nothing");
		if (!read_into_ring(e, k, quantum)) {
			starve(e);
			e->fill_ns = e->retry_ns;
			return moved;
		}
		e->starved = 0;
		moved = true;
		if (k->committed == k->produced)
			set_readable(e, k, false);
		finish(e, k);
	}
	return moved;
}

static void
write_record(struct endpoint *e, const struct iovec *iov, size_t n, size_t len)
{
	for (size_t i = 0; i < n && len > 0; i++) {
		size_t part = MIN(len, iov[i].iov_len);

		pipe_write(e->out, iov[i].iov_base, part, e->report->now_ns);
		len -= part;
	}
}

static bool
drain_ring(struct endpoint *e)
{
	struct iovec iov[IOV];
	bool moved = false;

	while (e->out != NULL && pipe_is_writable(e->out)) {
		bool wants = session_wants_send(e->s);
		size_t n = session_pull(e->s, iov, IOV, e->report->now_ns);
		size_t len = MIN(iov_bytes(iov, n), e->pump.record_max);

		report_check(e->report, wants || len == 0,
		    "side %d: wants nothing sent, pull gave %zu bytes", e->side,
		    len);
		if (len == 0) {
			/* What it wanted may have settled itself; once. */
			report_check(e->report, !session_wants_send(e->s),
			    "side %d: wants_send, and nothing to pull", e->side);
			break;
		}
		if (chance(e, e->pump.torn_percent))
			len = 1 + (size_t)rng_below(&e->rng, len);
		write_record(e, iov, n, len);
		session_sent(e->s, len, e->report->now_ns);
		endpoint_check(e);
		moved = true;
	}
	return moved;
}

void
endpoint_goaway(struct endpoint *e, const struct session_goaway *g)
{
	session_goaway(e->s, 15, g);
	e->goaway_sent = true;
	endpoint_check(e);
}

/* --- time ---------------------------------------------------------------- */

bool
endpoint_turn(struct endpoint *e)
{
	bool moved = receive(e);

	if (session_deadline(e->s) <= e->report->now_ns) {
		session_tick(e->s, e->report->now_ns);
		endpoint_check(e);
		report_check(e->report, session_deadline(e->s) > e->report->now_ns,
		    "side %d: the deadline stays after its tick", e->side);
	}
	if (e->up && !session_is_closing(e->s)) {
		open_due(e);
		applications(e);
		moved |= fill_ring(e);
	}
	/* Who finds its peer silent leaves the connection: reconnect.c. */
	moved |= e->path != NULL && session_is_suspended(e->s);
	return drain_ring(e) || moved;
}

uint64_t
endpoint_next_ns(struct endpoint *e)
{
	uint64_t now = e->report->now_ns, next = session_deadline(e->s);
	struct list *l;

	if (!e->up || session_is_closing(e->s))
		return next;
	if (e->retry_ns > now)
		next = MIN(next, e->retry_ns);
	list_foreach(l, &e->live) {
		struct socket *k = container_of(l, struct socket, link);

		next = MIN(next, MAX(socket_next_ns(k), now + 1));
	}
	for (unsigned i = e->next_flow; i < e->model->n_flows; i++) {
		const struct flow *f = &e->model->flows[i];

		if (f->opener != e->side)
			continue;
		if (f->open_ns > now)
			next = MIN(next, f->open_ns);
		break;
	}
	return next;
}

/* pair.h — a whole tunnel in memory: a relay's session, an agent's session, and
 * a clock that moves only when told. Thread: the only one.                   */
#ifndef ATLAX_TESTS_UNIT_PROTO_PAIR_H
#define ATLAX_TESTS_UNIT_PROTO_PAIR_H

#include "base/err.h"
#include "proto/control.h"
#include "proto/wire.h"

#include "../check_main.h"

#define PAIR_LOG 256

struct seen {
	enum session_event_type type;
	struct stream *stream;
	uint16_t code;
	size_t len;
	char text[160]; /* service name, reason */
};

struct side {
	struct session *s;
	struct alloc_counting mem;
	struct seen log[PAIR_LOG];
	size_t n_log;
	uint64_t data_bytes;
	uint8_t last_byte; /* of the data that came */
	bool keep;	   /* do not consume what comes */
	bool deaf;	   /* what is sent to it is lost */
	size_t wire_bytes; /* that it sent */
};

struct pair {
	struct side relay, agent;
	uint64_t now_ns;
	size_t chunk; /* bytes moved at a time; 0: all */
	uint64_t delay_ns; /* time goes on so much while bytes travel */
};

static inline struct session_args
pair_args(enum session_role role)
{
	struct session_args a = {
		.role = role,
		.seed = 7,
		.self = { .software = "atlax 0", .hostname = "host", .os = "os" },
		.wall_ms = 1,
		.max_streams = 16,
		.window_init = 64 << 10,
		.window_max = 4 << 20,
		.budget = 32 << 20,
		.max_frame = AX_FRAME_MAX,
		.ring_max = 4 << 20,
		.ping_ms = 15000,
		.dead_ms = 10000,
	};

	return a;
}

/* The same for a session that outlives its connection, by resume_s. */
static inline struct session_args
pair_args_resume(enum session_role role, uint16_t resume_s)
{
	struct session_args a = pair_args(role);

	a.resume_s = resume_s;
	if (role == SESSION_RELAY)
		memset(a.session_id, 0x5e, sizeof(a.session_id));
	return a;
}

static inline void
side_init(struct side *d, struct session_args a, uint64_t now_ns)
{
	*d = (struct side){ 0 };
	alloc_counting_init(&d->mem, alloc_libc(), SIZE_MAX);
	a.alloc = &d->mem.base;
	ck_assert_int_eq(session_new(&a, now_ns, &d->s), 0);
}

static inline void
side_fini(struct side *d)
{
	session_free(&d->s);
	ck_assert_uint_eq(d->mem.bytes, 0);
}

static inline void
side_note(struct side *d, const struct session_event *ev)
{
	struct seen *e;
	struct slice text = ev->open != NULL ? ev->open->service : ev->data;

	ck_assert_uint_lt(d->n_log, PAIR_LOG);
	e = &d->log[d->n_log++];
	*e = (struct seen){ .type = ev->type,
		.stream = ev->stream,
		.code = ev->code,
		.len = ev->data.n };
	if (text.n > 0)
		memcpy(e->text, text.p, MIN(text.n, sizeof(e->text) - 1));
}

/* Drains the events of d; data are counted and, unless kept, consumed. */
static inline void
side_drain(struct side *d, uint64_t now_ns)
{
	struct session_event ev;

	while (session_next(d->s, &ev)) {
		if (ev.type == SESSION_EV_HELLO)
			ck_assert_int_eq(
			    session_accept(d->s, 3, 1, now_ns), 0);
		if (ev.type == SESSION_EV_RESUMED)
			ck_assert_uint_eq(session_resume(d->s,
			    &ev.hello->claim, NULL, now_ns), 0);
		if (ev.type != SESSION_EV_DATA) {
			side_note(d, &ev);
			continue;
		}
		d->data_bytes += ev.data.n;
		d->last_byte = ev.data.p[ev.data.n - 1];
		if (!d->keep)
			session_consumed(d->s, ev.stream, ev.data.n, now_ns);
	}
	session_check(d->s);
}

static inline void
side_feed(struct side *d, const void *p, size_t n, uint64_t now_ns)
{
	if (d->deaf)
		return;
	session_feed(d->s, slice_of(p, n), now_ns);
	side_drain(d, now_ns);
}

/* Moves at most n bytes (0: one pull) from a to b; returns how many. */
static inline size_t
pair_step(struct pair *p, struct side *a, struct side *b, size_t n)
{
	static uint8_t mem[2 << 20];
	struct iovec iov[64];
	size_t k = session_pull(a->s, iov, ARRAY_LEN(iov), p->now_ns), len = 0;

	for (size_t i = 0; i < k && (n == 0 || len < n); i++) {
		size_t take = iov[i].iov_len;

		if (n != 0)
			take = MIN(take, n - len);
		ck_assert_uint_le(len + take, sizeof(mem));
		memcpy(mem + len, iov[i].iov_base, take);
		len += take;
	}
	session_sent(a->s, len, p->now_ns);
	session_check(a->s);
	a->wire_bytes += len;
	p->now_ns += len > 0 ? p->delay_ns : 0;
	if (len > 0)
		side_feed(b, mem, len, p->now_ns);
	return len;
}

static inline void
pair_pump(struct pair *p)
{
	size_t n;

	do {
		n = pair_step(p, &p->relay, &p->agent, p->chunk);
		n += pair_step(p, &p->agent, &p->relay, p->chunk);
	} while (n > 0);
	ck_assert(!session_wants_send(p->relay.s));
	ck_assert(!session_wants_send(p->agent.s));
}

static inline void
pair_wait(struct pair *p, uint64_t ms)
{
	p->now_ns += ms * AX_NS_PER_MS;
	session_tick(p->relay.s, p->now_ns);
	session_tick(p->agent.s, p->now_ns);
	pair_pump(p);
}

static inline void
pair_init_with(
    struct pair *p, const struct session_args *r, const struct session_args *a)
{
	*p = (struct pair){ .now_ns = AX_NS_PER_S };
	side_init(&p->relay, *r, p->now_ns);
	side_init(&p->agent, *a, p->now_ns);
}

static inline void
pair_init(struct pair *p)
{
	struct session_args r = pair_args(SESSION_RELAY);
	struct session_args a = pair_args(SESSION_AGENT);

	pair_init_with(p, &r, &a);
}

static inline void
pair_forget(struct pair *p)
{
	p->relay.n_log = p->agent.n_log = 0;
}

/* Shakes hands; the logs are empty afterwards. */
static inline void
pair_up(struct pair *p)
{
	pair_pump(p);
	ck_assert(session_is_up(p->relay.s) && session_is_up(p->agent.s));
	pair_forget(p);
}

static inline void
pair_fini(struct pair *p)
{
	side_fini(&p->relay);
	side_fini(&p->agent);
}

static inline struct stream *
side_open(struct side *d)
{
	struct session_open o = { .service = slice_str("web") };
	struct stream *st;

	ck_assert_int_eq(session_open(d->s, &o, d, &st), 0);
	return st;
}

/* The last event of a type that d saw, or NULL. */
static inline const struct seen *
side_saw(const struct side *d, enum session_event_type type)
{
	for (size_t i = d->n_log; i-- > 0;)
		if (d->log[i].type == type)
			return &d->log[i];
	return NULL;
}

/* The same for an event that must have come. */
static inline const struct seen *
side_must(const struct side *d, enum session_event_type type)
{
	const struct seen *e = side_saw(d, type);

	ck_assert_ptr_nonnull(e);
	return e;
}

/* Opens a stream on a; *st and *peer are its two ends. */
static inline void
pair_open(struct pair *p, struct side *a, struct stream **st,
    struct stream **peer)
{
	struct side *b = a == &p->relay ? &p->agent : &p->relay;

	*st = side_open(a);
	pair_pump(p);
	ck_assert_uint_gt(b->n_log, 0);
	ck_assert_uint_eq(b->log[b->n_log - 1].type, SESSION_EV_OPEN);
	*peer = b->log[b->n_log - 1].stream;
	pair_forget(p);
}

/* Feeds a control message that no session of ours would send. */
static inline void
side_feed_control(struct side *d, const struct control *c, uint64_t now_ns)
{
	uint8_t frame[AX_HEADER_LEN + AX_CONTROL_BIG_MAX];
	struct writer w;

	writer_init(&w, frame, sizeof(frame));
	control_put(&w, c);
	ck_assert(!w.bad);
	side_feed(d, frame, writer_len(&w), now_ns);
}

/* The same for data: n times 'y' on stream id. */
static inline void
side_feed_data(struct side *d, uint32_t id, uint32_t n, uint64_t now_ns)
{
	static uint8_t frame[AX_HEADER_LEN + AX_FRAME_MAX];

	wire_head_put(frame, id, n);
	memset(frame + AX_HEADER_LEN, 'y', n);
	side_feed(d, frame, AX_HEADER_LEN + n, now_ns);
}

static inline void
side_feed_credit(struct side *d, uint32_t id, uint64_t limit, uint64_t now_ns)
{
	struct control c = { .type = AX_CTL_CREDIT };

	c.credit.id = id;
	c.credit.offset = limit;
	side_feed_control(d, &c, now_ns);
}

static inline void
side_feed_fin(struct side *d, uint32_t id, uint64_t offset, uint64_t now_ns)
{
	struct control c = { .type = AX_CTL_FIN };

	c.fin.id = id;
	c.fin.offset = offset;
	side_feed_control(d, &c, now_ns);
}

static inline void
side_feed_reset(struct side *d, uint32_t id, uint64_t now_ns)
{
	struct control c = { .type = AX_CTL_RESET };

	c.reset.id = id;
	c.reset.code = AX_WIRE_LOCAL_RESET;
	side_feed_control(d, &c, now_ns);
}

static inline void
side_feed_open(struct side *d, uint32_t id, uint64_t now_ns)
{
	struct control c = { .type = AX_CTL_OPEN };

	c.open.id = id;
	c.open.what.service = slice_str("web");
	side_feed_control(d, &c, now_ns);
}

static inline void
side_feed_ack(struct side *d, uint64_t seq, uint64_t now_ns)
{
	struct control c = { .type = AX_CTL_ACK };

	c.ping.seq = seq;
	side_feed_control(d, &c, now_ns);
}

/* d has ended with this code. */
static inline void
side_is_over(struct side *d, uint16_t code)
{
	const char *text;

	ck_assert(session_is_closing(d->s));
	ck_assert_uint_eq(session_why(d->s, &text), code);
	ck_assert_uint_gt(strlen(text), 0);
}

/* Commits up to len bytes of st as far as its turn lets it; returns how many. */
static inline size_t
side_send(struct pair *p, struct side *d, struct stream *st, size_t len)
{
	size_t done = 0, quantum;

	session_ready(d->s, st, true);
	while (done < len) {
		struct iovec iov[16];
		size_t n, used = 0;

		if (session_sender(d->s, &quantum, p->now_ns) != st)
			break;
		n = session_reserve(
		    d->s, st, MIN(quantum, len - done), iov, 16);
		ck_assert_uint_gt(n, 0);
		for (size_t i = 0; i < n; i++) {
			memset(iov[i].iov_base, 'x', iov[i].iov_len);
			used += iov[i].iov_len;
		}
		session_commit(d->s, st, used);
		done += used;
	}
	session_ready(d->s, st, false);
	return done;
}

/* Sends all of len bytes of st to the other side. */
static inline void
pair_send(struct pair *p, struct side *d, struct stream *st, size_t len)
{
	size_t n;

	for (; len > 0; len -= n) {
		n = side_send(p, d, st, len);
		ck_assert_uint_gt(n, 0);
		pair_pump(p);
	}
}

/* Both ends finish, release, and what is left is acknowledged. */
static inline void
pair_end(struct pair *p, struct stream *relay_st, struct stream *agent_st)
{
	session_fin(p->relay.s, relay_st);
	session_fin(p->agent.s, agent_st);
	pair_pump(p);
	session_release(p->relay.s, relay_st);
	session_release(p->agent.s, agent_st);
	pair_wait(p, 200);
}

static inline struct session_stats
side_stats(const struct side *d)
{
	struct session_stats st;

	session_stats(d->s, &st);
	return st;
}

#endif

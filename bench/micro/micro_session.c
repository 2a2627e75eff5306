/* micro_session.c — what one frame costs a session, from the scheduler to the
 * bytes for a record, and from the bytes of a record to the event: two sessions
 * and a buffer are a tunnel, without TLS and sockets. One thread. Invariant: all
 * time between two laps belongs to one of the two sessions or to neither; what
 * does not belong to the one that is measured is added to beside_ns.         */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/err.h"
#include "micro/bench.h"
#include "proto/session.h"

#define SLOTS 64
#define WIRE_LEN (1u << 20)
#define IDLE_MAX 1000 /* turns without a frame: something is wrong */

enum whose { RELAY, AGENT, NEITHER };

struct world {
	struct session *s[2];
	struct stream *st; /* relay's handle; it sends */
	size_t len;	   /* payload of a frame; 0: whatever the turn allows */
	uint64_t frames;   /* arrived */
	uint64_t payload;
	enum whose measured;
	uint64_t mark_ns, beside_ns;
	uint8_t wire[WIRE_LEN];
};

static void
lap(struct world *w, enum whose whose)
{
	uint64_t now = clock_mono_ns();

	if (whose != w->measured)
		w->beside_ns += now - w->mark_ns;
	w->mark_ns = now;
}

static void
on_event(struct world *w, enum whose at, const struct session_event *ev)
{
	struct session *s = w->s[at];

	if (ev->type == SESSION_EV_HELLO)
		ax_assert(session_accept(s, 0, 1, w->mark_ns) == 0);
	if (ev->type == SESSION_EV_OPEN)
		session_opened(s, ev->stream);
	if (ev->type != SESSION_EV_DATA)
		return;
	w->frames++;
	w->payload += ev->data.n;
	session_consumed(s, ev->stream, ev->data.n, w->mark_ns);
}

/* Takes all that one side has to say to the other. */
static void
carry(struct world *w, enum whose from, enum whose to)
{
	struct session_event ev;
	struct iovec iov[SLOTS];
	size_t k, i, n;

	while ((k = session_pull(w->s[from], iov, SLOTS, w->mark_ns)) > 0) {
		lap(w, from);
		/* Sealing would do that. */
		for (n = i = 0; i < k; n += iov[i++].iov_len) {
			ax_assert(n + iov[i].iov_len <= WIRE_LEN);
			memcpy(w->wire + n, iov[i].iov_base, iov[i].iov_len);
		}
		lap(w, NEITHER);
		session_sent(w->s[from], n, w->mark_ns);
		lap(w, from);
		session_feed(w->s[to], slice_of(w->wire, n), w->mark_ns);
		while (session_next(w->s[to], &ev))
			on_event(w, to, &ev);
		lap(w, to);
	}
	lap(w, from);
}

/* All that the scheduler lets out now. */
static void
offer(struct world *w)
{
	struct session *s = w->s[RELAY];
	struct iovec iov[SLOTS];
	struct stream *st;
	size_t quantum, n;

	while ((st = session_sender(s, &quantum, w->mark_ns)) != NULL) {
		n = w->len > 0 ? MIN(w->len, quantum) : quantum;
		ax_assert(session_reserve(s, st, n, iov, SLOTS) > 0);
		session_commit(s, st, n);
	}
	lap(w, RELAY);
}

static uint64_t
frames(void *context, uint64_t n)
{
	struct world *w = context;
	uint64_t until = w->frames + n, last = w->frames;
	int idle = 0;

	w->mark_ns = clock_mono_ns();
	while (w->frames < until) {
		offer(w);
		carry(w, RELAY, AGENT);
		carry(w, AGENT, RELAY);
		idle = w->frames == last ? idle + 1 : 0;
		ax_assert(idle < IDLE_MAX);
		last = w->frames;
	}
	return w->payload;
}

static void
world_init(struct world *w)
{
	struct session_open open = { .service = slice_str("s") };
	struct session_args a = { .alloc = alloc_libc(), .seed = 1,
		.self = { .software = "bench", .hostname = "h", .os = "o" },
		.wall_ms = 1, .max_streams = 16, .window_init = 16u << 10,
		.window_max = AX_CREDIT_AHEAD_MAX, .budget = 32u << 20,
		.max_frame = AX_FRAME_MAX, .ring_max = 4u << 20,
		.ping_ms = 15000, .dead_ms = 10000 };

	w->mark_ns = clock_mono_ns();
	a.role = SESSION_RELAY;
	ax_assert(session_new(&a, w->mark_ns, &w->s[RELAY]) == 0);
	a.role = SESSION_AGENT;
	ax_assert(session_new(&a, w->mark_ns, &w->s[AGENT]) == 0);
	carry(w, AGENT, RELAY);
	carry(w, RELAY, AGENT);
	ax_assert(session_is_up(w->s[RELAY]) && session_is_up(w->s[AGENT]));
	ax_assert(session_open(w->s[RELAY], &open, NULL, &w->st) == 0);
	carry(w, RELAY, AGENT);
	carry(w, AGENT, RELAY);
	session_ready(w->s[RELAY], w->st, true);
}

/* A frame's mean payload is only known afterwards: a turn fills what fits. */
static double
payload_mean(struct world *w)
{
	uint64_t had_frames = w->frames, had = w->payload;

	(void)frames(w, 10000);
	return (double)(w->payload - had) / (double)(w->frames - had_frames);
}

int
main(void)
{
	static const struct {
		const char *name;
		enum whose measured;
		size_t len;
	} rows[] = {
		{ "session/send/64", RELAY, 64 },
		{ "session/receive/64", AGENT, 64 },
		{ "session/send/bulk", RELAY, 0 },
		{ "session/receive/bulk", AGENT, 0 },
	};
	struct world *w = calloc(1, sizeof(*w));
	size_t i;

	ax_assert(w != NULL);
	world_init(w);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct bench b = { .name = rows[i].name, .run = frames,
			.beside_ns = &w->beside_ns };

		w->measured = rows[i].measured;
		w->len = rows[i].len;
		b.bytes = payload_mean(w);
		bench_print(&b, w);
	}
	session_free(&w->s[RELAY]);
	session_free(&w->s[AGENT]);
	free(w);
	return 0;
}

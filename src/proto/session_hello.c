/* session_hello.c — the handshake of a session, from both sides.
 *
 * Thread: owner. Pure.
 * Invariant: whoever is up knows the other's limits, and said its own first.
 * Resuming is not offered: a HELLO that asks for it is told, as for any session
 * that does not exist, that there is none.                                   */
#include "proto/session_impl.h"

/* --- speaking ------------------------------------------------------------- */

static void
describe(const struct session *s, struct control_hello *h)
{
	*h = (struct control_hello){
		.ver_min = AX_PROTOCOL_VERSION,
		.ver_max = AX_PROTOCOL_VERSION,
		.max_streams = (uint16_t)s->streams.peers_max,
		.lanes = 1,
		.init_window = s->pool.init,
		.max_frame = s->deframer.max_frame,
		.ring = s->ring,
		.wall_ms = s->wall_ms,
		.ping_ms = s->ping_ms,
		.software = slice_str(s->self.software),
		.hostname = slice_str(s->self.hostname),
		.os = slice_str(s->self.os),
	};
	memcpy(h->id, s->self.id, sizeof(h->id));
}

void
session_say_hello(struct session *s)
{
	struct control c = { .type = AX_CTL_HELLO };
	bool fits;

	describe(s, &c.hello);
	fits = session_post(s, &c);
	ax_assert(fits);
}

int
session_accept(
    struct session *s, uint8_t worker, uint8_t lanes, uint64_t now_ns)
{
	struct control c = { .type = AX_CTL_HELLO_OK };
	bool fits;

	session_set_now(s, now_ns);
	if (session_is_over(s))
		return 0;
	ax_assert(s->phase == PHASE_ANSWER);
	describe(s, &c.hello);
	c.hello.worker = worker;
	c.hello.lanes = (uint8_t)MIN(MAX(lanes, 1), CONTROL_LANES_MAX);
	fits = session_post(s, &c);
	ax_assert(fits);
	/* Nothing may come before it, not even an OPEN of this same turn. */
	s->outbox.sealed = true;
	s->phase = PHASE_UP;
	keepalive_start(&s->keepalive, s->now_ns);
	SESSION_VERIFY(s);
	return 0;
}

void
session_reject(struct session *s, uint16_t code, const char *reason,
    uint32_t retry_ms)
{
	struct control c = { .type = AX_CTL_HELLO_ERR };

	if (session_is_over(s))
		return;
	ax_assert(s->role == SESSION_RELAY && s->phase <= PHASE_ANSWER);
	c.hello_err.code = code;
	c.hello_err.ver_min = c.hello_err.ver_max = AX_PROTOCOL_VERSION;
	c.hello_err.retry_ms = retry_ms;
	c.hello_err.reason = session_cut_reason(reason);
	(void)session_post(s, &c);
	session_end(s, PHASE_CLOSED, code, "HELLO was rejected");
	SESSION_VERIFY(s);
}

/* --- listening ------------------------------------------------------------ */

static void
meet_peer(struct session *s, const struct control_hello *h)
{
	s->hello_by_ns = AX_NEVER;
	s->peer_window = h->init_window;
	s->streams.own_max = h->max_streams;
	s->replay.frame_max = h->max_frame;
	acks_init(&s->acks, h->ring);
	s->hello = (struct session_hello){
		.lane = h->lane,
		.lanes = h->lanes,
		.features = h->features,
		.wall_ms = h->wall_ms,
		.software = h->software,
		.hostname = h->hostname,
		.os = h->os,
	};
	memcpy(s->hello.id, h->id, sizeof(s->hello.id));
}

static bool
is_zero(const uint8_t *p, size_t n)
{
	while (n > 0 && p[n - 1] == 0)
		n--;
	return n == 0;
}

/* A new session has nothing to resume. */
static bool
asks_for_nothing_old(const struct control_hello *h)
{
	return is_zero(h->session_id, sizeof(h->session_id)) &&
	    h->epoch == 0 && h->recv_seq == 0 &&
	    is_zero(h->mac, sizeof(h->mac));
}

bool
session_on_hello(
    struct session *s, struct control *c, struct session_event *ev)
{
	const struct control_hello *h = &c->hello;

	if (h->ver_min > AX_PROTOCOL_VERSION ||
	    h->ver_max < AX_PROTOCOL_VERSION) {
		session_reject(s, AX_WIRE_VERSION, "no common version", 0);
		return false;
	}
	if (c->flags & CONTROL_HELLO_RESUME) {
		session_reject(s, AX_WIRE_UNKNOWN_SESSION, "no such session", 0);
		return false;
	}
	if ((c->flags & CONTROL_HELLO_MBB) || !asks_for_nothing_old(h))
		return session_violated(s, AX_WIRE_PROTOCOL,
		    "HELLO resumes without saying so");
	meet_peer(s, h);
	s->phase = PHASE_ANSWER;
	ev->type = SESSION_EV_HELLO;
	ev->hello = &s->hello;
	return true;
}

bool
session_on_hello_ok(
    struct session *s, struct control *c, struct session_event *ev)
{
	const struct control_hello *h = &c->hello;

	if (h->ver_min != AX_PROTOCOL_VERSION || h->features != 0 ||
	    (c->flags & CONTROL_HELLO_RESUME))
		return session_violated(s, AX_WIRE_PROTOCOL,
		    "HELLO_OK agrees to what was not offered");
	meet_peer(s, h);
	s->phase = PHASE_UP;
	keepalive_set_interval(&s->keepalive, h->ping_ms);
	keepalive_start(&s->keepalive, s->now_ns);
	ev->type = SESSION_EV_UP;
	ev->hello = &s->hello;
	return true;
}

bool
session_on_hello_err(
    struct session *s, struct control *c, struct session_event *ev)
{
	ev->type = SESSION_EV_REFUSED;
	ev->code = c->hello_err.code;
	ev->retry_after_ms = c->hello_err.retry_ms;
	ev->data = session_keep_reason(s, c->hello_err.reason);
	session_hang_up(s, ev->code, "refused by the relay");
	return true;
}

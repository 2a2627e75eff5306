/* session_hello.c — the handshake of a session, from both sides.
 *
 * Thread: owner. Pure.
 * Invariant: whoever is up knows the other's limits, and said its own first.
 * They hold for the session, whatever its later connections repeat. A relay's
 * session that receives a HELLO which resumes is another one: it only lends its
 * ear (session_resume.c).                                                     */
#include "proto/session_impl.h"

/* --- speaking ------------------------------------------------------------- */

/* What this side offers; after agree(), what both do. */
static uint64_t
features(const struct session *s)
{
	return (s->resume.ttl_s > 0 ? AX_FEATURE_RESUME : 0) |
	    session_affairs_features(s);
}

static void
describe(const struct session *s, struct control_hello *h)
{
	*h = (struct control_hello){
		.ver_min = AX_PROTOCOL_VERSION,
		.ver_max = AX_PROTOCOL_VERSION,
		.max_streams = (uint16_t)s->streams.peers_max,
		.features = features(s),
		.worker = s->worker,
		.lane = s->lane,
		.lanes = MAX(s->lanes, 1),
		.resume_ttl_s = s->resume.ttl_s,
		.init_window = s->pool.init,
		.max_frame = s->deframer.max_frame,
		.ring = s->ring,
		.wall_ms = s->wall_ms + s->now_ns / AX_NS_PER_MS,
		.ping_ms = s->ping_ms,
		.software = slice_str(s->self.software),
		.hostname = slice_str(s->self.hostname),
		.os = slice_str(s->self.os),
	};
	memcpy(h->id, s->self.id, sizeof(h->id));
}

/* Nothing may come before it, not even an OPEN of this same turn. */
static void
say(struct session *s, uint8_t type, uint8_t flags,
    const struct session_claim *claim)
{
	struct control c = { .type = type, .flags = flags };
	bool fits;

	describe(s, &c.hello);
	if (claim != NULL)
		c.hello.claim = *claim;
	fits = session_post(s, &c);
	ax_assert(fits);
	s->outbox.sealed = true;
}

void
session_say_hello(
    struct session *s, uint8_t flags, const struct session_claim *claim)
{
	say(s, AX_CTL_HELLO, flags, claim);
}

void
session_say_hello_ok(struct session *s, const struct session_claim *own)
{
	struct session_claim fresh = { .epoch = 0 };

	if (own != NULL) {
		say(s, AX_CTL_HELLO_OK, CONTROL_HELLO_RESUME, own);
		return;
	}
	if (s->resume.agreed)
		memcpy(fresh.id, s->resume.id, sizeof(fresh.id));
	say(s, AX_CTL_HELLO_OK, 0, &fresh);
}

int
session_accept(
    struct session *s, uint8_t worker, uint8_t lanes, uint64_t now_ns)
{
	session_set_now(s, now_ns);
	if (session_is_over(s))
		return 0;
	ax_assert(s->phase == PHASE_ANSWER);
	s->worker = worker;
	s->lanes = (uint8_t)MIN(lanes, CONTROL_LANES_MAX);
	session_say_hello_ok(s, NULL);
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
asks_for_nothing_old(const struct session_claim *c)
{
	return is_zero(c->id, sizeof(c->id)) && c->epoch == 0 &&
	    c->received == 0 && is_zero(c->mac, sizeof(c->mac));
}

/* What both want. May the session live without a connection? Then as long as the
 * one who wants less.                                            */
static void
agree(struct session *s, const struct control_hello *h, uint16_t ttl_s)
{
	s->resume.agreed = s->resume.ttl_s > 0 &&
	    (h->features & AX_FEATURE_RESUME) != 0;
	s->resume.ttl_s = s->resume.agreed ? MIN(s->resume.ttl_s, ttl_s) : 0;
	s->replay.forgets = !s->resume.agreed;
	session_affairs_agree(s, h->features);
}

bool
session_on_hello(
    struct session *s, struct control *c, struct session_event *ev)
{
	const struct control_hello *h = &c->hello;
	bool resumes = (c->flags & CONTROL_HELLO_RESUME) != 0;

	if (h->ver_min > AX_PROTOCOL_VERSION ||
	    h->ver_max < AX_PROTOCOL_VERSION) {
		session_reject(s, AX_WIRE_VERSION, "no common version", 0);
		return false;
	}
	if (!resumes &&
	    ((c->flags & CONTROL_HELLO_MBB) || !asks_for_nothing_old(&h->claim)))
		return session_violated(s, AX_WIRE_PROTOCOL,
		    "HELLO resumes without saying so");
	meet_peer(s, h);
	agree(s, h, UINT16_MAX);
	if (resumes && !s->resume.agreed) {
		session_reject(s, AX_WIRE_UNKNOWN_SESSION, "no such session", 0);
		return false;
	}
	s->hello.resumes = resumes;
	s->hello.mbb = (c->flags & CONTROL_HELLO_MBB) != 0;
	s->hello.claim = h->claim;
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

	if (h->ver_min != AX_PROTOCOL_VERSION || (h->features & ~features(s)) != 0)
		return session_violated(s, AX_WIRE_PROTOCOL,
		    "HELLO_OK agrees to what was not offered");
	if (s->resume.agreed || (c->flags & CONTROL_HELLO_RESUME))
		return session_on_resumed(s, c, ev);
	if ((h->features & AX_FEATURE_RESUME) && (h->resume_ttl_s == 0 ||
	    is_zero(h->claim.id, sizeof(h->claim.id))))
		return session_violated(s, AX_WIRE_PROTOCOL,
		    "HELLO_OK does not say how to resume");
	meet_peer(s, h);
	agree(s, h, h->resume_ttl_s);
	memcpy(s->resume.id, h->claim.id, sizeof(s->resume.id));
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

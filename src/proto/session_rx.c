/* session_rx.c — the receiving half of a session: frames in, events out.
 *
 * Thread: owner. Pure.
 * Invariant: a frame is acted upon once it is whole, and at most one event comes
 * of it; the sequence counts it then, not before. The first violation ends the
 * session, and nothing after it is looked at.                                */
#include "proto/session_impl.h"

static const char *
text_of(uint16_t code)
{
	switch (code) {
#define TEXT(name, number, text) \
	case number: \
		return text;
		AX_WIRE_ERRORS(TEXT)
#undef TEXT
	default:
		return "unknown code";
	}
}

bool
session_violated(struct session *s, uint16_t code, const char *text)
{
	session_end(s, PHASE_ABORTING, code, text);
	return false;
}

static bool
out_of_memory(struct session *s)
{
	return session_violated(s, AX_WIRE_RESOURCE, "out of memory");
}

void
session_oddity(struct session *s, unsigned points)
{
	switch (glitch_add(&s->glitch, points, s->now_ns)) {
	case GLITCH_FINE:
		break;
	case GLITCH_NOISY:
		if (!s->goaway_sent)
			session_goaway(s, AX_WIRE_ENHANCE_CALM,
			    &(struct session_goaway){ 0 });
		break;
	case GLITCH_OVERFLOW:
		session_violated(s, AX_WIRE_ENHANCE_CALM, "too many oddities");
		break;
	}
}

/* --- the end -------------------------------------------------------------- */

struct slice
session_keep_reason(struct session *s, struct slice reason)
{
	if (reason.n > 0)
		memcpy(s->close_reason, reason.p, reason.n);
	s->close_reason_len = reason.n;
	return slice_of(s->close_reason, reason.n);
}

void
session_hang_up(struct session *s, uint16_t code, const char *text)
{
	session_end(s, PHASE_CLOSED, code, text);
	s->outbox.head = s->outbox.tail = 0;
}

static bool
on_close(struct session *s, struct control *c, struct session_event *ev)
{
	/* Said by one who does not know which session came to him. */
	if (s->phase == PHASE_HELLO && c->close.code == AX_WIRE_HELLO_TIMEOUT &&
	    session_is_resumable(s)) {
		session_suspend(s, s->now_ns);
		return false;
	}
	ev->type = SESSION_EV_CLOSE;
	ev->code = c->close.code;
	ev->data = session_keep_reason(s, c->close.reason);
	session_hang_up(s, ev->code, "closed by the peer");
	return true;
}

/* --- streams -------------------------------------------------------------- */

static struct stream *
find(struct session *s, uint32_t id)
{
	struct stream *st = streams_find(&s->streams, id);

	if (st == NULL)
		session_violated(s, AX_WIRE_STREAM_ID,
		    "frame for a stream that does not exist");
	return st;
}

static bool
tell(struct session_event *ev, enum session_event_type type, struct stream *st)
{
	ev->type = type;
	ev->stream = st;
	return true;
}

static bool
on_data(struct session *s, const struct frame *f, struct session_event *ev)
{
	struct stream *st;
	uint16_t code;

	if (s->phase != PHASE_UP || (f->id & AX_STREAM_DGRAM))
		return session_violated(s, AX_WIRE_PROTOCOL, "unexpected data");
	st = find(s, f->id);
	if (st == NULL)
		return false;
	code = stream_rx_data(st, f->body.n);
	if (code != AX_WIRE_NO_ERROR)
		return session_violated(s, code,
		    code == AX_WIRE_FLOW_CONTROL ?
			"data beyond the credit granted" :
			"data behind the end of a stream");
	s->data_received += f->body.n;
	if (stream_is_mute(st))
		return false;
	ev->data = f->body;
	return tell(ev, SESSION_EV_DATA, st);
}

/* The peer's stream that we refuse before anybody hears of it. */
static void
refuse(struct session *s, struct stream *st)
{
	stream_tx_reset(st, &s->pool, AX_WIRE_OVERLOAD);
	streams_release(&s->streams, st, &s->pool);
	session_update(s, st);
}

static bool
on_open(struct session *s, struct control *c, struct session_event *ev)
{
	struct stream *st;
	bool room;
	uint16_t code = streams_judge(&s->streams, c->open.id);

	if (code != AX_WIRE_NO_ERROR)
		return session_violated(s, code, text_of(code));
	if (streams_accept(
		&s->streams, c->open.id, c->open.what.prio, &st) < 0)
		return out_of_memory(s);
	st->tx.limit = s->peer_window;
	room = credit_rx_start(&st->rx, &s->pool, s->now_ns);
	/* The peer's OPEN may have crossed our GOAWAY; and it may count streams
	 * as gone whose handles we still hold.                               */
	if (!room || s->goaway_sent || s->streams.held > s->streams.peers_max) {
		refuse(s, st);
		return false;
	}
	s->open = c->open.what;
	ev->open = &s->open;
	return tell(ev, SESSION_EV_OPEN, st);
}

static bool
on_opened(struct session *s, struct control *c, struct session_event *ev)
{
	struct stream *st = find(s, c->credit.id);
	uint16_t code;

	if (st == NULL)
		return false;
	code = stream_rx_opened(st, c->credit.offset);
	if (code != AX_WIRE_NO_ERROR)
		return session_violated(s, code, "OPENED out of place");
	session_update(s, st);
	return !stream_is_mute(st) && tell(ev, SESSION_EV_OPENED, st);
}

static bool
on_credit(
    struct session *s, struct control *c, struct session_event *ev AX_UNUSED)
{
	struct stream *st = find(s, c->credit.id);
	uint16_t code;

	if (st == NULL)
		return false;
	code = stream_rx_credit(st, c->credit.offset);
	if (code != AX_WIRE_NO_ERROR)
		return session_violated(s, code, "CREDIT out of place or out of range");
	session_update(s, st);
	return false;
}

static bool
on_fin(struct session *s, struct control *c, struct session_event *ev)
{
	struct stream *st = find(s, c->fin.id);
	bool matches, mute;
	uint16_t code;

	if (st == NULL)
		return false;
	mute = stream_is_mute(st);
	code = stream_rx_fin(st, &s->pool, c->fin.offset, &matches);
	if (code != AX_WIRE_NO_ERROR)
		return session_violated(s, code, "FIN behind the end of a stream");
	if (!matches) {
		s->integrity_errors++;
		ev->code = AX_WIRE_FINAL_OFFSET;
	}
	session_update(s, st);
	return !mute &&
	    tell(ev, matches ? SESSION_EV_FIN : SESSION_EV_RESET, st);
}

static bool
on_reset(struct session *s, struct control *c, struct session_event *ev)
{
	struct stream *st = find(s, c->reset.id);
	bool mute;
	uint16_t code;

	if (st == NULL)
		return false;
	mute = stream_is_mute(st);
	code = stream_rx_reset(st, &s->pool);
	if (code != AX_WIRE_NO_ERROR)
		return session_violated(s, code, "RESET behind a RESET");
	session_update(s, st);
	ev->code = c->reset.code;
	return !mute && tell(ev, SESSION_EV_RESET, st);
}

/* --- session -------------------------------------------------------------- */

static bool
on_goaway(struct session *s, struct control *c, struct session_event *ev)
{
	if (s->goaway_seen && c->goaway.when.last_id > s->goaway_last)
		return session_violated(s, AX_WIRE_PROTOCOL, "GOAWAY takes one back");
	s->goaway_seen = true;
	s->goaway_last = c->goaway.when.last_id;
	s->goaway = c->goaway.when;
	ev->type = SESSION_EV_GOAWAY;
	ev->code = c->goaway.code;
	ev->goaway = &s->goaway;
	return true;
}

static bool
on_services(struct session *s, struct control *c, struct session_event *ev)
{
	bool hasty;

	if (services_receive(&s->services, c, s->now_ns, &hasty) < 0)
		return out_of_memory(s);
	if (hasty)
		session_oddity(s, GLITCH_HASTY);
	ev->type = SESSION_EV_SERVICES;
	ev->services = s->services.seen;
	ev->n_services = s->services.n_seen;
	return true;
}

static bool
on_ack(
    struct session *s, struct control *c, struct session_event *ev AX_UNUSED)
{
	uint64_t before = s->replay.acked, seq = c->ping.seq;

	s->resume.unconfirmed = false;
	if (!replay_ack(&s->replay, seq, s->now_ns, s->keepalive.rtt_min_ns))
		return session_violated(s, AX_WIRE_PROTOCOL,
		    "acknowledges what was not sent, or less than before");
	if (seq > before)
		s->owed_ns = s->now_ns;
	rate_acked(&s->rate, seq - before, s->now_ns, s->keepalive.rtt_ns);
	s->settled = seq;
	streams_acked(&s->streams, seq);
	return false;
}

static bool
on_ping(
    struct session *s, struct control *c, struct session_event *ev AX_UNUSED)
{
	if (!keepalive_asked(&s->keepalive, c->ping.opaque, s->now_ns))
		session_oddity(s, GLITCH_HASTY);
	return false;
}

static bool
on_pong(struct session *s, struct control *c, struct session_event *ev)
{
	/* The round trip first: what the ACK tells is judged by it. An answer to
	 * an earlier question is late, not wrong.                            */
	(void)keepalive_ponged(&s->keepalive, c->ping.opaque, c->ping.hold_us,
	    s->now_ns);
	return on_ack(s, c, ev);
}

/* --- dispatch ------------------------------------------------------------- */

#define WHEN(phase) (1u << (phase))
#define TO(role) (1u << (role))
#define TO_BOTH (TO(SESSION_RELAY) | TO(SESSION_AGENT))

struct handler {
	uint8_t type;
	uint8_t when; /* phases in which it may come */
	uint8_t to;   /* roles that it may come to */
	bool (*on)(struct session *s, struct control *c,
	    struct session_event *ev);
};

static const struct handler handlers[] = {
	{ AX_CTL_CREDIT, WHEN(PHASE_UP), TO_BOTH, on_credit },
	{ AX_CTL_ACK, WHEN(PHASE_UP), TO_BOTH, on_ack },
	{ AX_CTL_OPEN, WHEN(PHASE_UP), TO_BOTH, on_open },
	{ AX_CTL_OPENED, WHEN(PHASE_UP), TO_BOTH, on_opened },
	{ AX_CTL_FIN, WHEN(PHASE_UP), TO_BOTH, on_fin },
	{ AX_CTL_RESET, WHEN(PHASE_UP), TO_BOTH, on_reset },
	{ AX_CTL_PING, WHEN(PHASE_UP), TO_BOTH, on_ping },
	{ AX_CTL_PONG, WHEN(PHASE_UP), TO_BOTH, on_pong },
	{ AX_CTL_GOAWAY, WHEN(PHASE_UP), TO_BOTH, on_goaway },
	{ AX_CTL_SERVICES, WHEN(PHASE_UP), TO(SESSION_RELAY), on_services },
	{ AX_CTL_RENEW, WHEN(PHASE_UP), TO(SESSION_RELAY), session_on_renew },
	{ AX_CTL_CERTIFICATE, WHEN(PHASE_UP), TO(SESSION_AGENT),
	    session_on_certificate },
	{ AX_CTL_TRUST, WHEN(PHASE_UP), TO(SESSION_AGENT), session_on_trust },
	{ AX_CTL_TRUSTED, WHEN(PHASE_UP), TO(SESSION_RELAY), session_on_trust },
	{ AX_CTL_EXPOSE, WHEN(PHASE_UP), TO(SESSION_RELAY), session_on_expose },
	{ AX_CTL_EXPOSED, WHEN(PHASE_UP), TO(SESSION_AGENT), session_on_expose },
	{ AX_CTL_HELLO, WHEN(PHASE_HELLO), TO(SESSION_RELAY),
	    session_on_hello },
	{ AX_CTL_HELLO_OK, WHEN(PHASE_HELLO), TO(SESSION_AGENT),
	    session_on_hello_ok },
	{ AX_CTL_HELLO_ERR, WHEN(PHASE_HELLO), TO(SESSION_AGENT),
	    session_on_hello_err },
	{ AX_CTL_CLOSE, WHEN(PHASE_HELLO) | WHEN(PHASE_ANSWER) | WHEN(PHASE_UP),
	    TO_BOTH, on_close },
};

static bool
on_control(struct session *s, const struct frame *f, struct session_event *ev)
{
	struct control c;
	uint16_t code = control_get(&c, f->body);

	if (code != AX_WIRE_NO_ERROR)
		return session_violated(s, code, "malformed control message");
	if (c.strange > 0)
		session_oddity(s, c.strange * GLITCH_UNKNOWN);
	if (!c.known && s->phase == PHASE_UP) {
		session_oddity(s, GLITCH_UNKNOWN);
		return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(handlers); i++) {
		const struct handler *h = &handlers[i];

		if (h->type != c.type)
			continue;
		if ((h->when & WHEN(s->phase)) && (h->to & TO(s->role)))
			return h->on(s, &c, ev);
		break;
	}
	return session_violated(s, AX_WIRE_PROTOCOL, "message out of place");
}

static bool
on_frame(struct session *s, const struct frame *f, struct session_event *ev)
{
	s->frames++;
	if (wire_is_sequenced(f->id, f->body.p[0])) {
		acks_received(
		    &s->acks, AX_HEADER_LEN + f->body.n, s->now_ns);
		s->resume.unconfirmed = false;
	}
	if (f->id != AX_STREAM_CONTROL)
		return on_data(s, f, ev);
	return on_control(s, f, ev);
}

void
session_feed(struct session *s, struct slice in, uint64_t now_ns)
{
	session_set_now(s, now_ns);
	if (session_is_over(s) || s->phase == PHASE_SUSPENDED)
		return;
	deframer_feed(&s->deframer, in);
	if (in.n > 0)
		keepalive_heard(&s->keepalive, s->now_ns);
	SESSION_VERIFY(s);
}

bool
session_next(struct session *s, struct session_event *ev)
{
	struct frame f;
	uint16_t code;
	bool told = false;

	*ev = (struct session_event){ 0 };
	services_forget(&s->services);
	while (!told && !session_is_over(s)) {
		if (deframer_next(&s->deframer, &f, &code)) {
			told = on_frame(s, &f, ev);
			continue;
		}
		if (code != AX_WIRE_NO_ERROR)
			session_violated(s, code, text_of(code));
		break;
	}
	/* What an event lends stays until the next call. */
	if (!told && session_is_over(s))
		deframer_drop(&s->deframer);
	SESSION_VERIFY(s);
	return told;
}

void
session_consumed(
    struct session *s, struct stream *st, size_t len, uint64_t now_ns)
{
	session_set_now(s, now_ns);
	if (credit_rx_consume(&st->rx, &s->pool, len, s->now_ns,
		s->keepalive.rtt_ns))
		st->bits |= STREAM_WANT_CREDIT;
	session_update(s, st);
	SESSION_VERIFY(s);
}

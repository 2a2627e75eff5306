/* session_impl.h — the inside of a session, for the files session*.c only.
 * They compose: windows are credit.c's, ids are streams.c's, byte order is
 * control.c's and wire.c's, replay offsets are replay.c's. Thread: owner.     */
#ifndef ATLAX_PROTO_SESSION_IMPL_H
#define ATLAX_PROTO_SESSION_IMPL_H

#include "base/assert.h"
#include "base/err.h"
#include "proto/acks.h"
#include "proto/control.h"
#include "proto/deframe.h"
#include "proto/glitch.h"
#include "proto/keepalive.h"
#include "proto/parcel.h"
#include "proto/rate.h"
#include "proto/replay.h"
#include "proto/services.h"
#include "proto/streams.h"

enum session_phase {
	PHASE_HELLO,	/* relay: waits for HELLO; agent: for HELLO_OK */
	PHASE_ANSWER,	/* HELLO, or HELLO_OK that resumes, came: policy has
			 * to answer */
	PHASE_UP,
	PHASE_SUSPENDED, /* between two connections */
	PHASE_CLOSING,	/* CLOSE goes out behind what is committed */
	PHASE_ABORTING, /* CLOSE goes out at the next frame boundary */
	PHASE_CLOSED,	/* the last word is said, or needs not be said */
};

/* The unsequenced messages, serialised; they go out as a whole, at a frame
 * boundary of the ring. Large enough for a HELLO and a CLOSE behind it.      */
#define OUTBOX_SIZE 512

struct outbox {
	uint8_t mem[OUTBOX_SIZE];
	size_t head, tail; /* unsent: [head, tail) */
	uint64_t cut;	   /* the ring goes first up to this position */
	bool sealed;	   /* takes nothing more, but a CLOSE, until sent */
};

/* How the session is found again when its connection is lost. */
struct resumption {
	uint8_t id[16];
	uint32_t epoch;	   /* agent: tried last; relay: what worked last */
	uint32_t count;	   /* how often it worked */
	uint64_t until_ns; /* without a connection until then; AX_NEVER: has one */
	uint16_t ttl_s;	   /* 0: no */
	bool agreed;	   /* by both, in the first handshake */
	bool unconfirmed;  /* relay: the agent may not have our HELLO_OK */
};

/* What the two may talk about besides streams, if both offer it: certificates
 * (session_renew.c), trust bundles (session_trust.c), ports (session_expose.c). */
enum { AFFAIR_RENEW, AFFAIR_TRUST, AFFAIR_EXPOSE, AFFAIRS };

struct affair {
	struct parcel parcel; /* ours to say, one at a time */
	uint64_t last_ns;     /* when the peer spoke of it last; AX_NEVER: not yet */
	bool agreed;	      /* offered by this side; then: by both */
};

struct session {
	struct alloc *alloc;
	enum session_role role;
	enum session_phase phase;
	uint64_t now_ns; /* the latest time we were told */
	struct session_self self;
	uint64_t wall_ms; /* at now_ns == 0; may wrap */
	uint32_t ping_ms, ring;
	uint8_t worker;	/* relay's, told to the agent */
	uint8_t lane, lanes; /* agent: which, wanted; relay: granted */
	struct resumption resume;

	uint16_t why_code;
	const char *why_text;
	char close_reason[AX_REASON_MAX]; /* ours to send, or the peer's */
	size_t close_reason_len;

	uint64_t hello_by_ns; /* AX_NEVER once it came */
	uint32_t peer_window; /* credit of a new stream towards the peer */
	bool goaway_sent, goaway_seen;
	uint32_t goaway_last; /* what the peer's said last */

	struct deframer deframer;
	struct acks acks;
	struct glitch glitch;
	struct keepalive keepalive;
	struct streams streams;
	struct credit_pool pool;
	struct sendq sendq;
	struct replay replay;
	uint64_t settled; /* what ACK and PONG said last. The position in a HELLO
			   * overtakes control: no id may be forgotten by it */
	struct rate rate;
	uint64_t owed_ns; /* since when the peer has nothing new acknowledged */
	uint64_t company_ns; /* until then, small messages are expected */
	struct outbox outbox;
	struct services services;
	struct affair affairs[AFFAIRS];
	bool renewal_asked; /* and there is no answer yet */
	uint64_t trusted;   /* relay: the bundle that the agent has */

	/* What an event lends; one at a time. */
	union {
		struct session_hello hello;
		struct session_open open;
		struct session_goaway goaway;
	};

	uint64_t data_sent, data_received, integrity_errors;
	uint64_t frames; /* received */
};

/* Every verb of session.h ends with this. */
#if defined(ATLAX_SANITIZE) || defined(AX_PARANOID)
#define SESSION_VERIFY(s) session_check(s)
#else
#define SESSION_VERIFY(s) ((void)(s))
#endif

static inline bool
session_is_over(const struct session *s)
{
	return s->phase >= PHASE_CLOSING;
}

/* It had a connection and is looking for another one. */
static inline bool
session_is_away(const struct session *s)
{
	return s->resume.until_ns != AX_NEVER;
}

/* Time never goes backwards in here, whatever the caller says. */
static inline void
session_set_now(struct session *s, uint64_t now_ns)
{
	s->now_ns = MAX(s->now_ns, now_ns);
}

/* Ends the session; the first call wins. text is a constant. */
void session_end(struct session *s, enum session_phase phase, uint16_t code,
    const char *text);
/* After any change of st: lists, scheduler, slot. st may be gone afterwards. */
void session_update(struct session *s, struct stream *st);
/* Writes one sequenced message into the ring. Fails: AX_E_LIMIT (no room until
 * the peer acknowledges something), AX_E_NOMEM.                              */
AX_CHECKED int session_write(struct session *s, const struct control *c);
/* Writes waiting control into the ring as far as there is room. */
void session_flush_control(struct session *s);
/* Appends an unsequenced message; false: no room now. */
bool session_post(struct session *s, const struct control *c);
void session_oddity(struct session *s, unsigned points);
/* The peer broke the protocol. Returns false: no event. */
bool session_violated(struct session *s, uint16_t code, const char *text);
/* The peer has said its last word, and there is none to say in return. */
void session_hang_up(struct session *s, uint16_t code, const char *text);
/* Keeps the peer's reason beyond the frame that brought it. */
struct slice session_keep_reason(struct session *s, struct slice reason);
/* Our own reason, at most AX_REASON_MAX of it; reason may be NULL. */
struct slice session_cut_reason(const char *reason);

/* session_affair.c: all of them, */
void session_affairs_init(struct session *s, const struct session_args *a);
void session_affairs_fini(struct session *s);
uint64_t session_affairs_features(const struct session *s);
void session_affairs_agree(struct session *s, uint64_t features);
bool session_affairs_are_due(const struct session *s);
AX_CHECKED int session_affairs_write(struct session *s); /* fails: AX_E_NOMEM */
void session_affairs_frost(struct session *s, struct frost *f);
void session_affairs_check(const struct session *s);
/* and one: leaves a message with a body of so many bytes, to be sent when there
 * is room. Fails: as parcel_put.                                             */
AX_CHECKED int session_put(
    struct session *s, int affair, const struct control *c, size_t body);
/* False: it was not agreed, and the session is over. */
bool session_agreed(struct session *s, int affair);
/* The peer asks for work: it pays if that is too soon after the last time. */
void session_paced(struct session *s, int affair);
bool session_on_renew(
    struct session *s, struct control *c, struct session_event *ev);
bool session_on_certificate(
    struct session *s, struct control *c, struct session_event *ev);
/* TRUST and TRUSTED. */
bool session_on_trust(
    struct session *s, struct control *c, struct session_event *ev);
/* EXPOSE at a relay, EXPOSED at an agent. */
bool session_on_expose(
    struct session *s, struct control *c, struct session_event *ev);

void session_say_hello(struct session *s, uint8_t flags, const struct session_claim *c);
/* Relay: HELLO_OK goes before everything else. own: it resumes. */
void session_say_hello_ok(struct session *s, const struct session_claim *own);
bool session_on_hello(
    struct session *s, struct control *c, struct session_event *ev);
bool session_on_hello_ok(
    struct session *s, struct control *c, struct session_event *ev);
/* Agent: HELLO_OK that resumes, or should. */
bool session_on_resumed(
    struct session *s, struct control *c, struct session_event *ev);
bool session_on_hello_err(
    struct session *s, struct control *c, struct session_event *ev);

#endif

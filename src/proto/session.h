/* session.h — one tunnel's protocol state: bytes in, events out, bytes out, a
 * deadline. Pure: no I/O, no clock, no allocation except through args->alloc;
 * time is an argument. Relay and agent differ by one enum. Normative text:
 * doc/PROTOCOL.
 * Thread: owner, for every function here.
 * Units:  lengths in bytes, times in ns of the caller's monotonic clock.
 *
 * Payload is never queued here. Towards the peer, a stream's bytes stay in its
 * socket until session_sender() says that it is the stream's turn; then they are
 * read straight into the replay ring (session_reserve, session_commit), which
 * is also the transmit buffer (session_pull). From the peer, events lend
 * slices of the bytes that were fed.                                         */
#ifndef ATLAX_PROTO_SESSION_H
#define ATLAX_PROTO_SESSION_H

#include <sys/uio.h>

#include "atlax/error.h"
#include "atlax/wire.h"
#include "base/alloc.h"
#include "base/slice.h"
#include "proto/session_renew.h"
#include "proto/session_resume.h"

struct stream; /* a handle; valid until session_release or session_free */

enum session_role { SESSION_RELAY, SESSION_AGENT };

/* What a side says about itself in HELLO or HELLO_OK. */
struct session_self {
	uint8_t id[16];	   /* agent instance, or relay id */
	char software[33]; /* printable ASCII, as all three */
	char hostname[65];
	char os[33];
};

struct session_args {
	enum session_role role;
	struct alloc *alloc;	/* borrowed; outlives the session */
	uint64_t seed;		/* keys the id table; from rng_secret */
	struct session_self self;
	uint64_t wall_ms;	/* for the peer's skew warning */
	uint8_t lane, lanes;	/* agent: which one, and how many it wants (0: 1) */
	uint16_t max_streams;	/* the peer may hold open towards us (1..65535) */
	uint32_t window_init;	/* credit of a new stream (16 Ki..1 Mi) */
	uint32_t window_max;	/* the tuner's cap per stream (<= 16 Mi) */
	uint64_t budget;	/* receive credit beyond the initial windows, of all */
	uint32_t max_frame;	/* we accept (4096..16376) */
	size_t ring_max;	/* replay ring cap (64 Ki..64 Mi) */
	uint32_t ping_ms;	/* relay: told to the agent; agent: until told */
	uint32_t dead_ms;	/* silence after an unanswered PING that kills */
	uint16_t resume_s;	/* outlives a lost connection by so much; or 0 */
	uint8_t session_id[16];	/* relay: random, if resume_s; not all zero */
	bool renews, trusts, exposes; /* session_renew.h and so on; up to both */
};

/* What the peer said. Slices are printable ASCII, valid until the next event. */
struct session_hello {
	uint8_t id[16];
	uint8_t lane, lanes;
	uint64_t features, wall_ms;
	struct slice software, hostname, os;
	bool resumes, mbb; /* asks for the session of claim, which may be alive */
	struct session_claim claim;
};

/* An OPEN, both ways. Addresses are informative: the client as the opener saw
 * it; addr_len is 0, 4 or 16.                                                */
struct session_open {
	struct slice service;	/* [a-z0-9._-]{1,63} */
	uint8_t kind;		/* 0 TCP */
	uint8_t prio;		/* 0..3 */
	uint8_t addr_len, client[16], local[16];
	uint16_t client_port, local_port;
};

struct session_service {
	char name[AX_SERVICE_NAME_MAX + 1];
	uint8_t kind;	/* 0 TCP */
	uint8_t health;	/* 0 unknown, 1 ok, 2 degraded, 3 dead */
	uint8_t weight;
};

enum session_event_type {
	SESSION_EV_HELLO,	/* relay: answer with session_accept or _reject */
	SESSION_EV_UP,		/* agent: HELLO_OK came; hello is the relay's */
	SESSION_EV_RESUMED,	/* the same that resumes: session_resume or _close */
	SESSION_EV_REFUSED,	/* agent: HELLO_ERR; code, reason, retry_after_ms */
	SESSION_EV_OPEN,	/* the peer opened stream; set its user, or reset */
	SESSION_EV_OPENED,	/* the peer's dial for stream succeeded */
	SESSION_EV_DATA,	/* bytes for stream; later session_consumed */
	SESSION_EV_FIN,		/* no more bytes will come on stream */
	SESSION_EV_RESET,	/* stream aborted by the peer: code; release it */
	SESSION_EV_SERVICES,	/* relay: services, n_services */
	SESSION_EV_RENEW,	/* relay: data; answer with session_certify */
	SESSION_EV_CERTIFICATE,	/* agent: data; or code why not, retry_after_ms */
	SESSION_EV_TRUST,	/* relay: see session_trusted; agent: data, a bundle */
	SESSION_EV_EXPOSE, SESSION_EV_EXPOSED, /* data: see session_expose.h */
	SESSION_EV_GOAWAY,	/* code, goaway */
	SESSION_EV_CLOSE,	/* the peer's last words: code, reason */
};

struct session_goaway {
	uint32_t last_id, reconnect_in_ms, try_for_ms, deadline_ms;
};

/* Slices point into the bytes given to session_feed, or into the session, and
 * are valid until the next call of session_next.                             */
struct session_event {
	enum session_event_type type;
	struct stream *stream;
	uint16_t code;
	struct slice data; /* payload; CLOSE, REFUSED: the reason, raw */
	uint32_t retry_after_ms;
	const struct session_hello *hello;
	const struct session_open *open;
	const struct session_goaway *goaway;
	const struct session_service *services;
	size_t n_services;
};

/* --- life ---------------------------------------------------------------- */

/* Makes a session. The agent's queues its HELLO at once.
 * Fails: AX_E_NOMEM, AX_E_RANGE (an argument outside its limits).            */
AX_CHECKED int session_new(
    const struct session_args *args, uint64_t now_ns, struct session **out);
/* Frees everything, streams included; accepts NULL, nulls its argument. */
void session_free(struct session **s);

/* Relay, after SESSION_EV_HELLO: HELLO_OK; lanes: granted. Fails: AX_E_NOMEM. */
AX_CHECKED int session_accept(
    struct session *s, uint8_t worker, uint8_t lanes, uint64_t now_ns);
/* Relay, after SESSION_EV_HELLO: answers HELLO_ERR; then as session_close. */
void session_reject(
    struct session *s, uint16_t code, const char *reason, uint32_t retry_ms);

/* Queues GOAWAY: the peer may open no more streams; ours stop too. g->last_id
 * is filled in here. A peer's OPEN that crosses it is answered with OVERLOAD.  */
void session_goaway(
    struct session *s, uint16_t code, const struct session_goaway *g);
/* Queues CLOSE as the last frame, behind what is committed: nothing is accepted
 * or produced after it. The first call wins. reason may be NULL; it is cut at
 * 128 bytes.                                                                 */
void session_close(struct session *s, uint16_t code, const char *reason);
/* True after session_close, session_reject, CLOSE or HELLO_ERR from the peer, a
 * violation by the peer, memory at an end, or a peer found dead: send what
 * session_pull still gives, then drop the link.                              */
bool session_is_closing(const struct session *s);
/* Why: the wire code and a sentence for the log (never NULL). */
uint16_t session_why(const struct session *s, const char **text);

/* --- receiving ----------------------------------------------------------- */

/* Lends received plaintext; then call session_next until it says false. Bytes
 * after a violation are ignored. Must not be called with earlier bytes not
 * drained (asserted). A suspended session ignores what it gets.              */
void session_feed(struct session *s, struct slice in, uint64_t now_ns);
/* The next thing that happened, or false when the bytes are used up (a torn
 * frame is kept) or the session is closing. Policy may call any function of
 * this header between two calls.                                             */
bool session_next(struct session *s, struct session_event *ev);
/* The stream's consumer took len bytes of its DATA (a socket accepted them):
 * only this grants credit to the peer. After a release or RESET: harmless to
 * leave out.                                                                 */
void session_consumed(struct session *s, struct stream *st, size_t len, uint64_t now_ns);

/* --- streams ------------------------------------------------------------- */

/* Opens a stream; bytes may be sent at once, within the initial window.
 * Fails: AX_E_LIMIT (the peer's max_streams, or a ring or too many ended streams
 * that it has not acknowledged), AX_E_CLOSED (not up, GOAWAY seen or sent, closing, ids used
 * up), AX_E_NOMEM.                                                           */
AX_CHECKED int session_open(struct session *s, const struct session_open *o,
    void *user, struct stream **out);
/* Answers SESSION_EV_OPEN: the local dial succeeded. */
void session_opened(struct session *s, struct stream *st);
void stream_set_user(struct stream *st, void *user);
void *stream_user(const struct stream *st);
uint32_t stream_id(const struct stream *st);
/* Our half is complete: FIN goes out behind every byte committed. */
void session_fin(struct session *s, struct stream *st);
/* Aborts both halves: RESET goes out behind every byte committed; no event
 * for this stream follows. Harmless after the peer's RESET.                  */
void session_reset(struct session *s, struct stream *st, uint16_t code);
/* The owner's descriptor is closed: the handle ends here. Before both halves
 * have ended this resets first (CANCEL). The slot is free again once the peer
 * agrees too.                                                                */
void session_release(struct session *s, struct stream *st);

/* --- sending ------------------------------------------------------------- */

/* Says whether st's socket has bytes to read (or its end). A stream that is
 * ready and has credit takes part in the round.                              */
void session_ready(struct session *s, struct stream *st, bool ready);
/* Whose turn it is, and how many bytes it may send now (a multiple of what fits
 * frames; at most one burst), or NULL: nobody is ready, no credit, no room in
 * the ring, or the burst is used up until session_sent. Sparse streams come
 * first, then deficit round robin by bytes.                                  */
struct stream *session_sender(struct session *s, size_t *quantum, uint64_t now_ns);
/* Room for up to quantum payload bytes of st, as iov slots that lie behind
 * their future headers, so that one readv fills many frames. Returns how many
 * of the n iov were set; 0 when out of memory. The next call on s must be
 * session_commit.                                                            */
size_t session_reserve(struct session *s, struct stream *st, size_t quantum,
    struct iovec *iov, size_t n);
/* len bytes were read into the reserved slots, in order; 0 gives them back. */
void session_commit(struct session *s, struct stream *st, size_t len);
/* Fills iov with bytes to send, control first; session_sent tells how many
 * really went into records, before the next call of session_pull or
 * session_next. Returns the number of iov set; 0: nothing.                   */
size_t session_pull(struct session *s, struct iovec *iov, size_t n, uint64_t now_ns);
void session_sent(struct session *s, size_t len, uint64_t now_ns);
bool session_wants_send(const struct session *s); /* session_pull would give something */

/* Relay health of services and names, agent to relay. Fails: AX_E_LIMIT (more
 * than 256), AX_E_NOMEM. Copied.                                             */
AX_CHECKED int session_services(
    struct session *s, const struct session_service *list, size_t n);

/* --- time ---------------------------------------------------------------- */

/* When session_tick must be called next; AX_NEVER: not needed. */
uint64_t session_deadline(const struct session *s);
/* Pings, ACKs that are due, death of the peer (then session_is_closing). */
void session_tick(struct session *s, uint64_t now_ns);
/* A sign of trouble on the path: ping now instead of at the next interval. */
void session_probe(struct session *s, uint64_t now_ns);

/* --- looking in ---------------------------------------------------------- */

struct session_stats {
	uint64_t rtt_us, rtt_min_us;	/* smoothed; 0 until the first PONG */
	uint64_t sent, received;	/* sequenced bytes */
	uint64_t data_sent, data_received; /* payload */
	uint32_t streams;		/* slots in use, both directions */
	uint64_t streams_total;
	size_t ring_bytes;		/* replay ring memory now */
	uint64_t credit_out; /* receive credit <= budget + streams * window_init */
	uint64_t integrity_errors;	/* FIN offsets that did not match */
	uint32_t peer_max_streams, resumed; /* resumed: how often */
};

void session_stats(const struct session *s, struct session_stats *out);
/* Whole frames that came so far, of any kind: each is work, however small. */
uint64_t session_frames(const struct session *s);
bool session_is_up(const struct session *s);
void session_check(const struct session *s); /* asserts every invariant */

#endif

/* streams.h — all streams of a session: ids, limits, lookup.
 * Thread: owner.                                                             */
#ifndef ATLAX_PROTO_STREAMS_H
#define ATLAX_PROTO_STREAMS_H

#include "base/idmap.h"
#include "proto/sendq.h"

/* Ended streams that are remembered for want of an ACK, beyond as many as may be
 * open. Nobody who acknowledges as he should reaches it: in a round trip no more
 * streams end than may be open, and after 128 KiB, at 28 for the shortest last
 * word, an ACK is due.                                                       */
#define STREAMS_LINGER 8192
#define STREAMS_ID_MAX 0x7fffffffu

struct streams {
	struct alloc *alloc;
	struct idmap map;
	struct list control;  /* streams with a message to write */
	struct list linger;   /* ended, until the peer has acknowledged it */
	uint32_t next_id;     /* of our own */
	uint32_t last_peer_id; /* the highest that the peer opened; 0: none */
	uint32_t own, peers;  /* slots taken, by opener */
	uint32_t lingering;   /* on that list */
	uint32_t held;	      /* the peer's streams whose handle is in use */
	uint32_t own_max, peers_max;
	uint64_t total;	      /* ever opened */
};

/* parity: 1 for the relay, 0 for the agent. */
void streams_init(struct streams *m, struct alloc *a, uint64_t key,
    unsigned parity, uint32_t peers_max);
void streams_fini(struct streams *m);

struct stream *streams_find(const struct streams *m, uint32_t id);
/* One of our own. Fails: AX_E_LIMIT (as many as the peer takes, or too many that
 * it does not acknowledge), AX_E_CLOSED (ids used up), AX_E_NOMEM.           */
AX_CHECKED int streams_open(
    struct streams *m, uint8_t prio, struct stream **out);
/* May the peer open id? AX_WIRE_NO_ERROR, STREAM_ID, STREAM_LIMIT, RESOURCE (too
 * many that it does not acknowledge).                                        */
uint16_t streams_judge(const struct streams *m, uint32_t id);
/* It does. Fails: AX_E_NOMEM. */
AX_CHECKED int streams_accept(
    struct streams *m, uint32_t id, uint8_t prio, struct stream **out);
/* Unused after all: nobody has seen it. */
void streams_undo(struct streams *m, struct stream *st);

/* The handle of st ends here: see stream_release. */
void streams_release(
    struct streams *m, struct stream *st, struct credit_pool *p);
/* Puts st on the list of those with control to write, if it has any. */
void streams_note_control(struct streams *m, struct stream *st);
struct stream *streams_next_control(struct streams *m);
/* Frees st's slot and st itself if its state allows. end: where our sequence
 * ends now; acked: how far the peer has acknowledged it. st may be gone then. */
void streams_settle(
    struct streams *m, struct stream *st, uint64_t end, uint64_t acked);
/* Frees the lingering streams that the peer cannot mention any more. */
void streams_acked(struct streams *m, uint64_t acked);
/* Puts one that another process had, as it was there; those that linger come in
 * their order. Fails: AX_E_NOMEM, AX_E_SYNTAX: it cannot be, or there is no memory
 * for its credit; then the table is only good to be freed.                   */
AX_CHECKED int streams_thaw(
    struct streams *m, const struct stream *as, struct credit_pool *p);
void streams_check(const struct streams *m, const struct credit_pool *p);

#endif

/* replay.h — the ring of sent frames that the peer has not acknowledged, which
 * is the transmit buffer at the same time: data are read into it behind their
 * future headers, sent from it, and stay until the peer's ACK covers them. It forgets,
 * where no other connection can follow: what is sent counts until then, and is gone.
 *
 * Positions are offsets in the sequence of everything ever committed:
 *	acked <= sent <= end,  end - acked <= max
 * Memory comes in segments of 64 KiB, each four full frames; a frame never
 * straddles two. A segment goes as soon as all of it is acknowledged.
 * Thread: owner.                                                             */
#ifndef ATLAX_PROTO_REPLAY_H
#define ATLAX_PROTO_REPLAY_H

#include <sys/uio.h>

#include "base/alloc.h"
#include "base/frost.h"

#define REPLAY_SEGMENT (64u << 10)
#define REPLAY_SEGMENT_SMALL (8u << 10) /* for an otherwise empty ring */
#define REPLAY_LIMIT_FIRST (512u << 10)
#define REPLAY_SPARES 20
#define REPLAY_RTT_MIN_NS (250 * AX_NS_PER_US) /* turns of two processes */
/* Below this much room a data frame is not worth its header. */
#define REPLAY_ROOM_MIN 4096u
#define REPLAY_SPARE_NS AX_NS_PER_S /* how long an idle ring keeps them */

struct segment;

struct replay {
	struct alloc *alloc;
	struct segment *head, *tail; /* tail: the one being filled */
	struct segment *sending;     /* where sent is; NULL: find it from head */
	bool forgets;		     /* set before anything is in it */
	struct segment *spare;	     /* at most REPLAY_SPARES large ones */
	struct segment *small;	     /* spare, one at most */
	unsigned n_spare;
	unsigned frame_max;	/* payload the peer accepts */
	uint64_t acked, sent, end;
	uint64_t barrier;	/* end of the last control frame written */
	uint32_t frame_left;	/* bytes of the frame that sent is inside of */
	size_t limit;		/* data may fill this much; grows */
	size_t max;		/* control may fill this much */
	size_t mem;		/* bytes of segments, spare ones included */
	uint64_t blocked_ns;	/* when data found no room, or AX_NEVER */
	uint64_t blocked_mark;	/* half of the ring is acknowledged here */
	uint64_t trim_ns;	/* when the spares of an idle ring go, or AX_NEVER */
	size_t reserved;	/* payload asked for by replay_reserve */
	size_t reserved_slots;
};

void replay_init(struct replay *r, struct alloc *a, size_t max);
void replay_fini(struct replay *r);

/* --- control frames, written whole ---------------------------------------- */

/* Is there room for a control frame of n bytes? Data never take all of it. */
bool replay_has_room(const struct replay *r, size_t n);
/* Appends n <= 16384 bytes and returns where they go; the caller writes them
 * before anything else. NULL: out of memory. There must be room.             */
AX_CHECKED uint8_t *replay_append(struct replay *r, size_t n);

/* --- data frames ---------------------------------------------------------- */

/* Payload that fits now, or 0. */
size_t replay_room(const struct replay *r);
/* Notes that data are waiting for room: the ring may have to grow. */
void replay_blocked(struct replay *r, uint64_t now_ns);
/* Lays out slots for up to quantum bytes of payload, each behind the place of
 * its header; returns how many of the n iov were set (0: out of memory).     */
size_t replay_reserve(
    struct replay *r, size_t quantum, struct iovec *iov, size_t n);
/* The first len bytes of the slots are data of stream id; the rest is given
 * back.                                                                      */
void replay_commit(struct replay *r, uint32_t id, size_t len, uint64_t now_ns);

/* --- sending and acknowledging -------------------------------------------- */

/* What counts: not sent, or not acknowledged. */
static inline size_t
replay_used(const struct replay *r)
{
	return (size_t)(r->end - r->acked);
}

static inline size_t
replay_unsent(const struct replay *r)
{
	return (size_t)(r->end - r->sent);
}

/* Where the frame that has been sent in part ends; sent, if there is none. */
static inline uint64_t
replay_boundary(const struct replay *r)
{
	return r->sent + r->frame_left;
}

/* Lends the bytes from position from (>= sent) up to position to. */
size_t replay_peek(const struct replay *r, uint64_t from, uint64_t to,
    struct iovec *iov, size_t n);
void replay_sent(struct replay *r, size_t len);
/* The peer has everything before seq. False: it cannot have, or it says less
 * than before. rtt_ns: the shortest, 0 if unknown.                           */
bool replay_ack(
    struct replay *r, uint64_t seq, uint64_t now_ns, uint64_t rtt_ns);

/* The connection is lost: no frame is under way, spare memory goes back. Nothing
 * is sent until replay_rewind.                                               */
void replay_rest(struct replay *r);
/* On another connection: the peer has everything before seq, and what is behind
 * it is sent again. False, and nothing has changed: seq is not between acked
 * and sent, or no frame begins there.                                        */
bool replay_rewind(struct replay *r, uint64_t seq, uint64_t now_ns);

/* --- from one process to the next, at rest --------------------------------- */

/* Is what is kept whole frames? Not if the peer has acknowledged half of one. */
bool replay_is_whole(const struct replay *r);
/* Writes what is kept; or reads it, in place of nothing: f is bad then if it is not
 * whole frames, or memory is at an end.                                      */
void replay_frost(struct replay *r, struct frost *f);

/* Gives spare memory back once the ring has been empty until trim_ns. */
void replay_trim(struct replay *r, uint64_t now_ns);
void replay_check(const struct replay *r);

#endif

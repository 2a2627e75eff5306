/* stream.h — the life of one stream, seen from one end. Each direction ends by
 * FIN or RESET; the stream has ended when both have, and its id may be
 * forgotten when the peer cannot mention it any more.
 * Thread: owner.                                                             */
#ifndef ATLAX_PROTO_STREAM_H
#define ATLAX_PROTO_STREAM_H

#include "base/list.h"
#include "proto/control.h"
#include "proto/credit.h"

enum stream_bit {
	STREAM_OWN = 1 << 0,	  /* we opened it */
	STREAM_READY = 1 << 1,	  /* its socket has something */
	STREAM_OPENED = 1 << 2,	  /* OPENED was sent or received */
	STREAM_TX_FIN = 1 << 3,	  /* our FIN is decided */
	STREAM_TX_RESET = 1 << 4, /* our RESET is decided */
	STREAM_TX_DONE = 1 << 5,  /* one of them is in the ring */
	STREAM_RX_FIN = 1 << 6,
	STREAM_RX_RESET = 1 << 7,
	STREAM_RELEASED = 1 << 8, /* the handle is no longer anybody's */
	STREAM_SLOT = 1 << 9,	  /* counts against the limit of its opener */
	STREAM_WANT_OPENED = 1 << 10, /* control waiting to be written */
	STREAM_WANT_CREDIT = 1 << 11,
	STREAM_WANT_FIN = 1 << 12,
	STREAM_WANT_RESET = 1 << 13,
};

#define STREAM_BITS ((STREAM_WANT_RESET << 1) - 1) /* all of them */
#define STREAM_WANTS \
	(STREAM_WANT_OPENED | STREAM_WANT_CREDIT | STREAM_WANT_FIN | \
	    STREAM_WANT_RESET)

/* A member of a round of the scheduler; see sendq.h. */
struct sendq_entry {
	struct list link;
	int32_t deficit;   /* bytes it may still send in this round */
	uint32_t refilled; /* sendq.turns when a sparse one got its quantum */
	uint8_t prio;
	bool runnable;
	bool sparse;	   /* on that list, else on bulk or on none */
	bool heavy;	   /* has used up its first quantum */
};

struct stream {
	struct list control_entry; /* has WANT bits; else: lingering */
	struct sendq_entry q;
	void *user;
	struct credit_tx tx;
	struct credit_rx rx;
	uint64_t linger_seq; /* forget when the peer has acknowledged this; 0: it
			      * does not linger */
	uint32_t id;
	uint16_t reset_code;
	uint16_t bits; /* enum stream_bit */
};

static inline bool
stream_has(const struct stream *st, unsigned bits)
{
	return (st->bits & bits) != 0;
}

/* Nobody wants to hear of it any more. */
static inline bool
stream_is_mute(const struct stream *st)
{
	return stream_has(st, STREAM_TX_RESET | STREAM_RELEASED);
}

/* May data be sent? */
static inline bool
stream_may_send(const struct stream *st)
{
	return !stream_has(
	    st, STREAM_TX_FIN | STREAM_TX_RESET | STREAM_RX_RESET);
}

/* Has the peer said its last word? */
static inline bool
stream_rx_ended(const struct stream *st)
{
	return stream_has(st, STREAM_RX_FIN | STREAM_RX_RESET);
}

static inline bool
stream_has_ended(const struct stream *st)
{
	return stream_has(st, STREAM_TX_DONE) && stream_rx_ended(st);
}

/* --- the peer did something ------------------------------------------------
 * All return AX_WIRE_NO_ERROR or the code to close the session with.         */

uint16_t stream_rx_data(struct stream *st, size_t n);
uint16_t stream_rx_opened(struct stream *st, uint64_t limit);
uint16_t stream_rx_credit(struct stream *st, uint64_t limit);
/* *matches: offset is what came; if not, the stream resets itself. */
uint16_t stream_rx_fin(struct stream *st, struct credit_pool *p,
    uint64_t offset, bool *matches);
uint16_t stream_rx_reset(struct stream *st, struct credit_pool *p);

/* --- we do ----------------------------------------------------------------- */

void stream_tx_opened(struct stream *st);
void stream_tx_fin(struct stream *st);
void stream_tx_reset(struct stream *st, struct credit_pool *p, uint16_t code);
/* The handle is gone: whatever has not ended is reset, or the peer's RESET is
 * answered.                                                                  */
void stream_release(struct stream *st, struct credit_pool *p);
/* Takes the next message that waits, in the order it must be sent. False: none
 * is left. The caller writes it for sure.                                    */
bool stream_take_control(
    struct stream *st, struct credit_pool *p, struct control *c);
/* May its bits and offsets be so, whoever says it? */
bool stream_is_sound(const struct stream *st);
void stream_check(const struct stream *st, const struct credit_pool *p);

#endif

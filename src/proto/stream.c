/* stream.c — what may follow what on a stream.
 *
 * Thread: owner. Pure.
 * Invariant: after TX_DONE nothing but RESET behind a FIN is written, and that
 * only while the peer has not ended its half; after RX_RESET nothing is
 * accepted, after RX_FIN only CREDIT and RESET, which may have crossed our own
 * last word. Credit is held only by a stream whose owner may still consume.  */
#include "proto/stream.h"

#include "base/assert.h"

/* --- the peer did something ----------------------------------------------- */

uint16_t
stream_rx_data(struct stream *st, size_t n)
{
	if (stream_rx_ended(st))
		return AX_WIRE_STREAM_ID;
	if (!credit_rx_receive(&st->rx, n))
		return AX_WIRE_FLOW_CONTROL;
	return AX_WIRE_NO_ERROR;
}

uint16_t
stream_rx_opened(struct stream *st, uint64_t limit)
{
	if (stream_rx_ended(st))
		return AX_WIRE_STREAM_ID;
	if (!stream_has(st, STREAM_OWN) || stream_has(st, STREAM_OPENED))
		return AX_WIRE_PROTOCOL;
	if (!credit_tx_grant(&st->tx, limit, true))
		return AX_WIRE_FLOW_CONTROL;
	st->bits |= STREAM_OPENED;
	return AX_WIRE_NO_ERROR;
}

uint16_t
stream_rx_credit(struct stream *st, uint64_t limit)
{
	if (stream_has(st, STREAM_RX_RESET))
		return AX_WIRE_STREAM_ID;
	if (!credit_tx_grant(&st->tx, limit, false))
		return AX_WIRE_FLOW_CONTROL;
	return AX_WIRE_NO_ERROR;
}

static void
drop_wants(struct stream *st, unsigned bits)
{
	st->bits = (uint16_t)(st->bits & ~bits);
}

uint16_t
stream_rx_fin(struct stream *st, struct credit_pool *p, uint64_t offset,
    bool *matches)
{
	if (stream_rx_ended(st))
		return AX_WIRE_STREAM_ID;
	*matches = offset == st->rx.received;
	st->bits |= STREAM_RX_FIN;
	credit_rx_finish(&st->rx, p);
	drop_wants(st, STREAM_WANT_CREDIT);
	/* Both halves have ended: a RESET behind our FIN comes too late. */
	if (stream_has(st, STREAM_TX_DONE))
		drop_wants(st, STREAM_WANT_RESET);
	if (!*matches)
		stream_tx_reset(st, p, AX_WIRE_FINAL_OFFSET);
	return AX_WIRE_NO_ERROR;
}

uint16_t
stream_rx_reset(struct stream *st, struct credit_pool *p)
{
	if (stream_has(st, STREAM_RX_RESET))
		return AX_WIRE_STREAM_ID;
	st->bits |= STREAM_RX_RESET;
	credit_rx_close(&st->rx, p);
	/* A RESET that we had decided ourselves stays, it is the answer; so does
	 * the FIN of a handle that is gone: there will be no other.          */
	drop_wants(st, STREAM_WANT_OPENED | STREAM_WANT_CREDIT);
	if (stream_has(st, STREAM_TX_DONE))
		drop_wants(st, STREAM_WANT_RESET);
	else if (stream_has(st, STREAM_WANT_FIN) &&
	    !stream_has(st, STREAM_RELEASED))
		drop_wants(st, STREAM_WANT_FIN | STREAM_TX_FIN);
	return AX_WIRE_NO_ERROR;
}

/* --- we do ----------------------------------------------------------------- */

void
stream_tx_opened(struct stream *st)
{
	ax_assert(!stream_has(st, STREAM_OWN));
	if (stream_has(st, STREAM_OPENED | STREAM_TX_FIN | STREAM_TX_RESET |
			      STREAM_RX_RESET))
		return;
	st->bits |= STREAM_OPENED | STREAM_WANT_OPENED;
}

void
stream_tx_fin(struct stream *st)
{
	if (!stream_may_send(st))
		return;
	st->bits |= STREAM_TX_FIN | STREAM_WANT_FIN;
}

/* Our RESET, whoever is its cause. */
static void
reset(struct stream *st, struct credit_pool *p, uint16_t code)
{
	st->bits |= STREAM_TX_RESET;
	st->reset_code = code;
	credit_rx_close(&st->rx, p);
	drop_wants(st, STREAM_WANTS);
	if (!stream_has_ended(st))
		st->bits |= STREAM_WANT_RESET;
}

void
stream_tx_reset(struct stream *st, struct credit_pool *p, uint16_t code)
{
	/* The peer's RESET is answered at release, not before: until then its
	 * slot stays taken by the work that it caused.                       */
	if (stream_has(st, STREAM_TX_RESET | STREAM_RX_RESET))
		return;
	reset(st, p, code);
}

void
stream_release(struct stream *st, struct credit_pool *p)
{
	if (stream_has(st, STREAM_RX_RESET)) {
		if (!stream_has(st, STREAM_TX_DONE | STREAM_TX_RESET))
			reset(st, p, AX_WIRE_RESET_ACK);
	} else if (!stream_has(st, STREAM_TX_FIN) ||
	    !stream_has(st, STREAM_RX_FIN)) {
		stream_tx_reset(st, p, AX_WIRE_CANCEL);
	}
	credit_rx_close(&st->rx, p);
	st->bits |= STREAM_RELEASED;
	st->user = NULL;
}

static bool
take(struct stream *st, unsigned bit)
{
	bool had = stream_has(st, bit);

	drop_wants(st, bit);
	return had;
}

bool
stream_take_control(
    struct stream *st, struct credit_pool *p, struct control *c)
{
	*c = (struct control){ 0 };
	if (take(st, STREAM_WANT_OPENED)) {
		c->type = AX_CTL_OPENED;
		c->credit.id = st->id;
		c->credit.offset = st->rx.limit;
	} else if (take(st, STREAM_WANT_CREDIT) &&
	    credit_rx_grant(&st->rx, p)) {
		c->type = AX_CTL_CREDIT;
		c->credit.id = st->id;
		c->credit.offset = st->rx.limit;
	} else if (take(st, STREAM_WANT_FIN)) {
		c->type = AX_CTL_FIN;
		c->fin.id = st->id;
		c->fin.offset = st->tx.sent;
		st->bits |= STREAM_TX_DONE;
	} else if (take(st, STREAM_WANT_RESET)) {
		c->type = AX_CTL_RESET;
		c->reset.id = st->id;
		c->reset.code = st->reset_code;
		st->bits |= STREAM_TX_DONE;
	} else {
		return false;
	}
	return true;
}

bool
stream_is_sound(const struct stream *st)
{
	bool done = stream_has(st, STREAM_TX_DONE);

	if (st->id == 0 || st->tx.sent > st->tx.limit)
		return false;
	if (done && !stream_has(st, STREAM_TX_FIN | STREAM_TX_RESET))
		return false;
	if (stream_has(st, STREAM_WANT_FIN) &&
	    (done || stream_has(st, STREAM_TX_RESET)))
		return false;
	if (stream_has(st, STREAM_RELEASED) && !done &&
	    !stream_has(st, STREAM_WANT_FIN | STREAM_WANT_RESET))
		return false;
	if (stream_has(st, STREAM_WANT_RESET) &&
	    (!stream_has(st, STREAM_TX_RESET) || stream_has_ended(st)))
		return false;
	if (stream_has(st, STREAM_WANT_CREDIT) &&
	    (stream_rx_ended(st) || stream_is_mute(st)))
		return false;
	return st->rx.closed ||
	    !(stream_is_mute(st) || stream_has(st, STREAM_RX_RESET));
}

void
stream_check(const struct stream *st, const struct credit_pool *p)
{
	credit_rx_check(&st->rx, p);
	ax_assert(stream_is_sound(st));
	if (st->q.runnable)
		ax_assert(stream_may_send(st) && credit_tx_room(&st->tx) > 0);
}

/* micro_proto.c — what one frame costs in the pieces of proto that it goes
 * through: header, deframer, credit, replay ring. One thread. Payload is not
 * touched, for the pieces do not touch it.                                   */
#include <stdlib.h>

#include "base/assert.h"
#include "micro/bench.h"
#include "proto/credit.h"
#include "proto/deframe.h"
#include "proto/replay.h"

#define WIRE_LEN (1u << 20)
#define SMALL 64u
#define STREAM 1u

struct world {
	size_t len;   /* payload of a frame */
	size_t piece; /* that the deframer gets at a time */
	size_t full;  /* bytes of wire that are whole frames */
	uint64_t now_ns;
	struct deframer deframer;
	struct credit_pool pool;
	struct credit_rx rx;
	struct credit_tx tx;
	struct replay ring;
	uint8_t wire[WIRE_LEN];
};

static uint64_t
header(void *context, uint64_t n)
{
	struct world *w = context;
	uint64_t sum = 0, i;

	for (i = 0; i < n; i++) {
		uint8_t *at = w->wire + i % 1024 * AX_HEADER_LEN;

		wire_head_put(at, (uint32_t)i | 1, (uint32_t)w->len);
		sum += wire_check_head(wire_head_get(at), AX_FRAME_MAX) +
		    wire_head_get(at).id;
	}
	return sum;
}

static void
fill_wire(struct world *w)
{
	size_t frame = AX_HEADER_LEN + w->len;

	for (w->full = 0; w->full + frame <= WIRE_LEN; w->full += frame)
		wire_head_put(w->wire + w->full, STREAM, (uint32_t)w->len);
}

static uint64_t
deframe(void *context, uint64_t n)
{
	struct world *w = context;
	uint64_t frames = 0;
	struct frame f;
	uint16_t code;
	size_t at = 0;

	while (frames < n) {
		size_t take = MIN(w->piece, w->full - at);

		deframer_feed(&w->deframer, slice_of(w->wire + at, take));
		while (deframer_next(&w->deframer, &f, &code))
			frames++;
		ax_assert(code == AX_WIRE_NO_ERROR);
		at = at + take == w->full ? 0 : at + take;
	}
	deframer_drop(&w->deframer);
	return frames;
}

/* Both ends of one stream: a frame comes, is consumed, and the grant that may
 * follow reaches the sender.                                                 */
static uint64_t
credit(void *context, uint64_t n)
{
	struct world *w = context;
	uint64_t grants = 0;

	while (n-- > 0) {
		w->now_ns += 10 * AX_NS_PER_US;
		ax_assert(credit_tx_room(&w->tx) >= w->len);
		credit_tx_use(&w->tx, w->len);
		ax_assert(credit_rx_receive(&w->rx, w->len));
		if (credit_rx_consume(&w->rx, &w->pool, w->len, w->now_ns,
			AX_NS_PER_MS) &&
		    credit_rx_grant(&w->rx, &w->pool))
			grants += credit_tx_grant(&w->tx, w->rx.limit, false);
	}
	return grants;
}

static uint64_t
ring(void *context, uint64_t n)
{
	struct world *w = context;
	struct replay *r = &w->ring;
	struct iovec iov[4];
	uint64_t sum = 0, i;

	for (i = 0; i < n; i++) {
		w->now_ns += 10 * AX_NS_PER_US;
		sum += replay_reserve(r, w->len, iov, 4);
		replay_commit(r, STREAM, w->len, w->now_ns);
		sum += replay_peek(r, r->sent, r->end, iov, 4);
		replay_sent(r, replay_unsent(r));
		/* Acknowledged as acks.h does it: not every frame. */
		if (replay_used(r) >= (128u << 10))
			ax_assert(replay_ack(
			    r, r->sent, w->now_ns, AX_NS_PER_MS));
	}
	return sum;
}

static void
world_init(struct world *w)
{
	deframer_init(&w->deframer, alloc_libc(), AX_FRAME_MAX);
	credit_pool_init(&w->pool, alloc_libc(), 8u << 20, 16u << 10,
	    AX_CREDIT_AHEAD_MAX);
	ax_assert(credit_rx_start(&w->rx, &w->pool, 0));
	w->tx.limit = w->rx.limit;
	replay_init(&w->ring, alloc_libc(), 4u << 20);
}

int
main(void)
{
	static const struct {
		struct bench b;
		size_t len, piece; /* piece 0: all at once */
	} rows[] = {
		{ { "header/put+get", header, 0, NULL }, SMALL, 0 },
		{ { "deframe/64", deframe, SMALL, NULL }, SMALL, 0 },
		{ { "deframe/16376", deframe, AX_FRAME_MAX, NULL },
		    AX_FRAME_MAX, 0 },
		{ { "deframe/16376/torn", deframe, AX_FRAME_MAX, NULL },
		    AX_FRAME_MAX, 16000 },
		{ { "credit/64", credit, SMALL, NULL }, SMALL, 0 },
		{ { "credit/16376", credit, AX_FRAME_MAX, NULL },
		    AX_FRAME_MAX, 0 },
		{ { "replay/64", ring, SMALL, NULL }, SMALL, 0 },
		{ { "replay/16376", ring, AX_FRAME_MAX, NULL }, AX_FRAME_MAX,
		    0 },
	};
	struct world *w = calloc(1, sizeof(*w));
	size_t i;

	ax_assert(w != NULL);
	world_init(w);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		w->len = rows[i].len;
		w->piece = rows[i].piece > 0 ? rows[i].piece : SIZE_MAX;
		fill_wire(w);
		bench_print(&rows[i].b, w);
	}
	credit_rx_close(&w->rx, &w->pool);
	credit_pool_fini(&w->pool);
	replay_fini(&w->ring);
	deframer_fini(&w->deframer);
	free(w);
	return 0;
}

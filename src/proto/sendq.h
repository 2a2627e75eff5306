/* sendq.h — which stream's data go next. Streams that say little go first, for
 * one small quantum in a round; whoever wants more waits in a deficit round
 * robin, by bytes and weight (after fq_codel). Control is not here: it is
 * written before anybody is asked.
 * Thread: owner.                                                             */
#ifndef ATLAX_PROTO_SENDQ_H
#define ATLAX_PROTO_SENDQ_H

#include "atlax/wire.h"
#include "proto/stream.h"

#define SENDQ_SPARSE 4096	    /* the first quantum, once a round */
#define SENDQ_QUANTUM AX_FRAME_MAX  /* of a round, times the weight */
#define SENDQ_ALONE (16 * AX_FRAME_MAX) /* nobody else to be fair to; the largest */

struct sendq {
	struct list sparse, bulk;
	size_t runnable; /* streams that could send */
	uint32_t turns;	 /* taken on bulk so far; wraps */
};

void sendq_init(struct sendq *q);
void sendq_entry_init(struct sendq_entry *e, uint8_t prio);
/* Tells whether st could send now; harmless to repeat. */
void sendq_set(struct sendq *q, struct stream *st, bool runnable);
/* The stream whose turn it is, and how much it may send; NULL: nobody. share: what
 * a turn may be where that takes no time; between SENDQ_QUANTUM and SENDQ_ALONE. */
struct stream *sendq_pick(struct sendq *q, size_t share, size_t *quantum);
/* It used n bytes of its turn. */
void sendq_charge(struct sendq_entry *e, size_t n);
void sendq_remove(struct sendq *q, struct stream *st);
void sendq_check(const struct sendq *q);

#endif

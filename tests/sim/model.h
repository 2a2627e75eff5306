/* model.h — the streams of a run as their applications see them, and the oracle
 * over them: which bytes must arrive, in which order, and how a stream may end.
 * Knows nothing of sessions. Thread: owner.
 * Units: bytes, ns of the simulated clock.                                   */
#ifndef ATLAX_TESTS_SIM_MODEL_H
#define ATLAX_TESTS_SIM_MODEL_H

#include "base/list.h"
#include "base/rng.h"
#include "base/slice.h"
#include "report.h"

struct stream;

enum reader_habit {
	READER_FAST,  /* takes everything inside the event */
	READER_LATE,  /* takes everything a little later, in pieces */
	READER_SLOW,  /* takes read_rate bytes a second */
	READER_PAUSE, /* stops at pause_at for pause_ns, then as READER_LATE */
	READER_NEVER, /* takes nothing until the run lets it */
};

enum ending {
	END_FIN,     /* FIN behind the last byte */
	END_RESET,   /* RESET after end_at bytes sent or seen */
	END_RELEASE, /* the application goes away after as many */
};

/* What one application does with its end of a stream. */
struct plan {
	uint64_t total;		 /* bytes it sends */
	uint64_t burst;		 /* produces up to so many at once; 0: all */
	uint64_t gap_ns;	 /* up to so long between bursts */
	bool after_fin;		 /* answers only when the other side has ended */
	bool echo;		 /* sends as many bytes as it has seen */
	bool manual;		 /* somebody else moves produced */
	bool timed;		 /* measures from production to sight */
	enum ending ending;
	uint64_t end_at;
	uint16_t code;
	enum reader_habit reader;
	uint64_t read_rate, pause_at, pause_ns;
	bool refuses;		 /* the dial fails with code */
	uint64_t dial_ns, linger_ns; /* to dial; from the end to the release */
};

#define SOCKET_STAMPS 64

struct flow;

/* One end of a stream. Invariant: consumed <= seen <= the other's committed
 * <= the other's produced <= its plan's total.                               */
struct socket {
	struct list link; /* among the endpoint's live ones */
	struct flow *flow;
	int side;	  /* 0 relay, 1 agent */
	struct plan plan;
	struct stream *st; /* NULL before it opens and after its release */
	bool was_open, dialled, confirmed; /* confirmed: the opener saw OPENED */
	bool fin_sent, fin_seen, reset_sent, reset_seen, released;
	bool readable; /* what session_ready was told last */
	uint16_t reset_code;
	uint64_t produced, committed, seen, consumed;
	uint64_t sampled; /* seen when the run took its sample */
	uint64_t produce_ns, read_ns, dial_ns, release_ns; /* when next */
	struct { uint64_t offset, at_ns; } stamp[SOCKET_STAMPS];
	unsigned stamp_head, stamp_tail;
};

struct flow {
	unsigned index;
	uint64_t key;	 /* of the pattern */
	int opener;
	uint8_t prio;
	uint64_t open_ns;
	bool failed;	 /* could not be opened: a GOAWAY was faster */
	struct socket end[2];
};

/* Latencies, one for each timed burst. */
/* The worst and the one before it: of a hundred, that is the 99th percentile. */
struct latencies {
	uint64_t max_ns, second_ns, sum_ns, count;
};

struct model {
	struct report *report; /* borrowed */
	struct flow *flows;
	unsigned n_flows;
	struct latencies latency; /* of timed bursts, or of their echo */
	uint64_t progress_ns;	  /* when something last moved */
	uint64_t quiet_ns;	  /* the longest planned pause */
};

/* Allocates the flows, zeroed; the caller fills in plans and open_ns. */
void model_init(struct model *m, struct report *r, unsigned n_flows);
void model_fini(struct model *m);
static inline struct socket *
socket_other(struct socket *k)
{
	return &k->flow->end[!k->side];
}

/* The bytes that side sends on the flow, from offset on. */
void pattern_fill(const struct flow *f, int side, uint64_t offset, void *out,
    size_t n);

/* The application's clock: produces, and tells how much may be sent now. */
void socket_produce(struct model *m, struct socket *k, struct rng *rng);
/* How much the application would take now of what has been seen; moves its next
 * time to read. The caller reports it consumed.                              */
uint64_t socket_drain(struct model *m, struct socket *k, struct rng *rng);
/* True when everything was sent that will be. */
bool socket_is_complete(const struct socket *k);
/* True when the plan says to break off now. */
bool socket_breaks_off(const struct socket *k);
/* True when both halves have ended, or one side has broken off. */
bool socket_is_over(const struct socket *k);
/* True when it is never released before the run lets its reader read. */
bool flow_is_stalled(const struct flow *f);
bool flow_is_done(const struct flow *f);
/* Lets stalled readers read, those of streams not yet open as well. */
void model_unstall(struct model *m);
/* When the socket's application wants to act next. */
uint64_t socket_next_ns(const struct socket *k);

/* What arrived, checked against what was sent. */
void socket_saw_data(struct model *m, struct socket *k, struct slice data);
void socket_saw_fin(struct model *m, struct socket *k);
void socket_saw_reset(struct model *m, struct socket *k, uint16_t code);
/* At the end of a run: nothing was lost. */
void flow_check(const struct model *m, const struct flow *f);

#endif

/* flows.h — bulk streams: every flow is one connection on which the pattern
 * runs in one direction. Thread: owner.                                      */
#ifndef ATLAX_BENCH_FLOWS_H
#define ATLAX_BENCH_FLOWS_H

#include "load/request.h"
#include "load/run.h"

enum flow_kind {
	FLOW_UP,     /* counted by the service, told in its receipt */
	FLOW_DOWN,   /* counted here */
	FLOW_FROZEN, /* asks for endless bytes and never reads one */
};

struct flow {
	struct handler h;
	struct flows *all;
	uint32_t stream;
	uint64_t done; /* payload sent or received */
	uint8_t head[REQUEST_LEN];
	size_t head_n; /* bytes of it sent */
	bool ended;    /* PATTERN_END is sent */
	uint8_t receipt[RECEIPT_LEN];
	size_t receipt_n;
};

struct flows {
	struct run *run; /* borrowed, as is to */
	const struct net_addr *to;
	enum flow_kind kind;
	size_t n, open;
	uint64_t bytes; /* of every flow; 0: until flows_end or flows_close */
	uint64_t done;	/* arrived, over all flows */
	uint64_t errors, bad;
	bool ending; /* upward flows: no more payload */
	struct flow *v;
};

/* Connects n flows, which move as soon as the poller turns. stream_base keeps
 * their patterns apart from those of other flows. Owns what flows_close frees,
 * also after a failure. Fails: AX_E_NOMEM, AX_E_SYS.                         */
struct flows_args {
	struct run *run;
	const struct net_addr *to; /* NULL: where run's clients connect */
	enum flow_kind kind;
	size_t n;
	uint64_t bytes;
	uint32_t stream_base;
};
AX_CHECKED int flows_open(
    struct flows *f, const struct flows_args *a, struct err *e);
/* Upward flows send their end marker next, and are done with the receipt. */
void flows_end(struct flows *f);
/* Bytes that have arrived and were not read. */
uint64_t flows_queued(const struct flows *f);
void flows_close(struct flows *f);

#endif

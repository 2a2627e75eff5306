/* run.h — what every mode works with. Thread: the main one; there is no other.*/
#ifndef ATLAX_BENCH_RUN_H
#define ATLAX_BENCH_RUN_H

#include "load/args.h"
#include "load/net.h"
#include "load/pattern.h"
#include "load/poller.h"

/* One read takes this much: what a fast application would do. */
#define SCRATCH_LEN (256u << 10)

struct run {
	struct args args;
	struct net_addr to; /* where clients connect */
	struct poller poller;
	struct pattern pattern;
	uint8_t scratch[SCRATCH_LEN]; /* valid during one callback */
};

/* The modes. Each prints its result. Fails: any code, with a sentence in e;
 * AX_E_PEER when bytes came back wrong.                                      */
AX_CHECKED int mode_serve(struct run *run, struct err *e);
AX_CHECKED int mode_bulk(struct run *run, struct err *e);
AX_CHECKED int mode_echo(struct run *run, struct err *e);
AX_CHECKED int mode_churn(struct run *run, struct err *e);
AX_CHECKED int mode_http(struct run *run, struct err *e);
AX_CHECKED int mode_mixed(struct run *run, struct err *e);
AX_CHECKED int mode_stall(struct run *run, struct err *e);
AX_CHECKED int mode_share(struct run *run, struct err *e);
AX_CHECKED int mode_idle(struct run *run, struct err *e);
AX_CHECKED int mode_wait(struct run *run, struct err *e);
AX_CHECKED int mode_ports(struct run *run, struct err *e);
AX_CHECKED int mode_report(struct run *run, struct err *e);

#endif

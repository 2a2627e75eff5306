/* crowd.h — many agents in one thread: each dials, shakes hands, comes up and,
 * when it fails, tries again after the back-off of a real one. They are made of
 * what the agent is made of (src/link, src/agent), for only that speaks the
 * protocol; what is measured is the relay on the other side. They lend one
 * service, "bench", or none. Thread: the only one.                           */
#ifndef ATLAX_BENCH_CROWD_H
#define ATLAX_BENCH_CROWD_H

#include "agent/backoff.h"
#include "agent/dialer.h"
#include "link/link.h"
#include "load/hist.h"
#include "load/net.h"

struct crowd;

struct member {
	struct crowd *crowd;
	struct tls_ctx *tls;
	struct dialer dialer;
	struct link *link; /* NULL: dialling or waiting */
	struct backoff backoff;
	struct wheel_timer retry;
	uint64_t since_ns; /* it wants to be up */
	uint32_t retry_ms; /* that a refusing relay asked for */
	bool up;
};

struct crowd {
	struct loop *loop;
	struct share share; /* the only one: nobody competes */
	struct resolver *resolver;
	struct link_scratch *scratch;
	char *relay; /* "host:port" */
	bool lends;
	struct net_addr service; /* if it lends one */
	struct member *v;
	size_t n, up;
	bool leaving;	   /* whoever comes up goes, and comes again */
	uint64_t arrivals; /* HELLO_OK came */
	uint64_t failures; /* tries that did not come so far */
	uint64_t lost;	   /* was up, and was not told to go */
	uint64_t lost_ms;  /* when the last one was; wall clock */
	struct err why;	   /* of the last failure or loss */
	struct hist latency; /* ns from since_ns to HELLO_OK, retries included */
};

struct crowd_args {
	const char *relay; /* "host:port"; borrowed */
	const char *service; /* numeric address; NULL: none */
	const char *pki;   /* directory of the CA */
	size_t n;
	bool tenants; /* member i is ti/agent instead of crowd/ai */
};

/* Nobody dials yet. Owns what crowd_close frees, also after a failure.
 * Fails: AX_E_NOMEM, AX_E_SYS, AX_E_TLS, and what reading a CA can give.     */
AX_CHECKED int crowd_open(
    struct crowd *c, const struct crowd_args *a, struct err *e);
/* Member i begins to dial; it has wanted to since since_ns. */
void crowd_send(struct crowd *c, size_t i, uint64_t since_ns);
/* Every connection ends without a word, at once. */
void crowd_cut(struct crowd *c);
/* Counters and latencies begin anew. */
void crowd_reset(struct crowd *c);
void crowd_close(struct crowd *c);

#endif

/* endpoint.h — one end of the tunnel in the simulator: a session, its model
 * sockets and the pump between them and two pipes. What src/link and the relay
 * or agent above it do with sockets, done with virtual ones and with every
 * freedom the contract of session.h leaves. Thread: owner.                   */
#ifndef ATLAX_TESTS_SIM_ENDPOINT_H
#define ATLAX_TESTS_SIM_ENDPOINT_H

#include "base/err.h"
#include "proto/session.h"
#include "memory.h"
#include "model.h"
#include "pipe.h"

/* How the pump behaves. */
struct pump {
	size_t record_max;	/* bytes taken from session_pull at once */
	unsigned torn_percent;	/* pulls of which only a part is taken */
	unsigned short_percent;	/* reads that give less than there is */
	unsigned spurious_percent; /* sockets that wake up with nothing */
	unsigned check_every;	/* session_check after so many verbs */
};

struct endpoint {
	int side; /* 0 relay, 1 agent */
	struct session_args args;
	struct pump pump;
	struct report *report; /* borrowed, as all down to out */
	struct model *model;
	struct pipe *in, *out;	/* of the connection in use; NULL: none */
	struct rng rng;
	struct memory memory;
	struct session *s;
	struct list live;	/* sockets that hold a stream */
	unsigned next_flow;	/* to look at for opening */
	unsigned n_live;	/* how many */
	unsigned accepted;	/* of them, how many the peer opened */
	unsigned checks, starved;
	uint64_t retry_ns;	/* an open or a reserve that failed */
	uint64_t fill_ns;	/* no reserve before this */
	bool reject;		/* relay: answers HELLO with HELLO_ERR */
	struct path *path;	/* that connection; reconnect.h */
	uint64_t key[2];	/* the newest, and the one before it; reconnect.c */
	bool up, refused, goaway_sent, goaway_seen, close_seen;
	uint16_t close_code;
	char close_text[AX_REASON_MAX + 1];
	uint32_t retry_after_ms;
	struct session_goaway goaway;
	size_t n_services;	/* last list seen */
	struct session_service services[AX_SERVICES_MAX];
	size_t ring_peak;
	uint64_t credit_peak;
};

/* Makes the session; everything borrowed is set already.
 * Fails: as session_new.                                                     */
AX_CHECKED int endpoint_start(struct endpoint *e);
void endpoint_stop(struct endpoint *e); /* frees; checks that nothing leaked */
/* One turn at the present instant. True if anything moved. */
bool endpoint_turn(struct endpoint *e);
/* When it must have a turn again, pipes aside. */
uint64_t endpoint_next_ns(struct endpoint *e);
/* True when nothing more comes from this end: closing and all pulled. */
bool endpoint_is_gone(const struct endpoint *e);
void endpoint_goaway(struct endpoint *e, const struct session_goaway *g);
/* After each verb: the session's own invariants, and the bounds promised. */
void endpoint_check(struct endpoint *e);
/* Events of the session; endpoint_event.c. */
void endpoint_event(struct endpoint *e, const struct session_event *ev);
/* Ends the handle of a socket. */
void endpoint_release(struct endpoint *e, struct socket *k);
/* Resets a stream and says so to the oracle. */
void endpoint_reset(struct endpoint *e, struct socket *k, uint16_t code);

#endif

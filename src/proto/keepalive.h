/* keepalive.h — when to ping, when to give the peer up, and what the answers
 * say about the path. Thread: owner. Times in ns.                            */
#ifndef ATLAX_PROTO_KEEPALIVE_H
#define ATLAX_PROTO_KEEPALIVE_H

#include "base/defs.h"

struct keepalive {
	uint64_t interval_ns, dead_ns;
	uint64_t next_ns;    /* the next ping; AX_NEVER: not started */
	uint64_t asked_ns;   /* when the unanswered ping was due */
	uint64_t heard_ns;   /* anything at all came from the peer */
	uint64_t opaque;     /* of the last ping written: its time */
	uint64_t rtt_ns;     /* smoothed; 0: unknown */
	uint64_t rtt_min_ns; /* 0: unknown */
	bool want_ping;	     /* due, not written yet */
	bool waiting;	     /* for an answer */
	/* The peer's pings. */
	bool want_pong;
	uint64_t pong_opaque;
	uint64_t pinged_ns;  /* when it came */
	bool pinged;
};

void keepalive_init(struct keepalive *k, uint32_t ping_ms, uint32_t dead_ms);
void keepalive_set_interval(struct keepalive *k, uint32_t ping_ms);
/* The session is up: ping at once, to learn the round trip. */
void keepalive_start(struct keepalive *k, uint64_t now_ns);
/* The connection is lost: until keepalive_start nothing is asked or owed. */
void keepalive_stop(struct keepalive *k);
/* Pings now, or when the last ping is a second old. */
void keepalive_probe(struct keepalive *k, uint64_t now_ns);
void keepalive_heard(struct keepalive *k, uint64_t now_ns);
uint64_t keepalive_deadline(const struct keepalive *k);
/* False: the peer is dead. */
bool keepalive_tick(struct keepalive *k, uint64_t now_ns);

/* The ping is being written: its opaque value. */
uint64_t keepalive_ping(struct keepalive *k, uint64_t now_ns);
/* An answer came. False: not to our last ping. */
bool keepalive_ponged(struct keepalive *k, uint64_t opaque, uint32_t hold_us,
    uint64_t now_ns);
/* The peer asks. False: less than a second after its last one. */
bool keepalive_asked(struct keepalive *k, uint64_t opaque, uint64_t now_ns);
/* The answer is being written: how long the question waited, in us. */
uint32_t keepalive_pong(struct keepalive *k, uint64_t now_ns);

#endif

/* world.h — a relay's and an agent's link in one process on one loop, with real
 * TLS and real sessions, and what tests do with sockets at their outer ends.
 * Thread: the only one. A failure inside fails the test.                     */
#ifndef ATLAX_TESTS_UNIT_LINK_WORLD_H
#define ATLAX_TESTS_UNIT_LINK_WORLD_H

#include "io/sock.h"
#include "link/link.h"

#define WORLD_STREAMS 256
#define PATTERN_LEN 65521

/* A splice of a test and how it ended. */
struct tap {
	struct splice splice;
	int closed, opened;
	uint16_t code;
	bool by_peer;
};

/* One end of the tunnel. */
struct end {
	struct world *world;
	struct link *link;
	struct link *fresh; /* a connection that may become link's */
	struct session_claim claim; /* what fresh was told; a test may change it */
	struct task answer;
	int asked;
	const char *refused; /* why fresh did not become link's */
	struct share own, *share; /* share: own, if nobody says otherwise */
	struct alloc_counting alloc;
	struct session_args args;
	uint16_t refuse; /* code for authenticated() to return */
	uint16_t reject; /* relay: code for session_reject */
	bool later;	 /* relay: the test answers HELLO, not hello() */
	int ups, downs, events, aways, resumes, refusals, doubts;
	struct link_down why;
	enum session_event_type last_event;
};

/* A stream: app is the visitor's socket (the relay's splice holds the other
 * end), service is what the agent dialled.                                   */
struct flow {
	struct tap relay, agent;
	int app, service;
	bool hold;   /* open() joins, but does not attach yet */
	int held_fd; /* what it will attach */
};

struct world {
	struct loop *loop;
	struct link_scratch *scratch;
	struct tls_ctx *relay_tls, *agent_tls;
	struct end relay, agent;
	uint32_t handshake_ms, gate_ms;
	struct flow flows[WORLD_STREAMS];
	size_t n_flows, n_opened;
	bool hold_next;
	uint8_t pattern[2 * PATTERN_LEN];
};

/* Contexts and defaults, no links yet. One per test. */
void world_init(struct world *w);
/* Both links over a TCP connection, not yet up. */
void world_connect(struct world *w);
/* The same, the sockets given. */
void world_connect_over(struct world *w, int relay_fd, int agent_fd);
/* world_init, world_connect, and turns until both are up. */
void world_up(struct world *w);
void world_fini(struct world *w);
/* One more tunnel on first's loop, not yet connected; ends with world_leave. */
void world_join(struct world *w, const struct world *first);
void world_leave(struct world *w);
/* One more connection between the same two, for the session that they have. */
void world_reconnect(struct world *w, int relay_fd, int agent_fd);
/* Both links are gone: checks that every splice has ended and all memory is
 * back, and is ready for the next connection.                                */
void world_forget(struct world *w);

/* Turns until *n >= at_least; fails the test when it takes 20 s. */
void world_until(struct world *w, const int *n, int at_least);
/* n turns that do not sleep. */
void world_spin(struct world *w, int n);
/* Opens a stream and turns until the agent has it. */
struct flow *world_flow(struct world *w);
/* Opens it only: bytes may go ahead of the agent's answer. */
struct flow *world_open(struct world *w);
struct flow *world_try_open(struct world *w); /* NULL: the session refuses */
void world_agent_attach(struct flow *f);

/* A connected TCP pair, non-blocking. */
void tcp_pair(int fd[2]);
/* Writes all of p, reading nothing; turns in between. */
void world_write(struct world *w, int fd, const void *p, size_t n);
/* Reads exactly n bytes. */
void world_read(struct world *w, int fd, void *p, size_t n);
/* Reads the end: 0, or the errno of a broken connection. */
int world_read_end(struct world *w, int fd);
/* Many bytes from one socket to another, checked. The pattern's length is a
 * prime, so that lost, doubled and swapped frames are seen.                  */
struct transfer {
	const uint8_t *pattern;
	int from, to;
	size_t n, sent, received;
};
void transfer_init(struct transfer *t, const struct world *w, struct flow *f,
    bool down, size_t n);
/* What goes without waiting; true when all of it has arrived. */
bool transfer_step(struct transfer *t);
/* Turns until all n transfers are done. */
void world_transfer(struct world *w, struct transfer *t, size_t n);

#endif

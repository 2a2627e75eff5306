/* reconnect.h — connections that break, in virtual time, and what links, dialers
 * and keys do about it: the agent dials again, its HELLO finds the session, both
 * ends go on. With every freedom that a network has: bytes on their way are lost
 * from any one on, either end notices at once, later or never, the agent gives up
 * attempts, or changes connections while the old one is well.
 * Thread: owner.  Units: ns of the simulated clock.                          */
#ifndef ATLAX_TESTS_SIM_RECONNECT_H
#define ATLAX_TESTS_SIM_RECONNECT_H

#include "endpoint.h"

#define PATHS 6

struct sim;

/* A connection. It goes when both ends have left it. */
struct path {
	struct pipe pipe[2];	/* [side]: from that side to the other */
	uint64_t binder;	/* known to its two ends */
	bool held[2];		/* that side has not left it */
	uint64_t loses_ns[2];	/* when that side notices the loss; AX_NEVER */
	struct session *door;	/* relay: waits here for HELLO; NULL: does not */
};

struct reconnect {
	struct path path[PATHS];
	unsigned cuts;		/* still to come */
	unsigned mbb_percent;	/* of them: the old connection stays well */
	unsigned hasty_percent; /* attempts that the agent gives up early */
	uint64_t gap_ns;	/* between two, at most */
	uint64_t cut_ns;	/* the next one; AX_NEVER: none */
	uint64_t dial_ns;	/* the agent's next attempt; AX_NEVER: none */
	uint64_t hasty_ns;	/* when it gives this one up; AX_NEVER */
	unsigned attempts, refused;
};

void reconnect_init(struct sim *sim);
void reconnect_fini(struct sim *sim);
/* The first connection. */
void reconnect_start(struct sim *sim);
/* Cuts the connection that the agent uses, or has it change to another one. */
void reconnect_cut(struct sim *sim);
/* Both ends use the same connection, which is well. */
bool reconnect_is_whole(struct sim *sim);
/* What is due at this instant. True if anything moved. */
bool reconnect_turn(struct sim *sim);
uint64_t reconnect_next_ns(const struct sim *sim);
void reconnect_advance(struct sim *sim);
/* The key with which both ends begin: HELLO_OK was sent or has come. */
void reconnect_keys_begin(struct endpoint *e);
/* Agent: HELLO_OK that resumes. */
void reconnect_resumed(struct endpoint *e, const struct session_hello *h);

#endif

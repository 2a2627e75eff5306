/* takeovers.h — which process of an agent was replaced by which: two machines with
 * one certificate would otherwise take the agent from each other for ever. The
 * newest keeps it while it is there; who was replaced gets it back afterwards.
 * Thread: control.                                                           */
#ifndef ATLAX_RELAY_TAKEOVERS_H
#define ATLAX_RELAY_TAKEOVERS_H

#include "base/defs.h"

#define INSTANCE_BYTES 16u /* what a process calls itself: random */
#define TAKEOVERS_MAX 1024u

struct takeovers {
	uint64_t n; /* ever */
	struct takeover {
		uint32_t tenant;
		uint8_t loser[INSTANCE_BYTES], winner[INSTANCE_BYTES];
	} *all; /* a ring: the oldest is forgotten */
};

/* Fails: AX_E_NOMEM; fini is allowed. */
AX_CHECKED int takeovers_init(struct takeovers *t);
void takeovers_fini(struct takeovers *t);
/* winner has replaced loser, and whom loser had replaced. */
void takeovers_add(struct takeovers *t, uint32_t tenant,
    const uint8_t loser[INSTANCE_BYTES], const uint8_t winner[INSTANCE_BYTES]);
/* By whom this process was replaced, last of all; NULL: it was not. Borrowed until
 * the next takeovers_add.                                                    */
const uint8_t *takeovers_winner(
    const struct takeovers *t, uint32_t tenant, const uint8_t loser[INSTANCE_BYTES]);

#endif

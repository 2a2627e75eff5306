/* relay_side.h — the relay of the world: the parts of struct relay that carry
 * agents and visitors, in the order of relay.c, without threads. Thread: main. */
#ifndef ATLAX_TESTS_WORLD_RELAY_SIDE_H
#define ATLAX_TESTS_WORLD_RELAY_SIDE_H

#include "relay/control.h"
#include "kernel.h"

struct relay_process {
	struct proc proc;
	struct relay *r;
	unsigned paused; /* workers, for an upgrade */
	bool pauses;
};

struct relay_side {
	struct relay_process *now; /* NULL: none runs */
	struct denied *denied;	   /* in force */
	unsigned denials;	   /* answers to lists */
	unsigned upgrades, drains, kills;
};

extern struct relay_side relay_side;

void relay_start(void);
void relay_kill(void); /* -9 */
void relay_drain(void);
/* A new process takes what this one has. Begins; goes on by itself. */
void relay_upgrade(void);
/* Things that are due: the end of a drain, of a pause. True: something was. */
bool relay_turn(void);
/* Whoever has this name is refused from now on; NULL: nobody is any more. */
void relay_deny(const char *tenant, const char *agent);
/* The revocation list is read again. */
void relay_read_crl(void);
void relay_end(void);

#endif

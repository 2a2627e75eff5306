/* exposer.h — what people of this machine have exposed at run time (atlax expose):
 * a Unix socket on which root and the agent's user may ask, the list that the relay
 * is told, and the file of what is kept. Nothing else adds to the service map while
 * the agent runs; the relay never does. Thread: the agent's.                 */
#ifndef ATLAX_AGENT_EXPOSER_H
#define ATLAX_AGENT_EXPOSER_H

#include "io/addr.h"
#include "io/loop.h"
#include "proto/session.h"

struct agent;
struct exposal; /* one of them */
struct uplink;

struct exposer {
	struct agent *agent;
	struct exposal *all[AX_EXPOSES_MAX]; /* its id is its place, from 1 */
	struct watch watch; /* of the socket */
	int fd;
	char path[108];
	struct list guests; /* whoever asks */
	unsigned n_guests;
	struct wheel_timer timer; /* to say the list (again) */
	uint64_t said_ns;
	bool said; /* the relay was told a list, and may have kept it */
};

/* Was it built in? Without it nothing here does anything (exposer_none.c). */
bool exposer_is_able(void);
void exposer_init(struct exposer *x, struct agent *a);
/* Opens the socket and reads what is kept. What does not work is logged. */
void exposer_begin(struct exposer *x);
void exposer_fini(struct exposer *x);
/* The first lane is up, or goes on: the relay is told. */
void exposer_say(struct exposer *x);
/* What the relay says on u. */
void exposer_answer(
    struct exposer *x, const struct uplink *u, const struct session_event *ev);

#endif

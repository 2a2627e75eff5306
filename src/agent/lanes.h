/* lanes.h — more tunnels to the relay that the first one reached, while one is not
 * enough: each has streams of its own, and lives on another worker there
 * (doc/decisions/0012). Thread: the agent's.                                 */
#ifndef ATLAX_AGENT_LANES_H
#define ATLAX_AGENT_LANES_H

#include "agent/backoff.h"
#include "io/addr.h"
#include "io/loop.h"
#include "proto/session.h"

struct agent;
struct uplink;

/* A lane with fewer connections gains nothing from a second one. */
#define LANES_FROM 2

/* One beside the first. While wanted exactly one of these holds: it has an uplink,
 * a connect is under way (watch and timer), or the timer waits for the next try. */
struct lane {
	struct agent *agent;
	struct uplink *uplink;
	struct uplink *heir; /* goes on over the next connection; or NULL */
	struct backoff backoff;
	struct wheel_timer timer;
	struct watch watch;
	int fd;
	uint8_t index;
	bool wanted;
};

struct lanes {
	struct agent *agent;
	struct lane *all;
	unsigned n;	  /* as many as the configuration allows */
	unsigned granted; /* by the relay */
	uint8_t relay[16]; /* its id */
	char host[256];	   /* whom the first one dialled */
	struct addr at;
	struct wheel_timer look;
	int busy_s; /* so long all have had enough to do; negative: a pause */
	int idle_s; /* so long the last one has had nothing to do */
};

/* Fails: AX_E_NOMEM; lanes_fini is allowed. */
AX_CHECKED int lanes_init(struct lanes *s, struct agent *a);
void lanes_fini(struct lanes *s);
/* The first one is about to begin, at this relay. */
void lanes_aim(struct agent *a, const char *host, const struct addr *at);
/* HELLO_OK came on u, the first one or another. */
void lanes_up(struct uplink *u, const struct session_hello *h);
/* u, not the first, is gone: dial again after delay_ms, AGENT_BACKOFF as ever, if it
 * is still wanted.                                                           */
void lanes_down(struct uplink *u, uint64_t delay_ms);
/* u, not the first, is to go on over another connection: dial one, as above. */
void lanes_move(struct uplink *u, uint64_t delay_ms);
/* u, not the first, drains: its place is free. */
void lanes_forget(struct uplink *u);
/* Somebody has a second connection: look whether one lane is enough. */
void lanes_watch(struct agent *a);
/* Who waits for the next try, or for an answer to one, tries now. */
void lanes_hurry(struct agent *a);
/* No tries any more; what is up is left alone and forgotten. */
void lanes_stop(struct agent *a);

#endif

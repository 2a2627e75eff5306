/* uplink.h — one link from this agent to a relay. Thread: the agent's. */
#ifndef ATLAX_AGENT_UPLINK_H
#define ATLAX_AGENT_UPLINK_H

#include "agent/agent.h"

struct uplink {
	struct list entry; /* agent's uplinks */
	struct agent *agent;
	struct link *link;
	struct lane *lane; /* lanes.h; NULL: the first */
	size_t relay;	   /* which one, in the dialer's order */
	uint32_t connections;
	uint64_t worked;   /* link_worked when lanes looked last */
	uint64_t well_ns;  /* since when its connection is; or was */
	uint64_t lost_ns;  /* when the last one was lost; 0: it was not */
	bool up;
	bool asking;  /* has a connection that is not yet known to go on */
	bool retired; /* it goes away: streams end here, no new ones */
	bool withdrawn; /* the relay was told that it lends nothing */
	uint32_t retry_after_ms; /* what a refusing relay asked for */
};

/* A relay is connected, for a lane (NULL: the first): fd is taken.
 * Fails: AX_E_NOMEM, AX_E_SYS.                                               */
struct uplink_args {
	struct lane *lane;
	int fd;
	const char *host; /* borrowed during the call */
	const struct addr *peer;
};
AX_CHECKED int uplink_new(struct agent *a, const struct uplink_args *args,
    struct uplink **out);
/* Has another connection dialled that u is to go on over, after about delay_ms
 * (AGENT_BACKOFF). False: it cannot, or is not what its lane uses now.       */
bool uplink_move(struct uplink *u, uint64_t delay_ms);
/* It waits for a connection that is being dialled. */
bool uplink_is_heir(struct uplink *u);
/* Says what it lends; nothing, once it is withdrawn. Fails: AX_E_NOMEM. */
AX_CHECKED int uplink_announce(struct uplink *u);
/* No visitor is sent here any more; those on their way are welcome. It ends with
 * the last of them.                                                          */
void uplink_retire(struct uplink *u);
/* A connection of it has begun, or ended. */
void uplink_joined(struct uplink *u);
void uplink_left(struct uplink *u);
/* Ends it in order; it frees itself. */
void uplink_close(struct uplink *u, uint16_t code, const char *reason);
void uplink_free(struct uplink *u); /* cuts it off */

#endif

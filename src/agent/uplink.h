/* uplink.h — one link from this agent to a relay. Thread: the agent's. */
#ifndef ATLAX_AGENT_UPLINK_H
#define ATLAX_AGENT_UPLINK_H

#include "agent/agent.h"

struct uplink {
	struct list entry; /* agent's uplinks */
	struct agent *agent;
	struct link *link;
	bool up;
	bool retired; /* the relay goes away: streams end here, no new ones */
	uint32_t retry_after_ms; /* what a refusing relay asked for */
};

/* A relay is connected: fd is taken. Fails: AX_E_NOMEM, AX_E_SYS. */
AX_CHECKED int uplink_new(struct agent *a, int fd, const char *host,
    const struct addr *peer, struct uplink **out);
/* Ends it in order; it frees itself. */
void uplink_close(struct uplink *u, uint16_t code, const char *reason);
void uplink_free(struct uplink *u); /* cuts it off */

#endif

/* kick.h — POST /v1/kick: cuts an agent's tunnels. It may come back: who must not,
 * is revoked.                                                                */
#ifndef ATLAX_RELAY_KICK_H
#define ATLAX_RELAY_KICK_H

#include "relay/control.h"

struct admin_request;
struct admin_agent_name;

/* Answers. Thread: control. */
void kick_agents(struct relay *r, struct admin_request *req,
    const struct admin_agent_name *name);

#endif

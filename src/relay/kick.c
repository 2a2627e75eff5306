/* kick.c — closing an agent's tunnels by hand.
 * Thread: control. Invariant: the tenant table is not touched here: the tunnels
 * leave it when their workers say that they are down.                        */
#include "relay/kick.h"

#include <string.h>

#include "admin/admin.h"

void
kick_agents(struct relay *r, struct admin_request *req,
    const struct admin_agent_name *name)
{
	int tenant = tenants_index(r->tenants, name->tenant);
	const struct agent_entry *e;
	uint64_t found = 0, told = 0;

	for (size_t i = 0; tenant >= 0 &&
	     (e = tenants_agent(r->tenants, (uint32_t)tenant, &i)) != NULL;) {
		struct msg m = { .type = MSG_TUNNEL_EVICT,
			.code = AX_WIRE_NO_ERROR, .tunnel = e->ref };

		if (name->agent != NULL && strcmp(e->lane.agent, name->agent) != 0)
			continue;
		found++;
		/* Not control's tell(): an impatient operator is no reason to
		 * fill the spill, which has room for all agents but once. */
		told += mailbox_send(r->box, e->ref.worker, &m) == 0;
	}
	if (found == 0) {
		admin_not_found(req, tenant < 0 ?
		    "the relay has no such tenant" : "no such agent is connected");
		return;
	}
	log_info(r->log, "tunnels are closed by the operator",
	    LOG_STR("tenant", name->tenant),
	    LOG_STR("agent", name->agent == NULL ? "" : name->agent),
	    LOG_U64("tunnels", told));
	if (told < found)
		admin_fail(req, "the relay is too busy; try again");
	else
		admin_reply_closed(req, told);
}

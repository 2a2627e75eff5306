/* anchors_none.c — an agent that keeps the CAs of its file: for small devices
 * (doc/EDGE). Relays are told so. Thread: the agent's.                       */
#include "agent/anchors.h"

bool
anchors_is_able(void)
{
	return false;
}

void
anchors_tell(struct uplink *u AX_UNUSED)
{
}

void
anchors_take(struct uplink *u AX_UNUSED, struct slice bundle AX_UNUSED)
{
}

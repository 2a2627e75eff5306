/* exposer_none.c — an agent whose services are those of its file only: for small
 * devices (doc/EDGE). Relays are not offered more.
 * Thread: the agent's.                                                       */
#include "agent/exposer.h"

bool
exposer_is_able(void)
{
	return false;
}

void
exposer_init(struct exposer *x, struct agent *a)
{
	x->agent = a;
}

void
exposer_begin(struct exposer *x AX_UNUSED)
{
}

void
exposer_fini(struct exposer *x AX_UNUSED)
{
}

void
exposer_say(struct exposer *x AX_UNUSED)
{
}

void
exposer_answer(struct exposer *x AX_UNUSED, const struct uplink *u AX_UNUSED,
    const struct session_event *ev AX_UNUSED)
{
}

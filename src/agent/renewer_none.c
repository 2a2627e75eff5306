/* renewer_none.c — an agent that does not renew: for small devices (doc/EDGE),
 * whose TLS library makes no keys. Relays are not offered it.
 * Thread: the agent's.                                                       */
#include "agent/renewer.h"

bool
renewer_is_able(void)
{
	return false;
}

void
renewer_init(struct renewer *n, struct agent *a)
{
	n->agent = a;
}

void
renewer_fini(struct renewer *n AX_UNUSED)
{
}

void
renewer_plan(struct renewer *n AX_UNUSED, int64_t not_before AX_UNUSED,
    int64_t not_after AX_UNUSED)
{
}

void
renewer_hurry(struct renewer *n AX_UNUSED)
{
}

void
renewer_answer(struct renewer *n AX_UNUSED, struct uplink *u AX_UNUSED,
    const struct session_event *ev AX_UNUSED)
{
}

void
renewer_forget(struct renewer *n AX_UNUSED, const struct uplink *u AX_UNUSED)
{
}

uint16_t
renewer_port(struct renewer *n AX_UNUSED)
{
	return 0;
}

void
renewer_knock(struct renewer *n AX_UNUSED, int fd AX_UNUSED, const char *host AX_UNUSED)
{
}

int
renewer_settle(const struct conf_agent *c AX_UNUSED, struct err *e AX_UNUSED)
{
	return 0;
}

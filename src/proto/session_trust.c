/* session_trust.c — TRUST and TRUSTED.
 *
 * Thread: owner. Pure.
 * Invariant: what waits is the latest; older ones are of no use to anybody.  */
#include "proto/session_trust.h"

#include "proto/session_impl.h"

bool
session_may_trust(const struct session *s)
{
	return s->affairs[AFFAIR_TRUST].agreed && !session_is_over(s) &&
	    (s->phase == PHASE_UP || session_is_away(s));
}

static int
put(struct session *s, const struct control *c, size_t body)
{
	return session_may_trust(s) ? session_put(s, AFFAIR_TRUST, c, body) :
				      AX_E_CLOSED;
}

int
session_trust(struct session *s, struct slice bundle)
{
	struct control c = { .type = AX_CTL_TRUST };

	ax_assert(s->role == SESSION_RELAY && bundle.n > 0);
	c.trust.bundle = bundle;
	return put(s, &c, bundle.n);
}

int
session_trusts(struct session *s, uint64_t sequence)
{
	struct control c = { .type = AX_CTL_TRUSTED };

	ax_assert(s->role == SESSION_AGENT);
	c.trusted.sequence = sequence;
	return put(s, &c, sizeof(sequence));
}

uint64_t
session_trusted(const struct session *s)
{
	return s->trusted;
}

bool
session_on_trust(struct session *s, struct control *c, struct session_event *ev)
{
	if (!session_agreed(s, AFFAIR_TRUST))
		return false;
	session_paced(s, AFFAIR_TRUST);
	if (c->type == AX_CTL_TRUSTED)
		s->trusted = c->trusted.sequence;
	else
		ev->data = c->trust.bundle;
	ev->type = SESSION_EV_TRUST;
	return true;
}

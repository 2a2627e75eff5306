/* session_trust.c — TRUST and TRUSTED.
 *
 * Thread: owner. Pure.
 * Invariant: what waits is the latest; older ones are of no use to anybody.  */
#include "proto/session_trust.h"

#include "proto/session_impl.h"

#define GAP_NS AX_NS_PER_S

bool
session_may_trust(const struct session *s)
{
	return s->trusting.agreed && !session_is_over(s) &&
	    (s->phase == PHASE_UP || session_is_away(s));
}

static int
put(struct session *s, const struct control *c, size_t body)
{
	int r = !session_may_trust(s) ? AX_E_CLOSED :
	    parcel_put(&s->trusting.parcel, s->alloc, c, AX_CONTROL_MIN + body);

	SESSION_VERIFY(s);
	return r;
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
	return s->trusting.sequence;
}

bool
session_on_trust(struct session *s, struct control *c, struct session_event *ev)
{
	struct trusting *v = &s->trusting;

	if (!v->agreed)
		return session_violated(s, AX_WIRE_PROTOCOL, "TRUST was not agreed");
	if (v->last_ns != AX_NEVER && s->now_ns - v->last_ns < GAP_NS)
		session_oddity(s, GLITCH_HASTY);
	v->last_ns = s->now_ns;
	if (c->type == AX_CTL_TRUSTED)
		v->sequence = c->trusted.sequence;
	else
		ev->data = c->trust.bundle;
	ev->type = SESSION_EV_TRUST;
	return true;
}

/* session_renew.c — RENEW and CERTIFICATE.
 *
 * Thread: owner. Pure.
 * Invariant: an agent asks, and a relay is asked, once at a time: until its answer
 * was received, or is in the ring.                                           */
#include "proto/session_impl.h"

static bool
waits(const struct session *s)
{
	return s->affairs[AFFAIR_RENEW].parcel.frame != NULL;
}

bool
session_may_renew(const struct session *s)
{
	return s->phase == PHASE_UP && s->affairs[AFFAIR_RENEW].agreed && !s->renewal_asked;
}

int
session_renew(struct session *s, struct slice request)
{
	struct control c = { .type = AX_CTL_RENEW };
	int r;

	ax_assert(s->role == SESSION_AGENT);
	if (!session_may_renew(s))
		return AX_E_CLOSED;
	c.renew.request = request;
	r = session_put(s, AFFAIR_RENEW, &c, request.n);
	s->renewal_asked = r == 0;
	return r;
}

int
session_certify(struct session *s, const struct session_certificate *answer)
{
	struct control c = { .type = AX_CTL_CERTIFICATE };
	int r;

	ax_assert(s->role == SESSION_RELAY);
	ax_assert(answer->why == 0 ? answer->der.n > 0 && answer->retry_s == 0 :
				     answer->der.n == 0);
	if (session_is_over(s) || !s->renewal_asked)
		return 0;
	c.certificate = *answer;
	r = session_put(s, AFFAIR_RENEW, &c, 4 + answer->der.n);
	s->renewal_asked = r < 0;
	return r;
}

/* --- from the wire ---------------------------------------------------------- */

bool
session_on_renew(struct session *s, struct control *c, struct session_event *ev)
{
	if (!session_agreed(s, AFFAIR_RENEW))
		return false;
	if (s->renewal_asked || waits(s))
		return session_violated(s, AX_WIRE_PROTOCOL,
		    "RENEW before the answer to the last one");
	session_paced(s, AFFAIR_RENEW);
	s->renewal_asked = true;
	ev->type = SESSION_EV_RENEW;
	ev->data = c->renew.request;
	return true;
}

bool
session_on_certificate(
    struct session *s, struct control *c, struct session_event *ev)
{
	if (!s->renewal_asked || waits(s))
		return session_violated(
		    s, AX_WIRE_PROTOCOL, "CERTIFICATE that nobody asked for");
	s->renewal_asked = false;
	ev->type = SESSION_EV_CERTIFICATE;
	ev->code = c->certificate.why;
	ev->retry_after_ms = UINT32_C(1000) * c->certificate.retry_s;
	ev->data = c->certificate.der;
	return true;
}

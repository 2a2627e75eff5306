/* session_renew.c — RENEW and CERTIFICATE.
 *
 * Thread: owner. Pure.
 * Invariant: a relay has a parcel only while asked, so the one answer that it may
 * have is the one that was wanted.                                           */
#include "proto/session_impl.h"

#define GAP_NS AX_NS_PER_S

bool
session_may_renew(const struct session *s)
{
	return s->phase == PHASE_UP && s->renewing.agreed && !s->renewing.asked;
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
	r = parcel_put(&s->renewing.parcel, s->alloc, &c, AX_CONTROL_MIN + request.n);
	s->renewing.asked = r == 0;
	SESSION_VERIFY(s);
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
	if (session_is_over(s) || !s->renewing.asked || s->renewing.parcel.frame != NULL)
		return 0;
	c.certificate = *answer;
	r = parcel_put(&s->renewing.parcel, s->alloc, &c,
	    AX_CONTROL_MIN + 4 + answer->der.n);
	SESSION_VERIFY(s);
	return r;
}

/* --- from and to the wire --------------------------------------------------- */

int
session_renew_write(struct session *s)
{
	struct renewing *v = &s->renewing;
	int r = parcel_write(&v->parcel, s->alloc, &s->replay);

	if (r == 0 && s->role == SESSION_RELAY)
		v->asked = false;
	return r;
}

bool
session_on_renew(struct session *s, struct control *c, struct session_event *ev)
{
	struct renewing *v = &s->renewing;

	if (!v->agreed || v->asked)
		return session_violated(s, AX_WIRE_PROTOCOL, v->agreed ?
		    "RENEW before the answer to the last one" :
		    "RENEW was not agreed");
	if (v->last_ns != AX_NEVER && s->now_ns - v->last_ns < GAP_NS)
		session_oddity(s, GLITCH_HASTY);
	v->last_ns = s->now_ns;
	v->asked = true;
	ev->type = SESSION_EV_RENEW;
	ev->data = c->renew.request;
	return true;
}

bool
session_on_certificate(
    struct session *s, struct control *c, struct session_event *ev)
{
	if (!s->renewing.asked || s->renewing.parcel.frame != NULL)
		return session_violated(
		    s, AX_WIRE_PROTOCOL, "CERTIFICATE that nobody asked for");
	s->renewing.asked = false;
	ev->type = SESSION_EV_CERTIFICATE;
	ev->code = c->certificate.why;
	ev->retry_after_ms = UINT32_C(1000) * c->certificate.retry_s;
	ev->data = c->certificate.der;
	return true;
}

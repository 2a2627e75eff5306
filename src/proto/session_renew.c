/* session_renew.c — RENEW and CERTIFICATE.
 *
 * Thread: owner. Pure.
 * Invariant: frame == NULL exactly if len == 0; a relay has a frame only while
 * asked, so the one answer that it may have is the one that was wanted.      */
#include "proto/session_impl.h"

#define GAP_NS AX_NS_PER_S

static int
put_frame(struct session *s, const struct control *c, size_t body)
{
	struct renewing *v = &s->renewing;
	size_t len = AX_HEADER_LEN + body;
	struct writer w;

	if (body > AX_CONTROL_MAX)
		return AX_E_LIMIT;
	ax_assert(v->frame == NULL);
	v->frame = alloc_get(s->alloc, len);
	if (v->frame == NULL)
		return AX_E_NOMEM;
	v->len = len;
	writer_init(&w, v->frame, len);
	control_put(&w, c);
	ax_assert(!w.bad && writer_len(&w) == len);
	return 0;
}

void
session_renew_fini(struct session *s)
{
	struct renewing *v = &s->renewing;

	alloc_put(s->alloc, v->frame, v->len);
	v->frame = NULL;
	v->len = 0;
}

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
	r = put_frame(s, &c, AX_CONTROL_MIN + request.n);
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
	if (session_is_over(s) || !s->renewing.asked || s->renewing.frame != NULL)
		return 0;
	c.certificate = *answer;
	r = put_frame(s, &c, AX_CONTROL_MIN + 4 + answer->der.n);
	SESSION_VERIFY(s);
	return r;
}

/* --- from and to the wire --------------------------------------------------- */

bool
session_renew_is_due(const struct session *s)
{
	return s->phase == PHASE_UP && s->renewing.frame != NULL &&
	    replay_has_room(&s->replay, s->renewing.len);
}

int
session_renew_write(struct session *s)
{
	struct renewing *v = &s->renewing;
	uint8_t *at = replay_append(&s->replay, v->len);

	if (at == NULL)
		return AX_E_NOMEM;
	memcpy(at, v->frame, v->len);
	session_renew_fini(s);
	if (s->role == SESSION_RELAY)
		v->asked = false;
	return 0;
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
	if (!s->renewing.asked || s->renewing.frame != NULL)
		return session_violated(
		    s, AX_WIRE_PROTOCOL, "CERTIFICATE that nobody asked for");
	s->renewing.asked = false;
	ev->type = SESSION_EV_CERTIFICATE;
	ev->code = c->certificate.why;
	ev->retry_after_ms = UINT32_C(1000) * c->certificate.retry_s;
	ev->data = c->certificate.der;
	return true;
}

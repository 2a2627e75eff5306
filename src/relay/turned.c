/* turned.c — see turned.h.
 * Thread: worker, then control; what is told belongs to the message in between.
 * Invariant: what is not told is counted.                                    */
#include "relay/turned.h"

#include <stdlib.h>

#include "base/str.h"
#include "relay/audit.h"
#include "relay/refused.h"

#define TOLD_MAX 5u /* in a second, by one worker */

struct turned_away {
	uint64_t left_out; /* before it */
	uint16_t code;
	char address[ADDR_TEXT_MAX], tenant[64], agent[64], reason[256];
};

static bool
may_tell(struct turned *s, uint64_t now_ns)
{
	if (now_ns - s->second_ns >= AX_NS_PER_S) {
		s->second_ns = now_ns;
		s->told = 0;
	}
	return s->told++ < TOLD_MAX;
}

void
turned_tell(struct worker *w, const struct refused_agent *a)
{
	struct msg m = { .type = MSG_TURNED_AWAY };
	struct turned_away *t = !may_tell(&w->turned, loop_now(w->loop)) ? NULL :
	    calloc(1, sizeof(*t));

	w->turned.left_out += t == NULL;
	if (t == NULL)
		return;
	t->left_out = w->turned.left_out;
	t->code = a->code;
	addr_format(a->peer, t->address);
	str_copy(t->tenant, sizeof(t->tenant), a->tenant);
	str_copy(t->agent, sizeof(t->agent), a->agent);
	str_copy(t->reason, sizeof(t->reason), a->reason);
	m.u.turned = t;
	if (mailbox_send(w->box, w->control, &m) == 0) {
		w->turned.left_out = 0;
		return;
	}
	w->turned.left_out++;
	free(t);
}

void
turned_note(struct relay *r, struct turned_away *t)
{
	audit_stranger(r, t->left_out, "agent.refused", LOG_STR("address", t->address),
	    LOG_STR("tenant", t->tenant), LOG_STR("agent", t->agent),
	    LOG_STR("reason", t->reason), LOG_U64("code", t->code));
	free(t);
}

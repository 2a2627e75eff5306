/* session_expose.h — what an agent wants exposed on public ports of the relay, and
 * what came of it. Both are whole lists, each of which replaces the one before. It
 * belongs to session.h, and is a file of its own because few need it.
 * Thread: owner.                                                             */
#ifndef ATLAX_PROTO_SESSION_EXPOSE_H
#define ATLAX_PROTO_SESSION_EXPOSE_H

#include "base/slice.h"

struct session;

/* Why a port is not exposed. The relay says it in words, too. */
#define AX_EXPOSE_REFUSALS(X) \
	X(GRANT, 1, "no grant of the tenant allows this port") \
	X(TAKEN, 2, "somebody else has the port") \
	X(BUSY, 3, "not now; try again in a moment") \
	X(FAILED, 4, "the relay cannot open the port") \
	X(WITHDRAWN, 5, "the grant was taken back")

enum ax_expose_refusal {
#define REFUSAL(name, number, text) AX_EXPOSE_##name = (number),
	AX_EXPOSE_REFUSALS(REFUSAL)
#undef REFUSAL
};

struct session_expose {
	uint16_t id;   /* the agent's choice; rises within a list */
	uint16_t port; /* 0: any that is granted */
	uint8_t kind;  /* 0 TCP */
};

struct session_exposed {
	uint16_t id;
	uint16_t why;	   /* enum ax_expose_refusal; 0: visitors may come */
	uint16_t port;	   /* 0 with a refusal only */
	struct slice text; /* the address; or the reason, for people */
};

/* Both sides agreed to it, and the session is up. */
bool session_may_expose(const struct session *s);
/* Agent: this is what it wants, from now on. Copied; sent when there is room, if no
 * later one takes its place. Fails: AX_E_CLOSED (not session_may_expose),
 * AX_E_LIMIT (more than AX_EXPOSES_MAX), AX_E_NOMEM.                         */
AX_CHECKED int session_expose(
    struct session *s, const struct session_expose *list, size_t n);
/* Relay: this is what came of it. Copied. Harmless where it was not agreed, or the
 * session is over; may be called while it is suspended. Fails: AX_E_NOMEM.   */
AX_CHECKED int session_exposed(
    struct session *s, const struct session_exposed *list, size_t n);
/* The next entry of what SESSION_EV_EXPOSE and SESSION_EV_EXPOSED lend as data, or of
 * a copy. False: there is none.                                              */
bool session_expose_next(struct slice *entries, struct session_expose *out);
bool session_exposed_next(struct slice *entries, struct session_exposed *out);

#endif

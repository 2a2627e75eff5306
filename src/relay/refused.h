/* refused.h — who is refused at a port: counted for the service, and said in the log
 * in one form that programs read (contrib/fail2ban), so many times a second for each
 * cause. Thread: the worker's, for all.                                      */
#ifndef ATLAX_RELAY_REFUSED_H
#define ATLAX_RELAY_REFUSED_H

#include "admin/refusals.h"
#include "io/addr.h"
#include "relay/msg.h"
#include "relay/per_source.h"

struct worker;

#define REFUSED_LINES 20u /* of a cause, in a second, of a worker */

/* A worker's. All zero to begin with. */
struct refused_lines {
	struct {
		uint32_t second, said;
		uint64_t unsaid;
	} of[REFUSALS + 1];
	uint64_t bans; /* since the start */
};

/* One more. False: enough was said in this second. *unsaid: so many were not, since
 * the last that was. cause: enum refusal; REFUSALS is for bans that begin.   */
bool refused_may_say(
    struct refused_lines *l, unsigned cause, uint64_t now_ns, uint64_t *unsaid);

void refused_count(struct worker *w, struct service_ref at, enum refusal why);
/* Counts and says it; limit is a constant text. */
void refused_visitor(struct worker *w, struct service_ref at, enum refusal why,
    const char *limit, const struct addr *peer);
/* The same, by his share of a port; of the agents' port if at is that. */
void refused_source(struct worker *w, struct service_ref at,
    const struct per_source_answer *a, const struct addr *peer);
/* An agent that came in, and was refused before it was up. blame: it did not prove
 * who it is. */
struct refused_agent {
	const struct addr *peer;
	const struct source *source;
	bool blame;
	const char *tenant, *agent, *reason;
	uint16_t code;
};
void refused_agent(struct worker *w, const struct refused_agent *a);

#endif

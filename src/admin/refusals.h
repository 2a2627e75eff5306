/* refusals.h — why a visitor was not let in: one list for the counters, the log, the
 * status and the metrics. The names are a promise to scripts and alerts.
 * Thread: any.                                                               */
#ifndef ATLAX_ADMIN_REFUSALS_H
#define ATLAX_ADMIN_REFUSALS_H

#include "base/defs.h"

#define REFUSAL_LIST(X) \
	X(NO_AGENT, "no_agent")	    /* nobody lends the service */ \
	X(LIMIT, "limit")	    /* as many connections as may be */ \
	X(RATE, "rate")		    /* as many as may come in a second */ \
	X(MEMORY, "memory")	    /* limits.memory */ \
	X(SOURCE, "source")	    /* the service's allow and deny */ \
	X(PER_SOURCE, "per_source") /* his address has its share */ \
	X(BANNED, "banned")	    /* his address was refused too often */ \
	X(QUOTA, "quota")	    /* limits.quota of this month is used up */

enum refusal {
#define X(name, text) REFUSED_##name,
	REFUSAL_LIST(X)
#undef X
	REFUSALS
};

static inline const char *
refusal_name(enum refusal r)
{
	static const char *const names[REFUSALS] = {
#define X(name, text) [REFUSED_##name] = text,
		REFUSAL_LIST(X)
#undef X
	};

	return names[r];
}

#endif

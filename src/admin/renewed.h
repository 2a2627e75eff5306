/* renewed.h — what has become of agents' requests for their next certificate, since
 * the start: one list for the counters, the status and the metrics. The names are a
 * promise to scripts and alerts. Thread: any.                                */
#ifndef ATLAX_ADMIN_RENEWED_H
#define ATLAX_ADMIN_RENEWED_H

#include "base/defs.h"

#define RENEWED_LIST(X) \
	X(ISSUED, "issued")   /* a certificate, in a session */ \
	X(REFUSED, "refused") /* none, in a session: whoever said no */ \
	X(LATE, "late")	      /* a certificate, after the one before had expired */ \
	X(LATE_REFUSED, "late_refused") /* none, at the enrolment port */

enum renewed {
#define X(name, text) RENEWED_##name,
	RENEWED_LIST(X)
#undef X
	RENEWED
};

struct admin_renewed {
	uint64_t n[RENEWED];
};

static inline const char *
renewed_name(enum renewed r)
{
	static const char *const names[RENEWED] = {
#define X(name, text) [RENEWED_##name] = text,
		RENEWED_LIST(X)
#undef X
	};

	return names[r];
}

#endif

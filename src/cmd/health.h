/* health.h — how well a service is, as far as the relay's status document tells:
 * a connected agent alone is not health. Thread: any.                        */
#ifndef ATLAX_CMD_HEALTH_H
#define ATLAX_CMD_HEALTH_H

#include <jansson.h>

#include "base/defs.h"

struct health {
	const char *state; /* "OK", "DEGRADED", "DEAD", "UNKNOWN" */
	char cause[160];   /* empty if it is well */
};

/* Of a tenant of the status document, and one of its services. */
void health_of(const json_t *tenant, const char *service, struct health *out);

#endif

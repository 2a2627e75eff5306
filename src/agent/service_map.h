/* service_map.h — what this agent lends: the map from a service's name to a local
 * address, and how each was found last. Nothing outside the map can be reached.
 * Thread: the agent's.                                                       */
#ifndef ATLAX_AGENT_SERVICE_MAP_H
#define ATLAX_AGENT_SERVICE_MAP_H

#include "base/list.h"
#include "conf/conf.h"
#include "io/addr.h"
#include "proto/session.h"

/* As SERVICES says it. */
enum service_health { HEALTH_UNKNOWN, HEALTH_OK, HEALTH_DEGRADED, HEALTH_DEAD };

struct service {
	const struct conf_target *conf;
	struct addr target;
	uint32_t dials; /* in progress */
	struct list waiting; /* connections that wait for one of them to end */
	enum service_health health;
};

struct service_map {
	struct service *all;
	size_t n;
};

/* Builds the map; refuses a target that no agent may lend (addr.h).
 * Fails: AX_E_CONFIG, AX_E_NOMEM.                                            */
AX_CHECKED int service_map_init(
    struct service_map *s, const struct conf_agent *conf, struct err *e);
void service_map_fini(struct service_map *s);
/* NULL: not lent. */
struct service *service_map_find(struct service_map *s, struct slice name);
/* Sets the health; true if that is news for the relay. */
bool service_set_health(struct service *s, enum service_health h);
/* Queues SERVICES. Fails: AX_E_NOMEM. */
AX_CHECKED int service_map_announce(const struct service_map *s, struct session *session);

#endif

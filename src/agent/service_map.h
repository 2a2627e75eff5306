/* service_map.h — what this agent lends: the map from a service's name to a local
 * address, and how each was found last. Nothing outside the map can be reached.
 * Another configuration may come; a service that it does not have is lent no more,
 * but stays until its last connection has gone.
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
	char name[64];
	struct addr target;
	uint64_t dial_timeout_ms;
	uint32_t max_dials;
	bool gone;
	bool exposed; /* not the file's, but exposer.h's */
	uint32_t connections; /* that refer to it */
	uint32_t dials; /* in progress */
	struct list waiting; /* connections that wait for one of them to end */
	enum service_health health;
};

struct service_map {
	struct service **all;
	size_t n; /* also of those that are gone */
};

/* Builds the map; refuses a target that no agent may lend (addr.h).
 * Fails: AX_E_CONFIG, AX_E_NOMEM.                                            */
AX_CHECKED int service_map_init(
    struct service_map *s, const struct conf_agent *conf, struct err *e);
void service_map_fini(struct service_map *s);
/* Takes over the services of conf; those that stay keep their connections, and their
 * health if they are at the same address. On failure nothing has changed.
 * Fails: as service_map_init.                                                */
AX_CHECKED int service_map_update(
    struct service_map *s, const struct conf_agent *conf, struct err *e);
/* Lends target by this name until it is taken back.
 * Fails: AX_E_EXIST (the file has such a service), AX_E_LIMIT, AX_E_NOMEM.   */
AX_CHECKED int service_map_lend(
    struct service_map *s, const char *name, const struct addr *target);
void service_map_unlend(struct service_map *s, const char *name);
size_t service_map_count(const struct service_map *s); /* that are lent */
/* NULL: not lent. */
struct service *service_map_find(struct service_map *s, struct slice name);
/* Sets the health; true if that is news for the relay. */
bool service_set_health(struct service *s, enum service_health h);
/* Queues SERVICES. Fails: AX_E_NOMEM. */
AX_CHECKED int service_map_announce(const struct service_map *s, struct session *session);

#endif

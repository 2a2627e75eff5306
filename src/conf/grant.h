/* grant.h — ports that a tenant's agents may open by themselves (atlax expose). Each
 * becomes a place among the tenant's services, called "tcp-" and its number, whose
 * port nobody has opened yet: an agent that is exposed there is a service like any
 * other (doc/decisions/0020). Thread: any.                                   */
#ifndef ATLAX_CONF_GRANT_H
#define ATLAX_CONF_GRANT_H

#include "conf/conf.h"

/* "0.0.0.0:40000-40099", "[::]:22". */
struct grant_ports {
	char host[260]; /* as it was written, with brackets */
	uint16_t first, last;
};

#define GRANT_NAME_MAX sizeof("tcp-65535")

/* Fails: AX_E_CONFIG with what to write instead. */
AX_CHECKED int grant_read(const char *text, struct grant_ports *out, struct err *e);
/* How the service of a granted port is called. */
void grant_name(uint16_t port, char out[GRANT_NAME_MAX]);
/* May this agent have the port of a place? */
bool grant_covers(const struct conf_service *place, const char *agent);
/* What agent may expose, for a sentence: "0.0.0.0:22, 0.0.0.0:40000-40099"; or
 * "nothing".                                                                 */
struct str;
void grant_show(const struct conf_tenant *t, const char *agent, struct str *out);
/* The places of all grants of all tenants, behind their services; once.
 * Fails: AX_E_NOMEM; conf_relay_free is all that c is good for then.         */
AX_CHECKED int grant_open(struct conf_relay *c, struct err *e);

#endif

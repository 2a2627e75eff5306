/* sources.h — from where a service's visitors may come: its lists allow and deny,
 * ready to be asked for every connection. Immutable. Thread: any.            */
#ifndef ATLAX_RELAY_SOURCES_H
#define ATLAX_RELAY_SOURCES_H

#include "conf/conf.h"
#include "io/addr.h"

struct sources;

/* *out is NULL if there are no lists. Copies. Fails: AX_E_NOMEM. */
AX_CHECKED int sources_new(const struct conf_service *conf, struct sources **out);
void sources_free(struct sources **s);
/* s may be NULL: everybody may. Who is in deny may not, whatever allow says; else who
 * is in allow, or anybody if that is empty.                                  */
bool sources_may(const struct sources *s, const struct addr *peer);

#endif

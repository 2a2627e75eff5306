/* service_map.c — the service map.
 * Thread: the agent's.
 * Invariant: every target in the map is a literal address that addr.h does not
 * forbid; the relay's word is only ever looked up here, never used as an address. */
#include "agent/service_map.h"

#include <stdlib.h>

#include "base/str.h"

int
service_map_init(struct service_map *s, const struct conf_agent *conf, struct err *e)
{
	*s = (struct service_map){ .n = conf->n_services };
	s->all = calloc(s->n + 1, sizeof(*s->all));
	if (s->all == NULL)
		return err_set(e, AX_E_NOMEM, "no memory for the services");
	for (size_t i = 0; i < s->n; i++) {
		struct service *v = &s->all[i];

		v->conf = &conf->services[i];
		list_init(&v->waiting);
		if (addr_parse(v->conf->target, &v->target, e) < 0)
			return err_prefix(e, AX_E_CONFIG, "service %s", v->conf->name);
		if (addr_is_forbidden_target(&v->target))
			return err_set(e, AX_E_CONFIG, "service %s: target %s is "
			    "link-local, multicast or a metadata address; an agent "
			    "never lends those", v->conf->name, v->conf->target);
	}
	return 0;
}

void
service_map_fini(struct service_map *s)
{
	free(s->all);
	s->all = NULL;
	s->n = 0;
}

struct service *
service_map_find(struct service_map *s, struct slice name)
{
	for (size_t i = 0; i < s->n; i++) {
		if (slice_eq(name, slice_str(s->all[i].conf->name)))
			return &s->all[i];
	}
	return NULL;
}

bool
service_set_health(struct service *s, enum service_health h)
{
	if (s->health == h)
		return false;
	s->health = h;
	return true;
}

int
service_map_announce(const struct service_map *s, struct session *session)
{
	struct session_service *list = calloc(s->n + 1, sizeof(*list));
	int r;

	if (list == NULL)
		return AX_E_NOMEM;
	for (size_t i = 0; i < s->n; i++) {
		str_copy(list[i].name, sizeof(list[i].name), s->all[i].conf->name);
		list[i].health = (uint8_t)s->all[i].health;
		list[i].weight = 1;
	}
	r = session_services(session, list, s->n);
	free(list);
	return r;
}

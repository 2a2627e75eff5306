/* service_map.c — the service map.
 * Thread: the agent's.
 * Invariant: every target in the map is a literal address that addr.h does not
 * forbid; the relay's word is only ever looked up here, never used as an address. */
#include "agent/service_map.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define EXPOSED_DIAL_MS 5000 /* as services in the file, by default */
#define EXPOSED_DIALS 64

static int
service_new(const struct conf_target *conf, struct service **out, struct err *e)
{
	struct service *v = calloc(1, sizeof(*v));

	*out = v;
	if (v == NULL)
		return err_set(e, AX_E_NOMEM, "no memory for the services");
	str_copy(v->name, sizeof(v->name), conf->name);
	v->dial_timeout_ms = conf->dial_timeout_ms;
	v->max_dials = conf->max_dials;
	list_init(&v->waiting);
	if (addr_parse(conf->target, &v->target, e) < 0)
		return err_prefix(e, AX_E_CONFIG, "service %s", v->name);
	if (addr_is_forbidden_target(&v->target))
		return err_set(e, AX_E_CONFIG, "service %s: target %s is link-local, "
		    "multicast or a metadata address; an agent never lends those",
		    v->name, conf->target);
	return 0;
}

/* room: for so many more. */
static int
build(struct service_map *s, const struct conf_agent *conf, size_t room, struct err *e)
{
	int r = 0;

	*s = (struct service_map){ .n = 0 };
	s->all = calloc(conf->n_services + room + 1, sizeof(struct service *));
	if (s->all == NULL)
		return err_set(e, AX_E_NOMEM, "no memory for the services");
	while (r == 0 && s->n < conf->n_services) {
		r = service_new(&conf->services[s->n], &s->all[s->n], e);
		s->n++;
	}
	return r;
}

int
service_map_init(struct service_map *s, const struct conf_agent *conf, struct err *e)
{
	return build(s, conf, 0, e);
}

void
service_map_fini(struct service_map *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->all[i]);
	free(s->all);
	s->all = NULL;
	s->n = 0;
}

static struct service *
find(const struct service_map *s, struct slice name)
{
	for (size_t i = 0; i < s->n; i++) {
		if (slice_eq(name, slice_str(s->all[i]->name)))
			return s->all[i];
	}
	return NULL;
}

struct service *
service_map_find(struct service_map *s, struct slice name)
{
	struct service *v = find(s, name);

	return v == NULL || v->gone ? NULL : v;
}

/* v goes on as fresh says. */
static void
renew(struct service *v, const struct service *fresh)
{
	char was[ADDR_TEXT_MAX], is[ADDR_TEXT_MAX];

	addr_format(&v->target, was);
	addr_format(&fresh->target, is);
	if (v->gone || strcmp(was, is) != 0)
		v->health = HEALTH_UNKNOWN;
	v->gone = v->exposed = false;
	v->target = fresh->target;
	v->dial_timeout_ms = fresh->dial_timeout_ms;
	v->max_dials = fresh->max_dials;
}

int
service_map_update(struct service_map *s, const struct conf_agent *conf, struct err *e)
{
	struct service_map next;
	int r = build(&next, conf, s->n, e);

	if (r < 0) {
		service_map_fini(&next);
		return r;
	}
	for (size_t i = 0; i < s->n; i++) {
		struct service *v = s->all[i], *fresh = find(&next, slice_str(v->name));
		size_t k = 0;

		v->gone = v->gone || (fresh == NULL && !v->exposed);
		if (fresh != NULL) {
			renew(v, fresh);
			while (next.all[k] != fresh)
				k++;
			next.all[k] = v;
			free(fresh);
		} else if (v->connections > 0 || !v->gone) {
			next.all[next.n++] = v;
		} else {
			free(v);
		}
	}
	free(s->all);
	*s = next;
	return 0;
}

static int
add(struct service_map *s, const char *name, struct service **out)
{
	struct service **more = realloc(s->all, (s->n + 1) * sizeof(*more));
	struct service *v = more == NULL ? NULL : calloc(1, sizeof(*v));

	if (more != NULL)
		s->all = more;
	if (v == NULL)
		return AX_E_NOMEM;
	str_copy(v->name, sizeof(v->name), name);
	list_init(&v->waiting);
	more[s->n++] = *out = v;
	return 0;
}

int
service_map_lend(struct service_map *s, const char *name, const struct addr *target)
{
	struct service *v = find(s, slice_str(name));

	if (v != NULL && !v->gone)
		return AX_E_EXIST;
	if (service_map_count(s) >= AX_SERVICES_MAX)
		return AX_E_LIMIT;
	if (v == NULL && add(s, name, &v) < 0)
		return AX_E_NOMEM;
	v->gone = false;
	v->exposed = true;
	v->health = HEALTH_UNKNOWN;
	v->target = *target;
	v->dial_timeout_ms = EXPOSED_DIAL_MS;
	v->max_dials = EXPOSED_DIALS;
	return 0;
}

void
service_map_unlend(struct service_map *s, const char *name)
{
	struct service *v = find(s, slice_str(name));

	if (v != NULL && v->exposed)
		v->gone = true;
}

size_t
service_map_count(const struct service_map *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += !s->all[i]->gone;
	return n;
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
	size_t n = 0;
	int r;

	if (list == NULL)
		return AX_E_NOMEM;
	for (size_t i = 0; i < s->n; i++) {
		if (s->all[i]->gone)
			continue;
		str_copy(list[n].name, sizeof(list[n].name), s->all[i]->name);
		list[n].health = (uint8_t)s->all[i]->health;
		list[n++].weight = 1;
	}
	r = session_services(session, list, n);
	free(list);
	return r;
}

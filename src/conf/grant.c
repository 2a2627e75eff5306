/* grant.c — granted ports as text, and as places among the services.
 *
 * Thread: any.
 * Invariant: a place of a grant has the grant's lists, which are the grant's to
 * free, so its own are empty.                                                */
#include "conf/grant.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/str.h"
#include "conf/endpoint.h"

static int
wrong(const char *text, struct err *e)
{
	return err_set(e, AX_E_CONFIG, "\"%.64s\" is no range of ports; write an "
	    "address and ports, as 0.0.0.0:40000-40099 or [::]:22", text);
}

int
grant_read(const char *text, struct grant_ports *out, struct err *e)
{
	const char *colon = strrchr(text, ':'), *dash;
	struct endpoint first, last;
	char mem[300];
	struct str s;

	dash = colon == NULL ? NULL : strchr(colon, '-');
	str_init(&s, mem, sizeof(mem));
	str_add_n(&s, text, dash == NULL ? strlen(text) : (size_t)(dash - text));
	if (colon == NULL || s.cut || colon - text >= (int)sizeof(out->host))
		return wrong(text, e);
	if (endpoint_read(mem, &first, e) < 0)
		return AX_E_CONFIG;
	last = first;
	if (dash != NULL) {
		str_init(&s, mem, sizeof(mem));
		str_fmt(&s, "*:%s", dash + 1);
		if (s.cut || endpoint_read(mem, &last, NULL) < 0)
			return wrong(text, e);
	}
	if (!first.is_ip || first.port == 0 || last.port < first.port)
		return wrong(text, e);
	memcpy(out->host, text, (size_t)(colon - text));
	out->host[colon - text] = '\0';
	out->first = (uint16_t)first.port;
	out->last = (uint16_t)last.port;
	return 0;
}

void
grant_name(uint16_t port, char out[GRANT_NAME_MAX])
{
	struct str s;

	str_init(&s, out, GRANT_NAME_MAX);
	str_fmt(&s, "tcp-%u", port);
}

static bool
is_for(const struct conf_grant *g, const char *agent)
{
	return g->agent == NULL || strcmp(g->agent, agent) == 0;
}

bool
grant_covers(const struct conf_service *place, const char *agent)
{
	return !place->gone && place->grant != NULL && is_for(place->grant, agent);
}

void
grant_show(const struct conf_tenant *t, const char *agent, struct str *out)
{
	size_t before = out->len;

	for (size_t i = 0; i < t->n_grants; i++) {
		if (is_for(&t->grants[i], agent))
			str_fmt(out, "%s%s", out->len > before ? ", " : "",
			    t->grants[i].listen);
	}
	if (out->len == before)
		str_add(out, "nothing");
}

/* --- places --------------------------------------------------------------------- */

static size_t
count(const struct conf_tenant *t)
{
	struct grant_ports p;
	size_t n = 0;

	for (size_t i = 0; i < t->n_grants; i++) {
		int r = grant_read(t->grants[i].listen, &p, NULL);

		ax_assert(r == 0); /* it was read before */
		n += (size_t)(p.last - p.first) + 1;
	}
	return n;
}

static int
open_place(const struct conf_grant *g, const char *host, uint16_t port,
    struct conf_service *out)
{
	char name[GRANT_NAME_MAX];

	grant_name(port, name);
	out->grant = g;
	out->name = strdup(name);
	if (out->name == NULL || asprintf(&out->listen, "%s:%u", host, port) < 0)
		return AX_E_NOMEM;
	return 0;
}

static int
open_tenant(struct conf_tenant *t)
{
	size_t n = count(t);
	struct conf_service *all;
	struct grant_ports p;

	if (n == 0)
		return 0;
	all = realloc(t->services, (t->n_services + n) * sizeof(*all));
	if (all == NULL)
		return AX_E_NOMEM;
	memset(all + t->n_services, 0, n * sizeof(*all));
	t->services = all;
	for (size_t i = 0; i < t->n_grants; i++) {
		int r = grant_read(t->grants[i].listen, &p, NULL);

		ax_assert(r == 0);
		for (unsigned port = p.first; port <= p.last; port++) {
			if (open_place(&t->grants[i], p.host, (uint16_t)port,
			    &all[t->n_services++]) < 0)
				return AX_E_NOMEM;
		}
	}
	return 0;
}

int
grant_open(struct conf_relay *c, struct err *e)
{
	for (size_t i = 0; i < c->n_tenants; i++) {
		if (open_tenant(&c->tenants[i]) < 0)
			return err_set(e, AX_E_NOMEM, "no memory for granted ports");
	}
	return 0;
}

/* check.c — what no single key can say: names and ports used twice, settings
 * that contradict each other.
 *
 * Thread: any. Sorting finds duplicates, because a relay may have thousands of
 * tenants. Of two values the later one in the file is blamed.                */
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "atlax/wire.h"
#include "conf/endpoint.h"
#include "conf/grant.h"
#include "conf/parse.h"

/* --- names --------------------------------------------------------------- */

struct name {
	const char *text;
	const void *member;
	size_t order;
};

static int
by_text(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	int r = strcmp(x->text, y->text);

	return r != 0 ? r : x->order < y->order ? -1 : 1;
}

/* Sorts names. Fails if two are equal; what says whose names these are. */
static int
unique(const struct conf_source *s, struct name *names, size_t n,
    const char *what, struct err *e)
{
	if (n > 0)
		qsort(names, n, sizeof(*names), by_text);
	for (size_t i = 1; i < n; i++)
		if (strcmp(names[i - 1].text, names[i].text) == 0)
			return conf_fail(s, names[i].member, e,
			    "%s \"%s\" stands here a second time; rename or remove one",
			    what, names[i].text);
	return 0;
}

static struct name *
names_new(const struct conf_source *s, size_t n, struct err *e)
{
	struct name *names = calloc(n + 1, sizeof(*names));

	if (names == NULL)
		err_set(e, AX_E_NOMEM, "%s: out of memory", s->name);
	return names;
}

static int
tenant_names(const struct conf_source *s, const struct conf_relay *c, struct err *e)
{
	struct name *names = names_new(s, c->n_tenants, e);
	int r;

	if (names == NULL)
		return AX_E_NOMEM;
	for (size_t i = 0; i < c->n_tenants; i++)
		names[i] = (struct name){ c->tenants[i].name, &c->tenants[i].name, i };
	r = unique(s, names, c->n_tenants, "the tenant", e);
	free(names);
	return r;
}

static int
service_names(const struct conf_source *s, const struct conf_tenant *t, struct err *e)
{
	struct name *names;
	int r;

	if (t->n_services > AX_SERVICES_MAX)
		return conf_fail(s, &t->services[AX_SERVICES_MAX].name, e,
		    "more than %d services of one tenant; make it two tenants",
		    AX_SERVICES_MAX);
	names = names_new(s, t->n_services, e);
	if (names == NULL)
		return AX_E_NOMEM;
	for (size_t i = 0; i < t->n_services; i++)
		names[i] = (struct name){ t->services[i].name, &t->services[i].name, i };
	r = unique(s, names, t->n_services, "the service", e);
	free(names);
	return r;
}

/* A port that two grants name, or that would be called as a service is. */
static int
grant_is_new(const struct conf_source *s, const struct conf_tenant *t, size_t i,
    const struct grant_ports *p, struct err *e)
{
	struct grant_ports other;
	char name[GRANT_NAME_MAX];

	for (size_t k = 0; k < i; k++) {
		if (grant_read(t->grants[k].listen, &other, NULL) == 0 &&
		    p->first <= other.last && other.first <= p->last)
			return conf_fail(s, &t->grants[i].listen, e,
			    "port %u is in a grant of this tenant already; one port, "
			    "one grant", MAX(p->first, other.first));
	}
	for (unsigned port = p->first; port <= p->last; port++) {
		grant_name((uint16_t)port, name);
		for (size_t k = 0; k < t->n_services; k++) {
			if (strcmp(t->services[k].name, name) == 0)
				return conf_fail(s, &t->services[k].name, e,
				    "\"%s\" is how the granted port %u is called; "
				    "choose another name", name, port);
		}
	}
	return 0;
}

static int
grants(const struct conf_source *s, const struct conf_tenant *t, struct err *e)
{
	size_t n = t->n_services;
	struct grant_ports p;
	struct err why;

	for (size_t i = 0; i < t->n_grants; i++) {
		if (grant_read(t->grants[i].listen, &p, &why) < 0)
			return conf_fail(s, &t->grants[i].listen, e,
			    "tenants[].grants[].listen: %.150s", why.text);
		n += (size_t)(p.last - p.first) + 1;
		if (n > AX_SERVICES_MAX)
			return conf_fail(s, &t->grants[i].listen, e, "more than %d "
			    "services and granted ports of one tenant; grant fewer",
			    AX_SERVICES_MAX);
		if (grant_is_new(s, t, i, &p, e) < 0)
			return AX_E_CONFIG;
	}
	return 0;
}

static int
target_names(const struct conf_source *s, const struct conf_agent *c, struct err *e)
{
	struct name *names = names_new(s, c->n_services, e);
	int r;

	if (names == NULL)
		return AX_E_NOMEM;
	for (size_t i = 0; i < c->n_services; i++)
		names[i] = (struct name){ c->services[i].name, &c->services[i].name, i };
	r = unique(s, names, c->n_services, "the service", e);
	free(names);
	return r;
}

/* --- ports ---------------------------------------------------------------- */

struct port {
	struct endpoint at;
	const char *tenant, *service; /* NULL: the agents' port */
	const void *member;
	size_t order;
};

static int
by_port(const void *a, const void *b)
{
	const struct port *x = a, *y = b;

	if (x->at.port != y->at.port)
		return x->at.port < y->at.port ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

/* A clash is found within the few addresses of one port number. */
static int
ports_apart(const struct conf_source *s, const struct port *p, size_t n, struct err *e)
{
	for (size_t i = 1; i < n; i++) {
		for (size_t j = i; j-- > 0 && p[j].at.port == p[i].at.port;) {
			if (!endpoint_overlaps(&p[j].at, &p[i].at))
				continue;
			if (p[j].service == NULL)
				return conf_fail(s, p[i].member, e,
				    "port %u is relay.listen already; choose another",
				    p[i].at.port);
			return conf_fail(s, p[i].member, e,
			    "port %u belongs to %.63s/%.63s already; choose another",
			    p[i].at.port, p[j].tenant, p[j].service);
		}
	}
	return 0;
}

/* Fills p; the addresses were checked one by one before. */
static size_t
collect(const struct conf_relay *c, struct port *p)
{
	size_t n = 0;

	if (endpoint_read(c->listen, &p[n].at, NULL) == 0) {
		p[n].member = &c->listen;
		n++;
	}
	if (c->enrol.listen != NULL &&
	    endpoint_read(c->enrol.listen, &p[n].at, NULL) == 0) {
		p[n].tenant = "enrol";
		p[n].service = "listen";
		p[n].member = &c->enrol.listen;
		p[n].order = n;
		n++;
	}
	if (c->operators.listen != NULL &&
	    endpoint_read(c->operators.listen, &p[n].at, NULL) == 0) {
		p[n].tenant = "admin.remote";
		p[n].service = "listen";
		p[n].member = &c->operators.listen;
		p[n].order = n;
		n++;
	}
	for (size_t i = 0; i < c->n_tenants; i++) {
		const struct conf_tenant *t = &c->tenants[i];

		for (size_t k = 0; k < t->n_services; k++) {
			if (endpoint_read(t->services[k].listen, &p[n].at, NULL) < 0)
				continue;
			p[n].tenant = t->name;
			p[n].service = t->services[k].name;
			p[n].member = &t->services[k].listen;
			p[n].order = n;
			n++;
		}
	}
	return n;
}

static int
ports(const struct conf_source *s, const struct conf_relay *c, struct err *e)
{
	size_t n = 3; /* those of the relay itself */
	struct port *p;
	int r;

	for (size_t i = 0; i < c->n_tenants; i++)
		n += c->tenants[i].n_services;
	p = calloc(n, sizeof(*p));
	if (p == NULL)
		return err_set(e, AX_E_NOMEM, "%s: out of memory", s->name);
	n = collect(c, p);
	qsort(p, n, sizeof(*p), by_port);
	r = ports_apart(s, p, n, e);
	free(p);
	return r;
}

/* --- the rest -------------------------------------------------------------- */

static int
tunnel(const struct conf_source *s, const struct conf_tunnel *t, struct err *e)
{
	if (t->window > t->budget)
		return conf_fail(s, &t->window, e, "tunnel.window is larger than "
		    "tunnel.budget; make it smaller");
	return 0;
}

static int
admin_socket(const struct conf_source *s, const struct conf_relay *c, struct err *e)
{
	if (strlen(c->admin_socket) < sizeof(((struct sockaddr_un *)0)->sun_path))
		return 0;
	return conf_fail(s, &c->admin_socket, e, "admin.socket: with its directory "
	    "the path is too long for a socket; choose one of at most 107 bytes");
}

/* What can be read there says who the customers are. */
static int
admin_metrics(const struct conf_source *s, const struct conf_relay *c, struct err *e)
{
	struct endpoint p;

	if (c->admin_metrics == NULL || endpoint_read(c->admin_metrics, &p, NULL) < 0 ||
	    endpoint_is_loopback(&p))
		return 0;
	return conf_fail(s, &c->admin_metrics, e, "admin.metrics: %s can be reached "
	    "from other machines; listen on 127.0.0.1 or [::1], and let a proxy that "
	    "knows whom to let in ask there", c->admin_metrics);
}

static int
admin_dashboard(const struct conf_source *s, const struct conf_relay *c, struct err *e)
{
	struct endpoint p;

	if (c->admin_dashboard == NULL ||
	    endpoint_read(c->admin_dashboard, &p, NULL) < 0 || endpoint_is_loopback(&p))
		return 0;
	return conf_fail(s, &c->admin_dashboard, e, "admin.dashboard: %s can be reached "
	    "from other machines; listen on 127.0.0.1 or [::1], and come from elsewhere "
	    "with ssh -L", c->admin_dashboard);
}

/* Who is never refused is never banned. The agents' port refuses without limits. */
static int
bans(const struct conf_source *s, const struct conf_relay *c, struct err *e)
{
	for (size_t i = 0; i < c->n_tenants; i++) {
		const struct conf_tenant *t = &c->tenants[i];

		for (size_t k = 0; k < t->n_services; k++) {
			const struct conf_per_source *p = &t->services[k].per_source;

			if (p->ban.after != 0 && p->connections == 0 &&
			    p->connections_per_second == 0)
				return conf_fail(s, &p->ban.after, e,
				    "per_source.ban: nobody is refused here; set "
				    "per_source.connections or "
				    "per_source.connections_per_second as well");
		}
	}
	return 0;
}

int
conf_relay_check(const struct conf_source *s, const struct conf_relay *c, struct err *e)
{
	int r = tenant_names(s, c, e);

	for (size_t i = 0; i < c->n_tenants && r == 0; i++) {
		r = service_names(s, &c->tenants[i], e);
		if (r == 0)
			r = grants(s, &c->tenants[i], e);
	}
	if (r == 0)
		r = ports(s, c, e);
	if (r == 0)
		r = tunnel(s, &c->tunnel, e);
	if (r == 0)
		r = bans(s, c, e);
	if (r == 0)
		r = admin_metrics(s, c, e);
	if (r == 0)
		r = admin_dashboard(s, c, e);
	return r < 0 ? r : admin_socket(s, c, e);
}

int
conf_agent_check(const struct conf_source *s, const struct conf_agent *c, struct err *e)
{
	int r = target_names(s, c, e);

	if (r < 0)
		return r;
	if (c->n_relays == 0)
		return conf_fail(s, &c->relays, e,
		    "agent.relays is empty; write where the relay is: [\"host:port\"]");
	if (c->n_services > AX_SERVICES_MAX)
		return conf_fail(s, &c->services, e,
		    "more than %d services; use a second agent", AX_SERVICES_MAX);
	if (c->retry_min_ms > c->retry_max_ms)
		return conf_fail(s, &c->retry_min_ms, e, "agent.retry_min is longer "
		    "than agent.retry_max; make it shorter");
	return tunnel(s, &c->tunnel, e);
}

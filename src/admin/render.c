/* render.c — what admin.h declares as JSON, with jansson.
 *
 * Thread: any. Invariant: the names here are a promise to scripts; new ones may
 * come, none may change. A missing piece (out of memory) makes the whole
 * document NULL: jansson's _new functions take NULL and fail, so one check at
 * the end is enough.                                                         */
#include "admin/render.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* Texts come from peers: str_untrusted leaves UTF-8 and nothing odd in it. */
static json_t *
text(const char *s)
{
	char mem[1024];
	struct str shown;

	str_init(&shown, mem, sizeof(mem));
	str_untrusted(&shown, slice_str(s == NULL ? "" : s), 256);
	return json_string_nocheck(mem);
}

static json_t *
number(uint64_t n)
{
	return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n);
}

/* Adds value, or drops the object: *o is NULL from then on. */
static void
set(json_t **o, const char *key, json_t *value)
{
	if (*o == NULL) {
		json_decref(value);
	} else if (json_object_set_new_nocheck(*o, key, value) < 0) {
		json_decref(*o);
		*o = NULL;
	}
}

static void
append(json_t **a, json_t *value)
{
	if (*a == NULL) {
		json_decref(value);
	} else if (json_array_append_new(*a, value) < 0) {
		json_decref(*a);
		*a = NULL;
	}
}

static json_t *
worker(const struct admin_worker *w)
{
	json_t *o = json_object();

	set(&o, "index", number(w->index));
	set(&o, "sessions", number(w->sessions));
	set(&o, "streams", number(w->streams));
	set(&o, "loop_turns", number(w->loop_turns));
	set(&o, "bytes_in", number(w->bytes_in));
	set(&o, "bytes_out", number(w->bytes_out));
	return o;
}

static json_t *
refused(const struct admin_refused *r)
{
	json_t *o = json_object();

	for (enum refusal i = 0; i < REFUSALS; i++)
		set(&o, refusal_name(i), number(r->n[i]));
	return o;
}

static json_t *
bandwidth(const struct admin_bandwidth *b)
{
	json_t *o = json_object();

	set(&o, "up", number(b->up));
	set(&o, "down", number(b->down));
	return o;
}

static json_t *
service(const struct admin_service *s)
{
	json_t *o = json_object();

	set(&o, "name", text(s->name));
	set(&o, "listen", text(s->listen));
	set(&o, "connections", number(s->connections));
	set(&o, "refused", refused(&s->refused));
	set(&o, "bandwidth", bandwidth(&s->bandwidth));
	return o;
}

static json_t *
health(const struct admin_health *h)
{
	json_t *o = json_object();

	set(&o, "service", text(h->service));
	set(&o, "ok", json_boolean(h->ok));
	set(&o, "state", text(!h->ok ? "dead" : h->unproven ? "unknown" : "ok"));
	return o;
}

static json_t *
lane(const struct admin_lane *l)
{
	json_t *o = json_object();

	set(&o, "lane", number(l->lane));
	set(&o, "worker", number(l->worker));
	set(&o, "rtt_us", number(l->rtt_us));
	set(&o, "streams", number(l->streams));
	set(&o, "bytes_in", number(l->bytes_in));
	set(&o, "bytes_out", number(l->bytes_out));
	set(&o, "connected", json_boolean(l->connected));
	set(&o, "away_s", number(l->away_s));
	return o;
}

static json_t *
agent(const struct admin_agent *a)
{
	json_t *o = json_object(), *list = json_array(), *lanes = json_array();

	set(&o, "agent", text(a->agent));
	set(&o, "address", text(a->address));
	set(&o, "connected", json_boolean(a->connected));
	set(&o, "away_s", number(a->away_s));
	set(&o, "worker", number(a->worker));
	set(&o, "rtt_us", number(a->rtt_us));
	set(&o, "uptime_s", number(a->uptime_s));
	set(&o, "streams", number(a->streams));
	set(&o, "bytes_in", number(a->bytes_in));
	set(&o, "bytes_out", number(a->bytes_out));
	set(&o, "cipher", text(a->cipher));
	set(&o, "software", text(a->software));
	set(&o, "not_after", json_integer(a->not_after));
	set(&o, "issued_by", text(a->issued_by));
	set(&o, "trusted", number(a->trusted));
	for (size_t i = 0; i < a->n_services_health; i++)
		append(&list, health(&a->services_health[i]));
	set(&o, "services_health", list);
	for (size_t i = 0; i < a->n_lanes; i++)
		append(&lanes, lane(&a->lanes[i]));
	set(&o, "lanes", lanes);
	return o;
}

static json_t *
limits(const struct admin_limits *l)
{
	json_t *o = json_object();

	set(&o, "agents", number(l->agents));
	set(&o, "streams", number(l->streams));
	set(&o, "connections_per_second", number(l->connections_per_second));
	set(&o, "memory", number(l->memory));
	return o;
}

static json_t *
tenant(const struct admin_tenant *t)
{
	json_t *o = json_object(), *services = json_array(), *agents = json_array();

	for (size_t i = 0; i < t->n_services; i++)
		append(&services, service(&t->services[i]));
	for (size_t i = 0; i < t->n_agents; i++)
		append(&agents, agent(&t->agents[i]));
	set(&o, "name", text(t->name));
	set(&o, "streams", number(t->streams));
	set(&o, "services", services);
	set(&o, "agents", agents);
	set(&o, "limits", limits(&t->limits));
	set(&o, "bandwidth", bandwidth(&t->bandwidth));
	set(&o, "refused", refused(&t->refused));
	return o;
}

static json_t *
status(const struct admin_status *s)
{
	json_t *o = json_object(), *workers = json_array(), *tenants = json_array();
	json_t *alarms = json_array();

	for (size_t i = 0; i < s->n_workers; i++)
		append(&workers, worker(&s->workers[i]));
	for (size_t i = 0; i < s->n_tenants; i++)
		append(&tenants, tenant(&s->tenants[i]));
	set(&o, "version", text(s->version));
	set(&o, "pid", json_integer(s->pid));
	set(&o, "uptime_s", number(s->uptime_s));
	set(&o, "listen", text(s->listen));
	set(&o, "draining", json_boolean(s->draining));
	for (size_t i = 0; i < s->n_alarms; i++)
		append(&alarms, text(s->alarms[i]));
	set(&o, "not_before", json_integer(s->not_before));
	set(&o, "not_after", json_integer(s->not_after));
	set(&o, "crl_number", number(s->crl_number));
	set(&o, "crl_next_update", json_integer(s->crl_next_update));
	set(&o, "trust_sequence", number(s->trust_sequence));
	set(&o, "denied", number(s->denied));
	set(&o, "alarms", alarms);
	set(&o, "handshakes_failed", number(s->handshakes_failed));
	set(&o, "bans", number(s->bans));
	set(&o, "workers", workers);
	set(&o, "tenants", tenants);
	return o;
}

/* Takes o. */
static char *
print(json_t *o)
{
	char *doc = json_dumps(o, JSON_COMPACT), *line = NULL;
	size_t n = doc == NULL ? 0 : strlen(doc);

	json_decref(o);
	if (doc != NULL)
		line = realloc(doc, n + 2);
	if (line == NULL) {
		free(doc);
		return NULL;
	}
	memcpy(line + n, "\n", 2);
	return line;
}

char *
render_status(const struct admin_status *s)
{
	return print(status(s));
}

static json_t *
pending(const struct admin_pending *p)
{
	json_t *o = json_object();

	set(&o, "id", number(p->id));
	set(&o, "name", text(p->name));
	set(&o, "from", text(p->from));
	set(&o, "words", text(p->words));
	set(&o, "state", text(p->state));
	set(&o, "connected", json_boolean(p->connected));
	set(&o, "age_s", number(p->age_s));
	set(&o, "left_s", number(p->left_s));
	set(&o, "csr", json_string(p->csr)); /* base64: nothing to escape */
	return o;
}

static json_t *
expected(const struct admin_expected *x)
{
	json_t *o = json_object();

	set(&o, "id", number(x->id));
	set(&o, "name", text(x->name));
	set(&o, "words", text(x->words));
	set(&o, "left_s", number(x->left_s));
	return o;
}

char *
render_pending(const struct admin_enrolment *e)
{
	json_t *o = json_object(), *list = json_array(), *soon = json_array();

	for (size_t i = 0; i < e->n_pending; i++)
		append(&list, pending(&e->pending[i]));
	for (size_t i = 0; i < e->n_expected; i++)
		append(&soon, expected(&e->expected[i]));
	set(&o, "listen", text(e->listen));
	set(&o, "pin", text(e->pin));
	set(&o, "pending", list);
	set(&o, "expected", soon);
	set(&o, "asked", number(e->asked));
	set(&o, "approved", number(e->approved));
	set(&o, "rejected", number(e->rejected));
	set(&o, "expired", number(e->expired));
	set(&o, "refused", number(e->refused));
	set(&o, "turned_away", number(e->turned_away));
	return print(o);
}

char *
render_decided(const struct admin_decided *d)
{
	json_t *o = json_object();

	set(&o, "id", number(d->id));
	set(&o, "expected", json_boolean(d->expected));
	set(&o, "name", text(d->name));
	set(&o, "words", text(d->words));
	if (d->tenant != NULL) {
		set(&o, "tenant", text(d->tenant));
		set(&o, "agent", text(d->agent));
	}
	set(&o, "tenant_known", json_boolean(d->tenant_known));
	return print(o);
}

static json_t *
stream(const struct admin_stream *s)
{
	char id[ADMIN_STREAM_ID_TEXT];
	json_t *o = json_object();

	(void)snprintf(id, sizeof(id), "%" PRIu32 "-%" PRIu64, s->id.worker,
	    s->id.number);
	set(&o, "id", text(id));
	set(&o, "tenant", text(s->tenant));
	set(&o, "agent", text(s->agent));
	set(&o, "service", text(s->service));
	set(&o, "client", text(s->client));
	set(&o, "bytes_in", number(s->bytes_in));
	set(&o, "bytes_out", number(s->bytes_out));
	set(&o, "age_ms", number(s->age_ms));
	set(&o, "worker", number(s->id.worker));
	return o;
}

char *
render_streams(const struct admin_streams *s)
{
	json_t *o = json_object(), *list = json_array();

	for (size_t i = 0; i < s->n; i++)
		append(&list, stream(&s->streams[i]));
	set(&o, "total", number(s->total));
	set(&o, "streams", list);
	return print(o);
}

char *
render_closed(uint64_t n)
{
	json_t *o = json_object();

	set(&o, "closed", number(n));
	return print(o);
}

static json_t *
change(const struct admin_change *c)
{
	json_t *o = json_object();

	set(&o, "action", text(c->action));
	if (c->tenant != NULL)
		set(&o, "tenant", text(c->tenant));
	if (c->service != NULL)
		set(&o, "service", text(c->service));
	if (c->key != NULL)
		set(&o, "key", text(c->key));
	if (c->before != NULL)
		set(&o, "before", text(c->before));
	if (c->after != NULL)
		set(&o, "after", text(c->after));
	set(&o, "restart", json_boolean(c->restart));
	set(&o, "agents", number(c->agents));
	set(&o, "connections", number(c->connections));
	return o;
}

char *
render_plan(const struct admin_plan *p)
{
	json_t *o = json_object(), *list = json_array();

	for (size_t i = 0; i < p->n; i++)
		append(&list, change(&p->changes[i]));
	set(&o, "file", text(p->file));
	set(&o, "digest", text(p->digest));
	set(&o, "applied", json_boolean(p->applied));
	set(&o, "changes", list);
	return print(o);
}

char *
render_link(const char *link, unsigned seconds)
{
	json_t *o = json_object();

	set(&o, "link", text(link));
	set(&o, "seconds", number(seconds));
	return print(o);
}

char *
render_upgraded(const struct admin_upgraded *u)
{
	json_t *o = json_object();

	set(&o, "pid", json_integer(u->pid));
	set(&o, "tunnels", number(u->tunnels));
	set(&o, "connections", number(u->connections));
	set(&o, "waiting", number(u->waiting));
	set(&o, "paused_ms", number(u->paused_ms));
	return print(o);
}

char *
render_health(const struct admin_status *s)
{
	json_t *o = json_object();

	set(&o, "ok", json_boolean(!s->draining));
	return print(o);
}

char *
render_error(const char *sentence)
{
	json_t *o = json_object();

	set(&o, "error", text(sentence));
	return print(o);
}

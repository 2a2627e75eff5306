/* render.c — what admin.h declares as JSON.
 *
 * Thread: any. Invariant: the names here are a promise to scripts; new ones may
 * come, none may change. Without memory the whole document is NULL: a text that
 * was cut takes nothing more (str.h), so one check at the end is enough.     */
#include "admin/render.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX 256u /* bytes of it are shown, then "..." */

void
render_begin(struct render *r)
{
	str_heap_init(&r->text);
	json_begin(&r->j, &r->text.s);
}

char *
render_end(struct render *r)
{
	json_end(&r->j);
	str_char(&r->text.s, '\n');
	return str_heap_take(&r->text);
}

/* str_untrusted leaves UTF-8 and nothing odd in it. Most texts have nothing in them
 * that it would change. */
void
render_text(struct json_out *j, const char *key, const char *value)
{
	struct slice in = slice_str(value == NULL ? "" : value);
	char mem[1024];
	struct str shown;

	if (in.n > TEXT_MAX || str_plain(in) < in.n) {
		str_init(&shown, mem, sizeof(mem));
		str_untrusted(&shown, in, TEXT_MAX);
		in = slice_of(mem, shown.len);
	}
	json_text(j, key, in, SIZE_MAX);
}

void
render_number(struct json_out *j, const char *key, uint64_t n)
{
	json_u64(j, key, MIN(n, (uint64_t)INT64_MAX));
}


static void
worker(struct json_out *j, const struct admin_worker *w)
{
	json_open_object(j, NULL);
	render_number(j, "index", w->index);
	render_number(j, "sessions", w->sessions);
	render_number(j, "streams", w->streams);
	render_number(j, "busy_percent", w->busy);
	render_number(j, "loop_turns", w->loop_turns);
	render_number(j, "bytes_in", w->bytes_in);
	render_number(j, "bytes_out", w->bytes_out);
	json_end(j);
}

static void
refused(struct json_out *j, const struct admin_refused *r)
{
	json_open_object(j, "refused");
	for (enum refusal i = 0; i < REFUSALS; i++)
		render_number(j, refusal_name(i), r->n[i]);
	json_end(j);
}

static void
renewed(struct json_out *j, const struct admin_renewed *r)
{
	json_open_object(j, "renewed");
	for (enum renewed i = 0; i < RENEWED; i++)
		render_number(j, renewed_name(i), r->n[i]);
	json_end(j);
}

static void
bandwidth(struct json_out *j, const struct admin_bandwidth *b)
{
	json_open_object(j, "bandwidth");
	render_number(j, "up", b->up);
	render_number(j, "down", b->down);
	json_end(j);
}

static void
service(struct json_out *j, const struct admin_service *s)
{
	json_open_object(j, NULL);
	render_text(j, "name", s->name);
	render_text(j, "listen", s->listen);
	render_number(j, "connections", s->connections);
	refused(j, &s->refused);
	bandwidth(j, &s->bandwidth);
	json_end(j);
}

static void
health(struct json_out *j, const struct admin_health *h)
{
	json_open_object(j, NULL);
	render_text(j, "service", h->service);
	json_bool(j, "ok", h->ok);
	render_text(j, "state", !h->ok ? "dead" : h->unproven ? "unknown" : "ok");
	json_end(j);
}

static void
lane(struct json_out *j, const struct admin_lane *l)
{
	json_open_object(j, NULL);
	render_number(j, "lane", l->lane);
	render_number(j, "worker", l->worker);
	render_number(j, "rtt_us", l->rtt_us);
	render_number(j, "streams", l->streams);
	render_number(j, "bytes_in", l->bytes_in);
	render_number(j, "bytes_out", l->bytes_out);
	json_bool(j, "connected", l->connected);
	render_number(j, "away_s", l->away_s);
	json_end(j);
}

static void
lanes(struct json_out *j, const struct admin_agent *a)
{
	json_open_array(j, "lanes");
	for (size_t i = 0; i < a->n_lanes; i++)
		lane(j, &a->lanes[i]);
	json_end(j);
}

static void
agent(struct json_out *j, const struct admin_agent *a, bool shown)
{
	json_open_object(j, NULL);
	render_text(j, "agent", a->agent);
	render_text(j, "state", a->connected ? "up" : a->n_lanes > 0 ? "away" : "off");
	render_text(j, "address", a->address);
	json_bool(j, "connected", a->connected);
	render_number(j, "away_s", a->away_s);
	render_number(j, "worker", a->worker);
	render_number(j, "rtt_us", a->rtt_us);
	render_number(j, "uptime_s", a->uptime_s);
	render_number(j, "streams", a->streams);
	render_number(j, "bytes_in", a->bytes_in);
	render_number(j, "bytes_out", a->bytes_out);
	render_text(j, "software", a->software);
	json_i64(j, "not_after", a->not_after);
	json_i64(j, "last_seen", a->last_seen);
	render_text(j, "why", a->why);
	if (!shown) {
		render_text(j, "cipher", a->cipher);
		render_text(j, "issued_by", a->issued_by);
		render_number(j, "trusted", a->trusted);
	}
	json_open_array(j, "services_health");
	for (size_t i = 0; i < a->n_services_health; i++)
		health(j, &a->services_health[i]);
	json_end(j);
	if (!shown)
		lanes(j, a);
	json_end(j);
}

static void
limits(struct json_out *j, const struct admin_limits *l)
{
	json_open_object(j, "limits");
	render_number(j, "agents", l->agents);
	render_number(j, "streams", l->streams);
	render_number(j, "connections_per_second", l->connections_per_second);
	render_number(j, "memory", l->memory);
	render_number(j, "quota", l->quota);
	json_end(j);
}

static void
tenant(struct json_out *j, const struct admin_tenant *t, bool shown)
{
	json_open_object(j, NULL);
	render_text(j, "name", t->name);
	render_number(j, "streams", t->streams);
	render_number(j, "used", t->used);
	json_open_array(j, "services");
	for (size_t i = 0; i < t->n_services; i++)
		service(j, &t->services[i]);
	json_end(j);
	json_open_array(j, "agents");
	for (size_t i = 0; i < t->n_agents; i++)
		agent(j, &t->agents[i], shown);
	for (size_t i = 0; i < t->n_offs; i++)
		agent(j, &t->offs[i], shown);
	json_end(j);
	limits(j, &t->limits);
	bandwidth(j, &t->bandwidth);
	refused(j, &t->refused);
	renewed(j, &t->renewed);
	json_end(j);
}

/* What ends by itself, what is refused, and what must be looked after. */
static void
trust(struct json_out *j, const struct admin_status *s)
{
	json_i64(j, "not_before", s->not_before);
	json_i64(j, "not_after", s->not_after);
	render_number(j, "crl_number", s->crl_number);
	json_i64(j, "crl_next_update", s->crl_next_update);
	render_number(j, "trust_sequence", s->trust_sequence);
	render_number(j, "denied", s->denied);
	json_open_array(j, "alarms");
	for (size_t i = 0; i < s->n_alarms; i++)
		render_text(j, NULL, s->alarms[i]);
	json_end(j);
}

static char *
status(const struct admin_status *s, bool shown)
{
	struct render r;

	render_begin(&r);
	render_text(&r.j, "version", s->version);
	json_i64(&r.j, "pid", s->pid);
	render_number(&r.j, "uptime_s", s->uptime_s);
	render_text(&r.j, "listen", s->listen);
	json_bool(&r.j, "draining", s->draining);
	render_text(&r.j, "month", s->month);
	trust(&r.j, s);
	render_number(&r.j, "handshakes_failed", s->handshakes_failed);
	render_number(&r.j, "bans", s->bans);
	renewed(&r.j, &s->renewed);
	json_open_array(&r.j, "workers");
	for (size_t i = 0; i < s->n_workers; i++)
		worker(&r.j, &s->workers[i]);
	json_end(&r.j);
	json_open_array(&r.j, "tenants");
	for (size_t i = 0; i < s->n_tenants; i++)
		tenant(&r.j, &s->tenants[i], shown);
	json_end(&r.j);
	return render_end(&r);
}

char *
render_status(const struct admin_status *s)
{
	return status(s, false);
}

char *
render_shown(const struct admin_status *s)
{
	return status(s, true);
}

static void
pending(struct json_out *j, const struct admin_pending *p)
{
	json_open_object(j, NULL);
	render_number(j, "id", p->id);
	render_text(j, "name", p->name);
	render_text(j, "from", p->from);
	render_text(j, "words", p->words);
	render_text(j, "state", p->state);
	json_bool(j, "connected", p->connected);
	render_number(j, "age_s", p->age_s);
	render_number(j, "left_s", p->left_s);
	json_text(j, "csr", slice_str(p->csr), SIZE_MAX); /* PEM: many lines */
	json_end(j);
}

static void
expected(struct json_out *j, const struct admin_expected *x)
{
	json_open_object(j, NULL);
	render_number(j, "id", x->id);
	render_text(j, "name", x->name);
	render_text(j, "words", x->words);
	render_number(j, "left_s", x->left_s);
	json_end(j);
}

char *
render_pending(const struct admin_enrolment *e)
{
	struct render r;

	render_begin(&r);
	render_text(&r.j, "listen", e->listen);
	render_text(&r.j, "pin", e->pin);
	json_open_array(&r.j, "pending");
	for (size_t i = 0; i < e->n_pending; i++)
		pending(&r.j, &e->pending[i]);
	json_end(&r.j);
	json_open_array(&r.j, "expected");
	for (size_t i = 0; i < e->n_expected; i++)
		expected(&r.j, &e->expected[i]);
	json_end(&r.j);
	render_number(&r.j, "asked", e->asked);
	render_number(&r.j, "approved", e->approved);
	render_number(&r.j, "rejected", e->rejected);
	render_number(&r.j, "expired", e->expired);
	render_number(&r.j, "refused", e->refused);
	render_number(&r.j, "turned_away", e->turned_away);
	return render_end(&r);
}

char *
render_decided(const struct admin_decided *d)
{
	struct render r;

	render_begin(&r);
	render_number(&r.j, "id", d->id);
	json_bool(&r.j, "expected", d->expected);
	render_text(&r.j, "name", d->name);
	render_text(&r.j, "words", d->words);
	if (d->tenant != NULL) {
		render_text(&r.j, "tenant", d->tenant);
		render_text(&r.j, "agent", d->agent);
	}
	json_bool(&r.j, "tenant_known", d->tenant_known);
	return render_end(&r);
}

static void
stream_id(struct json_out *j, const struct admin_stream_id *id)
{
	char mem[ADMIN_STREAM_ID_TEXT];
	struct str s;

	str_init(&s, mem, sizeof(mem));
	str_u64(&s, id->worker);
	str_char(&s, '-');
	str_u64(&s, id->number);
	json_text(j, "id", slice_of(mem, s.len), SIZE_MAX);
}

static void
stream(struct json_out *j, const struct admin_stream *s)
{
	json_open_object(j, NULL);
	stream_id(j, &s->id);
	render_text(j, "tenant", s->tenant);
	render_text(j, "agent", s->agent);
	render_text(j, "service", s->service);
	render_text(j, "client", s->client);
	render_number(j, "bytes_in", s->bytes_in);
	render_number(j, "bytes_out", s->bytes_out);
	render_number(j, "age_ms", s->age_ms);
	render_number(j, "worker", s->id.worker);
	json_end(j);
}

char *
render_streams(const struct admin_streams *s)
{
	struct render r;

	render_begin(&r);
	render_number(&r.j, "total", s->total);
	json_open_array(&r.j, "streams");
	for (size_t i = 0; i < s->n; i++)
		stream(&r.j, &s->streams[i]);
	json_end(&r.j);
	return render_end(&r);
}

char *
render_closed(uint64_t n)
{
	struct render r;

	render_begin(&r);
	render_number(&r.j, "closed", n);
	return render_end(&r);
}

static void
if_known(struct json_out *j, const char *key, const char *value)
{
	if (value != NULL)
		render_text(j, key, value);
}

static void
change(struct json_out *j, const struct admin_change *c)
{
	json_open_object(j, NULL);
	render_text(j, "action", c->action);
	if_known(j, "tenant", c->tenant);
	if_known(j, "service", c->service);
	if_known(j, "key", c->key);
	if_known(j, "before", c->before);
	if_known(j, "after", c->after);
	json_bool(j, "restart", c->restart);
	render_number(j, "agents", c->agents);
	render_number(j, "connections", c->connections);
	json_end(j);
}

char *
render_plan(const struct admin_plan *p)
{
	struct render r;

	render_begin(&r);
	render_text(&r.j, "file", p->file);
	render_text(&r.j, "digest", p->digest);
	json_bool(&r.j, "applied", p->applied);
	json_open_array(&r.j, "changes");
	for (size_t i = 0; i < p->n; i++)
		change(&r.j, &p->changes[i]);
	json_end(&r.j);
	return render_end(&r);
}

char *
render_link(const char *link, unsigned seconds)
{
	struct render r;

	render_begin(&r);
	render_text(&r.j, "link", link);
	render_number(&r.j, "seconds", seconds);
	return render_end(&r);
}

char *
render_upgraded(const struct admin_upgraded *u)
{
	struct render r;

	render_begin(&r);
	json_i64(&r.j, "pid", u->pid);
	render_number(&r.j, "tunnels", u->tunnels);
	render_number(&r.j, "connections", u->connections);
	render_number(&r.j, "waiting", u->waiting);
	render_number(&r.j, "paused_ms", u->paused_ms);
	return render_end(&r);
}

char *
render_health(const struct admin_status *s)
{
	struct render r;

	render_begin(&r);
	json_bool(&r.j, "ok", !s->draining);
	return render_end(&r);
}

char *
render_error(const char *sentence)
{
	struct render r;

	render_begin(&r);
	render_text(&r.j, "error", sentence);
	return render_end(&r);
}

/* metrics.c — struct admin_status in the text format of Prometheus, or as OpenMetrics.
 *
 * Thread: any. Invariant: the names are a promise to dashboards and alerts; new
 * ones may come, none may change. All samples of a name stand together, because
 * the formats want it so: hence a walk over everything for each.             */
#include "admin/metrics.h"

#include <stddef.h>
#include <string.h>

#include "base/str_heap.h"

#define LABEL_MAX 256
#define US_PER_S 1000000
#define COUNTER "counter"
#define GAUGE "gauge"

struct out {
	struct str_heap text;
	struct str *s; /* of text */
	bool open;     /* OpenMetrics */
};

static bool
ends(const char *name, size_t n, const char *with)
{
	size_t k = strlen(with);

	return n > k && memcmp(name + n - k, with, k) == 0;
}

static void
meta(struct out *o, const char *what, struct slice name, const char *text)
{
	str_add(o->s, what);
	str_add_n(o->s, (const char *)name.p, name.n);
	str_char(o->s, ' ');
	str_add(o->s, text);
	str_char(o->s, '\n');
}

/* OpenMetrics names a counter without _total, which its samples have, and a unit. */
static void
family(struct out *o, const char *name, const char *type, const char *help)
{
	size_t n = strlen(name);
	struct slice family;

	if (o->open && strcmp(type, COUNTER) == 0)
		n -= strlen("_total");
	family = slice_of(name, n);
	meta(o, "# HELP ", family, help);
	meta(o, "# TYPE ", family, type);
	if (o->open && (ends(name, n, "_seconds") || ends(name, n, "_bytes")))
		meta(o, "# UNIT ", family, ends(name, n, "_bytes") ? "bytes" : "seconds");
}

/* One value of a label: what a peer said, made harmless, then quoted. */
static void
label(struct out *o, char before, const char *name, const char *value)
{
	char mem[LABEL_MAX * 4];
	struct slice in = slice_str(value);
	struct str shown;

	str_char(o->s, before);
	str_add(o->s, name);
	str_add(o->s, "=\"");
	if (in.n > LABEL_MAX || str_plain(in) < in.n) {
		str_init(&shown, mem, sizeof(mem));
		str_untrusted(&shown, in, LABEL_MAX);
		in = slice_of(mem, shown.len);
	}
	for (;;) {
		size_t n = str_plain(in);

		str_add_n(o->s, (const char *)in.p, n);
		in = slice_skip(in, n);
		if (in.n == 0)
			break;
		if (*in.p == '"' || *in.p == '\\')
			str_char(o->s, '\\');
		str_char(o->s, (char)*in.p);
		in = slice_skip(in, 1);
	}
	str_char(o->s, '"');
}

static void
signed_number(struct out *o, int64_t n)
{
	if (n < 0)
		str_char(o->s, '-');
	str_u64(o->s, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

static void
seconds(struct out *o, uint64_t us)
{
	char digits[7] = "000000";
	uint64_t rest = us % US_PER_S;

	for (unsigned i = 6; i > 0; rest /= 10)
		digits[--i] = (char)('0' + rest % 10);
	str_u64(o->s, us / US_PER_S);
	str_char(o->s, '.');
	str_add(o->s, digits);
}

/* Behind labels. */
static void
value(struct out *o, uint64_t n)
{
	str_add(o->s, "} ");
	str_u64(o->s, n);
	str_char(o->s, '\n');
}

/* A family of one sample, without labels. */
static void
single(struct out *o, const char *name, const char *type, int64_t n, const char *help)
{
	family(o, name, type, help);
	str_add(o->s, name);
	str_char(o->s, ' ');
	signed_number(o, n);
	str_char(o->s, '\n');
}

/* --- the relay and its workers --------------------------------------------- */

static void
relay(struct out *o, const struct admin_status *s)
{
	family(o, "atlax_relay_info", GAUGE, "Always 1; the version is a label.");
	str_add(o->s, "atlax_relay_info");
	label(o, '{', "version", s->version);
	value(o, 1);
	single(o, "atlax_uptime_seconds", GAUGE, (int64_t)s->uptime_s,
	    "Time since the relay was started.");
	single(o, "atlax_draining", GAUGE, s->draining,
	    "Whether the relay waits for its end.");
	single(o, "atlax_handshakes_failed_total", COUNTER, (int64_t)s->handshakes_failed,
	    "Agents turned away by TLS or at HELLO.");
	single(o, "atlax_sessions_resumed_total", COUNTER, (int64_t)s->timings.resumed,
	    "Connections of agents that went on with the session of one that was lost.");
	single(o, "atlax_bans_total", COUNTER, (int64_t)s->bans,
	    "Bans of sources that have begun.");
	single(o, "atlax_memory_bytes", GAUGE, (int64_t)s->memory,
	    "Memory that sessions and visitors hold, of all tenants.");
	if (s->memory_max > 0)
		single(o, "atlax_memory_limit_bytes", GAUGE, (int64_t)s->memory_max,
		    "limits.memory: beyond it visitors are turned away.");
}

/* What ends by itself, and what is refused. */
static void
trust(struct out *o, const struct admin_status *s)
{
	single(o, "atlax_relay_certificate_expiry_timestamp_seconds", GAUGE,
	    s->not_after, "When the relay's certificate ends.");
	single(o, "atlax_crl_expiry_timestamp_seconds", GAUGE, s->crl_next_update,
	    "When the revocation list in force ends: no agent can connect then.");
	single(o, "atlax_crl_number", GAUGE, (int64_t)s->crl_number,
	    "Number of the revocation list in force.");
	single(o, "atlax_denied_entries", GAUGE, (int64_t)s->denied,
	    "Names and keys that atlax revoke has named.");
	single(o, "atlax_alarms", GAUGE, (int64_t)s->n_alarms,
	    "Sentences that atlax status begins with: a "
	    "list or certificate on the disk that is refused, or has expired.");
}

/* --- how long things take ----------------------------------------------------- */

static void
bucket(struct out *o, const char *name, const char *end, uint64_t n)
{
	str_add(o->s, name);
	str_add(o->s, "_bucket");
	label(o, '{', "le", end);
	value(o, n);
}

static void
histogram(struct out *o, const char *name, const struct histogram *h, const char *help)
{
	uint64_t n = 0;

	family(o, name, "histogram", help);
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		char end[24] = "+Inf";
		struct out text = { .s = &(struct str){ .p = NULL } };

		if (i + 1 < HISTOGRAM_BUCKETS) {
			str_init(text.s, end, sizeof(end));
			seconds(&text, histogram_end_us(i));
		}
		n += h->n[i];
		bucket(o, name, end, n);
	}
	str_add(o->s, name);
	str_add(o->s, "_sum ");
	seconds(o, h->sum_us);
	str_char(o->s, '\n');
	str_add(o->s, name);
	str_add(o->s, "_count ");
	str_u64(o->s, n);
	str_char(o->s, '\n');
}

static void
timings(struct out *o, const struct timings *t)
{
	histogram(o, "atlax_handshake_seconds", &t->handshake,
	    "From an agent's connection until it may be used.");
	histogram(o, "atlax_dial_seconds", &t->dial,
	    "From a visitor's OPEN to the agent's OPENED: the way there, its dial, the "
	    "way back.");
	histogram(o, "atlax_rtt_seconds", &t->rtt,
	    "Round trips to agents, each tunnel looked at every 16 s.");
	histogram(o, "atlax_queueing_seconds", &t->queueing,
	    "The same less the tunnel's shortest: time spent in queues on the way.");
}

#define WORKER(name, type, member, help) \
	{ "atlax_worker_" name, type, help, offsetof(struct admin_worker, member) }

static void
workers(struct out *o, const struct admin_status *s)
{
	static const struct {
		const char *name, *type, *help;
		size_t member;
	} rows[] = {
		WORKER("sessions", GAUGE, sessions, "Tunnels of this thread."),
		WORKER("streams", GAUGE, streams, "Connections carried by this thread."),
		WORKER("busy_percent", GAUGE, busy,
		    "Of a processor, in the last second."),
		WORKER("loop_turns_total", COUNTER, loop_turns,
		    "Turns of its loop; one that stands still hangs."),
		WORKER("received_bytes", GAUGE, bytes_in,
		    "Payload from agents that are connected now."),
		WORKER("sent_bytes", GAUGE, bytes_out,
		    "Payload to agents that are connected now."),
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		family(o, rows[i].name, rows[i].type, rows[i].help);
		for (size_t k = 0; k < s->n_workers; k++) {
			const char *w = (const char *)&s->workers[k];

			str_add(o->s, rows[i].name);
			str_add(o->s, "{worker=\"");
			str_u64(o->s, s->workers[k].index);
			str_char(o->s, '"');
			value(o, *(const uint64_t *)(const void *)(w + rows[i].member));
		}
	}
}

/* --- tenants and services --------------------------------------------------- */

static uint64_t
count_connected(const struct admin_tenant *t)
{
	uint64_t n = 0;

	for (size_t i = 0; i < t->n_agents; i++)
		n += t->agents[i].connected;
	return n;
}

static void
tenants(struct out *o, const struct admin_status *s)
{
	family(o, "atlax_tenant_streams", GAUGE, "Connections open now.");
	for (size_t i = 0; i < s->n_tenants; i++) {
		str_add(o->s, "atlax_tenant_streams");
		label(o, '{', "tenant", s->tenants[i].name);
		value(o, s->tenants[i].streams);
	}
	family(o, "atlax_tenant_agents", GAUGE, "Agents connected now.");
	for (size_t i = 0; i < s->n_tenants; i++) {
		str_add(o->s, "atlax_tenant_agents");
		label(o, '{', "tenant", s->tenants[i].name);
		value(o, count_connected(&s->tenants[i]));
	}
}

static void
memory(struct out *o, const struct admin_status *s)
{
	static const char held[] = "atlax_tenant_memory_bytes",
	    most[] = "atlax_tenant_memory_limit_bytes";

	family(o, held, GAUGE, "Memory that its sessions and visitors hold.");
	for (size_t i = 0; i < s->n_tenants; i++) {
		str_add(o->s, held);
		label(o, '{', "tenant", s->tenants[i].name);
		value(o, s->tenants[i].memory);
	}
	family(o, most, GAUGE, "Its limits.memory, where it has one.");
	for (size_t i = 0; i < s->n_tenants; i++) {
		if (s->tenants[i].limits.memory == 0)
			continue;
		str_add(o->s, most);
		label(o, '{', "tenant", s->tenants[i].name);
		value(o, s->tenants[i].limits.memory);
	}
}

static void
quota(struct out *o, const struct admin_status *s)
{
	static const char used[] = "atlax_quota_used_bytes", most[] = "atlax_quota_bytes";

	family(o, used, GAUGE, "What its visitors moved in this month (UTC), both ways.");
	for (size_t i = 0; i < s->n_tenants; i++) {
		str_add(o->s, used);
		label(o, '{', "tenant", s->tenants[i].name);
		value(o, s->tenants[i].used);
	}
	family(o, most, GAUGE, "Its limits.quota, where it has one.");
	for (size_t i = 0; i < s->n_tenants; i++) {
		if (s->tenants[i].limits.quota == 0)
			continue;
		str_add(o->s, most);
		label(o, '{', "tenant", s->tenants[i].name);
		value(o, s->tenants[i].limits.quota);
	}
}

static void
refused(struct out *o, const struct admin_status *s)
{
	family(o, "atlax_tenant_refused_total", COUNTER,
	    "Connections of visitors that were turned away.");
	for (size_t i = 0; i < s->n_tenants; i++) {
		for (enum refusal k = 0; k < REFUSALS; k++) {
			str_add(o->s, "atlax_tenant_refused_total");
			label(o, '{', "tenant", s->tenants[i].name);
			label(o, ',', "reason", refusal_name(k));
			value(o, s->tenants[i].refused.n[k]);
		}
	}
}

static void
renewed(struct out *o, const struct admin_status *s)
{
	static const char all[] = "atlax_renewals_total",
	    each[] = "atlax_tenant_renewals_total";

	family(o, all, COUNTER, "Requests of agents for their next certificate, by what "
	    "came of them, also of agents that are of no tenant here.");
	for (enum renewed k = 0; k < RENEWED; k++) {
		str_add(o->s, all);
		label(o, '{', "result", renewed_name(k));
		value(o, s->renewed.n[k]);
	}
	family(o, each, COUNTER, "The same, of each tenant.");
	for (size_t i = 0; i < s->n_tenants; i++) {
		for (enum renewed k = 0; k < RENEWED; k++) {
			str_add(o->s, each);
			label(o, '{', "tenant", s->tenants[i].name);
			label(o, ',', "result", renewed_name(k));
			value(o, s->tenants[i].renewed.n[k]);
		}
	}
}

static void
service_labels(struct out *o, const char *name, const struct admin_tenant *t,
    const struct admin_service *s)
{
	str_add(o->s, name);
	label(o, '{', "tenant", t->name);
	label(o, ',', "service", s->name);
}

static void
services_refused(struct out *o, const struct admin_status *s)
{
	static const char name[] = "atlax_service_refused_total";

	family(o, name, COUNTER, "The same, of each service that there is now.");
	for (size_t i = 0; i < s->n_tenants; i++) {
		const struct admin_tenant *t = &s->tenants[i];

		for (size_t k = 0; k < t->n_services; k++) {
			for (enum refusal r = 0; r < REFUSALS; r++) {
				service_labels(o, name, t, &t->services[k]);
				label(o, ',', "reason", refusal_name(r));
				value(o, t->services[k].refused.n[r]);
			}
		}
	}
}

static void
services(struct out *o, const struct admin_status *s)
{
	family(o, "atlax_service_connections_total", COUNTER,
	    "Connections of visitors that were accepted.");
	for (size_t i = 0; i < s->n_tenants; i++) {
		const struct admin_tenant *t = &s->tenants[i];

		for (size_t k = 0; k < t->n_services; k++) {
			service_labels(o, "atlax_service_connections_total", t,
			    &t->services[k]);
			value(o, t->services[k].connections);
		}
	}
}

/* --- agents ------------------------------------------------------------------ */

static void
agent_labels(struct out *o, const char *name, const struct admin_tenant *t,
    const struct admin_agent *a)
{
	str_add(o->s, name);
	label(o, '{', "tenant", t->name);
	label(o, ',', "agent", a->agent);
}

/* Two processes of one name, one of which is being replaced, stand side by side; a
 * name and its labels may be said once only.                                  */
static bool
is_named_before(const struct admin_tenant *t, size_t i)
{
	return i > 0 && strcmp(t->agents[i].agent, t->agents[i - 1].agent) == 0;
}

/* Calls row for every agent of every tenant. */
static void
each_agent(struct out *o, const struct admin_status *s, const char *name,
    void (*row)(struct out *, const char *, const struct admin_tenant *,
    const struct admin_agent *))
{
	for (size_t i = 0; i < s->n_tenants; i++) {
		const struct admin_tenant *t = &s->tenants[i];

		for (size_t k = 0; k < t->n_agents; k++)
			if (!is_named_before(t, k))
				row(o, name, t, &t->agents[k]);
	}
}

static void
connected(struct out *o, const char *name, const struct admin_tenant *t,
    const struct admin_agent *a)
{
	agent_labels(o, name, t, a);
	value(o, a->connected);
}

static void
rtt(struct out *o, const char *name, const struct admin_tenant *t, const struct admin_agent *a)
{
	agent_labels(o, name, t, a);
	str_add(o->s, "} ");
	seconds(o, a->rtt_us);
	str_char(o->s, '\n');
}

static void
streams(struct out *o, const char *name, const struct admin_tenant *t,
    const struct admin_agent *a)
{
	agent_labels(o, name, t, a);
	value(o, a->streams);
}

static void
received(struct out *o, const char *name, const struct admin_tenant *t,
    const struct admin_agent *a)
{
	agent_labels(o, name, t, a);
	value(o, a->bytes_in);
}

static void
sent(struct out *o, const char *name, const struct admin_tenant *t, const struct admin_agent *a)
{
	agent_labels(o, name, t, a);
	value(o, a->bytes_out);
}

static void
replay(struct out *o, const char *name, const struct admin_tenant *t,
    const struct admin_agent *a)
{
	agent_labels(o, name, t, a);
	value(o, a->replay_bytes);
}

static void
expiry(struct out *o, const char *name, const struct admin_tenant *t,
    const struct admin_agent *a)
{
	agent_labels(o, name, t, a);
	str_add(o->s, "} ");
	signed_number(o, a->not_after);
	str_char(o->s, '\n');
}

static void
health(struct out *o, const char *name, const struct admin_tenant *t,
    const struct admin_agent *a)
{
	for (size_t i = 0; i < a->n_services_health; i++) {
		agent_labels(o, name, t, a);
		label(o, ',', "service", a->services_health[i].service);
		value(o, a->services_health[i].ok);
	}
}

static void
agents(struct out *o, const struct admin_status *s)
{
	static const struct {
		const char *name, *type, *help;
		void (*row)(struct out *, const char *, const struct admin_tenant *,
		    const struct admin_agent *);
	} rows[] = {
		{ "atlax_agent_connected", GAUGE,
		  "Whether it is, or only its streams wait for it.", connected },
		{ "atlax_agent_rtt_seconds", GAUGE, "Round trip of the last ping.", rtt },
		{ "atlax_agent_streams", GAUGE, "Connections carried now.", streams },
		{ "atlax_agent_received_bytes_total", COUNTER,
		  "Payload from it, since it connected.", received },
		{ "atlax_agent_sent_bytes_total", COUNTER,
		  "Payload to it, since it connected.", sent },
		{ "atlax_agent_replay_bytes", GAUGE,
		  "Memory for what it has not said yet to have received.", replay },
		{ "atlax_agent_certificate_expiry_timestamp_seconds", GAUGE,
		  "When its certificate ends.", expiry },
		{ "atlax_agent_service_healthy", GAUGE,
		  "Whether it reached the service the last time.", health },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		family(o, rows[i].name, rows[i].type, rows[i].help);
		each_agent(o, s, rows[i].name, rows[i].row);
	}
}

char *
metrics_render(const struct admin_status *s, bool open)
{
	struct out o = { .open = open };

	str_heap_init(&o.text);
	o.s = &o.text.s;
	relay(&o, s);
	trust(&o, s);
	timings(&o, &s->timings);
	workers(&o, s);
	tenants(&o, s);
	memory(&o, s);
	quota(&o, s);
	refused(&o, s);
	renewed(&o, s);
	services_refused(&o, s);
	services(&o, s);
	agents(&o, s);
	if (open)
		str_add(o.s, "# EOF\n");
	return str_heap_take(&o.text);
}

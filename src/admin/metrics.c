/* metrics.c — struct admin_status in the text format of Prometheus.
 *
 * Thread: any. Invariant: the names are a promise to dashboards and alerts; new
 * ones may come, none may change. All samples of a name stand together, because
 * the format wants it so: hence a walk over everything for each.             */
#include "admin/metrics.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define LABEL_MAX 256
#define US_PER_S 1000000

static void
family(FILE *f, const char *name, const char *type, const char *help)
{
	fprintf(f, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* One value of a label: what a peer said, made harmless, then quoted. */
static void
label(FILE *f, char before, const char *name, const char *value)
{
	char mem[LABEL_MAX * 4];
	struct str shown;

	str_init(&shown, mem, sizeof(mem));
	str_untrusted(&shown, slice_str(value), LABEL_MAX);
	fprintf(f, "%c%s=\"", before, name);
	for (const char *p = mem; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			fputc('\\', f);
		fputc(*p, f);
	}
	fputc('"', f);
}

static void
value(FILE *f, uint64_t n)
{
	fprintf(f, "} %" PRIu64 "\n", n);
}

/* --- the relay and its workers --------------------------------------------- */

static void
relay(FILE *f, const struct admin_status *s)
{
	family(f, "atlax_relay_info", "gauge", "Always 1; the version is a label.");
	fputs("atlax_relay_info", f);
	label(f, '{', "version", s->version);
	value(f, 1);
	family(f, "atlax_uptime_seconds", "gauge", "Time since the relay was started.");
	fprintf(f, "atlax_uptime_seconds %" PRIu64 "\n", s->uptime_s);
	family(f, "atlax_draining", "gauge", "Whether the relay waits for its end.");
	fprintf(f, "atlax_draining %d\n", s->draining);
	family(f, "atlax_handshakes_failed_total", "counter",
	    "Agents turned away by TLS or at HELLO.");
	fprintf(f, "atlax_handshakes_failed_total %" PRIu64 "\n", s->handshakes_failed);
	family(f, "atlax_bans_total", "counter", "Bans of sources that have begun.");
	fprintf(f, "atlax_bans_total %" PRIu64 "\n", s->bans);
}

/* What ends by itself, and what is refused. */
static void
trust(FILE *f, const struct admin_status *s)
{
	family(f, "atlax_relay_certificate_expiry_timestamp_seconds", "gauge",
	    "When the relay's certificate ends.");
	fprintf(f, "atlax_relay_certificate_expiry_timestamp_seconds %" PRId64 "\n",
	    s->not_after);
	family(f, "atlax_crl_expiry_timestamp_seconds", "gauge",
	    "When the revocation list in force ends: no agent can connect then.");
	fprintf(f, "atlax_crl_expiry_timestamp_seconds %" PRId64 "\n",
	    s->crl_next_update);
	family(f, "atlax_crl_number", "gauge", "Number of the revocation list in force.");
	fprintf(f, "atlax_crl_number %" PRIu64 "\n", s->crl_number);
	family(f, "atlax_denied_entries", "gauge",
	    "Names and keys that atlax revoke has named.");
	fprintf(f, "atlax_denied_entries %" PRIu64 "\n", s->denied);
	family(f, "atlax_alarms", "gauge", "Sentences that atlax status begins with: a "
	    "list or certificate on the disk that is refused, or has expired.");
	fprintf(f, "atlax_alarms %zu\n", s->n_alarms);
}

#define WORKER(name, type, member, help) \
	{ "atlax_worker_" name, type, help, offsetof(struct admin_worker, member) }

static void
workers(FILE *f, const struct admin_status *s)
{
	static const struct {
		const char *name, *type, *help;
		size_t member;
	} rows[] = {
		WORKER("sessions", "gauge", sessions, "Tunnels of this thread."),
		WORKER("streams", "gauge", streams, "Connections carried by this thread."),
		WORKER("loop_turns_total", "counter", loop_turns,
		    "Turns of its loop; one that stands still hangs."),
		WORKER("received_bytes", "gauge", bytes_in,
		    "Payload from agents that are connected now."),
		WORKER("sent_bytes", "gauge", bytes_out,
		    "Payload to agents that are connected now."),
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		family(f, rows[i].name, rows[i].type, rows[i].help);
		for (size_t k = 0; k < s->n_workers; k++) {
			const char *w = (const char *)&s->workers[k];

			fprintf(f, "%s{worker=\"%" PRIu32 "\"", rows[i].name,
			    s->workers[k].index);
			value(f, *(const uint64_t *)(const void *)(w + rows[i].member));
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
tenants(FILE *f, const struct admin_status *s)
{
	family(f, "atlax_tenant_streams", "gauge", "Connections open now.");
	for (size_t i = 0; i < s->n_tenants; i++) {
		fputs("atlax_tenant_streams", f);
		label(f, '{', "tenant", s->tenants[i].name);
		value(f, s->tenants[i].streams);
	}
	family(f, "atlax_tenant_agents", "gauge", "Agents connected now.");
	for (size_t i = 0; i < s->n_tenants; i++) {
		fputs("atlax_tenant_agents", f);
		label(f, '{', "tenant", s->tenants[i].name);
		value(f, count_connected(&s->tenants[i]));
	}
}

static void
refused(FILE *f, const struct admin_status *s)
{
	family(f, "atlax_tenant_refused_total", "counter",
	    "Connections of visitors that were turned away.");
	for (size_t i = 0; i < s->n_tenants; i++) {
		for (enum refusal k = 0; k < REFUSALS; k++) {
			fputs("atlax_tenant_refused_total", f);
			label(f, '{', "tenant", s->tenants[i].name);
			label(f, ',', "reason", refusal_name(k));
			value(f, s->tenants[i].refused.n[k]);
		}
	}
}

static void
service_labels(FILE *f, const char *name, const struct admin_tenant *t,
    const struct admin_service *s)
{
	fputs(name, f);
	label(f, '{', "tenant", t->name);
	label(f, ',', "service", s->name);
}

static void
services_refused(FILE *f, const struct admin_status *s)
{
	static const char name[] = "atlax_service_refused_total";

	family(f, name, "counter", "The same, of each service that there is now.");
	for (size_t i = 0; i < s->n_tenants; i++) {
		const struct admin_tenant *t = &s->tenants[i];

		for (size_t k = 0; k < t->n_services; k++) {
			for (enum refusal r = 0; r < REFUSALS; r++) {
				service_labels(f, name, t, &t->services[k]);
				label(f, ',', "reason", refusal_name(r));
				value(f, t->services[k].refused.n[r]);
			}
		}
	}
}

static void
services(FILE *f, const struct admin_status *s)
{
	family(f, "atlax_service_connections_total", "counter",
	    "Connections of visitors that were accepted.");
	for (size_t i = 0; i < s->n_tenants; i++) {
		const struct admin_tenant *t = &s->tenants[i];

		for (size_t k = 0; k < t->n_services; k++) {
			service_labels(f, "atlax_service_connections_total", t,
			    &t->services[k]);
			value(f, t->services[k].connections);
		}
	}
}

/* --- agents ------------------------------------------------------------------ */

static void
agent_labels(FILE *f, const char *name, const struct admin_tenant *t,
    const struct admin_agent *a)
{
	fputs(name, f);
	label(f, '{', "tenant", t->name);
	label(f, ',', "agent", a->agent);
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
each_agent(FILE *f, const struct admin_status *s, const char *name,
    void (*row)(FILE *, const char *, const struct admin_tenant *,
    const struct admin_agent *))
{
	for (size_t i = 0; i < s->n_tenants; i++) {
		const struct admin_tenant *t = &s->tenants[i];

		for (size_t k = 0; k < t->n_agents; k++)
			if (!is_named_before(t, k))
				row(f, name, t, &t->agents[k]);
	}
}

static void
connected(FILE *f, const char *name, const struct admin_tenant *t,
    const struct admin_agent *a)
{
	agent_labels(f, name, t, a);
	value(f, a->connected);
}

static void
rtt(FILE *f, const char *name, const struct admin_tenant *t, const struct admin_agent *a)
{
	agent_labels(f, name, t, a);
	fprintf(f, "} %" PRIu64 ".%06" PRIu64 "\n", a->rtt_us / US_PER_S,
	    a->rtt_us % US_PER_S);
}

static void
streams(FILE *f, const char *name, const struct admin_tenant *t,
    const struct admin_agent *a)
{
	agent_labels(f, name, t, a);
	value(f, a->streams);
}

static void
received(FILE *f, const char *name, const struct admin_tenant *t,
    const struct admin_agent *a)
{
	agent_labels(f, name, t, a);
	value(f, a->bytes_in);
}

static void
sent(FILE *f, const char *name, const struct admin_tenant *t, const struct admin_agent *a)
{
	agent_labels(f, name, t, a);
	value(f, a->bytes_out);
}

static void
expiry(FILE *f, const char *name, const struct admin_tenant *t,
    const struct admin_agent *a)
{
	agent_labels(f, name, t, a);
	fprintf(f, "} %" PRId64 "\n", a->not_after);
}

static void
health(FILE *f, const char *name, const struct admin_tenant *t,
    const struct admin_agent *a)
{
	for (size_t i = 0; i < a->n_services_health; i++) {
		agent_labels(f, name, t, a);
		label(f, ',', "service", a->services_health[i].service);
		value(f, a->services_health[i].ok);
	}
}

static void
agents(FILE *f, const struct admin_status *s)
{
	static const struct {
		const char *name, *type, *help;
		void (*row)(FILE *, const char *, const struct admin_tenant *,
		    const struct admin_agent *);
	} rows[] = {
		{ "atlax_agent_connected", "gauge",
		  "Whether it is, or only its streams wait for it.", connected },
		{ "atlax_agent_rtt_seconds", "gauge", "Round trip of the last ping.", rtt },
		{ "atlax_agent_streams", "gauge", "Connections carried now.", streams },
		{ "atlax_agent_received_bytes_total", "counter",
		  "Payload from it, since it connected.", received },
		{ "atlax_agent_sent_bytes_total", "counter",
		  "Payload to it, since it connected.", sent },
		{ "atlax_agent_certificate_expiry_timestamp_seconds", "gauge",
		  "When its certificate ends.", expiry },
		{ "atlax_agent_service_healthy", "gauge",
		  "Whether it reached the service the last time.", health },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		family(f, rows[i].name, rows[i].type, rows[i].help);
		each_agent(f, s, rows[i].name, rows[i].row);
	}
}

char *
metrics_render(const struct admin_status *s)
{
	char *doc = NULL;
	size_t n;
	FILE *f = open_memstream(&doc, &n);
	bool failed;

	if (f == NULL)
		return NULL;
	relay(f, s);
	trust(f, s);
	workers(f, s);
	tenants(f, s);
	refused(f, s);
	services_refused(f, s);
	services(f, s);
	agents(f, s);
	failed = ferror(f) != 0;
	if (fclose(f) == 0 && !failed)
		return doc;
	free(doc);
	return NULL;
}

/* status_text.c — tables: services, agents, limits, and who was turned away.
 *
 * Thread: any. Invariant: nothing in the document is taken for granted; jansson
 * gives 0 or NULL for what is not there or of another type.                  */
#include "cmd/status_text.h"

#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "cmd/doc.h"
#include "cmd/health.h"
#include "cmd/human.h"
#include "cmd/table.h"

#define DAY_S 86400

static const char *
text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s == NULL || *s == '\0' ? "-" : s;
}

/* --- services -------------------------------------------------------------- */

static bool
services(const json_t *tenants, FILE *out)
{
	static const char *const names[] = { "TENANT", "SERVICE", "LISTEN",
		"CONNECTIONS", "HEALTH", "CAUSE" };
	const json_t *tenant, *s;
	struct health health;
	struct table t;
	size_t i, k;

	table_begin(&t, names, ARRAY_LEN(names));
	json_array_foreach(tenants, i, tenant) {
		json_array_foreach(json_object_get(tenant, "services"), k, s) {
			table_cell(&t, text(tenant, "name"));
			table_cell(&t, text(s, "name"));
			table_cell(&t, text(s, "listen"));
			table_number(&t, doc_number(s, "connections"));
			health_of(tenant, text(s, "name"), &health);
			table_cell(&t, health.state);
			table_cell(&t, health.cause[0] == '\0' ? "-" : health.cause);
		}
	}
	return table_finish(&t, out);
}

/* --- agents ---------------------------------------------------------------- */

static void
add_certificate(struct table *t, const json_t *agent, int64_t now_s)
{
	json_int_t end = json_integer_value(json_object_get(agent, "not_after"));
	char mem[48];
	struct str s;

	str_init(&s, mem, sizeof(mem));
	if (end == 0) {
		str_add(&s, "-");
	} else if (end <= now_s) {
		str_add(&s, "expired");
	} else {
		human_seconds(&s, (uint64_t)(end - now_s));
		str_add(&s, " left");
	}
	table_cell(t, mem);
}

static void
add_agent(struct table *t, const json_t *tenant, const json_t *a, int64_t now_s)
{
	bool up = json_is_true(json_object_get(a, "connected"));

	table_cell(t, text(tenant, "name"));
	table_cell(t, text(a, "agent"));
	table_cell(t, text(a, "address"));
	table_cell(t, doc_state(a));
	table_human(t, human_seconds, doc_number(a, up ? "uptime_s" : "away_s"));
	table_human(t, human_rtt, doc_number(a, "rtt_us"));
	table_number(t, json_array_size(json_object_get(a, "lanes")));
	table_number(t, doc_number(a, "streams"));
	table_human(t, human_bytes, doc_number(a, "bytes_in"));
	table_human(t, human_bytes, doc_number(a, "bytes_out"));
	add_certificate(t, a, now_s);
	table_cell(t, text(a, "cipher"));
	table_cell(t, text(a, "software"));
}

static bool
agents(const json_t *tenants, int64_t now_s, FILE *out)
{
	static const char *const names[] = { "TENANT", "AGENT", "ADDRESS", "STATE",
		"FOR", "RTT", "LANES", "STREAMS", "IN", "OUT", "CERTIFICATE", "CIPHER",
		"SOFTWARE" };
	const json_t *tenant, *a;
	struct table t;
	size_t i, k;

	table_begin(&t, names, ARRAY_LEN(names));
	json_array_foreach(tenants, i, tenant)
		json_array_foreach(json_object_get(tenant, "agents"), k, a)
			add_agent(&t, tenant, a, now_s);
	return table_finish(&t, out);
}

/* --- the rest -------------------------------------------------------------- */

static bool
refused(const json_t *tenants, FILE *out)
{
	static const char *const names[] = { "TENANT", "REFUSED: NO AGENT", "LIMIT",
		"RATE", "MEMORY", "SOURCE", "PER SOURCE", "BANNED", "QUOTA" };
	static const char *const keys[] = { "no_agent", "limit", "rate", "memory",
		"source", "per_source", "banned", "quota" };
	const json_t *tenant;
	struct table t;
	size_t i;

	table_begin(&t, names, ARRAY_LEN(names));
	json_array_foreach(tenants, i, tenant) {
		const json_t *r = json_object_get(tenant, "refused");
		uint64_t any = 0;

		for (size_t k = 0; k < ARRAY_LEN(keys); k++)
			any |= doc_number(r, keys[k]);
		if (any == 0)
			continue;
		table_cell(&t, text(tenant, "name"));
		for (size_t k = 0; k < ARRAY_LEN(keys); k++)
			table_number(&t, doc_number(r, keys[k]));
	}
	return table_finish(&t, out);
}

static void
add_limit(struct table *t, const char *whose, const char *what, const char *is,
    const json_t *refused)
{
	table_cell(t, whose);
	table_cell(t, what);
	table_cell(t, is);
	if (refused == NULL)
		table_cell(t, "-");
	else
		table_number(t, (uint64_t)json_integer_value(refused));
}

/* Nobody is refused by these: they wait. */
static void
add_bandwidth(struct table *t, const char *whose, const json_t *o)
{
	static const struct {
		const char *key, *what;
	} rows[] = { { "up", "bytes/s to agents" }, { "down", "bytes/s to visitors" } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t n = doc_number(json_object_get(o, "bandwidth"), rows[i].key);
		char mem[32];
		struct str s;

		str_init(&s, mem, sizeof(mem));
		human_bytes(&s, n);
		if (n > 0)
			add_limit(t, whose, rows[i].what, mem, NULL);
	}
}

/* Shown from the beginning, for the end of it is near before anybody is refused. */
static void
add_quota(struct table *t, const json_t *tenant)
{
	uint64_t quota = doc_number(json_object_get(tenant, "limits"), "quota");
	uint64_t used = doc_number(tenant, "used");
	char mem[64];
	struct str s;

	if (quota == 0)
		return;
	str_init(&s, mem, sizeof(mem));
	human_bytes(&s, quota);
	str_add(&s, ", used ");
	human_bytes(&s, used);
	str_fmt(&s, " (%u %%)", (unsigned)(100.0 * (double)used / (double)quota));
	add_limit(t, text(tenant, "name"), "bytes in a month", mem,
	    json_object_get(json_object_get(tenant, "refused"), "quota"));
}

static void
add_limits(struct table *t, const json_t *tenant)
{
	const json_t *is = json_object_get(tenant, "limits");
	const json_t *refused = json_object_get(tenant, "refused");
	uint64_t rate = doc_number(is, "connections_per_second");
	char mem[32];
	struct str s;

	str_init(&s, mem, sizeof(mem));
	if (doc_number(refused, "limit") > 0) {
		str_u64(&s, doc_number(is, "streams"));
		add_limit(t, text(tenant, "name"), "streams", mem,
		    json_object_get(refused, "limit"));
	}
	str_init(&s, mem, sizeof(mem));
	if (rate > 0) {
		str_u64(&s, rate);
		add_limit(t, text(tenant, "name"), "connections/s", mem,
		    json_object_get(refused, "rate"));
	}
	str_init(&s, mem, sizeof(mem));
	if (doc_number(refused, "memory") > 0) {
		human_bytes(&s, doc_number(is, "memory"));
		add_limit(t, text(tenant, "name"), "memory", mem,
		    json_object_get(refused, "memory"));
	}
	add_quota(t, tenant);
	add_bandwidth(t, text(tenant, "name"), tenant);
}

/* Quotas and rates that are set, for usually there is none; and the other limits, which always
 * are, where they have refused somebody. */
static bool
limits(const json_t *tenants, FILE *out)
{
	static const char *const names[] = { "OF", "LIMIT", "IS", "REFUSED" };
	const json_t *tenant, *x;
	struct table t;
	size_t i, k;

	table_begin(&t, names, ARRAY_LEN(names));
	json_array_foreach(tenants, i, tenant) {
		add_limits(&t, tenant);
		json_array_foreach(json_object_get(tenant, "services"), k, x) {
			char mem[160];

			(void)snprintf(mem, sizeof(mem), "%.70s/%.70s",
			    text(tenant, "name"), text(x, "name"));
			add_bandwidth(&t, mem, x);
		}
	}
	return table_finish(&t, out);
}

static size_t
count_agents(const json_t *tenants, const char *state)
{
	const json_t *tenant, *a;
	size_t i, k, n = 0;

	json_array_foreach(tenants, i, tenant)
		json_array_foreach(json_object_get(tenant, "agents"), k, a)
			n += strcmp(doc_state(a), state) == 0;
	return n;
}

static const char *
plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void
summary(const json_t *doc, FILE *out)
{
	const json_t *tenants = json_object_get(doc, "tenants"), *tenant;
	size_t workers = json_array_size(json_object_get(doc, "workers"));
	size_t up = count_agents(tenants, "up"), n = json_array_size(tenants), i;
	size_t away = count_agents(tenants, "away");
	size_t off = count_agents(tenants, "off");
	uint64_t streams = 0, failed = doc_number(doc, "handshakes_failed");
	uint64_t bans = doc_number(doc, "bans");
	char mem[32];
	struct str s;

	str_init(&s, mem, sizeof(mem));
	human_seconds(&s, doc_number(doc, "uptime_s"));
	json_array_foreach(tenants, i, tenant)
		streams += doc_number(tenant, "streams");
	fprintf(out, "atlax-relay %s, process %" PRIu64 ", up %s%s\n",
	    text(doc, "version"), doc_number(doc, "pid"), mem,
	    json_is_true(json_object_get(doc, "draining")) ? ", draining" : "");
	fprintf(out, "agents connect to %s; %zu worker%s\n", text(doc, "listen"),
	    workers, plural(workers));
	fprintf(out, "%zu tenant%s, %zu agent%s up, %" PRIu64 " stream%s open\n",
	    n, plural(n), up, plural(up), streams, plural(streams));
	if (away > 0)
		fprintf(out, "%zu agent%s away, whose streams wait\n", away,
		    plural(away));
	if (off > 0)
		fprintf(out, "%zu agent%s off\n", off, plural(off));
	if (failed > 0)
		fprintf(out, "%" PRIu64 " connection%s to the agents' port failed\n",
		    failed, plural(failed));
	if (bans > 0)
		fprintf(out, "%" PRIu64 " ban%s of sources since the start\n", bans,
		    plural(bans));
}

/* Of agents' certificates; silent where nothing was renewed yet. */
static void
renewed(const json_t *n, FILE *out)
{
	uint64_t late = doc_number(n, "late");
	uint64_t made = doc_number(n, "issued") + late;
	uint64_t refused = doc_number(n, "refused");
	uint64_t late_refused = doc_number(n, "late_refused");

	if (made + refused + late_refused == 0)
		return;
	fprintf(out, "%" PRIu64 " certificate%s renewed", made, plural(made));
	if (late > 0)
		fprintf(out, ", %" PRIu64 " of them late", late);
	if (refused + late_refused > 0)
		fprintf(out, "; %" PRIu64 " request%s refused", refused + late_refused,
		    plural(refused + late_refused));
	if (late_refused > 0)
		fprintf(out, ", %" PRIu64 " of them late", late_refused);
	fputs("\n", out);
}

static int64_t
days_left(const json_t *doc, const char *key, int64_t now_s)
{
	return (json_integer_value(json_object_get(doc, key)) - now_s) / DAY_S;
}

static void
trust(const json_t *doc, int64_t now_s, FILE *out)
{
	uint64_t denied = doc_number(doc, "denied");
	const json_t *alarm;
	char mem[1024];
	size_t i;

	if (doc_number(doc, "not_after") == 0)
		return; /* an older relay */
	fprintf(out, "certificate for %" PRId64 " days, revocation list %" PRIu64
	    " for %" PRId64 " days", days_left(doc, "not_after", now_s),
	    doc_number(doc, "crl_number"), days_left(doc, "crl_next_update", now_s));
	if (denied > 0)
		fprintf(out, "; %" PRIu64 " refused by name or key", denied);
	fputs("\n", out);
	json_array_foreach(json_object_get(doc, "alarms"), i, alarm) {
		const char *what = json_string_value(alarm);
		struct str s;

		str_init(&s, mem, sizeof(mem));
		str_untrusted(&s, slice_str(what == NULL ? "?" : what), 240);
		fprintf(out, "ALARM: %s\n", mem);
	}
}

bool
status_text(const json_t *doc, int64_t now_s, FILE *out)
{
	const json_t *tenants = json_object_get(doc, "tenants");

	summary(doc, out);
	renewed(json_object_get(doc, "renewed"), out);
	trust(doc, now_s, out);
	return services(tenants, out) && agents(tenants, now_s, out) &&
	    limits(tenants, out) && refused(tenants, out);
}

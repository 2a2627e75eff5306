/* ls_text.c — the status document, turned into lines.
 *
 * Thread: any. Invariant: nothing in the document is taken for granted.      */
#include "cmd/ls_text.h"

#include "base/str.h"
#include "cmd/doc.h"
#include "cmd/health.h"
#include "cmd/human.h"
#include "cmd/table.h"

static json_int_t
number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

/* --- the list -------------------------------------------------------------- */

static json_t *
service(const json_t *tenant, const json_t *s)
{
	struct health h;

	health_of(tenant, doc_text(s, "name"), &h);
	return json_pack("{s:s s:s s:s s:s s:s s:I}", "tenant", doc_text(tenant, "name"),
	    "service", doc_text(s, "name"), "listen", doc_text(s, "listen"), "health", h.state,
	    "cause", h.cause, "connections", number(s, "connections"));
}

static json_t *
agent(const json_t *tenant, const json_t *a)
{
	bool up = json_is_true(json_object_get(a, "connected"));

	return json_pack("{s:s s:s s:s s:s s:s s:I s:I s:I s:I s:I s:s s:I}", "tenant",
	    doc_text(tenant, "name"), "agent", doc_text(a, "agent"), "state",
	    doc_state(a), "why", doc_text(a, "why"), "address",
	    doc_text(a, "address"), "last_seen", number(a, "last_seen"), "for_s",
	    number(a, up ? "uptime_s" : "away_s"), "rtt_us", number(a, "rtt_us"),
	    "streams", number(a, "streams"), "trusted", number(a, "trusted"),
	    "issued_by", doc_text(a, "issued_by"), "not_after",
	    number(a, "not_after"));
}

json_t *
ls_list(const json_t *doc)
{
	json_t *services = json_array(), *agents = json_array();
	const json_t *tenant, *x;
	size_t i, k;
	int bad = 0;

	json_array_foreach(json_object_get(doc, "tenants"), i, tenant) {
		json_array_foreach(json_object_get(tenant, "services"), k, x)
			bad |= json_array_append_new(services, service(tenant, x));
		json_array_foreach(json_object_get(tenant, "agents"), k, x)
			bad |= json_array_append_new(agents, agent(tenant, x));
	}
	if (bad == 0)
		return json_pack("{s:o s:o}", "services", services, "agents", agents);
	json_decref(services);
	json_decref(agents);
	return NULL;
}

/* --- the lines --------------------------------------------------------------- */

static void
cell(struct table *t, const char *s)
{
	table_cell(t, *s == '\0' ? "-" : s);
}

static void
name_cell(struct table *t, const json_t *o, const char *key)
{
	char mem[160];
	struct str s;

	str_init(&s, mem, sizeof(mem));
	str_fmt(&s, "%s/%s", doc_text(o, "tenant"), doc_text(o, key));
	table_cell(t, mem);
}

static bool
services_text(const json_t *list, FILE *out)
{
	static const char *const names[] = { "SERVICE", "LISTEN", "HEALTH", "CAUSE" };
	const json_t *s;
	struct table t;
	size_t i;
	bool ok;

	table_begin(&t, names, ARRAY_LEN(names));
	json_array_foreach(list, i, s) {
		name_cell(&t, s, "service");
		cell(&t, doc_text(s, "listen"));
		cell(&t, doc_text(s, "health"));
		cell(&t, doc_text(s, "cause"));
	}
	ok = table_print(&t, out);
	table_fini(&t);
	return ok;
}

static bool
agents_text(const json_t *list, FILE *out)
{
	static const char *const names[] = { "AGENT", "STATE", "FOR", "ADDRESS", "RTT",
		"STREAMS", "TRUST", "CA", "WHY" };
	const json_t *a;
	struct table t;
	size_t i;
	bool ok;
	char mem[24];

	table_begin(&t, names, ARRAY_LEN(names));
	json_array_foreach(list, i, a) {
		name_cell(&t, a, "agent");
		cell(&t, doc_text(a, "state"));
		table_human(&t, human_seconds, doc_number(a, "for_s"));
		cell(&t, doc_text(a, "address"));
		table_human(&t, human_rtt, doc_number(a, "rtt_us"));
		table_number(&t, doc_number(a, "streams"));
		(void)snprintf(mem, sizeof(mem), "%" JSON_INTEGER_FORMAT,
		    number(a, "trusted"));
		cell(&t, strcmp(mem, "0") == 0 ? "" : mem);
		cell(&t, doc_text(a, "issued_by"));
		cell(&t, doc_text(a, "why"));
	}
	ok = table_print(&t, out);
	table_fini(&t);
	return ok;
}

bool
ls_text(const json_t *list, FILE *out)
{
	bool ok = services_text(json_object_get(list, "services"), out);

	putc('\n', out);
	return agents_text(json_object_get(list, "agents"), out) && ok;
}

/* agent_status.c — what the agent of this machine says about itself, line by line,
 * as a document:
 *	certificate NOT_AFTER
 *	tunnel UP SECONDS RTT_US CONNECTIONS RELAY	up: has a connection
 *	service NAME HEALTH CONNECTIONS TARGET	as the last visitor found it
 * Thread: the only one.                                                      */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/service_map.h"
#include "atlax/exit.h"
#include "cmd/agent_socket.h"
#include "cmd/ask.h"
#include "cmd/doc.h"
#include "cmd/human.h"
#include "cmd/table.h"

static const char *
state_name(unsigned health)
{
	static const char *const names[] = { [HEALTH_UNKNOWN] = "unknown",
		[HEALTH_OK] = "ok", [HEALTH_DEGRADED] = "degraded",
		[HEALTH_DEAD] = "dead" };

	return names[health < ARRAY_LEN(names) ? health : HEALTH_UNKNOWN];
}

/* --- reading ------------------------------------------------------------------- */

/* False: out of memory. A line that is not understood is left out. */
static bool
read_line(const char *line, json_t *doc)
{
	char name[64], at[192];
	unsigned up, seconds, rtt, n, health;
	int64_t until;

	if (sscanf(line, "certificate %" SCNd64, &until) == 1)
		return json_object_set_new(doc, "not_after", json_integer(until)) == 0;
	if (sscanf(line, "tunnel %u %u %u %u %191[^\n]", &up, &seconds, &rtt, &n, at) == 5)
		return json_array_append_new(json_object_get(doc, "tunnels"),
		    json_pack("{s:s s:b s:I s:I s:I}", "relay", at, "connected", up,
		    up ? "uptime_s" : "away_s", (json_int_t)seconds,
		    "rtt_us", (json_int_t)rtt, "streams", (json_int_t)n)) == 0;
	if (sscanf(line, "service %63s %u %u %191[^\n]", name, &health, &n, at) == 4)
		return json_array_append_new(json_object_get(doc, "services"),
		    json_pack("{s:s s:s s:s s:I}", "name", name, "target", at,
		    "state", state_name(health), "streams", (json_int_t)n)) == 0;
	return true;
}

/* NULL: out of memory. */
static json_t *
read_all(FILE *f)
{
	json_t *doc = json_pack("{s:[] s:[]}", "tunnels", "services");
	char line[512];
	bool ok = doc != NULL;

	while (ok && fgets(line, sizeof(line), f) != NULL)
		ok = read_line(line, doc);
	if (!ok) {
		json_decref(doc);
		doc = NULL;
	}
	return doc;
}

/* --- for people ------------------------------------------------------------------ */

static bool
tunnels(const json_t *doc)
{
	static const char *const names[] = { "RELAY", "STATE", "FOR", "RTT", "STREAMS" };
	const json_t *x;
	struct table t;
	size_t i;

	table_begin(&t, names, ARRAY_LEN(names));
	json_array_foreach(json_object_get(doc, "tunnels"), i, x) {
		bool up = json_is_true(json_object_get(x, "connected"));

		table_cell(&t, doc_text(x, "relay"));
		table_cell(&t, up ? "up" : "away");
		table_human(&t, human_seconds, doc_number(x, up ? "uptime_s" : "away_s"));
		table_human(&t, human_rtt, doc_number(x, "rtt_us"));
		table_number(&t, doc_number(x, "streams"));
	}
	return table_finish(&t, stdout);
}

static bool
services(const json_t *doc)
{
	static const char *const names[] = { "SERVICE", "TARGET", "HEALTH", "STREAMS" };
	const json_t *x;
	struct table t;
	size_t i;

	table_begin(&t, names, ARRAY_LEN(names));
	json_array_foreach(json_object_get(doc, "services"), i, x) {
		table_cell(&t, doc_text(x, "name"));
		table_cell(&t, doc_text(x, "target"));
		table_cell(&t, doc_text(x, "state"));
		table_number(&t, doc_number(x, "streams"));
	}
	return table_finish(&t, stdout);
}

static bool
show(const json_t *doc)
{
	int64_t left = (int64_t)doc_number(doc, "not_after") - (int64_t)time(NULL);
	char mem[48];
	struct str s;

	str_init(&s, mem, sizeof(mem));
	human_seconds(&s, (uint64_t)MAX(left, 0));
	printf("atlax-agent; %s%s%s\n", left > 0 ? "certificate for " :
	    "its certificate has expired", left > 0 ? mem : "",
	    json_array_size(json_object_get(doc, "tunnels")) > 0 ? "" :
	    "; no tunnel: atlax doctor finds out why");
	return tunnels(doc) && services(doc);
}

int
agent_status(const char *program, const char *path, bool json)
{
	int fd = agent_ask(program, path, "status\n");
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	json_t *doc = NULL;
	bool ok = false;

	if (f == NULL)
		return AX_EXIT_FAILED;
	doc = read_all(f);
	(void)fclose(f);
	if (json_object_get(doc, "not_after") == NULL)
		fprintf(stderr, "%s: the agent gives no answer; is it older than this "
		    "program? Start it again.\n", program);
	else if (json)
		return ask_print_own(program, doc, AX_EXIT_OK);
	else
		ok = show(doc);
	json_decref(doc);
	return ask_written(program, ok ? AX_EXIT_OK : AX_EXIT_FAILED);
}

/* Tests of cmd/health.c and cmd/ls_text.c. */
#include "cmd/health.h"
#include "cmd/ls_text.h"

#include "../check_main.h"

#define LENDS(name, up, ok, state) "{\"agent\":\"" name "\",\"connected\":" up \
	",\"services_health\":[{\"service\":\"web\",\"ok\":" ok ",\"state\":\"" \
	state "\"}]}"
#define WELL(name) LENDS(name, "true", "true", "ok")
#define FRESH(name) LENDS(name, "true", "true", "unknown")
#define FAILS(name) LENDS(name, "true", "false", "dead")
#define AWAY(name) LENDS(name, "false", "true", "ok")

static void
expect(const char *agents, const char *state, const char *cause)
{
	char doc[2048];
	struct health h;
	json_t *o;

	snprintf(doc, sizeof(doc), "{\"agents\":[%s]}", agents);
	o = json_loads(doc, 0, NULL);
	ck_assert_ptr_nonnull(o);
	health_of(o, "web", &h);
	ck_assert_str_eq(h.state, state);
	ck_assert_str_eq(h.cause, cause);
	json_decref(o);
}

START_TEST(health_is_more_than_a_connection)
{
	expect("", "DEAD", "no agent is connected that lends it");
	expect("{\"agent\":\"x\",\"connected\":true}", "DEAD",
	    "no agent is connected that lends it");
	expect(WELL("nas"), "OK", "");
	expect(WELL("nas") "," FRESH("b"), "OK", "");
	expect(FRESH("nas"), "UNKNOWN", "nobody has used it since its agent started");
	expect(FAILS("nas"), "DEAD", "agent nas cannot reach it");
	expect(FAILS("a") "," FAILS("b"), "DEAD", "2 of 2 agents: cannot reach it");
	expect(FAILS("nas") "," WELL("b"), "DEGRADED", "agent nas cannot reach it");
	expect(AWAY("nas"), "DEAD", "agent nas is away");
	expect(AWAY("nas") "," WELL("b"), "DEGRADED", "agent nas is away");
	expect(FAILS("b") "," AWAY("nas"), "DEAD", "agent b cannot reach it");
}
END_TEST

START_TEST(an_older_relay_that_tells_no_state_is_believed)
{
	expect("{\"agent\":\"x\",\"connected\":true,\"services_health\":["
	    "{\"service\":\"web\",\"ok\":true}]}", "OK", "");
}
END_TEST

START_TEST(services_and_agents_have_a_line_each)
{
	static char mem[4096];
	FILE *f = fmemopen(mem, sizeof(mem), "w");
	json_t *doc = json_loads("{\"tenants\":[{\"name\":\"acme\",\"services\":["
	    "{\"name\":\"web\",\"listen\":\"0.0.0.0:80\"},{\"name\":\"db\"}],"
	    "\"agents\":[" FAILS("nas") ",{\"agent\":\"pi\",\"state\":\"off\","
	    "\"connected\":false,\"away_s\":7200,\"address\":\"192.0.2.7:4\","
	    "\"last_seen\":5,\"why\":\"no sign of life\",\"services_health\":[]}]}]}",
	    0, NULL);
	json_t *list = ls_list(doc);

	ck_assert_ptr_nonnull(list);
	ck_assert(ls_text(list, f));
	fclose(f);
	ck_assert_str_eq(mem,
	    "SERVICE   LISTEN      HEALTH  CAUSE\n"
	    "acme/web  0.0.0.0:80  DEAD    agent nas cannot reach it\n"
	    "acme/db   -           DEAD    no agent is connected that lends it\n"
	    "\n"
	    "AGENT     STATE  FOR        ADDRESS      RTT  STREAMS  TRUST  CA  WHY\n"
	    "acme/nas  up     0 s        -            -    0        -      -   -\n"
	    "acme/pi   off    2 h 0 min  192.0.2.7:4  -    0        -      -   "
	    "no sign of life\n");
	json_decref(list);
	json_decref(doc);
}
END_TEST

START_TEST(a_document_of_another_shape_is_survived)
{
	static const char *const odd[] = { "{}", "{\"tenants\":{\"a\":1}}",
		"{\"tenants\":[1,null,{\"agents\":[[],3],\"services\":[true]}]}" };

	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		json_t *doc = json_loads(odd[i], 0, NULL), *list = ls_list(doc);

		ck_assert_ptr_nonnull(list);
		json_decref(list);
		json_decref(doc);
	}
}
END_TEST

CHECK_MAIN("cmd/health", health_is_more_than_a_connection,
    an_older_relay_that_tells_no_state_is_believed,
    services_and_agents_have_a_line_each, a_document_of_another_shape_is_survived)

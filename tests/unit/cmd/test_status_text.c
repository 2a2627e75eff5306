/* Tests of cmd/status_text.c. */
#include "cmd/status_text.h"

#include "../check_main.h"

static const char *
shown(const char *json)
{
	static char mem[8192];
	json_error_t e;
	json_t *doc = json_loads(json, 0, &e);
	FILE *f = fmemopen(mem, sizeof(mem), "w");

	ck_assert_msg(doc != NULL, "%s", e.text);
	ck_assert_ptr_nonnull(f);
	ck_assert(status_text(doc, 1000000, f));
	fclose(f);
	json_decref(doc);
	return mem;
}

START_TEST(a_relay_with_one_agent_reads_well)
{
	ck_assert_str_eq(shown("{\"version\":\"0.1.0\",\"pid\":42,\"uptime_s\":90000,"
	    "\"listen\":\"0.0.0.0:8443\",\"workers\":[{},{}],\"tenants\":[{"
	    "\"name\":\"acme\",\"streams\":3,\"services\":["
	    "{\"name\":\"web\",\"listen\":\"0.0.0.0:80\",\"connections\":7},"
	    "{\"name\":\"ssh\",\"listen\":\"0.0.0.0:22\",\"connections\":0}],"
	    "\"agents\":[{\"agent\":\"nas\",\"address\":\"192.0.2.7:40000\","
	    "\"connected\":true,\"rtt_us\":23456,\"uptime_s\":61,\"streams\":3,"
	    "\"bytes_in\":2048,\"bytes_out\":5,\"cipher\":\"AES\","
	    "\"software\":\"atlax/0.1.0\",\"not_after\":1086400,"
	    "\"lanes\":[{\"lane\":0,\"worker\":1},{\"lane\":1,\"worker\":0}],"
	    "\"services_health\":[{\"service\":\"web\",\"ok\":true}]}],"
	    "\"refused\":{\"no_agent\":1,\"limit\":0,\"rate\":2,\"memory\":0,\"source\":3,"
	    "\"per_source\":4,\"banned\":5,\"quota\":6}}]}"),
	    "atlax-relay 0.1.0, process 42, up 1 d 1 h\n"
	    "agents connect to 0.0.0.0:8443; 2 workers\n"
	    "1 tenant, 1 agent up, 3 streams open\n"
	    "\n"
	    "TENANT  SERVICE  LISTEN      CONNECTIONS  HEALTH  CAUSE\n"
	    "acme    web      0.0.0.0:80  7            OK      -\n"
	    "acme    ssh      0.0.0.0:22  0            DEAD    "
	    "no agent is connected that lends it\n"
	    "\n"
	    "TENANT  AGENT  ADDRESS          STATE  FOR    RTT    LANES  STREAMS  IN       "
	    "OUT  CERTIFICATE   CIPHER  SOFTWARE\n"
	    "acme    nas    192.0.2.7:40000  up     1 min  23 ms  2      3        2.0 KiB  "
	    "5 B  1 d 0 h left  AES     atlax/0.1.0\n"
	    "\n"
	    "TENANT  REFUSED: NO AGENT  LIMIT  RATE  MEMORY  SOURCE  PER SOURCE  BANNED  "
	    "QUOTA\n"
	    "acme    1                  0      2     0       3       4           5       6\n");
}
END_TEST

START_TEST(an_empty_relay_shows_no_tables)
{
	ck_assert_str_eq(shown("{\"version\":\"1\",\"workers\":[{}],\"tenants\":[]}"),
	    "atlax-relay 1, process 0, up 0 s\n"
	    "agents connect to -; 1 worker\n"
	    "0 tenants, 0 agents up, 0 streams open\n");
}
END_TEST

START_TEST(who_is_off_is_neither_up_nor_away)
{
	const char *text = shown("{\"tenants\":[{\"name\":\"acme\",\"agents\":["
	    "{\"agent\":\"a\",\"state\":\"up\",\"connected\":true},"
	    "{\"agent\":\"b\",\"state\":\"off\",\"connected\":false,\"away_s\":60}]}]}");

	ck_assert_ptr_nonnull(strstr(text, ", 1 agent up, "));
	ck_assert_ptr_nonnull(strstr(text, "\n1 agent off\n"));
	ck_assert_ptr_null(strstr(text, "away"));
	ck_assert_ptr_nonnull(strstr(text, "\nacme    b      -        off    1 min  -  "));
	/* An older relay does not tell. */
	text = shown("{\"tenants\":[{\"agents\":[{\"connected\":false}]}]}");
	ck_assert_ptr_nonnull(strstr(text, "\n1 agent away, whose streams wait\n"));
}
END_TEST

START_TEST(renewals_are_shown_when_there_were_some)
{
	const char *text = shown("{\"renewed\":{\"issued\":11,\"refused\":0,"
	    "\"late\":1,\"late_refused\":2}}");

	ck_assert_ptr_nonnull(strstr(text, "\n12 certificates renewed, 1 of them late; "
	    "2 requests refused, 2 of them late\n"));
	text = shown("{\"renewed\":{\"issued\":1}}");
	ck_assert_ptr_nonnull(strstr(text, "\n1 certificate renewed\n"));
	ck_assert_ptr_null(strstr(shown("{\"renewed\":{\"late\":0}}"), "renewed"));
}
END_TEST

START_TEST(what_must_be_looked_after_is_said)
{
	const char *text = shown(
	    "{\"version\":\"1\",\"workers\":[{}],\"tenants\":[],"
	    "\"not_after\":1864000,\"crl_number\":7,\"crl_next_update\":1172800,"
	    "\"denied\":2,\"alarms\":[\"a list\\u001b is old\"]}");

	ck_assert_ptr_nonnull(strstr(text,
	    "\ncertificate for 10 days, revocation list 7 for 2 days; "
	    "2 refused by name or key\nALARM: a list\\x1b is old\n"));
}
END_TEST

START_TEST(limits_are_shown_where_they_are_set_or_refuse)
{
	const char *text = shown("{\"tenants\":[{\"name\":\"acme\",\"limits\":{"
	    "\"streams\":4096,\"connections_per_second\":50,\"memory\":1048576,"
	    "\"quota\":2048},\"used\":1900,"
	    "\"bandwidth\":{\"up\":0,\"down\":2048},\"refused\":{\"limit\":12,"
	    "\"rate\":0,\"memory\":3,\"quota\":1},\"services\":[{\"name\":\"web\","
	    "\"bandwidth\":{\"up\":5,\"down\":0}}]},{\"name\":\"calm\",\"limits\":{"
	    "\"streams\":1,\"connections_per_second\":0,\"memory\":1},"
	    "\"refused\":{\"limit\":0,\"memory\":0}}]}");

	ck_assert_ptr_nonnull(strstr(text,
	    "\nOF        LIMIT                IS                            REFUSED\n"
	    "acme      streams              4096                          12\n"
	    "acme      connections/s        50                            0\n"
	    "acme      memory               1.0 MiB                       3\n"
	    "acme      bytes in a month     2.0 KiB, used 1.8 KiB (92 %)  1\n"
	    "acme      bytes/s to visitors  2.0 KiB                       -\n"
	    "acme/web  bytes/s to agents    5 B                           -\n"
	    "\nTENANT"));
	ck_assert_ptr_null(strstr(text, "calm  "));
}
END_TEST

START_TEST(a_document_of_another_shape_is_survived)
{
	(void)shown("{\"crl_number\":\"x\",\"alarms\":[1,null]}");
	(void)shown("{}");
	(void)shown("{\"tenants\":{\"a\":1},\"workers\":\"no\",\"pid\":\"x\"}");
	(void)shown("{\"tenants\":[1,null,{\"agents\":[[],{\"not_after\":-5}],"
	    "\"services\":[true]}]}");
}
END_TEST

/* The words and the judgement are those of atlax ls (health.h). */
START_TEST(a_service_is_as_well_as_its_agents_say)
{
	const char *unused = "{\"tenants\":[{\"services\":[{\"name\":\"w\"}],\"agents\":["
	    "{\"connected\":true,\"services_health\":[{\"service\":\"w\",\"ok\":true,"
	    "\"state\":\"unknown\"}]}]}]}";
	const char *two = "{\"tenants\":[{\"services\":[{\"name\":\"w\"}],\"agents\":["
	    "{\"agent\":\"a\",\"connected\":true,\"services_health\":[{\"service\":\"w\","
	    "\"ok\":false}]},"
	    "{\"connected\":true,\"services_health\":[{\"service\":\"w\",\"ok\":true}]}"
	    "]}]}";

	ck_assert_ptr_nonnull(strstr(shown(unused), " UNKNOWN  nobody has used it"));
	ck_assert_ptr_nonnull(strstr(shown(two), " DEGRADED  agent a cannot reach it\n"));
}
END_TEST

CHECK_MAIN("cmd/status_text", limits_are_shown_where_they_are_set_or_refuse,
    a_relay_with_one_agent_reads_well, an_empty_relay_shows_no_tables,
    who_is_off_is_neither_up_nor_away, renewals_are_shown_when_there_were_some,
    what_must_be_looked_after_is_said,
    a_document_of_another_shape_is_survived,
    a_service_is_as_well_as_its_agents_say)

/* Tests of conf/check.c. */
#include "conf/parse.h"

#include "../check_main.h"
#include "files.h"

START_TEST(names_are_unique)
{
	relay_fails(changed(relay_yaml, "b-2", "acme"), AX_E_CONFIG, "r.yaml:14:11: ",
	    "the tenant \"acme\" stands here a second time");
	relay_fails(changed(relay_yaml, "name: ssh", "name: web"), AX_E_CONFIG,
	    "r.yaml:13:16: ", "the service \"web\" stands here a second time");
	agent_fails(changed(agent_yaml, "name: ssh", "name: web"), AX_E_CONFIG,
	    "a.yaml:6:12: ", "the service \"web\" stands here a second time");
}
END_TEST

START_TEST(two_tenants_may_use_the_same_service_name)
{
	struct conf_relay *c = relay_of(changed(relay_yaml, "- name: b-2",
	    "- {name: b-2, services: [{name: web, listen: \"127.0.0.1:9\"}]}"));

	ck_assert_str_eq(c->tenants[1].services[0].name, "web");
	conf_relay_free(&c);
}
END_TEST

START_TEST(a_tenant_has_as_many_services_as_an_agent_can_say)
{
	static char text[32 << 10];
	struct str s;

	str_init(&s, text, sizeof(text));
	str_add(&s, "tls: {certificate: c, key: k, agent_ca: a}\n"
	    "tenants: [{name: a, services: [\n");
	for (unsigned i = 0; i < 257; i++)
		str_fmt(&s, "{name: s%u, listen: \"127.0.0.1:%u\"},\n", i, 1000 + i);
	str_add(&s, "]}]\n");
	ck_assert(!s.cut);
	relay_fails(text, AX_E_CONFIG, "r.yaml:259:8: ",
	    "more than 256 services of one tenant");
}
END_TEST

START_TEST(a_port_belongs_to_one_service)
{
	relay_fails(changed(relay_yaml, "127.0.0.1:2222", "127.0.0.1:18080"), AX_E_CONFIG,
	    "r.yaml:13:29: ", "port 18080 belongs to acme/web already");
	relay_fails(changed(relay_yaml, "127.0.0.1:2222", "[::]:18080"), AX_E_CONFIG,
	    "r.yaml:13:29: ", "port 18080 belongs to acme/web already");
	relay_fails(changed(relay_yaml, "127.0.0.1:2222", "*:8443"), AX_E_CONFIG,
	    "r.yaml:13:29: ", "port 8443 is relay.listen already");
	relay_fails("enrol: {listen: \"[::]:8443\"}\ntls: {certificate: c, key: k, "
	    "agent_ca: a, crl: l}\n", AX_E_CONFIG, "r.yaml:1:",
	    "port 8443 is relay.listen already");
	relay_fails("admin: {remote: {listen: \"[::]:8443\"}}\ntls: {certificate: c, "
	    "key: k, agent_ca: a, crl: l}\n", AX_E_CONFIG, "r.yaml:1:",
	    "port 8443 is relay.listen already");
}
END_TEST

START_TEST(a_port_may_be_shared_by_two_addresses)
{
	struct conf_relay *c = relay_of(
	    changed(relay_yaml, "0.0.0.0:18080", "127.0.0.2:2222"));

	conf_relay_free(&c);
	c = relay_of(changed(relay_yaml, "127.0.0.1:2222", "[::1]:18080"));
	conf_relay_free(&c);
}
END_TEST

START_TEST(an_agent_needs_a_relay)
{
	agent_fails(changed(agent_yaml, "[\"relay.example.com:8443\", "
	    "\"[2001:db8::1]:8443\"]", "[]"), AX_E_CONFIG, "a.yaml:2:11: ",
	    "agent.relays is empty");
	agent_fails("tls: {certificate: a, key: b, relay_ca: c}", AX_E_CONFIG,
	    "a.yaml:1:1: ", "agent.relays is empty");
}
END_TEST

START_TEST(an_agent_needs_no_services)
{
	struct conf_agent *c = agent_of("agent: {relays: [\"a:1\"]}\n"
	    "tls: {certificate: a, key: b, relay_ca: c}\nservices: []\n");

	ck_assert_uint_eq(c->n_services, 0);
	conf_agent_free(&c);
}
END_TEST

START_TEST(settings_that_contradict_each_other_are_told)
{
	relay_fails(changed(relay_yaml, "budget: 8M, window: 64K",
	    "budget: 256K, window: 1M"), AX_E_CONFIG, "r.yaml:6:", "tunnel.window");
	agent_fails(changed(agent_yaml, "agent:\n",
	    "agent:\n  retry_min: 10s\n  retry_max: 2s\n"), AX_E_CONFIG,
	    "a.yaml:2:14: ", "agent.retry_min is longer than agent.retry_max");
}
END_TEST

START_TEST(a_socket_path_that_gets_too_long_is_told)
{
	char path[128], yaml[200];

	memset(path, 'x', sizeof(path));
	path[100] = '\0'; /* fits alone, not behind /etc/atlax/ */
	snprintf(yaml, sizeof(yaml), "{socket: %s}", path);
	relay_fails(changed(relay_yaml, "{socket: /run/atlax/relay.sock}", yaml),
	    AX_E_CONFIG, "r.yaml:4:19: ", "admin.socket");
}
END_TEST

START_TEST(metrics_are_for_this_machine)
{
	static const char *const bad[] = { "0.0.0.0:9464", "[::]:9464", "*:9464",
		"192.0.2.1:9464", "example.org:9464" };
	static const char *const good[] = { "127.9.9.9:9464", "[::1]:9464" };
	char yaml[200];

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		snprintf(yaml, sizeof(yaml), "{metrics: \"%s\"}", bad[i]);
		relay_fails(changed(relay_yaml, "{socket: /run/atlax/relay.sock}", yaml),
		    AX_E_CONFIG, "r.yaml:4:20: ", "admin.metrics");
	}
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct conf_relay *c;

		snprintf(yaml, sizeof(yaml), "{metrics: \"%s\"}", good[i]);
		c = relay_of(changed(relay_yaml, "{socket: /run/atlax/relay.sock}", yaml));
		ck_assert_str_eq(c->admin_metrics, good[i]);
		conf_relay_free(&c);
	}
}
END_TEST

START_TEST(the_dashboard_is_for_this_machine)
{
	struct conf_relay *c;

	relay_fails(changed(relay_yaml, "{socket: /run/atlax/relay.sock}",
	    "{dashboard: \"0.0.0.0:9443\"}"), AX_E_CONFIG, "r.yaml:4:22: ",
	    "admin.dashboard");
	c = relay_of(changed(relay_yaml, "{socket: /run/atlax/relay.sock}",
	    "{dashboard: \"[::1]:9443\"}"));
	ck_assert_str_eq(c->admin_dashboard, "[::1]:9443");
	conf_relay_free(&c);
}
END_TEST

/* The dead link is seen within a minute, whatever the file says. */
START_TEST(the_slowest_settings_still_see_a_dead_link_in_a_minute)
{
	const struct conf_row *beat = schema_find(&schema_relay, "tunnel", slice_str("heartbeat"));
	const struct conf_row *dead = schema_find(&schema_relay, "tunnel", slice_str("dead_after"));
	uint64_t a = 0, b = 0;

	ck_assert_int_eq(value_read(beat, beat->most, &a, NULL), 0);
	ck_assert_int_eq(value_read(dead, dead->most, &b, NULL), 0);
	ck_assert_uint_le(a + b, 60000);
	ck_assert_int_eq(value_read(beat, beat->fallback, &a, NULL), 0);
	ck_assert_int_eq(value_read(dead, dead->fallback, &b, NULL), 0);
	ck_assert_uint_le(a + b, 30000);
}
END_TEST

START_TEST(who_is_never_refused_cannot_be_banned)
{
	relay_fails(changed(relay_yaml, "name: ssh",
	    "per_source: {ban: {after: 5}}, name: ssh"), AX_E_CONFIG, "r.yaml:13:",
	    "per_source.ban: nobody is refused here; set per_source.connections or "
	    "per_source.connections_per_second as well");
}
END_TEST

START_TEST(thousands_of_tenants_are_no_trouble)
{
	enum { MANY = 5000 };
	static char text[MANY * 96];
	struct conf_relay *c;
	struct str s;

	str_init(&s, text, sizeof(text));
	str_add(&s, "tls: {certificate: a, key: b, agent_ca: c}\ntenants:\n");
	for (int i = 0; i < MANY; i++)
		str_fmt(&s, "- {name: t%d, services: [{name: w, "
		    "listen: \"127.0.0.1:%d\"}]}\n", i, 10000 + i);
	ck_assert(!s.cut);
	c = relay_of(text);
	ck_assert_uint_eq(c->n_tenants, MANY);
	conf_relay_free(&c);
}
END_TEST

CHECK_MAIN("conf/check", names_are_unique, a_tenant_has_as_many_services_as_an_agent_can_say,
    two_tenants_may_use_the_same_service_name,
    a_port_belongs_to_one_service, a_port_may_be_shared_by_two_addresses,
    an_agent_needs_a_relay,
    an_agent_needs_no_services,
    settings_that_contradict_each_other_are_told,
    a_socket_path_that_gets_too_long_is_told, metrics_are_for_this_machine,
    the_dashboard_is_for_this_machine,
    the_slowest_settings_still_see_a_dead_link_in_a_minute,
    who_is_never_refused_cannot_be_banned, thousands_of_tenants_are_no_trouble)

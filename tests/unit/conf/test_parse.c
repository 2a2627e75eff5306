/* Tests of conf/parse.c, and of conf/tree.c through it. */
#include "conf/parse.h"

#include "../check_main.h"
#include "files.h"

START_TEST(relay_gets_what_the_file_says)
{
	struct conf_relay *c = relay_of(relay_yaml);

	ck_assert_str_eq(c->file, "r.yaml");
	ck_assert_str_eq(c->listen, "0.0.0.0:8443");
	ck_assert_uint_eq(c->workers, 0);
	ck_assert_uint_eq(c->drain_ms, 30000);
	ck_assert_uint_eq(c->tunnel.heartbeat_ms, 20000);
	ck_assert_uint_eq(c->limits.memory, UINT64_C(2) << 30);
	ck_assert_uint_eq(c->n_tenants, 2);
	ck_assert_str_eq(c->tenants[0].name, "acme");
	ck_assert_int_eq(c->tenants[0].policy, CONF_POLICY_LEAST_LOADED);
	ck_assert_uint_eq(c->tenants[0].limits.agents, 5);
	ck_assert_uint_eq(c->tenants[0].limits.connections_per_second, 10);
	ck_assert_uint_eq(c->tenants[0].n_services, 2);
	ck_assert_str_eq(c->tenants[0].services[1].name, "ssh");
	ck_assert_str_eq(c->tenants[0].services[1].listen, "127.0.0.1:2222");
	ck_assert_int_eq(c->log.level, 3);
	ck_assert_int_eq(c->log.format, CONF_LOG_JSON);
	conf_relay_free(&c);
	ck_assert_ptr_null(c);
}
END_TEST

START_TEST(relay_gets_defaults_for_the_rest)
{
	struct conf_relay *c = relay_of(relay_yaml);

	ck_assert_uint_eq(c->wait_ms, 5000);
	ck_assert_uint_eq(c->limits.agents, 10000);
	ck_assert_uint_eq(c->tenants[0].limits.memory, 256u << 20);
	ck_assert_int_eq(c->tenants[1].policy, CONF_POLICY_NEWEST);
	ck_assert_uint_eq(c->tenants[1].limits.agents, 4);
	ck_assert_uint_eq(c->tenants[1].n_services, 0);
	conf_relay_free(&c);
	c = relay_of("tls: {certificate: a, key: b, agent_ca: c}");
	ck_assert_str_eq(c->admin_socket, RUNSTATEDIR "/atlax/relay.sock");
	ck_assert_ptr_null(c->crl);
	ck_assert_uint_eq(c->tunnel.heartbeat_ms, 15000);
	ck_assert_uint_eq(c->tunnel.dead_after_ms, 10000);
	ck_assert_uint_eq(c->tunnel.ring, 4u << 20);
	ck_assert_uint_eq(c->tunnel.budget, 8u << 20);
	ck_assert_uint_eq(c->tunnel.window, 16u << 10);
	ck_assert_int_eq(c->log.level, 2);
	conf_relay_free(&c);
}
END_TEST

START_TEST(agent_gets_file_and_defaults)
{
	struct conf_agent *c = agent_of(agent_yaml);

	ck_assert_uint_eq(c->n_relays, 2);
	ck_assert_str_eq(c->relays[1], "[2001:db8::1]:8443");
	ck_assert_uint_eq(c->retry_min_ms, 250);
	ck_assert_uint_eq(c->retry_max_ms, 30000);
	ck_assert_uint_eq(c->max_streams, 4096);
	ck_assert_uint_eq(c->tunnel.budget, 32u << 20);
	ck_assert_uint_eq(c->n_services, 2);
	ck_assert_uint_eq(c->services[0].dial_timeout_ms, 250);
	ck_assert_uint_eq(c->services[1].dial_timeout_ms, 5000);
	ck_assert_uint_eq(c->services[1].max_dials, 64);
	ck_assert_str_eq(c->services[1].target, "unix:/run/ssh.sock");
	conf_agent_free(&c);
}
END_TEST

START_TEST(relative_paths_begin_at_the_file)
{
	struct conf_relay *c = relay_of(relay_yaml);

	ck_assert_str_eq(c->certificate, "/etc/atlax/relay.crt");
	ck_assert_str_eq(c->crl, "/pki/agent.crl");
	conf_relay_free(&c);
}
END_TEST

START_TEST(unknown_keys_get_a_hint)
{
	relay_fails(changed(relay_yaml, "heartbeat", "hearbeat"), AX_E_SYNTAX,
	    "r.yaml:6:11: ", "unknown key \"hearbeat\"; did you mean \"heartbeat\"?");
	relay_fails(changed(relay_yaml, "policy", "colour"), AX_E_SYNTAX, "r.yaml:9:5: ",
	    "unknown key \"colour\"; known here: name, policy, duplicates, limits, "
	    "bandwidth, services, grants");
	/* a key of the other program is as unknown as any */
	relay_fails(changed(relay_yaml, "agent_ca", "relay_ca"), AX_E_SYNTAX,
	    "r.yaml:2:", "unknown key \"relay_ca\"");
	relay_fails(changed(relay_yaml, "{agents: 5", "{<<: 5"), AX_E_SYNTAX,
	    "r.yaml:10:14: ", "unknown key \"<<\"");
}
END_TEST

START_TEST(keys_given_twice_or_not_at_all_are_told)
{
	relay_fails(changed(relay_yaml, "log: ", "tls: "), AX_E_SYNTAX,
	    "r.yaml:15:1: ", "tls is given twice; remove one");
	relay_fails(changed(relay_yaml, "key: relay.key, ", ""), AX_E_CONFIG,
	    "r.yaml:2:10: ", "tls.key is missing; add it");
	relay_fails("relay: {workers: 1}", AX_E_CONFIG, "r.yaml:1:1: ",
	    "tls.certificate is missing");
	relay_fails(changed(relay_yaml, "name: web, ", ""), AX_E_CONFIG,
	    "r.yaml:12:9: ", "tenants[].services[].name is missing");
}
END_TEST

START_TEST(values_are_named_when_they_are_wrong)
{
	relay_fails(changed(relay_yaml, "20s", "2s"), AX_E_CONFIG, "r.yaml:6:22: ",
	    "tunnel.heartbeat: 2s is out of range; choose something from 5s to 30s");
	relay_fails(changed(relay_yaml, "20s", "20"), AX_E_CONFIG, "r.yaml:6:22: ",
	    "write a time with its unit");
	relay_fails(changed(relay_yaml, "least-loaded", "oldest"), AX_E_CONFIG,
	    "r.yaml:9:13: ", "choose one of: newest least-loaded");
	agent_fails(changed(agent_yaml, "relay.example.com:8443", "relay.example.com"),
	    AX_E_CONFIG, "a.yaml:2:12: ",
	    "agent.relays: there is no port; write host:port");
}
END_TEST

START_TEST(a_value_of_another_shape_is_refused)
{
	relay_fails(changed(relay_yaml, "{memory: 2G}", "3"), AX_E_SYNTAX,
	    "r.yaml:5:10: ", "limits must be a mapping of keys, this is a single value");
	relay_fails(changed(relay_yaml, "30s", "[30s]"), AX_E_SYNTAX, "r.yaml:1:57: ",
	    "relay.drain must be a single value, this is a list");
	relay_fails("[a]", AX_E_SYNTAX, "r.yaml:1:1: ", "the file must be a mapping");
	relay_fails(changed(relay_yaml, "{name: web, listen: \"0.0.0.0:18080\"}", "web"),
	    AX_E_SYNTAX, "r.yaml:12:9: ", "must be a mapping of keys");
	relay_fails(changed(relay_yaml, "relay.key", "~"), AX_E_SYNTAX, "r.yaml:2:40: ",
	    "tls.key has no value");
	relay_fails(changed(relay_yaml, "relay.key", ""), AX_E_SYNTAX, "r.yaml:2:",
	    "tls.key has no value");
	agent_fails(changed(agent_yaml, "[\"relay.example.com:8443\", "
	    "\"[2001:db8::1]:8443\"]", "r:1"), AX_E_SYNTAX, "a.yaml:2:11: ",
	    "agent.relays must be a list");
}
END_TEST

START_TEST(what_hides_meaning_in_yaml_is_refused)
{
	relay_fails(changed(relay_yaml, "auto", "&x auto"), AX_E_SYNTAX,
	    "r.yaml:1:44: ", "anchors");
	relay_fails(changed(relay_yaml, "auto", "*x"), AX_E_SYNTAX,
	    "r.yaml:1:44: ", "aliases");
	relay_fails(changed(relay_yaml, "auto", "!!str auto"), AX_E_SYNTAX,
	    "r.yaml:1:44: ", "tags");
	relay_fails(changed(relay_yaml, "{memory", "&m {memory"), AX_E_SYNTAX,
	    "r.yaml:5:10: ", "anchors");
	relay_fails(changed(relay_yaml, "\"0.0.0.0:18080\"", "! [1]"), AX_E_SYNTAX,
	    "r.yaml:12:29: ", "tags");
	relay_fails("a: b\n---\nc: d\n", AX_E_SYNTAX, "r.yaml:2:1: ", "second document");
	relay_fails("[a]: b\n", AX_E_SYNTAX, "r.yaml:1:1: ", "a key must be a word");
	relay_fails(changed(relay_yaml, "relay.key", "\"a\\nb\""), AX_E_SYNTAX,
	    "r.yaml:2:40: ", "control character");
	relay_fails(changed(relay_yaml, "relay.key", "\"a\\0b\""), AX_E_SYNTAX,
	    "r.yaml:2:40: ", "control character");
}
END_TEST

START_TEST(broken_yaml_is_told_with_its_place)
{
	relay_fails("", AX_E_SYNTAX, "r.yaml:1:1: ", "the file is empty");
	relay_fails("# nothing\n", AX_E_SYNTAX, "r.yaml:1:1: ", "the file is empty");
	relay_fails("relay: {listen: a\ntls: b\n", AX_E_SYNTAX, "r.yaml:2:", "");
	relay_fails("relay:\n\tlisten: a\n", AX_E_SYNTAX, "r.yaml:2:1: ", "");
	relay_fails("a: \xff\xfe\n", AX_E_SYNTAX, "r.yaml: byte ", "UTF-8");
}
END_TEST

START_TEST(deep_nesting_ends_early)
{
	char deep[4096];

	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	relay_fails(deep, AX_E_SYNTAX, "r.yaml:1:18: ", "nested too deeply");
}
END_TEST

/* No oracle but the sanitizers: whatever a byte is changed to, there is a result
 * and a sentence, and what was made is freed. */
START_TEST(random_damage_is_survived)
{
	char text[sizeof(relay_yaml)];
	struct rng rng;

	rng_seed(&rng, test_seed());
	for (int i = 0; i < 20000; i++) {
		struct conf_relay *c = NULL;
		struct err e = { 0 };
		int r;

		memcpy(text, relay_yaml, sizeof(text));
		for (uint64_t n = rng_below(&rng, 4) + 1; n > 0; n--)
			text[rng_below(&rng, sizeof(text) - 1)] =
			    "{}[]:,-#&*!|>'\"%@`\n\t a0\xc3"[rng_below(&rng, 25)];
		r = conf_relay_parse("r.yaml", "/", slice_of(text, sizeof(text) - 1), &c, &e);
		ck_assert(r == 0 || (e.code == r && e.text[0] != '\0' && c == NULL));
		conf_relay_free(&c);
	}
}
END_TEST

CHECK_MAIN("conf/parse", relay_gets_what_the_file_says,
    relay_gets_defaults_for_the_rest, agent_gets_file_and_defaults,
    relative_paths_begin_at_the_file, unknown_keys_get_a_hint,
    keys_given_twice_or_not_at_all_are_told, values_are_named_when_they_are_wrong,
    a_value_of_another_shape_is_refused, what_hides_meaning_in_yaml_is_refused,
    broken_yaml_is_told_with_its_place, deep_nesting_ends_early,
    random_damage_is_survived)

/* files.h — the two files of the manual, which the tests change and break.
 * Thread: the only one.                                                      */
#ifndef ATLAX_TESTS_UNIT_CONF_FILES_H
#define ATLAX_TESTS_UNIT_CONF_FILES_H

#include <check.h>
#include <string.h>

#include "conf/parse.h"

static const char relay_yaml[] =
    "relay:   {listen: \"0.0.0.0:8443\", workers: auto, drain: 30s}\n"
    "tls:     {certificate: relay.crt, key: relay.key, agent_ca: agent-ca.crt,\n"
    "          crl: /pki/agent.crl}\n"
    "admin:   {socket: /run/atlax/relay.sock}\n"
    "limits:  {memory: 2G}\n"
    "tunnel:  {heartbeat: 20s, dead_after: 10s, ring: 4M, budget: 8M, window: 64K}\n"
    "tenants:\n"
    "  - name: acme\n"
    "    policy: least-loaded\n"
    "    limits: {agents: 5, streams: 4096, connections_per_second: 10}\n"
    "    services:\n"
    "      - {name: web, listen: \"0.0.0.0:18080\"}\n"
    "      - {name: ssh, listen: \"127.0.0.1:2222\"}\n"
    "  - name: b-2\n"
    "log:     {level: debug, format: json}\n";

static const char agent_yaml[] =
    "agent:\n"
    "  relays: [\"relay.example.com:8443\", \"[2001:db8::1]:8443\"]\n"
    "tls: {certificate: agent.crt, key: agent.key, relay_ca: relay-ca.crt}\n"
    "services:\n"
    "  - {name: web, target: \"127.0.0.1:3000\", dial_timeout: 250ms}\n"
    "  - {name: ssh, target: \"unix:/run/ssh.sock\"}\n";

/* text with the first from in it replaced by to; valid until the next call. */
static inline const char *
changed(const char *text, const char *from, const char *to)
{
	static char out[4096];
	const char *at = strstr(text, from);
	struct str s;

	ck_assert_msg(at != NULL, "%s is not in the file", from);
	str_init(&s, out, sizeof(out));
	str_add_n(&s, text, (size_t)(at - text));
	str_add(&s, to);
	str_add(&s, at + strlen(from));
	ck_assert(!s.cut);
	return out;
}

static inline struct conf_relay *
relay_of(const char *text)
{
	struct conf_relay *c = NULL;
	struct err e = { 0 };
	int r = conf_relay_parse("r.yaml", "/etc/atlax", slice_str(text), &c, &e);

	ck_assert_msg(r == 0, "%s", e.text);
	return c;
}

static inline struct conf_agent *
agent_of(const char *text)
{
	struct conf_agent *c = NULL;
	struct err e = { 0 };
	int r = conf_agent_parse("a.yaml", "/etc/atlax", slice_str(text), &c, &e);

	ck_assert_msg(r == 0, "%s", e.text);
	return c;
}

/* The text must fail with code, the sentence must begin with place and hold
 * what. */
static inline void
relay_fails(const char *text, int code, const char *place, const char *what)
{
	struct conf_relay *c = NULL;
	struct err e = { 0 };
	int r = conf_relay_parse("r.yaml", "/etc/atlax", slice_str(text), &c, &e);

	ck_assert_msg(r == code && strncmp(e.text, place, strlen(place)) == 0 &&
	    strstr(e.text, what) != NULL, "%d: %s\nwanted %s %s", r, e.text, place, what);
	ck_assert_ptr_null(c);
}

static inline void
agent_fails(const char *text, int code, const char *place, const char *what)
{
	struct conf_agent *c = NULL;
	struct err e = { 0 };
	int r = conf_agent_parse("a.yaml", "/etc/atlax", slice_str(text), &c, &e);

	ck_assert_msg(r == code && strncmp(e.text, place, strlen(place)) == 0 &&
	    strstr(e.text, what) != NULL, "%d: %s\nwanted %s %s", r, e.text, place, what);
	ck_assert_ptr_null(c);
}

#endif

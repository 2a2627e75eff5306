/* Tests of conf/grant.h, and of what check.c and diff.c say about grants. */
#include "conf/grant.h"

#include "../check_main.h"
#include "base/str.h"
#include "conf/change.h"
#include "files.h"

static const char *
granted(const char *grants)
{
	char text[1024];

	(void)snprintf(text, sizeof(text), "- name: b-2\n    grants: [%s]\n", grants);
	return changed(relay_yaml, "- name: b-2\n", text);
}

static struct conf_relay *
opened(const char *grants)
{
	struct conf_relay *c = relay_of(granted(grants));
	struct err e = { 0 };

	ck_assert_msg(grant_open(c, &e) == 0, "%s", e.text);
	return c;
}

static void
refused(const char *text, const char *why)
{
	struct conf_relay *c = NULL;
	struct err e = { 0 };

	ck_assert_int_eq(conf_relay_parse("r.yaml", "/", slice_str(text), &c, &e),
	    AX_E_CONFIG);
	ck_assert_msg(strstr(e.text, why) != NULL, "%s", e.text);
	ck_assert_msg(strncmp(e.text, "r.yaml:", 7) == 0, "%s", e.text);
}

START_TEST(grant_reads_ports_and_ranges)
{
	struct grant_ports p;
	struct err e;

	ck_assert_int_eq(grant_read("0.0.0.0:40000-40099", &p, &e), 0);
	ck_assert_str_eq(p.host, "0.0.0.0");
	ck_assert_uint_eq(p.first, 40000);
	ck_assert_uint_eq(p.last, 40099);
	ck_assert_int_eq(grant_read("[2001:db8::1]:22", &p, &e), 0);
	ck_assert_str_eq(p.host, "[2001:db8::1]");
	ck_assert_uint_eq(p.first, 22);
	ck_assert_uint_eq(p.last, 22);
	ck_assert_int_eq(grant_read("*:65535", &p, &e), 0);
	ck_assert_uint_eq(p.last, 65535);
}
END_TEST

START_TEST(grant_refuses_what_is_none)
{
	static const char *const bad[] = { "", ":", "22", "*:", "*:0", "*:0-5",
		"*:5-4", "*:1-65536", "*:1-", "*:-1", "*:1-2-3", "*:+1", "*:1 - 2",
		"host.example:22", "[::1:22", "300.1.1.1:5", "unix:/x" };
	struct grant_ports p;
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_msg(grant_read(bad[i], &p, &e) == AX_E_CONFIG, "%s", bad[i]);
}
END_TEST

START_TEST(grant_becomes_places)
{
	struct conf_relay *c = opened("{listen: \"127.0.0.1:5000-5002\"}, "
	    "{listen: \"[::1]:22\", agent: nas, allow: [10.0.0.0/8]}");
	const struct conf_tenant *t = &c->tenants[1];

	ck_assert_uint_eq(t->n_services, 4);
	ck_assert_str_eq(t->services[0].name, "tcp-5000");
	ck_assert_str_eq(t->services[2].listen, "127.0.0.1:5002");
	ck_assert_str_eq(t->services[3].listen, "[::1]:22");
	ck_assert_uint_eq(t->services[3].grant->n_allow, 1);
	ck_assert(grant_covers(&t->services[0], "pi"));
	ck_assert(grant_covers(&t->services[3], "nas"));
	ck_assert(!grant_covers(&t->services[3], "pi"));
	/* A service of the file is nobody's to open. */
	ck_assert_uint_eq(c->tenants[0].n_services, 2);
	ck_assert(!grant_covers(&c->tenants[0].services[0], "nas"));
	conf_relay_free(&c);
}
END_TEST

START_TEST(grant_says_what_it_is)
{
	struct conf_relay *c = opened("{listen: \"*:5000-5002\"}, "
	    "{listen: \"[::1]:22\", agent: nas}");
	char mem[128];
	struct str s;

	str_init(&s, mem, sizeof(mem));
	grant_show(&c->tenants[1], "nas", &s);
	ck_assert_str_eq(mem, "*:5000-5002, [::1]:22");
	str_init(&s, mem, sizeof(mem));
	grant_show(&c->tenants[1], "pi", &s);
	ck_assert_str_eq(mem, "*:5000-5002");
	str_init(&s, mem, sizeof(mem));
	grant_show(&c->tenants[0], "nas", &s);
	ck_assert_str_eq(mem, "nothing");
	conf_relay_free(&c);
}
END_TEST

START_TEST(grants_are_checked_together)
{
	refused(granted("{listen: \"*:80-81\"}, {listen: \"[::1]:81-90\"}"),
	    "port 81 is in a grant of this tenant already");
	refused(granted("{listen: \"*:1000-1256\"}"), "more than 256 services");
	refused(granted("{listen: \"here:80\"}"), "tenants[].grants[].listen");
	refused(granted("{agent: nas}"), "tenants[].grants[].listen is missing");
}
END_TEST

START_TEST(grant_has_its_name_for_itself)
{
	refused("tls: {certificate: c, key: k, agent_ca: a}\n"
	    "tenants:\n- name: t\n  services: [{name: tcp-80, listen: \"*:81\"}]\n"
	    "  grants: [{listen: \"*:80\"}]\n", "how the granted port 80 is called");
}
END_TEST

START_TEST(grants_are_compared_as_one_text)
{
	struct conf_relay *a = opened("{listen: \"*:80-82\"}");
	struct conf_relay *b = relay_of(granted("{listen: \"*:80\", agent: nas, "
	    "deny: [10.0.0.0/8]}"));
	struct conf_diff d;
	struct err e;

	ck_assert_int_eq(conf_relay_diff(a, b, &d, &e), 0);
	ck_assert_uint_eq(d.n, 1);
	ck_assert_str_eq(d.all[0].path, "tenants[].grants");
	ck_assert_str_eq(d.all[0].before, "*:80-82");
	ck_assert_str_eq(d.all[0].after, "*:80 agent nas deny 10.0.0.0/8");
	ck_assert(!d.all[0].restart);
	conf_diff_free(&d);
	/* In their places: what is not granted any more is gone. */
	ck_assert_int_eq(grant_open(b, &e), 0);
	ck_assert_int_eq(conf_relay_follow(a, b, &e), 0);
	ck_assert_uint_eq(b->tenants[1].n_services, 3);
	ck_assert(!b->tenants[1].services[0].gone);
	ck_assert(b->tenants[1].services[1].gone);
	ck_assert(!grant_covers(&b->tenants[1].services[1], "nas"));
	conf_relay_free(&a);
	conf_relay_free(&b);
}
END_TEST

START_TEST(grants_are_dumped_as_they_were_read)
{
	struct conf_relay *a = relay_of(granted("{listen: \"*:80-82\"}, "
	    "{listen: \"[::1]:22\", agent: nas, allow: [10.0.0.0/8]}")), *b;
	char *text = NULL;
	struct conf_diff d;
	struct err e;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	conf_relay_dump(a, f);
	ck_assert_int_eq(fclose(f), 0);
	b = relay_of(text);
	ck_assert_int_eq(conf_relay_diff(a, b, &d, &e), 0);
	ck_assert_uint_eq(d.n, 0);
	ck_assert_uint_eq(b->tenants[1].n_grants, 2);
	conf_diff_free(&d);
	conf_relay_free(&a);
	conf_relay_free(&b);
	free(text);
}
END_TEST

CHECK_MAIN("grant", grant_reads_ports_and_ranges, grant_refuses_what_is_none,
    grant_becomes_places, grant_says_what_it_is, grants_are_checked_together,
    grant_has_its_name_for_itself, grants_are_compared_as_one_text,
    grants_are_dumped_as_they_were_read)

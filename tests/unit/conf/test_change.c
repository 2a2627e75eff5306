/* Tests of conf/change.h: diff.c, follow.c. */
#include "conf/change.h"

#include "../check_main.h"
#include "files.h"

/* One line for each change, in order. */
static void
expect(const char *from, const char *to, const char *lines)
{
	struct conf_relay *a = from == NULL ? NULL : relay_of(from);
	struct conf_relay *b = relay_of(to);
	char mem[2048];
	struct conf_diff d;
	struct str s;
	struct err e;

	str_init(&s, mem, sizeof(mem));
	ck_assert_int_eq(conf_relay_diff(a, b, &d, &e), 0);
	for (size_t i = 0; i < d.n; i++) {
		const struct conf_change *c = &d.all[i];

		str_fmt(&s, "%c%s %s/%s %s: %s -> %s\n", "+-~"[c->kind],
		    c->restart ? "!" : "", c->tenant == NULL ? "" : c->tenant,
		    c->service == NULL ? "" : c->service,
		    c->path == NULL ? "" : c->path,
		    c->before == NULL ? "" : c->before,
		    c->after == NULL ? "" : c->after);
	}
	ck_assert_str_eq(mem, lines);
	conf_diff_free(&d);
	conf_relay_free(&a);
	conf_relay_free(&b);
}

static char before[4096];

static const char *
base(void)
{
	ck_assert(str_copy(before, sizeof(before), relay_yaml));
	return before;
}

START_TEST(nothing_is_different_from_itself)
{
	expect(relay_yaml, relay_yaml, "");
}
END_TEST

START_TEST(a_value_is_named_as_the_file_has_it)
{
	expect(base(), changed(relay_yaml, "heartbeat: 20s", "heartbeat: 15s"),
	    "~ / tunnel.heartbeat: 20s -> 15s\n");
	expect(base(), changed(relay_yaml, "{memory: 2G}", "{memory: auto}"),
	    "~ / limits.memory: 2G -> auto\n");
	expect(base(), changed(relay_yaml, ",\n          crl: /pki/agent.crl", ""),
	    "~ / tls.crl: /pki/agent.crl -> \n");
	expect(base(), changed(relay_yaml, "streams: 4096", "streams: 1"),
	    "~ acme/ tenants[].limits.streams: 4096 -> 1\n");
	expect(base(), changed(relay_yaml, "least-loaded", "newest"),
	    "~ acme/ tenants[].policy: least-loaded -> newest\n");
	expect(base(), changed(relay_yaml, "127.0.0.1:2222", "127.0.0.1:22"),
	    "~ acme/ssh tenants[].services[].listen: 127.0.0.1:2222 -> 127.0.0.1:22\n");
}
END_TEST

START_TEST(lists_are_compared_as_a_whole)
{
	expect(base(), changed(relay_yaml, "\"127.0.0.1:2222\"",
	    "\"127.0.0.1:2222\", allow: [10.0.0.0/8, \"::1\"]"),
	    "~ acme/ssh tenants[].services[].allow:  -> 10.0.0.0/8, ::1\n");
}
END_TEST

START_TEST(what_needs_a_restart_is_marked)
{
	expect(base(), changed(relay_yaml, "0.0.0.0:8443", "0.0.0.0:8444"),
	    "~! / relay.listen: 0.0.0.0:8443 -> 0.0.0.0:8444\n");
	expect(base(), changed(relay_yaml, "workers: auto", "workers: 2"),
	    "~! / relay.workers: auto -> 2\n");
	expect(base(), changed(relay_yaml, "format: json", "format: text"),
	    "~! / log.format: json -> text\n");
	expect(base(), changed(relay_yaml, "level: debug", "level: warn"),
	    "~ / log.level: debug -> warn\n");
}
END_TEST

START_TEST(tenants_and_services_come_and_go)
{
	expect(base(), changed(relay_yaml, "  - name: b-2\n", ""), "- b-2/ :  -> \n");
	expect(base(), changed(relay_yaml, "- name: b-2",
	    "- {name: b-2, services: [{name: x, listen: \"127.0.0.1:9\"}]}"),
	    "+ b-2/x :  -> 127.0.0.1:9\n");
	expect(base(), changed(relay_yaml, "name: acme", "name: new"),
	    "- acme/ :  -> \n- acme/web : 0.0.0.0:18080 -> \n"
	    "- acme/ssh : 127.0.0.1:2222 -> \n"
	    "+ new/ :  -> \n+ new/web :  -> 0.0.0.0:18080\n"
	    "+ new/ssh :  -> 127.0.0.1:2222\n");
	expect(base(), changed(relay_yaml, "name: ssh", "name: sh"),
	    "- acme/ssh : 127.0.0.1:2222 -> \n+ acme/sh :  -> 127.0.0.1:2222\n");
}
END_TEST

/* --- places -------------------------------------------------------------------- */

static const char head[] = "tls: {certificate: c, key: k, agent_ca: a}\ntenants:\n";

static struct conf_relay *
with_tenants(const char *tenants)
{
	char text[2048];
	struct str s;

	str_init(&s, text, sizeof(text));
	str_fmt(&s, "%s%s", head, tenants);
	ck_assert(!s.cut);
	return relay_of(text);
}

/* "a(x y) -b(-z)": tenants and services in their places, - for those gone. */
static void
places_are(const struct conf_relay *c, const char *wanted)
{
	char mem[512];
	struct str s;

	str_init(&s, mem, sizeof(mem));
	for (size_t i = 0; i < c->n_tenants; i++) {
		const struct conf_tenant *t = &c->tenants[i];

		str_fmt(&s, "%s%s%s(", i > 0 ? " " : "", t->gone ? "-" : "", t->name);
		for (size_t k = 0; k < t->n_services; k++)
			str_fmt(&s, "%s%s%s", k > 0 ? " " : "",
			    t->services[k].gone ? "-" : "", t->services[k].name);
		str_char(&s, ')');
	}
	ck_assert_str_eq(mem, wanted);
}

static struct conf_relay *
follow(struct conf_relay *now, const char *tenants, const char *wanted)
{
	struct conf_relay *next = with_tenants(tenants);
	struct err e = { 0 };

	ck_assert_msg(conf_relay_follow(now, next, &e) == 0, "%s", e.text);
	places_are(next, wanted);
	conf_relay_free(&now);
	return next;
}

START_TEST(whoever_stays_keeps_his_place)
{
	static const char two[] = "- {name: a, services: [{name: x, listen: \"[::1]:1\"}, "
	    "{name: y, listen: \"[::1]:2\"}]}\n"
	    "- {name: b, services: [{name: z, listen: \"[::1]:3\"}]}\n";
	struct conf_relay *c = with_tenants(two);

	c = follow(c, two, "a(x y) b(z)");
	c = follow(c, "- {name: c}\n- {name: b}\n", "-a(-x -y) b(-z) c()");
	c = follow(c, "- {name: a, services: [{name: w, listen: \"[::1]:5\"}, "
	    "{name: y, listen: \"[::1]:6\"}]}\n", "a(-x y w) -b(-z) -c()");
	ck_assert_str_eq(c->tenants[0].services[1].listen, "[::1]:6");
	c = follow(c, two, "a(x y -w) b(z) -c()");
	c = follow(c, "  []\n", "-a(-x -y -w) -b(-z) -c()");
	conf_relay_free(&c);
}
END_TEST

START_TEST(who_is_gone_makes_no_difference)
{
	static const char one[] = "- {name: a, services: [{name: x, listen: \"[::1]:1\"}]}\n";
	struct conf_relay *c = with_tenants(
	    "- {name: b}\n- {name: a, services: [{name: y, listen: \"[::1]:2\"}]}\n");
	struct conf_relay *fresh = with_tenants(one);
	struct conf_diff d;
	struct err e;

	c = follow(c, one, "-b() a(-y x)");
	ck_assert_int_eq(conf_relay_diff(c, fresh, &d, &e), 0);
	ck_assert_uint_eq(d.n, 0);
	conf_diff_free(&d);
	ck_assert_int_eq(conf_relay_diff(fresh, c, &d, &e), 0);
	ck_assert_uint_eq(d.n, 0);
	conf_diff_free(&d);
	conf_relay_free(&fresh);
	conf_relay_free(&c);
}
END_TEST

START_TEST(names_do_not_come_for_ever)
{
	struct conf_relay *c = with_tenants("  []\n"), *next;
	struct err e = { 0 };
	char text[128];
	int r = 0;

	for (unsigned i = 0; r == 0; i++) {
		(void)snprintf(text, sizeof(text), "- {name: a, services: [{name: s%u, "
		    "listen: \"[::1]:1\"}]}\n", i);
		next = with_tenants(text);
		r = conf_relay_follow(c, next, &e);
		ck_assert_int_eq(r, i < 256 ? 0 : AX_E_LIMIT);
		conf_relay_free(&c);
		c = next;
	}
	ck_assert_ptr_nonnull(strstr(e.text, "tenant a has had more than 256"));
	conf_relay_free(&c);
}
END_TEST

CHECK_MAIN("conf/change", nothing_is_different_from_itself,
    a_value_is_named_as_the_file_has_it, lists_are_compared_as_a_whole,
    what_needs_a_restart_is_marked,
    tenants_and_services_come_and_go, whoever_stays_keeps_his_place,
    who_is_gone_makes_no_difference, names_do_not_come_for_ever)

/* Tests of conf/endpoint.c. */
#include "conf/endpoint.h"

#include "io/addr.h"

#include "../check_main.h"

static struct endpoint
good(const char *text)
{
	struct endpoint p = { .port = 0 };
	struct err e = { 0 };

	ck_assert_msg(endpoint_read(text, &p, &e) == 0, "%s: %s", text, e.text);
	return p;
}

START_TEST(hosts_and_ports_are_taken_apart)
{
	struct endpoint p = good("relay.example.com:8443");

	ck_assert_str_eq(p.host, "relay.example.com");
	ck_assert_uint_eq(p.port, 8443);
	ck_assert(!p.is_ip && !p.is_any);
	p = good("[2001:db8::1]:1");
	ck_assert_str_eq(p.host, "2001:db8::1");
	ck_assert(p.is_ip && !p.is_any && !endpoint_is_v4(&p));
	p = good("192.0.2.1:65535");
	ck_assert(p.is_ip && endpoint_is_v4(&p));
	ck_assert(good("0.0.0.0:1").is_any);
	ck_assert(good("[::]:1").is_any);
	ck_assert(good("*:1").is_any);
}
END_TEST

START_TEST(what_is_no_address_is_refused_with_advice)
{
	static const char *const bad[] = { "", ":", ":80", "80", "host", "host:",
		"host:00", "host:65536", "host:080", "host:+1", "host: 1", "host:80x",
		"::1:80", "[::1]", "[::1]80", "[::1", "[]:80", "[1.2.3.4]:80",
		"[host]:80", "1.2.3:80", "1.2.3.256:80", "1.2.3.4.5:80", "-a:1",
		"a-:1", "a..b:1", ".a:1", "a.:1", "a_b:1", "a b:1", "[fe80::1%eth0]:1",
		"**:1", "[*]:1" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct endpoint p;
		struct err e = { 0 };

		ck_assert_msg(endpoint_read(bad[i], &p, &e) == AX_E_CONFIG, "%s", bad[i]);
		ck_assert_msg(strstr(e.text, "; ") != NULL, "%s", e.text);
	}
}
END_TEST

START_TEST(a_host_too_long_is_refused)
{
	char text[400];
	struct endpoint p;

	memset(text, 'a', sizeof(text));
	memcpy(text + 300, ":80", 4);
	ck_assert_int_eq(endpoint_read(text, &p, NULL), AX_E_CONFIG);
}
END_TEST

START_TEST(overlapping_listeners_are_found)
{
	static const struct {
		const char *a, *b;
		bool overlap;
	} cases[] = {
		{ "1.2.3.4:80", "1.2.3.4:80", true },
		{ "1.2.3.4:80", "1.2.3.4:81", false },
		{ "1.2.3.4:80", "1.2.3.5:80", false },
		{ "0.0.0.0:80", "1.2.3.4:80", true },
		{ "0.0.0.0:80", "[::1]:80", false },
		{ "[::]:80", "[::1]:80", true },
		{ "[::]:80", "1.2.3.4:80", true },
		{ "*:80", "0.0.0.0:80", true },
		{ "[::ffff:1.2.3.4]:80", "1.2.3.4:80", true },
		{ "1.2.3.4:0", "1.2.3.4:0", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct endpoint a = good(cases[i].a), b = good(cases[i].b);

		ck_assert_msg(endpoint_overlaps(&a, &b) == cases[i].overlap &&
		    endpoint_overlaps(&b, &a) == cases[i].overlap, "%s %s",
		    cases[i].a, cases[i].b);
	}
}
END_TEST

static const char *const forbidden[] = { "169.254.169.254:80", "169.254.0.1:1",
	"0.0.0.0:1", "0.1.2.3:1", "224.0.0.1:1", "255.255.255.255:1", "[fe80::1]:1",
	"[febf::1]:1", "[ff02::1]:1", "[::]:1", "[fd00:ec2::254]:1",
	"[::ffff:169.254.169.254]:1", "[::ffff:0.0.0.0]:1" };
static const char *const allowed[] = { "127.0.0.1:1", "10.0.0.1:1", "192.168.1.1:1",
	"169.253.1.1:1", "223.255.255.255:1", "[::1]:1", "[fec0::1]:1",
	"[fd00:ec2::253]:1", "[2001:db8::1]:1", "[::ffff:127.0.0.1]:1" };

START_TEST(some_addresses_are_never_a_target)
{
	for (size_t i = 0; i < ARRAY_LEN(forbidden); i++) {
		struct endpoint p = good(forbidden[i]);

		ck_assert_msg(endpoint_is_forbidden(&p), "%s", forbidden[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(allowed); i++) {
		struct endpoint p = good(allowed[i]);

		ck_assert_msg(!endpoint_is_forbidden(&p), "%s", allowed[i]);
	}
}
END_TEST

/* What --check lets through must not fail when the agent dials. */
START_TEST(io_takes_what_conf_takes)
{
	for (size_t i = 0; i < ARRAY_LEN(allowed); i++) {
		struct addr a;

		ck_assert_msg(addr_parse(allowed[i], &a, NULL) == 0, "%s", allowed[i]);
		ck_assert_msg(!addr_is_forbidden_target(&a), "%s", allowed[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(forbidden); i++) {
		struct addr a;

		ck_assert_msg(addr_parse(forbidden[i], &a, NULL) == 0, "%s", forbidden[i]);
		ck_assert_msg(addr_is_forbidden_target(&a), "%s", forbidden[i]);
	}
}
END_TEST

CHECK_MAIN("conf/endpoint", hosts_and_ports_are_taken_apart,
    what_is_no_address_is_refused_with_advice, a_host_too_long_is_refused,
    overlapping_listeners_are_found, some_addresses_are_never_a_target,
    io_takes_what_conf_takes)

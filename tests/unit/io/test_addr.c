/* Tests of io/addr.c. */
#include "io/addr.h"

#include "../check_main.h"

START_TEST(addr_parse_and_format_agree)
{
	static const struct {
		const char *in, *out;
		uint16_t port;
	} rows[] = {
		{ "1.2.3.4:80", "1.2.3.4:80", 80 },
		{ "0.0.0.0:0", "0.0.0.0:0", 0 },
		{ "255.255.255.255:65535", "255.255.255.255:65535", 65535 },
		{ "[::1]:443", "[::1]:443", 443 },
		{ "[2001:DB8::1]:1", "[2001:db8::1]:1", 1 },
		{ "*:8443", "*:8443", 8443 },
		{ "[::]:8443", "*:8443", 8443 },
		{ "[::1%lo]:7", "[::1%lo]:7", 7 },
		{ "[::ffff:1.2.3.4]:9", "1.2.3.4:9", 9 },
		{ "unix:/run/x.sock", "unix:/run/x.sock", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[ADDR_TEXT_MAX];
		struct addr a;

		ck_assert_int_eq(addr_parse(rows[i].in, &a, NULL), 0);
		addr_format(&a, text);
		ck_assert_str_eq(text, rows[i].out);
		ck_assert_uint_eq(addr_port(&a), rows[i].port);
	}
}
END_TEST

START_TEST(addr_bytes_are_written_like_an_address)
{
	static const uint8_t six[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
	char text[ADDR_TEXT_MAX];

	addr_format_ip((const uint8_t[]){ 192, 0, 2, 7 }, 4, 65535, text);
	ck_assert_str_eq(text, "192.0.2.7:65535");
	addr_format_ip(six, 16, 8, text);
	ck_assert_str_eq(text, "[2001:db8::1]:8");
	addr_format_ip(six, 0, 8, text);
	ck_assert_str_eq(text, "unknown");
}
END_TEST

START_TEST(addr_parse_refuses_what_is_not_an_address)
{
	static const char *const rows[] = {
		"", ":", ":80", "1.2.3.4", "1.2.3.4:", "1.2.3.4:x", "1.2.3.4: 1",
		"1.2.3.4:-1", "1.2.3.4:+1", "1.2.3.4:65536", "1.2.3:80",
		"1.2.3.4:99999999999999999999", "::1:80", "[::1]", "[::1]80",
		"[::1:80", "[]:80", "[:80", "[1.2.3.4.5]:80", "name:80",
		"[::1%nosuchdevice0]:80", "1.2.3.4%lo:80", "unix:",
		"[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa]:1",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct addr a;
		struct err e = { 0 };

		ck_assert_msg(addr_parse(rows[i], &a, &e) < 0, "%s", rows[i]);
		ck_assert_msg(e.text[0] != '\0', "%s", rows[i]);
	}
}
END_TEST

START_TEST(addr_parse_refuses_a_path_that_does_not_fit)
{
	char text[5 + 108 + 1] = "unix:";
	struct addr a;

	memset(text + 5, 'x', 108);
	text[5 + 108] = '\0';
	ck_assert_int_eq(addr_parse(text, &a, NULL), AX_E_RANGE);
	text[5 + 107] = '\0';
	ck_assert_int_eq(addr_parse(text, &a, NULL), 0);
}
END_TEST

START_TEST(addr_split_takes_a_name_and_a_port)
{
	char host[256], longest[300];
	uint16_t port;

	ck_assert_int_eq(addr_split("relay.example.com:443", host, &port, NULL), 0);
	ck_assert_str_eq(host, "relay.example.com");
	ck_assert_uint_eq(port, 443);
	ck_assert_int_eq(addr_split("[fe80::1%eth0]:22", host, &port, NULL), 0);
	ck_assert_str_eq(host, "fe80::1%eth0");
	memset(longest, 'a', 256);
	memcpy(longest + 256, ":1", 3);
	ck_assert_int_eq(addr_split(longest, host, &port, NULL), AX_E_SYNTAX);
	ck_assert_int_eq(addr_split(longest + 1, host, &port, NULL), 0);
}
END_TEST

START_TEST(addr_parse_ip_takes_literals_only)
{
	struct addr a;

	ck_assert_int_eq(addr_parse_ip("10.0.0.1", 5, &a), 0);
	ck_assert_uint_eq(addr_port(&a), 5);
	ck_assert_int_eq(addr_parse_ip("2001:db8::5", 5, &a), 0);
	ck_assert_int_eq(addr_parse_ip("localhost", 5, &a), AX_E_SYNTAX);
	ck_assert_int_eq(addr_parse_ip("10.1", 5, &a), AX_E_SYNTAX);
	ck_assert_int_eq(addr_parse_ip("", 5, &a), AX_E_SYNTAX);
}
END_TEST

START_TEST(addr_ip_shows_a_mapped_address_as_v4)
{
	static const uint8_t want[4] = { 1, 2, 3, 4 };
	struct addr a;
	uint8_t ip[16];

	ck_assert_int_eq(addr_parse_ip("::ffff:1.2.3.4", 0, &a), 0);
	ck_assert_uint_eq(addr_ip(&a, ip), 4);
	ck_assert_mem_eq(ip, want, 4);
	ck_assert_int_eq(addr_parse_ip("2001:db8::5", 0, &a), 0);
	ck_assert_uint_eq(addr_ip(&a, ip), 16);
	ck_assert_int_eq(addr_parse("unix:/x", &a, NULL), 0);
	ck_assert_uint_eq(addr_ip(&a, ip), 0);
}
END_TEST

START_TEST(addr_knows_where_an_agent_must_not_connect)
{
	static const struct {
		const char *ip;
		bool forbidden;
	} rows[] = {
		{ "0.0.0.0", true }, { "0.1.2.3", true },
		{ "169.254.169.254", true }, { "169.253.255.255", false },
		{ "169.255.0.0", false }, { "224.0.0.1", true },
		{ "239.255.255.255", true }, { "255.255.255.255", true },
		{ "223.255.255.255", false }, { "127.0.0.1", false },
		{ "10.0.0.1", false }, { "::", true }, { "::1", false },
		{ "fe80::1", true }, { "febf::1", true }, { "fec0::1", false },
		{ "ff02::1", true }, { "fd00:ec2::254", true },
		{ "fd00:ec2::253", false }, { "::ffff:169.254.1.1", true },
		{ "::ffff:10.0.0.1", false }, { "64:ff9b::169.254.169.254", true },
		{ "64:ff9b::10.0.0.1", false }, { "2002:a9fe:a9fe::1", true },
		{ "2001:db8::1", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct addr a;

		ck_assert_int_eq(addr_parse_ip(rows[i].ip, 80, &a), 0);
		ck_assert_msg(addr_is_forbidden_target(&a) == rows[i].forbidden,
		    "%s", rows[i].ip);
	}
}
END_TEST

CHECK_MAIN("addr", addr_parse_and_format_agree,
    addr_bytes_are_written_like_an_address,
    addr_parse_refuses_what_is_not_an_address,
    addr_parse_refuses_a_path_that_does_not_fit,
    addr_split_takes_a_name_and_a_port, addr_parse_ip_takes_literals_only,
    addr_ip_shows_a_mapped_address_as_v4,
    addr_knows_where_an_agent_must_not_connect)

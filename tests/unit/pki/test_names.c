/* test_names.c — which names pass, and in what form. */
#include "pki/names.h"

#include "../check_main.h"

#define A63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"

START_TEST(agent_name_takes_tenants_and_agents)
{
	static const struct {
		const char *in, *tenant, *uri;
	} cases[] = {
	    {"home", "home", "atlax://home"},
	    {"home/nas", "home", "atlax://home/nas"},
	    {"0/9-9", "0", "atlax://0/9-9"},
	    {A63 "/" A63, A63, "atlax://" A63 "/" A63},
	};
	struct agent_name n;
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ck_assert_int_eq(agent_name_parse(cases[i].in, &n, &e), 0);
		ck_assert_str_eq(n.text, cases[i].in);
		ck_assert_str_eq(n.tenant, cases[i].tenant);
		ck_assert_uint_eq(n.uri.tag, SAN_URI);
		ck_assert(slice_eq(
		    slice_of(n.uri.bytes, n.uri.len), slice_str(cases[i].uri)));
	}
}
END_TEST

START_TEST(agent_name_refuses_everything_else)
{
	static const char *const cases[] = {"", "/", "home/", "/nas", "Home",
	    "h ome", "-home", "home-", "home/nas/x", "home//x", "..",
	    "home/../x", "h_me", "h.me", "home\n", "h\xc3\xb6me", A63 "a",
	    "home/" A63 "a", "*", "home/nas?", "home,nas"};
	struct agent_name n;
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ck_assert_msg(agent_name_parse(cases[i], &n, &e) == AX_E_RANGE,
		    "case %zu", i);
}
END_TEST

START_TEST(operator_name_is_one_label)
{
	static const char *const bad[] = {"", "home/nas", "Home", "-a", "a-", "a b",
	    "operator:a", A63 "a"};
	struct agent_name n;
	struct err e;

	ck_assert_int_eq(operator_name_parse(A63, &n, &e), 0);
	ck_assert_str_eq(n.text, A63);
	ck_assert_str_eq(n.tenant, A63);
	ck_assert_uint_eq(n.uri.tag, SAN_URI);
	ck_assert(slice_eq(slice_of(n.uri.bytes, n.uri.len),
	    slice_str("atlax-operator://" A63)));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_msg(operator_name_parse(bad[i], &n, &e) == AX_E_RANGE,
		    "case %zu", i);
}
END_TEST

START_TEST(relay_names_takes_names_and_addresses_once_each)
{
	struct relay_names r = {0};
	struct err e;

	ck_assert_int_eq(
	    relay_names_add(&r, "Relay.Example,192.0.2.1,2001:DB8:0::1", &e),
	    0);
	ck_assert_int_eq(relay_names_add(&r, "relay.example", &e), 0);
	ck_assert_int_eq(relay_names_add(&r, "2001:db8::1", &e), 0);
	ck_assert_uint_eq(r.n, 3);
	ck_assert_str_eq(r.text, "relay.example,192.0.2.1,2001:db8::1");
	ck_assert_uint_eq(r.list[0].tag, SAN_DNS);
	ck_assert(slice_eq(slice_of(r.list[0].bytes, r.list[0].len),
	    slice_str("relay.example")));
	ck_assert_uint_eq(r.list[1].tag, SAN_IP);
	ck_assert_uint_eq(r.list[1].len, 4);
	ck_assert_mem_eq(r.list[1].bytes, "\xc0\0\2\1", 4);
	ck_assert_uint_eq(r.list[2].len, 16);
}
END_TEST

START_TEST(relay_names_refuses_everything_else)
{
	static const char *const cases[] = {"", ",", "a,", ",a", "a,,b",
	    "relay.example:7000", "[::1]", "*.example", "relay.example.",
	    "-a.example", "a-.example", "a..b", "a b", "1.2.3", "1.2.3.4.5",
	    "256.1.1.1", "01.2.3.4", "::1%eth0", "1::2::3", "r_elay",
	    "r\xc3\xa9lay", "a/b", "https://relay", A63 "a.example",
	    "a.0x1x.7"};
	struct relay_names r;
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		r = (struct relay_names){0};
		ck_assert_msg(relay_names_add(&r, cases[i], &e) == AX_E_RANGE,
		    "case %zu: %s", i, cases[i]);
	}
}
END_TEST

START_TEST(relay_names_takes_the_longest_name_and_no_longer_one)
{
	struct relay_names r = {0};
	char name[256];
	struct err e;

	for (size_t i = 0; i < 253; i++)
		name[i] = i % 63 == 62 ? '.' : 'a';
	name[253] = '\0';
	ck_assert_int_eq(relay_names_add(&r, name, &e), 0);
	ck_assert_uint_eq(r.list[0].len, 253);
	memcpy(name + 253, "a", 2);
	ck_assert_int_eq(relay_names_add(&r, name, &e), AX_E_RANGE);
	memcpy(name + 253, "aa", 3);
	ck_assert_int_eq(relay_names_add(&r, name, &e), AX_E_RANGE);
}
END_TEST

START_TEST(relay_names_has_a_limit_in_number_and_in_length)
{
	struct relay_names r = {0};
	char name[256];
	struct err e;

	for (int i = 0; i < RELAY_NAMES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "n%d.example", i);
		ck_assert_int_eq(relay_names_add(&r, name, &e), 0);
	}
	ck_assert_int_eq(relay_names_add(&r, "more.example", &e), AX_E_RANGE);
	ck_assert_uint_eq(r.n, RELAY_NAMES_MAX);

	r = (struct relay_names){0};
	for (int i = 0; i < 3; i++) {
		(void)snprintf(
		    name, sizeof(name), "%d%s.%s.%s", i, &A63[1], A63, A63);
		ck_assert_int_eq(
		    relay_names_add(&r, name, &e), i < 2 ? 0 : AX_E_RANGE);
	}
	ck_assert_uint_eq(r.n, 2);
}
END_TEST

CHECK_MAIN("names", agent_name_takes_tenants_and_agents,
    agent_name_refuses_everything_else,
    operator_name_is_one_label,
    relay_names_takes_names_and_addresses_once_each,
    relay_names_refuses_everything_else,
    relay_names_takes_the_longest_name_and_no_longer_one,
    relay_names_has_a_limit_in_number_and_in_length)

/* Tests of conf/value.c. */
#include "conf/schema.h"

#include "../check_main.h"

static struct conf_row
row(enum conf_kind kind, const char *least, const char *most)
{
	return (struct conf_row){ .path = "x", .kind = kind, .least = least, .most = most };
}

static uint64_t
good(enum conf_kind kind, const char *text)
{
	struct conf_row r = row(kind, kind == CONF_DURATION ? "0s" : "0",
	    kind == CONF_DURATION ? "1000000h" : "1000000G");
	struct err e = { 0 };
	uint64_t v = 99;

	if (kind == CONF_COUNT || kind == CONF_WORKERS)
		r.most = "4294967295";
	ck_assert_msg(value_read(&r, text, &v, &e) == 0, "%s: %s", text, e.text);
	return v;
}

static void
bad(enum conf_kind kind, const char *text)
{
	const struct conf_row r = row(kind, kind == CONF_DURATION ? "1s" : "1",
	    kind == CONF_DURATION ? "1h" : "100");
	struct err e = { 0 };
	uint64_t v = 99;

	ck_assert_msg(value_read(&r, text, &v, &e) == AX_E_CONFIG, "%s", text);
	ck_assert_msg(strstr(e.text, "; ") != NULL, "no advice: %s", e.text);
	ck_assert_uint_eq(v, 99);
}

START_TEST(durations_need_a_unit)
{
	ck_assert_uint_eq(good(CONF_DURATION, "250ms"), 250);
	ck_assert_uint_eq(good(CONF_DURATION, "15s"), 15000);
	ck_assert_uint_eq(good(CONF_DURATION, "5m"), 300000);
	ck_assert_uint_eq(good(CONF_DURATION, "2h"), 7200000);
	bad(CONF_DURATION, "15");
	bad(CONF_DURATION, "15 s");
	bad(CONF_DURATION, "1.5s");
	bad(CONF_DURATION, "-1s");
	bad(CONF_DURATION, "s");
	bad(CONF_DURATION, "15S");
	bad(CONF_DURATION, "15sec");
	bad(CONF_DURATION, "999999999999999999999s");
	bad(CONF_DURATION, "999999999999999999h");
}
END_TEST

START_TEST(sizes_are_bytes_or_powers_of_1024)
{
	ck_assert_uint_eq(good(CONF_SIZE, "100"), 100);
	ck_assert_uint_eq(good(CONF_SIZE, "64K"), 65536);
	ck_assert_uint_eq(good(CONF_SIZE, "4M"), 4u << 20);
	ck_assert_uint_eq(good(CONF_SIZE, "1024G"), UINT64_C(1) << 40);
	bad(CONF_SIZE, "64KB");
	bad(CONF_SIZE, "64k");
	bad(CONF_SIZE, "0x10");
	bad(CONF_SIZE, "");
	bad(CONF_SIZE, "999999999999999999G");
}
END_TEST

START_TEST(counts_are_plain_and_workers_may_be_auto)
{
	ck_assert_uint_eq(good(CONF_COUNT, "4294967295"), UINT32_MAX);
	ck_assert_uint_eq(good(CONF_WORKERS, "auto"), 0);
	ck_assert_uint_eq(good(CONF_MEMORY, "auto"), 0);
	ck_assert_uint_eq(good(CONF_MEMORY, "64M"), 64u << 20);
	ck_assert_uint_eq(good(CONF_WORKERS, "8"), 8);
	bad(CONF_COUNT, "1K");
	bad(CONF_COUNT, "0");
	bad(CONF_COUNT, "101");
	bad(CONF_COUNT, "auto");
	bad(CONF_WORKERS, "0");
	bad(CONF_MEMORY, "0");
	bad(CONF_WORKERS, "all");
}
END_TEST

START_TEST(choices_are_whole_words)
{
	const struct conf_row r = row(CONF_CHOICE, "newest least-loaded", "");
	uint64_t v = 99;

	ck_assert_int_eq(value_read(&r, "newest", &v, NULL), 0);
	ck_assert_uint_eq(v, 0);
	ck_assert_int_eq(value_read(&r, "least-loaded", &v, NULL), 0);
	ck_assert_uint_eq(v, 1);
	ck_assert_int_eq(value_read(&r, "least", &v, NULL), AX_E_CONFIG);
	ck_assert_int_eq(value_read(&r, "", &v, NULL), AX_E_CONFIG);
	ck_assert_int_eq(value_read(&r, "newest least-loaded", &v, NULL), AX_E_CONFIG);
}
END_TEST

START_TEST(names_follow_their_alphabets)
{
	char long_name[65];

	memset(long_name, 'a', 64);
	long_name[64] = '\0';
	bad(CONF_LABEL, long_name);
	bad(CONF_SERVICE, long_name);
	bad(CONF_SERVICE, "");
	bad(CONF_SERVICE, "a b");
	bad(CONF_SERVICE, "Web");
	bad(CONF_LABEL, "-a");
	bad(CONF_LABEL, "a_b");
	long_name[63] = '\0';
	(void)good(CONF_LABEL, long_name);
	(void)good(CONF_SERVICE, long_name);
	(void)good(CONF_SERVICE, "a.b_c-d.9");
	(void)good(CONF_LABEL, "a-b9");
}
END_TEST

START_TEST(targets_are_addresses_or_sockets_that_may_be_lent)
{
	char path[120] = "unix:/";

	(void)good(CONF_TARGET, "127.0.0.1:3000");
	(void)good(CONF_TARGET, "10.1.2.3:22");
	(void)good(CONF_TARGET, "[::1]:22");
	(void)good(CONF_TARGET, "unix:/run/x.sock");
	bad(CONF_TARGET, "unix:run/x.sock");
	bad(CONF_TARGET, "unix:");
	bad(CONF_TARGET, "localhost:3000");
	bad(CONF_TARGET, "3000");
	bad(CONF_TARGET, "*:3000");
	bad(CONF_TARGET, "127.0.0.1:0");
	bad(CONF_TARGET, "0.0.0.0:3000");
	bad(CONF_TARGET, "169.254.169.254:80");
	bad(CONF_TARGET, "[fe80::1]:80");
	memset(path + 6, 'x', 107);
	path[6 + 107] = '\0';
	bad(CONF_TARGET, path);
	path[6 + 106] = '\0';
	(void)good(CONF_TARGET, path);
}
END_TEST

START_TEST(listeners_are_addresses_relays_may_be_names)
{
	(void)good(CONF_ADDRESS, "0.0.0.0:80");
	(void)good(CONF_ADDRESS, "*:80");
	(void)good(CONF_ADDRESS, "127.0.0.1:0");
	bad(CONF_ADDRESS, "example.com:80");
	bad(CONF_ADDRESS, "80");
	(void)good(CONF_HOSTPORT, "relay.example.com:8443");
	(void)good(CONF_HOSTPORT, "192.0.2.1:8443");
	bad(CONF_HOSTPORT, "192.0.2.1:0");
	(void)good(CONF_HOSTPORT, "[2001:db8::1]:8443");
	bad(CONF_HOSTPORT, "relay.example.com");
	bad(CONF_HOSTPORT, "*:8443");
	bad(CONF_HOSTPORT, "0.0.0.0:8443");
	bad(CONF_PATH, "");
	(void)good(CONF_PATH, "x");
}
END_TEST

static void
round_trip(enum conf_kind kind, uint64_t v, const char *text)
{
	const struct conf_row r = row(kind, "newest least-loaded", "");
	char mem[40];
	struct str s;

	str_init(&s, mem, sizeof(mem));
	value_show(&r, v, &s);
	ck_assert_str_eq(mem, text);
	if (kind != CONF_CHOICE)
		ck_assert_uint_eq(good(kind, mem), v);
}

START_TEST(numbers_are_shown_as_they_are_written)
{
	round_trip(CONF_DURATION, 0, "0s");
	round_trip(CONF_DURATION, 250, "250ms");
	round_trip(CONF_DURATION, 90000, "90s");
	round_trip(CONF_DURATION, 3600000, "1h");
	round_trip(CONF_SIZE, 0, "0");
	round_trip(CONF_SIZE, 65536, "64K");
	round_trip(CONF_SIZE, (uint64_t)20 << 40, "20T");
	round_trip(CONF_SIZE, 65537, "65537");
	round_trip(CONF_SIZE, UINT64_C(3) << 30, "3G");
	round_trip(CONF_COUNT, 4096, "4096");
	round_trip(CONF_WORKERS, 0, "auto");
	round_trip(CONF_MEMORY, 0, "auto");
	round_trip(CONF_CHOICE, 1, "least-loaded");
}
END_TEST

CHECK_MAIN("conf/value", durations_need_a_unit, sizes_are_bytes_or_powers_of_1024,
    counts_are_plain_and_workers_may_be_auto, choices_are_whole_words,
    names_follow_their_alphabets,
    targets_are_addresses_or_sockets_that_may_be_lent,
    listeners_are_addresses_relays_may_be_names,
    numbers_are_shown_as_they_are_written)

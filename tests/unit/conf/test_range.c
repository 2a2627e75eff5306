/* Tests of conf/range.c. */
#include "conf/range.h"

#include <arpa/inet.h>

#include "../check_main.h"

static bool
has(const char *range, const char *address)
{
	uint8_t ip[16] = { [10] = 0xff, [11] = 0xff };
	struct range r;
	struct err e = { 0 };

	ck_assert_msg(range_read(range, &r, &e) == 0, "%s", e.text);
	ck_assert(inet_pton(AF_INET6, address, ip) == 1 ||
	    inet_pton(AF_INET, address, ip + 12) == 1);
	if (strchr(address, ':') == NULL)
		ck_assert(memcmp(ip, (uint8_t[12]){ [10] = 0xff, [11] = 0xff }, 12) == 0);
	return range_has(&r, ip);
}

START_TEST(a_range_ends_with_its_prefix)
{
	ck_assert(has("10.0.0.0/8", "10.255.255.255"));
	ck_assert(!has("10.0.0.0/8", "11.0.0.0"));
	ck_assert(has("192.0.2.128/25", "192.0.2.255"));
	ck_assert(!has("192.0.2.128/25", "192.0.2.127"));
	ck_assert(has("192.0.2.7", "192.0.2.7"));
	ck_assert(!has("192.0.2.7", "192.0.2.6"));
	ck_assert(has("192.0.2.6/31", "192.0.2.7"));
	ck_assert(has("2001:db8::/33", "2001:db8:7fff::1"));
	ck_assert(!has("2001:db8::/33", "2001:db8:8000::1"));
	ck_assert(has("::1", "::1"));
	ck_assert(!has("::1", "::2"));
}
END_TEST

START_TEST(everything_is_of_one_family_unless_it_is_all)
{
	ck_assert(has("0.0.0.0/0", "255.1.2.3"));
	ck_assert(!has("0.0.0.0/0", "2001:db8::1"));
	ck_assert(!has("2000::/3", "32.0.0.1"));
	ck_assert(has("::/0", "2001:db8::1"));
	ck_assert(has("::/0", "1.2.3.4"));
	ck_assert(has("::ffff:1.2.3.0/120", "1.2.3.4"));
}
END_TEST

START_TEST(what_is_no_range_is_told)
{
	const char *const wrong[] = { "", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08",
		"10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0/8", "10.0.0.1/8",
		"::/129", "::1/127", "localhost", "[::1]", "1.2.3.4:80", " 1.2.3.4",
		"10.0.0.0/4294967304", "*" };
	struct range r;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		ck_assert_msg(range_read(wrong[i], &r, NULL) == AX_E_CONFIG, "%s",
		    wrong[i]);
}
END_TEST

CHECK_MAIN("conf/range", a_range_ends_with_its_prefix,
    everything_is_of_one_family_unless_it_is_all, what_is_no_range_is_told)

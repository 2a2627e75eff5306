/* test_host.c — which names a certificate covers, and what an address is. The
 * C library's inet_pton is the second opinion.                               */
#include <arpa/inet.h>

#include "parse/host.h"
#include "../check_main.h"

START_TEST(host_ip_agrees_with_the_c_library)
{
	static const char *const texts[] = { "127.0.0.1", "0.0.0.0",
		"255.255.255.255", "256.1.1.1", "1.2.3", "1.2.3.4.5", "01.2.3.4",
		"1.2.3.04", "1..2.3", "", " 1.2.3.4", "1.2.3.4 ", "::", "::1",
		"1::", "fe80::1", "2001:db8::8:800:200c:417a", "1:2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", ":::", ":1",
		"1:", "::1:2:3:4:5:6:7", "::1:2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7::", "12345::", "g::1", "::ffff:1.2.3.4",
		"::1.2.3", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4",
		"1.2.3.4::", "::1.2.3.4:5", "[::1]", "::1%eth0", "::FFFF",
		"relay.example.com", "0x7f.1", "0::0:0", "1:2:3::4:5:6:7" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(texts); i++) {
		uint8_t ours[16] = { 0 }, theirs[16] = { 0 };
		size_t want = inet_pton(AF_INET, texts[i], theirs) == 1 ? 4 :
		    inet_pton(AF_INET6, texts[i], theirs) == 1 ? 16 : 0;
		size_t got = host_ip(texts[i], ours);

		ck_assert_msg(got == want, "%s: %zu, not %zu", texts[i], got,
		    want);
		if (got > 0)
			ck_assert_mem_eq(ours, theirs, got);
	}
}
END_TEST

START_TEST(host_ip_agrees_with_the_c_library_on_noise)
{
	static const char alphabet[] = "0123456789abF:::::....";
	struct rng rng;
	int i, hits = 0;

	rng_seed(&rng, test_seed());
	for (i = 0; i < 200000; i++) {
		uint8_t ours[16] = { 0 }, theirs[16] = { 0 };
		size_t n = rng_below(&rng, 14), k, want, got;
		char text[16] = { 0 };

		for (k = 0; k < n; k++)
			text[k] =
			    alphabet[rng_below(&rng, sizeof(alphabet) - 1)];
		want = inet_pton(AF_INET, text, theirs) == 1 ? 4 :
		    inet_pton(AF_INET6, text, theirs) == 1   ? 16 :
							       0;
		got = host_ip(text, ours);
		ck_assert_msg(got == want, "%s: %zu, not %zu", text, got, want);
		if (got > 0)
			ck_assert_mem_eq(ours, theirs, got);
		hits += got > 0;
	}
	ck_assert_int_gt(hits, 100); /* else it tested nothing */
}
END_TEST

START_TEST(host_is_dns_knows_names_from_addresses)
{
	char longest[256];

	ck_assert(host_is_dns("relay"));
	ck_assert(host_is_dns("relay.example.com"));
	ck_assert(host_is_dns("relay.example.com."));
	ck_assert(host_is_dns("xn--bcher-kva.example"));
	ck_assert(host_is_dns("1.example"));
	ck_assert(!host_is_dns("127.0.0.1"));
	ck_assert(!host_is_dns("::1"));
	ck_assert(!host_is_dns(""));
	ck_assert(!host_is_dns("."));
	ck_assert(!host_is_dns("a..b"));
	ck_assert(!host_is_dns("-a.b"));
	ck_assert(!host_is_dns("a-.b"));
	ck_assert(!host_is_dns("a_b.c"));
	ck_assert(!host_is_dns("a b"));
	memset(longest, 'a', sizeof(longest));
	longest[63] = longest[127] = longest[191] = '.';
	longest[253] = '\0';
	ck_assert(host_is_dns(longest));
	longest[253] = 'a';
	longest[254] = '\0';
	ck_assert(!host_is_dns(longest));
	longest[63] = 'a';
	longest[100] = '\0';
	ck_assert(!host_is_dns(longest));
}
END_TEST

START_TEST(host_matches_one_label_by_a_star_and_no_more)
{
	static const struct {
		const char *pattern, *host;
		bool match;
	} rows[] = {
		{ "relay.example.com", "relay.example.com", true },
		{ "relay.example.com", "RELAY.Example.COM", true },
		{ "RELAY.example.com", "relay.example.com.", true },
		{ "relay.example.com", "relay.example.co", false },
		{ "relay.example.com", "xrelay.example.com", false },
		{ "*.example.com", "relay.example.com", true },
		{ "*.example.com", "a.relay.example.com", false },
		{ "*.example.com", "example.com", false },
		{ "*.com", "example.com", false },
		{ "*", "com", false },
		{ "*.", "com", false },
		{ "r*.example.com", "relay.example.com", false },
		{ "relay.*.com", "relay.example.com", false },
		{ "*.*.com", "relay.example.com", false },
		{ "127.0.0.1", "127.0.0.1", false },
		{ "*.0.0.1", "127.0.0.1", false },
		{ "", "relay.example.com", false },
		{ "relay.example.com.", "relay.example.com", false },
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++)
		ck_assert_msg(host_matches(slice_str(rows[i].pattern),
				  rows[i].host) == rows[i].match,
		    "%s for %s", rows[i].pattern, rows[i].host);
	ck_assert(!host_matches(
	    slice_of("relay.example.com\0.evil", 23), "relay.example.com"));
}
END_TEST

CHECK_MAIN("host", host_ip_agrees_with_the_c_library,
    host_ip_agrees_with_the_c_library_on_noise,
    host_is_dns_knows_names_from_addresses,
    host_matches_one_label_by_a_star_and_no_more)

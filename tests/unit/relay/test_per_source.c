/* test_per_source.c — what one source may do; time is an argument. */
#include "relay/per_source.h"

#include <stdlib.h>

#include "io/addr.h"

#include "../check_main.h"

#define SECOND AX_NS_PER_S

static const struct service_ref web = { 1, 2 }, ssh = { 1, 3 };

static struct source
from(struct service_ref at, const char *text)
{
	struct source who;
	struct addr a;
	uint8_t ip[16];

	ck_assert_int_eq(addr_parse(text, &a, NULL), 0);
	source_of(at, ip, addr_ip(&a, ip), &who);
	return who;
}

static struct per_source *
make(void)
{
	struct per_source *p = NULL;

	ck_assert_int_eq(per_source_new(&p), 0);
	return p;
}

static enum per_source_verdict
come(struct per_source *p, const struct source *who, const struct conf_per_source *c,
    uint64_t now_ns)
{
	return per_source_enter(p, who, c, now_ns).verdict;
}

START_TEST(connections_are_counted_until_they_leave)
{
	const struct conf_per_source c = { .connections = 2 };
	struct per_source *p = make();
	struct source a = from(web, "192.0.2.1:5"), other = from(web, "192.0.2.2:5");
	struct source elsewhere = from(ssh, "192.0.2.1:5");

	ck_assert_int_eq(come(p, &a, &c, SECOND), PER_SOURCE_OK);
	ck_assert_int_eq(come(p, &a, &c, SECOND), PER_SOURCE_OK);
	ck_assert_int_eq(come(p, &a, &c, SECOND), PER_SOURCE_CONNECTIONS);
	ck_assert_int_eq(come(p, &other, &c, SECOND), PER_SOURCE_OK);
	ck_assert_int_eq(come(p, &elsewhere, &c, SECOND), PER_SOURCE_OK);
	per_source_leave(p, &a);
	ck_assert_int_eq(come(p, &a, &c, SECOND), PER_SOURCE_OK);
	ck_assert_int_eq(come(p, &a, &c, SECOND), PER_SOURCE_CONNECTIONS);
	per_source_free(&p);
}
END_TEST

START_TEST(a_rate_begins_anew_with_each_second)
{
	const struct conf_per_source c = { .connections_per_second = 3 };
	struct per_source *p = make();
	struct source a = from(web, "192.0.2.1:5");

	for (uint64_t now = SECOND; now < 4 * SECOND; now += SECOND) {
		for (int i = 0; i < 3; i++)
			ck_assert_int_eq(come(p, &a, &c, now), PER_SOURCE_OK);
		ck_assert_int_eq(come(p, &a, &c, now + 1), PER_SOURCE_RATE);
	}
	per_source_free(&p);
}
END_TEST

START_TEST(an_ipv6_network_is_one_source)
{
	const struct conf_per_source c = { .connections = 1 };
	struct per_source *p = make();
	struct source a = from(web, "[2001:db8:0:1::1]:5");
	struct source b = from(web, "[2001:db8:0:1:ffff::2]:5");
	struct source other = from(web, "[2001:db8:0:2::1]:5");
	struct source mapped = from(web, "[::ffff:192.0.2.1]:5");
	struct source v4 = from(web, "192.0.2.1:9");

	ck_assert_int_eq(come(p, &a, &c, SECOND), PER_SOURCE_OK);
	ck_assert_int_eq(come(p, &b, &c, SECOND), PER_SOURCE_CONNECTIONS);
	ck_assert_int_eq(come(p, &other, &c, SECOND), PER_SOURCE_OK);
	ck_assert_int_eq(come(p, &mapped, &c, SECOND), PER_SOURCE_OK);
	ck_assert_int_eq(come(p, &v4, &c, SECOND), PER_SOURCE_CONNECTIONS);
	per_source_free(&p);
}
END_TEST

START_TEST(who_is_refused_too_often_is_banned_for_a_time)
{
	const struct conf_per_source c = { .connections_per_second = 1,
		.ban = { .after = 3, .for_ms = 10000 } };
	struct per_source *p = make();
	struct source a = from(web, "192.0.2.1:5");
	struct per_source_answer r;

	ck_assert_int_eq(come(p, &a, &c, SECOND), PER_SOURCE_OK);
	for (int i = 1; i <= 3; i++) {
		r = per_source_enter(p, &a, &c, SECOND + 5);
		ck_assert_int_eq(r.verdict, PER_SOURCE_RATE);
		ck_assert_int_eq(r.banned, i == 3);
		ck_assert_int_eq(r.said, i > 1);
	}
	/* His coming does not make it longer. */
	r = per_source_enter(p, &a, &c, 11 * SECOND);
	ck_assert_int_eq(r.verdict, PER_SOURCE_BANNED);
	ck_assert(!r.banned && !r.said);
	ck_assert_int_eq(come(p, &a, &c, 11 * SECOND + 4), PER_SOURCE_BANNED);
	ck_assert_int_eq(come(p, &a, &c, 11 * SECOND + 6), PER_SOURCE_OK);
	per_source_free(&p);
}
END_TEST

START_TEST(refusals_long_ago_do_not_count)
{
	const struct conf_per_source c = { .connections = 1,
		.ban = { .after = 2, .for_ms = 10000 } };
	struct per_source *p = make();
	struct source a = from(web, "192.0.2.1:5");

	ck_assert_int_eq(come(p, &a, &c, SECOND), PER_SOURCE_OK);
	for (uint64_t now = SECOND; now < 99 * SECOND; now += 11 * SECOND)
		ck_assert_int_eq(come(p, &a, &c, now), PER_SOURCE_CONNECTIONS);
	ck_assert_int_eq(come(p, &a, &c, 99 * SECOND), PER_SOURCE_CONNECTIONS);
	ck_assert_int_eq(come(p, &a, &c, 99 * SECOND), PER_SOURCE_BANNED);
	per_source_free(&p);
}
END_TEST

START_TEST(a_ban_ends_when_the_file_says_so)
{
	struct conf_per_source c = { .connections = 1,
		.ban = { .after = 1, .for_ms = 10000 } };
	struct per_source *p = make();
	struct source a = from(web, "192.0.2.1:5");

	ck_assert_int_eq(come(p, &a, &c, SECOND), PER_SOURCE_OK);
	ck_assert_int_eq(come(p, &a, &c, SECOND), PER_SOURCE_CONNECTIONS);
	per_source_leave(p, &a);
	ck_assert_int_eq(come(p, &a, &c, SECOND), PER_SOURCE_BANNED);
	c.ban.after = 0;
	ck_assert_int_eq(come(p, &a, &c, SECOND), PER_SOURCE_OK);
	per_source_free(&p);
}
END_TEST

START_TEST(who_does_not_prove_who_he_is_is_banned)
{
	const struct conf_per_source c = { .ban = { .after = 2, .for_ms = 10000 } };
	struct per_source *p = make();
	struct source a = from((struct service_ref){ PER_SOURCE_AGENTS, 0 },
	    "192.0.2.1:5");

	ck_assert_int_eq(come(p, &a, &c, SECOND), PER_SOURCE_OK);
	per_source_leave(p, &a);
	ck_assert(!per_source_blame(p, &a, &c, SECOND).banned);
	ck_assert(per_source_blame(p, &a, &c, SECOND).banned);
	ck_assert_int_eq(come(p, &a, &c, SECOND), PER_SOURCE_BANNED);
	per_source_free(&p);
}
END_TEST

/* Far more sources than places, and nobody is counted wrongly. */
START_TEST(the_table_has_an_end)
{
	const struct conf_per_source c = { .connections = 1 };
	const uint32_t n = 4 * PER_SOURCE_PLACES;
	struct per_source *p = make();
	struct source who, stays = from(web, "192.0.2.1:5");
	bool *counted = calloc(n, sizeof(*counted));
	uint32_t in = 0;

	ck_assert_ptr_nonnull(counted);
	ck_assert_int_eq(come(p, &stays, &c, SECOND), PER_SOURCE_OK);
	for (uint32_t i = 0; i < n; i++) {
		struct per_source_answer a;

		source_of(ssh, (const uint8_t *)&i, sizeof(i), &who);
		a = per_source_enter(p, &who, &c, SECOND + i);
		ck_assert_int_eq(a.verdict, PER_SOURCE_OK);
		counted[i] = a.counted;
		in += a.counted;
	}
	ck_assert_uint_le(in, PER_SOURCE_PLACES - 1);
	ck_assert_uint_ge(in, PER_SOURCE_PLACES / 10 * 9);
	/* Who has a connection has kept his place. */
	ck_assert_int_eq(come(p, &stays, &c, SECOND + n), PER_SOURCE_CONNECTIONS);
	for (uint32_t i = 0; i < n; i++) {
		source_of(ssh, (const uint8_t *)&i, sizeof(i), &who);
		if (counted[i])
			per_source_leave(p, &who);
	}
	/* There is room again. */
	source_of(web, (const uint8_t *)&n, sizeof(n), &who);
	ck_assert(per_source_enter(p, &who, &c, SECOND + n).counted);
	free(counted);
	per_source_free(&p);
}
END_TEST

START_TEST(what_another_process_let_in_counts)
{
	const struct conf_per_source c = { .connections = 1 };
	struct per_source *p = make();
	struct source a = from(web, "192.0.2.1:5"), nobody = { .at = web };

	ck_assert(per_source_again(p, &a, SECOND));
	ck_assert(per_source_again(p, &a, SECOND));
	ck_assert_int_eq(come(p, &a, &c, SECOND), PER_SOURCE_CONNECTIONS);
	per_source_leave(p, &a);
	per_source_leave(p, &a);
	ck_assert_int_eq(come(p, &a, &c, SECOND), PER_SOURCE_OK);
	/* One without an address has no limit, and no place. */
	ck_assert(!per_source_again(p, &nobody, SECOND));
	ck_assert(!per_source_enter(p, &nobody, &c, SECOND).counted);
	per_source_free(&p);
}
END_TEST

CHECK_MAIN("relay/per_source", connections_are_counted_until_they_leave,
    a_rate_begins_anew_with_each_second, an_ipv6_network_is_one_source,
    who_is_refused_too_often_is_banned_for_a_time, refusals_long_ago_do_not_count,
    a_ban_ends_when_the_file_says_so, who_does_not_prove_who_he_is_is_banned,
    the_table_has_an_end, what_another_process_let_in_counts)

/* test_sources.c — from where visitors may come. */
#include "relay/sources.h"
#include "../check_main.h"

static char lan[] = "10.0.0.0/8", one[] = "10.6.6.6", v6[] = "2001:db8::/32",
	    all[] = "0.0.0.0/0";

static bool
may(const struct conf_service *conf, const char *from)
{
	struct sources *s;
	struct addr peer;
	bool yes;

	ck_assert_int_eq(addr_parse(from, &peer, NULL), 0);
	ck_assert_int_eq(sources_new(conf, &s), 0);
	yes = sources_may(s, &peer);
	sources_free(&s);
	return yes;
}

START_TEST(without_lists_everybody_may)
{
	struct conf_service c = { .name = one };

	ck_assert(may(&c, "192.0.2.1:7"));
	ck_assert(may(&c, "[2001:db8::1]:7"));
}
END_TEST

START_TEST(who_is_not_allowed_may_not)
{
	char *allow[] = { lan, v6 };
	struct conf_service c = { .allow = allow, .n_allow = 2 };

	ck_assert(may(&c, "10.1.2.3:7"));
	ck_assert(may(&c, "[::ffff:10.1.2.3]:7"));
	ck_assert(!may(&c, "11.1.2.3:7"));
	ck_assert(may(&c, "[2001:db8::1]:7"));
	ck_assert(!may(&c, "[2001:db9::1]:7"));
}
END_TEST

START_TEST(who_is_denied_may_not_whoever_is_allowed)
{
	char *allow[] = { lan }, *deny[] = { one, v6 }, *nobody[] = { all };
	struct conf_service c = { .allow = allow, .n_allow = 1, .deny = deny,
		.n_deny = 2 };
	struct conf_service d = { .deny = deny, .n_deny = 2 };
	struct conf_service v4_never = { .deny = nobody, .n_deny = 1 };

	ck_assert(may(&c, "10.6.6.5:7"));
	ck_assert(!may(&c, "10.6.6.6:7"));
	ck_assert(!may(&c, "[::ffff:10.6.6.6]:7"));
	ck_assert(!may(&c, "192.0.2.1:7"));
	ck_assert(may(&d, "192.0.2.1:7"));
	ck_assert(!may(&d, "10.6.6.6:7"));
	ck_assert(!may(&d, "[2001:db8::1]:7"));
	ck_assert(!may(&v4_never, "192.0.2.1:7"));
	ck_assert(may(&v4_never, "[2001:db8::1]:7"));
}
END_TEST

CHECK_MAIN("relay/sources", without_lists_everybody_may, who_is_not_allowed_may_not,
    who_is_denied_may_not_whoever_is_allowed)

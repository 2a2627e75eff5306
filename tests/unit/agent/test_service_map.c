/* test_service_map.c — the map of what an agent lends. */
#include "agent/service_map.h"
#include "../check_main.h"

static char web[] = "web";

static int
try_target(const char *target, struct err *e)
{
	char *copy = strdup(target);
	struct conf_target list[] = { { .name = web, .target = copy } };
	struct conf_agent conf = { .services = list, .n_services = 1 };
	struct service_map s;
	int r = service_map_init(&s, &conf, e);

	service_map_fini(&s);
	free(copy);
	return r;
}

START_TEST(service_map_finds_only_what_is_in_the_map)
{
	char target[] = "127.0.0.1:3000";
	struct conf_target list[] = { { .name = web, .target = target } };
	struct conf_agent conf = { .services = list, .n_services = 1 };
	struct service_map s;

	ck_assert_int_eq(service_map_init(&s, &conf, NULL), 0);
	ck_assert_ptr_eq(service_map_find(&s, slice_str("web")), &s.all[0]);
	ck_assert_ptr_null(service_map_find(&s, slice_str("we")));
	ck_assert_ptr_null(service_map_find(&s, slice_str("127.0.0.1:3000")));
	ck_assert_ptr_null(service_map_find(&s, slice_of("", 0)));
	service_map_fini(&s);
}
END_TEST

START_TEST(service_map_refuses_targets_no_agent_may_lend)
{
	const char *forbidden[] = { "169.254.169.254:80", "[fe80::1]:80",
		"[fd00:ec2::254]:80", "224.0.0.1:80", "0.0.0.0:80",
		"255.255.255.255:80", "[::ffff:169.254.169.254]:80" };
	const char *allowed[] = { "127.0.0.1:80", "[::1]:80", "192.168.1.5:22",
		"unix:/run/x.sock", "[fd00::1]:22" };

	for (size_t i = 0; i < ARRAY_LEN(forbidden); i++)
		ck_assert_msg(try_target(forbidden[i], NULL) == AX_E_CONFIG,
		    "%s", forbidden[i]);
	for (size_t i = 0; i < ARRAY_LEN(allowed); i++)
		ck_assert_msg(try_target(allowed[i], NULL) == 0, "%s", allowed[i]);
}
END_TEST

START_TEST(service_map_says_which_service_is_wrong)
{
	struct err e = { 0 };

	ck_assert_int_eq(try_target("somewhere:80", &e), AX_E_CONFIG);
	ck_assert_ptr_nonnull(strstr(e.text, "service web"));
}
END_TEST

START_TEST(service_reports_health_only_when_it_changes)
{
	struct service s = { .health = HEALTH_UNKNOWN };

	ck_assert(service_set_health(&s, HEALTH_OK));
	ck_assert(!service_set_health(&s, HEALTH_OK));
	ck_assert(service_set_health(&s, HEALTH_DEAD));
}
END_TEST

CHECK_MAIN("service_map", service_map_finds_only_what_is_in_the_map,
    service_map_refuses_targets_no_agent_may_lend,
    service_map_says_which_service_is_wrong,
    service_reports_health_only_when_it_changes)

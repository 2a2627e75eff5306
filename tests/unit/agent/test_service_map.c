/* test_service_map.c — the map of what an agent lends. */
#include "agent/service_map.h"

#include "base/str.h"
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
	ck_assert_ptr_eq(service_map_find(&s, slice_str("web")), s.all[0]);
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

static void
update(struct service_map *s, const char *x, const char *y)
{
	char nx[] = "x", ny[] = "y", tx[32], ty[32];
	struct conf_target list[2];
	struct conf_agent conf = { .services = list };

	if (x != NULL && str_copy(tx, sizeof(tx), x))
		list[conf.n_services++] = (struct conf_target){ .name = nx,
			.target = tx, .max_dials = 7 };
	if (y != NULL && str_copy(ty, sizeof(ty), y))
		list[conf.n_services++] = (struct conf_target){ .name = ny,
			.target = ty };
	ck_assert_int_eq(service_map_update(s, &conf, NULL), 0);
}

START_TEST(services_come_and_go_and_keep_their_connections)
{
	struct conf_agent none = { .n_services = 0 };
	char bad_target[] = "somewhere:80";
	struct conf_target bad[] = { { .name = web, .target = bad_target } };
	struct conf_agent broken = { .services = bad, .n_services = 1 };
	struct service_map s;
	struct service *x;

	ck_assert_int_eq(service_map_init(&s, &none, NULL), 0);
	update(&s, "127.0.0.1:1", "127.0.0.1:2");
	x = service_map_find(&s, slice_str("x"));
	ck_assert_uint_eq(x->max_dials, 7);
	x->connections = 1;
	(void)service_set_health(x, HEALTH_OK);

	update(&s, "127.0.0.1:1", NULL);
	ck_assert_ptr_eq(service_map_find(&s, slice_str("x")), x);
	ck_assert_int_eq(x->health, HEALTH_OK);
	ck_assert_uint_eq(service_map_count(&s), 1);
	update(&s, "127.0.0.1:3", "127.0.0.1:2");
	ck_assert_int_eq(x->health, HEALTH_UNKNOWN);
	ck_assert_int_eq(service_map_update(&s, &broken, NULL), AX_E_CONFIG);
	ck_assert_ptr_eq(service_map_find(&s, slice_str("x")), x);

	update(&s, NULL, "127.0.0.1:2");
	ck_assert_ptr_null(service_map_find(&s, slice_str("x")));
	ck_assert_uint_eq(service_map_count(&s), 1);
	x->connections = 0; /* it was there until here */
	update(&s, NULL, "127.0.0.1:2");
	ck_assert_uint_eq(s.n, 1);
	service_map_fini(&s);
}
END_TEST

START_TEST(service_map_lends_until_it_is_taken_back)
{
	char target[] = "127.0.0.1:1";
	struct conf_target list[] = { { .name = web, .target = target } };
	struct conf_agent conf = { .services = list, .n_services = 1 };
	struct service_map s;
	struct service *v;
	struct addr at;

	ck_assert_int_eq(addr_parse("127.0.0.1:22", &at, NULL), 0);
	ck_assert_int_eq(service_map_init(&s, &conf, NULL), 0);
	ck_assert_int_eq(service_map_lend(&s, "tcp-40000", &at), 0);
	ck_assert_uint_eq(service_map_count(&s), 2);
	v = service_map_find(&s, slice_str("tcp-40000"));
	ck_assert_uint_eq(addr_port(&v->target), 22);
	/* Neither is given to something else, nor lost when the file is read again. */
	ck_assert_int_eq(service_map_lend(&s, "tcp-40000", &at), AX_E_EXIST);
	ck_assert_int_eq(service_map_lend(&s, "web", &at), AX_E_EXIST);
	ck_assert_int_eq(service_map_update(&s, &conf, NULL), 0);
	ck_assert_ptr_eq(service_map_find(&s, slice_str("tcp-40000")), v);
	service_map_unlend(&s, "web");
	ck_assert_ptr_nonnull(service_map_find(&s, slice_str("web")));
	service_map_unlend(&s, "tcp-40000");
	ck_assert_ptr_null(service_map_find(&s, slice_str("tcp-40000")));
	ck_assert_int_eq(service_map_lend(&s, "tcp-40000", &at), 0);
	ck_assert_uint_eq(s.n, 2);
	service_map_unlend(&s, "tcp-40000");
	ck_assert_int_eq(service_map_update(&s, &conf, NULL), 0);
	ck_assert_uint_eq(s.n, 1);
	service_map_fini(&s);
}
END_TEST

START_TEST(service_map_prefers_the_file)
{
	static char name[] = "tcp-40000";
	char target[] = "127.0.0.1:1";
	struct conf_target list[] = { { .name = name, .target = target } };
	struct conf_agent none = { .n_services = 0 };
	struct conf_agent conf = { .services = list, .n_services = 1 };
	struct service_map s;
	struct addr at;

	ck_assert_int_eq(addr_parse("127.0.0.1:22", &at, NULL), 0);
	ck_assert_int_eq(service_map_init(&s, &none, NULL), 0);
	ck_assert_int_eq(service_map_lend(&s, name, &at), 0);
	ck_assert_int_eq(service_map_update(&s, &conf, NULL), 0);
	service_map_unlend(&s, name);
	ck_assert_uint_eq(
	    addr_port(&service_map_find(&s, slice_str(name))->target), 1);
	service_map_fini(&s);
}
END_TEST

CHECK_MAIN("service_map", services_come_and_go_and_keep_their_connections,
    service_map_finds_only_what_is_in_the_map,
    service_map_refuses_targets_no_agent_may_lend,
    service_map_says_which_service_is_wrong,
    service_reports_health_only_when_it_changes,
    service_map_lends_until_it_is_taken_back, service_map_prefers_the_file)

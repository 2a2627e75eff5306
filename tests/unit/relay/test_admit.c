/* test_admit.c — limits on visitors and on memory. */
#include "relay/admit.h"
#include "../check_main.h"

static char acme[] = "acme", beta[] = "beta";

static struct conf_tenant list[2];
static struct conf_relay conf;

static struct tenants *
make(void)
{
	struct tenants *t;

	list[0] = (struct conf_tenant){ .name = acme,
		.limits = { .streams = 3, .memory = 1 << 20 } };
	list[1] = (struct conf_tenant){ .name = beta,
		.limits = { .streams = 100, .memory = 1 << 30,
		    .connections_per_second = 5 } };
	conf = (struct conf_relay){ .tenants = list, .n_tenants = 2,
		.limits = { .streams = 10, .memory = 64 << 20 } };
	ck_assert_int_eq(tenants_new(&conf, &t), 0);
	return t;
}

START_TEST(admit_stops_at_the_tenants_streams_and_opens_again)
{
	struct tenants *t = make();

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(admit_visitor(t, 0, &conf, 0), ADMIT_OK);
	ck_assert_int_eq(admit_visitor(t, 0, &conf, 0), ADMIT_TENANT_STREAMS);
	ck_assert_int_eq(admit_visitor(t, 1, &conf, 0), ADMIT_OK);
	admit_leave(t, 0);
	ck_assert_int_eq(admit_visitor(t, 0, &conf, 0), ADMIT_OK);
	tenants_free(&t);
}
END_TEST

START_TEST(admit_counts_a_rate_per_second)
{
	struct tenants *t = make();

	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(admit_visitor(t, 1, &conf, AX_NS_PER_S), ADMIT_OK);
	ck_assert_int_eq(
	    admit_visitor(t, 1, &conf, AX_NS_PER_S), ADMIT_TENANT_RATE);
	ck_assert_int_eq(admit_visitor(t, 1, &conf, 2 * AX_NS_PER_S), ADMIT_OK);
	tenants_free(&t);
}
END_TEST

START_TEST(admit_keeps_the_relays_total_across_tenants)
{
	struct tenants *t = make();

	conf.limits.streams = 4;
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(admit_visitor(t, 0, &conf, 0), ADMIT_OK);
	ck_assert_int_eq(admit_visitor(t, 1, &conf, 0), ADMIT_OK);
	ck_assert_int_eq(admit_visitor(t, 1, &conf, 0), ADMIT_RELAY_STREAMS);
	/* The refused one must not have kept its place at the tenant. */
	ck_assert_uint_eq(atomic_load(&tenants_usage(t, 1)->streams), 1);
	tenants_free(&t);
}
END_TEST

START_TEST(session_memory_stays_within_tenant_and_relay)
{
	struct tenants *t = make();
	struct session_memory m;
	void *p, *q;

	ck_assert_int_eq(session_memory_init(&m, t, 0, &conf, 8 << 20), 0);
	ck_assert_uint_eq(m.credit, (1 << 20) / 16);
	p = alloc_get(&m.base, 512 << 10);
	ck_assert_ptr_nonnull(p);
	q = alloc_get(&m.base, 512 << 10);
	ck_assert_ptr_null(q);
	alloc_put(&m.base, p, 512 << 10);
	ck_assert_uint_eq(atomic_load(&tenants_usage(t, 0)->memory), m.credit);
	session_memory_fini(&m);
	ck_assert_uint_eq(atomic_load(&tenants_usage(t, 0)->memory), 0);
	ck_assert_uint_eq(atomic_load(&tenants_total(t)->memory), 0);
	tenants_free(&t);
}
END_TEST

START_TEST(session_memory_is_refused_when_not_even_the_floor_is_left)
{
	struct tenants *t = make();
	struct session_memory m[64];
	int n = 0;

	while (n < 64 && session_memory_init(&m[n], t, 0, &conf, 8 << 20) == 0)
		n++;
	ck_assert_int_gt(n, 0);
	ck_assert_int_lt(n, 64);
	ck_assert_uint_le(atomic_load(&tenants_usage(t, 0)->memory), 1 << 20);
	while (n-- > 0)
		session_memory_fini(&m[n]);
	ck_assert_uint_eq(atomic_load(&tenants_usage(t, 0)->memory), 0);
	tenants_free(&t);
}
END_TEST

CHECK_MAIN("admit", admit_stops_at_the_tenants_streams_and_opens_again,
    admit_counts_a_rate_per_second, admit_keeps_the_relays_total_across_tenants,
    session_memory_stays_within_tenant_and_relay,
    session_memory_is_refused_when_not_even_the_floor_is_left)

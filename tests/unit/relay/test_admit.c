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

START_TEST(admit_stops_at_a_quota_that_is_used_up)
{
	struct tenants *t = make();

	atomic_store(&tenants_usage(t, 0)->spent, true);
	ck_assert_int_eq(admit_visitor(t, 0, &conf, 0), ADMIT_TENANT_QUOTA);
	ck_assert_uint_eq(atomic_load(&tenants_usage(t, 0)->streams), 0);
	ck_assert_int_eq(admit_visitor(t, 1, &conf, 0), ADMIT_OK);
	atomic_store(&tenants_usage(t, 0)->spent, false);
	ck_assert_int_eq(admit_visitor(t, 0, &conf, 0), ADMIT_OK);
	tenants_free(&t);
}
END_TEST

static uint64_t
memory_of(struct tenants *t, uint32_t tenant)
{
	return atomic_load(&tenants_usage(t, tenant)->memory);
}

START_TEST(session_memory_stays_within_tenant_and_relay)
{
	struct tenants *t = make();
	struct session_memory m;
	void *p, *q;

	ck_assert_int_eq(session_memory_init(&m, t, 0), 0);
	ck_assert_uint_eq(memory_of(t, 0), SESSION_COST);
	p = alloc_get(&m.base, 512 << 10);
	ck_assert_ptr_nonnull(p);
	q = alloc_get(&m.base, 512 << 10);
	ck_assert_ptr_null(q);
	ck_assert_uint_eq(memory_of(t, 0), SESSION_COST + (512 << 10));
	ck_assert_uint_eq(atomic_load(&tenants_total(t)->memory), memory_of(t, 0));
	alloc_put(&m.base, p, 512 << 10);
	session_memory_fini(&m);
	ck_assert_uint_eq(memory_of(t, 0), 0);
	ck_assert_uint_eq(atomic_load(&tenants_total(t)->memory), 0);
	tenants_free(&t);
}
END_TEST

START_TEST(session_memory_counts_what_buffers_may_be)
{
	struct tenants *t = make();
	struct session_memory m;

	ck_assert_int_eq(session_memory_init(&m, t, 0), 0);
	ck_assert_uint_eq(alloc_left(&m.base), ((1 << 20) - SESSION_COST) / 2);
	ck_assert(alloc_reserve(&m.base, 64 << 10));
	ck_assert_uint_eq(memory_of(t, 0), SESSION_COST + (128 << 10));
	ck_assert(!alloc_reserve(&m.base, 512 << 10));
	ck_assert(alloc_reserve(&m.base, alloc_left(&m.base)));
	ck_assert_uint_eq(alloc_left(&m.base), 0);
	alloc_unreserve(&m.base, ((1 << 20) - SESSION_COST) / 2);
	session_memory_fini(&m);
	ck_assert_uint_eq(memory_of(t, 0), 0);
	tenants_free(&t);
}
END_TEST

START_TEST(session_memory_has_a_spare_when_nothing_is_left)
{
	struct tenants *t = make();
	struct session_memory m;
	void *p[3];
	size_t all;

	ck_assert_int_eq(session_memory_init(&m, t, 0), 0);
	all = alloc_left(&m.base);
	ck_assert(alloc_reserve(&m.base, all));
	p[0] = alloc_get(&m.base, 64 << 10);
	p[1] = alloc_get(&m.base, 8 << 10);
	ck_assert(p[0] != NULL && p[1] != NULL);
	ck_assert_ptr_null(alloc_get(&m.base, 64 << 10));
	ck_assert_uint_le(memory_of(t, 0), 1 << 20);
	alloc_put(&m.base, p[0], 64 << 10);
	p[0] = alloc_get(&m.base, 64 << 10); /* as often as it is needed */
	ck_assert_ptr_nonnull(p[0]);
	alloc_unreserve(&m.base, all);
	p[2] = alloc_get(&m.base, 64 << 10); /* not from the spare */
	alloc_put(&m.base, p[2], 64 << 10);
	alloc_put(&m.base, p[1], 8 << 10);
	alloc_put(&m.base, p[0], 64 << 10);
	session_memory_fini(&m);
	ck_assert_uint_eq(memory_of(t, 0), 0);
	tenants_free(&t);
}
END_TEST

/* In another order than it came to be, over a limit that is full. */
START_TEST(session_memory_fits_in_the_next_process)
{
	struct tenants *t = make();
	struct session_memory m;
	void *p[2];

	atomic_store(&tenants_usage(t, 0)->memory, (1 << 20) - SESSION_COST - 1000);
	session_memory_thaw(&m, t, 0);
	p[0] = alloc_get(&m.base, 8 << 10);
	p[1] = alloc_get(&m.base, 64 << 10);
	ck_assert(p[0] != NULL && p[1] != NULL);
	ck_assert_uint_eq(memory_of(t, 0), (1 << 20) - 1000);
	ck_assert(alloc_reserve(&m.base, 4000));
	session_memory_thawed(&m);
	ck_assert(!alloc_reserve(&m.base, 4000));
	alloc_unreserve(&m.base, 4000);
	alloc_put(&m.base, p[0], 8 << 10);
	alloc_put(&m.base, p[1], 64 << 10);
	session_memory_fini(&m);
	tenants_free(&t);
}
END_TEST

START_TEST(session_memory_is_refused_when_a_session_does_not_fit)
{
	struct tenants *t = make();
	struct session_memory m[64];
	int n = 0;

	while (n < 64 && session_memory_init(&m[n], t, 0) == 0)
		n++;
	ck_assert_int_eq(n, (1 << 20) / SESSION_COST);
	ck_assert_uint_le(memory_of(t, 0), 1 << 20);
	while (n-- > 0)
		session_memory_fini(&m[n]);
	ck_assert_uint_eq(memory_of(t, 0), 0);
	tenants_free(&t);
}
END_TEST

START_TEST(session_memory_leaves_something_for_other_tenants)
{
	struct tenants *t = make();
	struct session_memory hog, other;
	uint64_t n = 0;

	/* beta may have a gigabyte, the relay has 64 MiB. */
	ck_assert_int_eq(session_memory_init(&hog, t, 1), 0);
	while (alloc_reserve(&hog.base, 64 << 10))
		n++;
	ck_assert_uint_le(memory_of(t, 1), (64 << 20) / 5 * 4 + (128 << 10));
	ck_assert_uint_ge(memory_of(t, 1), (64 << 20) / 5 * 4 - (128 << 10));
	ck_assert_int_eq(session_memory_init(&other, t, 0), 0);
	ck_assert(alloc_reserve(&other.base, 256 << 10));
	alloc_unreserve(&other.base, 256 << 10);
	alloc_unreserve(&hog.base, n * (64 << 10));
	session_memory_fini(&other);
	session_memory_fini(&hog);
	tenants_free(&t);
}
END_TEST

CHECK_MAIN("admit", admit_stops_at_the_tenants_streams_and_opens_again,
    admit_counts_a_rate_per_second, admit_keeps_the_relays_total_across_tenants,
    admit_stops_at_a_quota_that_is_used_up,
    session_memory_stays_within_tenant_and_relay,
    session_memory_counts_what_buffers_may_be,
    session_memory_has_a_spare_when_nothing_is_left,
    session_memory_fits_in_the_next_process,
    session_memory_is_refused_when_a_session_does_not_fit,
    session_memory_leaves_something_for_other_tenants)

/* test_tenants.c — who is found for a connection, and what readers may see
 * while control changes the table.                                           */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/rcu.h"
#include "relay/tenants.h"
#include "../check_main.h"

static char web[] = "web", ssh[] = "ssh", any[] = "127.0.0.1:0";
static char acme[] = "acme", zeta[] = "zeta", beta[] = "beta";
static struct conf_service services[] = {
	{ .name = web, .listen = any }, { .name = ssh, .listen = any } };
static struct conf_tenant tenants_list[] = {
	{ .name = zeta, .services = services, .n_services = 2 },
	{ .name = acme, .services = services, .n_services = 2,
	    .policy = CONF_POLICY_LEAST_LOADED },
	{ .name = beta, .services = services, .n_services = 1 } };

static struct tenants *
make(void)
{
	struct conf_relay conf = { .tenants = tenants_list, .n_tenants = 3 };
	struct tenants *t;

	ck_assert_int_eq(tenants_new(&conf, &t), 0);
	return t;
}

static struct tunnel_ref
ref(uint32_t slot)
{
	return (struct tunnel_ref){ .worker = 1, .slot = slot, .gen = 7 };
}

static struct tunnel_ref
ref_on(unsigned worker, uint32_t slot)
{
	return (struct tunnel_ref){ .worker = (uint16_t)worker, .slot = slot,
		.gen = 7 };
}

/* A lane of the agent that is called after its instance. */
static atomic_uint *
join_lane(struct tenants *t, uint32_t tenant, struct tunnel_ref at, char agent,
    uint8_t index)
{
	struct lane lane = { .agent = { agent }, .instance = { (uint8_t)agent },
		.index = index };
	struct service_set set = { { 1 } };
	atomic_uint *load;

	ck_assert_int_eq(tenants_put(t, tenant, at, &lane, &load), 0);
	ck_assert_int_eq(tenants_offer(t, tenant, at, &set, &set), 0);
	return load;
}

static bool
has(const struct tenants *t, uint32_t tenant, char agent)
{
	struct lane lane = { .agent = { agent } }; /* another machine's */

	ck_assert(!tenants_has_agent(t, tenant, &lane, false));
	return tenants_has_agent(t, tenant, &lane, true);
}

/* An agent of its own. */
static atomic_uint *
join(struct tenants *t, uint32_t tenant, uint32_t slot, unsigned service)
{
	struct lane lane = { .agent = "a" };
	struct service_set set = { { 0 } };
	atomic_uint *load;

	memcpy(lane.instance, &slot, sizeof(slot));
	ck_assert_int_eq(tenants_put(t, tenant, ref(slot), &lane, &load), 0);
	service_set_add(&set, service);
	ck_assert_int_eq(tenants_offer(t, tenant, ref(slot), &set, &set), 0);
	return load;
}

static const struct visitor_place there = { .worker = 1 };

START_TEST(tenants_are_found_by_name)
{
	struct tenants *t = make();

	ck_assert_int_eq(tenants_index(t, "zeta"), 0);
	ck_assert_int_eq(tenants_index(t, "acme"), 1);
	ck_assert_int_eq(tenants_index(t, "beta"), 2);
	ck_assert_int_eq(tenants_index(t, "bet"), -1);
	ck_assert_int_eq(tenants_index(t, ""), -1);
	ck_assert_int_eq(tenants_service(t, 0, slice_str("ssh")), 1);
	ck_assert_int_eq(tenants_service(t, 2, slice_str("ssh")), -1);
	tenants_free(&t);
}
END_TEST

START_TEST(tenants_pick_the_newest_that_lends_the_service)
{
	struct tenants *t = make();
	struct tunnel_ref r;

	join(t, 0, 1, 0);
	join(t, 0, 2, 0);
	join(t, 0, 3, 1);
	ck_assert(tenants_pick(t, (struct service_ref){ 0, 0 }, there, &r));
	ck_assert_uint_eq(r.slot, 2);
	ck_assert(tenants_pick(t, (struct service_ref){ 0, 1 }, there, &r));
	ck_assert_uint_eq(r.slot, 3);
	ck_assert(!tenants_pick(t, (struct service_ref){ 2, 0 }, there, &r));
	tenants_free(&t);
}
END_TEST

START_TEST(tenants_pick_the_least_loaded_by_policy)
{
	struct tenants *t = make();
	atomic_uint *a = join(t, 1, 1, 0), *b = join(t, 1, 2, 0);
	struct tunnel_ref r;

	atomic_store(a, 5);
	atomic_store(b, 9);
	ck_assert(tenants_pick(t, (struct service_ref){ 1, 0 }, there, &r));
	ck_assert_uint_eq(r.slot, 1);
	atomic_store(a, 10);
	ck_assert(tenants_pick(t, (struct service_ref){ 1, 0 }, there, &r));
	ck_assert_uint_eq(r.slot, 2);
	tenants_free(&t);
}
END_TEST

START_TEST(tenants_prefer_an_agent_whose_service_is_healthy)
{
	struct tenants *t = make();
	struct service_set all = { { 1 } }, none = { { 0 } };
	struct tunnel_ref r;

	join(t, 0, 1, 0);
	join(t, 0, 2, 0);
	ck_assert_int_eq(tenants_offer(t, 0, ref(2), &all, &none), 0);
	ck_assert(tenants_pick(t, (struct service_ref){ 0, 0 }, there, &r));
	ck_assert_uint_eq(r.slot, 1);
	ck_assert(tenants_remove(t, 0, ref(1)));
	ck_assert(tenants_pick(t, (struct service_ref){ 0, 0 }, there, &r));
	ck_assert_uint_eq(r.slot, 2);
	tenants_free(&t);
}
END_TEST

START_TEST(tenants_forget_an_agent_that_left)
{
	struct tenants *t = make();
	struct tunnel_ref r, other = ref(1);

	join(t, 0, 1, 0);
	other.gen = 8; /* the slot was used again */
	ck_assert(!tenants_remove(t, 0, other));
	ck_assert(tenants_pick(t, (struct service_ref){ 0, 0 }, there, &r));
	ck_assert(tenants_remove(t, 0, ref(1)));
	ck_assert(!tenants_remove(t, 0, ref(1)));
	ck_assert(!tenants_pick(t, (struct service_ref){ 0, 0 }, there, &r));
	tenants_reclaim(t);
	tenants_free(&t);
}
END_TEST

/* --- lanes ------------------------------------------------------------------- */

static unsigned
picked(struct tenants *t, uint32_t tenant, struct visitor_place from)
{
	struct tunnel_ref r;

	ck_assert(tenants_pick(t, (struct service_ref){ tenant, 0 }, from, &r));
	return r.worker;
}

START_TEST(tenants_pick_the_lane_where_the_visitor_is)
{
	struct tenants *t = make();
	atomic_uint *load[3];

	for (uint8_t i = 0; i < 3; i++)
		load[i] = join_lane(t, 0, ref_on(i, 0), 'x', i);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(picked(t, 0, (struct visitor_place){ i, false }), i);
	/* No lane there: the least loaded. */
	atomic_store(load[0], 1);
	atomic_store(load[1], 2);
	atomic_store(load[2], 0);
	ck_assert_uint_eq(picked(t, 0, (struct visitor_place){ 3, false }), 2);
	tenants_free(&t);
}
END_TEST

START_TEST(tenants_send_a_visitor_on_when_his_lane_has_far_more_to_do)
{
	struct tenants *t = make();
	atomic_uint *here = join_lane(t, 0, ref_on(0, 0), 'x', 0);
	atomic_uint *other = join_lane(t, 0, ref_on(1, 0), 'x', 1);
	struct visitor_place from = { 0, false }, sent = { 0, true };

	atomic_store(here, 1);
	ck_assert_uint_eq(picked(t, 0, from), 0);
	atomic_store(here, 2);
	ck_assert_uint_eq(picked(t, 0, from), 1);
	ck_assert_uint_eq(picked(t, 0, sent), 0); /* nobody is sent about */
	atomic_store(other, 1000);
	atomic_store(here, 1501);
	ck_assert_uint_eq(picked(t, 0, from), 0);
	atomic_store(here, 1502);
	ck_assert_uint_eq(picked(t, 0, from), 1);
	tenants_free(&t);
}
END_TEST

START_TEST(tenants_compare_agents_by_all_their_lanes)
{
	struct tenants *t = make();
	atomic_uint *x0 = join_lane(t, 1, ref_on(0, 0), 'x', 0);
	atomic_uint *y = join_lane(t, 1, ref_on(2, 0), 'y', 0);
	atomic_uint *x1 = join_lane(t, 1, ref_on(1, 0), 'x', 1);
	struct visitor_place from = { 0, false };

	atomic_store(x0, 3);
	atomic_store(x1, 3);
	atomic_store(y, 5);
	ck_assert_uint_eq(picked(t, 1, from), 2);
	atomic_store(y, 7);
	ck_assert_uint_eq(picked(t, 1, from), 0);
	tenants_free(&t);
}
END_TEST

START_TEST(tenants_do_not_take_a_new_lane_for_a_new_agent)
{
	struct tenants *t = make();
	struct visitor_place from = { 3, false };
	size_t second = 1;

	join_lane(t, 0, ref_on(0, 0), 'x', 0);
	join_lane(t, 0, ref_on(2, 0), 'y', 0);
	join_lane(t, 0, ref_on(1, 0), 'x', 1);
	ck_assert_uint_eq(picked(t, 0, from), 2); /* y is the newest */
	ck_assert_uint_eq(tenants_agent(t, 0, &second)->lane.index, 1);
	ck_assert(tenants_remove(t, 0, ref_on(2, 0)));
	ck_assert_uint_eq(picked(t, 0, (struct visitor_place){ 1, false }), 1);
	tenants_free(&t);
}
END_TEST

START_TEST(tenants_that_leave_keep_their_counters_until_removed)
{
	struct tenants *t = make();
	atomic_uint *load = join_lane(t, 0, ref_on(0, 0), 'x', 0);
	struct lane lane = { .agent = "x", .instance = { 'x' } };
	uint32_t of;

	ck_assert(tenants_set_away(t, 0, ref_on(0, 0), 5));
	ck_assert_ptr_nonnull(tenants_oldest_away(t, 0, &of));
	tenants_leave(t, 0, ref_on(0, 0));
	tenants_leave(t, 0, ref_on(0, 0));
	ck_assert_uint_eq(tenants_agents(t, 0), 0);
	ck_assert_uint_eq(tenants_all_agents(t), 0);
	ck_assert_ptr_null(tenants_oldest_away(t, 0, &of));
	ck_assert_ptr_null(tenants_find(t, 0, &lane));
	/* Another one comes; the worker has not yet heard of the end. */
	(void)join_lane(t, 0, ref_on(0, 1), 'y', 0);
	tenants_reclaim(t);
	atomic_fetch_add(load, 1);
	ck_assert_uint_eq(atomic_load(load), 1);
	ck_assert(tenants_remove(t, 0, ref_on(0, 0)));
	ck_assert(!tenants_remove(t, 0, ref_on(0, 0)));
	ck_assert_uint_eq(tenants_agents(t, 0), 1);
	tenants_reclaim(t);
	tenants_free(&t);
}
END_TEST

START_TEST(tenants_of_one_name_share_visitors_where_they_may)
{
	struct conf_tenant one = { .name = zeta, .services = services,
		.n_services = 2, .duplicates = CONF_DUPLICATES_BALANCE };
	struct conf_relay conf = { .tenants = &one, .n_tenants = 1 };
	atomic_uint *load[3];
	struct tenants *t;

	ck_assert_int_eq(tenants_new(&conf, &t), 0);
	load[0] = join(t, 0, 0, 0);
	(void)join_lane(t, 0, ref_on(1, 7), 'x', 0); /* an older name: never */
	load[1] = join(t, 0, 1, 0);
	load[2] = join(t, 0, 2, 0);
	ck_assert_uint_eq(tenants_agents(t, 0), 4);
	for (unsigned want = 0; want < 3; want++) {
		struct tunnel_ref got;

		for (unsigned i = 0; i < 3; i++)
			atomic_store(load[i], i == want ? 1 : 5);
		ck_assert(tenants_pick(t, (struct service_ref){ 0, 0 }, there, &got));
		ck_assert_uint_eq(got.slot, want);
	}
	tenants_free(&t);
}
END_TEST

START_TEST(tenants_count_agents_not_lanes)
{
	struct tenants *t = make();

	join_lane(t, 0, ref_on(0, 0), 'x', 0);
	join_lane(t, 0, ref_on(1, 0), 'x', 1);
	join_lane(t, 1, ref_on(0, 1), 'y', 0);
	ck_assert_uint_eq(tenants_agents(t, 0), 1);
	ck_assert_uint_eq(tenants_all_agents(t), 2);
	ck_assert(has(t, 0, 'x'));
	ck_assert(!has(t, 1, 'x'));
	ck_assert(tenants_remove(t, 0, ref_on(0, 0)));
	ck_assert_uint_eq(tenants_agents(t, 0), 1);
	ck_assert(tenants_remove(t, 0, ref_on(1, 0)));
	ck_assert_uint_eq(tenants_agents(t, 0), 0);
	ck_assert_uint_eq(tenants_all_agents(t), 1);
	ck_assert(!has(t, 0, 'x'));
	tenants_free(&t);
}
END_TEST

START_TEST(tenants_that_were_removed_are_tidied_at_once)
{
	struct tenants *t = make();
	const struct agent_entry *e;
	uint32_t tenant;
	size_t i = 0;

	for (uint32_t k = 0; k < 3; k++) {
		(void)join_lane(t, 0, ref_on(0, k), (char)('x' + k), 0);
		(void)join_lane(t, 0, ref_on(1, k), (char)('x' + k), 1);
	}
	(void)join_lane(t, 2, ref_on(0, 9), 'o', 0);
	ck_assert(!tenants_tidy(t, &tenant));
	ck_assert(tenants_remove(t, 0, ref_on(0, 0)));
	ck_assert(tenants_remove(t, 0, ref_on(1, 0)));
	ck_assert(tenants_remove(t, 0, ref_on(1, 2)));
	ck_assert(tenants_remove(t, 2, ref_on(0, 9)));
	/* Nobody sees them any more, though they are still there. */
	ck_assert_uint_eq(tenants_agents(t, 0), 2);
	ck_assert_uint_eq(tenants_all_agents(t), 2);
	while ((e = tenants_agent(t, 0, &i)) != NULL)
		ck_assert(e->lane.agent[0] == 'y' || e->ref.worker == 0);
	ck_assert_uint_eq(i, 6);
	ck_assert(tenants_tidy(t, &tenant));
	ck_assert_uint_eq(tenant, 2);
	ck_assert(tenants_tidy(t, &tenant));
	ck_assert_uint_eq(tenant, 0);
	ck_assert(!tenants_tidy(t, &tenant));
	for (i = 0; tenants_agent(t, 0, &i) != NULL;)
		ck_assert_uint_le(i, 3);
	tenants_reclaim(t);
	tenants_free(&t);
}
END_TEST

/* --- readers while control writes ------------------------------------------ */

struct reading {
	struct tenants *t;
	atomic_bool stop;
	uint64_t found;
	bool torn;
};

static void *
read_always(void *arg)
{
	struct reading *x = arg;

	rcu_reader_begin();
	while (!atomic_load(&x->stop)) {
		struct tunnel_ref r;

		if (tenants_pick(x->t, (struct service_ref){ 1, 0 }, there, &r)) {
			x->found++;
			if (r.worker != 1 || r.gen != 7)
				x->torn = true;
		}
		rcu_quiescent(x->t);
	}
	rcu_reader_end(x->t);
	return NULL;
}

START_TEST(tenants_readers_see_whole_agents_while_they_come_and_go)
{
	struct tenants *t = make();
	struct reading x[2] = { { .t = t }, { .t = t } };
	pthread_t threads[2];
	uint32_t tenant;

	join(t, 1, 0, 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(
		    pthread_create(&threads[i], NULL, read_always, &x[i]), 0);
	for (uint32_t i = 1; i < 300; i++) {
		join(t, 1, i, 0);
		ck_assert(tenants_remove(t, 1, ref(i - 1)));
		ck_assert(i % 3 != 0 || tenants_tidy(t, &tenant));
		tenants_reclaim(t);
	}
	for (int i = 0; i < 2; i++) {
		atomic_store(&x[i].stop, true);
		pthread_join(threads[i], NULL);
		ck_assert(!x[i].torn);
	}
	tenants_free(&t);
}
END_TEST

/* acme gone, beta with one more service, new behind. */
START_TEST(who_stays_keeps_agents_and_counters)
{
	static char new_name[] = "new";
	struct conf_tenant next[] = {
		{ .name = zeta, .services = services, .n_services = 2,
		    .limits = { .memory = 5 }, .policy = CONF_POLICY_LEAST_LOADED },
		{ .name = acme, .services = services, .n_services = 2, .gone = true },
		{ .name = beta, .services = services, .n_services = 2 },
		{ .name = new_name } };
	struct conf_relay conf = { .tenants = next, .n_tenants = 4,
		.limits = { .memory = 77 } };
	struct service_ref web_of_beta = { 2, 0 }, ssh_of_beta = { 2, 1 };
	struct tenants *t = make();
	struct usage *u = tenants_usage(t, 0);
	struct tenants_change *change;
	struct tunnel_ref r;

	join(t, 0, 1, 0);
	join(t, 0, 2, 0);
	atomic_store(&u->streams, 3);
	tenants_renewed(t, 0, RENEWED_ISSUED);
	tenants_renewed(t, -1, RENEWED_ISSUED);
	atomic_fetch_add(&tenants_tally(t, web_of_beta)->accepted, 9);
	ck_assert_int_eq(tenants_prepare(t, &conf, &change), 0);
	ck_assert_int_eq(tenants_index(t, "new"), -1);
	tenants_abandon(&change);
	ck_assert_int_eq(tenants_prepare(t, &conf, &change), 0);
	tenants_commit(t, &change);
	tenants_reclaim(t);

	ck_assert_int_eq(tenants_index(t, "zeta"), 0);
	ck_assert_int_eq(tenants_index(t, "acme"), -1);
	ck_assert(tenants_conf(t, 1)->gone);
	ck_assert_int_eq(tenants_index(t, "new"), 3);
	ck_assert_ptr_eq(tenants_conf(t, 0), &next[0]);
	ck_assert_ptr_eq(tenants_usage(t, 0), u);
	ck_assert_uint_eq(atomic_load(&u->streams), 3);
	ck_assert_uint_eq(atomic_load(&u->renewed[RENEWED_ISSUED]), 1);
	ck_assert_uint_eq(
	    atomic_load(&tenants_total(t)->renewed[RENEWED_ISSUED]), 2);
	ck_assert_uint_eq(atomic_load(&u->memory_max), 5);
	ck_assert_uint_eq(atomic_load(&tenants_total(t)->memory_max), 77);
	ck_assert_uint_eq(atomic_load(&tenants_tally(t, web_of_beta)->accepted), 9);
	ck_assert_uint_eq(atomic_load(&tenants_tally(t, ssh_of_beta)->accepted), 0);
	ck_assert_int_eq(tenants_service(t, 2, slice_str("ssh")), 1);
	ck_assert_uint_eq(tenants_agents(t, 0), 2);
	ck_assert(tenants_pick(t, (struct service_ref){ 0, 0 }, there, &r));
	ck_assert_uint_eq(r.slot, 2);
	tenants_free(&t);
}
END_TEST

/* A reader walks through the table while it changes; sanitizers watch. */
static void *
read_while_it_changes(void *arg)
{
	struct tenants *t = arg;
	struct tunnel_ref r;

	rcu_reader_begin();
	for (unsigned i = 0; i < 20000; i++) {
		int at = tenants_index(t, "zeta");

		ck_assert_int_eq(at, 0);
		(void)tenants_pick(t, (struct service_ref){ 0, 0 }, there, &r);
		ck_assert_uint_eq(tenants_conf(t, 0)->limits.agents, 6);
		rcu_quiescent(t);
	}
	rcu_reader_end(t);
	return NULL;
}

START_TEST(readers_see_one_configuration_or_the_other)
{
	struct tenants *t = make();
	struct tenants_change *change;
	struct conf_tenant *old = NULL;
	pthread_t reader;

	join(t, 0, 1, 0);
	for (unsigned i = 0; i < 200; i++) {
		struct conf_tenant *all = calloc(3 + i, sizeof(*all));
		char (*names)[16] = calloc(3 + i, sizeof(*names));
		struct conf_relay conf = { .tenants = all, .n_tenants = 3 + i };

		memcpy(all, tenants_list, sizeof(tenants_list));
		for (unsigned k = 3; k < 3 + i; k++) {
			(void)snprintf(names[k], sizeof(names[k]), "t%u", k);
			all[k].name = names[k];
		}
		all[0].limits.agents = 6;
		ck_assert_int_eq(tenants_prepare(t, &conf, &change), 0);
		tenants_commit(t, &change);
		if (i == 0)
			ck_assert_int_eq(pthread_create(
			    &reader, NULL, read_while_it_changes, t), 0);
		tenants_reclaim(t);
		free(names);
		free(old);
		old = all;
	}
	ck_assert_int_eq(pthread_join(reader, NULL), 0);
	tenants_free(&t);
	free(old);
}
END_TEST

START_TEST(tenants_find_all_of_a_name)
{
	struct tenants *t = make();
	char agent[] = "x";
	size_t at = 0;

	join_lane(t, 0, ref(1), 'x', 0);
	join_lane(t, 0, ref(2), 'y', 0);
	join_lane(t, 1, ref(3), 'x', 0);
	join_lane(t, 0, ref(4), 'x', 1);
	ck_assert_uint_eq(tenants_namesake(t, 0, agent, &at)->ref.slot, 1);
	ck_assert_uint_eq(tenants_namesake(t, 0, agent, &at)->ref.slot, 4);
	ck_assert_ptr_null(tenants_namesake(t, 0, agent, &at));
	ck_assert(tenants_remove(t, 0, ref(1)));
	at = 0;
	ck_assert_uint_eq(tenants_namesake(t, 0, agent, &at)->ref.slot, 4);
	agent[0] = 'z';
	at = 0;
	ck_assert_ptr_null(tenants_namesake(t, 0, agent, &at));
	tenants_free(&t);
}
END_TEST

CHECK_MAIN("tenants", tenants_find_all_of_a_name,
    tenants_are_found_by_name, who_stays_keeps_agents_and_counters,
    readers_see_one_configuration_or_the_other,
    tenants_pick_the_newest_that_lends_the_service,
    tenants_pick_the_least_loaded_by_policy,
    tenants_prefer_an_agent_whose_service_is_healthy,
    tenants_forget_an_agent_that_left, tenants_pick_the_lane_where_the_visitor_is,
    tenants_send_a_visitor_on_when_his_lane_has_far_more_to_do,
    tenants_compare_agents_by_all_their_lanes,
    tenants_do_not_take_a_new_lane_for_a_new_agent,
    tenants_that_leave_keep_their_counters_until_removed,
    tenants_of_one_name_share_visitors_where_they_may,
    tenants_count_agents_not_lanes, tenants_that_were_removed_are_tidied_at_once,
    tenants_readers_see_whole_agents_while_they_come_and_go)

/* Tests of proto/services.c. */
#include "proto/services.h"

#include "base/err.h"

#include "../check_main.h"

static struct alloc_counting mem;
static struct services v;
static struct session_service list[AX_SERVICES_MAX + 1];
static uint8_t frame[AX_HEADER_LEN + AX_CONTROL_BIG_MAX];

static void
set_up(size_t name_len)
{
	alloc_counting_init(&mem, alloc_libc(), SIZE_MAX);
	services_init(&v, &mem.base);
	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		list[i] = (struct session_service){ .health = 1, .weight = 9 };
		memset(list[i].name, 'a', name_len);
		list[i].name[0] = (char)('a' + i % 26);
	}
}

static void
tear_down(void)
{
	services_fini(&v);
	ck_assert_uint_eq(mem.bytes, 0);
}

/* What the other side reads of the frame that waits. */
static void
take(struct control *c)
{
	size_t len = v.len;

	services_take(&v, frame, 5);
	ck_assert_uint_eq(control_get(c, slice_of(frame + 8, len - 8)), 0);
	ck_assert_uint_eq(c->type, AX_CTL_SERVICES);
}

START_TEST(services_arrive_as_they_were_said)
{
	struct control c;
	bool hasty;

	set_up(10);
	ck_assert_uint_eq(services_due(&v), AX_NEVER);
	ck_assert_int_eq(services_set(&v, list, 256), 0);
	ck_assert_uint_eq(services_due(&v), 0);
	take(&c);
	ck_assert_uint_eq(c.services.version, 1);
	ck_assert_int_eq(services_receive(&v, &c, 7, &hasty), 0);
	ck_assert(!hasty);
	ck_assert_uint_eq(v.n_seen, 256);
	ck_assert_mem_eq(v.seen, list, 256 * sizeof(list[0]));
	tear_down();
}
END_TEST

START_TEST(services_replace_a_list_that_waits)
{
	struct control c;

	set_up(3);
	ck_assert_int_eq(services_set(&v, list, 9), 0);
	ck_assert_int_eq(services_set(&v, list, 0), 0);
	take(&c);
	ck_assert_uint_eq(c.services.version, 2);
	ck_assert_uint_eq(c.services.count, 0);
	ck_assert_int_eq(services_set(&v, list, 1), 0);
	ck_assert_uint_eq(services_due(&v), 5 + AX_NS_PER_S);
	tear_down();
}
END_TEST

START_TEST(services_refuse_too_many_and_too_long)
{
	set_up(20);
	ck_assert_int_eq(services_set(&v, list, 257), AX_E_LIMIT);
	tear_down();
	set_up(63);
	ck_assert_int_eq(services_set(&v, list, 256), AX_E_LIMIT);
	ck_assert_int_eq(services_set(&v, list, 240), 0);
	tear_down();
}
END_TEST

START_TEST(services_notice_haste)
{
	struct control c;
	bool hasty;

	set_up(3);
	ck_assert_int_eq(services_set(&v, list, 2), 0);
	take(&c);
	ck_assert_int_eq(services_receive(&v, &c, 0, &hasty), 0);
	ck_assert(!hasty);
	ck_assert_int_eq(
	    services_receive(&v, &c, AX_NS_PER_S - 1, &hasty), 0);
	ck_assert(hasty);
	tear_down();
}
END_TEST

START_TEST(services_survive_failing_memory)
{
	struct control c;
	bool hasty;

	set_up(3);
	ck_assert_int_eq(services_set(&v, list, 2), 0);
	mem.fail_at = 1;
	ck_assert_int_eq(services_set(&v, list, 3), AX_E_NOMEM);
	take(&c);
	ck_assert_uint_eq(c.services.count, 2);
	ck_assert_int_eq(services_receive(&v, &c, 0, &hasty), AX_E_NOMEM);
	ck_assert_uint_eq(v.n_seen, 0);
	tear_down();
}
END_TEST

CHECK_MAIN("services", services_arrive_as_they_were_said,
    services_replace_a_list_that_waits, services_refuse_too_many_and_too_long,
    services_notice_haste, services_survive_failing_memory)

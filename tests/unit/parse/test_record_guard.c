/* test_record_guard.c — record headers that may pass, at every border. */
#include "parse/record_guard.h"
#include "../check_main.h"

static struct record_guard
guard(bool established)
{
	struct record_guard g;

	record_guard_init(&g);
	if (established)
		record_guard_established(&g);
	return g;
}

/* A whole record of this type and length. */
static int
feed(struct record_guard *g, uint8_t type, size_t len)
{
	static uint8_t mem[5 + 65536];

	mem[0] = type;
	mem[1] = 3;
	mem[2] = 3;
	mem[3] = (uint8_t)(len >> 8);
	mem[4] = (uint8_t)len;
	return record_guard_feed(g, slice_of(mem, 5 + len), NULL);
}

START_TEST(guard_refuses_sealed_records_that_the_library_would_misread)
{
	size_t len;

	for (len = 0; len < 17; len++) {
		struct record_guard g = guard(true), h = guard(false);

		ck_assert_int_eq(feed(&g, 23, len), AX_E_PEER);
		ck_assert_int_eq(feed(&h, 23, len), AX_E_PEER);
	}
}
END_TEST

START_TEST(guard_takes_sealed_records_up_to_their_limit)
{
	struct record_guard g = guard(true);

	ck_assert_int_eq(feed(&g, 23, 17), 0);
	ck_assert_int_eq(feed(&g, 23, 16640), 0);
	ck_assert_int_eq(feed(&g, 23, 16641), AX_E_PEER);
}
END_TEST

START_TEST(guard_refuses_empty_and_huge_records_in_the_clear)
{
	struct record_guard g = guard(false);

	ck_assert_int_eq(feed(&g, 22, 0), AX_E_PEER);
	g = guard(false);
	ck_assert_int_eq(feed(&g, 22, 16384), 0);
	g = guard(false);
	ck_assert_int_eq(feed(&g, 22, 16385), AX_E_PEER);
}
END_TEST

START_TEST(guard_knows_four_types)
{
	int type;

	for (type = 0; type < 256; type++) {
		struct record_guard g = guard(false);
		bool known = type >= 20 && type <= 23;

		ck_assert_int_eq(
		    feed(&g, (uint8_t)type, 100), known ? 0 : AX_E_PEER);
	}
}
END_TEST

START_TEST(guard_takes_one_change_cipher_spec)
{
	struct record_guard g = guard(false);

	ck_assert_int_eq(feed(&g, 20, 1), 0);
	ck_assert_int_eq(feed(&g, 20, 1), AX_E_PEER);
}
END_TEST

START_TEST(guard_bounds_the_handshake)
{
	struct record_guard g = guard(false);
	int i;

	for (i = 0; i < 16; i++)
		ck_assert_int_eq(feed(&g, 22, 100), 0);
	ck_assert_int_eq(feed(&g, 22, 100), AX_E_PEER);
	g = guard(false);
	ck_assert_int_eq(feed(&g, 23, 16000), 0);
	ck_assert_int_eq(feed(&g, 23, 9000), AX_E_PEER);
}
END_TEST

START_TEST(guard_takes_only_sealed_records_and_alerts_when_established)
{
	struct record_guard g = guard(true);

	ck_assert_int_eq(feed(&g, 21, 2), 0);
	ck_assert_int_eq(feed(&g, 22, 100), AX_E_PEER);
	g = guard(true);
	ck_assert_int_eq(feed(&g, 20, 1), AX_E_PEER);
}
END_TEST

START_TEST(guard_counts_no_records_once_established)
{
	struct record_guard g = guard(true);
	int i;

	for (i = 0; i < 1000; i++)
		ck_assert_int_eq(feed(&g, 23, 1000), 0);
}
END_TEST

START_TEST(guard_sees_the_same_however_bytes_are_cut)
{
	static const uint8_t bytes[] = { 22, 3, 1, 0, 2, 'h', 'i', 20, 3, 3, 0,
		1, 1, 23, 3, 3, 0, 16 };
	size_t cut;

	for (cut = 0; cut <= sizeof(bytes); cut++) {
		struct record_guard g = guard(false);
		int r = record_guard_feed(&g, slice_of(bytes, cut), NULL);

		if (r == 0)
			r = record_guard_feed(&g,
			    slice_of(bytes + cut, sizeof(bytes) - cut), NULL);
		ck_assert_int_eq(r, AX_E_PEER);
	}
}
END_TEST

START_TEST(guard_refuses_another_version)
{
	static const uint8_t ssl2[] = { 22, 2, 0, 0, 10 };
	struct record_guard g = guard(false);

	ck_assert_int_eq(
	    record_guard_feed(&g, slice_of(ssl2, sizeof(ssl2)), NULL),
	    AX_E_PEER);
}
END_TEST

START_TEST(guard_calls_65_empty_records_in_a_second_a_flood)
{
	struct record_guard g = guard(true);
	uint64_t t = 5 * AX_NS_PER_S;
	int i;

	for (i = 0; i < 64; i++)
		ck_assert_int_eq(record_guard_productive(&g, 1, 0, t, NULL), 0);
	ck_assert_int_eq(
	    record_guard_productive(&g, 1, 0, t, NULL), AX_E_PEER);
	ck_assert_int_eq(
	    record_guard_productive(&g, 1, 0, t + AX_NS_PER_S, NULL), 0);
}
END_TEST

START_TEST(guard_does_not_mind_records_with_data)
{
	struct record_guard g = guard(true);

	ck_assert_int_eq(
	    record_guard_productive(&g, 100000, 100000, 1, NULL), 0);
	ck_assert_int_eq(record_guard_productive(&g, 64, 0, 1, NULL), 0);
}
END_TEST

CHECK_MAIN("record_guard",
    guard_refuses_sealed_records_that_the_library_would_misread,
    guard_takes_sealed_records_up_to_their_limit,
    guard_refuses_empty_and_huge_records_in_the_clear,
    guard_knows_four_types, guard_takes_one_change_cipher_spec,
    guard_bounds_the_handshake,
    guard_takes_only_sealed_records_and_alerts_when_established,
    guard_counts_no_records_once_established,
    guard_sees_the_same_however_bytes_are_cut, guard_refuses_another_version,
    guard_calls_65_empty_records_in_a_second_a_flood,
    guard_does_not_mind_records_with_data)

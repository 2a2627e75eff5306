/* Tests of cmd/human.c. */
#include "cmd/human.h"

#include "../check_main.h"

static const char *
shown(void (*show)(struct str *, uint64_t), uint64_t n)
{
	static char mem[40];
	struct str s;

	str_init(&s, mem, sizeof(mem));
	show(&s, n);
	ck_assert(!s.cut);
	return mem;
}

START_TEST(bytes_use_the_unit_that_reads_best)
{
	ck_assert_str_eq(shown(human_bytes, 0), "0 B");
	ck_assert_str_eq(shown(human_bytes, 1023), "1023 B");
	ck_assert_str_eq(shown(human_bytes, 1024), "1.0 KiB");
	ck_assert_str_eq(shown(human_bytes, 10239), "9.9 KiB");
	ck_assert_str_eq(shown(human_bytes, 10240), "10 KiB");
	ck_assert_str_eq(shown(human_bytes, UINT64_C(3) << 29), "1.5 GiB");
	ck_assert_str_eq(shown(human_bytes, UINT64_MAX), "15 EiB");
}
END_TEST

START_TEST(seconds_show_two_units_at_most)
{
	ck_assert_str_eq(shown(human_seconds, 0), "0 s");
	ck_assert_str_eq(shown(human_seconds, 59), "59 s");
	ck_assert_str_eq(shown(human_seconds, 60), "1 min");
	ck_assert_str_eq(shown(human_seconds, 3600), "1 h 0 min");
	ck_assert_str_eq(shown(human_seconds, 86399), "23 h 59 min");
	ck_assert_str_eq(shown(human_seconds, 86400 * 3 + 7200), "3 d 2 h");
}
END_TEST

START_TEST(microseconds_become_milliseconds_or_seconds)
{
	ck_assert_str_eq(shown(human_us, 0), "0.0 ms");
	ck_assert_str_eq(shown(human_rtt, 0), "-");
	ck_assert_str_eq(shown(human_rtt, 120), "0.1 ms");
	ck_assert_str_eq(shown(human_us, 120), "0.1 ms");
	ck_assert_str_eq(shown(human_us, 34567), "34 ms");
	ck_assert_str_eq(shown(human_us, 1250000), "1.2 s");
}
END_TEST

CHECK_MAIN("cmd/human", bytes_use_the_unit_that_reads_best,
    seconds_show_two_units_at_most, microseconds_become_milliseconds_or_seconds)

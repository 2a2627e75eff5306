/* Tests of relay/ledger.c. The clock is what each case says. */
#include "relay/ledger.h"

#include "../check_main.h"

/* Just before and just after the end of November 2026. */
#define NOVEMBER INT64_C(1796083199)
#define DECEMBER (NOVEMBER + 1)
#define DAY 86400

static struct ledger l; /* each case leaves it empty */

static struct ledger_month *
at(int64_t now, const char *tenant)
{
	struct ledger_month *m = NULL;
	char month[8];

	ledger_name(now, month);
	ck_assert_int_eq(ledger_open(&l, tenant, month, &m), 0);
	return m;
}

static uint64_t
use(int64_t now, const char *tenant, uint64_t n)
{
	struct ledger_month *m = at(now, tenant);

	m->bytes += n;
	return m->bytes;
}

static void
read_text(struct ledger *into, const char *text)
{
	struct err e = { .text = "" };

	ledger_init(into);
	ck_assert_msg(ledger_parse(into, "used", slice_str(text), &e) == 0, "%s", e.text);
}

static char *
printed(const struct ledger *x)
{
	static char text[4096];
	struct buf b;

	buf_init(&b);
	ck_assert_int_eq(ledger_print(x, &b), 0);
	ck_assert_uint_lt(buf_len(&b), sizeof(text));
	memcpy(text, buf_slice(&b).p, buf_len(&b));
	text[buf_len(&b)] = '\0';
	buf_fini(&b);
	return text;
}

/* --- months --------------------------------------------------------------------- */

START_TEST(ledger_month_is_the_calendars_in_utc)
{
	char name[8];

	ledger_name(NOVEMBER, name);
	ck_assert_str_eq(name, "2026-11");
	ledger_name(DECEMBER, name);
	ck_assert_str_eq(name, "2026-12");
	ledger_name(0, name);
	ck_assert_str_eq(name, "1970-01");
	ledger_name(INT64_MAX, name);
	ck_assert_str_eq(name, "0000-00");
}
END_TEST

START_TEST(ledger_begins_again_with_a_month)
{
	ck_assert_uint_eq(use(NOVEMBER, "acme", 5), 5);
	ck_assert_uint_eq(use(NOVEMBER, "acme", 5), 10);
	ck_assert_uint_eq(use(DECEMBER, "acme", 1), 1);
	ck_assert_uint_eq(ledger_find(&l, "acme", "2026-11")->bytes, 10);
	ledger_fini(&l);
}
END_TEST

START_TEST(ledger_finds_what_it_left_when_the_clock_steps_back)
{
	(void)use(NOVEMBER, "acme", 10);
	(void)use(DECEMBER, "acme", 1);
	ck_assert_uint_eq(use(NOVEMBER, "acme", 1), 11);
	ck_assert_uint_eq(use(DECEMBER, "acme", 1), 2);
	ledger_fini(&l);
}
END_TEST

START_TEST(ledger_survives_a_clock_that_leaps)
{
	(void)use(NOVEMBER, "acme", 10);
	(void)use(0, "acme", 3); /* no battery */
	ck_assert_uint_eq(use(NOVEMBER, "acme", 0), 10);
	(void)use(NOVEMBER + 5000 * (int64_t)DAY, "acme", 3);
	ck_assert_uint_eq(use(NOVEMBER, "acme", 0), 10);
	ck_assert_uint_eq(use(DECEMBER, "acme", 1), 1);
	ck_assert_uint_eq(use(NOVEMBER, "acme", 0), 10);
	ledger_fini(&l);
}
END_TEST

START_TEST(ledger_tenants_are_apart)
{
	static const char *const names[] = { "m", "a", "z", "b", "y", "aa" };

	for (uint64_t i = 0; i < 1000; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "%s%u", names[i % 6],
		    (unsigned)(i / 6 * 7919 % 1000));
		ck_assert_uint_eq(use(NOVEMBER, name, i + 1), i + 1);
	}
	for (size_t i = 1; i < l.n; i++)
		ck_assert_int_lt(strcmp(l.v[i - 1].tenant, l.v[i].tenant), 0);
	ck_assert_uint_eq(l.n, 1000);
	ck_assert_uint_eq(ledger_find(&l, "a0", "2026-11")->bytes, 2);
	ck_assert_ptr_null(ledger_find(&l, "a0", "2026-12"));
	ck_assert_ptr_null(ledger_find(&l, "nobody", "2026-11"));
	ledger_forget(&l, "a0");
	ledger_forget(&l, "a0");
	ck_assert_ptr_null(ledger_find(&l, "a0", "2026-11"));
	ck_assert_uint_eq(l.n, 999);
	ledger_fini(&l);
}
END_TEST

/* --- quotas --------------------------------------------------------------------- */

START_TEST(ledger_warns_once_in_a_month)
{
	struct ledger_month *m;

	(void)use(NOVEMBER, "acme", 799);
	ck_assert_int_eq(ledger_judge(at(NOVEMBER, "acme"), 1000), LEDGER_NOTHING);
	(void)use(NOVEMBER, "acme", 1);
	m = at(NOVEMBER, "acme");
	ck_assert_int_eq(ledger_judge(m, 1000), LEDGER_WARNED);
	ck_assert_int_eq(ledger_judge(m, 1000), LEDGER_NOTHING);
	m->bytes = 999;
	ck_assert_int_eq(ledger_judge(m, 1000), LEDGER_NOTHING);
	m->bytes = 1000;
	ck_assert_int_eq(ledger_judge(m, 1000), LEDGER_SPENT);
	ck_assert_int_eq(ledger_judge(m, 1000), LEDGER_NOTHING);
	ck_assert_int_eq(m->said, LEDGER_SPENT);
	/* The next month is another one, and this one is not forgotten. */
	(void)use(DECEMBER, "acme", 900);
	ck_assert_int_eq(ledger_judge(at(DECEMBER, "acme"), 1000), LEDGER_WARNED);
	ck_assert_int_eq(ledger_judge(at(NOVEMBER, "acme"), 1000), LEDGER_NOTHING);
	ledger_fini(&l);
}
END_TEST

START_TEST(ledger_says_the_last_word_only_of_one_leap)
{
	(void)use(NOVEMBER, "acme", 5000);
	ck_assert_int_eq(ledger_judge(at(NOVEMBER, "acme"), 1000), LEDGER_SPENT);
	ck_assert_int_eq(ledger_judge(at(NOVEMBER, "acme"), 1000), LEDGER_NOTHING);
	ledger_fini(&l);
}
END_TEST

START_TEST(ledger_larger_quota_has_lines_of_its_own)
{
	struct ledger_month *m;

	(void)use(NOVEMBER, "acme", 1000);
	m = at(NOVEMBER, "acme");
	ck_assert_int_eq(ledger_judge(m, 1000), LEDGER_SPENT);
	ck_assert_int_eq(ledger_judge(m, 2000), LEDGER_NOTHING);
	ck_assert_int_eq(m->said, LEDGER_NOTHING);
	m->bytes = 1600;
	ck_assert_int_eq(ledger_judge(m, 2000), LEDGER_WARNED);
	ck_assert_int_eq(ledger_judge(m, 0), LEDGER_NOTHING); /* taken out */
	ck_assert_int_eq(m->said, LEDGER_NOTHING);
	ck_assert_int_eq(ledger_judge(m, UINT64_MAX), LEDGER_NOTHING);
	m->bytes = UINT64_MAX;
	ck_assert_int_eq(ledger_judge(m, UINT64_MAX), LEDGER_SPENT);
	ledger_fini(&l);
}
END_TEST

/* --- text ----------------------------------------------------------------------- */

START_TEST(ledger_reads_what_it_writes)
{
	struct ledger again;
	char first[4096];

	(void)use(NOVEMBER, "acme", 800);
	(void)ledger_judge(at(NOVEMBER, "acme"), 1000);
	(void)use(DECEMBER, "acme", 5);
	(void)use(DECEMBER, "beta", UINT64_C(9000000000000000000));
	memcpy(first, printed(&l), sizeof(first));
	ck_assert_str_eq(first, "atlax-used 1\n"
				"acme 2026-11 800 warned\n"
				"acme 2026-12 5 -\n"
				"beta 2026-12 9000000000000000000 -\n"
				"end 3\n");
	read_text(&again, first);
	ck_assert_str_eq(printed(&again), first);
	/* After a restart nothing is said again. */
	ck_assert_int_eq(ledger_judge(ledger_find(&again, "acme", "2026-11"), 1000),
	    LEDGER_NOTHING);
	ck_assert_str_eq(again.v[0].of[0].name, "2026-12");
	ledger_fini(&again);
	ledger_fini(&l);
}
END_TEST

START_TEST(ledger_empty_one_has_a_text)
{
	struct ledger again;

	read_text(&again, printed(&l));
	ck_assert_uint_eq(again.n, 0);
	ledger_fini(&again);
}
END_TEST

START_TEST(ledger_refuses_what_is_torn)
{
	char text[4096];
	struct err e;

	(void)use(NOVEMBER, "acme", 800);
	(void)use(NOVEMBER, "beta", 800);
	memcpy(text, printed(&l), sizeof(text));
	ledger_fini(&l);
	for (size_t n = 0; n < strlen(text); n++) {
		ck_assert_int_eq(ledger_parse(&l, "used", slice_of(text, n), &e),
		    AX_E_SYNTAX);
		ck_assert_uint_eq(l.n, 0);
	}
}
END_TEST

static const char *const wrong[] = {
	"atlax-used 2\nend 0\n",
	"acme 2026-11 5 -\n",
	"atlax-used 1\nacme 2026-11 5 -\nend 2\n",
	"atlax-used 1\nacme 2026-11 5 -\nend 1\nmore\n",
	"atlax-used 1\nacme 2026-11 5\nend 1\n",
	"atlax-used 1\nacme 2026-11 5 - -\nend 1\n",
	"atlax-used 1\nacme 2026-11 -5 -\nend 1\n",
	"atlax-used 1\nacme 2026-11 99999999999999999999 -\nend 1\n",
	"atlax-used 1\nacme 2026-1 5 -\nend 1\n",
	"atlax-used 1\nacme 2026/11 5 -\nend 1\n",
	"atlax-used 1\nacme 2026-11 5 often\nend 1\n",
	"atlax-used 1\n\nend 1\n",
	"atlax-used 1\nacme  2026-11 5 -\nend 1\n",
};

START_TEST(ledger_refuses_what_it_has_not_written)
{
	struct err e = { .text = "" };

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		ck_assert_int_eq(
		    ledger_parse(&l, "used", slice_str(wrong[i]), &e), AX_E_SYNTAX);
		ck_assert_msg(strncmp(e.text, "used:", 5) == 0, "%s", e.text);
		ck_assert_uint_eq(l.n, 0);
	}
}
END_TEST

/* --- two of them ---------------------------------------------------------------- */

static void
merges(const char *ours, const char *theirs, const char *wanted)
{
	struct ledger a, b;

	read_text(&a, ours);
	read_text(&b, theirs);
	ck_assert_int_eq(ledger_merge(&a, &b), 0);
	ck_assert_str_eq(printed(&a), wanted);
	ledger_fini(&a);
	ledger_fini(&b);
}

START_TEST(ledger_merge_never_takes_use_back)
{
	static const char old[] = "atlax-used 1\nacme 2026-11 5 -\nend 1\n";
	static const char new[] = "atlax-used 1\nacme 2026-11 9 warned\n"
				  "beta 2026-11 7 -\nend 2\n";

	merges(old, new, new);
	merges(new, old, new);
}
END_TEST

START_TEST(ledger_merge_keeps_the_later_months)
{
	static const char old[] = "atlax-used 1\nacme 2026-09 5 -\n"
				  "acme 2026-10 6 -\nend 2\n";
	static const char new[] = "atlax-used 1\nacme 2026-10 4 -\n"
				  "acme 2026-11 9 -\nend 2\n";
	static const char both[] = "atlax-used 1\nacme 2026-10 6 -\n"
				   "acme 2026-11 9 -\nend 2\n";

	merges(old, new, both);
	merges(new, old, both);
}
END_TEST

CHECK_MAIN("ledger", ledger_month_is_the_calendars_in_utc,
    ledger_begins_again_with_a_month,
    ledger_finds_what_it_left_when_the_clock_steps_back,
    ledger_survives_a_clock_that_leaps, ledger_tenants_are_apart,
    ledger_warns_once_in_a_month, ledger_says_the_last_word_only_of_one_leap,
    ledger_larger_quota_has_lines_of_its_own, ledger_reads_what_it_writes,
    ledger_empty_one_has_a_text, ledger_refuses_what_is_torn,
    ledger_refuses_what_it_has_not_written, ledger_merge_never_takes_use_back,
    ledger_merge_keeps_the_later_months)

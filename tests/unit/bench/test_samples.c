/* Tests of bench/load/samples.c and stats.c. */
#include "load/samples.h"

#include <string.h>

#include "load/stats.h"

#include "../check_main.h"

static int
read_text(struct samples *s, const char *text)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	struct err e;
	int r;

	ck_assert_ptr_nonnull(in);
	r = samples_read(s, in, &e);
	fclose(in);
	return r;
}

static struct cell
cell(const struct samples *s, const char *load, const char *peer,
    const char *metric)
{
	struct sample at = { .load = names_find(&s->loads, load),
		.peer = names_find(&s->peers, peer),
		.metric = names_find(&s->metrics, metric) };
	struct cell c;

	samples_cell(s, &at, names_find(&s->peers, "stick"), &c);
	return c;
}

START_TEST(median_ignores_order_and_outliers)
{
	double odd[] = { 9, 1, 1000000, 3, 2 }, even[] = { 4, 1, 3, 2 };

	ck_assert_double_eq(stats_median(odd, 5), 3);
	ck_assert_double_eq(stats_median(even, 4), 2.5);
	ck_assert_double_eq(stats_median(odd, 0), 0);
}
END_TEST

START_TEST(samples_give_medians_over_rounds)
{
	struct samples s;
	struct cell c;

	ck_assert_int_eq(read_text(&s,
	    "echo-1 stick 1 {\"mode\":\"echo\",\"p50_us\":10,\"errors\":0}\n"
	    "echo-1 stick 2 {\"mode\":\"echo\",\"p50_us\":30,\"errors\":2}\n"
	    "echo-1 stick 3 {\"mode\":\"echo\",\"p50_us\":20.5,\"errors\":1}\n"),
	    0);
	c = cell(&s, "echo-1", "stick", "p50_us");
	ck_assert_uint_eq(c.n, 3);
	ck_assert_double_eq(c.median, 20.5);
	ck_assert_double_eq(c.values[1], 30);
	ck_assert_double_eq(
	    cell(&s, "echo-1", "stick", "errors").median, 1);
	samples_fini(&s);
}
END_TEST

/* Medians alone would give 10 / 10: the rounds were not equally fast. */
START_TEST(samples_form_ratios_inside_a_round)
{
	struct samples s;

	ck_assert_int_eq(read_text(&s,
	    "l stick 1 {\"x\":10}\n" "l other 1 {\"x\":20}\n"
	    "l stick 2 {\"x\":5}\n" "l other 2 {\"x\":10}\n"
	    "l stick 3 {\"x\":50}\n" "l other 3 {\"x\":1}\n"), 0);
	ck_assert_double_eq(cell(&s, "l", "other", "x").ratio, 2);
	ck_assert_double_eq(cell(&s, "l", "stick", "x").ratio, 1);
	samples_fini(&s);
}
END_TEST

START_TEST(samples_have_no_ratio_to_a_yardstick_that_did_not_run)
{
	struct samples s;
	struct cell c;

	ck_assert_int_eq(read_text(&s,
	    "l stick 1 {\"x\":0}\n" "l other 1 {\"x\":20}\n"
	    "l other 2 {\"x\":20}\n" "m other 1 {\"x\":3}\n"), 0);
	c = cell(&s, "l", "other", "x");
	ck_assert_double_eq(c.ratio, 0);
	ck_assert_double_eq(c.median, 20);
	ck_assert_uint_eq(cell(&s, "m", "stick", "x").n, 0);
	samples_fini(&s);
}
END_TEST

START_TEST(samples_refuse_what_is_no_sample)
{
	static const char *const wrong[] = { "l peer {\"x\":1}\n",
		"l peer 1\n", "l peer 1 \"x\":1\n", "l peer 1 {\"x\":}\n",
		"l peer 1 {\"x\":1,\"mode\":\"echo}\n", "l peer 999 {\"x\":1}\n",
		"l peer 1 {\"x\"}\n" };
	struct samples s;
	size_t i;

	for (i = 0; i < ARRAY_LEN(wrong); i++) {
		ck_assert_int_eq(read_text(&s, wrong[i]), AX_E_SYNTAX);
		samples_fini(&s);
	}
}
END_TEST

CHECK_MAIN("samples", median_ignores_order_and_outliers,
    samples_give_medians_over_rounds, samples_form_ratios_inside_a_round,
    samples_have_no_ratio_to_a_yardstick_that_did_not_run,
    samples_refuse_what_is_no_sample)

/* Tests of relay/roll.c. The clock is what each case says. */
#include "relay/roll.h"

#include "base/str.h"

#include "../check_main.h"

#define NOW INT64_C(1796083199)
#define DAY 86400

static struct roll r; /* each case leaves it empty */

static struct roll_entry *
gone(const char *tenant, const char *agent, int64_t last_s)
{
	struct roll_entry *x = roll_open(&r, tenant, agent);

	ck_assert_ptr_nonnull(x);
	x->last_s = last_s;
	return x;
}

/* The i-th of many. */
static struct roll_entry *
nth(const char *tenant, unsigned i, int64_t last_s)
{
	char name[16];

	(void)snprintf(name, sizeof(name), "a%u", i);
	return gone(tenant, name, last_s);
}

static size_t
count(const char *tenant)
{
	size_t n;

	(void)roll_of(&r, tenant, &n);
	return n;
}

static bool
has(const char *tenant, const char *agent)
{
	size_t n;
	struct roll_entry *const *v = roll_of(&r, tenant, &n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i]->agent, agent) == 0)
			return true;
	return false;
}

static bool
nobody(void *arg AX_UNUSED, const struct roll_entry *x AX_UNUSED)
{
	return false;
}

static bool
is_of(void *tenant, const struct roll_entry *x)
{
	return strcmp(x->tenant, tenant) == 0;
}

static char *
printed(const struct roll *x)
{
	static char text[4096];
	struct buf b;

	buf_init(&b);
	ck_assert_int_eq(roll_print(x, &b), 0);
	ck_assert_uint_lt(buf_len(&b), sizeof(text));
	memcpy(text, buf_slice(&b).p, buf_len(&b));
	text[buf_len(&b)] = '\0';
	buf_fini(&b);
	return text;
}

/* --- entries -------------------------------------------------------------------- */

START_TEST(roll_has_one_entry_for_an_agent)
{
	struct roll_entry *x = gone("acme", "nas", NOW);

	(void)gone("acme", "", NOW);
	(void)gone("beta", "nas", NOW);
	ck_assert_ptr_eq(roll_open(&r, "acme", "nas"), x);
	ck_assert_uint_eq(r.n, 3);
	ck_assert_uint_eq(count("acme"), 2);
	ck_assert_uint_eq(count("beta"), 1);
	ck_assert_uint_eq(count("acm"), 0);
	ck_assert_uint_eq(count("zeta"), 0);
	roll_fini(&r);
	ck_assert_uint_eq(count("acme"), 0);
}
END_TEST

START_TEST(roll_is_sorted_in_whatever_order_they_come)
{
	for (unsigned i = 0; i < 1000; i++)
		(void)nth(i % 2 == 0 ? "b" : "a", i * 7919 % 1000, NOW);
	ck_assert_uint_eq(r.n, 1000);
	for (size_t i = 1; i < r.n; i++) {
		int c = strcmp(r.v[i - 1]->tenant, r.v[i]->tenant);

		ck_assert(c < 0 || (c == 0 &&
		    strcmp(r.v[i - 1]->agent, r.v[i]->agent) < 0));
	}
	roll_fini(&r);
}
END_TEST

/* --- forgetting ----------------------------------------------------------------- */

START_TEST(roll_forgets_after_thirty_days_who_is_not_here)
{
	(void)gone("acme", "yesterday", NOW - DAY);
	(void)gone("acme", "just", NOW - 30 * DAY);
	(void)gone("acme", "old", NOW - 30 * DAY - 1);
	gone("acme", "here", 0)->here = true;
	(void)gone("acme", "ahead", NOW + 5 * DAY); /* the clock was wrong */
	roll_trim(&r, NOW, nobody, NULL);
	ck_assert_uint_eq(r.n, 4);
	ck_assert(!has("acme", "old"));
	ck_assert(has("acme", "just") && has("acme", "here") && has("acme", "ahead"));
	roll_fini(&r);
}
END_TEST

START_TEST(roll_forgets_whom_its_owner_names_unless_he_is_here)
{
	char acme[] = "acme";

	(void)gone("acme", "one", NOW);
	gone("acme", "two", NOW)->here = true;
	(void)gone("beta", "one", NOW);
	roll_trim(&r, NOW, is_of, acme);
	ck_assert_uint_eq(r.n, 2);
	ck_assert(has("acme", "two") && has("beta", "one"));
	roll_fini(&r);
}
END_TEST

START_TEST(roll_keeps_so_many_of_a_tenant_and_the_latest)
{
	for (unsigned i = 0; i < ROLL_TENANT_MAX + 10; i++)
		(void)nth("acme", i, NOW - i);
	for (unsigned i = 0; i < 20; i++)
		nth("acme", 100000 + i, 0)->here = true;
	(void)gone("beta", "nas", NOW - DAY);
	roll_trim(&r, NOW, nobody, NULL);
	ck_assert_uint_eq(count("acme"), ROLL_TENANT_MAX + 20);
	ck_assert(has("acme", "a1023") && !has("acme", "a1024"));
	ck_assert(has("acme", "a100019"));
	ck_assert(has("beta", "nas"));
	roll_fini(&r);
}
END_TEST

START_TEST(roll_keeps_so_many_in_all_and_the_latest)
{
	for (unsigned i = 0; i < ROLL_MAX + 10; i++) {
		char tenant[16];

		(void)snprintf(tenant, sizeof(tenant), "t%u", i / 1000);
		(void)nth(tenant, i, NOW - i);
	}
	for (unsigned i = 0; i < 20; i++)
		nth("here", i, 0)->here = true;
	roll_trim(&r, NOW, nobody, NULL);
	ck_assert_uint_eq(r.n, ROLL_MAX + 20);
	ck_assert(has("t9", "a9999") && !has("t10", "a10000"));
	ck_assert_uint_eq(count("here"), 20);
	roll_fini(&r);
}
END_TEST

/* --- text ----------------------------------------------------------------------- */

START_TEST(roll_reads_what_it_writes)
{
	static const char text[] = "atlax-seen 1\n"
				   "acme 1796083199 192.0.2.7:40112\n"
				   "acme/nas 1796083198 [2001:db8::1]:8 no sign of life\n"
				   "beta/x 0 -\n"
				   "end 3\n";
	struct roll_entry *x = gone("acme", "nas", NOW - 1);
	struct roll again;
	struct err e;

	(void)str_copy(x->address, sizeof(x->address), "[2001:db8::1]:8");
	(void)str_copy(x->why, sizeof(x->why), "no sign of life");
	x = gone("acme", "", NOW);
	(void)str_copy(x->address, sizeof(x->address), "192.0.2.7:40112");
	(void)gone("beta", "x", -5);
	ck_assert_str_eq(printed(&r), text);
	roll_fini(&r);
	roll_init(&again);
	ck_assert_int_eq(roll_parse(&again, "seen", slice_str(text), &e), 0);
	ck_assert_str_eq(printed(&again), text);
	ck_assert_str_eq(again.v[1]->why, "no sign of life");
	ck_assert_str_eq(again.v[2]->address, "");
	ck_assert(!again.v[0]->here);
	roll_fini(&again);
}
END_TEST

START_TEST(roll_empty_one_has_a_text)
{
	struct err e;

	ck_assert_int_eq(roll_parse(&r, "seen", slice_str(printed(&r)), &e), 0);
	ck_assert_uint_eq(r.n, 0);
	roll_fini(&r);
}
END_TEST

START_TEST(roll_refuses_what_is_torn)
{
	char text[4096];
	struct err e;

	(void)gone("acme", "nas", NOW);
	(void)gone("beta", "nas", NOW);
	memcpy(text, printed(&r), sizeof(text));
	roll_fini(&r);
	for (size_t n = 0; n < strlen(text); n++) {
		ck_assert_int_eq(
		    roll_parse(&r, "seen", slice_of(text, n), &e), AX_E_SYNTAX);
		ck_assert_uint_eq(r.n, 0);
	}
}
END_TEST

#define LONG63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"
#define LONG80 LONG63 "abcdefghijklmnopq"

static const char *const wrong[] = {
	"atlax-seen 2\nend 0\n",
	"atlax-used 1\nend 0\n",
	"acme/nas 5 -\nend 1\n",
	"atlax-seen 1\nacme/nas 5 -\nend 2\n",
	"atlax-seen 1\nacme/nas 5 -\nend 1\nmore\n",
	"atlax-seen 1\nacme/nas 5\nend 1\n",
	"atlax-seen 1\nacme/nas\nend 1\n",
	"atlax-seen 1\n\nend 1\n",
	"atlax-seen 1\n 5 -\nend 1\n",
	"atlax-seen 1\nacme/ 5 -\nend 1\n",
	"atlax-seen 1\n/nas 5 -\nend 1\n",
	"atlax-seen 1\nacme/nas/x 5 -\nend 1\n",
	"atlax-seen 1\nAcme/nas 5 -\nend 1\n",
	"atlax-seen 1\nacme/<b> 5 -\nend 1\n",
	"atlax-seen 1\nacme/n\001s 5 -\nend 1\n",
	"atlax-seen 1\n" LONG63 "x/nas 5 -\nend 1\n",
	"atlax-seen 1\nacme/" LONG63 "x 5 -\nend 1\n",
	"atlax-seen 1\nacme/" LONG63 LONG63 " 5 -\nend 1\n",
	"atlax-seen 1\nacme/nas -5 -\nend 1\n",
	"atlax-seen 1\nacme/nas 9223372036854775808 -\nend 1\n",
	"atlax-seen 1\nacme/nas 99999999999999999999 -\nend 1\n",
	"atlax-seen 1\nacme/nas 5 " LONG63 "\nend 1\n",
	"atlax-seen 1\nacme/nas 5 - " LONG80 "\nend 1\n",
	"atlax-seen 1\nacme/nas 5 - \033[2J\nend 1\n",
	"atlax-seen 1\nacme/nas 5 - a\177b\nend 1\n",
};

START_TEST(roll_refuses_what_it_has_not_written)
{
	struct err e = { .text = "" };

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		ck_assert_msg(roll_parse(&r, "seen", slice_str(wrong[i]), &e) ==
		    AX_E_SYNTAX, "%s", wrong[i]);
		ck_assert_msg(strncmp(e.text, "seen:", 5) == 0, "%s", e.text);
		ck_assert_uint_eq(r.n, 0);
	}
}
END_TEST

START_TEST(roll_takes_the_longest_of_everything)
{
	static const char text[] = "atlax-seen 1\n" LONG63 "/" LONG63
	    " 9223372036854775807 [ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:65535 "
	    LONG63 "abcdefghijklmnop\nend 1\n";
	struct err e = { .text = "" };

	ck_assert_msg(roll_parse(&r, "seen", slice_str(text), &e) == 0, "%s", e.text);
	ck_assert_str_eq(printed(&r), text);
	roll_fini(&r);
}
END_TEST

CHECK_MAIN("roll", roll_has_one_entry_for_an_agent,
    roll_is_sorted_in_whatever_order_they_come,
    roll_forgets_after_thirty_days_who_is_not_here,
    roll_forgets_whom_its_owner_names_unless_he_is_here,
    roll_keeps_so_many_of_a_tenant_and_the_latest,
    roll_keeps_so_many_in_all_and_the_latest, roll_reads_what_it_writes,
    roll_empty_one_has_a_text, roll_refuses_what_is_torn,
    roll_refuses_what_it_has_not_written, roll_takes_the_longest_of_everything)

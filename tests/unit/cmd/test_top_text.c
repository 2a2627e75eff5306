/* Tests of cmd/top_text.c. */
#include "cmd/top_text.h"

#include <string.h>

#include "../check_main.h"

#define AGENT(name, in, out) "{\"agent\":\"" name "\",\"connected\":true,\"rtt_us\":" \
	"12000,\"streams\":3,\"bytes_in\":" in ",\"bytes_out\":" out \
	",\"address\":\"192.0.2.7:40000\"}"
#define OFF(name) "{\"agent\":\"" name "\",\"state\":\"off\",\"connected\":false," \
	"\"address\":\"192.0.2.9:1\"}"
#define DOC(visits, agents) "{\"version\":\"0.1.0\",\"uptime_s\":61,\"tenants\":[{" \
	"\"name\":\"acme\",\"streams\":6,\"services\":[{\"name\":\"web\",\"listen\":" \
	"\"0.0.0.0:80\",\"connections\":" visits "}],\"agents\":[" agents "]}]}"

static char mem[65536];

static const char *
screen(const char *before, const char *now, uint64_t ms, struct top_view *v)
{
	json_t *a = before == NULL ? NULL : json_loads(before, 0, NULL);
	json_t *b = json_loads(now, 0, NULL);
	FILE *f = fmemopen(mem, sizeof(mem), "w");

	ck_assert_ptr_nonnull(b);
	ck_assert(top_text(a, b, ms, v, f));
	fclose(f);
	json_decref(a);
	json_decref(b);
	return mem;
}

START_TEST(rates_are_differences_per_second)
{
	struct top_view v = { .sort = TOP_BY_OUT, .columns = 100 };

	ck_assert_str_eq(screen(DOC("10", AGENT("nas", "1000", "0") ","
	    AGENT("pi", "0", "50")), DOC("30", AGENT("nas", "1000", "1024") ","
	    AGENT("pi", "4096", "8242")), 2000, &v),
	    "atlax 0.1.0 up 1 min  agents 2/2  streams 6  in 2.0 KiB/s  out 4.5 KiB/s\n"
	    "\n"
	    "AGENT                    STATE       STREAMS        IN/s       OUT/s"
	    "       RTT  ADDRESS\n"
	    "acme/pi                  up                3     2.0 KiB     4.0 KiB"
	    "     12 ms  192.0.2.7:40000\n"
	    "acme/nas                 up                3         0 B       512 B"
	    "     12 ms  192.0.2.7:40000\n");
	v.what = TOP_TENANTS;
	ck_assert_ptr_nonnull(strstr(screen(DOC("10", AGENT("nas", "0", "0")),
	    DOC("30", AGENT("nas", "1024", "2048")), 1000, &v),
	    "acme                     1 of 1            6     1.0 KiB     2.0 KiB"));
	ck_assert_ptr_nonnull(strstr(screen(NULL, DOC("30", AGENT("nas", "0", "0") "," OFF("pi")),
	    1000, &v), "acme                     1 of 2 "));
	v.what = TOP_AGENTS;
	ck_assert_ptr_nonnull(strstr(screen(NULL, DOC("30", OFF("pi")), 1000, &v),
	    "acme/pi                  off               0         0 B         0 B"
	    "         -  192.0.2.9:1\n"));
	v.what = TOP_SERVICES;
	ck_assert_ptr_nonnull(strstr(screen(DOC("10", ""), DOC("30", ""), 2000, &v),
	    "acme/web                 DEAD             30        10  no agent"));
}
END_TEST

START_TEST(without_an_earlier_document_nothing_flows)
{
	struct top_view v = { .columns = 100 };

	ck_assert_ptr_nonnull(strstr(screen(NULL, DOC("1", AGENT("nas", "5", "5")), 0, &v),
	    "in 0 B/s  out 0 B/s"));
}
END_TEST

START_TEST(who_began_anew_counts_from_zero)
{
	struct top_view v = { .columns = 100 };

	ck_assert_ptr_nonnull(strstr(screen(DOC("1", AGENT("nas", "5000", "0")),
	    DOC("1", AGENT("nas", "100", "0")), 1000, &v), "in 100 B/s"));
}
END_TEST

/* Twelve agents, a0 to a11. */
static const char *
crowd(void)
{
	static char doc[4096];
	size_t n = (size_t)snprintf(doc, sizeof(doc),
	    "{\"tenants\":[{\"name\":\"t\",\"agents\":[");

	for (int i = 0; i < 12; i++)
		n += (size_t)snprintf(doc + n, sizeof(doc) - n,
		    "%s{\"agent\":\"a%d\",\"rtt_us\":%d000}", i > 0 ? "," : "", i, i + 1);
	snprintf(doc + n, sizeof(doc) - n, "]}]}");
	return doc;
}

START_TEST(a_screen_is_never_left)
{
	for (unsigned lines = 1; lines < 30; lines++) {
		for (unsigned columns = 1; columns < 200; columns += 13) {
			struct top_view v = { .columns = columns, .lines = lines,
				.first = 99 };
			unsigned n = 1;
			const char *at = screen(NULL, crowd(), 0, &v);

			for (const char *p = at; *p != '\0'; p++) {
				ck_assert_uint_le((size_t)(p - at), columns);
				if (*p == '\n') {
					n++;
					at = p + 1;
				}
			}
			ck_assert_uint_le(n, MAX(lines, 5));
		}
	}
}
END_TEST

START_TEST(the_list_scrolls_to_its_end_and_sorts)
{
	struct top_view v = { .columns = 80, .lines = 9 };

	(void)screen(NULL, crowd(), 0, &v);
	ck_assert_ptr_nonnull(strstr(mem, "t/a0 "));
	ck_assert_ptr_null(strstr(mem, "t/a9 "));
	for (int i = 0; i < 10; i++)
		ck_assert(top_key(&v, ' '));
	(void)screen(NULL, crowd(), 0, &v);
	ck_assert_ptr_nonnull(strstr(mem, "t/a9 "));
	ck_assert_uint_eq(v.first, 7);
	for (int i = 0; i < 10; i++)
		ck_assert(top_key(&v, 'b'));
	ck_assert(top_key(&v, 'r'));
	(void)screen(NULL, crowd(), 0, &v);
	ck_assert_ptr_nonnull(strstr(mem, "RTT\nt/a11 "));
	ck_assert(!top_key(&v, 'x'));
	ck_assert(!top_key(&v, 0));
}
END_TEST

START_TEST(nothing_that_a_terminal_obeys_comes_through)
{
	struct top_view v = { .columns = 100 };

	(void)screen(NULL, "{\"version\":\"\\u001b[2J\",\"tenants\":[{\"name\":"
	    "\"a\\u001b]0;x\\u0007\\u0009\",\"agents\":[{\"agent\":\"\\u009b1m\","
	    "\"address\":\"\\u001b\"}]}]}", 0, &v);
	for (const char *p = mem; *p != '\0'; p++)
		ck_assert(*p == '\n' || (*p >= ' ' && *p <= '~'));
}
END_TEST

START_TEST(a_document_of_another_shape_is_survived)
{
	static const char *const odd[] = { "{}", "{\"tenants\":{\"a\":1}}",
		("{\"tenants\":[1,null,{\"agents\":[[],{\"bytes_in\":-5}],"
		 "\"services\":[true]}],\"uptime_s\":\"x\"}") };

	for (size_t i = 0; i < ARRAY_LEN(odd); i++)
		for (int what = TOP_AGENTS; what <= TOP_SERVICES; what++) {
			struct top_view v = { .what = (enum top_what)what,
				.columns = 80, .lines = 24 };

			(void)screen(odd[i], odd[i], 1000, &v);
		}
}
END_TEST

CHECK_MAIN("cmd/top_text", rates_are_differences_per_second,
    without_an_earlier_document_nothing_flows, who_began_anew_counts_from_zero,
    a_screen_is_never_left, the_list_scrolls_to_its_end_and_sorts,
    nothing_that_a_terminal_obeys_comes_through,
    a_document_of_another_shape_is_survived)

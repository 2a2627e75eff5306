/* Tests of log/format.c. */
#include "log/format.h"

#include "../check_main.h"

#define AT 1795359845123u /* 2026-11-22T15:04:05.123Z */

static const char *
line(enum log_format format, const char *msg, const struct log_field *f, size_t n)
{
	static char out[LOG_LINE_MAX];
	const struct log_record r = { .wall_ms = AT, .level = LOG_INFO,
		.thread = "worker 1", .msg = msg, .fields = f, .n = n };
	size_t len = log_line(&r, format, out);

	ck_assert_uint_eq(len, strlen(out));
	ck_assert_ptr_eq(strchr(out, '\n'), out + len - 1);
	return out;
}

START_TEST(text_reads_like_the_manual)
{
	const struct log_field f[] = { LOG_STR("tenant", "acme"), LOG_U64("rtt_us", 120),
		LOG_I64("skew", -3), LOG_BOOL("resumed", true) };

	ck_assert_str_eq(line(LOG_TEXT, "tunnel up", f, 4),
	    "2026-11-22T15:04:05.123Z info  worker 1: tunnel up "
	    "tenant=acme rtt_us=120 skew=-3 resumed=true\n");
}
END_TEST

START_TEST(json_has_stable_keys)
{
	const struct log_field f[] = { LOG_STR("tenant", "acme"), LOG_U64("rtt_us", 120),
		LOG_I64("skew", -3), LOG_BOOL("resumed", false) };

	ck_assert_str_eq(line(LOG_JSON, "tunnel up", f, 4),
	    "{\"ts\":\"2026-11-22T15:04:05.123Z\",\"level\":\"info\","
	    "\"thread\":\"worker 1\",\"msg\":\"tunnel up\",\"tenant\":\"acme\","
	    "\"rtt_us\":120,\"skew\":-3,\"resumed\":false}\n");
}
END_TEST

START_TEST(text_quotes_what_could_be_mistaken)
{
	const struct log_field f[] = { LOG_STR("a", ""), LOG_STR("b", "x y"),
		LOG_STR("c", "k=v"), LOG_STR("d", "say \"hi\""), LOG_STR("e", "c:\\d") };

	ck_assert_ptr_nonnull(strstr(line(LOG_TEXT, "m", f, 5),
	    " a=\"\" b=\"x y\" c=\"k=v\" d=\"say \\\"hi\\\"\" e=\"c:\\\\d\"\n"));
}
END_TEST

START_TEST(a_peer_cannot_forge_a_line_or_move_the_cursor)
{
	const struct log_field f[] = {
		LOG_STR("svc", "x\n{\"level\":\"error\"}\x1b[2J\xe2\x80\xae") };

	ck_assert_ptr_nonnull(strstr(line(LOG_TEXT, "m", f, 1),
	    "svc=\"x\\x0a{\\\"level\\\":\\\"error\\\"}\\x1b[2J\\u202e\"\n"));
	ck_assert_ptr_nonnull(strstr(line(LOG_JSON, "m", f, 1),
	    "\"svc\":\"x\\u000a{\\\"level\\\":\\\"error\\\"}\\u001b[2J\\u202e\"}\n"));
}
END_TEST

START_TEST(a_long_field_is_cut_at_256_bytes)
{
	char text[400];
	const struct log_field f[] = { LOG_SLICE("x", slice_of(text, sizeof(text))) };
	const char *out, *at;

	memset(text, 'a', sizeof(text));
	out = line(LOG_TEXT, "m", f, 1);
	at = strstr(out, "x=");
	ck_assert_uint_eq(strlen(at), 2 + 256 + strlen("...\n"));
	ck_assert_ptr_nonnull(strstr(at, "aaa...\n"));
}
END_TEST

START_TEST(fields_that_do_not_fit_are_left_out_whole)
{
	char text[256];
	struct log_field f[12];
	const char *out;

	memset(text, 1, sizeof(text)); /* six times as long in JSON */
	for (size_t i = 0; i < ARRAY_LEN(f); i++)
		f[i] = (struct log_field)LOG_SLICE("k", slice_of(text, sizeof(text)));
	out = line(LOG_JSON, "m", f, ARRAY_LEN(f));
	ck_assert_str_eq(out + strlen(out) - strlen("\",\"cut\":true}\n"),
	    "\",\"cut\":true}\n");
	out = line(LOG_TEXT, "m", f, ARRAY_LEN(f));
	ck_assert_str_eq(out + strlen(out) - strlen("\" cut=true\n"), "\" cut=true\n");
}
END_TEST

CHECK_MAIN("log/format", text_reads_like_the_manual, json_has_stable_keys,
    text_quotes_what_could_be_mistaken,
    a_peer_cannot_forge_a_line_or_move_the_cursor,
    a_long_field_is_cut_at_256_bytes, fields_that_do_not_fit_are_left_out_whole)

/* Tests of log/tail.c: what is kept of a log, and who reads it where. */
#include "log/tail.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

#include "../check_main.h"

static void
add(struct log_tail *t, const char *text, size_t cut)
{
	struct iovec v[2] = { { (char *)(uintptr_t)text, cut },
		{ (char *)(uintptr_t)text + cut, strlen(text) - cut } };

	tail_add(t, v);
}

static const char *
next(struct log_tail *t, struct log_place *at, uint64_t want_lost)
{
	static char out[LOG_READ_MIN + 1];
	uint64_t lost;
	size_t n = tail_read(t, at, out, LOG_READ_MIN, &lost);

	ck_assert_uint_eq(lost, want_lost);
	out[n] = '\0';
	return out;
}

START_TEST(tail_gives_each_reader_what_is_new_to_him)
{
	struct log_tail *t = tail_new();
	struct log_place a, b;

	ck_assert_ptr_nonnull(t);
	tail_last(t, 10, &a);
	ck_assert_str_eq(next(t, &a, 0), "");
	add(t, "one\ntwo\n", 2); /* where the ring of a thread wraps */
	ck_assert_str_eq(next(t, &a, 0), "one\ntwo\n");
	add(t, "three\n", 6);
	tail_last(t, 2, &b);
	ck_assert_str_eq(next(t, &b, 0), "two\nthree\n");
	ck_assert_str_eq(next(t, &a, 0), "three\n");
	ck_assert_str_eq(next(t, &a, 0), "");
	tail_free(&t);
	ck_assert_ptr_null(t);
}
END_TEST

/* Lines of every length, over the end of the memory many times. */
START_TEST(tail_keeps_whole_lines_and_counts_what_it_forgets)
{
	struct log_tail *t = tail_new();
	struct log_place at, early = { 0, 0 };
	uint64_t lost, seen;
	static char out[2 * LOG_TAIL_CAP];
	size_t n, lines = 20000;

	for (size_t i = 0; i < lines; i++) {
		char line[64];

		snprintf(line, sizeof(line), "%zu %.*s\n", i, (int)(i % 40),
		    "........................................");
		add(t, line, i % 3);
	}
	n = tail_read(t, &early, out, sizeof(out), &lost);
	ck_assert_uint_le(n, LOG_TAIL_CAP);
	ck_assert_uint_gt(n, LOG_TAIL_CAP - 64);
	ck_assert_uint_gt(lost, 0);
	ck_assert_uint_eq(strtoul(out, NULL, 10), lost);
	ck_assert_uint_eq(early.line, lines);
	seen = 0;
	for (const char *p = out; p < out + n; p = strchr(p, '\n') + 1)
		ck_assert_uint_eq(strtoul(p, NULL, 10), lost + seen++);
	ck_assert_uint_eq(lost + seen, lines);
	tail_last(t, lines * 2, &at);
	ck_assert_uint_eq(at.line, lost);
	tail_last(t, 1, &at);
	ck_assert_uint_eq(at.line, lines - 1);
	tail_free(&t);
}
END_TEST

START_TEST(tail_never_gives_half_a_line)
{
	struct log_tail *t = tail_new();
	struct log_place at = { 0, 0 };
	uint64_t lost;
	char out[8];

	add(t, "abc\ndefg\nh\n", 11);
	ck_assert_uint_eq(tail_read(t, &at, out, 6, &lost), 4);
	ck_assert_uint_eq(tail_read(t, &at, out, 4, &lost), 0); /* "defg\n" is 5 */
	ck_assert_uint_eq(tail_read(t, &at, out, 8, &lost), 7);
	tail_free(&t);
}
END_TEST

/* Through log.h, with the logger: what goes to the file is what is kept. */
START_TEST(tail_has_what_the_logger_writes)
{
	struct log_sink *sink = NULL;
	struct log *log = NULL;
	struct log_place at;
	char out[LOG_READ_MIN + 1];
	uint64_t lost;
	size_t n = 0;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(log_sink_new(fds[1], LOG_INFO, LOG_JSON, &sink, NULL), 0);
	ck_assert_int_eq(log_new(sink, "early", &log), 0);
	ck_assert(!log_last(log, 1, &at));
	log_free(&log);
	ck_assert_int_eq(log_sink_keep(sink, NULL), 0);
	ck_assert_int_eq(log_sink_thread(sink, NULL), 0);
	ck_assert_int_eq(log_new(sink, "x", &log), 0);
	ck_assert_int_eq(log_format_of(log), LOG_JSON);
	ck_assert(log_last(log, 1, &at));
	log_info(log, "hello", LOG_U64("n", 7));
	ck_assert_int_gt(read(fds[0], out, 1), 0); /* written: kept, too */
	n = log_read(log, &at, out, LOG_READ_MIN, &lost);
	out[n] = '\0';
	ck_assert_ptr_nonnull(strstr(out, "\"msg\":\"hello\",\"n\":7}\n"));
	log_free(&log);
	log_sink_free(&sink);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

CHECK_MAIN("tail", tail_gives_each_reader_what_is_new_to_him,
    tail_keeps_whole_lines_and_counts_what_it_forgets, tail_never_gives_half_a_line,
    tail_has_what_the_logger_writes)

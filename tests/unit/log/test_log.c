/* Tests of log/log.c and, through it, of log/sinks.c and log/logger.c. */
#include "log/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "log/format.h"

#include "../check_main.h"

/* A sink that writes into a file without a name. */
struct to_file {
	FILE *f;
	struct log_sink *sink;
};

static void
setup(struct to_file *t, bool threaded)
{
	t->f = tmpfile();
	ck_assert_ptr_nonnull(t->f);
	ck_assert_int_eq(
	    log_sink_new(fileno(t->f), LOG_INFO, LOG_TEXT, &t->sink, NULL), 0);
	if (threaded)
		ck_assert_int_eq(log_sink_thread(t->sink, NULL), 0);
}

/* What was written, after the 25 bytes of the time stamp of each line. */
static char *
written(struct to_file *t)
{
	static char all[1 << 20];
	size_t n;

	rewind(t->f);
	n = fread(all, 1, sizeof(all) - 1, t->f);
	all[n] = '\0';
	return all;
}

START_TEST(without_threads_a_line_is_there_at_once)
{
	struct to_file t;
	struct log *l;

	setup(&t, false);
	ck_assert_int_eq(log_new(t.sink, "agent", &l), 0);
	log_info(l, "tunnel up", LOG_STR("relay", "r:1"));
	ck_assert_str_eq(written(&t) + 25, "info  agent: tunnel up relay=r:1\n");
	log_free(&l);
	ck_assert_ptr_null(l);
	log_sink_free(&t.sink);
	fclose(t.f);
}
END_TEST

START_TEST(a_level_hides_what_is_less_important)
{
	struct to_file t;
	struct log *l;

	setup(&t, false);
	ck_assert_int_eq(log_new(t.sink, "x", &l), 0);
	ck_assert(!log_wants(l, LOG_DEBUG));
	log_debug(l, "hidden");
	log_set_level(t.sink, LOG_DEBUG);
	log_debug(l, "shown");
	log_set_level(t.sink, LOG_ERROR);
	log_warn(l, "hidden too");
	ck_assert_str_eq(written(&t) + 25, "debug x: shown\n");
	log_free(&l);
	log_sink_free(&t.sink);
	fclose(t.f);
}
END_TEST

START_TEST(no_log_at_all_is_harmless)
{
	struct log *none = NULL;
	struct log_sink *sink = NULL;

	log_error(none, "nothing happens", LOG_U64("n", 1));
	log_write(none, LOG_ERROR, "nothing", NULL, 0);
	log_free(&none);
	log_sink_free(&sink);
}
END_TEST

#define WRITERS 4
#define LINES 100u /* of all threads fit the rings */

static void *
writer(void *arg)
{
	struct log *l = arg;

	for (uint64_t i = 0; i < LINES; i++)
		log_info(l, "event", LOG_U64("i", i));
	log_free(&l);
	return NULL;
}

START_TEST(threads_lose_and_mix_nothing)
{
	struct to_file t;
	pthread_t threads[WRITERS];
	unsigned next[WRITERS] = { 0 };
	char *save = NULL;

	setup(&t, true);
	for (unsigned i = 0; i < WRITERS; i++) {
		char name[16];
		struct log *l;

		snprintf(name, sizeof(name), "worker %u", i);
		ck_assert_int_eq(log_new(t.sink, name, &l), 0);
		ck_assert_int_eq(pthread_create(&threads[i], NULL, writer, l), 0);
	}
	for (unsigned i = 0; i < WRITERS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	log_sink_free(&t.sink);
	for (char *p = strtok_r(written(&t), "\n", &save); p != NULL;
	     p = strtok_r(NULL, "\n", &save)) {
		unsigned w, i;

		ck_assert_int_eq(sscanf(p + 25, "info  worker %u: event i=%u", &w, &i), 2);
		ck_assert_uint_lt(w, WRITERS);
		ck_assert_uint_eq(i, next[w]++);
	}
	for (unsigned i = 0; i < WRITERS; i++)
		ck_assert_uint_eq(next[i], LINES);
	fclose(t.f);
}
END_TEST

/* A pipe nobody reads, full. */
static void
full_pipe(int p[2])
{
	static const char block[4096];

	ck_assert_int_eq(pipe(p), 0);
	ck_assert_int_eq(fcntl(p[1], F_SETFL, O_NONBLOCK), 0);
	while (write(p[1], block, sizeof(block)) > 0)
		continue;
	ck_assert_int_eq(fcntl(p[1], F_SETFL, 0), 0);
}

static void
empty_pipe(int fd)
{
	char block[4096];

	ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	while (read(fd, block, sizeof(block)) > 0)
		continue;
}

START_TEST(a_full_pipe_does_not_stop_a_single_thread_and_is_reported)
{
	char out[2 * LOG_LINE_MAX] = "";
	struct log_sink *s;
	struct log *l;
	int p[2];

	full_pipe(p);
	ck_assert_int_eq(log_sink_new(p[1], LOG_INFO, LOG_TEXT, &s, NULL), 0);
	ck_assert_int_eq(log_new(s, "agent", &l), 0);
	log_info(l, "lost one");
	log_info(l, "lost two");
	empty_pipe(p[0]);
	log_info(l, "kept");
	ck_assert_int_gt(read(p[0], out, sizeof(out) - 1), 0);
	ck_assert_str_eq(strchr(out, '\n') + 26, "info  agent: kept\n");
	*strchr(out, '\n') = '\0';
	ck_assert_str_eq(out + 25, "warn  agent: log lines lost count=2");
	log_free(&l);
	log_sink_free(&s);
	close(p[0]);
	close(p[1]);
}
END_TEST

struct reader_thread {
	int fd;
	size_t n;
	char all[1 << 20];
};

static void *
read_to_the_end(void *arg)
{
	struct reader_thread *r = arg;
	ssize_t n;

	while ((n = read(r->fd, r->all + r->n, sizeof(r->all) - 1 - r->n)) > 0)
		r->n += (size_t)n;
	return NULL;
}

START_TEST(a_full_pipe_does_not_stop_threads_and_the_rest_is_counted)
{
	enum { MANY = 4000 }; /* more than a ring holds */
	static struct reader_thread r;
	unsigned lost = 0, kept = 0, v;
	struct log_sink *s;
	struct log *l;
	pthread_t t;
	char *save = NULL;
	int p[2];

	full_pipe(p);
	ck_assert_int_eq(log_sink_new(p[1], LOG_INFO, LOG_TEXT, &s, NULL), 0);
	ck_assert_int_eq(log_sink_thread(s, NULL), 0);
	ck_assert_int_eq(log_new(s, "worker 0", &l), 0);
	for (unsigned i = 0; i < MANY; i++)
		log_info(l, "event", LOG_U64("i", i));
	log_free(&l);
	r.fd = p[0]; /* only now somebody reads */
	ck_assert_int_eq(pthread_create(&t, NULL, read_to_the_end, &r), 0);
	log_sink_free(&s);
	close(p[1]);
	ck_assert_int_eq(pthread_join(t, NULL), 0);
	/* The pipe's own filling comes first, all zeroes. */
	for (char *q = strtok_r(memchr(r.all, '2', r.n), "\n", &save); q != NULL;
	     q = strtok_r(NULL, "\n", &save)) {
		if (sscanf(q + 25, "warn  worker 0: log lines lost count=%u", &v) == 1)
			lost += v;
		else
			kept++;
	}
	ck_assert_uint_gt(lost, 0);
	ck_assert_uint_gt(kept, 0);
	ck_assert_uint_eq(lost + kept, MANY);
	close(p[0]);
}
END_TEST

START_TEST(a_reader_that_went_away_kills_nobody)
{
	for (int threaded = 0; threaded < 2; threaded++) {
		struct log_sink *s;
		struct log *l;
		int p[2];

		ck_assert_int_eq(pipe(p), 0);
		ck_assert_int_eq(
		    log_sink_new(p[1], LOG_INFO, LOG_JSON, &s, NULL), 0);
		if (threaded == 1)
			ck_assert_int_eq(log_sink_thread(s, NULL), 0);
		ck_assert_int_eq(log_new(s, "x", &l), 0);
		close(p[0]);
		log_info(l, "into the void");
		log_info(l, "and again");
		log_free(&l);
		log_sink_free(&s);
		close(p[1]);
	}
}
END_TEST

START_TEST(a_closed_descriptor_kills_nobody)
{
	struct log_sink *s;
	struct log *l;

	ck_assert_int_eq(log_sink_new(-1, LOG_INFO, LOG_TEXT, &s, NULL), 0);
	ck_assert_int_eq(log_new(s, "x", &l), 0);
	log_info(l, "into the void");
	log_free(&l);
	log_sink_free(&s);
}
END_TEST

CHECK_MAIN("log/log", without_threads_a_line_is_there_at_once,
    a_level_hides_what_is_less_important, no_log_at_all_is_harmless,
    threads_lose_and_mix_nothing,
    a_full_pipe_does_not_stop_a_single_thread_and_is_reported,
    a_full_pipe_does_not_stop_threads_and_the_rest_is_counted,
    a_reader_that_went_away_kills_nobody, a_closed_descriptor_kills_nobody)

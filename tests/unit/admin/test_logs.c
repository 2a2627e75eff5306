/* Tests of admin/logs.c: a reader of the log, over a socket pair. */
#include "admin/logs.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/remote.h"

#include "../check_main.h"

struct fixture {
	struct admin *admin;
	struct log_sink *sink;
	struct log *log;
	int fd, from_log; /* what the logger writes comes out there */
};

static const struct admin_ops ops = { 0 };

static bool
is_ours(struct relay *relay AX_UNUSED, const char *host AX_UNUSED)
{
	return true;
}

static int
connect_to(struct fixture *f)
{
	const struct admin_who who = { .operator = "alice" };
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	ck_assert_int_eq(admin_take(f->admin, pair[0], &who), 0);
	return pair[1];
}

static void
setup(struct fixture *f, enum log_format format)
{
	struct admin_args args = { .is_remote = true, .names = is_ours, .ops = &ops };
	struct err e = { 0 };
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	f->from_log = fds[0];
	ck_assert_int_eq(log_sink_new(fds[1], LOG_INFO, format, &f->sink, NULL), 0);
	ck_assert_int_eq(log_sink_keep(f->sink, NULL), 0);
	ck_assert_int_eq(log_sink_thread(f->sink, NULL), 0);
	ck_assert_int_eq(log_new(f->sink, "x", &f->log), 0);
	args.log = f->log;
	ck_assert_msg(admin_new(&args, &f->admin, &e) == 0, "%s", e.text);
	f->fd = connect_to(f);
}

static void
teardown(struct fixture *f)
{
	close(f->fd);
	admin_free(&f->admin);
	log_free(&f->log);
	log_sink_free(&f->sink);
	close(f->from_log);
}

/* Logs n lines and waits until each of them has been written. */
static void
say(struct fixture *f, unsigned n, const char *msg)
{
	char text[4096];

	while (n > 0) {
		unsigned some = MIN(n, 16u), left = some;

		for (unsigned i = 0; i < some; i++)
			log_info(f->log, msg, LOG_U64("left", n - i));
		while (left > 0) {
			ssize_t r = read(f->from_log, text, sizeof(text));

			ck_assert_int_gt(r, 0);
			for (ssize_t i = 0; i < r; i++)
				left -= text[i] == '\n';
		}
		n -= some;
	}
}

static void
ask(struct fixture *f, int fd, const char *page)
{
	char text[256];
	int n = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", page);

	(void)f;
	ck_assert_int_eq(send(fd, text, (size_t)n, MSG_NOSIGNAL), n);
}

/* Serves until `until` came; what came is appended to out. */
static void
await(struct fixture *f, char *out, size_t cap, const char *until)
{
	struct pollfd p = { .fd = admin_fd(f->admin), .events = POLLIN };
	size_t n = strlen(out);

	for (int turns = 0; strstr(out, until) == NULL; turns++) {
		ssize_t r;

		ck_assert_msg(turns < 400, "no %s in: %.2000s", until, out);
		admin_run(f->admin);
		r = recv(f->fd, out + n, cap - 1 - n, MSG_DONTWAIT);
		if (r > 0)
			out[n += (size_t)r] = '\0';
		else
			(void)poll(&p, 1, (int)MIN(admin_timeout_ms(f->admin), 20u));
	}
}

START_TEST(logs_give_the_last_lines_and_end)
{
	static char out[65536];
	struct fixture f;

	setup(&f, LOG_TEXT);
	say(&f, 50, "hello");
	ask(&f, f.fd, "/v1/logs?lines=2");
	await(&f, out, sizeof(out), "\r\n0\r\n\r\n"); /* the last chunk */
	ck_assert_ptr_nonnull(strstr(out, "HTTP/1.1 200"));
	ck_assert_ptr_nonnull(strstr(out, "x: hello left=2\n"));
	ck_assert_ptr_nonnull(strstr(out, "x: hello left=1\n"));
	ck_assert_ptr_null(strstr(out, "left=3"));
	out[0] = '\0';
	ask(&f, f.fd, "/v1/logs?lines=x");
	await(&f, out, sizeof(out), "lines is a number");
	ck_assert_ptr_nonnull(strstr(out, "HTTP/1.1 409"));
	teardown(&f);
}
END_TEST

START_TEST(logs_follow_and_say_what_was_missed)
{
	static char out[2 << 20];
	struct fixture f;

	setup(&f, LOG_JSON);
	say(&f, 1, "first");
	ask(&f, f.fd, "/v1/logs?lines=1&follow=1");
	await(&f, out, sizeof(out), "first");
	say(&f, 1, "second");
	await(&f, out, sizeof(out), "second");
	ck_assert_ptr_null(strstr(out, "lost"));
	say(&f, 20000, "flood"); /* more than is kept, and nobody reads */
	say(&f, 1, "third");
	await(&f, out, sizeof(out), "third");
	ck_assert_ptr_nonnull(strstr(out, "{\"lost\":1"));
	ck_assert_ptr_nonnull(strstr(out, "\"left\":1}"));
	teardown(&f);
}
END_TEST

START_TEST(logs_have_few_readers)
{
	int more[LOGS_READERS_MAX];
	static char out[65536];
	struct fixture f;

	setup(&f, LOG_TEXT);
	say(&f, 1, "first");
	for (size_t i = 0; i < LOGS_READERS_MAX; i++) {
		more[i] = connect_to(&f);
		ask(&f, more[i], "/v1/logs?follow=1");
		admin_run(f.admin);
		admin_run(f.admin);
	}
	ask(&f, f.fd, "/v1/logs?follow=1");
	await(&f, out, sizeof(out), "as many read the log");
	for (size_t i = 0; i < LOGS_READERS_MAX; i++)
		close(more[i]);
	teardown(&f);
}
END_TEST

CHECK_MAIN("logs", logs_give_the_last_lines_and_end, logs_follow_and_say_what_was_missed,
    logs_have_few_readers)

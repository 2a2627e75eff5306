/* Tests of admin/remote.c: requests of who was let in elsewhere, over a socket pair. */
#include "admin/remote.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "admin/admin.h"
#include "base/str.h"

#include "../check_main.h"

struct fixture {
	struct admin *admin;
	struct admin_who who; /* of the last decision */
	unsigned decisions, questions;
};

static void
on_status(struct relay *relay, struct admin_request *req)
{
	struct fixture *f = (void *)relay;

	f->questions++;
	admin_reply_status(req, &(struct admin_status){ .version = "1", .listen = "*:1" });
}

static void
on_decided(struct relay *relay, const struct admin_decision *d)
{
	struct fixture *f = (void *)relay;

	f->decisions++;
	f->who = d->who;
}

static const struct admin_ops ops = { .status = on_status, .drain = on_status,
	.trail = { .decided = on_decided } };

static bool
is_ours(struct relay *relay AX_UNUSED, const char *host)
{
	return strcmp(host, "relay.example") == 0 || strcmp(host, "::1") == 0;
}

static void
setup(struct fixture *f)
{
	const struct admin_args args = { .is_remote = true, .names = is_ours, .ops = &ops,
		.relay = (void *)f };
	struct err e = { 0 };

	*f = (struct fixture){ .decisions = 0 };
	ck_assert_msg(admin_new(&args, &f->admin, &e) == 0, "%s", e.text);
	ck_assert_int_eq(admin_listener(f->admin), -1);
}

static int
take(struct fixture *f, const char *operator)
{
	struct admin_who who = { .uid = (uid_t)-1, .from = "192.0.2.1:4" };
	int pair[2];

	(void)str_copy(who.operator, sizeof(who.operator), operator);
	ck_assert_int_eq(socketpair(AF_UNIX,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	ck_assert_int_eq(admin_take(f->admin, pair[0], &who), 0);
	return pair[1];
}

static void
serve(struct fixture *f)
{
	struct pollfd p = { .fd = admin_fd(f->admin), .events = POLLIN };

	do
		admin_run(f->admin);
	while (poll(&p, 1, admin_timeout_ms(f->admin) == 0 ? 0 : 20) > 0 ||
	    admin_timeout_ms(f->admin) == 0);
}

/* The status of the answer to head and what every request needs. */
static int
ask(struct fixture *f, int fd, const char *head)
{
	char text[8192] = "";
	size_t n = 0;
	ssize_t r;
	int len = snprintf(text, sizeof(text), "%s\r\n", head);

	ck_assert_int_eq(send(fd, text, (size_t)len, MSG_NOSIGNAL), len);
	serve(f);
	while ((r = recv(fd, text + n, sizeof(text) - 1 - n, MSG_DONTWAIT)) > 0)
		n += (size_t)r;
	text[n] = '\0';
	ck_assert_msg(strncmp(text, "HTTP/1.1 ", 9) == 0, "%s", text);
	return (int)strtol(text + 9, NULL, 10);
}

#define HOST "Host: relay.example:9443\r\n"

START_TEST(remote_decisions_carry_the_name_of_each_operator)
{
	struct fixture f;
	int alice, bob;

	setup(&f);
	alice = take(&f, "alice");
	bob = take(&f, "bob");
	ck_assert_int_eq(ask(&f, bob, "POST /v1/drain HTTP/1.1\r\n" HOST), 200);
	ck_assert_str_eq(f.who.operator, "bob");
	ck_assert_str_eq(f.who.from, "192.0.2.1:4");
	ck_assert_uint_eq(f.who.uid, (uid_t)-1);
	ck_assert_int_eq(ask(&f, alice, "POST /v1/drain HTTP/1.1\r\n" HOST
	    "Operator: bob\r\n"), 200);
	ck_assert_str_eq(f.who.operator, "alice");
	ck_assert_int_eq(ask(&f, bob, "POST /v1/drain HTTP/1.1\r\n" HOST), 200);
	ck_assert_str_eq(f.who.operator, "bob");
	ck_assert_uint_eq(f.decisions, 3);
	close(alice);
	serve(&f);
	alice = take(&f, "carol"); /* perhaps of the same number */
	ck_assert_int_eq(ask(&f, alice, "POST /v1/drain HTTP/1.1\r\n" HOST), 200);
	ck_assert_str_eq(f.who.operator, "carol");
	close(alice);
	close(bob);
	admin_free(&f.admin);
}
END_TEST

START_TEST(remote_asks_nothing_for_a_page_or_for_another_host)
{
	static const struct {
		const char *head;
		int code;
	} cases[] = {
		{ "GET /v1/status HTTP/1.1\r\n" HOST, 200 },
		{ "GET /v1/status HTTP/1.1\r\nHost: [::1]:9443\r\n", 200 },
		{ "GET /v1/status HTTP/1.1\r\nHost: evil.example\r\n", 421 },
		{ "GET /v1/status HTTP/1.1\r\nHost: relay.example.evil\r\n", 421 },
		{ "GET /v1/status HTTP/1.1\r\n" HOST
		  "Origin: https://relay.example:9443\r\n", 403 },
		{ "GET /v1/status HTTP/1.1\r\n" HOST "Sec-Fetch-Site: none\r\n", 403 },
		{ "POST /v1/drain HTTP/1.1\r\n" HOST "Origin: null\r\n", 403 },
		{ "GET /v1/nothing HTTP/1.1\r\n" HOST, 404 },
		{ "POST /v1/dashboard HTTP/1.1\r\n" HOST, 409 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture f;
		int fd, code;

		setup(&f);
		fd = take(&f, "alice");
		code = ask(&f, fd, cases[i].head);
		ck_assert_msg(code == cases[i].code, "case %zu: %d", i, code);
		ck_assert_uint_eq(f.questions, code == 200);
		close(fd);
		admin_free(&f.admin);
	}
}
END_TEST

START_TEST(remote_closes_what_is_too_many)
{
	struct admin_who who = { .operator = "alice" };
	int all[100], pair[2], n = 0;
	struct fixture f;

	setup(&f);
	while (n < 100) {
		ck_assert_int_eq(socketpair(AF_UNIX,
		    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
		all[n++] = pair[1];
		if (admin_take(f.admin, pair[0], &who) < 0)
			break;
	}
	ck_assert_int_lt(n, 100);
	ck_assert_int_eq(recv(all[n - 1], pair, 1, 0), 0);
	ck_assert_int_eq(ask(&f, all[0], "GET /v1/status HTTP/1.1\r\n" HOST), 200);
	while (n > 0)
		close(all[--n]);
	admin_free(&f.admin);
}
END_TEST

CHECK_MAIN("remote", remote_decisions_carry_the_name_of_each_operator,
    remote_asks_nothing_for_a_page_or_for_another_host,
    remote_closes_what_is_too_many)

/* Tests of io/sock.c. */
#include "io/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../check_main.h"

static int
option(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	ck_assert_int_eq(getsockopt(fd, level, name, &value, &len), 0);
	return value;
}

static void
wait_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	ck_assert_int_eq(poll(&p, 1, 5000), 1);
}

static int
listen_on(const char *text, struct addr *where)
{
	struct addr a;
	struct err e = { 0 };
	int fd = -1;

	ck_assert_int_eq(addr_parse(text, &a, NULL), 0);
	ck_assert_msg(sock_listen(&(struct listen_args){ .addr = &a,
	    .backlog = 16 }, &fd, &e) == 0, "%s", e.text);
	ck_assert_int_eq(sock_local(fd, where), 0);
	return fd;
}

static int
connect_to(const struct addr *a)
{
	struct err e = { 0 };
	int fd = -1, r = sock_connect(a, &fd, &e);

	ck_assert_msg(r == 0 || r == AX_E_AGAIN, "%s", e.text);
	return fd;
}

static int
accept_one(int listener, struct addr *peer)
{
	int spare = -1, fd = -1;

	wait_for(listener, POLLIN);
	ck_assert_int_eq(sock_accept(listener, &spare, &fd, peer), 0);
	return fd;
}

START_TEST(sock_connects_and_accepts_with_the_options_of_the_house)
{
	struct addr at, peer;
	int listener = listen_on("127.0.0.1:0", &at);
	int out = connect_to(&at), in = accept_one(listener, &peer), spare = -1;

	wait_for(out, POLLOUT);
	ck_assert_int_eq(sock_connected(out, NULL), 0);
	ck_assert_int_eq(option(in, IPPROTO_TCP, TCP_NODELAY), 1);
	ck_assert_int_eq(option(out, IPPROTO_TCP, TCP_NODELAY), 1);
	ck_assert(fcntl(in, F_GETFL) & O_NONBLOCK);
	ck_assert(fcntl(out, F_GETFL) & O_NONBLOCK);
	ck_assert(fcntl(in, F_GETFD) & FD_CLOEXEC);
	ck_assert(fcntl(out, F_GETFD) & FD_CLOEXEC);
	ck_assert_int_eq(peer.u.sa.sa_family, AF_INET);
	ck_assert_int_eq(sock_accept(listener, &spare, &in, &peer), AX_E_AGAIN);
	sock_close(&in);
	ck_assert_int_eq(in, -1);
	sock_close(&in); /* harmless */
	sock_close(&out);
	sock_close(&listener);
}
END_TEST

START_TEST(sock_star_listens_for_both_families)
{
	struct addr at, v4, v6, peer;
	int listener = listen_on("*:0", &at), a, b, c, d;
	uint8_t ip[16];

	ck_assert_int_eq(addr_parse_ip("127.0.0.1", addr_port(&at), &v4), 0);
	ck_assert_int_eq(addr_parse_ip("::1", addr_port(&at), &v6), 0);
	a = connect_to(&v4);
	b = accept_one(listener, &peer);
	ck_assert_uint_eq(addr_ip(&peer, ip), 4);
	c = connect_to(&v6);
	d = accept_one(listener, &peer);
	ck_assert_uint_eq(addr_ip(&peer, ip), 16);
	close(a);
	close(b);
	close(c);
	close(d);
	sock_close(&listener);
}
END_TEST

/* A kernel that is busy may be late, but not a hundred times. */
START_TEST(sock_connects_at_once_within_a_machine)
{
	struct addr at, peer;
	int listener = listen_on("127.0.0.1:0", &at), fd, r, at_once = 0;

	for (int i = 0; i < 100; i++) {
		r = sock_connect(&at, &fd, NULL);
		ck_assert(r == 0 || r == AX_E_AGAIN);
		if (r == 0)
			ck_assert_int_eq(send(fd, "x", 1, MSG_NOSIGNAL), 1);
		at_once += r == 0;
		sock_close(&fd);
		fd = accept_one(listener, &peer);
		sock_close(&fd);
	}
	ck_assert_int_gt(at_once, 0);
	sock_close(&listener);
}
END_TEST

START_TEST(sock_reports_a_refused_connection)
{
	struct addr at;
	struct err e = { 0 };
	int listener = listen_on("127.0.0.1:0", &at), fd = -1, r;

	sock_close(&listener);
	r = sock_connect(&at, &fd, &e);
	if (r == AX_E_AGAIN) {
		wait_for(fd, POLLOUT);
		ck_assert_int_eq(sock_connected(fd, &e), AX_E_SYS);
		sock_close(&fd);
	}
	ck_assert_int_eq(e.sys, ECONNREFUSED);
}
END_TEST

START_TEST(sock_deafen_refuses_who_comes_and_who_waits)
{
	struct addr at;
	struct err e = { 0 };
	int listener = listen_on("127.0.0.1:0", &at), spare = -1, fd, r;
	int waits = connect_to(&at);
	char c;

	wait_for(waits, POLLOUT);
	sock_deafen(listener);
	wait_for(waits, POLLIN);
	ck_assert_int_le(read(waits, &c, 1), 0);
	ck_assert_int_lt(sock_accept(listener, &spare, &fd, &at), 0);
	r = sock_connect(&at, &fd, &e);
	if (r == AX_E_AGAIN) {
		wait_for(fd, POLLOUT);
		ck_assert_int_eq(sock_connected(fd, &e), AX_E_SYS);
		sock_close(&fd);
	}
	ck_assert_int_eq(e.sys, ECONNREFUSED);
	sock_close(&waits);
	sock_close(&listener);
}
END_TEST

START_TEST(sock_listeners_share_a_port_only_when_told)
{
	struct addr at;
	struct err e = { 0 };
	struct listen_args share = { .addr = &at, .backlog = 1, .reuse_port = true };
	int fd[3] = { -1, -1, -1 };
	int plain = listen_on("127.0.0.1:0", &at);

	ck_assert_int_eq(sock_listen(&share, &fd[0], &e), AX_E_SYS);
	ck_assert_int_eq(e.sys, EADDRINUSE);
	sock_close(&plain);
	ck_assert_int_eq(sock_listen(&share, &fd[0], NULL), 0);
	ck_assert_int_eq(sock_listen(&share, &fd[1], NULL), 0);
	for (int i = 0; i < 3; i++)
		sock_close(&fd[i]);
}
END_TEST

START_TEST(sock_removes_a_stale_unix_path_but_no_live_one)
{
	char dir[] = "/tmp/atlax-sock-XXXXXX", text[ADDR_TEXT_MAX];
	struct addr a, peer;
	struct err e = { 0 };
	struct listen_args args = { .addr = &a, .backlog = 1 };
	int fd = -1, second = -1, client;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(text, sizeof(text), "unix:%s/s", dir);
	ck_assert_int_eq(addr_parse(text, &a, NULL), 0);
	ck_assert_int_eq(sock_listen(&args, &fd, &e), 0);
	ck_assert_int_eq(sock_listen(&args, &second, &e), AX_E_SYS);
	ck_assert_int_eq(e.sys, EADDRINUSE);
	sock_close(&fd); /* the path stays: stale */
	ck_assert_int_eq(sock_listen(&args, &fd, &e), 0);
	client = connect_to(&a);
	second = accept_one(fd, &peer);
	addr_format(&peer, text);
	ck_assert_str_eq(text, "unix:");
	close(client);
	close(second);
	sock_close(&fd);
	unlink(a.u.un.sun_path);
	rmdir(dir);
}
END_TEST

START_TEST(sock_accept_without_descriptors_turns_the_client_away)
{
	struct addr at, peer;
	struct rlimit old, tight;
	int listener = listen_on("127.0.0.1:0", &at);
	int spare = sock_spare(), client = connect_to(&at), in = -1, r;
	char c;

	wait_for(listener, POLLIN);
	ck_assert_int_ge(spare, 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	tight = old;
	tight.rlim_cur = (rlim_t)MAX(MAX(spare, client), listener) + 1;
	/* Fill the holes below, so that nothing is left. */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &tight), 0);
	while (dup(listener) >= 0)
		;
	r = sock_accept(listener, &spare, &in, &peer);
	setrlimit(RLIMIT_NOFILE, &old);
	ck_assert_int_eq(r, AX_E_LIMIT);
	ck_assert_int_ge(spare, 0); /* got again, for the next */
	wait_for(client, POLLIN);
	ck_assert_int_le(read(client, &c, 1), 0); /* closed at once */
	ck_assert_int_eq(sock_accept(listener, &spare, &in, &peer), AX_E_AGAIN);
}
END_TEST

START_TEST(sock_abort_resets_the_connection)
{
	struct addr at, peer;
	int listener = listen_on("127.0.0.1:0", &at);
	int out = connect_to(&at), in = accept_one(listener, &peer);
	char c;

	sock_abort(&in);
	ck_assert_int_eq(in, -1);
	wait_for(out, POLLIN);
	ck_assert_int_eq(read(out, &c, 1), -1);
	ck_assert_int_eq(errno, ECONNRESET);
	sock_close(&out);
	sock_close(&listener);
}
END_TEST

START_TEST(sock_sets_the_options_of_a_tunnel)
{
	struct addr at;
	int fd = listen_on("127.0.0.1:0", &at);

	sock_user_timeout(fd, 15000);
	sock_notsent_lowat(fd, 65536);
	ck_assert_int_eq(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 15000);
	ck_assert_int_eq(option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT), 65536);
	sock_close(&fd);
}
END_TEST

CHECK_MAIN("sock", sock_connects_and_accepts_with_the_options_of_the_house,
    sock_connects_at_once_within_a_machine,
    sock_star_listens_for_both_families, sock_reports_a_refused_connection,
    sock_deafen_refuses_who_comes_and_who_waits,
    sock_listeners_share_a_port_only_when_told,
    sock_removes_a_stale_unix_path_but_no_live_one,
    sock_accept_without_descriptors_turns_the_client_away,
    sock_abort_resets_the_connection, sock_sets_the_options_of_a_tunnel)

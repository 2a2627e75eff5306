/* Tests of admin/socket.c. */
#include "admin/socket.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check_main.h"

struct place {
	char dir[64], path[108];
};

static void
setup(struct place *p)
{
	*p = (struct place){ .dir = "/tmp/atlax-socket-XXXXXX" };
	ck_assert_ptr_nonnull(mkdtemp(p->dir));
	snprintf(p->path, sizeof(p->path), "%s/s", p->dir);
}

static void
teardown(const struct place *p)
{
	(void)unlink(p->path);
	ck_assert_int_eq(rmdir(p->dir), 0);
}

START_TEST(the_socket_is_private_whatever_umask_says)
{
	struct admin_socket s;
	struct place p;
	struct stat st;
	mode_t before;

	setup(&p);
	before = umask(0);
	ck_assert_int_eq(admin_socket_open(p.path, &s, NULL), 0);
	ck_assert_uint_eq(umask(before), 0);
	ck_assert_int_eq(lstat(p.path, &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFSOCK | 0600);
	admin_socket_close(&s);
	ck_assert_int_eq(s.fd, -1);
	ck_assert_int_eq(access(p.path, F_OK), -1);
	teardown(&p);
}
END_TEST

START_TEST(a_stale_socket_is_replaced)
{
	struct admin_socket a, b;
	struct place p;

	setup(&p);
	ck_assert_int_eq(admin_socket_open(p.path, &a, NULL), 0);
	close(a.fd); /* as after a crash */
	ck_assert_int_eq(admin_socket_open(p.path, &b, NULL), 0);
	a.fd = -1;
	admin_socket_close(&a);
	ck_assert_int_eq(access(p.path, F_OK), 0); /* b's, not a's */
	admin_socket_close(&b);
	ck_assert_int_eq(access(p.path, F_OK), -1);
	teardown(&p);
}
END_TEST

START_TEST(a_socket_that_answers_is_left_alone)
{
	struct admin_socket a, b;
	struct err e = { 0 };
	struct place p;

	setup(&p);
	ck_assert_int_eq(admin_socket_open(p.path, &a, NULL), 0);
	ck_assert_int_eq(admin_socket_open(p.path, &b, &e), AX_E_EXIST);
	ck_assert_ptr_nonnull(strstr(e.text, "another relay answers"));
	ck_assert_int_eq(access(p.path, F_OK), 0);
	admin_socket_close(&a);
	teardown(&p);
}
END_TEST

START_TEST(a_file_that_is_no_socket_is_never_removed)
{
	struct admin_socket s;
	struct place p;
	FILE *f;

	setup(&p);
	f = fopen(p.path, "w");
	ck_assert_ptr_nonnull(f);
	fclose(f);
	ck_assert_int_eq(admin_socket_open(p.path, &s, NULL), AX_E_EXIST);
	ck_assert_int_eq(access(p.path, F_OK), 0);
	teardown(&p);
}
END_TEST

START_TEST(a_path_too_long_is_refused)
{
	char path[200];
	struct admin_socket s;

	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[108] = '\0';
	ck_assert_int_eq(admin_socket_open(path, &s, NULL), AX_E_RANGE);
}
END_TEST

START_TEST(we_may_ask_ourselves)
{
	int pair[2];
	struct admin_who who;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert(admin_socket_may(pair[0], &who));
	ck_assert_uint_eq(who.uid, geteuid());
	ck_assert_int_eq(who.pid, getpid());
	close(pair[0]);
	close(pair[1]);
	ck_assert(!admin_socket_may(pair[0], &who));
}
END_TEST

CHECK_MAIN("admin/socket", the_socket_is_private_whatever_umask_says,
    a_stale_socket_is_replaced, a_socket_that_answers_is_left_alone,
    a_file_that_is_no_socket_is_never_removed, a_path_too_long_is_refused,
    we_may_ask_ourselves)

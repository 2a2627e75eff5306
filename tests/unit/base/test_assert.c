/* Tests of base/assert.c. */
#include "base/assert.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check_main.h"

/* Runs f in a child; returns its wait status, and what it said in out. */
static int
run(void (*f)(void), char *out, size_t cap)
{
	int fds[2], status;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		f();
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], out + len, cap - 1 - len)) > 0)
		len += (size_t)n;
	out[len] = '\0';
	close(fds[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static void
violated(void)
{
	int two = 2;

	signal(SIGABRT, SIG_DFL); /* not the sanitizer's */
	ax_assert(two == 3);
}

static void
long_winded(void)
{
	char what[2000];

	signal(SIGABRT, SIG_DFL);
	memset(what, 'x', sizeof(what) - 1);
	what[sizeof(what) - 1] = '\0';
	ax_panic("file", 1, "func", what);
}

START_TEST(assert_says_what_was_violated_and_aborts)
{
	char said[1024];
	int status = run(violated, said, sizeof(said));

	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGABRT);
	ck_assert_ptr_nonnull(strstr(said, "test_assert.c:"));
	ck_assert_ptr_nonnull(strstr(said, "violated: two == 3\n"));
}
END_TEST

START_TEST(assert_ends_a_long_line)
{
	char said[4096];

	ck_assert(WIFSIGNALED(run(long_winded, said, sizeof(said))));
	/* An emulator has something to say, too. */
	ck_assert_uint_lt(strcspn(said, "\n"), 520);
	ck_assert_int_eq(said[strlen(said) - 1], '\n');
}
END_TEST

START_TEST(assert_evaluates_its_condition_once)
{
	int n = 0;

	ax_assert(++n == 1);
	ck_assert_int_eq(n, 1);
}
END_TEST

CHECK_MAIN("assert", assert_says_what_was_violated_and_aborts,
    assert_ends_a_long_line, assert_evaluates_its_condition_once)

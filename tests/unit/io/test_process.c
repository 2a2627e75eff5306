/* Tests of io/process.c. The process that hides is a child of the test's: with
 * CK_FORK=no a sanitizer must still be able to look at this one.             */
#include "io/process.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check_main.h"

#define MEGABYTE ((rlim_t)1 << 20)

/* Runs what in a child. Returns how it ended. */
static int
in_child(int (*what)(void))
{
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		_exit(what());
	ck_assert_int_gt(child, 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return status;
}

static int
hides(void)
{
	struct rlimit core = { MEGABYTE, MEGABYTE };

	if (prctl(PR_GET_DUMPABLE) != 1)
		return 1; /* or there is nothing to see */
	process_hide();
	if (getrlimit(RLIMIT_CORE, &core) < 0 || core.rlim_cur != 0 ||
	    core.rlim_max != 0)
		return 2;
	return prctl(PR_GET_DUMPABLE) == 0 ? 0 : 3;
}

START_TEST(process_hide_leaves_no_core_and_no_debugger)
{
	ck_assert_int_eq(in_child(hides), 0);
}
END_TEST

static int
dies_hidden(void)
{
	struct rlimit core;

	if (getrlimit(RLIMIT_CORE, &core) < 0)
		return 1;
	core.rlim_cur = core.rlim_max; /* else there may be nothing to see */
	if (setrlimit(RLIMIT_CORE, &core) < 0)
		return 2;
	process_hide();
	(void)signal(SIGABRT, SIG_DFL);
	(void)raise(SIGABRT);
	return 3;
}

START_TEST(process_that_hides_dies_without_a_core)
{
	int status = in_child(dies_hidden);

	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGABRT);
	ck_assert(!WCOREDUMP(status));
}
END_TEST

CHECK_MAIN("process", process_hide_leaves_no_core_and_no_debugger,
    process_that_hides_dies_without_a_core)

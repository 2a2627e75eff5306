/* killat.c — killat N PROGRAM [ARGUMENT]...: runs PROGRAM and kills it
 * (SIGKILL) before its N-th system call that changes a file or a directory.
 * Exit status: 0: it was killed; 1: it ended before that, by itself; 77:
 * ptrace(2) is not allowed here; 99: something else is wrong.
 *
 * By ptrace and not by a preloaded library, so that it works on programs built
 * with sanitizers as well; and not at random moments, so that every one of the
 * states in which a CA can be left is really seen.                           */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ptrace.h>

#include "base/defs.h"

static bool
changes_files(uint64_t nr, const uint64_t args[6])
{
	static const long calls[] = {
	    SYS_write,
	    SYS_fsync,
	    SYS_fchmod,
	    SYS_renameat2,
	    SYS_linkat,
	    SYS_unlinkat,
	    SYS_mkdirat,
	    SYS_flock,
#ifdef SYS_rename
	    SYS_rename,
	    SYS_mkdir,
	    SYS_unlink,
	    SYS_rmdir,
#endif
#ifdef SYS_renameat
	    SYS_renameat,
#endif
	};

	if (nr == SYS_openat)
		return (args[2] & O_CREAT) != 0;
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		if (nr == (uint64_t)calls[i])
			return true;
	return false;
}

/* Is the stopped process about to enter such a call? */
static bool
is_at_change(pid_t pid)
{
	struct ptrace_syscall_info info;
	void *at = &info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), at) < 0)
		exit(77);
	return info.op == PTRACE_SYSCALL_INFO_ENTRY &&
	       changes_files(info.entry.nr, (const uint64_t *)info.entry.args);
}

static int
follow(pid_t pid, unsigned long left)
{
	int status;

	for (;;) {
		if (waitpid(pid, &status, 0) < 0)
			return 99;
		if (WIFEXITED(status) || WIFSIGNALED(status))
			return 1;
		if (WSTOPSIG(status) == (SIGTRAP | 0x80) && is_at_change(pid) &&
		    --left == 0)
			break;
		if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0)
			return 99;
	}
	/* Not waited for since it stopped: the number is still its own. */
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) == pid && !WIFSIGNALED(status))
		;
	return 0;
}

int
main(int argc, char **argv)
{
	int status;
	pid_t pid;

	if (argc < 3)
		return 99;
	pid = fork();
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(77);
		(void)raise(SIGSTOP);
		(void)execv(argv[2], argv + 2);
		_exit(99);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return 99;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL,
		(void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)) < 0 ||
	    ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0)
		return 77;
	return follow(pid, strtoul(argv[1], NULL, 10));
}

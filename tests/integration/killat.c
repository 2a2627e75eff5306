/* killat.c — killat [FROM TO] N PROGRAM [ARGUMENT]...: runs PROGRAM and kills it
 * (SIGKILL) before its N-th system call that changes a file or a directory; or,
 * with FROM and TO, before its N-th of any kind after it has said FROM on standard
 * error, and when it has said TO in any case. N is a number, FROM is none.
 * Exit status: 0: it was killed; 1: it ended, or said TO, before that; 77:
 * ptrace(2) is not allowed here; 99: something else is wrong.
 *
 * By ptrace and not by a preloaded library, so that it works on programs built
 * with sanitizers as well; and not at random moments, so that every one of the
 * states in which a CA can be left is really seen.                           */
#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ptrace.h>

#include "base/defs.h"

/* What the program says; from is NULL if nobody listens. */
struct listener {
	const char *from, *to;
	int pipe[2];
	bool begun, over;
};

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

/* A program that is stopped has written its line as a whole. */
static void
listen_on(struct listener *l)
{
	char said[4096];
	ssize_t n = l->from == NULL ? 0 : read(l->pipe[0], said, sizeof(said));

	if (n <= 0)
		return;
	(void)!write(STDERR_FILENO, said, (size_t)n);
	l->begun |= memmem(said, (size_t)n, l->from, strlen(l->from)) != NULL;
	l->over |= memmem(said, (size_t)n, l->to, strlen(l->to)) != NULL;
}

/* Is the stopped process about to enter a call that counts? */
static bool
is_at_call(pid_t pid, struct listener *l)
{
	struct ptrace_syscall_info info;
	void *at = &info;
	bool begun = l->begun;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), at) < 0)
		exit(77);
	listen_on(l);
	if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return false;
	return l->from != NULL ? begun :
	    changes_files(info.entry.nr, (const uint64_t *)info.entry.args);
}

static int
follow(pid_t pid, unsigned long left, struct listener *l)
{
	int status;

	while (!l->over) {
		if (waitpid(pid, &status, 0) < 0)
			return 99;
		if (WIFEXITED(status) || WIFSIGNALED(status))
			return 1;
		if (WSTOPSIG(status) == (SIGTRAP | 0x80) && is_at_call(pid, l) &&
		    --left == 0)
			break;
		if (!l->over && ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0)
			return 99;
	}
	/* Not waited for since it stopped: the number is still its own. */
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) == pid && !WIFSIGNALED(status))
		;
	return l->over ? 1 : 0;
}

static void
become(char **argv, struct listener *l)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(77);
	if (l->from != NULL && dup2(l->pipe[1], STDERR_FILENO) < 0)
		_exit(99);
	(void)raise(SIGSTOP);
	(void)execv(argv[0], argv);
	_exit(99);
}

int
main(int argc, char **argv)
{
	struct listener l = { 0 };
	unsigned long n;
	int status;
	pid_t pid;

	if (argc > 3 && !isdigit((unsigned char)argv[1][0])) {
		l.from = argv[1];
		l.to = argv[2];
		if (pipe2(l.pipe, O_CLOEXEC | O_NONBLOCK) < 0)
			return 99;
		argv += 2;
		argc -= 2;
	}
	if (argc < 3)
		return 99;
	n = strtoul(argv[1], NULL, 10);
	pid = fork();
	if (pid == 0)
		become(argv + 2, &l);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return 99;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL,
		(void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)) < 0 ||
	    ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0)
		return 77;
	return follow(pid, n, &l);
}

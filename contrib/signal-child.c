/* signal-child.c — signal-child SIGNAL PID SHELL: sends it to a child of SHELL,
 * which has called us, and to nobody else. Exit status: 0: sent; 1: that is no
 * child of it, or has ended; 2: these are no arguments; 3: the kernel is too old
 * (5.3).
 *
 * For processes.sh. A shell cannot do it: dash reaps after each builtin, bash
 * whenever a child ends, so the number may be a stranger's between any question
 * and the signal. Here the process is taken hold of first (pidfd), then the
 * question is asked, then the signal goes to what we hold: if the number has
 * changed hands meanwhile, either the answer is a stranger's and we refuse, or
 * what we hold has gone and nobody is hit. SHELL is looked at last: as long as it
 * is our parent its number is its own; were it gone, our parent would be init. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/defs.h"

static const struct {
	const char *name;
	int number;
} signals[] = {
    {"HUP", SIGHUP},
    {"INT", SIGINT},
    {"KILL", SIGKILL},
    {"TERM", SIGTERM},
    {"CONT", SIGCONT},
    {"STOP", SIGSTOP},
};

static int
number_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		if (strcmp(signals[i].name, name) == 0)
			return signals[i].number;
	return -1;
}

/* Digits only: no sign, no blank, nothing behind. */
static int
pid_from(const char *s)
{
	size_t len = strlen(s);

	if (len == 0 || len > 9 || strspn(s, "0123456789") != len)
		return -1;
	return (int)strtol(s, NULL, 10);
}

static bool
is_child(int pid, int parent)
{
	char path[64], line[256];
	bool alive = false, whole = false, ours = false;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, "State:\t", 7) == 0)
			alive = strchr("ZXx", line[7]) == NULL;
		else if (strncmp(line, "Tgid:\t", 6) == 0)
			whole = strtol(line + 6, NULL, 10) == pid;
		else if (strncmp(line, "PPid:\t", 6) == 0)
			ours = strtol(line + 6, NULL, 10) == parent;
	}
	(void)fclose(f);
	return alive && whole && ours;
}

int
main(int argc, char **argv)
{
	int pid, parent, signo, fd;

	if (argc != 4)
		return 2;
	signo = number_of(argv[1]);
	pid = pid_from(argv[2]);
	parent = pid_from(argv[3]);
	if (signo < 0 || pid <= 0 || parent <= 0)
		return 2;
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0) {
		if (errno == ESRCH || errno == EINVAL)
			return 1;
		perror("signal-child: pidfd_open");
		return 3;
	}
	if (!is_child(pid, parent) || getppid() != parent)
		return 1;
	return syscall(SYS_pidfd_send_signal, fd, signo, NULL, 0) < 0;
}

/* holdthread.c — holdthread PID NAME: stops one thread of that process, the one
 * of that name, says "held" and lets it go on when standard input ends. Exit
 * status: 0; 77: ptrace(2) is not allowed here; 99: something else is wrong.  */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/defs.h"

/* 0: it has no such thread. */
static pid_t
find_thread(const char *pid, const char *name)
{
	char path[300], found[32];
	struct dirent *d;
	pid_t tid = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/task", pid);
	dir = opendir(path);
	while (dir != NULL && tid == 0 && (d = readdir(dir)) != NULL) {
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%s/task/%.20s/comm", pid, d->d_name);
		f = fopen(path, "re");
		if (f == NULL)
			continue;
		if (fgets(found, sizeof(found), f) != NULL &&
		    strncmp(found, name, strlen(name)) == 0)
			tid = (pid_t)strtol(d->d_name, NULL, 10);
		fclose(f);
	}
	if (dir != NULL)
		closedir(dir);
	return tid;
}

int
main(int argc, char **argv)
{
	pid_t tid = argc == 3 ? find_thread(argv[1], argv[2]) : 0;
	char c;

	if (tid == 0)
		return 99;
	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) < 0)
		return 77;
	if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) < 0 ||
	    waitpid(tid, NULL, __WALL) < 0)
		return 99;
	puts("held");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return ptrace(PTRACE_DETACH, tid, NULL, NULL) < 0 ? 99 : 0;
}

/* program.c — executing atlax-relay and atlax-agent.
 *
 * Thread: the only one.                                                      */
#include "cmd/program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "atlax/exit.h"

/* Returns only if it cannot be executed. */
static void
try(const char *dir, size_t n, const char *program, char **argv)
{
	char path[4096];

	if (snprintf(path, sizeof(path), "%.*s/%s", (int)n, dir, program) <
	    (int)sizeof(path))
		execv(path, argv);
}

/* Beside ourselves first: a build tree and a copied directory just work. */
int
program_execute(const char *program, char **argv)
{
	char self[4096], name[32];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	snprintf(name, sizeof(name), "%s", program);
	argv[0] = name;
	if (n > 0) {
		self[n] = '\0';
		try(self, (size_t)(strrchr(self, '/') - self), program, argv);
	}
	try(SBINDIR, strlen(SBINDIR), program, argv);
	execvp(program, argv);
	fprintf(stderr, "atlax: cannot run %s: %s.\n"
	    "Install it beside atlax, in %s or somewhere in PATH.\n", program,
	    errno == ENOENT ? "it is not installed" : strerror(errno), SBINDIR);
	return AX_EXIT_FAILED;
}

/* descriptors.c — what /proc tells of them.
 *
 * Thread: any.                                                               */
#include "cmd/descriptors.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"

static bool
count_open(pid_t pid, uint64_t *n)
{
	char path[64];
	const struct dirent *e;
	DIR *d;

	(void)snprintf(path, sizeof(path), "/proc/%ld/fd", (long)pid);
	d = opendir(path);
	if (d == NULL)
		return false;
	for (*n = 0; (e = readdir(d)) != NULL;)
		*n += e->d_name[0] != '.';
	(void)closedir(d);
	return true;
}

/* The soft one: programs raise it to the hard one when they start. */
static bool
read_limit(pid_t pid, uint64_t *most)
{
	char path[64], line[256];
	bool found = false;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%ld/limits", (long)pid);
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), f) != NULL)
		found = sscanf(line, "Max open files %" SCNu64, most) == 1;
	(void)fclose(f);
	return found;
}

bool
descriptors_of(pid_t pid, struct descriptors *out)
{
	return pid > 0 && count_open(pid, &out->open) && read_limit(pid, &out->most);
}

pid_t
descriptors_owner(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct ucred c = { .pid = 0 };
	socklen_t n = sizeof(c);

	if (fd < 0)
		return 0;
	if (!str_copy(at.sun_path, sizeof(at.sun_path), path) ||
	    connect(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &n) < 0)
		c.pid = 0;
	(void)close(fd);
	return c.pid;
}

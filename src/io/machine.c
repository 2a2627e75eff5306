/* machine.c — how much memory there is for us.
 *
 * Thread: any. Whatever cannot be read is no limit.                          */
#include "io/machine.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define GROUPS "/sys/fs/cgroup"

static uint64_t
limit_of(const char *group)
{
	char path[PATH_MAX];
	uint64_t n = UINT64_MAX;
	FILE *f;

	snprintf(path, sizeof(path), GROUPS "%s/memory.max", group);
	f = fopen(path, "re");
	if (f == NULL)
		return UINT64_MAX;
	if (fscanf(f, "%" SCNu64, &n) != 1) /* it says "max" */
		n = UINT64_MAX;
	fclose(f);
	return n;
}

/* "0::/path", the line of version 2. Returns false if there is none. */
static bool
own_group(char *out, size_t cap)
{
	FILE *f = fopen("/proc/self/cgroup", "re");
	char line[PATH_MAX];
	bool found = false;

	while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL) {
		found = strncmp(line, "0::/", 4) == 0 && strlen(line + 3) < cap;
		line[strcspn(line, "\n")] = '\0';
		if (found)
			memcpy(out, line + 3, strlen(line + 3) + 1);
	}
	if (f != NULL)
		fclose(f);
	return found;
}

uint64_t
machine_memory(void)
{
	uint64_t n = (uint64_t)sysconf(_SC_PHYS_PAGES) *
	    (uint64_t)sysconf(_SC_PAGESIZE);
	char group[PATH_MAX - 64], *slash;

	if (!own_group(group, sizeof(group)))
		return n;
	do {
		n = MIN(n, limit_of(group));
		slash = strrchr(group, '/');
		if (slash != NULL)
			*slash = '\0';
	} while (slash != NULL);
	return n;
}

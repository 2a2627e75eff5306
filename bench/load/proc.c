/* proc.c — reads /proc. Any thread. CPU comes from stat: clock ticks are
 * coarse, but the kernel scales them to the exact run time, and unlike
 * schedstat they still count threads that have ended. Memory comes from
 * smaps_rollup, which is exact; the counter in status may lag.               */
#include "load/proc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct entry {
	pid_t pid, parent;
	uint64_t ticks;
	bool in; /* below the process we were asked about */
};

struct table {
	struct entry *v;
	size_t n, cap;
};

static bool
read_entry(const char *pid, struct entry *out)
{
	unsigned long long user, sys, child_user, child_sys;
	char path[64], line[1024], *p;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	p = fgets(line, sizeof(line), f);
	fclose(f);
	/* The name stands in parentheses and may hold any character. */
	p = p == NULL ? NULL : strrchr(line, ')');
	if (p == NULL ||
	    sscanf(p + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
			  "%llu %llu %llu %llu",
		&out->parent, &user, &sys, &child_user, &child_sys) != 5)
		return false;
	out->pid = (pid_t)strtol(pid, NULL, 10);
	out->ticks = user + sys + child_user + child_sys;
	out->in = false;
	return true;
}

static bool
table_add(struct table *t, const struct entry *one)
{
	if (t->n == t->cap) {
		size_t cap = t->cap == 0 ? 256 : 2 * t->cap;
		struct entry *v = realloc(t->v, cap * sizeof(*v));

		if (v == NULL)
			return false;
		t->v = v;
		t->cap = cap;
	}
	t->v[t->n++] = *one;
	return true;
}

static int
table_read(struct table *t, struct err *e)
{
	DIR *d = opendir("/proc");
	struct dirent *de;
	struct entry one;
	int r = 0;

	if (d == NULL)
		return err_sys(e, "/proc");
	while (r == 0 && (de = readdir(d)) != NULL) {
		if (!isdigit((unsigned char)de->d_name[0]) ||
		    !read_entry(de->d_name, &one))
			continue; /* it ended meanwhile */
		if (!table_add(t, &one))
			r = err_set(e, AX_E_NOMEM, "out of memory");
	}
	closedir(d);
	return r;
}

static bool
is_in(const struct table *t, pid_t pid)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->v[i].pid == pid)
			return t->v[i].in;
	return false;
}

/* A child may have a smaller number than its parent, hence the repetition. */
static bool
mark_tree(struct table *t, pid_t root)
{
	bool changed = true, found = false;
	size_t i;

	while (changed) {
		changed = false;
		for (i = 0; i < t->n; i++) {
			struct entry *p = &t->v[i];

			if (p->in || (p->pid != root && !is_in(t, p->parent)))
				continue;
			p->in = changed = true;
			found = found || p->pid == root;
		}
	}
	return found;
}

static uint64_t
rss_from(const char *file, const char *key, pid_t pid)
{
	char path[64], line[256];
	unsigned long long kb = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	f = fopen(path, "re");
	if (f == NULL)
		return 0;
	while (kb == 0 && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, key, strlen(key)) == 0)
			kb = strtoull(line + strlen(key), NULL, 10);
	fclose(f);
	return kb * 1024;
}

static uint64_t
rss_bytes(pid_t pid)
{
	uint64_t exact = rss_from("smaps_rollup", "Rss:", pid);

	return exact > 0 ? exact : rss_from("status", "VmRSS:", pid);
}

int
proc_use(pid_t pid, struct proc_use *out, struct err *e)
{
	double tick_s = 1.0 / (double)sysconf(_SC_CLK_TCK);
	struct proc_use sum = { 0 };
	struct table t = { 0 };
	size_t i;
	int r;

	r = table_read(&t, e);
	if (r < 0)
		goto out;
	if (!mark_tree(&t, pid)) {
		errno = ESRCH;
		r = err_sys(e, "process %d", (int)pid);
		goto out;
	}
	for (i = 0; i < t.n; i++) {
		if (!t.v[i].in)
			continue;
		sum.cpu_s += (double)t.v[i].ticks * tick_s;
		sum.rss_bytes += rss_bytes(t.v[i].pid);
	}
	*out = sum;
out:
	free(t.v);
	return r;
}

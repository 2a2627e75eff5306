/* tmpdir.h — a directory of a test's own, below the current one, removed at the
 * end with everything in it. Thread: the only one.                           */
#ifndef ATLAX_TESTS_UNIT_PKI_TMPDIR_H
#define ATLAX_TESTS_UNIT_PKI_TMPDIR_H

#include <check.h>
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct tmpdir {
	char path[32];
};

static inline void
tmpdir_make(struct tmpdir *t)
{
	(void)snprintf(t->path, sizeof(t->path), "pki-unit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(t->path));
}

/* "path/name"; in a buffer that the caller gives. */
static inline const char *
tmpdir_in(const struct tmpdir *t, const char *name, char out[128])
{
	(void)snprintf(out, 128, "%s/%s", t->path, name);
	return out;
}

static inline int
tmpdir_remove_one(
    const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static inline void
tmpdir_remove(struct tmpdir *t)
{
	ck_assert_int_eq(
	    nftw(t->path, tmpdir_remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* How many names are in a directory, besides . and .. */
static inline size_t
tmpdir_count(const char *path)
{
	struct dirent **list;
	int n = scandir(path, &list, NULL, NULL);

	ck_assert_int_ge(n, 2);
	for (int i = 0; i < n; i++)
		free(list[i]);
	free(list);
	return (size_t)n - 2;
}

static inline unsigned
tmpdir_mode(const char *path)
{
	struct stat st;

	ck_assert_int_eq(lstat(path, &st), 0);
	return (unsigned)st.st_mode & 07777;
}

#endif

/* store.c — files that are whole or not there.
 *
 * Thread: owner of the struct.
 * Invariant: a name appears only after its bytes are on the disk (write to a
 * temporary name, fsync, rename, fsync of the directory), so a kill or a power
 * cut at any point leaves the old file, or the new one, or a temporary file
 * that the next store_remove removes. The temporary name is random, because two
 * processes may write into one directory that nobody locks.                  */
#include "pki/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/str.h"

#define LOCK_NAME "lock"

int
store_open(const char *path, struct store *out, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return err_set(e, AX_E_NOTFOUND, "%s: no such directory", path);
	if (fd < 0)
		return err_sys(e, "%s", path);
	*out = (struct store){.fd = fd, .path = path};
	return 0;
}

void
store_close(struct store *s)
{
	if (s->fd >= 0)
		(void)close(s->fd);
	s->fd = -1;
}

int
store_open_parent(const char *path, struct store_parent *out, struct err *e)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash == NULL ? 0 : (size_t)(slash - path);

	if (n >= sizeof(out->path))
		return err_set(e, AX_E_RANGE, "%s: too long", path);
	if (n == 0)
		(void)str_copy(out->path, sizeof(out->path), slash ? "/" : ".");
	else
		(void)snprintf(
		    out->path, sizeof(out->path), "%.*s", (int)n, path);
	out->name = slash == NULL ? path : slash + 1;
	if (*out->name == '\0')
		return err_set(e, AX_E_RANGE, "\"%s\" names no file", path);
	return store_open(out->path, &out->store, e);
}

/* --- reading -------------------------------------------------------------- */

static int
check_file(const struct store *s, const char *name, mode_t mode, int fd,
    size_t *size, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, "%s/%s", s->path, name);
	if (!S_ISREG(st.st_mode))
		return err_set(e, AX_E_CONFIG, "%s/%s is not a regular file",
		    s->path, name);
	if (st.st_size > STORE_FILE_MAX)
		return err_set(
		    e, AX_E_LIMIT, "%s/%s is too large", s->path, name);
	if (mode == STORE_SECRET && (st.st_mode & 077) != 0)
		return err_set(e, AX_E_CONFIG,
		    "%s/%s may be read by others (mode "
		    "%03o): chmod 600 it, and think of who has seen it",
		    s->path, name, (unsigned)st.st_mode & 0777);
	*size = (size_t)st.st_size;
	return 0;
}

/* Reserves once, so that no copy of a key is left behind by growing. */
static int
read_all(int fd, size_t size, struct buf *out)
{
	uint8_t *p = buf_reserve(out, size + 1);
	size_t got = 0;
	ssize_t n;

	if (p == NULL) {
		errno = ENOMEM;
		return -1;
	}
	do {
		n = read(fd, p + got, size + 1 - got);
		if (n > 0)
			got += (size_t)n;
	} while ((n > 0 && got <= size) || (n < 0 && errno == EINTR));
	buf_commit(out, got);
	if (n >= 0 && got > size) {
		errno = EBUSY; /* it grows while we read */
		return -1;
	}
	return n < 0 ? -1 : 0;
}

int
store_read(const struct store *s, const char *name, mode_t mode,
    struct buf *out, struct err *e)
{
	size_t size = 0;
	int fd, r;

	fd =
	    openat(s->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return err_set(
		    e, AX_E_NOTFOUND, "%s/%s: no such file", s->path, name);
	if (fd < 0)
		return err_sys(e, "%s/%s", s->path, name);
	r = check_file(s, name, mode, fd, &size, e);
	if (r == 0 && read_all(fd, size, out) < 0)
		r = err_sys(e, "%s/%s", s->path, name);
	(void)close(fd);
	return r;
}

bool
store_has(const struct store *s, const char *name)
{
	struct stat st;

	return fstatat(s->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* --- writing -------------------------------------------------------------- */

static int
write_all(int fd, struct slice data)
{
	ssize_t n;

	while (data.n > 0) {
		n = write(fd, data.p, data.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data = slice_skip(data, (size_t)n);
	}
	return 0;
}

/* Leaves the temporary file complete, or not there. */
static int
write_temp(
    const struct store *s, const char *temp, mode_t mode, struct slice data)
{
	int fd, r, sys;

	fd = openat(s->fd, temp,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, STORE_SECRET);
	if (fd < 0)
		return -1;
	r = write_all(fd, data);
	if (r == 0 && mode != STORE_SECRET)
		r = fchmod(fd, mode); /* whatever the umask says */
	if (r == 0)
		r = fsync(fd);
	sys = errno;
	if (close(fd) < 0 && r == 0) {
		r = -1;
		sys = errno;
	}
	if (r < 0)
		(void)unlinkat(s->fd, temp, 0);
	errno = sys;
	return r;
}

/* Renames unless the new name is taken. Some file systems (NFS) cannot, but can
 * link; others (FAT) the reverse.                                            */
static int
rename_new(int dir, const char *from, const char *to)
{
	if (renameat2(dir, from, dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (linkat(dir, from, dir, to, 0) < 0)
		return -1;
	(void)unlinkat(dir, from, 0);
	return 0;
}

static int
put(const struct store *s, const char *name, mode_t mode, struct slice data,
    bool replace, struct err *e)
{
	char temp[sizeof(STORE_TEMP_PREFIX) + 16];
	uint64_t tail;
	int r, sys;

	rng_secret(&tail, sizeof(tail));
	(void)snprintf(
	    temp, sizeof(temp), STORE_TEMP_PREFIX "%016" PRIx64, tail);
	if (write_temp(s, temp, mode, data) < 0)
		return err_sys(e, "cannot write %s/%s", s->path, name);
	r = replace ? renameat(s->fd, temp, s->fd, name)
		    : rename_new(s->fd, temp, name);
	if (r == 0)
		return store_sync(s, e);
	sys = errno;
	(void)unlinkat(s->fd, temp, 0);
	errno = sys;
	if (sys == EEXIST)
		return err_set(e, AX_E_EXIST,
		    "%s/%s exists already and is left as "
		    "it is",
		    s->path, name);
	return err_sys(e, "cannot make %s/%s", s->path, name);
}

int
store_create(const struct store *s, const char *name, mode_t mode,
    struct slice data, struct err *e)
{
	return put(s, name, mode, data, false, e);
}

int
store_replace(const struct store *s, const char *name, mode_t mode,
    struct slice data, struct err *e)
{
	return put(s, name, mode, data, true, e);
}

int
store_sync(const struct store *s, struct err *e)
{
	/* EINVAL: the file system keeps names durable by itself. */
	if (fsync(s->fd) < 0 && errno != EINVAL)
		return err_sys(e, "%s", s->path);
	return 0;
}

/* --- one at a time -------------------------------------------------------- */

int
store_lock(const struct store *s, int *lock, struct err *e)
{
	int fd, r;

	fd = openat(s->fd, LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
	    STORE_SECRET);
	if (fd < 0)
		return err_sys(e, "%s/" LOCK_NAME, s->path);
	do
		r = flock(fd, LOCK_EX);
	while (r < 0 && errno == EINTR);
	if (r < 0) {
		r = err_sys(e, "%s/" LOCK_NAME, s->path);
		(void)close(fd);
		return r;
	}
	*lock = fd;
	return 0;
}

void
store_unlock(int *lock)
{
	if (*lock >= 0)
		(void)close(*lock);
	*lock = -1;
}

/* By getdents64 and not readdir, which allocates: this cleans up after failures,
 * and the failure may be that there is no memory.                            */
void
store_remove(const struct store *s, const char *prefix)
{
	_Alignas(struct dirent64) char list[4096];
	int fd = openat(s->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct dirent64 *d;
	ssize_t n;

	if (fd < 0)
		return;
	while ((n = getdents64(fd, list, sizeof(list))) > 0)
		for (ssize_t at = 0; at < n; at += d->d_reclen) {
			d = (const void *)(list + at);
			if (strncmp(d->d_name, prefix, strlen(prefix)) == 0)
				(void)unlinkat(s->fd, d->d_name, 0);
		}
	(void)close(fd);
}

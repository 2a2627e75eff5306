/* archive_read.c — reading directories out of one file.
 *
 * Thread: the only one.
 * Invariant: whatever is in the file, nothing is made but new files and directories
 * below the given ones; no name leads elsewhere, and no link is followed.    */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"
#include "cmd/archive_impl.h"
#include "cmd/tree.h"
#include "pki/store.h"

#define MANIFEST_MAX ((uint64_t)TREE_ITEMS_MAX * 3 * (USTAR_NAME_MAX + 200))

struct reader {
	const struct archive_root *root;
	struct archive_sum sum;
	struct buf manifest;
	struct archive_hash hash;
	const struct passwd *service; /* NULL: nothing is given away */
	uint8_t *piece;
	int fd;
};

static int
damaged(struct err *e, const char *why)
{
	return err_set(e, AX_E_SYNTAX, "the backup is damaged: %s", why);
}

static int
get(struct reader *r, uint8_t *p, size_t n, struct err *e)
{
	while (n > 0) {
		ssize_t got = read(r->fd, p, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, "cannot read the backup");
		if (got == 0)
			return damaged(e, "it is cut off");
		p += got;
		n -= (size_t)got;
	}
	return 0;
}

static int
get_padding(struct reader *r, uint64_t size, struct err *e)
{
	uint8_t p[USTAR_BLOCK];
	size_t n = archive_padding(size);
	int rc = get(r, p, n, e);

	for (size_t i = 0; rc == 0 && i < n; i++)
		if (p[i] != 0)
			rc = damaged(e, "bytes between two files");
	return rc;
}

/* --- what a member may be ------------------------------------------------------- */

/* Its root, and what its name is below that; -1: of none. */
static int
find_root(const struct reader *r, const char *name, const char **below)
{
	const char *p = name + sizeof(ARCHIVE_TOP);
	size_t n = strcspn(p, "/");

	for (int i = 0; i < ARCHIVE_ROOTS; i++)
		if (strlen(r->root[i].name) == n &&
		    strncmp(r->root[i].name, p, n) == 0 && p[n] == '/') {
			*below = p + n + 1;
			return i;
		}
	return -1;
}

/* Is there a line that ends so? No name has a blank. */
static bool
has(const struct reader *r, const char *name, size_t n, bool directory)
{
	char end[USTAR_NAME_MAX + 4];
	struct str s;

	str_init(&s, end, sizeof(end));
	str_fmt(&s, " %.*s%s\n", (int)n, name, directory ? "/" : "");
	return buf_len(&r->manifest) > 0 && memmem(buf_slice(&r->manifest).p,
	    buf_len(&r->manifest), s.p, s.len) != NULL;
}

/* The directory that it is in comes first, and nothing comes twice. */
static int
check_place(const struct reader *r, const struct ustar *u, struct err *e)
{
	size_t n = strlen(u->name) - u->directory, parent = n;
	const char *below;

	if (n == 0 || u->directory != (u->name[n - (u->directory ? 0 : 1)] == '/'))
		return damaged(e, "a name that is none");
	while (parent > 0 && u->name[parent - 1] != '/')
		parent--;
	if (find_root(r, u->name, &below) < 0)
		return damaged(e, "a name that does not belong there");
	if (has(r, u->name, n, false) || has(r, u->name, n, true))
		return damaged(e, "a name that is there twice");
	if (*below != '\0' && !has(r, u->name, parent - 1, true))
		return damaged(e, "a file without its directory");
	return 0;
}

static int
check_member(const struct reader *r, const struct ustar *u, struct err *e)
{
	if (!archive_is_name(u->name))
		return damaged(e, "a name that leads elsewhere");
	if ((u->mode & ~ARCHIVE_MODES) != 0 || (u->directory && u->size != 0))
		return damaged(e, "a file with rights that none has");
	if (u->user[0] != '\0' && strcmp(u->user, ARCHIVE_USER) != 0)
		return damaged(e, "a file of somebody else");
	if (buf_len(&r->manifest) > MANIFEST_MAX)
		return damaged(e, "too many files");
	return check_place(r, u, e);
}

/* --- onto the disk --------------------------------------------------------------- */

/* Opens the directory that it goes to and leaves its last name. -1: see errno. */
static int
open_place(const struct archive_root *root, char *below, const char **base)
{
	int fd = open(root->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), next;
	char *slash;

	while (fd >= 0 && (slash = strchr(below, '/')) != NULL && slash[1] != '\0') {
		*slash = '\0';
		next = openat(fd, below, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		(void)close(fd);
		fd = next;
		below = slash + 1;
	}
	if (fd >= 0 && slash != NULL)
		*slash = '\0';
	*base = below;
	return fd;
}

/* What is made is ours alone until it is whole. Returns a descriptor or -1. */
static int
make(int dir, const char *base, bool directory)
{
	if (!directory)
		return openat(dir, base, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
		    O_CLOEXEC, STORE_SECRET);
	if (*base != '\0' && mkdirat(dir, base, 0700) < 0)
		return -1;
	return openat(dir, *base == '\0' ? "." : base,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int
begin(struct reader *r, const struct ustar *u, int *out, struct err *e)
{
	char name[USTAR_NAME_MAX + 1];
	const char *below = "", *base;
	int root, dir;

	(void)str_copy(name, sizeof(name), u->name);
	root = find_root(r, name, &below);
	r->sum.root[root] = true;
	if (r->root[root].path == NULL)
		return 0;
	dir = open_place(&r->root[root], name + (below - name), &base);
	*out = dir < 0 ? -1 : make(dir, base, u->directory);
	if (*out < 0)
		(void)err_sys(e, "cannot make %s/%s", r->root[root].path, base);
	if (dir >= 0)
		(void)close(dir);
	return *out < 0 ? e->code : 0;
}

/* Its owner first: who changes that loses rights. */
static int
end(struct reader *r, const struct ustar *u, int fd, struct err *e)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_NOW },
		{ .tv_sec = (time_t)u->mtime } };

	if (fd < 0)
		return 0;
	if ((u->user[0] != '\0' && r->service != NULL &&
		fchown(fd, r->service->pw_uid, r->service->pw_gid) < 0) ||
	    fchmod(fd, u->mode) < 0 || (!u->directory && futimens(fd, times) < 0) ||
	    (fsync(fd) < 0 && errno != EINVAL))
		return err_sys(e, "cannot finish %s", u->name);
	return 0;
}

/* --- member by member -------------------------------------------------------------- */

static int
copy(struct reader *r, uint64_t size, int fd, struct err *e)
{
	int rc = 0;

	if (wc_InitSha256(&r->hash.sha) != 0)
		return err_set(e, AX_E_NOMEM, "no memory for a hash");
	for (uint64_t left = size; rc == 0 && left > 0;) {
		size_t n = (size_t)MIN(left, (uint64_t)ARCHIVE_PIECE);

		rc = get(r, r->piece, n, e);
		if (rc == 0 && wc_Sha256Update(&r->hash.sha, r->piece, (word32)n) != 0)
			rc = err_set(e, AX_E_NOMEM, "no memory for a hash");
		for (size_t at = 0; rc == 0 && fd >= 0 && at < n;) {
			ssize_t done = write(fd, r->piece + at, n - at);

			if (done < 0 && errno != EINTR)
				rc = err_sys(e, "cannot write");
			at += (size_t)MAX(done, 0);
		}
		left -= n;
	}
	if (rc == 0 && wc_Sha256Final(&r->hash.sha, r->hash.digest) != 0)
		rc = err_set(e, AX_E_NOMEM, "no memory for a hash");
	return rc < 0 ? rc : get_padding(r, size, e);
}

static int
take(struct reader *r, const struct ustar *u, struct err *e)
{
	int fd = -1, rc = check_member(r, u, e);

	if (rc == 0)
		rc = begin(r, u, &fd, e);
	if (rc == 0 && !u->directory)
		rc = copy(r, u->size, fd, e);
	if (rc == 0)
		rc = end(r, u, fd, e);
	if (fd >= 0)
		(void)close(fd);
	if (rc == 0 && archive_line(&r->manifest, u, &r->hash) < 0)
		rc = err_set(e, AX_E_NOMEM, "out of memory");
	r->sum.files += !u->directory;
	r->sum.bytes += u->size;
	return rc;
}

/* The list, and that nothing follows it. */
static int
take_manifest(struct reader *r, const struct ustar *u, struct err *e)
{
	uint8_t end[2 * USTAR_BLOCK], more;
	struct slice made = buf_slice(&r->manifest);
	struct ustar wanted;
	struct buf there;
	uint8_t *p;
	int rc = 0;

	archive_manifest(&wanted, made.n, u->mtime);
	if (u->size != wanted.size || u->mode != wanted.mode || u->directory ||
	    u->user[0] != '\0')
		return damaged(e, "the list of what is in it does not fit");
	buf_init(&there);
	p = buf_reserve(&there, made.n + 1);
	if (p == NULL)
		return err_set(e, AX_E_NOMEM, "out of memory");
	rc = get(r, p, made.n, e);
	if (rc == 0 && (made.n == 0 || memcmp(p, made.p, made.n) != 0))
		rc = damaged(e, "what is in it is not what was put there");
	buf_fini(&there);
	if (rc == 0)
		rc = get_padding(r, u->size, e);
	if (rc == 0)
		rc = get(r, end, sizeof(end), e);
	for (size_t i = 0; rc == 0 && i < sizeof(end); i++)
		if (end[i] != 0)
			rc = damaged(e, "something follows the list");
	if (rc == 0 && read(r->fd, &more, 1) != 0)
		rc = damaged(e, "something follows its end");
	r->sum.made = u->mtime;
	return rc;
}

/* 1: the list has been read, and it fits. */
static int
take_next(struct reader *r, struct err *e)
{
	uint8_t head[USTAR_BLOCK];
	bool first = buf_len(&r->manifest) == 0, ours;
	struct ustar u;
	int rc = get(r, head, sizeof(head), e);

	ours = rc == 0 && ustar_read(head, &u);
	if (first && (!ours || strncmp(u.name, ARCHIVE_FORMAT,
		sizeof(ARCHIVE_FORMAT) - 1) != 0))
		return rc < 0 && e->code == AX_E_SYS ? rc :
		    err_set(e, AX_E_SYNTAX, "this is no backup that atlax has written, or "
			"its beginning is damaged");
	if (rc == 0 && !ours)
		rc = damaged(e, "the head of a file in it");
	if (rc < 0)
		return rc;
	if (first && strncmp(u.name, ARCHIVE_TOP "/", sizeof(ARCHIVE_TOP)) != 0)
		return err_set(e, AX_E_UNSUPPORTED, "this is a backup of another format, "
		    "%.40s; restore it with the atlax that has written it", u.name);
	if (strcmp(u.name, ARCHIVE_MANIFEST) != 0)
		return take(r, &u, e);
	rc = take_manifest(r, &u, e);
	return rc < 0 ? rc : 1;
}

int
archive_read(int fd, const struct archive_root root[ARCHIVE_ROOTS],
    struct archive_sum *out, struct err *e)
{
	struct reader r = { .fd = fd, .root = root,
		.service = geteuid() == 0 ? getpwnam(ARCHIVE_USER) : NULL,
		.piece = malloc(ARCHIVE_PIECE) };
	int rc = 0;

	buf_init(&r.manifest);
	if (r.piece == NULL)
		rc = err_set(e, AX_E_NOMEM, "out of memory");
	else if (lseek(fd, 0, SEEK_SET) < 0)
		rc = err_sys(e, "cannot read the backup");
	while (rc == 0)
		rc = take_next(&r, e);
	if (rc > 0)
		*out = r.sum;
	if (r.piece != NULL)
		explicit_bzero(r.piece, ARCHIVE_PIECE);
	free(r.piece);
	buf_fini(&r.manifest);
	return MIN(rc, 0);
}

/* archive.c — writing directories into one file.
 *
 * Thread: the only one.
 * Invariant: what is written is what stood on the disk at one moment: names, i-nodes,
 * sizes and times are the same before the first byte was read and after the last.
 * The audit trail alone may grow meanwhile, of which a beginning is whole.   */
#include "cmd/archive.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/str.h"
#include "cmd/archive_impl.h"
#include "cmd/tree.h"

#define TRIES 5
#define TRIES_PAUSE_MS 100
#define LOCK_TRIES_MS 50

/* --- what both sides know --------------------------------------------------- */

int
archive_line(struct buf *manifest, const struct ustar *u, const struct archive_hash *h)
{
	char line[USTAR_NAME_MAX + 200];
	struct str s;

	str_init(&s, line, sizeof(line));
	str_fmt(&s, "%c %04o %s %" PRIu64 " %" PRIu64 " ", u->directory ? 'd' : 'f', u->mode,
	    u->user[0] == '\0' ? "-" : u->user, u->mtime, u->size);
	if (u->directory)
		str_add(&s, "-");
	else
		str_hex(&s, slice_of(h->digest, sizeof(h->digest)));
	str_fmt(&s, " %s\n", u->name);
	return buf_append(manifest, s.p, s.len);
}

void
archive_manifest(struct ustar *u, uint64_t size, uint64_t made)
{
	*u = (struct ustar){ .mode = 0600, .size = size, .mtime = made };
	(void)str_copy(u->name, sizeof(u->name), ARCHIVE_MANIFEST);
}

bool
archive_is_name(const char *name)
{
	const char *p = name + sizeof(ARCHIVE_TOP);

	if (strlen(name) > USTAR_NAME_MAX ||
	    strncmp(name, ARCHIVE_TOP "/", sizeof(ARCHIVE_TOP)) != 0)
		return false;
	for (; *p != '\0'; p += strcspn(p, "/"), p += *p == '/') {
		size_t n = strcspn(p, "/");

		if (n == 0 || (n == 1 && p[0] == '.') ||
		    (n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		for (size_t i = 0; i < n; i++)
			if ((uint8_t)p[i] <= ' ' || p[i] == 0x7f)
				return false;
	}
	return true;
}

/* --- as it stands ------------------------------------------------------------- */

struct writer {
	const struct archive_args *a;
	const struct archive_root *root; /* that is walked through */
	struct archive_sum sum;
	struct buf manifest, *names;
	struct archive_hash hash; /* of a file, or of how everything stands */
	struct stat self;
	uid_t service; /* the user atlax; -1: there is none */
	uint8_t *piece;
	int fd;
};

static bool
is_trail(const struct writer *w, const char *name)
{
	size_t n = w->a->trail == NULL ? 0 : strlen(w->root->path);
	const char *base = strrchr(name, '/');

	return strcmp(base == NULL ? name : base + 1, "audit.log") == 0 ||
	    (n > 0 && strncmp(w->a->trail, w->root->path, n) == 0 &&
		w->a->trail[n] == '/' && strcmp(w->a->trail + n + 1, name) == 0);
}

static bool
is_self(const struct writer *w, const struct stat *st)
{
	return st->st_ino == w->self.st_ino && st->st_dev == w->self.st_dev;
}

static int
no_hash(struct err *e)
{
	return err_set(e, AX_E_NOMEM, "no memory for a hash");
}

static int
look_at(void *arg, const struct tree_item *item, struct err *e)
{
	struct writer *w = arg;
	const struct stat *st = item->st;
	char text[160];
	int n;

	if (is_self(w, st))
		return 0;
	n = snprintf(text, sizeof(text), " %o %ju %jd %jd.%09ld %jd.%09ld\n",
	    (unsigned)st->st_mode, (uintmax_t)st->st_ino, (intmax_t)st->st_size,
	    (intmax_t)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
	    (intmax_t)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
	if (!S_ISREG(st->st_mode) || is_trail(w, item->name))
		n = 0;
	return wc_Sha256Update(&w->hash.sha, (const byte *)item->name,
		   (word32)strlen(item->name)) != 0 ||
		wc_Sha256Update(&w->hash.sha, (const byte *)text, (word32)n) != 0 ?
	    no_hash(e) : 0;
}

/* A hash of how everything stands. */
static int
look(struct writer *w, uint8_t out[WC_SHA256_DIGEST_SIZE], struct err *e)
{
	int r = wc_InitSha256(&w->hash.sha) == 0 ? 0 : no_hash(e);

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(w->a->root); i++) {
		w->root = &w->a->root[i];
		if (w->root->path != NULL)
			r = tree_walk(w->root->path, look_at, w, e);
	}
	if (r == 0 && wc_Sha256Final(&w->hash.sha, out) != 0)
		r = no_hash(e);
	return r;
}

/* --- into the file -------------------------------------------------------------- */

static int
put(struct writer *w, const void *p, size_t n, struct err *e)
{
	const uint8_t *at = p;

	while (n > 0) {
		ssize_t done = write(w->fd, at, n);

		if (done < 0 && errno != EINTR)
			return err_sys(e, "cannot write the backup");
		at += MAX(done, 0);
		n -= (size_t)MAX(done, 0);
	}
	return 0;
}

static int
put_head(struct writer *w, const struct ustar *u, struct err *e)
{
	uint8_t head[USTAR_BLOCK];

	ustar_write(u, head);
	return put(w, head, sizeof(head), e);
}

static int
put_padding(struct writer *w, uint64_t size, struct err *e)
{
	static const uint8_t zeros[USTAR_BLOCK];

	return put(w, zeros, archive_padding(size), e);
}

static int
describe(const struct writer *w, const struct tree_item *item, const struct stat *st,
    struct ustar *out, struct err *e)
{
	bool directory = S_ISDIR(st->st_mode);
	struct str s;

	*out = (struct ustar){ .directory = directory,
		.mode = (uint32_t)st->st_mode & ARCHIVE_MODES,
		.size = directory ? 0 : (uint64_t)st->st_size,
		.mtime = (uint64_t)MAX(st->st_mtim.tv_sec, 0) };
	str_init(&s, out->name, sizeof(out->name));
	str_fmt(&s, ARCHIVE_TOP "/%s%s%s%s", w->root->name, *item->name == '\0' ? "" : "/",
	    item->name, directory ? "/" : "");
	if (st->st_uid == w->service)
		(void)str_copy(out->user, sizeof(out->user), ARCHIVE_USER);
	if (s.cut || !archive_is_name(out->name))
		return err_set(e, AX_E_RANGE, "%s/%.60s: such a name does not fit into a "
		    "backup: it is too long or has blanks", w->root->path, item->name);
	if (out->size > USTAR_SIZE_MAX || out->mtime > USTAR_SIZE_MAX)
		return err_set(e, AX_E_LIMIT, "%s/%.60s does not fit into a backup",
		    w->root->path, item->name);
	return 0;
}

static int
finish(struct writer *w, const struct ustar *u, struct err *e)
{
	if (archive_line(&w->manifest, u, &w->hash) < 0 ||
	    buf_append(w->names, u->name + sizeof(ARCHIVE_TOP),
		strlen(u->name) - sizeof(ARCHIVE_TOP)) < 0 ||
	    buf_append(w->names, "\n", 1) < 0)
		return err_set(e, AX_E_NOMEM, "out of memory");
	w->sum.files += !u->directory;
	w->sum.bytes += u->size;
	return 0;
}

/* As long as we have the lock nobody is within a line. */
static int
trail_stat(int fd, struct stat *st)
{
	int r;

	for (int i = 0; flock(fd, LOCK_EX | LOCK_NB) < 0 && i < LOCK_TRIES_MS; i++)
		(void)poll(NULL, 0, 1);
	r = fstat(fd, st);
	(void)flock(fd, LOCK_UN);
	return r;
}

/* size bytes of it; AX_E_AGAIN: there are no more so many. */
static int
copy(struct writer *w, int fd, uint64_t size, struct err *e)
{
	int r = wc_InitSha256(&w->hash.sha) == 0 ? 0 : no_hash(e);

	while (r == 0 && size > 0) {
		ssize_t n = read(fd, w->piece, (size_t)MIN(size, (uint64_t)ARCHIVE_PIECE));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? AX_E_AGAIN : err_sys(e, "cannot read");
		if (wc_Sha256Update(&w->hash.sha, w->piece, (word32)n) != 0)
			return no_hash(e);
		r = put(w, w->piece, (size_t)n, e);
		size -= (uint64_t)n;
	}
	if (r == 0 && wc_Sha256Final(&w->hash.sha, w->hash.digest) != 0)
		r = no_hash(e);
	return r;
}

static int
take_file(struct writer *w, const struct tree_item *item, struct err *e)
{
	int fd = openat(item->dir, item->base,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct ustar u;
	struct stat st;
	int r;

	if (fd < 0)
		return errno == ENOENT ? AX_E_AGAIN :
		    err_sys(e, "%s/%s", w->root->path, item->name);
	if ((is_trail(w, item->name) ? trail_stat(fd, &st) : fstat(fd, &st)) < 0)
		r = err_sys(e, "%s/%s", w->root->path, item->name);
	else if (!S_ISREG(st.st_mode))
		r = AX_E_AGAIN;
	else
		r = describe(w, item, &st, &u, e);
	if (r == 0)
		r = put_head(w, &u, e);
	if (r == 0)
		r = copy(w, fd, u.size, e);
	(void)close(fd);
	if (r == 0)
		r = put_padding(w, u.size, e);
	return r < 0 ? r : finish(w, &u, e);
}

static int
take(void *arg, const struct tree_item *item, struct err *e)
{
	struct writer *w = arg;
	struct ustar u;
	int r;

	if (is_self(w, item->st))
		return 0;
	if (S_ISREG(item->st->st_mode))
		return take_file(w, item, e);
	if (!S_ISDIR(item->st->st_mode)) {
		w->a->left_out(w->a->arg, item->name);
		return 0;
	}
	r = describe(w, item, item->st, &u, e);
	if (r == 0)
		r = put_head(w, &u, e);
	return r < 0 ? r : finish(w, &u, e);
}

static int
put_manifest(struct writer *w, struct err *e)
{
	static const uint8_t end[2 * USTAR_BLOCK];
	struct ustar u;
	int r;

	archive_manifest(&u, buf_len(&w->manifest), w->a->now_s);
	r = put_head(w, &u, e);
	if (r == 0)
		r = put(w, buf_slice(&w->manifest).p, (size_t)u.size, e);
	if (r == 0)
		r = put_padding(w, u.size, e);
	return r < 0 ? r : put(w, end, sizeof(end), e);
}

static int
take_all(struct writer *w, struct err *e)
{
	int r = 0;

	w->sum = (struct archive_sum){ .made = w->a->now_s };
	buf_consume(&w->manifest, buf_len(&w->manifest));
	buf_consume(w->names, buf_len(w->names));
	if (ftruncate(w->fd, 0) < 0 || lseek(w->fd, 0, SEEK_SET) < 0)
		return err_sys(e, "cannot write the backup");
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(w->a->root); i++) {
		w->root = &w->a->root[i];
		w->sum.root[i] = w->root->path != NULL;
		if (w->root->path != NULL)
			r = tree_walk(w->root->path, take, w, e);
	}
	return r < 0 ? r : put_manifest(w, e);
}

/* AX_E_AGAIN: it was not one moment. */
static int
try(struct writer *w, struct err *e)
{
	uint8_t before[WC_SHA256_DIGEST_SIZE], after[WC_SHA256_DIGEST_SIZE];
	int r = look(w, before, e);

	if (r == 0)
		r = take_all(w, e);
	if (r == 0)
		r = look(w, after, e);
	return r < 0 ? r : memcmp(before, after, sizeof(after)) == 0 ? 0 : AX_E_AGAIN;
}

int
archive_write(int fd, const struct archive_args *a, struct archive_sum *out,
    struct buf *names, struct err *e)
{
	const struct passwd *user = getpwnam(ARCHIVE_USER);
	struct writer w = { .a = a, .fd = fd, .names = names,
		.service = user == NULL ? (uid_t)-1 : user->pw_uid,
		.piece = malloc(ARCHIVE_PIECE) };
	int r = AX_E_AGAIN;

	buf_init(&w.manifest);
	if (w.piece == NULL)
		r = err_set(e, AX_E_NOMEM, "out of memory");
	else if (fstat(fd, &w.self) < 0)
		r = err_sys(e, "cannot write the backup");
	for (int i = 0; r == AX_E_AGAIN && i < TRIES; i++) {
		if (i > 0)
			(void)poll(NULL, 0, TRIES_PAUSE_MS);
		r = try(&w, e);
	}
	if (r == AX_E_AGAIN)
		r = err_set(e, r, "files change all the time; try again");
	if (r == 0)
		*out = w.sum;
	if (w.piece != NULL)
		explicit_bzero(w.piece, ARCHIVE_PIECE);
	free(w.piece);
	buf_fini(&w.manifest);
	return r;
}

/* trail.c — adding lines to a file.
 *
 * Thread: owner. Invariant: last is the hash of the last whole line that this process
 * knows of; end is where the file ended then. If it does not end there any more, what
 * is there is looked at before a line is added, and never removed. Who adds a line has
 * the lock of the file.                                                      */
#include "audit/trail.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/scan.h"
#include "base/str.h"
#include "tls/wolf.h"

#define LOCK_TRIES_MS 50
#define FOLLOW_MAX (64 << 10)

struct trail {
	char path[4096];
	int fd;
	bool begun; /* last is known; else it is in the file, if anywhere */
	uint8_t last[CHAIN_HASH_LEN];
	off_t end;
	uint64_t missed;
};

/* --- the file ---------------------------------------------------------------- */

static int
open_file(const char *path, struct err *e)
{
	/* Nonblocking: a pipe at this place must not keep us here. */
	int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK, 0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		(void)err_sys(e, "cannot open %s", path);
	else if (!S_ISREG(st.st_mode))
		(void)err_set(e, AX_E_CONFIG, "%s is not a file", path);
	else
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return e->code;
}

int
trail_open(const char *path, struct trail **out, struct err *e)
{
	struct trail *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return err_set(e, AX_E_NOMEM, "no memory for the audit trail");
	if (!str_copy(t->path, sizeof(t->path), path)) {
		free(t);
		return err_set(e, AX_E_CONFIG, "audit.file: the path is too long");
	}
	t->fd = open_file(path, e);
	if (t->fd < 0) {
		free(t);
		return e->code;
	}
	*out = t;
	return 0;
}

void
trail_close(struct trail **p)
{
	struct trail *t = *p;

	*p = NULL;
	if (t == NULL)
		return;
	(void)close(t->fd);
	free(t);
}

/* --- what is there ------------------------------------------------------------- */

static int
failed(struct trail *t, struct err *e, const char *what)
{
	return err_sys(e, "cannot %s %s", what, t->path);
}

/* Where the line begins that ends before end. */
static int
line_start(struct trail *t, off_t end, off_t *out, struct err *e)
{
	uint8_t p[4096];

	while (end > 0) {
		off_t from = end > (off_t)sizeof(p) ? end - (off_t)sizeof(p) : 0;
		ssize_t n = pread(t->fd, p, (size_t)(end - from), from);

		if (n != (ssize_t)(end - from))
			return failed(t, e, "read");
		while (n > 0 && p[n - 1] != '\n')
			n--;
		end = from + n;
		if (n > 0)
			break;
	}
	*out = end;
	return 0;
}

/* Of the bytes from there to the end, with a line break if they have none. */
static int
hash_line(struct trail *t, off_t from, off_t to, bool broken, uint8_t out[CHAIN_HASH_LEN],
    struct err *e)
{
	uint8_t p[4096];
	wc_Sha256 sha;
	int r = wc_InitSha256(&sha);

	while (r == 0 && from < to) {
		ssize_t n = pread(t->fd, p, MIN((size_t)(to - from), sizeof(p)), from);

		if (n <= 0)
			return failed(t, e, "read");
		r = wc_Sha256Update(&sha, p, (word32)n);
		from += n;
	}
	if (r == 0 && broken)
		r = wc_Sha256Update(&sha, (const byte *)"\n", 1);
	if (r == 0)
		r = wc_Sha256Final(&sha, out);
	return r == 0 ? 0 : err_set(e, AX_E_NOMEM, "no memory for a hash");
}

/* --- lines ------------------------------------------------------------------------ */

static int
put(struct buf *b, const char *text)
{
	return buf_append(b, text, strlen(text));
}

static int
print(const uint8_t last[CHAIN_HASH_LEN], const struct trail_event *ev, struct buf *out)
{
	char head[256], seconds[CLOCK_TEXT], prev[CHAIN_HASH_TEXT];
	int r;

	(void)clock_text((int64_t)(ev->wall_ms / 1000), seconds);
	chain_hash_text(last, prev);
	(void)snprintf(head, sizeof(head), "{\"prev\":\"%s\",\"at\":\"%s.%03uZ\","
	    "\"event\":\"%s\"%s", prev, seconds, (unsigned)(ev->wall_ms % 1000),
	    ev->name, ev->members.n > 0 ? "," : "");
	r = put(out, head);
	if (r == 0 && ev->members.n > 0)
		r = buf_append(out, ev->members.p, ev->members.n);
	return r < 0 ? r : put(out, "}\n");
}

/* All of it, or a piece that the next call finds. */
static int
write_all(struct trail *t, struct slice text, struct err *e)
{
	ssize_t n;

	do
		n = write(t->fd, text.p, text.n);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return failed(t, e, "write to");
	return (size_t)n == text.n ? 0 : err_set(e, AX_E_SYS,
	    "cannot write all of a line to %s: is the disk full?", t->path);
}

/* After the line with this hash, and first the break that a piece lacks. */
static int
add_after(struct trail *t, const uint8_t last[CHAIN_HASH_LEN], bool broken,
    const struct trail_event *ev, struct err *e)
{
	uint8_t hash[CHAIN_HASH_LEN];
	struct buf text;
	struct slice line;
	int r;

	buf_init(&text);
	if ((broken && put(&text, "\n") < 0) || print(last, ev, &text) < 0) {
		buf_fini(&text);
		return err_set(e, AX_E_NOMEM, "no memory for a line");
	}
	line = slice_skip(buf_slice(&text), broken);
	r = chain_hash(line, hash, e);
	if (r == 0)
		r = write_all(t, buf_slice(&text), e);
	if (r == 0) {
		memcpy(t->last, hash, sizeof(hash));
		t->end += (off_t)buf_len(&text);
	}
	buf_fini(&text);
	return r;
}

static int
add_one(struct trail *t, const struct trail_event *ev, struct err *e)
{
	return add_after(t, t->last, false, ev, e);
}

/* What stands between the last line that we know of and the end is none of it. */
static int
mark_torn(struct trail *t, off_t size, uint64_t wall_ms, struct err *e)
{
	struct trail_event ev = { .wall_ms = wall_ms, .name = CHAIN_TORN };
	char after[CHAIN_HASH_TEXT], text[160];
	uint8_t hash[CHAIN_HASH_LEN], end;
	off_t from, known = t->end;
	bool broken;
	int r;

	if (pread(t->fd, &end, 1, size - 1) != 1)
		return failed(t, e, "read");
	broken = end != '\n';
	r = line_start(t, broken ? size : size - 1, &from, e);
	if (r == 0)
		r = hash_line(t, MAX(from, known), size, broken, hash, e);
	if (r < 0)
		return r;
	chain_hash_text(t->last, after);
	(void)snprintf(text, sizeof(text), "\"after\":\"%s\",\"bytes\":%" PRIu64, after,
	    (uint64_t)(size - known));
	ev.members = slice_str(text);
	t->end = size;
	r = add_after(t, hash, broken, &ev, e);
	if (r < 0)
		t->end = known;
	return r;
}

/* What another process has left here: the last whole line, and where it ends. */
static int
begin(struct trail *t, off_t size, struct err *e)
{
	off_t from;
	int r = line_start(t, size, &t->end, e);

	if (r == 0 && t->end > 0) {
		r = line_start(t, t->end - 1, &from, e);
		if (r == 0)
			r = hash_line(t, from, t->end, false, t->last, e);
	}
	t->begun = r == 0;
	return r;
}

int
trail_reopen(struct trail *t, struct err *e)
{
	struct stat was, is;
	int fd = open_file(t->path, e);

	if (fd < 0)
		return fd;
	if (fstat(t->fd, &was) == 0 && fstat(fd, &is) == 0 &&
	    was.st_dev == is.st_dev && was.st_ino == is.st_ino) {
		(void)close(fd);
		return 0;
	}
	(void)close(t->fd);
	t->fd = fd;
	t->end = 0;
	return 0;
}

/* Lines that go on from ours are of the other process of an upgrade. */
static int
follow(struct trail *t, off_t size, struct err *e)
{
	size_t n = (size_t)MIN(size - t->end, (off_t)FOLLOW_MAX);
	struct chain c = { .lines = 1 };
	struct slice rest;
	struct buf text;
	uint8_t *p;

	buf_init(&text);
	p = buf_reserve(&text, n);
	if (p == NULL)
		return err_set(e, AX_E_NOMEM, "no memory for lines of %s", t->path);
	if (pread(t->fd, p, n, t->end) != (ssize_t)n) {
		buf_fini(&text);
		return failed(t, e, "read");
	}
	memcpy(c.last, t->last, sizeof(c.last));
	for (rest = slice_of(p, n); rest.n > 0;) {
		struct slice line;

		if (!scan_line(&rest, &line) ||
		    chain_take(&c, slice_of(line.p, line.n + 1), NULL) < 0 || c.piece)
			break;
		memcpy(t->last, c.last, sizeof(t->last));
		t->end += (off_t)line.n + 1;
	}
	buf_fini(&text);
	return 0;
}

/* In an upgrade two processes write: each line is added by one of them alone. Who
 * stands still with the lock must not keep us here: then it goes on without. */
static void
lock(const struct trail *t)
{
	for (int i = 0; flock(t->fd, LOCK_EX | LOCK_NB) < 0 && i < LOCK_TRIES_MS; i++)
		(void)poll(NULL, 0, 1);
}

/* Goes on where the file ends. */
static int
catch_up(struct trail *t, uint64_t wall_ms, struct err *e)
{
	struct stat st;
	int r;

	if (fstat(t->fd, &st) < 0)
		return failed(t, e, "look at");
	if (st.st_nlink == 0) { /* removed: nobody would ever read it */
		r = trail_reopen(t, e);
		if (r == 0 && fstat(t->fd, &st) < 0)
			r = failed(t, e, "look at");
		if (r < 0)
			return r;
	}
	if (!t->begun && (r = begin(t, st.st_size, e)) < 0)
		return r;
	if (st.st_size > t->end && (r = follow(t, st.st_size, e)) < 0)
		return r;
	if (st.st_size > t->end)
		return mark_torn(t, st.st_size, wall_ms, e);
	t->end = st.st_size; /* less than there was: the chain tells */
	return 0;
}

static int
tell_missed(struct trail *t, uint64_t wall_ms, struct err *e)
{
	struct trail_event ev = { .wall_ms = wall_ms, .name = "missed" };
	char text[40];
	int r;

	if (t->missed == 0)
		return 0;
	(void)snprintf(text, sizeof(text), "\"lines\":%" PRIu64, t->missed);
	ev.members = slice_str(text);
	r = add_one(t, &ev, e);
	if (r == 0)
		t->missed = 0;
	return r;
}

int
trail_add(struct trail *t, const struct trail_event *ev, struct err *e)
{
	int r;

	lock(t);
	r = catch_up(t, ev->wall_ms, e);
	if (r == 0)
		r = tell_missed(t, ev->wall_ms, e);
	if (r == 0)
		r = add_one(t, ev, e);
	(void)flock(t->fd, LOCK_UN);
	t->missed += r < 0;
	return r;
}

int
trail_sync(struct trail *t, struct err *e)
{
	return fdatasync(t->fd) == 0 ? 0 : failed(t, e, "write");
}

void
trail_look(const struct trail *t, struct trail_state *out)
{
	*out = (struct trail_state){ .path = t->path, .missed = t->missed };
	if (t->begun)
		chain_hash_text(t->last, out->last);
}

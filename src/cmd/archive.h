/* archive.h — directories in one file, with a list of what is in it. It is a tar file
 * (ustar.h) with these members, and no others:
 *	atlax-backup-1/etc/...   a directory, what is in it, for each directory
 *	atlax-backup-1/MANIFEST  a line for each of these: what it is, mode, user,
 *	                         time, size, SHA-256, name
 * The manifest follows from the members, so a reader makes it once more and compares:
 * what is not as it was written, to the last bit, is found. That says nothing about
 * who has written it. Thread: the only one.                                  */
#ifndef ATLAX_CMD_ARCHIVE_H
#define ATLAX_CMD_ARCHIVE_H

#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"

#define ARCHIVE_ROOTS 3

struct archive_root {
	const char *name; /* "etc" */
	const char *path; /* NULL: there is none */
};

struct archive_sum {
	uint64_t made; /* Unix seconds */
	uint64_t files, bytes;
	bool root[ARCHIVE_ROOTS]; /* which are in it */
};

/* --- writing */

struct archive_args {
	struct archive_root root[ARCHIVE_ROOTS];
	const char *trail; /* a file to which lines are added only; NULL: none */
	uint64_t now_s;
	/* A name that is no file and no directory; it is left out. */
	void (*left_out)(void *arg, const char *name);
	void *arg;
};

/* Writes all into the empty file fd, as it was at one moment: if something changes
 * meanwhile it is done again. names: every member, a line each, for who asks whether
 * something is in it. Fails: AX_E_AGAIN (it changes all the time), AX_E_RANGE (a name
 * that does not fit), AX_E_SYS, AX_E_LIMIT, AX_E_NOMEM.                      */
AX_CHECKED int archive_write(int fd, const struct archive_args *a,
    struct archive_sum *out, struct buf *names, struct err *e);

/* --- reading */

/* Reads it from its beginning to its end. With a root of which the path is given,
 * makes there what it holds; the directory must be there and empty. What belonged to
 * the user atlax becomes his, if we may. Fails: AX_E_SYNTAX (damaged, or something
 * else), AX_E_UNSUPPORTED (of another format), AX_E_SYS, AX_E_NOMEM; then something
 * may have been made.                                                        */
AX_CHECKED int archive_read(int fd, const struct archive_root root[ARCHIVE_ROOTS],
    struct archive_sum *out, struct err *e);

#endif

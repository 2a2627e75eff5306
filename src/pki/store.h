/* store.h — the files of a CA: whole or not there, private when secret, and on
 * the disk before anybody is told. Every name is looked up in one directory
 * that stays open, and no symbolic link is followed at its end. Thread: owner.
 */
#ifndef ATLAX_PKI_STORE_H
#define ATLAX_PKI_STORE_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

#define STORE_PUBLIC      0644
#define STORE_SECRET      0600
#define STORE_TEMP_PREFIX ".atlax-tmp-"
#define STORE_FILE_MAX    (64u << 20) /* bytes: a database of 500,000 lines */

struct store {
	int fd;           /* of the directory */
	const char *path; /* borrowed, for messages */
};

/* Opens the directory path, which must outlive the store. Fails: AX_E_NOTFOUND,
 * AX_E_SYS.                                                                  */
AX_CHECKED int store_open(const char *path, struct store *out, struct err *e);
/* Splits a path and opens the directory that its last part lives in; end it by
 * store_close(&out->store). out must stay where it is: the store points into
 * it; name is borrowed from path. Fails: as store_open, AX_E_RANGE. */
struct store_parent {
	struct store store;
	const char *name;
	char path[4096];
};
AX_CHECKED int
store_open_parent(const char *path, struct store_parent *out, struct err *e);
void store_close(struct store *s); /* harmless when not open (fd < 0) */

/* Appends a regular file's bytes to out. A secret one (mode STORE_SECRET) must
 * not be readable by group or others. Fails: AX_E_NOTFOUND, AX_E_CONFIG (mode,
 * or not a file), AX_E_LIMIT (larger than STORE_FILE_MAX), AX_E_SYS,
 * AX_E_NOMEM. */
AX_CHECKED int store_read(const struct store *s, const char *name, mode_t mode,
    struct buf *out, struct err *e);
/* Makes a file that must not be there yet. Fails: AX_E_EXIST, AX_E_SYS, and
 * nothing is left behind.                                                    */
AX_CHECKED int store_create(const struct store *s, const char *name,
    mode_t mode, struct slice data, struct err *e);
/* The same, but takes the place of an older one at once. */
AX_CHECKED int store_replace(const struct store *s, const char *name,
    mode_t mode, struct slice data, struct err *e);
bool store_has(const struct store *s, const char *name);

/* Waits until no other process holds the lock of this directory; it ends with
 * store_unlock or with the process. Fails: AX_E_SYS.                         */
AX_CHECKED int store_lock(const struct store *s, int *lock, struct err *e);
void store_unlock(int *lock);
/* Removes every file whose name begins so: STORE_TEMP_PREFIX finds, under the
 * lock, what a killed process left.                                          */
void store_remove(const struct store *s, const char *prefix);
/* Makes names in the directory itself durable. Fails: AX_E_SYS. */
AX_CHECKED int store_sync(const struct store *s, struct err *e);

#endif
